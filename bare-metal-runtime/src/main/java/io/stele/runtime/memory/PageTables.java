package io.stele.runtime.memory;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;

/**
 * The x86-64 page tables of the VM, filled from outside.
 *
 * <p>The host only ever makes entries present or grants more; taking away is done by stores executed inside the VM followed by a flush
 * (shadow-paging hosts would not notice anything else), see {@link Shootdown}. Table pages are recycled all at
 * once, after VM code has cleared them, see {@link #clear}.
 */
public final class PageTables {
    private static final long PRESENT = 1;
    private static final long WRITABLE = 1 << 1;
    private static final long USER = 1 << 2;
    private static final long ACCESSED_DIRTY = 0x60;
    private static final long LARGE = 1 << 7;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;
    static final long LARGE_BYTES = 2L << 20;

    public static final int MAPPED = 0;
    static final int ALREADY = 1;
    /** Something else is mapped there, or more than is allowed: it must be shot down first. */
    static final int CONFLICT = 2;
    static final int OUT_OF_TABLES = 3;

    private final long host;
    /** A fill takes three tables at most, its neighbours a few more. */
    private static final long RESERVE = 64 * 4096L;

    private long next = VmLayout.PAGE_TABLES;
    private long kept;
    private final long root;

    /** @param host host address of guest physical address 0 (runtime memory, zeroed) */
    public PageTables(long host) {
        this.host = host;
        root = allocate();
        for (long address = 0; address < VmLayout.BYTES; address += LARGE_BYTES) {
            map(address, address, true, true);
        }
    }

    public long root() {
        return root;
    }

    long bytesUsed() {
        return next - VmLayout.PAGE_TABLES;
    }

    /** The tables made so far serve mappings that stay for ever. */
    void keepSoFar() {
        kept = next;
    }

    /** There is hardly room for another mapping. */
    public boolean low() {
        return next + RESERVE > VmLayout.BYTES;
    }

    /** Queues all entries of the tables that are not kept, and those that lead to them, for clearing. */
    public void clear(Shootdown shootdown) {
        for (long table = VmLayout.PAGE_TABLES; table < next; table += 4096) {
            for (int i = 0; i < 512; i++) {
                long entry = RawMemory.getLong(host + table + i * 8L);
                if ((entry & PRESENT) != 0 && (table >= kept || (entry & LARGE) == 0 && (entry & ADDRESS) >= kept)) {
                    shootdown.add(table + i * 8L, 0);
                }
            }
        }
    }

    /** The entries that {@link #clear} queued are gone. */
    public void cleared() {
        next = kept;
    }

    private long allocate() {
        if (next == VmLayout.BYTES) {
            return 0;
        }
        long table = next;
        next += 4096;
        return table;
    }

    /** Guest physical address of the table one level down, or 0. */
    private long descend(long table, int index, boolean create) {
        long entryAddress = host + table + index * 8L;
        long entry = RawMemory.getLong(entryAddress);
        if ((entry & PRESENT) != 0) {
            return entry & ADDRESS;
        }
        if (!create) {
            return 0;
        }
        long child = allocate();
        if (child != 0) {
            RawMemory.putLongVolatile(entryAddress, child | PRESENT | WRITABLE | USER);
        }
        return child;
    }

    private long directory(long va, boolean create) {
        long pdpt = descend(root, (int) (va >>> 39) & 511, create);
        return pdpt == 0 ? 0 : descend(pdpt, (int) (va >>> 30) & 511, create);
    }

    /**
     * Makes {@code va} map {@code physical}.
     *
     * @param large a 2 MiB mapping; both addresses aligned to it
     */
    public int map(long va, long physical, boolean large, boolean writable) {
        long directory = directory(va, true);
        if (directory == 0) {
            return OUT_OF_TABLES;
        }
        long wanted = physical | PRESENT | USER | ACCESSED_DIRTY | (writable ? WRITABLE : 0);
        long entryAddress = host + directory + ((va >>> 21) & 511) * 8;
        long entry = RawMemory.getLong(entryAddress);
        if (large) {
            return install(entryAddress, entry, wanted | LARGE);
        }
        if ((entry & LARGE) != 0) {
            long covered = (entry & ADDRESS) + (va & (LARGE_BYTES - 1) & ~4095L);
            return covered == physical && (!writable || (entry & WRITABLE) != 0) ? ALREADY : CONFLICT;
        }
        long table = descend(directory, (int) (va >>> 21) & 511, true);
        if (table == 0) {
            return OUT_OF_TABLES;
        }
        long leaf = host + table + ((va >>> 12) & 511) * 8;
        return install(leaf, RawMemory.getLong(leaf), wanted);
    }

    private static int install(long entryAddress, long entry, long wanted) {
        if ((entry & PRESENT) == 0) {
            RawMemory.putLongVolatile(entryAddress, wanted);
            return MAPPED;
        }
        if (entry == wanted || entry == (wanted | WRITABLE)) {
            return ALREADY;
        }
        if (wanted == (entry | WRITABLE)) {
            RawMemory.putLongVolatile(entryAddress, wanted);
            return ALREADY;
        }
        return CONFLICT;
    }

    /** Guest physical address of the present leaf entry that maps {@code va}, or 0. */
    long leafEntry(long va) {
        long directory = directory(va, false);
        if (directory == 0) {
            return 0;
        }
        long entryGpa = directory + ((va >>> 21) & 511) * 8;
        long entry = RawMemory.getLong(host + entryGpa);
        if ((entry & PRESENT) == 0) {
            return 0;
        }
        if ((entry & LARGE) != 0) {
            return entryGpa;
        }
        long leaf = (entry & ADDRESS) + ((va >>> 12) & 511) * 8;
        return (RawMemory.getLong(host + leaf) & PRESENT) != 0 ? leaf : 0;
    }

    /** True if nothing, not even a table, stands where a 2 MiB mapping of {@code va} would go. */
    boolean largeSlotFree(long va) {
        long directory = directory(va, false);
        return directory == 0 || RawMemory.getLong(host + directory + ((va >>> 21) & 511) * 8) == 0;
    }

    boolean isLarge(long leafEntry) {
        return (RawMemory.getLong(host + leafEntry) & LARGE) != 0;
    }

    public boolean isWritable(long leafEntry) {
        return (RawMemory.getLong(host + leafEntry) & WRITABLE) != 0;
    }

    public long physical(long leafEntry) {
        return RawMemory.getLong(host + leafEntry) & ADDRESS;
    }
}
