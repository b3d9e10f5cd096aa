package io.stele.runtime.common;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The one lock of a machine: guest ISA, devices, code and page tables are used with it. What takes long and needs none of them, or only copies,
 * is done {@link #without} it; afterwards others may have changed everything.
 */
public final class MachineLock {
    private final ReentrantLock lock = new ReentrantLock();
    private final Statistics statistics;
    /** Who has the lock, or had it last. */
    private Thread owner;
    private long since;

    public MachineLock(Statistics statistics) {
        this.statistics = statistics;
    }

    /** May be called by who has it already. */
    public void lock() {
        acquire();
    }

    /** @return true if the calling thread was the last one to have it */
    private boolean acquire() {
        if (!lock.tryLock()) {
            long asked = System.nanoTime();
            lock.lock();
            statistics.lockWaits++;
            statistics.lockWaitedNanos += System.nanoTime() - asked;
        }
        Thread last = owner;
        if (lock.getHoldCount() == 1) {
            owner = Thread.currentThread();
            since = System.nanoTime();
        }
        return last == owner;
    }

    public void unlock() {
        if (lock.getHoldCount() == 1) {
            long held = System.nanoTime() - since;
            statistics.lockHeldNanos += held;
            statistics.lockHeldLongestNanos = Math.max(statistics.lockHeldLongestNanos, held);
        }
        lock.unlock();
    }

    /** Runs something with the lock, on the calling thread. */
    public void with(Runnable action) {
        lock();
        try {
            action.run();
        } finally {
            unlock();
        }
    }

    /**
     * Runs something without the lock, which the calling thread has, and has again afterwards.
     *
     * @return true if nobody else has had it meanwhile
     */
    public boolean without(Runnable action) {
        if (lock.getHoldCount() != 1) {
            throw new IllegalStateException("the lock is not held once, but " + lock.getHoldCount() + " times");
        }
        unlock();
        boolean alone;
        try {
            action.run();
        } finally {
            alone = acquire();
        }
        return alone;
    }
}
