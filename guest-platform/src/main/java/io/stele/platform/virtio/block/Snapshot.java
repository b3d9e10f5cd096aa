package io.stele.platform.virtio.block;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.FileIo;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A disk whose changes are forgotten at the end: blocks that were written live in a temporary file that has no name any more, all others
 * in the image, which is only read.
 */
public final class Snapshot implements BlockBackend {
    private static final int BLOCK_SHIFT = 12;
    private static final long BLOCK_BYTES = 1L << BLOCK_SHIFT;

    private final BlockBackend image;
    private final FileIo changes;
    /** One bit for each block: it is in {@link #changes}. */
    private final long[] changed;
    /** Writers change {@link #changed}; a block is copied and marked before anybody else looks at it. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    /** @param image closed with this object; @param folder where the temporary file is made */
    public Snapshot(BlockBackend image, Path folder) throws IOException {
        this.image = image;
        Path file = Files.createTempFile(folder, "stele-snapshot", "");
        try (RandomAccessFile sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(image.bytes());
            changes = FileIo.open(file.toString(), true);
        } finally {
            Files.delete(file);
        }
        changed = new long[(int) ((image.bytes() >>> BLOCK_SHIFT + 6) + 1)];
    }

    @Override
    public long bytes() {
        return image.bytes();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    private boolean isChanged(long block) {
        return (changed[(int) (block >>> 6)] >>> block & 1) != 0;
    }

    /** Where the run of blocks ends that are all in the same place as the one at {@code offset}. */
    private long runEnd(long offset, long end) {
        long block = offset >>> BLOCK_SHIFT;
        boolean state = isChanged(block);
        long at = block + 1 << BLOCK_SHIFT;
        while (at < end && isChanged(at >>> BLOCK_SHIFT) == state) {
            at += BLOCK_BYTES;
        }
        return Math.min(at, end);
    }

    @Override
    public int read(Chain chain, long offset) {
        lock.readLock().lock();
        try {
            long end = offset + chain.writableBytes();
            long at = offset;
            while (at < end) {
                long to = runEnd(at, end);
                chain.limitWritable(to - at);
                int error = isChanged(at >>> BLOCK_SHIFT) ? RawImage.read(changes, chain, at) : image.read(chain, at);
                if (error != 0) {
                    return error;
                }
                chain.unlimitWritable();
                at = to;
            }
            return 0;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** What is in the image in part, and changed in part, is not at hand. */
    @Override
    public int readNow(Chain chain, long offset) {
        if (!lock.readLock().tryLock()) {
            return Errno.EAGAIN;
        }
        try {
            long end = offset + chain.writableBytes();
            if (runEnd(offset, end) < end) {
                return Errno.EAGAIN;
            }
            return isChanged(offset >>> BLOCK_SHIFT) ? RawImage.readNow(changes, chain, offset) : image.readNow(chain, offset);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Writes go into the page cache, and there is nothing to be flushed. */
    @Override
    public boolean writesAtOnce() {
        return true;
    }

    @Override
    public int write(Chain chain, long offset) {
        long length = chain.readableBytes();
        lock.writeLock().lock();
        try {
            int error = prepare(offset, length);
            if (error == 0) {
                error = RawImage.write(changes, chain, offset);
            }
            if (error == 0) {
                mark(offset, length);
            }
            return error;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Copies the blocks of which only a part will be written. */
    private int prepare(long offset, long length) {
        long end = offset + length;
        int error = 0;
        if ((offset & BLOCK_BYTES - 1) != 0) {
            error = copy(offset >>> BLOCK_SHIFT);
        }
        if (error == 0 && (end & BLOCK_BYTES - 1) != 0) {
            error = copy(end >>> BLOCK_SHIFT);
        }
        return error;
    }

    private int copy(long block) {
        if (isChanged(block)) {
            return 0;
        }
        long at = block << BLOCK_SHIFT;
        long length = Math.min(BLOCK_BYTES, bytes() - at);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BLOCK_BYTES, BLOCK_BYTES);
            int error = image.read(Chain.into(buffer.address(), length), at);
            if (error != 0) {
                return error;
            }
            MemorySegment vector = arena.allocate(Chain.VECTOR_BYTES, 8);
            RawMemory.putLong(vector.address(), buffer.address());
            RawMemory.putLong(vector.address() + 8, length);
            long result = changes.writev(vector.address(), 1, at);
            if (result != length) {
                return result < 0 ? (int) -result : Errno.ENOSPC;
            }
        }
        changed[(int) (block >>> 6)] |= 1L << block;
        return 0;
    }

    private void mark(long offset, long length) {
        for (long block = offset >>> BLOCK_SHIFT; block << BLOCK_SHIFT < offset + length; block++) {
            changed[(int) (block >>> 6)] |= 1L << block;
        }
    }

    /** There is nothing to be kept. */
    @Override
    public int flush() {
        return 0;
    }

    @Override
    public int discard(long offset, long length) {
        return 0;
    }

    @Override
    public int writeZeroes(long offset, long length, boolean mayUnmap) {
        if (length == 0) {
            return 0;
        }
        lock.writeLock().lock();
        try {
            int error = prepare(offset, length);
            if (error == 0) {
                error = RawImage.writeZeroes(changes, offset, length);
            }
            if (error == 0) {
                mark(offset, length);
            }
            return error;
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void close() {
        changes.close();
        image.close();
    }
}
