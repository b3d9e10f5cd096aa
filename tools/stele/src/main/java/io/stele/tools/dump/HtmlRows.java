package io.stele.tools.dump;

import io.stele.codegen.ClusterFacts;
import io.stele.codegen.listing.ListingRow;
import io.stele.codegen.listing.ListingRows;
import io.stele.tools.report.Html;

/**
 * A listing as one HTML page without anything from outside: three columns, guest, IR and x86. What belongs to one guest instruction has its
 * colour, also the out-of-line parts, and lights up under the pointer.
 */
public final class HtmlRows implements ListingRows {
    private static final int HUES = 7;
    private static final int HUE_STEP = 51;
    private static final String STYLE = """
        body { font: 13px/1.5 ui-monospace, monospace; margin: 1em; color: #1b1f24; background: #fff; }
        h1 { font: 600 18px system-ui, sans-serif; } h2 { font: 600 14px system-ui, sans-serif; margin: 1.5em 0 .3em; }
        p { font: 13px system-ui, sans-serif; color: #666; margin: .2em 0; }
        table { border-collapse: collapse; width: 100%; table-layout: fixed; } td { padding: 0 .6em; vertical-align: top; white-space: pre-wrap; }
        td { overflow-wrap: anywhere; } td:first-child { width: 26%; border-left: 4px solid hsl(var(--h) 65% 55%); } td:nth-child(2) { width: 27%; }
        tr { background: hsl(var(--h) 70% 96%); } tr.first td { border-top: 1px solid hsl(var(--h) 40% 80%); }
        tr.on { background: hsl(var(--h) 80% 84%); }
        tr.part { background: none; } tr.part td { border-left: none; color: #666; font-weight: 600; padding-top: .6em; }
        .off { color: #888; } .m { font-weight: 700; color: #b03030; } .c { color: #3a7a3a; } .unused { text-decoration: line-through; color: #888; }
        @media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #16181b; } tr { background: hsl(var(--h) 30% 13%); }
        tr.first td { border-top-color: hsl(var(--h) 30% 28%); } tr.on { background: hsl(var(--h) 40% 27%); } .c { color: #8fce8f; } }
        """;
    private static final String SCRIPT = """
        function light(event, on) {
            const row = event.target.closest('tr');
            if (row) {
                row.closest('table').querySelectorAll('tr[data-i="' + row.dataset.i + '"]').forEach(r => r.classList.toggle('on', on));
            }
        }
        document.addEventListener('mouseover', event => light(event, true));
        document.addEventListener('mouseout', event => light(event, false));
        """;

    private final StringBuilder out = new StringBuilder(1 << 14);
    private boolean inBlock;
    private int offset;

    public HtmlRows() {
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>stele dump</title>\n<style>\n").append(STYLE)
            .append("</style>\n</head>\n<body>\n<h1>stele dump</h1>\n");
    }

    @Override
    public void comment(String text) {
        endBlock();
        out.append("<p>").append(Html.escape(text)).append("</p>\n");
    }

    @Override
    public void block(String head) {
        endBlock();
        out.append("<h2>").append(Html.escape(head)).append("</h2>\n<table>\n");
        inBlock = true;
    }

    private void endBlock() {
        if (inBlock) {
            out.append("</table>\n");
            inBlock = false;
        }
    }

    @Override
    public void part(String text) {
        out.append("<tr class=\"part\"><td colspan=\"3\">").append(Html.escape(text)).append("</td></tr>\n");
    }

    @Override
    public void row(ListingRow row) {
        if (row.hasPlace()) {
            offset = row.pageOffset;
        }
        out.append("<tr data-i=\"").append(offset).append("\" style=\"--h:").append(offset / 4 % HUES * HUE_STEP).append('"')
            .append(row.hasPlace() ? " class=\"first\"" : "").append("><td>");
        if (row.hasPlace()) {
            out.append("<span class=\"off\">").append(ClusterFacts.place(row.pageOffset)).append("</span>");
        }
        if (row.instruction) {
            out.append(" <span class=\"off\">").append(String.format("%08x", row.word)).append("</span> ").append(Html.escape(row.guest));
        }
        out.append("</td><td").append(row.unused ? " class=\"unused\">" : ">").append(Html.escape(row.ir)).append("</td><td>");
        if (row.host) {
            host(row);
        }
        out.append("</td></tr>\n");
    }

    private void host(ListingRow row) {
        out.append("<span class=\"m\">").append(row.mark).append("</span> <span class=\"off\" title=\"").append(row.bytes).append("\">")
            .append(String.format("%08x", row.address)).append("</span> ").append(row.text.isEmpty() ? row.bytes : Html.escape(row.text));
        if (!row.meaning.isEmpty()) {
            out.append(" <span class=\"c\">; ").append(Html.escape(row.meaning)).append("</span>");
        }
    }

    /** All of it. */
    public String text() {
        endBlock();
        return out + "<script>\n" + SCRIPT + "</script>\n</body>\n</html>\n";
    }
}
