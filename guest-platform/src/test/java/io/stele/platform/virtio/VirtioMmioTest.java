package io.stele.platform.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.memory.RawMemory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class VirtioMmioTest {
    private static final long EVENT_INDEX = VirtioMmio.FEATURE_EVENT_INDEX;

    /** Writes the sum of the readable bytes to the first writable one. */
    private static final class Adder implements VirtioDevice {
        private final QueueServer server = new QueueServer("adder", 1, this::handle);

        @Override
        public String name() {
            return "adder";
        }

        @Override
        public int id() {
            return 42;
        }

        @Override
        public long features() {
            return 1;
        }

        @Override
        public int[] queueSizes() {
            return new int[] {8};
        }

        @Override
        public void start(long accepted, VirtQueue[] queues, DevicePort port) {
            server.start(queues[0], port);
        }

        @Override
        public void available(int queue) {
            server.available();
        }

        @Override
        public void stop() {
            server.stop();
        }

        @Override
        public void close() {
            server.close();
        }

        private long handle(Chain chain) {
            int sum = 0;
            while (chain.read(chain.scratch(), 1) == 1) {
                sum += RawMemory.getByte(chain.scratch());
            }
            RawMemory.putByte(chain.scratch(), (byte) sum);
            return chain.write(chain.scratch(), 1);
        }
    }

    private final TestDriver driver = new TestDriver(new Adder());

    private TestDriver.Part in(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return new TestDriver.Part(driver.buffer(bytes), bytes.length, false);
    }

    private TestDriver.Part out() {
        return new TestDriver.Part(driver.buffer(1), 1, true);
    }

    private int sum(TestDriver.Part out) {
        return RawMemory.getByte(driver.host(out.address()));
    }

    @Test
    void identifiesAModernDevice() {
        assertEquals(0x74726976, driver.read(VirtioMmio.MAGIC_VALUE));
        assertEquals(2, driver.read(VirtioMmio.VERSION));
        assertEquals(42, driver.read(VirtioMmio.DEVICE_ID));
        assertEquals(1 | VirtioMmio.FEATURE_INDIRECT | EVENT_INDEX | VirtioMmio.FEATURE_VERSION_1, driver.offered());
        assertEquals(8, driver.read(VirtioMmio.QUEUE_NUM_MAX));
        driver.write(VirtioMmio.QUEUE_SEL, 1);
        assertEquals(0, driver.read(VirtioMmio.QUEUE_NUM_MAX));
    }

    @Test
    void refusesFeaturesThatItDoesNotHaveAndLegacyDrivers() {
        driver.start(2);
        assertEquals(0, driver.read(VirtioMmio.STATUS) & VirtioMmio.STATUS_FEATURES_OK);
        driver.write(VirtioMmio.STATUS, 0);
        driver.write(VirtioMmio.STATUS, 11);
        assertEquals(3, driver.read(VirtioMmio.STATUS));
    }

    @Test
    void handsChainsBackAndInterrupts() {
        driver.start(0);
        TestDriver.Part out = out();
        assertEquals(1, driver.request(0, in(1, 2), in(3), out));
        assertEquals(6, sum(out));
        awaitInterrupt();
        assertEquals(VirtioMmio.INTERRUPT_USED, driver.read(VirtioMmio.INTERRUPT_STATUS));
        driver.write(VirtioMmio.INTERRUPT_ACK, VirtioMmio.INTERRUPT_USED);
        assertFalse(driver.interrupt());
    }

    private void awaitInterrupt() {
        long end = System.nanoTime() + 5_000_000_000L;
        while (!driver.interrupt()) {
            assertTrue(System.nanoTime() < end, "no interrupt");
        }
    }

    @Test
    void goesAroundTheRing() {
        driver.start(EVENT_INDEX);
        for (int i = 0; i < 70_000; i++) {
            driver.recycle();
            TestDriver.Part out = out();
            driver.request(0, in(i & 31, 5), out);
            assertEquals((i & 31) + 5, sum(out));
        }
        assertTrue(driver.log.isEmpty(), driver.log::toString);
    }

    @Test
    void takesIndirectTables() {
        driver.start(VirtioMmio.FEATURE_INDIRECT);
        TestDriver.Part first = in(7);
        TestDriver.Part out = out();
        long table = driver.buffer(32);
        driver.putDescriptor(table, first.address(), 1, 1, 1);
        driver.putDescriptor(table + 16, out.address(), 1, 2, 0);
        driver.descriptor(0, 3, table, 32, 4, 0);
        driver.offer(0, 3);
        driver.kick(0);
        assertEquals(1L << 32 | 3, driver.take(0));
        assertEquals(7, sum(out));
    }

    @Test
    void interruptsOnlyWhenTheEventIndexIsPassed() {
        driver.start(EVENT_INDEX);
        driver.usedEvent(0, 1);
        driver.request(0, in(1), out());
        settle();
        assertFalse(driver.interrupt());
        driver.request(0, in(1), out());
        awaitInterrupt();
    }

    /** Until the device sleeps, having asked for a notification. */
    private void settle() {
        long end = System.nanoTime() + 5_000_000_000L;
        while (driver.availableEvent(0) != driver.usedIndex(0)) {
            assertTrue(System.nanoTime() < end);
        }
    }

    private void assertDisabled(String reason) {
        driver.kick(0);
        long end = System.nanoTime() + 5_000_000_000L;
        while ((driver.read(VirtioMmio.STATUS) & VirtioMmio.STATUS_NEEDS_RESET) == 0 || !driver.interrupt()) {
            assertTrue(System.nanoTime() < end, "the device goes on");
        }
        driver.kick(0);
        assertEquals(1, driver.log.size(), driver.log::toString);
        assertTrue(driver.log.getFirst().startsWith("adder: ") && driver.log.getFirst().contains(reason), driver.log::toString);
        assertTrue(driver.interrupt());
        assertEquals(VirtioMmio.INTERRUPT_CONFIG, driver.read(VirtioMmio.INTERRUPT_STATUS));
        TestDriver again = driver.start(0);
        assertEquals(15, again.read(VirtioMmio.STATUS));
        assertFalse(driver.interrupt());
    }

    @Test
    void aLoopDisablesTheDeviceUntilReset() {
        driver.start(0);
        driver.descriptor(0, 0, driver.buffer(16), 16, 1, 1);
        driver.descriptor(0, 1, driver.buffer(16), 16, 1, 0);
        driver.offer(0, 0);
        assertDisabled("loop");
    }

    @Test
    void aBufferOutsideOfMemoryDisablesTheDevice() {
        driver.start(0);
        driver.add(0, new TestDriver.Part(driver.ram.end() - 8, 16, true));
        assertDisabled("not in memory");
    }

    @Test
    void anIndexFarAheadDisablesTheDevice() {
        driver.start(0);
        driver.availableIndex(0, 9);
        assertDisabled("too far ahead");
    }

    @Test
    void ringsOutsideOfMemoryDisableTheDevice() {
        driver.write(VirtioMmio.STATUS, 3);
        driver.write(VirtioMmio.DRIVER_FEATURES_SEL, 1);
        driver.write(VirtioMmio.DRIVER_FEATURES, 1);
        driver.write(VirtioMmio.STATUS, 11);
        driver.write(VirtioMmio.QUEUE_DESC_HIGH, 5);
        driver.write(VirtioMmio.QUEUE_READY, 1);
        driver.write(VirtioMmio.STATUS, 15);
        assertDisabled("descriptor table");
    }

    @Test
    void goesOnAfterSaveAndRestore() throws IOException {
        driver.start(EVENT_INDEX);
        for (int i = 0; i < 5; i++) {
            driver.request(0, in(1), out());
        }
        settle();
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        driver.transport.save(new DataOutputStream(saved));
        driver.transport.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        TestDriver.Part out = out();
        driver.request(0, in(4, 4), out);
        assertEquals(8, sum(out));
    }
}
