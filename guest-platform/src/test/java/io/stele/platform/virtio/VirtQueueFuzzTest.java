package io.stele.platform.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.memory.RawMemory;
import io.stele.platform.TestRam;
import io.stele.platform.bus.GuestRam;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rings full of lies: whatever the guest writes, a chain has buffers in guest RAM only, and taking it ends. */
class VirtQueueFuzzTest {
    private static final int CHAINS = 1_000_000;
    private static final int SIZE = 16;
    private static final int RAM_BYTES = 1 << 16;
    private static final int AVAIL = 0x400;
    private static final int USED = 0x800;
    private static final int TABLES = 0x1000;

    private final GuestRam ram = TestRam.of(RAM_BYTES);
    private final SplittableRandom random = new SplittableRandom(7);
    private final long host = ram.host();

    @Test
    void aMillionChainsStayInMemory() {
        VirtQueue queue = new VirtQueue(ram, SIZE);
        Chain chain = new Chain();
        int good = 0;
        int lies = 0;
        int available = 0;
        configure(queue);
        for (int i = 0; i < CHAINS; i++) {
            scramble();
            available += random.nextInt(64) == 0 ? random.nextInt() : 1;
            RawMemory.putShort(host + AVAIL + 2, (short) available);
            try {
                if (queue.pop(chain)) {
                    good++;
                    check(chain);
                    queue.push(chain.head(), 0);
                    queue.interruptWanted();
                    queue.enableNotifications();
                }
            } catch (VirtioException e) {
                lies++;
                queue.reset();
                configure(queue);
                available = 0;
            }
        }
        assertTrue(good > CHAINS / 10 && lies > CHAINS / 10, good + " good chains, " + lies + " lies");
        assertTrue(good + lies <= CHAINS);
    }

    private void configure(VirtQueue queue) {
        RawMemory.putShort(host + AVAIL + 2, (short) 0);
        queue.size(SIZE);
        queue.descriptors(ram.physical());
        queue.available(ram.physical() + AVAIL);
        queue.used(ram.physical() + USED);
        queue.ready(true);
        queue.start(random.nextBoolean());
    }

    private void scramble() {
        for (int i = 0; i < 4; i++) {
            descriptor(host + 16L * random.nextInt(SIZE), SIZE);
            descriptor(host + TABLES + 16L * random.nextInt(64), 64);
            RawMemory.putShort(host + AVAIL + 4 + 2L * random.nextInt(SIZE + 1),
                (short) (random.nextInt(50) == 0 ? random.nextInt() : random.nextInt(SIZE)));
        }
    }

    private void descriptor(long at, int entries) {
        int flags = random.nextInt(4) == 0 ? random.nextInt(8) : random.nextInt(3) == 0 ? 1 : 2 * random.nextInt(2);
        boolean indirect = (flags & 4) != 0;
        long address = random.nextInt(20) == 0 ? random.nextLong()
            : ram.physical() + (indirect ? TABLES + 16L * random.nextInt(32) : random.nextInt(RAM_BYTES + 16));
        int length = random.nextInt(20) == 0 ? random.nextInt() : indirect ? 16 * random.nextInt(40) : random.nextInt(4096);
        RawMemory.putLong(at, address);
        RawMemory.putInt(at + 8, length);
        RawMemory.putInt(at + 12, flags | random.nextInt(random.nextInt(50) == 0 ? 65536 : entries) << 16);
    }

    private void check(Chain chain) {
        int count = chain.readableCount() + chain.writableCount();
        assertTrue(count >= 1 && count <= Chain.MAX_BUFFERS);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long base = RawMemory.getLong(chain.readableVectors() + (long) i * Chain.VECTOR_BYTES);
            long length = RawMemory.getLong(chain.readableVectors() + (long) i * Chain.VECTOR_BYTES + 8);
            assertTrue(length > 0 && base >= host && base + length <= host + RAM_BYTES, "a buffer outside of memory");
            sum += length;
        }
        assertEquals(sum, chain.readableBytes() + chain.writableBytes());
    }
}
