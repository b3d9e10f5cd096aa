package io.stele.platform.virtio.share;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.stele.kvm.libc.Folder;
import io.stele.platform.TestRam;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guest's messages are larger than those of the server: reads and writes in pieces. */
class LargeMessagesTest {
    private static final int SERVER_MESSAGE = 1024;
    private static final int PIECE = SERVER_MESSAGE - 24;
    private static final int FID = 0x1234_5678;
    private static final int APPEND = 02000;
    private static final int ENOSPC = 28;
    private static final int EIO = 5;

    private final BlockingQueue<ByteBuffer> atServer = new LinkedBlockingQueue<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private ServerEnd server;
    private VirtioShare device;
    private TestDriver driver;
    private int nextTag = 10;

    @BeforeEach
    void start() throws Exception {
        server = new ServerEnd();
        device = new VirtioShare("tag", Folder.open("/nowhere"), "/share", server.device, ".removed-", false, () -> { }, lines::add);
        driver = new TestDriver(device);
        driver.start(0);
        Thread.ofPlatform().daemon().start(this::receive);
        Part room = room(100);
        driver.add(0, request(message(100, 0xffff, 4).putInt(500_000)), room);
        driver.kick(0);
        ByteBuffer version = next();
        assertEquals(0xffff, version.getShort(5) & 0xffff);
        assertEquals(500_000, version.getInt(7));
        reply(message(101, 0xffff, 12).putInt(SERVER_MESSAGE).putShort((short) 6).put("9P2000".getBytes()));
        driver.take(0);
        ByteBuffer told = at(room, 19);
        assertEquals(101, told.get(4));
        assertEquals(500_000, told.getInt(7));
        assertEquals(6, told.getShort(11));
    }

    @AfterEach
    void end() throws IOException {
        driver.transport.stop();
        server.close();
        device.close();
    }

    private void receive() {
        try {
            while (true) {
                ByteBuffer size = read(4);
                ByteBuffer rest = read(size.getInt(0) - 4);
                atServer.add(ByteBuffer.allocate(size.getInt(0)).order(ByteOrder.LITTLE_ENDIAN).put(size.array()).put(rest.array()).flip());
            }
        } catch (IOException e) {
            // The end of the test.
        }
    }

