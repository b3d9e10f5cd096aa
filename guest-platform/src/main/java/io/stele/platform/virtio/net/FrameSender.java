package io.stele.platform.virtio.net;

import io.stele.platform.bus.Uninterrupted;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The transmit queue of a network device: one thread that takes as many frames as there are and sends them together.
 *
 * <p>While the guest receives a lot, what it sends are acknowledgements. They wait for each other then, a moment: the guest need not notify of
 * each, and the other end sees how far the guest has come instead of each step.
 */
final class FrameSender {
    /** Takes frames, without their headers. */
    @FunctionalInterface
    interface Wire {
        void send(Chain[] frames, int count);
    }

    private static final int MOST_FRAMES = 64;
    /** With so many bytes more frames wait for the next time: the guest is to have its buffers back while others are sent. */
    private static final int ENOUGH_BYTES = 1 << 16;
    private static final long MANY_BYTES = 512 << 10;

    private final Wire wire;
    private final LongSupplier received;
    private final int headerBytes;
    private final long patienceNanos;
    private final Chain[] frames = new Chain[MOST_FRAMES];
    private VirtQueue queue;
    private DevicePort port;
    private boolean started;
    private boolean busy;
    private boolean closed;

    /**
     * @param headerBytes what stands before each frame
     * @param received bytes that the guest has received so far
     * @param patienceNanos how long acknowledgements wait
     */
    FrameSender(Wire wire, int headerBytes, LongSupplier received, long patienceNanos) {
        this.wire = wire;
        this.received = received;
        this.headerBytes = headerBytes;
        this.patienceNanos = patienceNanos;
    }

    /** Serves this queue from now on. */
    synchronized void start(VirtQueue newQueue, DevicePort newPort) {
        queue = newQueue;
        port = newPort;
        if (!started) {
            started = true;
            Thread.ofPlatform().daemon().name("virtio-net transmit").start(this::serve);
        }
        notifyAll();
    }

    /** There may be frames. */
    synchronized void available() {
        notifyAll();
    }

    /** Lets go of the queue; returns when nothing is under way any more. */
    synchronized void stop() {
        queue = null;
        Uninterrupted.await(this, () -> !busy);
    }

    /** Ends the thread, after {@link #stop}. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    private void serve() {
        long receivedBefore = received.getAsLong();
        while (true) {
            if (received.getAsLong() - receivedBefore >= MANY_BYTES) {
                LockSupport.parkNanos(patienceNanos);
            }
            receivedBefore = received.getAsLong();
            int count = take();
            if (count == 0) {
                return;
            }
            try {
                takeHeaders(count);
                wire.send(frames, count);
                giveBack(count);
            } catch (VirtioException e) {
                breakDown(e);
            }
        }
    }

    /** Waits for frames. @return how many; 0 at the end */
    private synchronized int take() {
        while (!closed) {
            try {
                int count = queue == null ? 0 : pop();
                if (count > 0) {
                    busy = true;
                    return count;
                }
                if (queue == null || !queue.enableNotifications()) {
                    wait();
                }
            } catch (VirtioException e) {
                breakDown(e);
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        return 0;
    }

    private int pop() {
        int count = 0;
        long bytes = 0;
        while (count < MOST_FRAMES && bytes < ENOUGH_BYTES) {
            if (frames[count] == null) {
                frames[count] = new Chain();
            }
            if (!queue.pop(frames[count])) {
                break;
            }
            bytes += frames[count++].readableBytes();
        }
        if (count > 0) {
            queue.disableNotifications();
        }
        return count;
    }

    private void takeHeaders(int count) {
        for (int i = 0; i < count; i++) {
            if (frames[i].read(frames[i].scratch(), headerBytes) != headerBytes) {
                throw new VirtioException("a frame without header");
            }
        }
    }

    private synchronized void giveBack(int count) {
        busy = false;
        if (queue == null) {
            notifyAll();
            return;
        }
        for (int i = 0; i < count; i++) {
            queue.push(frames[i].head(), 0);
        }
        if (queue.interruptWanted()) {
            port.usedBuffers();
        }
    }

    private synchronized void breakDown(VirtioException cause) {
        busy = false;
        if (queue != null) {
            queue = null;
            port.broken(cause);
        }
        notifyAll();
    }
}
