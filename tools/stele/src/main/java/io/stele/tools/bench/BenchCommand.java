package io.stele.tools.bench;

import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import io.stele.tools.command.Arguments;
import io.stele.tools.command.Command;
import io.stele.tools.command.Option;
import io.stele.tools.command.Sizes;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.guest.GuestImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code stele bench}. */
public final class BenchCommand implements Command {
    private static final String DEFAULT_SUITE = "spec-open";
    private static final int DEFAULT_ROUNDS = 3;
    private static final int MOST_ROUNDS = 1000;
    private static final String DEFAULT_LIMIT = "5m";
    private static final List<String> TARGETS = List.of(Report.STELE, Report.QEMU, Report.NATIVE);

    private final String version;
    private final GuestCache cache;

    /** @param version what Stele is called in reports; @param cache has the guest, and gets the images */
    public BenchCommand(String version, GuestCache cache) {
        this.version = version;
        this.cache = cache;
    }

    @Override
    public String name() {
        return "bench";
    }

    @Override
    public String description() {
        return "Measures Stele beside QEMU and the host itself: the same programs, kernel and command line, in turns.";
    }

    @Override
    public String[] footer() {
        List<String> lines = new ArrayList<>(List.of("", "Suites:"));
        for (Suite suite : Suites.all()) {
            lines.add("  " + suite.name() + "  " + suite.about());
        }
        lines.add("  spec2006  SPEC CPU2006 from a licensed tree (--spec-dir)");
        lines.addAll(List.of("", "Programs are fetched as Debian packages once, into ~/.cache/stele/bench. dev/install-bench-deps fetches a new QEMU.",
            "Ctrl-C ends the measurement; what was measured is shown and written."));
        return lines.toArray(new String[0]);
    }

    @Override
    public List<Option> options() {
        return List.of(
            new Option("--suite", "NAME", "What to measure. Default: " + DEFAULT_SUITE + "."),
            new Option("--only", "NAMES", "Only these workloads or figures of the suite: NAME,NAME,..."),
            new Option("--rounds", "N", "How often each is measured. Default: " + DEFAULT_ROUNDS + "."),
            new Option("--systems", "NAMES", "Which of " + String.join(",", TARGETS) + " to measure. Default: all."),
            new Option("--qemu", "PATH", "qemu-system-aarch64 or the folder with it. Default: the newest of PATH and ~/.cache/stele/qemu."),
            new Option("--qemu-cpu", "NAME", "QEMU's CPU model. Default: " + QemuTarget.CPU + "."),
            new Option("--kernel", "FILE", "The guests' kernel. Default: Debian's."),
            new Option("--time-limit", "TIME", "A start that takes longer is ended. Default: " + DEFAULT_LIMIT + "."),
            new Option("--spec-dir", "DIR", "For --suite spec2006: a licensed SPEC CPU2006 tree that is built and set up for arm64."),
            new Option("--spec-size", "SIZE", "Its inputs: " + String.join(", ", Spec2006.SIZES) + ". Default: ref."),
            new Option("--out", "FOLDER", "Write results.json, report.html and the consoles there. Default: ~/.cache/stele/bench/last."),
            new Option("--list", null, "Show the suite's workloads and end."));
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments options) throws IOException {
        Suite suite = suite(options);
        if (options.isSet("--list")) {
            list(suite);
            return ExitCode.OK;
        }
        List<String> only = names(options.text("--only"));
        List<Workload> workloads = Suites.select(suite, only);
        int rounds = rounds(options.text("--rounds"));
        long limit = limit(options.text("--time-limit"));
        Path kernel = options.inputFile("--kernel");
        List<Target> targets = targets(options);
        Path out = options.isSet("--out") ? Path.of(options.text("--out")) : cache.folder().resolve("bench/last");
        makeFolder(out);
        Progress progress = what -> System.err.println("bench: " + what);
        boolean drivers = workloads.stream().anyMatch(workload -> !workload.attachments().isEmpty());
        GuestImage guest = drivers ? cache.guestWithModules(Progress.toStandardError()) : cache.guest(Progress.toStandardError());
        Map<String, Job> jobs = jobs(workloads, only, targets, kernel == null ? guest.kernel() : kernel, guest, progress);
        if (targets.stream().noneMatch(target -> jobs.values().stream().anyMatch(target::canRun))) {
            throw new UserException("nothing can be measured on " + String.join(", ", targets.stream().map(Target::name).toList()) + ": "
                + workloads.getFirst().name() + " needs a machine");
        }
        Measurement measurement = new Measurement(suite, workloads, jobs, targets, rounds, limit, out, progress, repeat(options, suite));
        return measurement.run() ? ExitCode.OK : ExitCode.ERROR;
    }

