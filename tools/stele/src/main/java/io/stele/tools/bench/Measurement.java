package io.stele.tools.bench;

import io.stele.tools.report.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs all jobs on all targets, in turns, and shows and writes what came of it, also when a signal ends it. */
final class Measurement {
    private static final long SIGNAL_PATIENCE_MILLIS = 2000;

    private final Suite suite;
    private final List<Workload> workloads;
    private final Map<String, Job> jobs;
    private final List<Target> targets;
    private final int rounds;
    private final Path out;
    private final Progress progress;
    private final String repeat;
    private final Runner runner;
    private final Results results = new Results();
    private boolean concluded;

    /** @param out an existing folder for consoles and reports; @param repeat the beginning of the command that measures a figure again */
    Measurement(Suite suite, List<Workload> workloads, Map<String, Job> jobs, List<Target> targets, int rounds, long limitNanos, Path out,
        Progress progress, String repeat) {
        this.suite = suite;
        this.workloads = workloads;
        this.jobs = jobs;
        this.targets = targets;
        this.rounds = rounds;
        this.out = out;
        this.progress = progress;
        this.repeat = repeat;
        runner = new Runner(out, limitNanos);
    }

    /** @return whether everything that was to be measured was measured */
    boolean run() {
        Thread hook = new Thread(() -> {
            runner.stop();
            conclude(false);
        });
        Runtime.getRuntime().addShutdownHook(hook);
        for (Target target : targets) {
            progress.step(target.name() + " is " + target.description());
        }
        for (int round = 1; round <= rounds; round++) {
            for (Job job : jobs.values()) {
                // Who comes first changes with each round.
                List<Target> order = new ArrayList<>(targets);
                Collections.rotate(order, round - 1);
                for (Target target : order) {
                    if (target.canRun(job)) {
                        measure(target, job, round);
                    }
                }
            }
        }
        awaitSignal();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal has come just now; the hook finds nothing left to do, or does it.
        }
        return conclude(true) && results.all().stream().allMatch(run -> run.failure == null);
    }

    private void measure(Target target, Job job, int round) {
        if (runner.isStopped()) {
            awaitSignal();
            return;
        }
        Run run = runner.run(target, job, round);
        if (runner.isStopped() || run.failure != null && wasInterrupted(run)) {
            awaitSignal();
            return;
        }
        results.add(run);
        StringBuilder text = new StringBuilder("round ").append(round).append(" of ").append(rounds).append(", ").append(job.workload()).append(" on ")
            .append(target.name()).append(':');
        for (String figure : job.figures()) {
            Run.Figure measured = run.figures.get(figure);
            if (measured != null) {
                text.append(' ').append(figure.equals(job.workload()) ? "" : figure + " ")
                    .append(TableReport.time(measured.nanos(), measured.operations()));
            }
        }
        if (run.failure != null) {
            text.append(" failed: ").append(run.failure);
        }
        if (run.disturbed()) {
            text.append(String.format(" (others used %.0f%% of a processor meanwhile)", run.foreignLoad * 100));
        }
        progress.step(text.toString());
    }

    /** Ctrl-C reaches the guest's process before it reaches this one's threads. */
    private boolean wasInterrupted(Run run) {
        if (run.failure.contains("status 130") || run.failure.contains("status 143") || run.failure.contains("signal")) {
            try {
                Thread.sleep(SIGNAL_PATIENCE_MILLIS / 2);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return runner.isStopped();
    }

    /** While a signal's hook is at work, this thread has nothing more to do. */
    private void awaitSignal() {
        if (runner.isStopped()) {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Shows and writes the results, once. @return whether they could be written */
    private synchronized boolean conclude(boolean complete) {
        if (concluded) {
            return true;
        }
        concluded = true;
        List<Run> runs = results.all();
        Report report = Report.of(suite, workloads, jobs, targets, results, about(), repeat, complete);
        System.out.print(TableReport.of(report));
        System.out.flush();
        try {
            Files.writeString(out.resolve("results.json"), JsonReport.of(report, runs));
            Files.writeString(out.resolve("report.html"), HtmlReport.of(report));
            System.err.println("bench: " + out.resolve("report.html") + " and results.json have all of it");
            return true;
        } catch (IOException | UncheckedIOException e) {
            System.err.println("bench: cannot write the reports: " + e.getMessage());
            return false;
        }
    }

    private Map<String, String> about() {
        Map<String, String> about = new LinkedHashMap<>();
        about.put("host", Host.describe());
        for (Target target : targets) {
            about.put(target.name(), target.description());
        }
        about.put("guest", "kernel " + jobs.values().iterator().next().kernel() + ", command line \"" + BenchScripts.APPEND + "\", one CPU");
        return about;
    }
}
