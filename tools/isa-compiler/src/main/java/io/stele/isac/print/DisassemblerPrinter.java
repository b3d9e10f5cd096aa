package io.stele.isac.print;

import io.stele.isac.check.Description;
import io.stele.isac.opt.Optimizer;
import io.stele.isac.ssa.Lowering;
import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Prints the disassembler: a dispatcher and one class per unit. */
final class DisassemblerPrinter {
    private final Optimizer optimizer;
    private final Packages packages;
    private final Lowering lowering = new Lowering(Target.INTERPRETER);

    DisassemblerPrinter(Optimizer optimizer, Packages packages) {
        this.packages = packages;
        this.optimizer = optimizer;
    }

    List<JavaFile> print(List<Units.Unit> units) {
        List<JavaFile> files = new ArrayList<>();
        files.add(dispatcher(units));
        for (Units.Unit unit : units) {
            files.add(unit(unit));
        }
        return files;
    }

    private JavaFile dispatcher(List<Units.Unit> units) {
        CodeWriter code = packages.head("Assembly text of guest instructions.", "public final class Disassembler");
        code.line("private Disassembler() {}").line("");
        code.line("/** The text of the instruction {@code insn} at {@code address}; words that are no instruction come out as .inst. */");
        code.open("public static String disassemble(int insn, long address) {");
        code.line("StringBuilder out = new StringBuilder();");
        code.line("int index = Decoder.decode(insn);");
        code.open("if (index < 0) {").line("out.append(\".inst \");").line("hex(out, insn & 0xffffffffL);");
        for (Units.Unit unit : units) {
            code.close(unit == units.getLast() ? "} else {" : "} else if (index < " + unit.end() + ") {").indent();
            code.line("Disassembler" + unit.name() + ".dispatch(out, index, insn, address);");
        }
        code.close("}").line("return out.toString();").close("}").line("");
        code.open("static void hex(StringBuilder out, long value) {");
        code.open("if (value < 0) {").line("out.append('-');").close("}");
        code.line("out.append(\"0x\").append(Long.toHexString(Math.abs(value)));").close("}");
        return JavaFile.of("Disassembler", code);
    }

    private JavaFile unit(Units.Unit unit) {
        CodeWriter code = new CodeWriter(1);
        code.line("").open("static void dispatch(StringBuilder out, int index, int insn, long address) {").open("switch (index) {");
        for (Description.Instruction i : unit.instructions()) {
            code.line("case Index." + i.name() + " -> " + i.name() + "(out, insn, address);");
        }
        code.line("default -> throw new IllegalArgumentException(\"instruction index \" + index);").close("}").close("}");
        for (Description.Instruction i : unit.instructions()) {
            instruction(i, unit.methodNames(), code);
        }
        String name = "Disassembler" + unit.name();
        String statics = packages.allOf("FixedFunctions");
        String[] imports = code.toString().contains("AsmText.") ? new String[] {packages.byHand("AsmText"), statics}
            : new String[] {statics};
        CodeWriter file = packages.head("Assembly text of the instructions in one file of the description.", "final class " + name,
            imports);
        file.line("private " + name + "() {}").lines(code.toString());
        return JavaFile.of(name, file);
    }

    private void instruction(Description.Instruction i, Set<String> hidden, CodeWriter code) {
        Method method = lowering.disassembly(i);
        optimizer.optimise(method, Target.INTERPRETER);
        MethodPrinter printer = new MethodPrinter(Target.INTERPRETER, method, hidden);
        String parameters = printer.parameters(method, "StringBuilder out, int insn");
        code.line("").open("private static void " + i.name() + "(" + parameters + ") {");
        printer.body(method, code);
        code.close("}");
    }
}
