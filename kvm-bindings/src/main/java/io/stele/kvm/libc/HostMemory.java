package io.stele.kvm.libc;

/** An anonymous mapping of host memory: zero at first, without swap reservation, populated by use. */
public final class HostMemory implements AutoCloseable {
    /** Size of a page. */
    public static final long PAGE = 4096;
    /** Size of a transparent huge page. */
    public static final long HUGE_PAGE = 2L << 20;

    private final long address;
    private final long bytes;
    private boolean closed;

    private HostMemory(long address, long bytes) {
        this.address = address;
        this.bytes = bytes;
    }

    /** Maps memory at a multiple of 4 KiB. @param bytes how much; rounded up to whole pages */
    public static HostMemory map(long bytes) {
        return map(bytes, PAGE, false);
    }

    /** Maps memory at a multiple of 2 MiB that the kernel shall back with huge pages where it can. */
    public static HostMemory mapHuge(long bytes) {
        return map(bytes, HUGE_PAGE, true);
    }

    /**
     * Maps memory.
     *
     * @param bytes how much; rounded up to whole pages
     * @param alignment the address is a multiple of this power of two, at least {@link #PAGE}
     * @param hugePages ask for transparent huge pages; not an error where the kernel has none
     */
    public static HostMemory map(long bytes, long alignment, boolean hugePages) {
        if (bytes <= 0 || alignment < PAGE || (alignment & alignment - 1) != 0) {
            throw new IllegalArgumentException(bytes + " bytes aligned to " + alignment);
        }
        long size = bytes + PAGE - 1 & -PAGE;
        long reserve = size + alignment - PAGE;
        long start = Libc.mmap(reserve, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if (start < 0 && start > -PAGE) {
            throw new LibcException("mmap of " + reserve + " bytes", (int) -start);
        }
        long address = start + alignment - 1 & -alignment;
        unmap(start, address - start);
        unmap(address + size, start + reserve - (address + size));
        if (hugePages) {
            Libc.madvise(address, size, Libc.MADV_HUGEPAGE);
        }
        return new HostMemory(address, size);
    }

    private static void unmap(long address, long bytes) {
        if (bytes > 0) {
            Libc.check("munmap", Libc.munmap(address, bytes));
        }
    }

    /** Where it is in this process. */
    public long address() {
        return address;
    }

    /** How much it is. */
    public long bytes() {
        return bytes;
    }

    /** Gives the pages of a range back to the system; they read as zero afterwards. */
    public void discard(long offset, long length) {
        if (offset < 0 || length < 0 || offset + length > bytes) {
            throw new IndexOutOfBoundsException("[" + offset + ", +" + length + ") of " + bytes);
        }
        Libc.check("madvise MADV_DONTNEED", Libc.madvise(address + offset, length, Libc.MADV_DONTNEED));
    }

    /** Unmaps it; nobody may use an address in it any more. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            unmap(address, bytes);
        }
    }
}
