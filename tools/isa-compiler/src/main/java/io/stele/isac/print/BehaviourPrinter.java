package io.stele.isac.print;

import io.stele.isac.check.Callee;
import io.stele.isac.check.Description;
import io.stele.isac.opt.Optimizer;
import io.stele.isac.ssa.Lowering;
import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Target;
import io.stele.isac.types.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Prints the translator or the interpreter: a dispatcher, one class per unit, one class of functions. */
final class BehaviourPrinter {
    private final Target target;
    private final Optimizer optimizer;
    private final Lowering lowering;
    private final String prefix;
    private final String machine;
    private final Packages packages;

    BehaviourPrinter(Target target, Optimizer optimizer, Packages packages) {
        this.packages = packages;
        this.target = target;
        this.optimizer = optimizer;
        this.lowering = new Lowering(target);
        this.prefix = target == Target.TRANSLATOR ? "Translator" : "Interpreter";
        this.machine = target == Target.TRANSLATOR ? "IrBuilder b" : "Evaluator b";
    }

    List<JavaFile> print(Description description, List<Units.Unit> units) {
        List<JavaFile> files = new ArrayList<>();
        files.add(dispatcher(units));
        for (Units.Unit unit : units) {
            files.add(unit(unit));
        }
        files.add(functions(description, false));
        if (target == Target.INTERPRETER) {
            files.add(functions(description, true));
        }
        return files;
    }

    private String[] imports(String text, List<String> statics) {
        List<String> result = new ArrayList<>();
        String hooks = prefix + "Hooks";
        if (text.contains(hooks + ".")) {
            result.add(packages.byHand(hooks));
        }
        if (text.contains("Evaluator b")) {
            result.add("io.stele.ir.Evaluator");
        }
        if (text.contains("IrBuilder b")) {
            result.add("io.stele.ir.IrBuilder");
        }
        if (text.contains("Vec ")) {
            result.add("io.stele.ir.Vec");
        }
        result.addAll(statics);
        return result.toArray(String[]::new);
    }

    private JavaFile file(String name, String javadoc, String declaration, CodeWriter members, String... statics) {
        CodeWriter code = packages.head(javadoc, declaration + " " + name, imports(members.toString(), List.of(statics)));
        code.line("private " + name + "() {}").lines(members.toString());
        return JavaFile.of(name, code);
    }

    private JavaFile dispatcher(List<Units.Unit> units) {
        CodeWriter code = new CodeWriter(1);
        boolean translator = target == Target.TRANSLATOR;
        code.line("");
        code.line(translator ? "/** Emits the IR of one instruction; {@code index} is from {@link Decoder#decode}. */"
            : "/** Executes one instruction; {@code index} is from {@link Decoder#decode}. */");
        code.open("public static void " + (translator ? "translate(" : "execute(") + machine + ", int index, int insn) {");
        code.open("if (index < 0) {").line(prefix + "Hooks.undefined(b);").line("return;").close("}");
        for (Units.Unit unit : units) {
            boolean last = unit == units.getLast();
            String call = prefix + unit.name() + ".dispatch(b, index, insn);";
            if (last) {
                code.line(call);
            } else {
                code.open("if (index < " + unit.end() + ") {").line(call).line("return;").close("}");
            }
        }
        code.close("}");
        return file(prefix, translator ? "The translator: guest instructions to IR." : "The interpreter.", "public final class", code);
    }

    private JavaFile unit(Units.Unit unit) {
        CodeWriter code = new CodeWriter(1);
        code.line("").open("static void dispatch(" + machine + ", int index, int insn) {").open("switch (index) {");
        for (Description.Instruction i : unit.instructions()) {
            code.line("case Index." + i.name() + " -> " + i.name() + "(b, insn);");
        }
        code.line("default -> throw new IllegalArgumentException(\"instruction index \" + index);");
        code.close("}").close("}");
        for (Description.Instruction i : unit.instructions()) {
            code.line("");
            instruction(i, unit.methodNames(), code);
        }
        return file(prefix + unit.name(), prefix + " methods of the instructions in one file of the description.", "final class", code,
            packages.allOf("FixedFunctions"), packages.allOf(prefix + "Functions"));
    }

    private void instruction(Description.Instruction i, Set<String> hidden, CodeWriter code) {
        Method method = lowering.instruction(i);
        optimizer.optimise(method, target);
        MethodPrinter printer = new MethodPrinter(target, method, hidden);
        code.open("private static void " + i.name() + "(" + machine + ", int insn) {");
        printer.body(method, code);
        code.close("}");
    }

    private JavaFile functions(Description description, boolean fixed) {
        CodeWriter code = new CodeWriter(1);
        for (Callee.Function f : description.functions()) {
            if (f.isFixed() == fixed && !lowering.isInlined(f)) {
                code.line("");
                function(f, code);
            }
        }
        return file(fixed ? "FixedFunctions" : prefix + "Functions", "Functions of the description.", "final class", code,
            fixed ? new String[0] : new String[] {packages.allOf("FixedFunctions")});
    }

    private void function(Callee.Function f, CodeWriter code) {
        Method method = lowering.function(f);
        optimizer.optimise(method, target);
        MethodPrinter printer = new MethodPrinter(target, method, Set.of());
        String parameters = printer.parameters(method, f.isFixed() ? "" : machine);
        code.open("static " + MethodPrinter.javaType(target, f.result()) + " " + MethodPrinter.functionName(f) + "(" + parameters + ") {");
        printer.body(method, code);
        if (f.result() != Type.VOID) {
            code.line("return " + printer.yielded(method, 0) + ";");
        }
        code.close("}");
    }
}
