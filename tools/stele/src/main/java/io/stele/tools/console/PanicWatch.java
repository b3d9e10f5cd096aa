package io.stele.tools.console;

import io.stele.platform.pl011.ConsoleSink;
import java.nio.charset.StandardCharsets;

/**
 * Looks for the kernel's panic message among the guest's output, and passes everything on. The message counts where the kernel puts it: first
 * on its line, or behind the time stamp. With {@code panic=-1} the kernel resets the machine after it; without, it writes a last line and
 * loops for ever, with nothing more to see.
 */
public final class PanicWatch implements ConsoleSink {
    // The first character of each comes only once in it, so after a mismatch matching starts over.
    private static final byte[] PANIC = "Kernel panic - not syncing".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "[ end Kernel panic".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_MESSAGE = 200;

    private final ConsoleSink next;
    private final StringBuilder message = new StringBuilder();
    private int panicMatched;
    private int endMatched;
    private boolean onlyStampSoFar = true;
    private boolean inMessage;
    private boolean inLastLine;
    private volatile boolean panicked;
    /** When the last line of a panic ended; 0 without one. */
    private volatile long overNanos;

    /** @param next who gets the bytes */
    public PanicWatch(ConsoleSink next) {
        this.next = next;
    }

    @Override
    public void put(byte value) {
        next.put(value);
        if (value == '\n') {
            endOfLine();
            return;
        }
        if (value == '\r') {
            return;
        }
        if (overNanos != 0) {
            // The guest lives: it was a text that a program had printed.
            overNanos = 0;
            panicked = false;
        }
        if (inMessage) {
            if (message.length() < LONGEST_MESSAGE) {
                message.append((char) (value & 0x7f));
            }
            return;
        }
        if (panicMatched != 0 || onlyStampSoFar) {
            panicMatched = matched(PANIC, panicMatched, value);
            if (panicMatched == PANIC.length) {
                message.setLength(0);
                inMessage = true;
            }
        }
        endMatched = matched(END, endMatched, value);
        if (endMatched == END.length) {
            inLastLine = panicked;
            endMatched = 0;
        }
        onlyStampSoFar &= value <= '9' && value >= ' ' || value == '[' || value == ']';
    }

    private void endOfLine() {
        if (inMessage) {
            panicked = true;
        }
        if (inLastLine) {
            overNanos = System.nanoTime() | 1;
        }
        panicMatched = 0;
        endMatched = 0;
        onlyStampSoFar = true;
        inMessage = false;
        inLastLine = false;
    }

    private static int matched(byte[] pattern, int matched, byte value) {
        if (pattern[matched] == value) {
            return matched + 1;
        }
        return pattern[0] == value ? 1 : 0;
    }

    /** Whether a panic message was seen; meaningful when the guest resets the machine. */
    public boolean panicked() {
        return panicked;
    }

    /** Whether the guest has been silent for a time since the last line of a panic, so that it loops for ever. */
    public boolean isOver(long silentNanos) {
        long since = overNanos;
        return since != 0 && System.nanoTime() - since >= silentNanos;
    }

    /** The kernel's reason. */
    public String message() {
        String text = message.toString();
        return text.startsWith(": ") ? text.substring(2) : text;
    }
}
