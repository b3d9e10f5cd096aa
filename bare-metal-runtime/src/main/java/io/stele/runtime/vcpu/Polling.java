package io.stele.runtime.vcpu;

import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Whether a thread that polls the mailboxes pays. Without one, each request costs its vCPU an exit to user space. With one, a request costs
 * next to nothing as long as the thread and the vCPUs run at the same time; where they have to share cores, with each other or with other
 * programs, they wait for each other. So an account is kept of the exits that polling spares and of the time that the threads have been kept from
 * running. When it is overdrawn polling ends, for so long that what trials lose remains a small part of the time.
 *
 * <p>For the thread that polls, one at a time; {@link #isOpen} for any.
 */
public final class Polling {
    /** The system property, for tests: {@code poll} or {@code own}. */
    public static final String PROPERTY = "stele.service";

    private static final long WINDOW_NANOS = 4_000_000;
    /** Part of the time that may be lost without question: single collections of garbage, a passing program. */
    private static final int TOLERATED = 8;
    /** The most that is kept of what polling has gained, for losses to come. */
    private static final long MOST_CREDIT_NANOS = 2 * WINDOW_NANOS;
    /** A pause is so many times as long as the time that was lost. */
    private static final int PAUSE_FACTOR = 32;
    /** Exits' worth of time that a vCPU looks in vain for an answer, before it exits. */
    public static final int VAIN_EXITS = 2;

    private final LongSupplier delay;
    private final LongSupplier exitNanos;
    private final IntSupplier busyCpus;
    private final int cores = Runtime.getRuntime().availableProcessors();
    private final boolean allowed;
    private final boolean forced;
    private long windowStart;
    private long windowDelay;
    private int windowRequests;
    private int windowMissed;
    private long balance;
    private volatile boolean closed;
    private volatile long closedUntil;

    /**
     * @param busyCpus how many vCPUs want a core now
     * @param delay how long their threads and the one that polls have been kept from running, in nanoseconds so far
     * @param exitNanos what an exit costs
     */
    public Polling(IntSupplier busyCpus, LongSupplier delay, LongSupplier exitNanos) {
        this.busyCpus = busyCpus;
        this.delay = delay;
        this.exitNanos = exitNanos;
        String choice = System.getProperty(PROPERTY, "");
        forced = choice.equals("poll");
        allowed = !choice.equals("own");
    }

    /** True if polling may be tried, or tried again. */
    public boolean isOpen(long now) {
        return forced || allowed && (!closed || now - closedUntil >= 0) && coreIsFree() && exitNanos.getAsLong() > VirtualCpu.CHEAP_EXIT_NANOS;
    }

    private boolean coreIsFree() {
        return busyCpus.getAsInt() < cores;
    }

    /** Polling begins. */
    public void begin(long now) {
        closed = false;
        windowStart = now;
        windowDelay = delay.getAsLong();
        windowRequests = 0;
        windowMissed = 0;
    }

    /** Polling begins, or goes on where {@link #pause} has left it a moment ago. */
    public void resume(long now) {
        if (closed || now - windowStart >= WINDOW_NANOS) {
            begin(now);
        }
    }

    /**
     * Called every few dozen looks.
     *
     * @param requests how many were served since the last call
     * @param missed to how many nobody has looked in time meanwhile, so that their vCPU has exited all the same
     * @return false if polling is to end: it does not pay, or the vCPUs want all cores
     */
    public boolean pays(long now, int requests, int missed) {
        windowRequests += requests;
        windowMissed += missed;
        if (forced) {
            return true;
        }
        pause(now, 0);
        return !closed && coreIsFree();
    }

    /** Polling ends, perhaps to go on soon: settles the account if a window is over. {@code requests}: as for {@link #pays}. */
    public void pause(long now, int requests) {
        windowRequests += requests;
        if (now - windowStart >= WINDOW_NANOS) {
            end(now);
        }
    }

    /** Polling ends, for want of requests if by nothing else: settles what it has gained and lost since the last time. */
    public void end(long now) {
        long elapsed = now - windowStart;
        long sum = delay.getAsLong();
        long lost = sum - windowDelay + windowMissed * VAIN_EXITS * exitNanos.getAsLong();
        long spared = windowRequests * exitNanos.getAsLong();
        balance = Math.min(balance + spared - Math.max(lost - elapsed / TOLERATED, 0), MOST_CREDIT_NANOS);
        windowStart = now;
        windowDelay = sum;
        windowRequests = 0;
        windowMissed = 0;
        if (balance < 0) {
            closedUntil = now - balance * PAUSE_FACTOR;
            closed = true;
            balance = 0;
        } else {
            closed = false;
        }
    }
}
