package io.stele.kvm.libc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both ends of a socket pair: what is written in many ways is what is read in many ways. */
@Timeout(60)
class StreamSocketTest {
    private static final int VECTOR_BYTES = 16;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofShared();
    private StreamSocket near;
    private StreamSocket far;

    @BeforeEach
    void connect() throws IOException {
        StreamSocket[] both = StreamSocket.pair();
        near = both[0];
        far = both[1];
    }

    @AfterEach
    void close() {
        near.close();
        far.close();
        arena.close();
    }

    private MemorySegment bytes(int count, int seed) {
        byte[] values = new byte[count];
        new Random(seed).nextBytes(values);
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, values);
    }

    /** Vectors of these lengths, one behind the other in memory. */
    private MemorySegment vectors(MemorySegment data, int... lengths) {
        MemorySegment vectors = arena.allocate((long) lengths.length * VECTOR_BYTES, 8);
        long at = data.address();
        for (int i = 0; i < lengths.length; i++) {
            vectors.setAtIndex(ValueLayout.JAVA_LONG, 2L * i, at);
            vectors.setAtIndex(ValueLayout.JAVA_LONG, 2L * i + 1, lengths[i]);
            at += lengths[i];
        }
        return vectors;
    }

    private byte[] readAll(StreamSocket socket, int count, int step) throws IOException {
        MemorySegment target = arena.allocate(count);
        int done = 0;
        while (done < count) {
            int part = socket.read(target.address() + done, Math.min(step, count - done));
            assertTrue(part > 0, "the end after " + done + " bytes");
            done += part;
        }
        return target.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void vectorsOfAnyLengthsArriveInOrder() throws Exception {
        int[] lengths = new int[3000];
        Random random = new Random(1);
        int total = 0;
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = i % 7 == 0 ? 0 : random.nextInt(900);
            total += lengths[i];
        }
        MemorySegment data = bytes(total, 2);
        MemorySegment vectors = vectors(data, lengths);
        int count = total;
        CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> unchecked(() -> readAll(far, count, 1777)));
        assertEquals(lengths.length, near.write(vectors.address(), lengths.length, true), "more vectors than one call takes");
        assertArrayEquals(data.toArray(ValueLayout.JAVA_BYTE), read.get());
    }

    @Test
    void whatTheSocketHasNoRoomForIsLeftAndCanBeSentLater() throws Exception {
        int[] lengths = new int[64];
        Arrays.fill(lengths, 65_537);
        MemorySegment data = bytes(64 * 65_537, 3);
        MemorySegment vectors = vectors(data, lengths);
        int first = near.write(vectors.address(), 64, false);
        assertTrue(first < 64, "4 MiB were said to fit");
        assertEquals(0, near.write(vectors.address() + (long) first * VECTOR_BYTES, 64 - first, false), "still no room");
        CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> unchecked(() -> readAll(far, 64 * 65_537, 50_000)));
        assertEquals(64 - first, near.write(vectors.address() + (long) first * VECTOR_BYTES, 64 - first, true));
        assertArrayEquals(data.toArray(ValueLayout.JAVA_BYTE), read.get());
    }

    @Test
    void signalsDoNotEndReadsOrWrites() throws Exception {
        Threads.prepareKick();
        int count = 8 << 20;
        MemorySegment data = bytes(count, 4);
        MemorySegment vectors = vectors(data, count);
        AtomicInteger reader = new AtomicInteger();
        AtomicInteger writer = new AtomicInteger();
        CompletableFuture<byte[]> read = new CompletableFuture<>();
        CompletableFuture<Integer> written = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            reader.set(Libc.gettid());
            complete(read, () -> readAll(far, count, 4096));
        });
        awaitId(reader);
        // Nothing is there yet, so the reader waits.
        for (int i = 0; i < 20; i++) {
            Threads.interrupt(reader.get());
            Thread.sleep(1);
        }
        Thread.ofPlatform().daemon().start(() -> {
            writer.set(Libc.gettid());
            complete(written, () -> near.write(vectors.address(), 1, true));
        });
        awaitId(writer);
        while (!read.isDone() || !written.isDone()) {
            Threads.interrupt(writer.get());
            Threads.interrupt(reader.get());
            Thread.sleep(0, 50_000);
        }
        assertEquals(1, written.get());
        assertArrayEquals(data.toArray(ValueLayout.JAVA_BYTE), read.get());
    }

    @Test
    void aPeerThatIsGoneIsAnEndForReadersAndAnErrorForWriters() throws Exception {
        MemorySegment data = bytes(100, 5);
        assertEquals(1, far.write(vectors(data, 100).address(), 1, true));
        far.close();
        assertArrayEquals(data.toArray(ValueLayout.JAVA_BYTE), readAll(near, 100, 100), "what it had sent before");
        assertEquals(0, near.read(data.address(), 100));
        IOException e = assertThrows(IOException.class, () -> near.write(vectors(data, 100).address(), 1, true));
        assertTrue(e.getMessage().contains("Broken pipe"), e.getMessage());
        assertThrows(IOException.class, () -> near.write(vectors(data, 100).address(), 1, false));
    }

    @Test
    void closingEndsThoseWhoWait() throws Exception {
        MemorySegment data = bytes(4 << 20, 6);
        CompletableFuture<Integer> read = new CompletableFuture<>();
        CompletableFuture<Integer> written = new CompletableFuture<>();
        MemorySegment target = arena.allocate(16);
        long vectors = vectors(data, 4 << 20).address();
        Thread.ofPlatform().daemon().start(() -> complete(read, () -> near.read(target.address(), 16)));
        Thread.ofPlatform().daemon().start(() -> complete(written, () -> near.write(vectors, 1, true)));
        Thread.sleep(50);
        near.close();
        near.close();
        assertTrue(read.handle((count, error) -> error != null || count == 0).get(), "a reader ends");
        assertTrue(written.handle((count, error) -> error != null).get(), "a writer ends");
        IOException e = assertThrows(IOException.class, () -> near.read(target.address(), 16));
        assertEquals("the socket is closed", e.getMessage());
        assertThrows(IOException.class, () -> near.write(vectors(data, 1).address(), 1, true));
    }

    @Test
    void connectsToAServerByItsPath() throws Exception {
        Path path = folder.resolve("server");
        assertThrows(IOException.class, () -> StreamSocket.connect(path), "nobody is there");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            try (StreamSocket client = StreamSocket.connect(path); SocketChannel accepted = server.accept()) {
                MemorySegment data = bytes(10, 7);
                assertEquals(1, client.write(vectors(data, 10).address(), 1, true));
                ByteBuffer got = ByteBuffer.allocate(10);
                while (got.hasRemaining()) {
                    accepted.read(got);
                }
                assertArrayEquals(data.toArray(ValueLayout.JAVA_BYTE), got.array());
            }
        }
        Files.deleteIfExists(path);
        Path tooLong = folder.resolve("x".repeat(108));
        assertTrue(assertThrows(IOException.class, () -> StreamSocket.connect(tooLong)).getMessage().contains("too long"));
    }

    @FunctionalInterface
    private interface Action<T> {
        T run() throws IOException;
    }

    private static <T> T unchecked(Action<T> action) {
        try {
            return action.run();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static <T> void complete(CompletableFuture<T> future, Action<T> action) {
        try {
            future.complete(action.run());
        } catch (IOException | RuntimeException e) {
            future.completeExceptionally(e);
        }
    }

    private static void awaitId(AtomicInteger thread) throws InterruptedException {
        while (thread.get() == 0) {
            Thread.sleep(1);
        }
    }
}
