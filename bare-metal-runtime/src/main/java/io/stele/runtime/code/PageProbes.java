package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.PageLookup;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Where VM code looks up the entry table of the page that it jumps to: for each vCPU the page probe table, one look, and behind it sets of
 * {@link VmLayout#PAGE_WAYS} pages. An entry is a pair {{@link CpuArea#probeKey}, VM address of the entry table}; of none, the key is {@link
 * CpuArea#NO_PAGE}. What is in the probe table is in the sets, too, unless it has been crowded out there; pages at the highest addresses are in the
 * sets alone. VM code enters pages in the sets, too ({@link PageLookup}): who looks at those of a vCPU that may run has its lock.
 */
final class PageProbes {
    /** log2 of the bits that tell which pages a vCPU may know. */
    private static final int FILTER_LOG2 = 16;
    private static final long HASH = 0x9e37_79b9_7f4a_7c15L;

    private final long host;
    private final VirtualCpus cpus;
    private final CodePages pages;
    private final Statistics statistics;
    /** By vCPU, a bit for each hash of a page that it was told since everything was forgotten. */
    private final long[][] filter;

    /** @param host host address of VM address 0 */
    PageProbes(long host, VirtualCpus cpus, CodePages pages, Statistics statistics) {
        this.host = host;
        this.cpus = cpus;
        this.pages = pages;
        this.statistics = statistics;
        filter = new long[cpus.all().length][(1 << FILTER_LOG2) / Long.SIZE];
        clear();
    }

    private static int hash(long va) {
        return (int) ((va >>> 12) * HASH >>> Long.SIZE - FILTER_LOG2);
    }

    /** False if the vCPU can know no page of the range, in any context, so that it executes none of their code. */
    boolean mayKnow(VirtualCpu cpu, long va, long bytes) {
        long[] bits = filter[cpu.index()];
        for (long page = va & -4096L; page < va + bytes; page += 4096) {
            int hash = hash(page);
            if ((bits[hash / Long.SIZE] >>> hash & 1) != 0) {
                return true;
            }
        }
        return false;
    }

    private static long key(long pc, int tag) {
        return CpuArea.probeKey(pc & -4096L, tag);
    }

    private static long direct(VirtualCpu cpu, long pc) {
        return cpu.area() + CpuArea.PROBE_TABLE + (pc >>> 12 & CpuArea.PROBE_ENTRIES - 1) * 16;
    }

    private long set(VirtualCpu cpu, long pc) {
        return host + VmLayout.pageSets(cpu.index()) + (pc >>> 12 & VmLayout.PAGE_SETS - 1) * VmLayout.PAGE_SET_BYTES;
    }

    /** VM address of the entry table of a pc's page, or 0. What is found goes to the probe table. For a vCPU whose request is being served. */
    long find(VirtualCpu cpu, long pc, int tag) {
        takeEntered(cpu);
        long wanted = key(pc, tag);
        long entry = direct(cpu, pc);
        if (RawMemory.getLong(entry) == wanted) {
            return RawMemory.getLong(entry + 8);
        }
        long table = search(cpu, pc, tag);
        if (table != 0) {
            putDirect(entry, wanted, table);
        }
        return table;
    }

    /** The same for a vCPU that may run. */
    long findInSet(VirtualCpu cpu, long pc, int tag) {
        lock(cpu);
        long table = search(cpu, pc, tag);
        cpu.lookup().unlock();
        return table;
    }

    private long search(VirtualCpu cpu, long pc, int tag) {
        long wanted = key(pc, tag);
        long set = set(cpu, pc);
        for (int way = 0; way < VmLayout.PAGE_WAYS; way++) {
            if (RawMemory.getLong(set + way * 16L) == wanted) {
                return RawMemory.getLong(set + way * 16L + 8);
            }
        }
        return 0;
    }

    /** Enters the entry table of a pc's page, for a vCPU whose request is being served. */
    void add(VirtualCpu cpu, long pc, int tag, long table) {
        putDirect(direct(cpu, pc), key(pc, tag), table);
        addToSet(cpu, pc, tag, table);
    }

    /** As {@link #add}, for a page that may be entered: it crowds nothing out of the probe table. */
    void addToSet(VirtualCpu cpu, long pc, int tag, long table) {
        long wanted = key(pc, tag);
        note(cpu, pc);
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

    private void note(VirtualCpu cpu, long va) {
        int hash = hash(va);
        filter[cpu.index()][hash / Long.SIZE] |= 1L << hash;
    }

    /** VM code does not change the vCPU's sets; what it has entered is known. */
    private void lock(VirtualCpu cpu) {
        cpu.lookup().lock();
        takeEntered(cpu);
    }

    private void takeEntered(VirtualCpu cpu) {
        PageLookup lookup = cpu.lookup();
        statistics.fetchAbortsInVm += lookup.takeAborts();
        for (long va = lookup.takeEntered(); va != -1; va = lookup.takeEntered()) {
            note(cpu, va);
            pages.found(CodePages.ofTable(lookup.takenTable()), va);
            statistics.codePagesFoundInVm++;
        }
    }

    /** Behind this, what VM code has entered is known, and what it could not find before it does not enter. */
    void settle() {
        for (VirtualCpu cpu : cpus.all()) {
            lock(cpu);
            cpu.lookup().unlock();
        }
    }

    private static void putDirect(long entry, long key, long table) {
        if (CpuArea.isProbed(key)) {
            put(entry, key, table);
        }
    }

    private static void put(long entry, long key, long table) {
        RawMemory.putLong(entry, key);
        RawMemory.putLong(entry + 8, table);
    }

    // Removing: the others' vCPUs may run, so of a pair only the key is changed. They copy pairs from the sets to the probe table, and look at
    // the set again afterwards; so the sets come first.

    /** Forgets what is known of a page in any context. */
    void removePage(long va) {
        for (VirtualCpu cpu : cpus.all()) {
            lock(cpu);
            long set = set(cpu, va);
            for (int way = 0; way < VmLayout.PAGE_WAYS; way++) {
                dropPage(set + way * 16L, va);
            }
            cpu.lookup().unlock();
            order();
            dropPage(direct(cpu, va), va);
        }
    }

    private void order() {
        if (!cpus.alone()) {
            VarHandle.fullFence();
        }
    }

    private static void dropPage(long entry, long va) {
        if (((RawMemory.getLong(entry) ^ ~va) & -4096L) == 0) {
            RawMemory.putLong(entry, CpuArea.NO_PAGE);
        }
    }

    /** Forgets an entry table that is known for a page. */
    void removeTable(long va, long table) {
        for (VirtualCpu cpu : cpus.all()) {
            lock(cpu);
            long set = set(cpu, va);
            for (int way = 0; way < VmLayout.PAGE_WAYS; way++) {
                dropTable(set + way * 16L, table);
            }
            cpu.lookup().unlock();
            order();
            dropTable(direct(cpu, va), table);
        }
    }

    private static void dropTable(long entry, long table) {
        if (RawMemory.getLong(entry + 8) == table) {
            RawMemory.putLong(entry, CpuArea.NO_PAGE);
        }
    }

    /** Forgets everything. */
    void clear() {
        for (VirtualCpu cpu : cpus.all()) {
            lock(cpu);
            clear(host + VmLayout.pageSets(cpu.index()), VmLayout.PAGE_SETS * VmLayout.PAGE_WAYS);
            cpu.lookup().unlock();
            order();
            clear(cpu.area() + CpuArea.PROBE_TABLE, CpuArea.PROBE_ENTRIES);
        }
    }

    /** The vCPUs execute no code that they have found before: what they know is what they are told from now on. */
    void forgetFilters() {
        for (long[] bits : filter) {
            Arrays.fill(bits, 0);
        }
    }

    private static void clear(long pairs, int count) {
        for (int i = 0; i < count; i++) {
            RawMemory.putLong(pairs + i * 16L, CpuArea.NO_PAGE);
        }
    }
}
