package io.stele.isac;

import io.stele.isac.ast.Decl;
import io.stele.isac.check.Callee;
import io.stele.isac.check.Description;
import io.stele.isac.check.DescriptionChecker;
import io.stele.isac.check.FaultOrder;
import io.stele.isac.decode.OverlapCheck;
import io.stele.isac.decode.Row;
import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.opt.Optimizer;
import io.stele.isac.parse.DescriptionParser;
import io.stele.isac.parse.SourceFile;
import io.stele.isac.print.Generator;
import io.stele.isac.print.JavaFile;
import io.stele.isac.ssa.FixedEvaluator;
import io.stele.isac.ssa.Lowering;
import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The whole compiler: description texts in, Java texts out. */
public final class IsaCompiler {
    /** {@code files} and {@code coverage} are empty when there are errors. */
    public record Result(List<CompileError> errors, List<JavaFile> files, String coverage, int instructions) {}

    private IsaCompiler() {}

    /**
     * @param sources all files of the description, in an order that does not depend on the file system
     * @param level optimisation level, 1 to {@link Optimizer#MAX_LEVEL}
     * @param base package of the front end
     */
    public static Result compile(List<SourceFile> sources, int level, String base) {
        Diagnostics diagnostics = new Diagnostics();
        DescriptionParser parser = new DescriptionParser(diagnostics);
        Map<String, List<Decl>> units = new LinkedHashMap<>();
        for (SourceFile source : sources) {
            units.computeIfAbsent(source.unit(), k -> new ArrayList<>()).addAll(parser.parse(source));
        }
        Description description = null;
        if (!diagnostics.hasErrors()) {
            description = new DescriptionChecker(diagnostics, parser).check(units);
        }
        if (!diagnostics.hasErrors()) {
            for (Callee.Function f : description.functions()) {
                diagnostics.guard(f::effects);
            }
        }
        if (diagnostics.hasErrors()) {
            return new Result(diagnostics.errors(), List.of(), "", 0);
        }
        FaultOrder.check(description, diagnostics);
        List<Row> rows = rows(description);
        new OverlapCheck(diagnostics, new FixedEvaluator()).check(rows);
        if (diagnostics.hasErrors()) {
            return new Result(diagnostics.errors(), List.of(), "", 0);
        }
        Generator generator = new Generator(description, level, base);
        return new Result(List.of(), generator.java(rows), generator.coverage(rows), rows.size());
    }

    private static List<Row> rows(Description description) {
        Lowering lowering = new Lowering(Target.INTERPRETER);
        Optimizer optimizer = new Optimizer(Optimizer.MAX_LEVEL);
        List<Row> rows = new ArrayList<>();
        for (Description.Instruction i : description.instructions()) {
            Method where = null;
            if (i.where() != null) {
                where = lowering.condition(i, i.where());
                optimizer.optimise(where, Target.INTERPRETER);
            }
            rows.add(new Row(rows.size(), i, where));
        }
        return rows;
    }
}