    private ByteBuffer read(int length) throws IOException {
        return ByteBuffer.wrap(server.read(length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer next() throws InterruptedException {
        ByteBuffer message = atServer.poll(10, TimeUnit.SECONDS);
        assertNotNull(message, "nothing came to the server");
        return message;
    }

    private List<ByteBuffer> next(int count) throws InterruptedException {
        List<ByteBuffer> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(next());
        }
        return messages;
    }

    private static ByteBuffer message(int type, int tag, int bodyBytes) {
        return ByteBuffer.allocate(7 + bodyBytes).order(ByteOrder.LITTLE_ENDIAN).putInt(7 + bodyBytes).put((byte) type).putShort((short) tag);
    }

    private static ByteBuffer access(int type, int tag, long offset, int count, byte[] data) {
        return message(type, tag, 16 + data.length).putInt(FID).putLong(offset).putInt(count).put(data);
    }

    private static int tag(ByteBuffer message) {
        return message.getShort(5) & 0xffff;
    }

    private void reply(ByteBuffer message) throws IOException {
        server.write(message.array());
    }

    private void error(ByteBuffer to, int number) throws IOException {
        reply(message(7, tag(to), 4).putInt(number));
    }

    private void data(ByteBuffer to, byte[] bytes) throws IOException {
        reply(message(117, tag(to), 4 + bytes.length).putInt(bytes.length).put(bytes));
    }

    private void written(ByteBuffer to, int count) throws IOException {
        reply(message(119, tag(to), 4).putInt(count));
    }

    private Part request(ByteBuffer message) {
        return new Part(driver.buffer(message.array()), message.capacity(), false);
    }

    private Part room(int bytes) {
        return new Part(driver.buffer(bytes), bytes, true);
    }

    private ByteBuffer at(Part part, int length) {
        return ByteBuffer.wrap(TestRam.read(driver.ram, part.address(), length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Asks for so much; the reply's first 11 bytes and its data are in buffers of their own. */
    private Part[] askRead(long offset, int count) {
        Part head = room(11);
        Part first = room(Math.min(count, 300));
        Part rest = count > 300 ? room(count - 300) : null;
        ByteBuffer message = access(116, nextTag, offset, count, new byte[0]);
        Part[] parts = rest == null ? new Part[] {request(message), head, first} : new Part[] {request(message), head, first, rest};
        driver.add(0, parts);
        driver.kick(0);
        return parts;
    }

    private byte[] dataOf(Part[] parts, int count) {
        byte[] all = new byte[count];
        byte[] first = TestRam.read(driver.ram, parts[2].address(), Math.min(count, 300));
        System.arraycopy(first, 0, all, 0, first.length);
        if (count > 300) {
            System.arraycopy(TestRam.read(driver.ram, parts[3].address(), count - 300), 0, all, 300, count - 300);
        }
        return all;
    }

    private void assertRead(Part[] parts, byte[] expected) {
        assertEquals(11 + expected.length, driver.take(0) >>> 32);
        ByteBuffer head = at(parts[1], 11);
        assertEquals(11 + expected.length, head.getInt(0));
        assertEquals(117, head.get(4));
        assertEquals(nextTag, tag(head));
        assertEquals(expected.length, head.getInt(7));
        assertArrayEquals(expected, dataOf(parts, expected.length));
    }

    private void assertError(Part head, int number) {
        assertEquals(11, driver.take(0) >>> 32);
        assertArrayEquals(message(7, nextTag, 4).putInt(number).array(), at(head, 11).array());
    }

    @Test
    void aLargeReadIsJoinedFromRepliesInAnyOrder() throws Exception {
        byte[] content = bytes(1, 2 * PIECE + 500);
        Part[] parts = askRead(1L << 40, content.length);
        List<ByteBuffer> pieces = next(3);
        for (int i = 0; i < 3; i++) {
            assertEquals(116, pieces.get(i).get(4));
            assertEquals(FID, pieces.get(i).getInt(7));
            assertEquals((1L << 40) + (long) i * PIECE, pieces.get(i).getLong(11));
            assertEquals(i == 2 ? 500 : PIECE, pieces.get(i).getInt(19));
        }
        for (int i : new int[] {1, 2, 0}) {
            data(pieces.get(i), Arrays.copyOfRange(content, i * PIECE, Math.min((i + 1) * PIECE, content.length)));
        }
        assertRead(parts, content);
    }

    @Test
    void aReadEndsWhereAPieceIsShort() throws Exception {
        byte[] content = bytes(2, 3 * PIECE);
        Part[] parts = askRead(0, content.length);
        List<ByteBuffer> pieces = next(3);
        data(pieces.get(2), Arrays.copyOfRange(content, 2 * PIECE, 3 * PIECE));
        data(pieces.get(1), Arrays.copyOfRange(content, PIECE, PIECE + 7));
        data(pieces.get(0), Arrays.copyOf(content, PIECE));
        assertRead(parts, Arrays.copyOf(content, PIECE + 7));
    }

    @Test
    void aReadEndsBeforeAPieceThatFailsAndFailsIfThatIsTheFirst() throws Exception {
        byte[] content = bytes(3, 2 * PIECE);
        Part[] parts = askRead(0, content.length);
        List<ByteBuffer> pieces = next(2);
        error(pieces.get(1), ENOSPC);
        data(pieces.get(0), Arrays.copyOf(content, PIECE));
        assertRead(parts, Arrays.copyOf(content, PIECE));
        parts = askRead(0, content.length);
        pieces = next(2);
        error(pieces.get(0), ENOSPC);
        data(pieces.get(1), Arrays.copyOf(content, PIECE));
        assertError(parts[1], ENOSPC);
    }

    private Part askWrite(byte[] content) {
        Part room = room(11);
        byte[] message = access(118, nextTag, 77, content.length, content).array();
        driver.add(0, new Part(driver.buffer(Arrays.copyOf(message, 100)), 100, false),
            new Part(driver.buffer(Arrays.copyOfRange(message, 100, message.length)), message.length - 100, false), room);
        driver.kick(0);
        return room;
    }

    private void assertWritten(Part room, int count) {
        assertEquals(11, driver.take(0) >>> 32);
        assertArrayEquals(message(119, nextTag, 4).putInt(count).array(), at(room, 11).array());
    }

    @Test
    void aLargeWriteGoesInPieces() throws Exception {
        byte[] content = bytes(4, 2 * PIECE + 300);
        Part room = askWrite(content);
        List<ByteBuffer> pieces = next(3);
        for (int i = 2; i >= 0; i--) {
            int length = i == 2 ? 300 : PIECE;
            assertEquals(77 + (long) i * PIECE, pieces.get(i).getLong(11));
            assertEquals(length, pieces.get(i).getInt(19));
            assertArrayEquals(Arrays.copyOfRange(content, i * PIECE, i * PIECE + length),
                Arrays.copyOfRange(pieces.get(i).array(), 23, pieces.get(i).capacity()));
            written(pieces.get(i), length);
        }
        assertWritten(room, content.length);
    }

    @Test
    void aWriteEndsWhereAPieceIsShortOrFails() throws Exception {
        Part room = askWrite(bytes(5, 3 * PIECE));
        List<ByteBuffer> pieces = next(3);
        written(pieces.get(2), PIECE);
        error(pieces.get(1), ENOSPC);
        written(pieces.get(0), PIECE);
        assertWritten(room, PIECE);
        room = askWrite(bytes(5, 3 * PIECE));
        pieces = next(3);
        written(pieces.get(2), PIECE);
        written(pieces.get(1), PIECE);
        error(pieces.get(0), ENOSPC);
        assertError(room, ENOSPC);
    }

    private void open(int flags) throws Exception {
        driver.add(0, request(message(12, nextTag, 8).putInt(FID).putInt(flags)), room(100));
        driver.kick(0);
        reply(message(13, tag(next()), 17));
        driver.take(0);
    }

    @Test
    void whatIsAppendedKeepsItsOrder() throws Exception {
        open(2 | APPEND);
        Part room = askWrite(bytes(6, 3 * PIECE));
        written(next(), PIECE);
        assertWritten(room, PIECE);
        assertNull(atServer.poll());
        open(2);
        askWrite(bytes(6, 3 * PIECE));
        assertEquals(3, next(3).size());
    }

    @Test
    void aCreatedFileCanBeAppendedTo() throws Exception {
        driver.add(0, request(message(14, nextTag, 4 + 2 + 3 + 12).putInt(FID).putShort((short) 3).put("abc".getBytes()).putInt(APPEND)), room(100));
        driver.kick(0);
        reply(message(15, tag(next()), 17));
        driver.take(0);
        Part room = askWrite(bytes(6, 2 * PIECE));
        written(next(), PIECE);
        assertWritten(room, PIECE);
    }

    @Test
    void aFolderIsReadAsFarAsAMessageGoes() throws Exception {
        Part room = room(5000);
        driver.add(0, request(access(40, nextTag, 9, 4000, new byte[0])), room);
        driver.kick(0);
        ByteBuffer asked = next();
        assertEquals(PIECE, asked.getInt(19));
        byte[] entries = bytes(7, 900);
        reply(message(41, tag(asked), 4 + 900).putInt(900).put(entries));
        assertEquals(911, driver.take(0) >>> 32);
        assertArrayEquals(entries, Arrays.copyOfRange(at(room, 911).array(), 11, 911));
    }

    private Part askFlush(int tag) {
        Part room = room(11);
        driver.add(0, request(message(108, 99, 2).putShort((short) tag)), room);
        driver.kick(0);
        return room;
    }

    private void assertFlushed(Part room) {
        assertEquals(7, driver.take(0) >>> 32);
        assertArrayEquals(message(109, 99, 0).array(), at(room, 7).array());
    }

    @Test
    void aFlushNamesTheServersTagAndWhatItEndedComesBackEmpty() throws Exception {
        askRead(0, 200);
        int readTag = tag(next());
        Part room = askFlush(nextTag);
        ByteBuffer flush = next();
        assertEquals(readTag, flush.getShort(7) & 0xffff);
        reply(message(109, tag(flush), 0));
        assertEquals(0, driver.take(0) >>> 32);
        assertFlushed(room);
        byte[] content = bytes(8, 200);
        Part[] parts = askRead(0, 200);
        data(next(), content);
        assertRead(parts, content);
    }

    @Test
    void aReplyBeforeThatToItsFlushCounts() throws Exception {
        byte[] content = bytes(8, 200);
        Part[] parts = askRead(0, 200);
        ByteBuffer read = next();
        Part room = askFlush(nextTag);
        ByteBuffer flush = next();
        data(read, content);
        reply(message(109, tag(flush), 0));
        assertRead(parts, content);
        assertFlushed(room);
    }

    @Test
    void theFlushOfWhatIsInPiecesWaitsForTheLast() throws Exception {
        byte[] content = bytes(9, 2 * PIECE);
        Part[] parts = askRead(0, content.length);
        List<ByteBuffer> pieces = next(2);
        Part room = askFlush(nextTag);
        data(pieces.get(1), Arrays.copyOfRange(content, PIECE, 2 * PIECE));
        assertNull(atServer.poll());
        data(pieces.get(0), Arrays.copyOf(content, PIECE));
        assertRead(parts, content);
        assertFlushed(room);
        room = askFlush(nextTag);
        assertFlushed(room);
    }

    @Test
    void aReplyWithMoreThanWasAskedForEndsTheServer() throws Exception {
        Part[] parts = askRead(0, PIECE + 10);
        List<ByteBuffer> pieces = next(2);
        data(pieces.get(1), bytes(1, 11));
        assertError(parts[1], EIO);
        assertEquals(1, lines.size());
    }

    @Test
    void aWriteOfAnotherSizeThanTheMessageFails() throws Exception {
        Part room = room(11);
        driver.add(0, request(access(118, nextTag, 0, 5000, new byte[2000])), room);
        driver.kick(0);
        assertError(room, EIO);
        assertNull(atServer.poll());
    }

    @Test
    void repliesOfBeforeAResetAreForNobody() throws Exception {
        askRead(0, 2 * PIECE);
        List<ByteBuffer> old = next(2);
        driver.start(0);
        byte[] content = bytes(10, 2 * PIECE);
        Part[] parts = askRead(0, content.length);
        List<ByteBuffer> pieces = next(2);
        data(old.get(0), bytes(11, PIECE));
        data(old.get(1), bytes(11, PIECE));
        data(pieces.get(1), Arrays.copyOfRange(content, PIECE, 2 * PIECE));
        data(pieces.get(0), Arrays.copyOf(content, PIECE));
        assertRead(parts, content);
    }

    @Test
    void whenTheServerEndsInTheMiddleOfAReplyTheRequestFails() throws Exception {
        Part[] parts = askRead(0, 2 * PIECE);
        List<ByteBuffer> pieces = next(2);
        ByteBuffer half = message(117, tag(pieces.get(0)), 4 + PIECE).putInt(PIECE);
        half.limit(100);
        reply(half);
        server.close();
        assertError(parts[1], EIO);
        driver.start(0);
    }

    /** A server that answers in random order, at times short or with an error, to requests of random sizes. */
    @Test
    void randomRequestsReadWhatTheServerHas() throws Exception {
        Random random = new Random(12);
        byte[] file = bytes(13, 100_000);
        for (int round = 0; round < 300; round++) {
            driver.recycle();
            nextTag = round;
            int offset = random.nextInt(file.length);
            int count = 1 + random.nextInt(12 * PIECE);
            Part[] parts = askRead(offset, count);
            int number = (count + PIECE - 1) / PIECE;
            List<ByteBuffer> pieces = new ArrayList<>(next(number));
            int expected = 0;
            boolean going = true;
            List<Runnable> answers = new ArrayList<>();
            int failed = -1;
            for (int i = 0; i < number; i++) {
                ByteBuffer piece = pieces.get(i);
                int asked = piece.getInt(19);
                int from = (int) piece.getLong(11);
                int there = Math.clamp(file.length - from, 0, asked);
                boolean fails = random.nextInt(20) == 0;
                int given = random.nextInt(20) == 0 ? random.nextInt(there + 1) : there;
                if (fails && i == 0) {
                    failed = ENOSPC;
                }
                going &= !fails;
                expected += going ? given : 0;
                going &= given == asked;
                answers.add(() -> {
                    try {
                        if (fails) {
                            error(piece, ENOSPC);
                        } else {
                            data(piece, Arrays.copyOfRange(file, Math.min(from, file.length), Math.min(from, file.length) + given));
                        }
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
            }
            Collections.shuffle(answers, random);
            answers.forEach(Runnable::run);
            if (failed > 0) {
                assertError(parts[1], failed);
            } else {
                assertRead(parts, Arrays.copyOfRange(file, Math.min(offset, file.length), Math.min(offset, file.length) + expected));
            }
        }
    }
}
