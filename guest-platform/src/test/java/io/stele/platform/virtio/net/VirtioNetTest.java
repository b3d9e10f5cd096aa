package io.stele.platform.virtio.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.libc.StreamSocket;
import io.stele.memory.RawMemory;
import io.stele.platform.TestRam;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VirtioNetTest {
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int HEADER = 12;
    private static final long MERGEABLE = 1 << 15;
    private static final long CHECKSUM = 1 << 1;
    private static final byte[] MAC = {2, 0, 0, 0, 0, 7};
    private static final byte[] END = {};

    /** A wire whose other end is this test. */
    private static final class Wire implements NetBackend {
        final BlockingQueue<byte[]> sent = new LinkedBlockingQueue<>();
        final BlockingQueue<byte[]> toGuest = new LinkedBlockingQueue<>();
        volatile boolean whole;

        @Override
        public int mtu() {
            return 65520;
        }

        @Override
        public boolean keepsFramesWhole() {
            return whole;
        }

        @Override
        public void send(Chain[] chains, int count) {
            for (int i = 0; i < count; i++) {
                byte[] frame = new byte[(int) chains[i].readableBytes()];
                int done = 0;
                while (done < frame.length) {
                    int part = chains[i].read(chains[i].scratch(), Chain.SCRATCH_BYTES);
                    RawMemory.copy(chains[i].scratch(), frame, done, part);
                    done += part;
                }
                sent.add(frame);
            }
        }

        @Override
        public int receive(long frames, int capacity, boolean wait) throws IOException {
            try {
                byte[] frame = wait ? toGuest.take() : toGuest.poll();
                if (frame == null) {
                    return 0;
                }
                if (frame == END) {
                    throw new IOException("the wire was cut");
                }
                RawMemory.putInt(frames, Integer.reverseBytes(frame.length));
                RawMemory.copy(frame, 0, frames + 4, frame.length);
                return 4 + frame.length;
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void close() {
            toGuest.add(END);
        }
    }

    private final Wire wire = new Wire();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final VirtioNet device = new VirtioNet(wire, MAC, lines::add);
    private final TestDriver driver = new TestDriver(device);

    @AfterEach
    void end() {
        driver.transport.stop();
        device.close();
    }

    private static byte[] frame(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(length).nextBytes(bytes);
        return bytes;
    }

    private Part room(int bytes) {
        return new Part(driver.buffer(bytes), bytes, true);
    }

    private byte[] contents(Part part, int from, int length) {
        return TestRam.read(driver.ram, part.address() + from, length);
    }

    @Test
    void sendsFramesWithoutTheirHeaders() throws Exception {
        driver.start(MERGEABLE);
        byte[] frame = frame(1000);
        driver.request(TRANSMIT, new Part(driver.buffer(new byte[HEADER]), HEADER, false),
            new Part(driver.buffer(Arrays.copyOf(frame, 14)), 14, false), new Part(driver.buffer(Arrays.copyOfRange(frame, 14, 1000)), 986, false));
        assertArrayEquals(frame, wire.sent.take());
    }

    @Test
    void checksumsAreKnownToBeRightWhereTheDriverWantsToKnowAndNoWireIsInBetween() {
        for (boolean whole : new boolean[] {true, false}) {
            wire.whole = whole;
            for (long wanted : new long[] {0, CHECKSUM}) {
                driver.start(MERGEABLE | wanted);
                Part room = room(1500);
                driver.add(RECEIVE, room);
                driver.kick(RECEIVE);
                wire.toGuest.add(frame(100));
                driver.take(RECEIVE);
                assertEquals(whole && wanted != 0 ? 2 : 0, contents(room, 0, 1)[0]);
            }
        }
    }

    @Test
    void mergesBuffersForALargeFrame() {
        driver.start(MERGEABLE);
        Part[] rooms = {room(1500), room(1500), room(1500), room(1500)};
        for (Part room : rooms) {
            driver.add(RECEIVE, room);
        }
        driver.kick(RECEIVE);
        byte[] frame = frame(4000);
        wire.toGuest.add(frame);
        assertEquals(1500, driver.take(RECEIVE) >>> 32);
        assertEquals(1500, driver.take(RECEIVE) >>> 32);
        assertEquals(4000 + HEADER - 3000, driver.take(RECEIVE) >>> 32);
        assertEquals(3, contents(rooms[0], 10, 1)[0]);
        assertArrayEquals(Arrays.copyOf(frame, 1488), contents(rooms[0], HEADER, 1488));
        assertArrayEquals(Arrays.copyOfRange(frame, 1488, 2988), contents(rooms[1], 0, 1500));
        assertArrayEquals(Arrays.copyOfRange(frame, 2988, 4000), contents(rooms[2], 0, 1012));
        wire.toGuest.add(frame(60));
        assertEquals(60 + HEADER, driver.take(RECEIVE) >>> 32);
    }

    @Test
    void aFrameWaitsForBuffers() throws Exception {
        driver.start(MERGEABLE);
        wire.toGuest.add(frame(500));
        Thread.sleep(50);
        driver.add(RECEIVE, room(300));
        driver.kick(RECEIVE);
        driver.add(RECEIVE, room(300));
        driver.kick(RECEIVE);
        assertEquals(300, driver.take(RECEIVE) >>> 32);
        assertEquals(212, driver.take(RECEIVE) >>> 32);
    }

    @Test
    void whatTheWireHasIsTakenOffItBeforeTheGuestHasBuffers() throws Exception {
        driver.start(MERGEABLE);
        for (int i = 0; i < 10; i++) {
            wire.toGuest.add(frame(500 + i));
        }
        long end = System.nanoTime() + 5_000_000_000L;
        while (!wire.toGuest.isEmpty()) {
            assertTrue(System.nanoTime() < end, wire.toGuest.size() + " frames are on the wire");
            Thread.sleep(1);
        }
        for (int i = 0; i < 10; i++) {
            Part room = room(1500);
            driver.add(RECEIVE, room);
            driver.kick(RECEIVE);
            assertEquals(HEADER + 500 + i, driver.take(RECEIVE) >>> 32);
            assertArrayEquals(frame(500 + i), contents(room, HEADER, 500 + i));
        }
    }

    @Test
    void aFrameThatIsTooLongForTheDriverLeavesItsBufferToTheNextOne() {
        driver.start(0);
        driver.add(RECEIVE, room(1500));
        driver.kick(RECEIVE);
        wire.toGuest.add(frame(4000));
        wire.toGuest.add(frame(60));
        assertEquals(60 + HEADER, driver.take(RECEIVE) >>> 32);
    }

    @Test
    void aCutWireIsALinkThatIsDown() throws Exception {
        driver.start(MERGEABLE);
        assertEquals(1, driver.transport.read(0x106, 2));
        wire.toGuest.add(END);
        long end = System.nanoTime() + 5_000_000_000L;
        while (driver.transport.read(0x106, 2) != 0 || lines.isEmpty()) {
            assertTrue(System.nanoTime() < end);
            Thread.sleep(1);
        }
        assertEquals(1, lines.size());
        assertTrue(lines.getFirst().contains("the wire was cut; the guest's link is down"));
        driver.request(TRANSMIT, new Part(driver.buffer(new byte[HEADER + 60]), HEADER + 60, false));
        assertTrue(wire.sent.isEmpty());
    }

    @Test
    void aFrameWithoutRoomForItsHeaderDisablesTheDevice() throws Exception {
        driver.start(MERGEABLE);
        driver.add(TRANSMIT, new Part(driver.buffer(8), 8, false));
        driver.kick(TRANSMIT);
        long end = System.nanoTime() + 5_000_000_000L;
        while (driver.log.isEmpty()) {
            assertTrue(System.nanoTime() < end);
            Thread.sleep(1);
        }
        assertTrue(driver.log.getFirst().contains("a frame without header"));
    }

    @Test
    void framesGoInOrderThroughASocketThatHasNoRoomForThem() throws Exception {
        StreamSocket[] both = StreamSocket.pair();
        VirtioNet card = new VirtioNet(new StreamBackend(both[0], "peer", 1500, () -> { }), MAC, lines::add);
        TestDriver other = new TestDriver(card);
        try (StreamSocket peer = both[1]; Arena arena = Arena.ofConfined()) {
            other.start(MERGEABLE);
            int frames = 120;
            for (int i = 0; i < frames; i++) {
                byte[] frame = frame(1900 + 2 * i);
                other.add(TRANSMIT, new Part(other.buffer(new byte[HEADER]), HEADER, false), new Part(other.buffer(frame), frame.length, false));
                other.kick(TRANSMIT);
            }
            assertTrue(other.usedIndex(TRANSMIT) < frames, "all of it has room");
            long memory = arena.allocate(4096, 8).address();
            for (int i = 0; i < frames; i++) {
                byte[] frame = frame(1900 + 2 * i);
                assertArrayEquals(new byte[] {0, 0, (byte) (frame.length >> 8), (byte) frame.length}, take(peer, memory, 4));
                assertArrayEquals(frame, take(peer, memory, frame.length));
                other.take(TRANSMIT);
            }
        } finally {
            other.transport.stop();
            card.close();
        }
    }

    private static byte[] take(StreamSocket peer, long memory, int length) throws IOException {
        int done = 0;
        while (done < length) {
            done += peer.read(memory + done, length - done);
        }
        byte[] bytes = new byte[length];
        RawMemory.copy(memory, bytes, 0, length);
        return bytes;
    }
}