    private static Suite suite(Arguments options) throws IOException {
        String name = options.isSet("--suite") ? options.text("--suite") : DEFAULT_SUITE;
        if (!name.equals(Spec2006.NAME)) {
            return Suites.named(name);
        }
        String size = options.isSet("--spec-size") ? options.text("--spec-size") : Spec2006.SIZES.getFirst();
        if (!Spec2006.SIZES.contains(size)) {
            throw new UserException(ExitCode.USAGE, "--spec-size: '" + size + "' is none of " + String.join(", ", Spec2006.SIZES));
        }
        if (!options.isSet("--spec-dir")) {
            throw new UserException(ExitCode.USAGE, "--suite spec2006 needs --spec-dir DIR, a licensed tree of SPEC CPU2006");
        }
        return Spec2006.suite(Path.of(options.text("--spec-dir")), size);
    }

    private static void list(Suite suite) {
        for (Workload workload : suite.workloads()) {
            System.out.println(workload.name() + (workload.standsFor().isEmpty() ? "" : " (" + workload.standsFor() + ")") + ": " + workload.about()
                + (workload.figures().equals(List.of(workload.name())) ? "" : ": " + String.join(", ", workload.figures())));
        }
    }

    private static List<String> names(String text) {
        return text == null ? List.of() : List.of(text.split(","));
    }

    private static int rounds(String text) {
        try {
            int rounds = text == null ? DEFAULT_ROUNDS : Integer.parseInt(text);
            if (rounds > 0 && rounds <= MOST_ROUNDS) {
                return rounds;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new UserException(ExitCode.USAGE, "--rounds: '" + text + "' is not a number from 1 to " + MOST_ROUNDS);
    }

    private static long limit(String text) {
        try {
            return Sizes.duration(text == null ? DEFAULT_LIMIT : text);
        } catch (IllegalArgumentException e) {
            throw new UserException(ExitCode.USAGE, "--time-limit: " + e.getMessage());
        }
    }

    private List<Target> targets(Arguments options) throws IOException {
        List<String> names = options.isSet("--systems") ? names(options.text("--systems")) : TARGETS;
        for (String name : names) {
            if (!TARGETS.contains(name)) {
                throw new UserException(ExitCode.USAGE, "--systems: '" + name + "' is none of " + String.join(", ", TARGETS));
            }
        }
        List<Target> targets = new ArrayList<>();
        if (names.contains(Report.STELE)) {
            targets.add(SteleTarget.ofThisProcess(version));
        }
        if (names.contains(Report.QEMU)) {
            String cpu = options.isSet("--qemu-cpu") ? options.text("--qemu-cpu") : QemuTarget.CPU;
            QemuTarget qemu = QemuTarget.find(options.text("--qemu"), cache.folder(), cpu);
            if (qemu.isOld()) {
                System.err.println("bench: this QEMU is old, and newer ones are faster or slower: " + qemu.description()
                    + "; dev/install-bench-deps fetches version " + QemuTarget.GOOD_MAJOR + " or newer");
            }
            targets.add(qemu);
        }
        if (names.contains(Report.NATIVE)) {
            targets.add(new NativeTarget("root".equals(System.getProperty("user.name"))));
        }
        return targets;
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UserException("--out: cannot make the folder " + folder + ": " + e.getMessage());
        }
    }

    private Map<String, Job> jobs(List<Workload> workloads, List<String> only, List<Target> targets, Path kernel,
        GuestImage guest, Progress progress) throws IOException {
        boolean natively = targets.stream().anyMatch(target -> target.name().equals(Report.NATIVE));
        Map<String, Job> jobs = new LinkedHashMap<>();
        String last = "";
        try (ImageCache images = new ImageCache(cache.folder().resolve("bench"), kernel, guest, progress)) {
            for (Workload workload : workloads) {
                try {
                    jobs.put(workload.name(), images.job(workload, natively, Suites.append(workload, only)));
                } catch (UserException e) {
                    last = e.getMessage();
                    progress.step(workload.name() + " is left out: " + last);
                }
            }
        }
        if (jobs.isEmpty()) {
            throw new UserException("nothing can be measured: " + last);
        }
        return jobs;
    }

    /** The command that measures a figure again, without the figure's name at its end. */
    private String repeat(Arguments options, Suite suite) {
        StringBuilder text = new StringBuilder("./stele bench --suite ").append(suite.name());
        for (String name : List.of("--rounds", "--systems", "--qemu", "--qemu-cpu", "--kernel", "--time-limit", "--spec-dir",
            "--spec-size")) {
            if (options.isSet(name)) {
                text.append(' ').append(name).append(' ').append(Shell.quote(options.text(name)));
            }
        }
        return text.append(" --only ").toString();
    }
}
