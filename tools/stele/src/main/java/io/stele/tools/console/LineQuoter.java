package io.stele.tools.console;

/**
 * Turns any bytes into what a Linux terminal in canonical mode hands to its reader as exactly these bytes, and the end of the input into
 * the terminal's end-of-file. The terminal's special characters are end-of-file (Ctrl-D) and literal-next (Ctrl-V) only, echo and
 * signals are off (see {@code GuestScripts}).
 *
 * <p>Special bytes are preceded by Ctrl-V. A Ctrl-D behind part of a line hands that part over; so it ends every piece, and comes often
 * enough that no line outgrows the terminal's buffer (4096 bytes). A Ctrl-D with nothing before it is the end.
 */
public final class LineQuoter {
    /** How much longer the result can be than the input. */
    public static final int MAX_EXPANSION = 3;

    private static final byte END = 4;
    private static final byte LITERAL_NEXT = 0x16;
    private static final int MOST_PER_LINE = 1024;

    private LineQuoter() {
    }

    /**
     * Quotes one piece of input, which becomes readable at once.
     *
     * @param to room for {@link #MAX_EXPANSION} times {@code length} bytes
     * @return bytes written to {@code to}
     */
    public static int quote(byte[] from, int length, byte[] to) {
        int out = 0;
        int column = 0;
        for (int i = 0; i < length; i++) {
            byte value = from[i];
            if (value == END || value == LITERAL_NEXT) {
                to[out++] = LITERAL_NEXT;
            }
            to[out++] = value;
            column = value == '\n' ? 0 : column + 1;
            if (column == MOST_PER_LINE) {
                to[out++] = END;
                column = 0;
            }
        }
        if (column != 0) {
            to[out++] = END;
        }
        return out;
    }

    /** What tells the reader that there is no more; after complete pieces. */
    public static byte[] end() {
        return new byte[] {END};
    }
}
