package io.stele.isac.print;

import io.stele.isac.decode.DecisionTree;
import io.stele.isac.decode.DecodeTables;
import io.stele.isac.decode.Row;
import io.stele.isac.ssa.Target;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints the decoder. It is a short loop over tables in string constants: little code to load, verify and compile, which counts more at
 * start-up than a decision tree of {@code switch}es would save per instruction.
 */
final class DecoderPrinter {
    private static final int CHARS_PER_LINE = 20;
    /** A class file constant holds 65535 bytes, and a character takes up to three. */
    private static final int CHARS_PER_CONSTANT = 20000;

    private DecoderPrinter() {}

    static List<JavaFile> print(List<Row> rows, List<Units.Unit> units, Packages packages) {
        List<JavaFile> files = new ArrayList<>();
        files.add(index(rows, packages));
        files.add(decoder(rows, units, packages));
        for (Units.Unit unit : units) {
            if (hasConditions(unit, rows)) {
                files.add(conditions(unit, rows, packages));
            }
        }
        return files;
    }

    /** The numbers of the instructions, in a class that is never loaded: the Java compiler copies constants. */
    private static JavaFile index(List<Row> rows, Packages packages) {
        CodeWriter code = packages.head("Instruction indices.", "public final class Index");
        code.line("private Index() {}").line("");
        for (Row row : rows) {
            code.line("public static final int " + row.instruction().name() + " = " + row.index() + ";");
        }
        return JavaFile.of("Index", code);
    }

    private static JavaFile decoder(List<Row> rows, List<Units.Unit> units, Packages packages) {
        DecodeTables tables = new DecodeTables(DecisionTree.of(rows));
        CodeWriter code = packages.head("Finds the instruction that a word is.", "public final class Decoder");
        code.line("/** No instruction has this encoding. */").line("public static final int UNALLOCATED = -1;");
        code.line("/** Number of instructions. */").line("public static final int COUNT = " + rows.size() + ";").line("");
        code.line("/** Decision tree: lowest bit + 32 * width of a bit field, then for each of its values a node or 0x8000 + a leaf. */");
        table("NODES", tables.nodes(), code);
        code.line("/** Leaves: indices to test in order; + 0x4000: has a condition; + 0x8000: the last one; 0x3fff: none. */");
        table("LEAVES", tables.leaves(), code);
        code.line("/** Four numbers by index: mask and value of the pattern, high half first. */");
        table("PATTERNS", patterns(rows), code);
        code.line("").line("private Decoder() {}").line("");
        decode(tables.root(), code);
        condition(rows, units, code);
        return JavaFile.of("Decoder", code);
    }

    private static List<Integer> patterns(List<Row> rows) {
        List<Integer> result = new ArrayList<>();
        for (Row row : rows) {
            result.add(row.mask() >>> 16);
            result.add(row.mask() & 0xffff);
            result.add(row.value() >>> 16);
            result.add(row.value() & 0xffff);
        }
        return result;
    }

    private static void table(String name, List<Integer> numbers, CodeWriter code) {
        if (numbers.isEmpty()) {
            code.line("private static final char[] " + name + " = {};");
            return;
        }
        boolean single = numbers.size() <= CHARS_PER_CONSTANT;
        code.open("private static final char[] " + name + " = " + (single ? "(" : "new StringBuilder()"));
        for (int start = 0; start < numbers.size(); start += CHARS_PER_CONSTANT) {
            List<Integer> part = numbers.subList(start, Math.min(numbers.size(), start + CHARS_PER_CONSTANT));
            for (int i = 0; i < part.size(); i += CHARS_PER_LINE) {
                StringBuilder line = new StringBuilder(i > 0 ? "    + \"" : single ? "\"" : ".append(\"");
                for (int n : part.subList(i, Math.min(part.size(), i + CHARS_PER_LINE))) {
                    line.append(escape(n));
                }
                code.line(line.append(i + CHARS_PER_LINE >= part.size() ? "\")" : "\"").toString());
            }
        }
        code.line(single ? ".toCharArray();" : ".toString().toCharArray();").unindent();
    }

