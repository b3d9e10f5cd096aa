package io.stele.tools.console;

import io.stele.tools.machine.ConsoleSource;

/** Bytes on their way from the host's input to the guest's serial port: a bounded queue, one writer that waits, one reader that does not. */
public final class ConsoleQueue implements ConsoleSource {
    private final byte[] ring;
    private int first;
    private int count;
    private Runnable listener;

    /** @param capacity how many bytes may wait */
    public ConsoleQueue(int capacity) {
        ring = new byte[capacity];
    }

    /** Queues bytes, waiting while there is no room. */
    public void put(byte[] bytes, int offset, int length) throws InterruptedException {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            Runnable tell;
            synchronized (this) {
                while (count == ring.length) {
                    wait();
                }
                tell = count == 0 ? listener : null;
                while (at < end && count < ring.length) {
                    int last = first + count;
                    ring[last < ring.length ? last : last - ring.length] = bytes[at++];
                    count++;
                }
            }
            if (tell != null) {
                tell.run();
            }
        }
    }

    @Override
    public synchronized int read() {
        if (count == 0) {
            return -1;
        }
        int value = ring[first] & 0xff;
        first = first + 1 == ring.length ? 0 : first + 1;
        if (count-- == ring.length) {
            notifyAll();
        }
        return value;
    }

    @Override
    public void onAvailable(Runnable newListener) {
        boolean waiting;
        synchronized (this) {
            listener = newListener;
            waiting = count != 0;
        }
        if (waiting && newListener != null) {
            newListener.run();
        }
    }
}
