package io.stele.isac.print;

import io.stele.isac.check.Description;
import io.stele.isac.check.Stmt;
import io.stele.isac.opt.Optimizer;
import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Lowering;
import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints what is described and how far each instruction got: as a Java class and as a table for people. */
final class CoveragePrinter {
    private static final int CHUNK = 400;

    private final List<Description.Instruction> instructions;
    private final List<String> states = new ArrayList<>();

    CoveragePrinter(Description description, Optimizer optimizer) {
        instructions = description.instructions();
        Lowering lowering = new Lowering(Target.TRANSLATOR);
        for (Description.Instruction i : instructions) {
            states.add(state(i, lowering, optimizer));
        }
    }

    private static String state(Description.Instruction i, Lowering lowering, Optimizer optimizer) {
        if (i.todo()) {
            return "todo";
        }
        Method method = lowering.instruction(i);
        optimizer.optimise(method, Target.TRANSLATOR);
        Node last = method.body().nodes().isEmpty() ? null : method.body().nodes().getLast();
        if (last instanceof Node.Stop s && s.kind() == Stmt.StopKind.INTERPRET) {
            return "interp";
        }
        return mayInterpret(method.body()) ? "mixed" : "jit";
    }

    private static boolean mayInterpret(Block block) {
        for (Node node : block.nodes()) {
            boolean found = switch (node) {
                case Node.Stop n -> n.kind() == Stmt.StopKind.INTERPRET;
                case Node.Branch n -> mayInterpret(n.yes()) || mayInterpret(n.no());
                case Node.Loop n -> mayInterpret(n.body());
                default -> false;
            };
            if (found) {
                return true;
            }
        }
        return false;
    }

    JavaFile java(Packages packages) {
        CodeWriter code = packages.head("What is described, by instruction index.", "public final class Coverage");
        List<String> names = new ArrayList<>();
        List<String> features = new ArrayList<>();
        List<String> groups = new ArrayList<>();
        for (Description.Instruction i : instructions) {
            names.add(i.name());
            features.add(i.feature());
            groups.add(i.group().name() + (i.group().section().isEmpty() ? "" : " (" + i.group().section() + ")"));
        }
        array("Names of the instructions.", "NAMES", names, code);
        array("jit, interp (always interpreted), mixed (some forms are interpreted) or todo.", "STATE", states, code);
        array("The architecture feature, or base.", "FEATURE", features, code);
        array("Where it stands in the manual.", "GROUP", groups, code);
        code.line("").line("private Coverage() {}").line("");
        code.line("/** Every line of the texts is {@code count value}: the value of the next {@code count} elements. */");
        code.open("private static String[] expand(String... texts) {");
        code.line("String[] result = new String[Decoder.COUNT];").line("int n = 0;");
        code.open("for (String text : texts) {").line("int at = 0;");
        code.open("while (at < text.length()) {").line("int space = text.indexOf(' ', at);").line("int end = text.indexOf('\\n', at);");
        code.line("int count = Integer.parseInt(text, at, space, 10);");
        code.open("for (int i = 0; i < count; i++) {").line("result[n++] = text.substring(space + 1, end);").close("}");
        code.line("at = end + 1;").close("}").close("}").line("return result;").close("}");
        return JavaFile.of("Coverage", code);
    }

    private static void array(String javadoc, String name, List<String> values, CodeWriter code) {
        code.line("/** " + javadoc + " */").open("public static final String[] " + name + " = expand(");
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < values.size();) {
            int count = 1;
            while (i + count < values.size() && values.get(i + count).equals(values.get(i))) {
                count++;
            }
            lines.add(count + " " + values.get(i).replace("\\", "\\\\").replace("\"", "\\\""));
            i += count;
        }
        for (int i = 0; i < lines.size(); i++) {
            boolean last = i == lines.size() - 1;
            String end = last ? "\");" : (i + 1) % CHUNK == 0 ? "\"," : "\"";
            boolean continues = i % CHUNK != 0;
            code.line((continues ? "    + " : "") + "\"" + lines.get(i) + "\\n" + end);
        }
        if (lines.isEmpty()) {
            code.line("new String[0]);");
        }
        code.unindent();
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# Instruction coverage\n\nGenerated from the description.\n\n"
            + "| feature | jit | mixed | interp | todo | all |\n|---|---|---|---|---|---|\n");
        Map<String, int[]> sums = new LinkedHashMap<>();
        List<String> order = List.of("jit", "mixed", "interp", "todo");
        for (int i = 0; i < instructions.size(); i++) {
            sums.computeIfAbsent(instructions.get(i).feature(), k -> new int[4])[order.indexOf(states.get(i))]++;
        }
        sums.forEach((feature, n) -> text.append("| ").append(feature).append(" | ").append(n[0]).append(" | ").append(n[1]).append(" | ")
            .append(n[2]).append(" | ").append(n[3]).append(" | ").append(n[0] + n[1] + n[2] + n[3]).append(" |\n"));
        String group = null;
        for (int i = 0; i < instructions.size(); i++) {
            Description.Instruction instruction = instructions.get(i);
            String title = instruction.group().name() + (instruction.group().section().isEmpty() ? "" : ", "
                + instruction.group().section());
            if (!title.equals(group)) {
                group = title;
                text.append("\n## ").append(title.isEmpty() ? "Other"
                    : title).append("\n\n| instruction | feature | state |\n|---|---|---|\n");
            }
            text.append("| ").append(instruction.name()).append(" | ").append(instruction.feature()).append(" | ").append(states.get(i))
                .append(" |\n");
        }
        return text.toString();
    }
}
