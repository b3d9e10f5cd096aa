package io.stele.tools.console;

import io.stele.tools.machine.ConsoleSource;
import java.util.concurrent.locks.LockSupport;

/**
 * Bytes on their way from the host's input to the guest's serial port: a bounded queue, one writer that waits, one reader that does not.
 *
 * <p>A real line has a speed, and drivers rely on it: a receive interrupt that always finds another byte is never left, and what should
 * empty the driver's buffers does not run. So bytes are released in portions of the port's buffer size, with a pause after each that is
 * longer than the guest needed to take it, by a thread that sleeps while there is nothing.
 */
public final class ConsoleQueue implements ConsoleSource {
    private static final int PORTION = 32;
    private static final long LEAST_PAUSE_NANOS = 300_000;
    private static final long LONGEST_PAUSE_NANOS = 4_000_000;

    private final byte[] ring;
    private int first;
    private int count;
    /** How many bytes {@link #read} may still take before the next pause. */
    private int released;
    private Runnable listener;
    private boolean paced;

    /** @param capacity how many bytes may wait */
    public ConsoleQueue(int capacity) {
        ring = new byte[capacity];
    }

    /** Queues bytes, waiting while there is no room. */
    public synchronized void put(byte[] bytes, int offset, int length) throws InterruptedException {
        if (!paced) {
            paced = true;
            Thread.ofPlatform().daemon().name("console pace").start(this::pace);
        }
        int at = offset;
        int end = offset + length;
        while (at < end) {
            while (count == ring.length) {
                wait();
            }
            while (at < end && count < ring.length) {
                int last = first + count;
                ring[last < ring.length ? last : last - ring.length] = bytes[at++];
                count++;
            }
            notifyAll();
        }
    }

    @Override
    public synchronized int read() {
        if (count == 0 || released == 0) {
            return -1;
        }
        int value = ring[first] & 0xff;
        first = first + 1 == ring.length ? 0 : first + 1;
        count--;
        // With the last byte the portion ends: whoever finds nothing is told again, however soon more comes.
        released = count == 0 ? 0 : released - 1;
        if (count == ring.length - 1 || released == 0) {
            notifyAll();
        }
        return value;
    }

    @Override
    public synchronized void onAvailable(Runnable newListener) {
        listener = newListener;
        // A machine that follows another one may take what that one was offered.
        notifyAll();
    }

    private void pace() {
        try {
            while (true) {
                Runnable tell = release();
                long start = System.nanoTime();
                tell.run();
                awaitTaken(tell);
                long pause = 2 * (System.nanoTime() - start);
                LockSupport.parkNanos(Math.min(Math.max(pause, LEAST_PAUSE_NANOS), LONGEST_PAUSE_NANOS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until there are bytes and a reader for them, and lets it have a portion. */
    private synchronized Runnable release() throws InterruptedException {
        while (count == 0 || listener == null) {
            wait();
        }
        released = PORTION;
        return listener;
    }

    /** Waits until the portion is taken, or another reader has come, which must be told again. */
    private synchronized void awaitTaken(Runnable told) throws InterruptedException {
        while (released != 0 && listener == told) {
            wait();
        }
    }
}
