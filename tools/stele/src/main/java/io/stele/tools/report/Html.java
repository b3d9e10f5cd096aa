package io.stele.tools.report;

/** Text in HTML pages. */
public final class Html {
    private Html() {
    }

    /** The text with what has a meaning in HTML replaced, for contents and attributes. */
    public static String escape(CharSequence text) {
        return text.toString().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
