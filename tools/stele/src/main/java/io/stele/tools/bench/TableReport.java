package io.stele.tools.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as text, for a terminal. */
final class TableReport {
    private static final int MICROS = 1000;
    private static final double SECOND = 1e9;

    private TableReport() {
    }

    static String of(Report report) {
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, String> fact : report.about().entrySet()) {
            out.append(fact.getKey()).append(": ").append(fact.getValue()).append('\n');
        }
        boolean both = report.targets().contains(Report.QEMU) && report.targets().contains(Report.STELE);
        boolean natively = report.targets().contains(Report.NATIVE) && report.targets().contains(Report.STELE);
        List<List<String>> lines = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(report.suite(), "stands for"));
        for (String target : report.targets()) {
            head.add(target);
            head.add("spread");
        }
        head.add(both ? "qemu/stele" : "");
        head.add(natively ? "stele/native" : "");
        List<Report.Mean> means = both || natively ? report.means() : List.of();
        boolean paper = both && means.stream().anyMatch(mean -> !Double.isNaN(mean.paper()));
        head.add(paper ? "the paper" : "");
        lines.add(head);
        for (Report.Row row : report.rows()) {
            lines.add(line(report, row, both, natively));
        }
        if (both || natively) {
            lines.add(mean(report, "geometric mean", "", both ? report.geometricMean(Report.QEMU, Report.STELE) : Double.NaN,
                natively ? report.geometricMean(Report.STELE, Report.NATIVE) : Double.NaN, Double.NaN));
            for (Report.Mean mean : means) {
                String of = mean.figures() + (paper ? " of " + mean.programs() : "");
                lines.add(mean(report, "  " + mean.kind(), of, mean.qemuToStele(), mean.steleToNative(), mean.paper()));
            }
        }
        columns(lines, out);
        if (paper) {
            out.append("The paper: Spink, Wagstaff, Franke, USENIX ATC 2019; QEMU's times divided by its own, on its host, of all programs.\n");
        }
        if (report.rows().stream().anyMatch(row -> !row.disturbed().isEmpty())) {
            out.append("! Others used more than ").append(Math.round(HostLoad.TOLERABLE * 100))
                .append("% of a processor meanwhile: measure again on a quiet host.\n");
        }
        for (String note : report.notes()) {
            out.append("note: ").append(note).append('\n');
        }
        if (!report.complete()) {
            out.append("These are partial results.\n");
        }
        for (Report.Row row : report.rows()) {
            out.append(row.figure()).append(" again: ").append(row.reproduction()).append('\n');
        }
        return out.toString();
    }

    private static List<String> line(Report report, Report.Row row, boolean both, boolean natively) {
        List<String> line = new ArrayList<>(List.of(row.figure(), row.standsFor()));
        for (String target : report.targets()) {
            Summary time = row.time(target);
            line.add(time.isEmpty() ? "-" : time(time.median(), row.operations()) + (row.disturbed().contains(target) ? "!" : ""));
            line.add(time.count() < 2 ? "" : Math.round(time.spread() * 100) + "%");
        }
        line.add(both ? ratio(row.ratio(Report.QEMU, Report.STELE)) : "");
        line.add(natively ? ratio(row.ratio(Report.STELE, Report.NATIVE)) : "");
        line.add("");
        return line;
    }

    /** Means that are not known leave their place empty. */
    private static List<String> mean(Report report, String name, String of, double qemuToStele, double steleToNative, double paper) {
        List<String> line = new ArrayList<>(List.of(name, of));
        report.targets().forEach(target -> line.addAll(List.of("", "")));
        for (double ratio : new double[] {qemuToStele, steleToNative, paper}) {
            line.add(Double.isNaN(ratio) ? "" : ratio(ratio));
        }
        return line;
    }

    /** A time in words: seconds, or for one of many operations micro- or nanoseconds. */
    static String time(double nanos, long operations) {
        double each = nanos / operations;
        if (operations == 1) {
            return String.format(Locale.ROOT, "%.2f s", each / SECOND);
        }
        return each >= MICROS ? String.format(Locale.ROOT, "%.2f us", each / MICROS) : String.format(Locale.ROOT, "%.2f ns", each);
    }

    static String ratio(double ratio) {
        return Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%.2f", ratio);
    }

    /** The first two columns to the left, the others to the right. */
    private static void columns(List<List<String>> lines, StringBuilder out) {
        int[] widths = new int[lines.getFirst().size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String pad = " ".repeat(widths[i] - line.get(i).length());
                if (widths[i] > 0) {
                    text.append(i < 2 ? line.get(i) + pad : pad + line.get(i)).append("  ");
                }
            }
            out.append(text.toString().stripTrailing()).append('\n');
        }
    }
}
