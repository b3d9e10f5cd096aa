package io.stele.tools.bench;

import io.stele.tools.report.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A report for programs: all runs, and the summaries of the table. Times are in nanoseconds. */
final class JsonReport {
    private JsonReport() {
    }

    static String of(Report report, List<Run> runs) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("suite", report.suite());
        root.put("complete", report.complete());
        root.put("about", report.about());
        root.put("targets", report.targets());
        List<Object> rows = new ArrayList<>();
        for (Report.Row row : report.rows()) {
            rows.add(row(row));
        }
        root.put("figures", rows);
        Map<String, Object> means = new LinkedHashMap<>();
        means.put("qemu/stele", report.geometricMean(Report.QEMU, Report.STELE));
        means.put("stele/native", report.geometricMean(Report.STELE, Report.NATIVE));
        for (Report.Mean mean : report.means()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("figures", mean.figures());
            one.put("qemu/stele", mean.qemuToStele());
            one.put("stele/native", mean.steleToNative());
            if (!Double.isNaN(mean.paper())) {
                one.put("programs", mean.programs());
                one.put("the paper's qemu/stele", mean.paper());
            }
            means.put(mean.kind(), one);
        }
        root.put("geometric means", means);
        root.put("notes", report.notes());
        List<Object> all = new ArrayList<>();
        for (Run run : runs) {
            all.add(run(run));
        }
        root.put("runs", all);
        return Json.of(root);
    }

    private static Map<String, Object> row(Report.Row row) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("figure", row.figure());
        values.put("workload", row.workload());
        values.put("stands for", row.standsFor());
        values.put("about", row.about());
        values.put("operations", row.operations());
        Map<String, Object> times = new LinkedHashMap<>();
        row.times().forEach((target, time) -> {
            if (!time.isEmpty()) {
                Map<String, Object> summary = new LinkedHashMap<>();
                summary.put("count", time.count());
                summary.put("median", time.median());
                summary.put("least", time.least());
                summary.put("most", time.most());
                times.put(target, summary);
            }
        });
        values.put("times", times);
        values.put("qemu/stele", row.ratio(Report.QEMU, Report.STELE));
        values.put("stele/native", row.ratio(Report.STELE, Report.NATIVE));
        values.put("disturbed", row.disturbed());
        values.put("again", row.reproduction());
        values.put("commands", row.commands());
        return values;
    }

    private static Map<String, Object> run(Run run) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("workload", run.workload);
        values.put("target", run.target);
        values.put("round", run.round);
        Map<String, Object> figures = new LinkedHashMap<>();
        run.figures.forEach((name, figure) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("nanoseconds", figure.nanos());
            one.put("operations", figure.operations());
            if (!figure.output().isEmpty()) {
                one.put("output", figure.output());
            }
            figures.put(name, one);
        });
        values.put("figures", figures);
        values.put("foreign load", run.foreignLoad);
        values.put("failure", run.failure);
        return values;
    }
}
