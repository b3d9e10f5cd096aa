package io.stele.tools.bench;

import io.stele.tools.report.Html;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as one HTML page without anything from outside: bar charts in SVG, the table, and the commands behind each figure. */
final class HtmlReport {
    private static final String STYLE = """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #1b1f24; background: #fff; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: .25em .6em; text-align: right; border-bottom: 1px solid #ddd; }
        th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1em; } dt { color: #666; } dd { margin: 0; }
        code { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
        svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
        .warn { color: #a40; }
        @media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #16181b; } th, td { border-color: #333; } dt { color: #999; } }
        """;
    private static final int WIDTH = 800;
    private static final int LABEL = 170;
    private static final int VALUE = 60;
    private static final int BAR = 18;
    private static final int STEP = 24;

    private final StringBuilder out = new StringBuilder();

    private HtmlReport() {
    }

    static String of(Report report) {
        HtmlReport html = new HtmlReport();
        html.page(report);
        return html.out.toString();
    }

    private void page(Report report) {
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>stele bench: ").append(Html.escape(report.suite()))
            .append("</title>\n<style>\n").append(STYLE).append("</style>\n<h1>stele bench: ").append(Html.escape(report.suite())).append("</h1>\n");
        if (!report.complete()) {
            out.append("<p class=\"warn\">These are partial results.</p>\n");
        }
        out.append("<dl>\n");
        for (Map.Entry<String, String> fact : report.about().entrySet()) {
            out.append("<dt>").append(Html.escape(fact.getKey())).append("</dt><dd>").append(Html.escape(fact.getValue())).append("</dd>\n");
        }
        out.append("</dl>\n");
        chart(report, Report.QEMU, Report.STELE, "Speed-up over QEMU", "QEMU's time divided by Stele's; longer is faster.", "#2a78b8");
        chart(report, Report.STELE, Report.NATIVE, "Times the host's own", "Stele's time divided by that of the same program on the host; shorter is faster.",
            "#b8672a");
        table(report);
        if (report.means().stream().anyMatch(mean -> !Double.isNaN(mean.paper()))) {
            out.append("<p>The paper: Spink, Wagstaff, Franke, <i>A Retargetable System-Level DBT Hypervisor</i>, USENIX ATC 2019; QEMU's times divided by its own, "
                + "on its host, of all programs.</p>\n");
        }
        notes(report);
        out.append("<h2>How to measure again</h2>\n");
        for (Report.Row row : report.rows()) {
            out.append("<details><summary>").append(Html.escape(row.figure())).append(": <code>").append(Html.escape(row.reproduction()))
                .append("</code></summary>\n<p>").append(Html.escape(row.about())).append("</p>\n");
            row.commands().forEach((target, command) -> out.append("<p>").append(target).append(": <code>").append(Html.escape(command))
                .append("</code></p>\n"));
            out.append("</details>\n");
        }
        out.append("</html>\n");
    }

    private void chart(Report report, String slow, String fast, String title, String about, String colour) {
        List<Report.Row> rows = report.rows().stream().filter(row -> !Double.isNaN(row.ratio(slow, fast))).toList();
        if (rows.isEmpty()) {
            return;
        }
        double mean = report.geometricMean(slow, fast);
        List<Report.Mean> halves = slow.equals(Report.QEMU) ? report.means().stream().filter(half -> !Double.isNaN(half.qemuToStele())).toList() : List.of();
        long papers = halves.stream().filter(half -> !Double.isNaN(half.paper())).count();
        double most = Math.max(rows.stream().mapToDouble(row -> row.ratio(slow, fast)).max().orElse(1), papers > 0 ? Spec2006.Kind.FLOATING_POINT.paper : 1);
        double scale = (WIDTH - LABEL - VALUE) / Math.max(1.0, most);
        int height = (rows.size() + 1 + halves.size() + (int) papers) * STEP + 10;
        out.append("<h2>").append(title).append("</h2>\n<p>").append(about).append("</p>\n<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(height)
            .append("\" role=\"img\" aria-label=\"").append(title).append("\">\n");
        int y = 4;
        for (Report.Row row : rows) {
            bar(row.figure(), row.ratio(slow, fast), scale, y, colour);
            y += STEP;
        }
        bar("geometric mean", mean, scale, y, "#555");
        for (Report.Mean half : halves) {
            y += STEP;
            bar(half.kind(), half.qemuToStele(), scale, y, "#555");
            if (!Double.isNaN(half.paper())) {
                y += STEP;
                bar(half.kind() + ", the paper", half.paper(), scale, y, "#999");
            }
        }
        out.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" stroke=\"currentColor\" stroke-dasharray=\"3 3\"/>%n",
            LABEL + scale, LABEL + scale, height));
        out.append("</svg>\n");
    }

    private void bar(String name, double value, double scale, int y, String colour) {
        out.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>"
            + "<text x=\"%.1f\" y=\"%d\">%s</text>%n", LABEL - 8, y + BAR - 4, Html.escape(name), LABEL, y, value * scale, BAR, colour,
            LABEL + value * scale + 6, y + BAR - 4, TableReport.ratio(value)));
    }

    private void table(Report report) {
        out.append("<h2>Times</h2>\n<p>Medians; in brackets the least and the most.</p>\n<table>\n<tr><th>figure</th><th>stands for</th>");
        report.targets().forEach(target -> out.append("<th>").append(target).append("</th>"));
        out.append("<th>qemu/stele</th><th>stele/native</th></tr>\n");
        for (Report.Row row : report.rows()) {
            out.append("<tr><td>").append(Html.escape(row.figure())).append("</td><td>").append(Html.escape(row.standsFor())).append("</td>");
            for (String target : report.targets()) {
                Summary time = row.time(target);
                out.append("<td>").append(time.isEmpty() ? "-" : TableReport.time(time.median(), row.operations()) + " ("
                    + TableReport.time(time.least(), row.operations()) + " to " + TableReport.time(time.most(), row.operations()) + ")"
                    + (row.disturbed().contains(target) ? " <b class=\"warn\" title=\"others used the processors\">!</b>" : "")).append("</td>");
            }
            out.append("<td>").append(TableReport.ratio(row.ratio(Report.QEMU, Report.STELE))).append("</td><td>")
                .append(TableReport.ratio(row.ratio(Report.STELE, Report.NATIVE))).append("</td></tr>\n");
        }
        out.append("</table>\n");
    }

    private void notes(Report report) {
        if (!report.notes().isEmpty()) {
            out.append("<h2>Notes</h2>\n<ul>\n");
            report.notes().forEach(note -> out.append("<li>").append(Html.escape(note)).append("</li>\n"));
            out.append("</ul>\n");
        }
    }
}
