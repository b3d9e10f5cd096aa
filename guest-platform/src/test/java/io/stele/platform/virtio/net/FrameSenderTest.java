package io.stele.platform.virtio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameSenderTest {
    private static final int HEADER = 12;

    /** A device that only sends; how many frames each call of its wire has had. */
    private static final class Sending implements VirtioDevice {
        final BlockingQueue<Integer> sent = new LinkedBlockingQueue<>();
        final AtomicLong received = new AtomicLong();
        final long receivedBetween;
        final FrameSender sender = new FrameSender((frames, count) -> sent.add(count), HEADER, this::received, TimeUnit.MILLISECONDS.toNanos(500));

        Sending(long receivedBetween) {
            this.receivedBetween = receivedBetween;
        }

        private long received() {
            return received.addAndGet(receivedBetween);
        }

        @Override
        public String name() {
            return "sending";
        }

        @Override
        public int id() {
            return 1;
        }

        @Override
        public long features() {
            return 0;
        }

        @Override
        public int[] queueSizes() {
            return new int[] {64};
        }

        @Override
        public int configByte(int at) {
            return 0;
        }

        @Override
        public void start(long accepted, VirtQueue[] queues, DevicePort port) {
            sender.start(queues[0], port);
        }

        @Override
        public void available(int queue) {
            sender.available();
        }

        @Override
        public void stop() {
            sender.stop();
        }

        @Override
        public void close() {
            sender.close();
        }
    }

    private Sending device;
    private TestDriver driver;

    private void start(long receivedBetween) {
        device = new Sending(receivedBetween);
        driver = new TestDriver(device).start(0);
    }

    @AfterEach
    void end() {
        driver.transport.stop();
        device.close();
    }

    private Part frame() {
        return new Part(driver.buffer(new byte[HEADER + 60]), HEADER + 60, false);
    }

    @Test
    void eachFrameIsSentAtOnce() throws Exception {
        start(1000);
        for (int i = 0; i < 10; i++) {
            driver.request(0, frame());
            assertEquals(1, device.sent.take());
        }
    }

    @Test
    void framesWaitForEachOtherWhileMuchIsReceived() throws Exception {
        start(1 << 20);
        for (int i = 0; i < 10; i++) {
            driver.add(0, frame());
            driver.kick(0);
            Thread.sleep(1);
        }
        assertEquals(10, device.sent.take());
        for (int i = 0; i < 10; i++) {
            driver.take(0);
        }
    }
}
