package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small tree with the layout of SPEC CPU2006, and folders that are none. */
class Spec2006Test {
    @TempDir
    Path tree;

    private Path run(String benchmark, String folder, String commands) throws IOException {
        Path run = Files.createDirectories(tree.resolve("benchspec/CPU2006").resolve(benchmark).resolve("run").resolve(folder));
        Files.writeString(run.resolve("speccmds.cmd"), commands.replace("RUN", folder));
        return run;
    }

    private String problem(String size) {
        return assertThrows(UserException.class, () -> Spec2006.suite(tree, size)).getMessage();
    }

    @Test
    void theCommandsOfTheNewestRunFolderAreTaken() throws IOException {
        Path old = run("401.bzip2", "run_base_ref_arm64.0000", "-o a -e b ../RUN/old\n");
        Files.setLastModifiedTime(old, FileTime.fromMillis(0));
        run("401.bzip2", "run_base_test_arm64.0002", "-o a -e b ../RUN/other\n");
        run("401.bzip2", "run_base_ref_arm64.0001", """
            -r
            -N C
            -C /somewhere/benchspec/CPU2006/401.bzip2/run/RUN
            -o input.source.out -e input.source.err ../RUN/bzip2_base.arm64 input.source 280
            -i program -o input.program.out -e input.program.err ../RUN/bzip2_base.arm64 input.program "a b"
            """);
        run("470.lbm", "run_base_ref_arm64.0000", "-o lbm.out -e lbm.err ../RUN/lbm_base.arm64 3000 reference.dat 0 0\n");
        Suite suite = Spec2006.suite(tree, "ref");
        assertEquals(List.of("401.bzip2", "470.lbm"), suite.workloads().stream().map(Workload::name).toList());
        String script = suite.workloads().getFirst().script();
        assertTrue(script.contains("./bzip2_base.arm64 input.source 280 >input.source.out 2>input.source.err && "
            + "./bzip2_base.arm64 input.program \"a b\" <program >input.program.out 2>input.program.err && cat *.out"), script);
    }

    @Test
    void aFolderThatIsNoneIsOneLine() throws IOException {
        assertTrue(problem("ref").contains("is no SPEC CPU2006 tree"), problem("ref"));
        Files.createDirectories(tree.resolve("benchspec/CPU2006/401.bzip2/src"));
        assertTrue(problem("ref").contains("is set up for size ref"), problem("ref"));
        run("401.bzip2", "run_base_ref_arm64.0000", "-C /x\n\n");
        assertTrue(problem("ref").contains("speccmds.cmd has no commands"), problem("ref"));
    }

    private static Report report(String suite) {
        return new Report(suite, Map.of(), List.of("stele", "qemu"), List.of(row("429.mcf", 2), row("473.astar", 8), row("470.lbm", 3)), List.of(), true);
    }

    @Test
    void thePaperStandsBesideTheMeans() {
        String table = TableReport.of(report("spec2006")).replaceAll(" +", " ");
        assertTrue(table.startsWith("spec2006 stands for stele spread qemu spread qemu/stele the paper\n"), table);
        assertTrue(table.contains("\n integer 2 of 12 4.00 2.21\n floating point 1 of 17 3.00 6.49\nThe paper: "), table);
        String json = JsonReport.of(report("spec2006"), List.of());
        assertTrue(json.contains("\"the paper's qemu/stele\": 6.49"), json);
        assertEquals(2, HtmlReport.of(report("spec2006")).split(", the paper<", -1).length - 1);
    }

    @Test
    void otherProgramsThanThePapersHaveTheirMeansAlone() {
        String table = TableReport.of(report("spec-open"));
        assertTrue(table.replaceAll(" +", " ").contains("\n integer 2 4.00\n floating point 1 3.00\n"), table);
        assertFalse(table.contains("paper"), table);
        assertFalse(JsonReport.of(report("spec-open"), List.of()).contains("paper"));
        assertFalse(HtmlReport.of(report("spec-open")).contains("paper"));
    }

    private static Report.Row row(String name, double ratio) {
        return new Report.Row(name, name, name, "", 1, Map.of("stele", new Summary(1, 1, 1, 1), "qemu", new Summary(1, ratio, ratio, ratio)), List.of(), "",
            Map.of());
    }
}
