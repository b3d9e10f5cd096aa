package io.stele.tools.console;

import java.io.IOException;
import java.io.InputStream;

/** Carries the host's standard input to the guest, on a thread of its own, until it ends. */
public final class StdinPump {
    private static final int PIECE = 4096;

    private final InputStream input;
    private final ConsoleQueue queue;
    private final EscapeFilter escapes;

    private StdinPump(InputStream input, ConsoleQueue queue, EscapeFilter escapes) {
        this.input = input;
        this.queue = queue;
        this.escapes = escapes;
    }

    /** Keys of a terminal in raw mode: Ctrl-A is for Stele. */
    public static StdinPump keys(InputStream input, ConsoleQueue queue, EscapeFilter escapes) {
        return new StdinPump(input, queue, escapes);
    }

    /** All bytes as they are; the end of the input is not passed on, as a serial line has none. */
    public static StdinPump plain(InputStream input, ConsoleQueue queue) {
        return new StdinPump(input, queue, null);
    }

    /** Starts the thread, a daemon. */
    public void start() {
        Thread.ofPlatform().daemon().name("console input").start(this::pump);
    }

    private void pump() {
        byte[] piece = new byte[PIECE];
        try {
            for (int length = input.read(piece); length >= 0; length = input.read(piece)) {
                queue.put(piece, 0, escapes == null ? length : escapes.filter(piece, length));
            }
        } catch (IOException e) {
            // A terminal that hung up, or a broken input: the end of the input, as a signal tells the rest.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
