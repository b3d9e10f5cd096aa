package io.stele.isac.print;

import io.stele.isac.check.Description;

/** Prints the layout of the guest state as constants. */
final class StatePrinter {
    private StatePrinter() {}

    static JavaFile print(Description description, Packages packages) {
        CodeWriter code = packages.head("Layout of the guest state: byte offsets from its start.", "public final class GuestState");
        code.line("private GuestState() {}").line("");
        for (Description.StateField field : description.state()) {
            String size = field.bytes() + (field.bytes() == 1 ? " byte" : " bytes");
            code.line("/** " + (field.count() > 0 ? field.count() + " elements of " + size : size) + ". */");
            code.line("public static final int " + field.name() + "_OFFSET = " + field.offset() + ";");
        }
        code.line("/** Size of the guest state. */").line("public static final int BYTES = " + description.stateBytes() + ";");
        return JavaFile.of("GuestState", code);
    }
}
