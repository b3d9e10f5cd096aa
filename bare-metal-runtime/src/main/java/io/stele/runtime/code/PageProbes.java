package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;

/**
 * Where VM code looks up the entry table of the page that it jumps to: for each vCPU the page probe table, one look, and behind it sets of
 * {@link VmLayout#PAGE_WAYS} pages. An entry is a pair {page address | context tag, VM address of the entry table}, or -1. What is in the
 * probe table is in the sets, too, unless it has been crowded out there.
 */
final class PageProbes {
    private final long host;
    private final VirtualCpu[] cpus;

    /** @param host host address of VM address 0 */
    PageProbes(long host, VirtualCpu[] cpus) {
        this.host = host;
        this.cpus = cpus;
        clear();
    }

    private static long direct(VirtualCpu cpu, long pc) {
        return cpu.area() + CpuArea.PROBE_TABLE + (pc >>> 12 & CpuArea.PROBE_ENTRIES - 1) * 16;
    }

    private long set(VirtualCpu cpu, long pc) {
        return host + VmLayout.pageSets(cpu.index()) + (pc >>> 12 & VmLayout.PAGE_SETS - 1) * VmLayout.PAGE_SET_BYTES;
    }

    /** VM address of the entry table of a pc's page, or 0. What is found goes to the probe table. */
    long find(VirtualCpu cpu, long pc, int tag) {
        long wanted = pc & -4096L | tag;
        long entry = direct(cpu, pc);
        if (RawMemory.getLong(entry) == wanted) {
            return RawMemory.getLong(entry + 8);
        }
        long set = set(cpu, pc);
        for (int way = 0; way < VmLayout.PAGE_WAYS; way++) {
            if (RawMemory.getLong(set + way * 16L) == wanted) {
                long table = RawMemory.getLong(set + way * 16L + 8);
                put(entry, wanted, table);
                return table;
            }
        }
        return 0;
    }

    /** Enters the entry table of a pc's page, for a vCPU whose request is being served. */
    void add(VirtualCpu cpu, long pc, int tag, long table) {
        put(direct(cpu, pc), pc & -4096L | tag, table);
        addToSet(cpu, pc, tag, table);
    }

    /** As {@link #add}, for a page that may be entered: it crowds nothing out of the probe table. */
    void addToSet(VirtualCpu cpu, long pc, int tag, long table) {
        long wanted = pc & -4096L | tag;
        long set = set(cpu, pc);
        int way = 0;
        while (way < VmLayout.PAGE_WAYS - 1 && RawMemory.getLong(set + way * 16L) != wanted) {
            way++;
        }
        for (; way > 0; way--) {
            put(set + way * 16L, RawMemory.getLong(set + way * 16L - 16), RawMemory.getLong(set + way * 16L - 8));
        }
        put(set, wanted, table);
    }

    private static void put(long entry, long tag, long table) {
        RawMemory.putLong(entry, tag);
        RawMemory.putLong(entry + 8, table);
    }

    /** Forgets what is known of a page in any context. */
    void removePage(long va) {
        long page = va & -4096L;
        for (VirtualCpu cpu : cpus) {
            dropPage(direct(cpu, va), page);
            long set = set(cpu, va);
            for (int way = 0; way < VmLayout.PAGE_WAYS; way++) {
                dropPage(set + way * 16L, page);
            }
        }
    }

    private static void dropPage(long entry, long page) {
        if ((RawMemory.getLong(entry) & -4096L) == page) {
            RawMemory.putLong(entry, -1);
        }
    }

    /** Forgets an entry table that is known for a page. */
    void removeTable(long va, long table) {
        for (VirtualCpu cpu : cpus) {
            dropTable(direct(cpu, va), table);
            long set = set(cpu, va);
            for (int way = 0; way < VmLayout.PAGE_WAYS; way++) {
                dropTable(set + way * 16L, table);
            }
        }
    }

    private static void dropTable(long entry, long table) {
        if (RawMemory.getLong(entry + 8) == table) {
            RawMemory.putLong(entry, -1);
        }
    }

    /** Forgets everything. */
    void clear() {
        for (VirtualCpu cpu : cpus) {
            RawMemory.fill(cpu.area() + CpuArea.PROBE_TABLE, CpuArea.PROBE_ENTRIES * 16L, (byte) -1);
            RawMemory.fill(host + VmLayout.pageSets(cpu.index()), (long) VmLayout.PAGE_SETS * VmLayout.PAGE_SET_BYTES, (byte) -1);
        }
    }
}
