package io.stele.platform.pl011;

import io.stele.platform.bus.Uninterrupted;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Console output in batches: the guest appends to a buffer, a thread writes what has gathered. The thread wakes with the first byte,
 * lets {@link #GATHER_MILLIS} pass, and writes; so an echoed key appears at once for a person, a line costs one write, and bulk output
 * is written in large pieces. A full buffer blocks the guest until the reader catches up; nothing is lost.
 *
 * <p>When the stream fails, output is dropped from then on and {@code onFailure} is told once.
 */
public final class BatchingConsole implements ConsoleSink {
    static final int CAPACITY = 1 << 16;
    private static final int WAKE_EARLY = CAPACITY / 2;
    private static final long GATHER_MILLIS = 1;

    /** Told when the stream cannot be written any more. Called on the writer's thread. */
    @FunctionalInterface
    public interface FailureListener {
        void failed(IOException cause);
    }

    private final OutputStream out;
    private final FailureListener onFailure;
    private final Thread writer;
    private byte[] filling = new byte[CAPACITY];
    private byte[] draining = new byte[CAPACITY];
    private int filled;
    private boolean busy;
    /** What is in {@link #filling} is to be written at once. */
    private boolean urgent;
    private boolean closed;
    private boolean failed;

    /** The stream is flushed with each batch and not closed. */
    public BatchingConsole(OutputStream out, FailureListener onFailure) {
        this.out = out;
        this.onFailure = onFailure;
        writer = new Writer();
        writer.start();
    }

    @Override
    public synchronized void put(byte value) {
        if (awaitRoom()) {
            filling[filled++] = value;
            if (filled == 1 || filled == WAKE_EARLY) {
                notifyAll();
            }
        }
    }

    @Override
    public synchronized int room() {
        return CAPACITY - filled;
    }

    /** Several bytes are a batch already, so they do not wait for more. */
    @Override
    public synchronized void put(ByteBuffer bytes) {
        while (bytes.hasRemaining() && awaitRoom()) {
            int part = Math.min(bytes.remaining(), CAPACITY - filled);
            bytes.get(filling, filled, part);
            filled += part;
            urgent = true;
            notifyAll();
        }
    }

    /** @return false if the bytes are to be dropped */
    private boolean awaitRoom() {
        Uninterrupted.await(this, () -> filled < CAPACITY || failed || closed);
        return !failed && !closed;
    }

    /** Waits until everything put so far is written (or the stream has failed). */
    public synchronized void flush() throws InterruptedException {
        while ((filled > 0 || busy) && !failed) {
            wait();
        }
    }

    private final class Writer extends Thread {
        Writer() {
            super("console-writer");
            setDaemon(true);
        }

        @Override
        public void run() {
            drain();
        }
    }

    private void drain() {
        try {
            for (int length = take(); length >= 0; length = take()) {
                out.write(draining, 0, length);
                out.flush();
            }
        } catch (IOException e) {
            synchronized (this) {
                failed = true;
                filled = 0;
                notifyAll();
            }
            onFailure.failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Swaps the buffers when there is something to write; -1 at the end. */
    private synchronized int take() throws InterruptedException {
        busy = false;
        notifyAll();
        while (filled == 0 && !closed) {
            wait();
        }
        if (filled == 0) {
            return -1;
        }
        if (filled < WAKE_EARLY && !closed && !urgent) {
            wait(GATHER_MILLIS);
        }
        urgent = false;
        byte[] full = filling;
        filling = draining;
        draining = full;
        int length = filled;
        filled = 0;
        busy = true;
        notifyAll();
        return length;
    }

    /** Writes what is left and ends the thread. */
    public void close() throws InterruptedException {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        writer.join();
    }
}
