package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ConsoleQueueTest {
    private final Semaphore told = new Semaphore(0);

    private static ConsoleQueue filled(int bytes) {
        ConsoleQueue queue = new ConsoleQueue(50);
        Thread.ofPlatform().daemon().start(() -> {
            try {
                for (int i = 0; i < bytes; i += 100) {
                    byte[] piece = new byte[100];
                    for (int j = 0; j < 100; j++) {
                        piece[j] = (byte) ((i + j) * 31);
                    }
                    queue.put(piece, 0, 100);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return queue;
    }

    @Test
    void everyByteArrivesInOrderThroughASmallQueue() throws InterruptedException {
        ConsoleQueue queue = filled(5000);
        queue.onAvailable(told::release);
        int next = 0;
        while (next < 5000) {
            assertTrue(told.tryAcquire(10, TimeUnit.SECONDS), "not told of more");
            for (int value = queue.read(); value >= 0; value = queue.read()) {
                assertEquals(next++ * 31 & 0xff, value);
            }
        }
        assertEquals(-1, queue.read());
    }

    @Test
    void greedyReaderGetsPauses() throws InterruptedException {
        ConsoleQueue queue = filled(1000);
        queue.onAvailable(told::release);
        int taken = 0;
        int pauses = 0;
        while (taken < 1000) {
            told.acquire();
            int before = taken;
            while (queue.read() >= 0) {
                taken++;
            }
            assertTrue(taken - before <= 32, "more than a portion at once");
            pauses++;
        }
        assertTrue(pauses >= 1000 / 32);
    }

    @Test
    void readerWhoEmptiedTheQueueIsToldOfWhatFollowsAtOnce() throws InterruptedException {
        ConsoleQueue queue = new ConsoleQueue(50);
        queue.onAvailable(told::release);
        queue.put(new byte[10], 0, 10);
        assertTrue(told.tryAcquire(10, TimeUnit.SECONDS));
        // Nobody else comes between the last byte that is taken and the next one that arrives.
        synchronized (queue) {
            while (queue.read() >= 0) {
                continue;
            }
            queue.put(new byte[10], 0, 10);
        }
        assertTrue(told.tryAcquire(10, TimeUnit.SECONDS), "not told of more");
        assertEquals(0, queue.read());
    }

    @Test
    void newReaderIsToldOfWhatAnotherLeft() throws InterruptedException {
        ConsoleQueue queue = filled(100);
        queue.onAvailable(told::release);
        told.acquire();
        Semaphore next = new Semaphore(0);
        queue.onAvailable(next::release);
        assertTrue(next.tryAcquire(10, TimeUnit.SECONDS));
        assertEquals(0, queue.read());
    }
}
