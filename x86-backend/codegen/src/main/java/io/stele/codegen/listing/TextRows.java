package io.stele.codegen.listing;

import io.stele.codegen.ClusterFacts;
import java.io.IOException;

/** A listing as text in columns. */
public final class TextRows implements ListingRows {
    /** Widths of the columns in characters. A longer text moves the rest of its line to the right. */
    private static final int GUEST_WIDTH = 46;
    private static final int IR_WIDTH = 38;
    private static final int BYTES_WIDTH = 21;
    private static final int HOST_WIDTH = 40;
    private static final int ADDRESS_DIGITS = 8;
    private static final String DIGITS = "0123456789abcdef";

    private final Appendable out;
    private final StringBuilder line = new StringBuilder(256);

    public TextRows(Appendable out) {
        this.out = out;
    }

    @Override
    public void comment(String text) throws IOException {
        out.append("# ").append(text).append('\n');
    }

    @Override
    public void block(String head) throws IOException {
        out.append('\n').append(head).append('\n');
    }

    @Override
    public void part(String text) throws IOException {
        out.append("  -- ").append(text).append('\n');
    }

    @Override
    public void row(ListingRow row) throws IOException {
        line.setLength(0);
        if (row.hasPlace()) {
            line.append(ClusterFacts.place(row.pageOffset));
            if (row.instruction) {
                hex(line.append(' '), row.word, ADDRESS_DIGITS);
                line.append(' ').append(row.guest);
            }
        }
        if (!row.ir.isEmpty()) {
            pad(GUEST_WIDTH);
            line.append(row.unused ? '~' : ' ').append(row.ir);
        }
        if (row.host) {
            host(row);
        }
        out.append(line).append('\n');
    }

    private void host(ListingRow row) {
        pad(GUEST_WIDTH + IR_WIDTH);
        line.append(' ').append(row.mark).append(' ');
        hex(line, row.address, ADDRESS_DIGITS);
        line.append(' ');
        int bytesColumn = line.length();
        line.append(row.bytes);
        if (!row.text.isEmpty()) {
            pad(bytesColumn + BYTES_WIDTH);
            line.append(' ');
            int textColumn = line.length();
            line.append(row.text);
            if (!row.meaning.isEmpty()) {
                pad(textColumn + HOST_WIDTH);
                line.append(" ; ").append(row.meaning);
            }
        }
    }

    /** Fills the line up to a column; one blank at least parts it from a longer text. */
    private void pad(int column) {
        line.repeat(' ', Math.max(1, column - line.length()));
    }

    static void hex(StringBuilder to, long value, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            to.append(DIGITS.charAt((int) (value >>> shift) & 15));
        }
    }
}
