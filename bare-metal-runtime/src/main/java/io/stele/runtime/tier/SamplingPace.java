package io.stele.runtime.tier;

import java.util.function.LongSupplier;

/**
 * How often samples are taken. Each wakes a thread up, which costs a guest that needs the other core for its requests 5 to 9% of its time, and
 * more while the JVM compiles the translator. So that begins first, and samples are taken often only while they lead to clusters, or may show soon
 * that one does not serve. Times are of {@link System#nanoTime}.
 */
public final class SamplingPace {
    private static final long SHORT_NANOS = 1_000_000;
    private static final long LONG_NANOS = 4_000_000;
    /** How long samples are taken often after the last news. */
    private static final long FRESH_NANOS = 256_000_000;
    /** From the start of the machine on, nothing is sampled for so long. */
    private static final long SETTLING_NANOS = 1_000_000_000;

    private final boolean steady;
    private final LongSupplier news;
    private long start;
    private long known;
    private long lastNews;

    private SamplingPace(boolean steady, LongSupplier news) {
        this.steady = steady;
        this.news = news;
    }

    /** A thousand in a second from the start on: for profiles. */
    public static SamplingPace steady() {
        return new SamplingPace(true, () -> 0);
    }

    /** For the second tier. @param news changes when samples are wanted */
    public static SamplingPace following(LongSupplier news) {
        return new SamplingPace(false, news);
    }

    /** The machine starts. */
    void begin(long now) {
        start = now;
        lastNews = now - FRESH_NANOS;
    }

    /** Whether samples are taken. */
    boolean hasBegun(long now) {
        return steady || now - start >= SETTLING_NANOS;
    }

    /** Time to the next sample. */
    long period(long now) {
        long latest = news.getAsLong();
        if (latest != known) {
            known = latest;
            lastNews = now;
        }
        return steady || now - lastNews < FRESH_NANOS ? SHORT_NANOS : LONG_NANOS;
    }
}
