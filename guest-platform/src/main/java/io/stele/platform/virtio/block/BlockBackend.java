package io.stele.platform.virtio.block;

import io.stele.kvm.libc.Errno;
import io.stele.platform.virtio.Chain;

/**
 * What a disk's bytes are kept in. Offsets and lengths are multiples of 512 inside of {@link #bytes}. Results are 0 or an error number of
 * Linux. Callable from any number of threads at once; requests that overlap and are under way together may take effect in any order.
 */
public interface BlockBackend extends AutoCloseable {
    /** Size, a multiple of 512. */
    long bytes();

    boolean readOnly();

    /** Fills the chain's writable buffers from an offset on. */
    int read(Chain chain, long offset);

    /** As {@link #read}, without waiting. @return EAGAIN if some of the bytes are not at hand */
    default int readNow(Chain chain, long offset) {
        return Errno.EAGAIN;
    }

    /** Stores the chain's readable buffers from an offset on. */
    int write(Chain chain, long offset);

    /** Whether {@link #write} of a few bytes, and {@link #flush}, may take less time than waking another thread for it. */
    default boolean writesAtOnce() {
        return false;
    }

    /** Returns when everything that was stored by calls that had returned before is durable. */
    int flush();

    /** The contents do not matter any more. */
    int discard(long offset, long length);

    /** The range reads as zero. @param mayUnmap the room in it may be given back */
    int writeZeroes(long offset, long length, boolean mayUnmap);

    @Override
    void close();
}
