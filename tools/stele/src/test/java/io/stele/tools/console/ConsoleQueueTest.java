package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ConsoleQueueTest {
    @Test
    void everyByteArrivesInOrderThroughASmallQueue() throws InterruptedException {
        ConsoleQueue queue = new ConsoleQueue(7);
        byte[] bytes = new byte[10_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                queue.put(bytes, 0, bytes.length);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        for (byte expected : bytes) {
            int value = queue.read();
            while (value < 0) {
                Thread.onSpinWait();
                value = queue.read();
            }
            assertEquals(expected & 0xff, value);
        }
        writer.join();
        assertEquals(-1, queue.read());
    }

    @Test
    void listenerHearsOfBytesThatComeAndOfThoseThatWait() throws InterruptedException {
        ConsoleQueue queue = new ConsoleQueue(16);
        AtomicInteger calls = new AtomicInteger();
        queue.put(new byte[] {1}, 0, 1);
        queue.onAvailable(calls::incrementAndGet);
        assertEquals(1, calls.get());
        queue.read();
        queue.read();
        queue.put(new byte[] {2, 3}, 0, 2);
        assertEquals(2, calls.get());
    }
}
