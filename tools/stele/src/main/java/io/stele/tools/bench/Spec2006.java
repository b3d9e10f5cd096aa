package io.stele.tools.bench;

import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A licensed SPEC CPU2006 tree of the user, cross-built and set up by runspec with the configuration {@code spec2006.cfg} of this package:
 * {@code runspec --config=spec2006.cfg --action=runsetup --size=ref all}. Of each benchmark the newest run folder is taken, with the
 * commands in its speccmds.cmd. Results are not SPEC metrics.
 */
final class Spec2006 {
    static final String NAME = "spec2006";
    static final List<String> SIZES = List.of("ref", "train", "test");
    private static final String COMMANDS = "speccmds.cmd";
    private static final int MEMORY_MIB = 3072;
    private static final Map<String, Kind> KINDS = new TreeMap<>();

    static {
        for (String name : ("400.perlbench 401.bzip2 403.gcc 429.mcf 445.gobmk 456.hmmer 458.sjeng 462.libquantum 464.h264ref 471.omnetpp 473.astar"
            + " 483.xalancbmk").split(" ")) {
            KINDS.put(name, Kind.INTEGER);
        }
        for (String name : ("410.bwaves 416.gamess 433.milc 434.zeusmp 435.gromacs 436.cactusADM 437.leslie3d 444.namd 447.dealII 450.soplex"
            + " 453.povray 454.calculix 459.GemsFDTD 465.tonto 470.lbm 481.wrf 482.sphinx3").split(" ")) {
            KINDS.put(name, Kind.FLOATING_POINT);
        }
    }

    /** A half of the suite. */
    enum Kind {
        INTEGER("integer", 2.21),
        FLOATING_POINT("floating point", 6.49);

        final String text;
        /** Times QEMU, in the geometric mean: Spink, Wagstaff, Franke, USENIX ATC 2019, on their host and with their QEMU. */
        final double paper;

        Kind(String text, double paper) {
            this.text = text;
            this.paper = paper;
        }
    }

    private Spec2006() {
    }

    /** The half of the suite that a benchmark belongs to; null if it is none. */
    static Kind kind(String benchmark) {
        return KINDS.get(benchmark);
    }

    /** How many benchmarks a half has. */
    static long programs(Kind kind) {
        return KINDS.values().stream().filter(kind::equals).count();
    }

    /**
     * The benchmarks that are ready to run.
     *
     * @throws UserException if the folder is no SPEC CPU2006 tree, or nothing in it is ready
     */
    static Suite suite(Path tree, String size) throws IOException {
        Path benchmarks = tree.resolve("benchspec/CPU2006");
        if (!Files.isDirectory(benchmarks)) {
            throw new UserException("--spec-dir: " + tree + " is no SPEC CPU2006 tree: it has no folder benchspec/CPU2006");
        }
        List<Workload> workloads = new ArrayList<>();
        for (Map.Entry<String, Kind> entry : KINDS.entrySet()) {
            Path run = newestRun(benchmarks.resolve(entry.getKey()).resolve("run"), size);
            if (run != null) {
                workloads.add(workload(entry.getKey(), entry.getValue().text, run));
            }
        }
        if (workloads.isEmpty()) {
            throw new UserException("--spec-dir: no benchmark of " + tree + " is set up for size " + size
                + "; docs/benchmarks.md tells how runspec does that");
        }
        return new Suite(NAME, "SPEC CPU2006, from a licensed tree", workloads);
    }

    private static Path newestRun(Path runs, String size) throws IOException {
        Path newest = null;
        if (Files.isDirectory(runs)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(runs, "run_base_" + size + "_*")) {
                for (Path folder : folders) {
                    if (Files.isRegularFile(folder.resolve(COMMANDS)) && (newest == null
                        || Files.getLastModifiedTime(folder).compareTo(Files.getLastModifiedTime(newest)) > 0)) {
                        newest = folder;
                    }
                }
            }
        }
        return newest;
    }

    private static Workload workload(String name, String about, Path run) throws IOException {
        List<String> commands = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve(COMMANDS), StandardCharsets.ISO_8859_1)) {
            String command = command(line, run.getFileName().toString());
            if (command != null) {
                commands.add(command);
            }
        }
        if (commands.isEmpty()) {
            throw new UserException("--spec-dir: " + run.resolve(COMMANDS) + " has no commands");
        }
        return new Workload(name).standsFor(name).about(about).folder(run).memory(MEMORY_MIB)
            .command("rm -f *.err; " + String.join(" && ", commands) + " && cat *.out");
    }

    /**
     * A line of specinvoke's input as a shell command: options {@code -i -o -e} with a file each, then the program in the run folder and
     * its arguments. Other lines set up what the machine's script does itself.
     */
    private static String command(String line, String runFolder) {
        String rest = line.strip();
        StringBuilder redirections = new StringBuilder();
        while (rest.startsWith("-")) {
            String[] parts = rest.split("\\s+", 3);
            if (parts.length < 3 || "-i-o-e".indexOf(parts[0]) < 0 || parts[0].length() != 2) {
                return null;
            }
            redirections.append(switch (parts[0].charAt(1)) {
                case 'i' -> " <";
                case 'o' -> " >";
                default -> " 2>";
            }).append(Shell.quote(parts[1]));
            rest = parts[2];
        }
        if (rest.isEmpty() || rest.startsWith("#")) {
            return null;
        }
        return rest.replace("../" + runFolder + "/", "./") + redirections;
    }
}
