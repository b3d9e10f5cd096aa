package io.stele.platform.virtio;

/**
 * Whether calls of one kind take no longer than handing them to another thread does, by those of late, so that a thread may make one that
 * should not wait. For one thread at a time.
 */
public final class QuickCalls {
    private static final long SLOW_NANOS = 1_000_000;
    /** After a slow one none is made for so many times as long: so waiting in vain takes no more than a hundredth of the time. */
    private static final int REST = 100;

    private long from = System.nanoTime();

    /** None was slow so far. */
    public QuickCalls() {
    }

    /** @param now {@link System#nanoTime} */
    public boolean areExpected(long now) {
        return now - from >= 0;
    }

    /** One has begun and ended at these times. */
    public void took(long before, long after) {
        if (after - before > SLOW_NANOS) {
            from = after + REST * (after - before);
        }
    }
}
