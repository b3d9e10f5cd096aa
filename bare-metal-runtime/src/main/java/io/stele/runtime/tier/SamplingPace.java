package io.stele.runtime.tier;

import java.util.function.LongSupplier;

/**
 * How often samples are taken. Each wakes a thread up, which costs a guest that needs the other core for its requests 5 to 9% of its time, and
 * more while the JVM compiles the translator. So that begins first, and samples are taken often only while they lead to clusters. Times are of
 * {@link System#nanoTime}.
 */
public final class SamplingPace {
    private static final long SHORT_NANOS = 1_000_000;
    private static final long LONG_NANOS = 4_000_000;
    /** How long samples are taken often after the last cluster. */
    private static final long FRESH_NANOS = 256_000_000;
    /** From the start of the machine on, nothing is sampled for so long. */
    private static final long SETTLING_NANOS = 1_000_000_000;

    private final boolean steady;
    private final LongSupplier clusters;
    private long start;
    private long known;
    private long lastMade;

    private SamplingPace(boolean steady, LongSupplier clusters) {
        this.steady = steady;
        this.clusters = clusters;
    }

    /** A thousand in a second from the start on: for profiles. */
    public static SamplingPace steady() {
        return new SamplingPace(true, () -> 0);
    }

    /** For the second tier. @param clusters how many have been made so far */
    public static SamplingPace following(LongSupplier clusters) {
        return new SamplingPace(false, clusters);
    }

    /** The machine starts. */
    void begin(long now) {
        start = now;
        lastMade = now - FRESH_NANOS;
    }

    /** Whether samples are taken. */
    boolean hasBegun(long now) {
        return steady || now - start >= SETTLING_NANOS;
    }

    /** Time to the next sample. */
    long period(long now) {
        long made = clusters.getAsLong();
        if (made != known) {
            known = made;
            lastMade = now;
        }
        return steady || now - lastMade < FRESH_NANOS ? SHORT_NANOS : LONG_NANOS;
    }
}
