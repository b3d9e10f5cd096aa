package io.stele.tools.console;

import io.stele.platform.pl011.ConsoleSink;
import java.nio.charset.StandardCharsets;

/**
 * Takes apart what the guest of {@code stele run} writes. Its init puts marks between the bytes, each one a record separator (0x1e), a random
 * word and a letter: {@code B}: the command begins; {@code E}: up to the next newline it is standard error; {@code X}, a number
 * and a newline: the command has ended with this status. What comes before {@code B} and after {@code X} is noise.
 */
public final class RunFilter implements ConsoleSink {
    /** Where the parts go. */
    public interface Listener {
        /** The command begins: from now on its standard input may be sent. */
        void begun();

        void output(byte value);

        void error(byte value);

        /** The command is over. Output of the guest after that is dropped. */
        void ended(int status);
    }

    /** First byte of a mark. */
    public static final char MARK = 0x1e;

    private enum State { BEFORE, OUTPUT, ERROR, STATUS, AFTER }

    private final Listener listener;
    private final byte[] mark;
    private State state = State.BEFORE;
    private int matched;
    private int status;

    /** @param word the random word: printable ASCII; @param listener who gets the parts */
    public RunFilter(String word, Listener listener) {
        this.listener = listener;
        mark = (MARK + word).getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void put(byte value) {
        if (matched == mark.length) {
            matched = 0;
            if (letter(value)) {
                return;
            }
            replay(mark.length);
        } else if (value == mark[matched]) {
            matched++;
            return;
        } else if (matched != 0) {
            int held = matched;
            matched = 0;
            replay(held);
            if (value == MARK) {
                matched = 1;
                return;
            }
        }
        plain(value);
    }

    private boolean letter(byte value) {
        switch (value) {
            case 'B' -> {
                if (state == State.BEFORE) {
                    state = State.OUTPUT;
                    listener.begun();
                }
            }
            case 'E' -> {
                if (state == State.OUTPUT || state == State.ERROR) {
                    state = State.ERROR;
                }
            }
            case 'X' -> {
                if (state != State.AFTER) {
                    state = State.STATUS;
                    status = 0;
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void replay(int bytes) {
        for (int i = 0; i < bytes; i++) {
            plain(mark[i]);
        }
    }

    private void plain(byte value) {
        switch (state) {
            case OUTPUT -> listener.output(value);
            case ERROR -> {
                listener.error(value);
                if (value == '\n') {
                    state = State.OUTPUT;
                }
            }
            case STATUS -> {
                if (value >= '0' && value <= '9') {
                    status = status * 10 + value - '0';
                } else {
                    state = State.AFTER;
                    listener.ended(status);
                }
            }
            default -> {
            }
        }
    }
}
