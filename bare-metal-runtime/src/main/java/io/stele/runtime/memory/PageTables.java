package io.stele.runtime.memory;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import java.util.Arrays;

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
    private static final long NO_EXECUTE = 1L << 63;
    /** What an entry has besides its address that lets VM code read a page of the guest. */
    public static final long READABLE = PRESENT | USER | ACCESSED_DIRTY | NO_EXECUTE;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;
    private static final int ENTRIES = 512;
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
    /** By table: present entries that map, or lead to a table with such entries. */
    private final short[] live = new short[(int) ((VmLayout.PAGE_TABLES_END - VmLayout.PAGE_TABLES) / 4096)];
    /** By table, but for those of the last level: a bit for each of these entries; null: there were none yet. */
    private final long[][] used = new long[live.length][];

    /**
     * @param host host address of guest physical address 0 (runtime memory, zeroed)
     * @param cpus how many vCPUs there are
     */
    public PageTables(long host, int cpus) {
        this.host = host;
        root = allocate();
        for (int cpu = 0; cpu < cpus; cpu++) {
            long control = VmLayout.control(cpu);
            identity(control, VmLayout.CONTROL_WRITABLE, NO_EXECUTE);
            identity(control + VmLayout.CONTROL_WRITABLE, VmLayout.CONTROL_WRITABLE_END - VmLayout.CONTROL_WRITABLE, WRITABLE | NO_EXECUTE);
            identity(VmLayout.pageSets(cpu), VmLayout.PAGE_SETS * VmLayout.PAGE_SET_BYTES, WRITABLE | NO_EXECUTE);
            identity(VmLayout.cpuArea(cpu), CpuArea.BYTES, WRITABLE | NO_EXECUTE);
        }
        identity(VmLayout.STUBS, VmLayout.STUBS_BYTES, 0);
        identity(VmLayout.KNOWN_PAGES, VmLayout.KNOWN_SETS * VmLayout.KNOWN_SET_BYTES, NO_EXECUTE);
        identity(VmLayout.TAKEN_AWAY, VmLayout.TAKEN_AWAY_BYTES, WRITABLE | NO_EXECUTE);
        identity(VmLayout.CODE, VmLayout.CODE_BYTES, 0);
        identity(VmLayout.ENTRY_TABLES, VmLayout.PAGE_TABLES - VmLayout.ENTRY_TABLES, NO_EXECUTE);
        for (long table = VmLayout.PAGE_TABLES; table < VmLayout.PAGE_TABLES_END; table += LARGE_BYTES) {
            map(VmLayout.TABLE_WINDOW + table, table, true, true);
        }
    }

    /** Maps the runtime's own memory. */
    private void identity(long start, long bytes, long rights) {
        boolean large = ((start | bytes) & LARGE_BYTES - 1) == 0;
        for (long address = start; address < start + bytes; address += large ? LARGE_BYTES : 4096) {
            map(address, address, large, rights);
        }
    }

    public long root() {
        return root;
    }

    /** The tables made so far serve mappings that stay for ever. */
    void keepSoFar() {
        kept = next;
    }

    /** There is hardly room for another mapping. */
    public boolean low() {
        return next + RESERVE > VmLayout.PAGE_TABLES_END;
    }

    /** Queues all entries of the tables that are not kept, and those that lead to them, for clearing. */
    public void clear(Shootdown shootdown) {
        for (long table = VmLayout.PAGE_TABLES; table < next; table += 4096) {
            for (int i = 0; i < 512; i++) {
                long entry = RawMemory.getLong(host + table + i * 8L);
                if ((entry & PRESENT) != 0 && (table >= kept || (entry & LARGE) == 0 && isDropped(entry & ADDRESS))) {
                    shootdown.add(table + i * 8L, 0, 0);
                }
            }
        }
    }

    /** True for tables that are not kept; what the runtime's own entries map lies elsewhere, also behind the tables. */
    private boolean isDropped(long address) {
        return address >= kept && address < next;
    }

    /** The entries that {@link #clear} queued are gone. */
    void cleared() {
        next = kept;
        Arrays.fill(live, (short) 0);
        Arrays.fill(used, null);
        for (long table = VmLayout.PAGE_TABLES; table < kept; table += 4096) {
            for (int i = 0; i < ENTRIES; i++) {
                if ((RawMemory.getLong(host + table + i * 8L) & PRESENT) != 0) {
                    live[number(table)]++;
                    mark(table, i, true);
                }
            }
        }
    }

    private static int number(long table) {
        return (int) ((table - VmLayout.PAGE_TABLES) >>> 12);
    }

    private long allocate() {
        if (next == VmLayout.PAGE_TABLES_END) {
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
     * Makes {@code va} map {@code physical}, for accesses but not for execution.
     *
     * @param large a 2 MiB mapping; both addresses aligned to it
     */
    public int map(long va, long physical, boolean large, boolean writable) {
        return map(va, physical, large, NO_EXECUTE | (writable ? WRITABLE : 0));
    }

    private int map(long va, long physical, boolean large, long rights) {
        long directory = directory(va, true);
        if (directory == 0) {
            return OUT_OF_TABLES;
        }
        long wanted = physical | PRESENT | USER | ACCESSED_DIRTY | rights;
        long entryAddress = host + directory + ((va >>> 21) & 511) * 8;
        long entry = RawMemory.getLong(entryAddress);
        if (large) {
            return install(va, entryAddress, entry, wanted | LARGE);
        }
        if ((entry & LARGE) != 0) {
            long covered = (entry & ADDRESS) + (va & (LARGE_BYTES - 1) & ~4095L);
            return covered == physical && ((rights & WRITABLE) == 0 || (entry & WRITABLE) != 0) ? ALREADY : CONFLICT;
        }
        long table = descend(directory, (int) (va >>> 21) & 511, true);
        if (table == 0) {
            return OUT_OF_TABLES;
        }
        long leaf = host + table + ((va >>> 12) & 511) * 8;
        return install(va, leaf, RawMemory.getLong(leaf), wanted);
    }

    private int install(long va, long entryAddress, long entry, long wanted) {
        if ((entry & PRESENT) == 0) {
            RawMemory.putLongVolatile(entryAddress, wanted);
            count(va, 1);
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

    /** The mapping of an address was queued for shootdown: tables without mappings are not looked through any more. */
    void forget(long va) {
        count(va, -1);
    }

    /**
     * Queues mappings for shootdown and forgets them: one of 2 MiB, or those of pages in the same table from {@code va} on.
     *
     * @param va mapped
     * @param end those from there on stay
     */
    void drop(long va, long end, Shootdown shootdown) {
        long at = directory(va, false) + (va >>> 21 & 511) * 8;
        long entry = RawMemory.getLong(host + at);
        if ((entry & LARGE) != 0) {
            shootdown.add(at, 0, va);
            count(va, -1);
            return;
        }
        int dropped = 0;
        for (long page = va; page < Math.min(end, (va & -LARGE_BYTES) + LARGE_BYTES); page += 4096) {
            long leaf = (entry & ADDRESS) + (page >>> 12 & 511) * 8;
            if ((RawMemory.getLong(host + leaf) & PRESENT) != 0) {
                shootdown.add(leaf, 0, page);
                dropped++;
            }
        }
        count(va, -dropped);
    }

    /**
     * Guest physical address of the entry that would map the page at {@code va}, in a table that is made if need be; 0 if there is no room for it, or a
     * large mapping.
     */
    long pageEntry(long va) {
        long directory = directory(va, true);
        if (directory == 0 || (RawMemory.getLong(host + directory + (va >>> 21 & 511) * 8) & LARGE) != 0) {
            return 0;
        }
        long table = descend(directory, (int) (va >>> 21) & 511, true);
        return table == 0 ? 0 : table + (va >>> 12 & 511) * 8;
    }

    /** VM code may make up to so many entries of the table that {@link #pageEntry} has given for {@code va}; a negative number: it did not. */
    void expect(long va, int entries) {
        count(va, entries);
    }

    /** Leaf entries for {@code va} came or went; a table counts for the one above when it has entries. */
    private void count(long va, int change) {
        long pdpt = RawMemory.getLong(host + root + (va >>> 39 & 511) * 8) & ADDRESS;
        long directory = RawMemory.getLong(host + pdpt + (va >>> 30 & 511) * 8) & ADDRESS;
        long entry = RawMemory.getLong(host + directory + (va >>> 21 & 511) * 8);
        boolean large = (entry & LARGE) != 0;
        if (large || counts(entry & ADDRESS, change)) {
            int sign = Integer.signum(change);
            mark(directory, index(va, 21), large ? change > 0 : isLive(entry & ADDRESS));
            if (counts(directory, sign)) {
                mark(pdpt, index(va, 30), isLive(directory));
                if (counts(pdpt, sign)) {
                    mark(root, index(va, 39), isLive(pdpt));
                    counts(root, sign);
                }
            }
        }
    }

    private static int index(long va, int shift) {
        return (int) (va >>> shift) & ENTRIES - 1;
    }

    private boolean isLive(long table) {
        return live[number(table)] != 0;
    }

    private void mark(long table, int index, boolean maps) {
        int number = number(table);
        if (used[number] == null) {
            used[number] = new long[ENTRIES / Long.SIZE];
        }
        long bit = 1L << index;
        used[number][index / Long.SIZE] = used[number][index / Long.SIZE] & ~bit | (maps ? bit : 0);
    }

    /** Counts entries of a table; true if the table became empty or is so no longer. */
    private boolean counts(long table, int change) {
        int before = live[number(table)];
        live[number(table)] = (short) (before + change);
        return before == 0 || before + change == 0;
    }

    /** Start of the first mapping that reaches into the range from {@code va} to {@code end}, or {@code end} if there is none. */
    long nextMapping(long va, long end) {
        long at = va;
        while (at < end) {
            long table = root;
            int shift = 39;
            long from = nextUsed(table, at, shift);
            while (from >>> shift + 9 == at >>> shift + 9 && shift > 21) {
                at = from;
                table = RawMemory.getLong(host + table + index(at, shift) * 8L) & ADDRESS;
                shift -= 9;
                from = nextUsed(table, at, shift);
            }
            boolean none = from >>> shift + 9 != at >>> shift + 9;
            at = from;
            if (none || at >= end) {
                continue;
            }
            long entry = RawMemory.getLong(host + table + index(at, shift) * 8L);
            if ((entry & LARGE) != 0) {
                return at & -LARGE_BYTES;
            }
            long limit = Math.min(end, (at & -LARGE_BYTES) + LARGE_BYTES);
            for (; at < limit; at += 4096) {
                if ((RawMemory.getLong(host + (entry & ADDRESS) + index(at, 12) * 8L) & PRESENT) != 0) {
                    return at & -4096L;
                }
            }
            at &= -4096L;
        }
        return end;
    }

    /** First address from {@code va} on whose entry in a table maps, or leads to a table that does; the end of what the table is for if none does. */
    private long nextUsed(long table, long va, int shift) {
        int index = index(va, shift);
        long[] bits = used[number(table)];
        int found = bits == null ? ENTRIES : nextBit(bits, index);
        return found == index ? va : (va & -1L << shift + 9) + ((long) found << shift);
    }

    private static int nextBit(long[] bits, int from) {
        long word = bits[from / Long.SIZE] & -1L << from;
        int at = from / Long.SIZE;
        while (word == 0 && at < bits.length - 1) {
            word = bits[++at];
        }
        return word == 0 ? ENTRIES : at * Long.SIZE + Long.numberOfTrailingZeros(word);
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

    /** What an entry becomes that may not be written through any more. */
    long readOnly(long leafEntry) {
        return RawMemory.getLong(host + leafEntry) & ~WRITABLE;
    }

    public long physical(long leafEntry) {
        return RawMemory.getLong(host + leafEntry) & ADDRESS;
    }
}
