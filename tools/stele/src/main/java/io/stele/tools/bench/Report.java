package io.stele.tools.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured, ready to be shown.
 *
 * @param about of the host, the targets and the run: name and value
 * @param targets names, in the order of the columns
 * @param complete whether all rounds were run
 */
record Report(String suite, Map<String, String> about, List<String> targets, List<Row> rows, List<String> notes, boolean complete) {
    /** The two that are compared. */
    static final String STELE = "stele";
    static final String QEMU = "qemu";
    static final String NATIVE = "native";

    /**
     * A figure.
     *
     * @param operations how many the time is for
     * @param times by target; none where there is no measurement
     * @param disturbed the targets whose measurement others on the host disturbed
     * @param reproduction the command that measures it again
     * @param commands the commands of the targets
     */
    record Row(String figure, String workload, String standsFor, String about, long operations, Map<String, Summary> times,
        List<String> disturbed, String reproduction, Map<String, String> commands) {

        Summary time(String target) {
            return times.getOrDefault(target, Summary.NOTHING);
        }

        /** How many times as long one target takes as another; NaN if one of them is not known. */
        double ratio(String slow, String fast) {
            return time(slow).median() / time(fast).median();
        }
    }

    /** @param jobs by the workload's name */
    static Report of(Suite suite, List<Workload> workloads, Map<String, Job> jobs, List<Target> targets, Results results, Map<String, String> about,
        String repeat, boolean complete) {
        List<Row> rows = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (Workload workload : workloads) {
            Job job = jobs.get(workload.name());
            if (job == null) {
                continue;
            }
            for (String figure : workload.figures()) {
                Row row = row(workload, figure, job, targets, results, repeat);
                if (row.times.values().stream().anyMatch(time -> !time.isEmpty())) {
                    rows.add(row);
                    notes(workload.name(), figure, targets, results, notes);
                }
            }
            for (Target target : targets) {
                for (String failure : results.failures(workload.name(), target.name())) {
                    notes.add(workload.name() + " on " + target.name() + ": " + failure);
                }
            }
        }
        Report report = new Report(suite.name(), about, targets.stream().map(Target::name).toList(), rows, notes, complete);
        if (suite.name().equals(Spec2006.NAME)) {
            Spec2006.addPaper(report);
        }
        return report;
    }

    private static Row row(Workload workload, String figure, Job job, List<Target> targets, Results results, String repeat) {
        Map<String, Summary> times = new LinkedHashMap<>();
        Map<String, String> commands = new LinkedHashMap<>();
        List<String> disturbed = new ArrayList<>();
        for (Target target : targets) {
            Summary summary = results.summary(workload.name(), target.name(), figure);
            times.put(target.name(), summary);
            if (target.canRun(job)) {
                commands.put(target.name(), target.reproduction(job));
            }
            if (!summary.isEmpty() && results.disturbed(workload.name(), target.name())) {
                disturbed.add(target.name());
            }
        }
        return new Row(figure, workload.name(), workload.standsFor(), workload.about(), results.operations(workload.name(), figure), times, disturbed,
            repeat + figure, commands);
    }

    /** Programs must write the same in all rounds and on both systems; natively it is another program, which must write the same rounded. */
    private static void notes(String workload, String figure, List<Target> targets, Results results, List<String> notes) {
        for (Target target : targets) {
            if (results.outputs(workload, target.name(), figure, false).size() > 1) {
                notes.add(figure + " on " + target.name() + " wrote different outputs in different rounds");
            }
        }
        compare(workload, figure, STELE, QEMU, false, results, notes);
        compare(workload, figure, QEMU, NATIVE, true, results, notes);
        compare(workload, figure, STELE, NATIVE, true, results, notes);
    }

    private static void compare(String workload, String figure, String target, String reference, boolean rounded, Results results,
        List<String> notes) {
        List<String> outputs = results.outputs(workload, target, figure, rounded);
        List<String> expected = results.outputs(workload, reference, figure, rounded);
        if (outputs.size() == 1 && expected.size() == 1 && !outputs.equals(expected)) {
            notes.add(figure + " wrote something else on " + target + " than on " + reference);
        }
    }

    /** Of QEMU's times divided by Stele's, of the figures that a workload of one kind has. */
    double geometricMean(String slow, String fast, String kind) {
        return Summary.geometricMean(rows.stream().filter(row -> row.about.equals(kind)).mapToDouble(row -> row.ratio(slow, fast)).toArray());
    }

    /** Of QEMU's times divided by Stele's. */
    double geometricMean(String slow, String fast) {
        return Summary.geometricMean(rows.stream().mapToDouble(row -> row.ratio(slow, fast)).toArray());
    }
}
