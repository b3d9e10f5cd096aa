package io.stele.runtime.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MachineLockTest {
    private final Statistics statistics = new Statistics();
    private final MachineLock lock = new MachineLock(statistics);

    private void elsewhere() {
        Thread thread = new Thread(() -> lock.with(() -> { }));
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whetherOthersHaveHadTheLockIsKnown() {
        elsewhere();
        lock.lock();
        assertTrue(lock.without(() -> { }));
        assertTrue(lock.without(() -> lock.with(() -> { })), "who asks is not another one");
        assertFalse(lock.without(this::elsewhere));
        assertTrue(lock.without(() -> { }));
        lock.unlock();
    }

    @Test
    void whatIsDoneWithoutTheLockIsNotCounted() {
        lock.lock();
        long before = statistics.lockHeldNanos;
        lock.without(() -> {
            long end = System.nanoTime() + 50_000_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        });
        lock.unlock();
        assertTrue(statistics.lockHeldNanos - before < 40_000_000, () -> statistics.lockHeldNanos + " ns");
    }

    @Test
    void theLockIsBackAfterAnError() {
        lock.lock();
        assertThrows(IllegalArgumentException.class, () -> lock.without(() -> {
            throw new IllegalArgumentException();
        }));
        lock.unlock();
        assertEquals(0, statistics.lockWaits);
    }

    @Test
    void whoHasTheLockTwiceKeepsIt() {
        lock.lock();
        lock.lock();
        assertThrows(IllegalStateException.class, () -> lock.without(() -> { }));
        lock.unlock();
        lock.unlock();
        assertThrows(IllegalStateException.class, () -> lock.without(() -> { }));
    }
}
