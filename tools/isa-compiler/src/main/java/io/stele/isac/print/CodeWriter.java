package io.stele.isac.print;

/** Indented lines. */
final class CodeWriter {
    private static final int MAX_LENGTH = 140;

    private final StringBuilder text = new StringBuilder();
    private int indent;

    CodeWriter(int indent) {
        this.indent = indent;
    }

    CodeWriter line(String line) {
        if (!line.isEmpty()) {
            text.append("    ".repeat(indent));
            wrapped(line, 4 * indent);
        }
        text.append('\n');
        return this;
    }

    /** Breaks a line that is too long behind a comma or before an operator. */
    private void wrapped(String line, int column) {
        int at = column + line.length() <= MAX_LENGTH ? -1 : breakAt(line, MAX_LENGTH - column);
        if (at < 0) {
            text.append(line);
            return;
        }
        int margin = 4 * indent + 8;
        text.append(line, 0, at).append('\n').append(" ".repeat(margin));
        wrapped(line.substring(at + 1), margin);
    }

    /** The last space before {@code limit} that may become a line break, outside of string literals, or -1. */
    private static int breakAt(String line, int limit) {
        boolean inString = false;
        int result = -1;
        for (int i = 0; i < limit; i++) {
            char ch = line.charAt(i);
            if (ch == '"' && (i == 0 || line.charAt(i - 1) != '\\')) {
                inString = !inString;
            } else if (ch == ' ' && !inString && i > 0 && isBreak(line, i)) {
                result = i;
            }
        }
        return result;
    }

    private static boolean isBreak(String line, int space) {
        return line.charAt(space - 1) == ',' || line.startsWith(" ? ", space) || line.startsWith(" : ", space)
            || line.startsWith(" && ", space) || line.startsWith(" || ", space) || line.startsWith(" | ", space)
            || line.startsWith(" + ", space);
    }

    /** A line that opens a block. */
    CodeWriter open(String line) {
        line(line);
        indent++;
        return this;
    }

    CodeWriter close(String line) {
        indent--;
        return line(line);
    }

    CodeWriter indent() {
        indent++;
        return this;
    }

    CodeWriter unindent() {
        indent--;
        return this;
    }

    /** Closes a block with text that the next lines continue. */
    CodeWriter closeWith(String start) {
        indent--;
        text.append("    ".repeat(indent)).append(start);
        return this;
    }

    /** Whole lines made by another writer with the right indentation. */
    CodeWriter lines(String lines) {
        text.append(lines);
        return this;
    }

    /**
     * If these lines are one {@code if} statement: the same one level further out and without the indentation of its first line, to follow
     * an {@code else}. Otherwise null.
     */
    String asElseIf() {
        int margin = 4 * indent;
        String all = text.toString();
        if (!all.startsWith("if (", margin)) {
            return null;
        }
        StringBuilder result = new StringBuilder();
        int start = 0;
        while (start < all.length()) {
            int end = all.indexOf('\n', start) + 1;
            boolean first = start == 0;
            boolean last = end == all.length();
            boolean atMargin = all.charAt(start + margin) != ' ';
            if (atMargin && !first && !all.startsWith(last ? "}\n" : "} else", start + margin)) {
                return null;
            }
            result.append(all, start + (first ? margin : 4), end);
            start = end;
        }
        return result.toString();
    }

    int depth() {
        return indent;
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
