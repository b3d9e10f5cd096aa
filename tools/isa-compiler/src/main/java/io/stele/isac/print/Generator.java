package io.stele.isac.print;

import io.stele.isac.check.Description;
import io.stele.isac.decode.Row;
import io.stele.isac.decode.UndecodedSpace;
import io.stele.isac.opt.Optimizer;
import io.stele.isac.ssa.Target;
import java.util.ArrayList;
import java.util.List;

/** Makes all outputs of a checked description. */
public final class Generator {
    private final Description description;
    private final Optimizer optimizer;
    private final Packages packages;

    /** @param base package of the front end; the generated classes go into {@code base.generated} */
    public Generator(Description description, int level, String base) {
        this.description = description;
        this.packages = new Packages(base);
        this.optimizer = new Optimizer(level);
    }

    public List<JavaFile> java(List<Row> rows) {
        List<Units.Unit> units = Units.of(description.instructions());
        List<JavaFile> files = new ArrayList<>();
        files.add(StatePrinter.print(description, packages));
        files.addAll(DecoderPrinter.print(rows, units, packages));
        files.addAll(new BehaviourPrinter(Target.TRANSLATOR, optimizer, packages).print(description, units));
        files.addAll(new BehaviourPrinter(Target.INTERPRETER, optimizer, packages).print(description, units));
        files.addAll(new DisassemblerPrinter(optimizer, packages).print(units));
        files.add(new CoveragePrinter(description, optimizer).java(packages));
        return files;
    }

    /** The coverage table as Markdown. */
    public String coverage(List<Row> rows) {
        return new CoveragePrinter(description, optimizer).markdown() + new UndecodedSpace(rows).markdown();
    }
}
