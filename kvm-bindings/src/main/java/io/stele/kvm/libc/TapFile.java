package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** An attachment to a TAP interface (Linux, Documentation/networking/tuntap). Results below zero are negated error numbers. */
public final class TapFile implements AutoCloseable {
    private static final int O_NONBLOCK = 0x800;
    private static final int TUNSETIFF = 0x400454ca;
    private static final short IFF_TAP = 2;
    private static final short IFF_NO_PI = 0x1000;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_FLAGS = 16;
    private static final int MOST_NAME_BYTES = 15;
    private static final MemorySegment WRITEV = Libc.function("writev");

    private final int fd;
    private final int error;
    private boolean closed;

    private TapFile(int fd, int error) {
        this.fd = fd;
        this.error = error;
    }

    /** Attaches to an interface, which is made if that is permitted. Never throws: see {@link #error}. */
    public static TapFile open(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > MOST_NAME_BYTES) {
            return new TapFile(-1, Errno.EINVAL);
        }
        int fd = Libc.open("/dev/net/tun", Libc.O_RDWR | Libc.O_CLOEXEC | O_NONBLOCK);
        if (fd < 0) {
            return new TapFile(-1, -fd);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
            MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, 0, bytes.length);
            request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) (IFF_TAP | IFF_NO_PI));
            int result = Libc.ioctl(fd, TUNSETIFF, request.address());
            if (result < 0) {
                Libc.close(fd);
                return new TapFile(-1, -result);
            }
        }
        return new TapFile(fd, 0);
    }

    /** Why it could not be attached; 0 if it could. */
    public int error() {
        return error;
    }

    /** Reads one frame, without waiting. */
    public long read(long address, int capacity) {
        return Libc.read(fd, address, capacity);
    }

    /** Writes one frame. @param vectors address of {@code count} {@code struct iovec} */
    public long writev(long vectors, int count) {
        return Libc.longCall(WRITEV, fd, vectors, count, 0, 0, 0);
    }

    /** Waits for a frame. @return positive if there is one */
    public int awaitReadable(long nanos) {
        return Libc.pollReadable(fd, nanos);
    }

    @Override
    public synchronized void close() {
        if (!closed && fd >= 0) {
            closed = true;
            Libc.close(fd);
        }
    }
}
