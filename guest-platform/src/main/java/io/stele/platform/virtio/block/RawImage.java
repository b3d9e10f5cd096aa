package io.stele.platform.virtio.block;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.FileIo;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file, or a block device of the host, that holds the disk's bytes as they are. Data go between the page cache and guest RAM directly.
 */
public final class RawImage implements BlockBackend {
    private static final int ZEROES = 1 << 16;

    private final FileIo file;
    private final boolean readOnly;
    private final long bytes;
    private final ReentrantLock writing = new ReentrantLock();

    private RawImage(FileIo file, boolean readOnly, long bytes) {
        this.file = file;
        this.readOnly = readOnly;
        this.bytes = bytes;
    }

    /** Opens and locks a file. @throws DiskException with the reason if that is not possible */
    public static RawImage open(String path, boolean readOnly) throws DiskException {
        FileIo file = FileIo.open(path, !readOnly);
        if (file.error() != 0) {
            throw new DiskException(path + ": " + Errno.text(file.error()).toLowerCase(Locale.ROOT)
                + (file.error() == Errno.EROFS || file.error() == Errno.EACCES ? " (for a disk that is only read: " + path + ",readonly)" : ""));
        }
        String problem = null;
        long bytes = file.size();
        if (bytes < 0) {
            problem = "is neither a file nor a block device";
        } else if (bytes == 0) {
            problem = "is empty";
        } else if ((bytes & 511) != 0) {
            problem = "is no disk: its size, " + bytes + " bytes, is no multiple of 512";
        } else if (!ImageLock.lock(file, !readOnly)) {
            problem = "is in use by another program";
        }
        if (problem != null) {
            file.close();
            throw new DiskException(path + " " + problem);
        }
        return new RawImage(file, readOnly, bytes);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public int read(Chain chain, long offset) {
        return read(file, chain, offset);
    }

    @Override
    public int readNow(Chain chain, long offset) {
        return readNow(file, chain, offset);
    }

    static int readNow(FileIo file, Chain chain, long offset) {
        long wanted = chain.writableBytes();
        return file.readvNow(chain.writableVectors(), chain.writableCount(), offset) == wanted ? 0 : Errno.EAGAIN;
    }

    /** Writes go into the page cache; a flush takes what the host's disk takes. */
    @Override
    public boolean writesAtOnce() {
        return true;
    }

    static int read(FileIo file, Chain chain, long offset) {
        long at = offset;
        while (chain.writableCount() > 0) {
            long result = file.readv(chain.writableVectors(), chain.writableCount(), at);
            if (result == 0) {
                return Errno.EIO;
            }
            if (result < 0 && result != -Errno.EINTR) {
                return (int) -result;
            }
            if (result > 0) {
                chain.skipWritable(result);
                at += result;
            }
        }
        return 0;
    }

    /** One at a time: the host's file systems let in no more, and who waits for them there takes a core from the one that is in. */
    @Override
    public int write(Chain chain, long offset) {
        writing.lock();
        try {
            return write(file, chain, offset);
        } finally {
            writing.unlock();
        }
    }

    static int write(FileIo file, Chain chain, long offset) {
        long at = offset;
        while (chain.readableCount() > 0) {
            long result = file.writev(chain.readableVectors(), chain.readableCount(), at);
            if (result < 0 && result != -Errno.EINTR) {
                return (int) -result;
            }
            if (result > 0) {
                chain.skipReadable(result);
                at += result;
            }
        }
        return 0;
    }

    @Override
    public int flush() {
        int result = readOnly ? 0 : file.synchronise();
        return -result;
    }

    @Override
    public int discard(long offset, long length) {
        int result = length == 0 ? 0 : file.punchHole(offset, length);
        return result == -Errno.EOPNOTSUPP ? 0 : -result;
    }

    @Override
    public int writeZeroes(long offset, long length, boolean mayUnmap) {
        if (length == 0) {
            return 0;
        }
        int result = mayUnmap ? file.punchHole(offset, length) : file.zeroRange(offset, length);
        return result == -Errno.EOPNOTSUPP ? store(file, offset, length) : -result;
    }

    /** Zeroes in a file of which parts may be holes. */
    static int writeZeroes(FileIo file, long offset, long length) {
        int result = file.punchHole(offset, length);
        return result == -Errno.EOPNOTSUPP ? store(file, offset, length) : -result;
    }

    private static int store(FileIo file, long offset, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeroes = arena.allocate(ZEROES, HostMemory.PAGE);
            MemorySegment vector = arena.allocate(Chain.VECTOR_BYTES, 8);
            long done = 0;
            while (done < length) {
                RawMemory.putLong(vector.address(), zeroes.address());
                RawMemory.putLong(vector.address() + 8, Math.min(ZEROES, length - done));
                long result = file.writev(vector.address(), 1, offset + done);
                if (result < 0 && result != -Errno.EINTR) {
                    return (int) -result;
                }
                done += Math.max(result, 0);
            }
            return 0;
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
