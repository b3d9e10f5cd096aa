package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An open file for input and output at given offsets, from and to memory at given addresses. Results below zero are negated error numbers.
 * Callable from any thread; {@link #close} only when no call is under way.
 */
public final class FileIo implements AutoCloseable {
    private static final int SEEK_END = 2;
    private static final int FALLOC_KEEP_SIZE = 1;
    private static final int FALLOC_PUNCH_HOLE = 2;
    private static final int FALLOC_ZERO_RANGE = 0x10;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;
    private static final int FLOCK_BYTES = 32;
    private static final int RWF_NOWAIT = 8;

    private static final MemorySegment PREADV = Libc.function("preadv");
    private static final MemorySegment PREADV2 = Libc.function("preadv2");
    private static final MemorySegment PWRITEV = Libc.function("pwritev");
    private static final MemorySegment FDATASYNC = Libc.function("fdatasync");
    private static final MemorySegment FALLOCATE = Libc.function("fallocate");
    private static final MemorySegment LSEEK = Libc.function("lseek");
    private static final MemorySegment FCNTL = Libc.function("fcntl");

    private final int fd;
    private final int error;
    private boolean closed;

    private FileIo(int fd, int error) {
        this.fd = fd;
        this.error = error;
    }

    /** Opens a file that exists. Never throws: see {@link #error}. */
    public static FileIo open(String path, boolean writable) {
        return of(Libc.open(path, Libc.O_CLOEXEC | (writable ? Libc.O_RDWR : 0)));
    }

    /** @param result of a call that opens a file */
    static FileIo of(int result) {
        return result < 0 ? new FileIo(-1, -result) : new FileIo(result, 0);
    }

    /** Why it could not be opened; 0 if it could. */
    public int error() {
        return error;
    }

    /** Size of a file or a block device; negative for what has none. */
    public long size() {
        return Libc.longCall(LSEEK, fd, 0, SEEK_END, 0, 0, 0);
    }

    /** preadv(2). @param vectors address of {@code count} {@code struct iovec} */
    public long readv(long vectors, int count, long offset) {
        return Libc.longCall(PREADV, fd, vectors, count, offset, 0, 0);
    }

    /** The same for what needs no waiting: {@code -EAGAIN} if the first byte does, fewer bytes if a later one does (preadv2, RWF_NOWAIT). */
    public long readvNow(long vectors, int count, long offset) {
        return Libc.longCall(PREADV2, fd, vectors, count, offset, RWF_NOWAIT, 0);
    }

    /** pwritev(2). @param vectors address of {@code count} {@code struct iovec} */
    public long writev(long vectors, int count, long offset) {
        return Libc.longCall(PWRITEV, fd, vectors, count, offset, 0, 0);
    }

    /** fdatasync(2). */
    public int synchronise() {
        return Libc.intCall(FDATASYNC, fd, 0, 0, 0);
    }

    /** The range reads as zero afterwards and takes no room. */
    public int punchHole(long offset, long length) {
        return Libc.intCall(FALLOCATE, fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, offset, length);
    }

    /** The range reads as zero afterwards and keeps its room. */
    public int zeroRange(long offset, long length) {
        return Libc.intCall(FALLOCATE, fd, FALLOC_ZERO_RANGE | FALLOC_KEEP_SIZE, offset, length);
    }

    /** Locks one byte, shared, until the file is closed. @return false if another open file has it locked exclusively */
    public boolean lockByte(long at) {
        try (Arena arena = Arena.ofConfined()) {
            return Libc.intCall(FCNTL, fd, F_OFD_SETLK, lock(arena, at, F_RDLCK).address(), 0) == 0;
        }
    }

    /** Whether another open file has this byte locked, shared or exclusively. */
    public boolean isByteLocked(long at) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = lock(arena, at, F_WRLCK);
            Libc.check("fcntl F_OFD_GETLK", Libc.intCall(FCNTL, fd, F_OFD_GETLK, lock.address(), 0));
            return lock.get(ValueLayout.JAVA_SHORT, 0) != F_UNLCK;
        }
    }

    /** struct flock: type at 0, whence at 2, start at 8, length at 16, pid at 24. */
    private static MemorySegment lock(Arena arena, long at, short type) {
        MemorySegment lock = arena.allocate(FLOCK_BYTES, 8);
        lock.set(ValueLayout.JAVA_SHORT, 0, type);
        lock.set(ValueLayout.JAVA_LONG, 8, at);
        lock.set(ValueLayout.JAVA_LONG, 16, 1);
        return lock;
    }

    @Override
    public synchronized void close() {
        if (!closed && fd >= 0) {
            closed = true;
            Libc.close(fd);
        }
    }
}
