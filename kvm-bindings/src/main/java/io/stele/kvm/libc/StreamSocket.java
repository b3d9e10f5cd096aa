package io.stele.kvm.libc;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A connected stream socket of this host (unix(7)), from and to memory at given addresses. One thread at a time may read, and one write.
 * {@link #close} is for any thread: those in the other methods end with an exception.
 */
public final class StreamSocket implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SHUT_RDWR = 2;
    private static final int PATH_AT = 2;
    private static final int PATH_BYTES = 108;
    private static final int VECTOR_BYTES = 16;
    private static final int MOST_VECTORS = 1024;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    /** struct msghdr: vectors and how many they are. */
    private static final int MESSAGE_BYTES = 56;
    private static final int VECTORS_AT = 16;
    private static final int COUNT_AT = 24;
    private static final int LENGTH = 8;

    private static final MemorySegment SOCKET = Libc.function("socket");
    private static final MemorySegment CONNECT = Libc.function("connect");
    private static final MemorySegment SOCKETPAIR = Libc.function("socketpair");
    private static final MemorySegment SHUTDOWN = Libc.function("shutdown");
    private static final MemorySegment RECV = Libc.function("recv");
    private static final MemorySegment SENDMSG = Libc.function("sendmsg");
    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final int fd;
    private final MemorySegment message = Arena.ofAuto().allocate(MESSAGE_BYTES, Long.BYTES);
    private final AtomicBoolean closed = new AtomicBoolean();
    /** Who holds the descriptor open: the owner until it has closed the socket, and calls that are under way. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private StreamSocket(int fd) {
        this.fd = fd;
    }

    /** Connects to a server's socket. */
    public static StreamSocket connect(Path path) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length >= PATH_BYTES) {
            throw new IOException("the name of the socket " + path + " is too long");
        }
        StreamSocket socket = new StreamSocket((int) check(Libc.intCall(SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0)));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(PATH_AT + PATH_BYTES, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, PATH_AT, name.length);
            check(Libc.intCall(CONNECT, socket.fd, address.address(), address.byteSize(), 0));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Two that are connected with each other. */
    public static StreamSocket[] pair() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(2 * Integer.BYTES, Integer.BYTES);
            check(Libc.intCall(SOCKETPAIR, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.address()));
            return new StreamSocket[] {new StreamSocket(both.get(ValueLayout.JAVA_INT, 0)), new StreamSocket(both.get(ValueLayout.JAVA_INT, 4))};
        }
    }

    private static long check(long result) throws IOException {
        if (result < 0) {
            throw new IOException(Errno.text((int) -result));
        }
        return result;
    }

    /** Waits for bytes and takes what there is. @return how many; 0 when the peer has closed the connection */
    public int read(long address, int capacity) throws IOException {
        hold();
        try {
            long count;
            do {
                count = Libc.read(fd, address, capacity);
            } while (count == -Errno.EINTR);
            return (int) check(count);
        } finally {
            release();
        }
    }

    /** Takes what bytes there are, without waiting. @return how many; 0 if there are none, or the peer has closed the connection */
    public int readAvailable(long address, int capacity) throws IOException {
        hold();
        try {
            long count = Libc.longCall(RECV, fd, address, capacity, MSG_DONTWAIT, 0, 0);
            return count == -Errno.EAGAIN || count == -Errno.EINTR ? 0 : (int) check(count);
        } finally {
            release();
        }
    }

    /**
     * Writes bytes from memory.
     *
     * @param vectors address of {@code count} {@code struct iovec}, which are used up
     * @param wait whether to wait where the peer has to read first
     * @return how many vectors are used up: all, if it has waited
     */
    public int write(long vectors, int count, boolean wait) throws IOException {
        hold();
        try {
            long next = vectors;
            long end = vectors + (long) count * VECTOR_BYTES;
            while (next < end) {
                message.set(ValueLayout.JAVA_LONG, VECTORS_AT, next);
                message.set(ValueLayout.JAVA_LONG, COUNT_AT, Math.min((end - next) / VECTOR_BYTES, MOST_VECTORS));
                long written = Libc.longCall(SENDMSG, fd, message.address(), MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT), 0, 0, 0);
                if (written == -Errno.EAGAIN && !wait) {
                    break;
                }
                if (written != -Errno.EINTR) {
                    next = skip(next, end, check(written));
                }
            }
            return (int) ((next - vectors) / VECTOR_BYTES);
        } finally {
            release();
        }
    }

    /** Takes bytes off the front of the vectors. @return the first one that is left */
    private static long skip(long vectors, long end, long bytes) {
        long next = vectors;
        long left = bytes;
        while (next < end && left >= MEMORY.get(ValueLayout.JAVA_LONG, next + LENGTH)) {
            left -= MEMORY.get(ValueLayout.JAVA_LONG, next + LENGTH);
            next += VECTOR_BYTES;
        }
        if (next < end) {
            MEMORY.set(ValueLayout.JAVA_LONG, next, MEMORY.get(ValueLayout.JAVA_LONG, next) + left);
            MEMORY.set(ValueLayout.JAVA_LONG, next + LENGTH, MEMORY.get(ValueLayout.JAVA_LONG, next + LENGTH) - left);
        }
        return next;
    }

    private void hold() throws IOException {
        int before;
        do {
            before = holders.get();
            if (before == 0 || closed.get()) {
                throw new IOException("the socket is closed");
            }
        } while (!holders.compareAndSet(before, before + 1));
    }

    private void release() {
        if (holders.decrementAndGet() == 0) {
            Libc.close(fd);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Libc.intCall(SHUTDOWN, fd, SHUT_RDWR, 0, 0);
            release();
        }
    }
}
