package io.stele.runtime.vcpu;

/**
 * How long the two sides of the mailbox spin before they give their core away. Both threads float: the scheduler keeps two busy threads on
 * two cores by itself, and threads bound to a core would wait for whatever else runs there.
 *
 * <p>Where the other side cannot run meanwhile, spinning only uses up the time that it would need: on one core, and on cores that other
 * programs keep busy. The service thread notices those in two ways: by gaps between its looks at the clock, and when requests come as soon as
 * it sleeps, and only then, because both sides share a core. For the service thread only.
 */
public final class Patience {
    private static final int VM_SPINS = 4000;
    private static final int JAVA_SPINS = 64;
    private static final long IDLE_NANOS = 200_000;
    /** A gap this long between two looks at the clock means that another thread had the core. */
    private static final long GAP_NANOS = 1_000_000;
    /** So many gaps within so long a time (collections of garbage make single ones) mean that the cores are wanted ... */
    private static final int GAPS = 4;
    private static final long WINDOW_NANOS = 60_000_000;
    /** A request that comes so soon after the service thread has gone to sleep has waited for that. */
    private static final long SOON_NANOS = 100_000;
    /** So many of them in a row, without more than a few other requests in between, mean that both sides share a core ... */
    private static final int STARVED = 8;
    private static final int OTHERS = 2;
    /** ... for so long, after which it is tried again; twice as long each time when they are found wanted again soon after. */
    private static final long SHORTEST_NANOS = 4_000_000;
    private static final long LONGEST_NANOS = 256_000_000;
    private static final long AGAIN_NANOS = 12_000_000;

    private final boolean oneCore = Runtime.getRuntime().availableProcessors() < 2;
    private boolean contended;
    private long contendedUntil;
    private long contendedNanos = SHORTEST_NANOS;
    private long windowStart;
    private int gaps;
    private int starved;
    private long last;

    /** @param now the clock, in nanoseconds; read about every 64 spins or 16 requests */
    public Patience(long now) {
        windowStart = now;
        last = now;
        contendedUntil = now - AGAIN_NANOS;
    }

    /** Takes note of the time; true if the limits changed. */
    public boolean observe(long now) {
        boolean before = contended;
        if (now - last > GAP_NANOS) {
            gaps++;
        }
        last = now;
        if (contended) {
            contended = now - contendedUntil < 0;
        } else if (gaps >= GAPS || starved >= STARVED) {
            contended = true;
            contendedNanos = now - contendedUntil < AGAIN_NANOS ? Math.min(2 * contendedNanos, LONGEST_NANOS) : SHORTEST_NANOS;
            contendedUntil = now + contendedNanos;
        }
        if (contended != before || now - windowStart > WINDOW_NANOS) {
            windowStart = now;
            gaps = 0;
        }
        if (contended) {
            starved = 0;
        }
        return contended != before;
    }

    /**
     * The service thread has slept, which is no gap.
     *
     * @param nanos how long
     * @param requests how many it had served since it slept before
     */
    public void slept(long now, long nanos, int requests) {
        last = now;
        starved = nanos < SOON_NANOS && requests <= OTHERS ? starved + 1 : 0;
    }

    private boolean spins() {
        return !oneCore && !contended;
    }

    /** Looks of VM code at the mailbox, each one {@code pause}, before it exits to user space. */
    public int vmSpins() {
        return spins() ? VM_SPINS : 1;
    }

    /** Looks of Java before it reads the clock. */
    public int javaSpins() {
        return spins() ? JAVA_SPINS : 1;
    }

    /** The service thread sleeps after this long without a request. */
    public long idleNanos() {
        return spins() ? IDLE_NANOS : 0;
    }
}
