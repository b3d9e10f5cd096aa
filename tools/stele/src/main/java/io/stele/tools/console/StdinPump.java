package io.stele.tools.console;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Carries the host's standard input to the guest, on a thread of its own, until it ends. */
public final class StdinPump {
    private static final int PIECE = 4096;

    private final ReadableByteChannel input;
    private final ConsoleQueue queue;
    private final EscapeFilter escapes;

    private StdinPump(ReadableByteChannel input, ConsoleQueue queue, EscapeFilter escapes) {
        this.input = input;
        this.queue = queue;
        this.escapes = escapes;
    }

    /** Keys of a terminal in raw mode: Ctrl-A is for Stele. */
    public static StdinPump keys(ReadableByteChannel input, ConsoleQueue queue, EscapeFilter escapes) {
        return new StdinPump(input, queue, escapes);
    }

    /** All bytes as they are; the end of the input is not passed on, as a serial line has none. */
    public static StdinPump plain(ReadableByteChannel input, ConsoleQueue queue) {
        return new StdinPump(input, queue, null);
    }

    /** Starts the thread, a daemon; it ends when the input does or is closed. */
    public void start() {
        Thread.ofPlatform().daemon().name("console input").start(this::pump);
    }

    private void pump() {
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try {
            for (int length = input.read(piece); length >= 0; length = input.read(piece.clear())) {
                queue.put(piece.array(), 0, escapes == null ? length : escapes.filter(piece.array(), length));
            }
        } catch (IOException e) {
            // A terminal that hung up, a broken input, or one that was closed: the end of the input, as a signal tells the rest.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
