package io.stele.isac.print;

import io.stele.isac.check.Description;

/** Prints the layout of the guest state as constants, and the way back from an offset to a name for dumps. */
final class StatePrinter {
    private StatePrinter() {}

    static JavaFile print(Description description, Packages packages) {
        CodeWriter code = packages.head("Layout of the guest state: byte offsets from its start.", "public final class GuestState");
        for (Description.StateField field : description.state()) {
            String size = field.bytes() + (field.bytes() == 1 ? " byte" : " bytes");
            code.line("/** " + (field.count() > 0 ? field.count() + " elements of " + size : size) + ". */");
            code.line("public static final int " + field.name() + "_OFFSET = " + field.offset() + ";");
        }
        code.line("/** Size of the guest state. */").line("public static final int BYTES = " + description.stateBytes() + ";");
        code.line("").line("private GuestState() {}").line("");
        name(code);
        code.line("").line("/** Loaded only for dumps. By field, in order of offsets. */").open("private static final class Fields {");
        table(description, code);
        code.close("}");
        return JavaFile.of("GuestState", code);
    }

    private static void name(CodeWriter code) {
        code.line("/** Name of what stands at an offset: a field, an element such as X3, or these plus a number of bytes. */");
        code.open("public static String name(int offset) {");
        code.line("int i = Fields.OFFSETS.length - 1;");
        code.open("while (i >= 0 && Fields.OFFSETS[i] > offset) {").line("i--;").close("}");
        code.open("if (i < 0 || offset >= BYTES) {").line("return \"state+\" + offset;").close("}");
        code.line("int inside = offset - Fields.OFFSETS[i];").line("String name = Fields.NAMES[i];");
        code.open("if (Fields.COUNTS[i] > 0) {").line("int element = Math.min(inside / Fields.SIZES[i], Fields.COUNTS[i] - 1);");
        code.line("name += element;").line("inside -= element * Fields.SIZES[i];").close("}");
        code.line("return inside == 0 ? name : name + \"+\" + inside;").close("}");
    }

    private static void table(Description description, CodeWriter code) {
        StringBuilder names = new StringBuilder();
        StringBuilder offsets = new StringBuilder();
        StringBuilder sizes = new StringBuilder();
        StringBuilder counts = new StringBuilder();
        for (Description.StateField field : description.state()) {
            String separator = names.isEmpty() ? "" : ", ";
            names.append(separator).append('"').append(field.name()).append('"');
            offsets.append(separator).append(field.name()).append("_OFFSET");
            sizes.append(separator).append(field.bytes());
            counts.append(separator).append(field.count());
        }
        code.line("static final String[] NAMES = {" + names + "};");
        code.line("static final int[] OFFSETS = {" + offsets + "};");
        code.line("static final int[] SIZES = {" + sizes + "};");
        code.line("/** Number of elements; 0: not an array. */").line("static final int[] COUNTS = {" + counts + "};");
    }
}