    /** One character of a string literal; octal where a Unicode escape would be read as a line end or quote. */
    private static String escape(int n) {
        if (n < 256) {
            String octal = Integer.toOctalString(n);
            return "\\" + "0".repeat(3 - octal.length()) + octal;
        }
        return "\\u" + "0".repeat(4 - Integer.toHexString(n).length()) + Integer.toHexString(n);
    }

    private static String hex(int n) {
        return "0x" + Integer.toHexString(n);
    }

    private static void decode(int root, CodeWriter code) {
        code.line("/** The index of the instruction, or {@link #UNALLOCATED}. */");
        code.open("public static int decode(int insn) {");
        code.line("int at = " + root + ";");
        code.open("while (at < " + hex(DecodeTables.LEAF) + ") {");
        code.line("int shape = NODES[at];");
        code.line("at = NODES[at + 1 + (insn >>> (shape & 31) & (1 << (shape >>> 5)) - 1)];");
        code.close("}");
        code.line("at -= " + hex(DecodeTables.LEAF) + ";");
        code.line("int entry;");
        code.open("do {").line("entry = LEAVES[at++];").line("int index = entry & " + hex(DecodeTables.NONE) + ";");
        code.open("if (index == " + hex(DecodeTables.NONE) + ") {").line("return UNALLOCATED;").close("}");
        code.line("int mask = PATTERNS[4 * index] << 16 | PATTERNS[4 * index + 1];");
        code.line("int value = PATTERNS[4 * index + 2] << 16 | PATTERNS[4 * index + 3];");
        code.open("if ((insn & mask) == value && ((entry & " + hex(DecodeTables.CONDITION) + ") == 0 || condition(index, insn))) {");
        code.line("return index;").close("}");
        code.close("} while (entry < " + hex(DecodeTables.LAST) + ");");
        code.line("return UNALLOCATED;").close("}");
    }

    private static boolean hasConditions(Units.Unit unit, List<Row> rows) {
        for (Row row : rows.subList(unit.first(), unit.end())) {
            if (row.where() != null) {
                return true;
            }
        }
        return false;
    }

    private static void condition(List<Row> rows, List<Units.Unit> units, CodeWriter code) {
        code.line("").open("private static boolean condition(int index, int insn) {");
        for (Units.Unit unit : units) {
            if (hasConditions(unit, rows)) {
                code.open("if (index < " + unit.end() + ") {");
                code.line("return Conditions" + unit.name() + ".holds(index, insn);").close("}");
            }
        }
        code.line("throw new IllegalArgumentException(\"instruction index \" + index);").close("}");
    }

    private static JavaFile conditions(Units.Unit unit, List<Row> rows, Packages packages) {
        String name = "Conditions" + unit.name();
        CodeWriter code = packages.head("What the decoder checks beside the patterns, for the instructions in one file of the description.",
            "final class " + name, packages.allOf("FixedFunctions"));
        code.line("private " + name + "() {}").line("").open("static boolean holds(int index, int insn) {").open("return switch (index) {");
        for (Row row : rows.subList(unit.first(), unit.end())) {
            if (row.where() != null) {
                code.line("case Index." + row.instruction().name() + " -> " + row.instruction().name() + "(insn);");
            }
        }
        code.line("default -> throw new IllegalArgumentException(\"instruction index \" + index);").close("};").close("}");
        for (Row row : rows.subList(unit.first(), unit.end())) {
            if (row.where() != null) {
                MethodPrinter printer = new MethodPrinter(Target.INTERPRETER, row.where(), unit.methodNames());
                code.line("").open("private static boolean " + row.instruction().name() + "(int insn) {");
                printer.body(row.where(), code);
                code.line("return " + printer.yielded(row.where(), 0) + ";").close("}");
            }
        }
        return JavaFile.of(name, code);
    }
}
