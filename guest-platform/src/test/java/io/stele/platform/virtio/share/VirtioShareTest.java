package io.stele.platform.virtio.share;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.libc.Folder;
import io.stele.platform.TestRam;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VirtioShareTest {
    private ServerEnd server;
    private VirtioShare device;
    private TestDriver driver;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws IOException {
        server = new ServerEnd();
        device = new VirtioShare("tag", Folder.open("/nowhere"), "/share", server.device, ".removed-", false, () -> { }, lines::add);
        driver = new TestDriver(device);
        driver.start(0);
    }

    @AfterEach
    void end() throws IOException {
        driver.transport.stop();
        server.close();
        device.close();
    }

    private static byte[] message(int tag, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) tag);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(length).put((byte) 104).putShort((short) tag);
        return bytes;
    }

    private Part request(byte[] message) {
        return new Part(driver.buffer(message), message.length, false);
    }

    private Part room(int bytes) {
        return new Part(driver.buffer(bytes), bytes, true);
    }

    private static int tag(byte[] message) {
        return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getShort(5) & 0xffff;
    }

    private static byte[] tagged(byte[] message, int tag) {
        byte[] copy = message.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putShort(5, (short) tag);
        return copy;
    }

    /** Equal but for the tag, which is the result. */
    private static int assertMessage(byte[] expected, byte[] found) {
        assertArrayEquals(expected, tagged(found, tag(expected)));
        return tag(found);
    }

    @Test
    void tellsItsTag() {
        assertEquals(3, driver.transport.read(0x100, 2));
        assertEquals('t', driver.transport.read(0x102, 1));
        assertEquals('g', driver.transport.read(0x104, 1));
    }

    @Test
    void repliesFindTheirRequestsInAnyOrder() throws IOException {
        byte[] first = message(1, 30);
        byte[] second = message(2, 300);
        Part firstRoom = room(100);
        Part secondRoom = room(20);
        Part secondRest = room(500);
        int firstHead = driver.add(0, request(Arrays.copyOf(first, 3)), request(Arrays.copyOfRange(first, 3, 30)), firstRoom);
        int secondHead = driver.add(0, request(second), secondRoom, secondRest);
        driver.kick(0);
        int firstTag = assertMessage(first, server.read(30));
        int secondTag = assertMessage(second, server.read(300));
        byte[] reply = message(2, 200);
        server.write(tagged(reply, secondTag));
        assertEquals(200L << 32 | secondHead, driver.take(0));
        assertArrayEquals(Arrays.copyOf(reply, 20), TestRam.read(driver.ram, secondRoom.address(), 20));
        assertArrayEquals(Arrays.copyOfRange(reply, 20, 200), TestRam.read(driver.ram, secondRest.address(), 180));
        server.write(message(firstTag, 7));
        assertEquals(7L << 32 | firstHead, driver.take(0));
    }

    @Test
    void whoNotifiesDoesNotWaitForAServerThatDoesNotRead() throws IOException {
        byte[] large = message(1, 600_000);
        byte[] next = message(2, 20);
        int head = driver.add(0, request(large), room(50));
        driver.kick(0);
        driver.add(0, request(next), room(50));
        driver.kick(0);
        int tag = assertMessage(large, server.read(600_000));
        assertMessage(next, server.read(20));
        server.write(message(tag, 7));
        assertEquals(7L << 32 | head, driver.take(0));
    }

    private static byte[] error(int tag) {
        return new byte[] {11, 0, 0, 0, 7, (byte) tag, 0, 5, 0, 0, 0};
    }

    @Test
    void aReplyThatDoesNotFitIsAnError() throws IOException {
        Part room = room(50);
        driver.add(0, request(message(3, 20)), room);
        driver.kick(0);
        server.write(message(tag(server.read(20)), 51));
        assertEquals(11, driver.take(0) >>> 32);
        assertArrayEquals(error(3), TestRam.read(driver.ram, room.address(), 11));
        Part next = room(50);
        driver.add(0, request(message(4, 20)), next);
        driver.kick(0);
        server.write(message(tag(server.read(20)), 50));
        assertEquals(50, driver.take(0) >>> 32);
    }

    @Test
    void whenTheServerEndsRequestsFail() throws IOException {
        Part room = room(50);
        driver.add(0, request(message(3, 20)), room);
        driver.kick(0);
        server.read(20);
        server.close();
        assertEquals(11, driver.take(0) >>> 32);
        assertArrayEquals(error(3), TestRam.read(driver.ram, room.address(), 11));
        assertEquals(1, lines.size());
        Part later = room(50);
        driver.request(0, request(message(9, 20)), later);
        assertArrayEquals(error(9), TestRam.read(driver.ram, later.address(), 11));
        assertEquals(1, lines.size());
    }

    /** A server that knows one user alone. */
    @Test
    void whoeverAttachesIsRootWhereThereIsNoOtherUser() throws IOException {
        byte[] attach = {30, 0, 0, 0, 104, 1, 0, 2, 0, 0, 0, -1, -1, -1, -1, 1, 0, 'u', 6, 0, '/', 's', 'h', 'a', 'r', 'e', 7, 8, 9, 10};
        byte[] expected = attach.clone();
        Arrays.fill(expected, 26, 30, (byte) 0);
        try (ServerEnd end = new ServerEnd()) {
            VirtioShare share = new VirtioShare("tag", Folder.open("/nowhere"), "/share", end.device, ".removed-", true, () -> { }, lines::add);
            TestDriver user = new TestDriver(share);
            user.start(0);
            user.add(0, new Part(user.buffer(attach), attach.length, false), new Part(user.buffer(50), 50, true));
            user.kick(0);
            assertMessage(expected, end.read(30));
            share.close();
        }
    }

    private void assertDisabled(Part... parts) throws InterruptedException {
        driver.add(0, parts);
        driver.kick(0);
        long end = System.nanoTime() + 5_000_000_000L;
        while (driver.log.isEmpty()) {
            assertTrue(System.nanoTime() < end);
            Thread.sleep(1);
        }
        assertEquals(1, driver.log.size());
    }

    @Test
    void aMessageOfAnotherSizeThanItSaysDisablesTheDevice() throws Exception {
        assertDisabled(request(Arrays.copyOf(message(1, 30), 29)), room(100));
    }

    @Test
    void aMessageWithoutRoomForAReplyDisablesTheDevice() throws Exception {
        assertDisabled(request(message(1, 30)), room(10));
    }

    @Test
    void twoMessagesWithOneTagDisableTheDevice() throws Exception {
        driver.add(0, request(message(1, 30)), room(100));
        assertDisabled(request(message(1, 30)), room(100));
    }
}
