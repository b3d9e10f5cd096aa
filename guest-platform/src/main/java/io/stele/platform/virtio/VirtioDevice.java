package io.stele.platform.virtio;

/**
 * What is behind a transport. The transport calls it with its own lock held, from any thread; a device that has threads of its own guards
 * its queues itself and reports through {@link DevicePort}.
 */
public interface VirtioDevice extends AutoCloseable {
    /** What log lines call it. */
    String name();

    /** Device ID (virtio 1.2, section 5). */
    int id();

    /** Feature bits 0 to 23 and 50 up that the device offers; the transport adds those of the rings. */
    long features();

    /** Most entries of each queue, powers of two. */
    int[] queueSizes();

    /** A byte of the configuration space: 0 to 255; behind its end 0. */
    default int configByte(int offset) {
        return 0;
    }

    /** Stores to the configuration space. */
    default void writeConfig(int offset, int size, long value) {
    }

    /** The driver is ready. The queues are usable until {@link #stop}. @param accepted the feature bits that the driver accepted */
    void start(long accepted, VirtQueue[] queues, DevicePort port);

    /** The driver has made chains available. Returns soon; never throws. */
    void available(int queue);

    /**
     * The driver is about to reset the device, which Linux also does before it powers off: what it has handed over and counts as gone out, as
     * what is written to a console, goes out first. Returns in a bounded time.
     */
    default void finish() {
    }

    /** Reset, or power-off: returns when no thread of the device touches the queues or guest memory any more. Also without a start. */
    void stop();

    /** Gives host resources back; after {@link #stop}. */
    @Override
    void close();
}
