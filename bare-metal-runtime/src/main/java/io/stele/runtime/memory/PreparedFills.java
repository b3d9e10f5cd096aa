package io.stele.runtime.memory;

import io.stele.guest.EntryPattern;
import io.stele.guest.GuestIsa;
import io.stele.guest.PageInvalidation;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.PreparedFill;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/**
 * Has VM code fill what the guest's handler of an abort has mapped, see {@link PreparedFill}. One at a time for each vCPU.
 *
 * <p>The table in which it makes entries counts them from the beginning, whether they are made or not, so that no invalidation passes over them.
 * Before one does anything, it takes back what other vCPUs have: so an entry is made before an invalidation, which finds it, or not at all. For the
 * thread that has the lock.
 */
final class PreparedFills {
    private final GuestIsa isa;
    private final PageTables tables;
    private final RegionMap regions;
    private final VirtualCpus cpus;
    private final Statistics statistics;
    private final EntryPattern pattern = new EntryPattern();
    /** By vCPU: host address of the first page, and how many entries its table counts for it. */
    private final long[] first;
    private final int[] expected;

    PreparedFills(GuestIsa isa, PageTables tables, RegionMap regions, VirtualCpus cpus, Statistics statistics) {
        this.isa = isa;
        this.tables = tables;
        this.regions = regions;
        this.cpus = cpus;
        this.statistics = statistics;
        first = new long[cpus.all().length];
        expected = new int[first.length];
    }

    /**
     * Prepares the fill of a page and of those around it. Nothing happens if it is not certain that VM code can tell what to do.
     *
     * @param pc of the access
     * @param lastEntry guest physical address of the page's entry in the guest's tables
     * @param around false: of this page alone
     */
    void prepare(VirtualCpu cpu, long hostVa, long pc, long lastEntry, boolean around) {
        if (tables.low() || !isa.entryPattern(cpu.area(), pattern)) {
            return;
        }
        int count = around ? PreparedFill.ENTRIES : 1;
        long start = hostVa & -4096L * count;
        long entry = tables.pageEntry(start);
        if (entry == 0) {
            return;
        }
        long guest = lastEntry - (hostVa - start >>> 12) * Long.BYTES;
        tables.expect(start, count);
        first[cpu.index()] = start;
        expected[cpu.index()] = count;
        cpu.fill().prepare(pc, isa.dataView(isa.codeMode(cpu.area())), VmLayout.RAM_WINDOW + guest, VmLayout.TABLE_WINDOW + entry, count, pattern);
    }

    /** VM code may carry out an invalidation of the page that was prepared, which nothing but its host entry knows. */
    void allowInvalidation(VirtualCpu cpu, long hostVa, PageInvalidation pending) {
        if (cpu.fill().isReady()) {
            cpu.fill().allowInvalidation((int) (hostVa - first[cpu.index()] >>> 12), hostVa & -4096L, pending);
        }
    }

    /** True if VM code has done what was prepared, or need not any more. From now on, it carries out no invalidation. */
    boolean taken(VirtualCpu cpu) {
        cpu.fill().forbidInvalidation();
        int made = cpu.fill().take();
        if (made < 0) {
            return false;
        }
        statistics.fillsInVm++;
        statistics.pagesMapped += made;
        settle(cpu, made);
        return true;
    }

    private void settle(VirtualCpu cpu, int made) {
        int takenAway = cpu.fill().takenAway();
        statistics.invalidationsInVm += cpu.fill().carriedOut();
        statistics.entriesShotDown += takenAway;
        tables.expect(first[cpu.index()], made - expected[cpu.index()] - takenAway);
        expected[cpu.index()] = 0;
    }

    /** Takes back what a vCPU has. */
    void cancel(VirtualCpu cpu) {
        if (cpu.fill().cancel()) {
            settle(cpu, 0);
        }
    }

    /** Takes back what the vCPUs have that are not served. */
    void cancelOthers() {
        if (cpus.alone()) {
            return;
        }
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served()) {
                cancel(cpu);
            }
        }
    }

    void cancelAll() {
        for (VirtualCpu cpu : cpus.all()) {
            cancel(cpu);
            taken(cpu);
        }
    }

    /** True if something is prepared, for a space that is not the vCPU's current one any more. */
    boolean isForeign(VirtualCpu cpu) {
        return cpu.fill().isReady() && !regions.isActive(VmLayout.slotOf(first[cpu.index()]), cpu);
    }
}
