package io.stele.runtime.memory;

import io.stele.codegen.IdleMaintenance;
import io.stele.codegen.RegionLookup;
import io.stele.guest.EntryPattern;
import io.stele.guest.GuestIsa;
import io.stele.guest.PageInvalidation;
import io.stele.guest.Walk;
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
public final class PreparedFills {
    private final GuestIsa isa;
    private final PageTables tables;
    private final RegionMap regions;
    private final VirtualCpus cpus;
    private final EntryRemoval removal;
    private final Churn churn;
    private final Statistics statistics;
    private final PageInvalidation pending = new PageInvalidation();
    private final EntryPattern pattern = new EntryPattern();
    /** By vCPU: host address of the first page, and how many entries its table counts for it. */
    private final long[] first;
    private final int[] expected;

    PreparedFills(GuestIsa isa, PageTables tables, RegionMap regions, VirtualCpus cpus, EntryRemoval removal, Churn churn, Statistics statistics) {
        this.isa = isa;
        this.tables = tables;
        this.regions = regions;
        this.cpus = cpus;
        this.removal = removal;
        this.churn = churn;
        this.statistics = statistics;
        first = new long[cpus.all().length];
        expected = new int[first.length];
    }

    /**
     * The guest takes an abort of an access with the rights of the unprivileged level, which its handler may cure: VM code fills the page then, and
     * those around it. Nothing happens if it is not certain that VM code can tell what to do.
     *
     * @param pc of the access, which is the one of the guest state still
     * @param walk the one that failed
     */
    public void prepare(VirtualCpu cpu, long hostVa, long pc, Walk walk) {
        if (walk.lastEntry != 0 && !RegionMap.isEdge(VmLayout.slotOf(hostVa), hostVa) && !churn.isChurning(hostVa)) {
            prepare(cpu, hostVa, pc, walk.lastEntry, !churningAround(hostVa));
        }
    }

    /** @param around false: of this page alone */
    private void prepare(VirtualCpu cpu, long hostVa, long pc, long lastEntry, boolean around) {
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

    private boolean churningAround(long hostVa) {
        long window = PreparedFill.ENTRIES * 4096L;
        long start = hostVa & -window;
        for (long page = start; page < start + window; page += 4096) {
            if (churn.isChurning(page)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The page of {@link #prepare} was mapped without the right to write: its handler will put another page there, and invalidate it. Lets VM code
     * carry that out if it would find nothing but the page's host entry. No code of the page may be known.
     */
    public void prepareInvalidation(VirtualCpu cpu, long hostVa) {
        int slot = VmLayout.slotOf(hostVa);
        long va = regions.guestAddress(hostVa);
        if (cpus.alone() && cpu.fill().isReady() && isa.pageInvalidation(cpu.area(), va, pending) && !isMappedElsewhere(slot, va)) {
            IdleMaintenance.clearCode(cpu.area());
            removal.forgetThunks(true);
            cpu.fill().allowInvalidation((int) (hostVa - first[cpu.index()] >>> 12), hostVa & -4096L, pending);
        }
    }

    /** True if a slot other than this one may map an address for a space that is invalidated together with that of this one. */
    private boolean isMappedElsewhere(int slot, long va) {
        if (regions.start(slot) > va - VmLayout.SLOT_EDGE || va + VmLayout.SLOT_EDGE >= regions.start(slot) + VmLayout.slotBytes(slot)) {
            return true;
        }
        return isMappedElsewhere(slot, va, true) || isMappedElsewhere(slot, va, false);
    }

    private boolean isMappedElsewhere(int slot, long va, boolean region) {
        long start = va & -1L << (region ? RegionLookup.REGION_SHIFT : RegionLookup.GRANULE_SHIFT);
        for (int other = regions.firstFor(start, region); other >= 0; other = regions.nextFor(other)) {
            if (other != slot && !regions.isRetired(other) && isa.invalidatedTogether(regions.key(slot), regions.key(other))
                    && tables.leafEntry(VmLayout.slotStart(other) + (va - start)) != 0) {
                return true;
            }
        }
        return false;
    }

    /** True if VM code has done what was prepared, or need not any more. From now on, it carries out no invalidation. */
    public boolean taken(VirtualCpu cpu) {
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
    public void cancel(VirtualCpu cpu) {
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
    public boolean isForeign(VirtualCpu cpu) {
        return cpu.fill().isReady() && !regions.isActive(VmLayout.slotOf(first[cpu.index()]), cpu);
    }
}
