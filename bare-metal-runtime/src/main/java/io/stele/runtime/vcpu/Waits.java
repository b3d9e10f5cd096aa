package io.stele.runtime.vcpu;

/**
 * Times in which all vCPUs wait. Who polls stays through short ones, such as those for a device, because a guest that goes on asks a dozen
 * times in a row: interrupt controller, device, timer. Whether the next one is short is judged by the last few.
 *
 * <p>For threads that have the lock; {@link #isShort} for any.
 */
public final class Waits {
    /** Waits up to so long are worth staying. */
    static final long SHORT_NANOS = 1_000_000;
    /** A longer one counts as one of so long: a single one is made good by two or three that are very short. */
    private static final long LONGEST_NANOS = 4 * SHORT_NANOS;
    private static final int WEIGHT = 4;

    private volatile long since;
    private volatile boolean waiting;
    private volatile long average = LONGEST_NANOS;

    /** All vCPUs wait. */
    public void begin(long now) {
        if (!waiting) {
            since = now;
            waiting = true;
        }
    }

    /** One does not wait any more. */
    public void end(long now) {
        if (waiting) {
            waiting = false;
            average += (Math.min(now - since, LONGEST_NANOS) - average) / WEIGHT;
        }
    }

    /** Whether the wait that goes on is likely to end soon. */
    public boolean isShort(long now) {
        return average < SHORT_NANOS && now - since < SHORT_NANOS;
    }
}
