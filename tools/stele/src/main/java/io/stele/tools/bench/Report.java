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
            if (!workload.natively().isEmpty() && targets.stream().anyMatch(target -> target.name().equals(NATIVE))) {
                notes.add(workload.name() + " natively: " + workload.natively());
            }
            for (Target target : targets) {
                for (String failure : results.failures(workload.name(), target.name())) {
                    notes.add(workload.name() + " on " + target.name() + ": " + failure);
                }
            }
        }
        return new Report(suite.name(), about, targets.stream().map(Target::name).toList(), rows, notes, complete);
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

    /**
     * The geometric mean of the figures that stand for programs of one half of SPEC CPU2006.
     *
     * @param figures how many they are
     * @param paper what the paper that Stele follows reports for all of the half's programs, as QEMU's times divided by its own; NaN if these
     *     are other programs
     */
    record Mean(String kind, long figures, long programs, double qemuToStele, double steleToNative, double paper) {
    }

    /** Of the halves that there are figures of. */
    List<Mean> means() {
        List<Mean> means = new ArrayList<>();
        for (Spec2006.Kind kind : Spec2006.Kind.values()) {
            List<Row> some = rows.stream().filter(row -> Spec2006.kind(row.standsFor) == kind).toList();
            if (!some.isEmpty()) {
                means.add(new Mean(kind.text, some.size(), Spec2006.programs(kind), geometricMean(some, QEMU, STELE), geometricMean(some, STELE, NATIVE),
                    suite.equals(Spec2006.NAME) ? kind.paper : Double.NaN));
            }
        }
        return means;
    }

    /** Of the times of one target divided by those of another. */
    double geometricMean(String slow, String fast) {
        return geometricMean(rows, slow, fast);
    }

    private static double geometricMean(List<Row> rows, String slow, String fast) {
        return Summary.geometricMean(rows.stream().mapToDouble(row -> row.ratio(slow, fast)).toArray());
    }
}
