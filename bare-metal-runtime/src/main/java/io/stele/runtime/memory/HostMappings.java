package io.stele.runtime.memory;

import io.stele.codegen.IdleMaintenance;
import io.stele.codegen.RegionLookup;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.PageInvalidation;
import io.stele.guest.Walk;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.PreparedFill;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Keeps the host page tables of the guest slots in step with the guest's own: fills them at faults, takes entries away when the guest
 * invalidates, recycles slots.
 */
public final class HostMappings {
    /** Pages around a faulting one that are filled with it. */
    private static final int FAULT_AROUND_PAGES = 64;

    private static final long LARGE = PageTables.LARGE_BYTES;
    /** Equal to no key of a space. */
    private static final long NO_KEY = -1;

    /** Outcome of {@link #fill}; EMULATE_ALWAYS: accesses to this page will never be mapped;
     * NO_TABLES: {@link #reset} first. */
    public enum Fill { MAPPED, ABORT, EMULATE, EMULATE_ALWAYS, NO_TABLES }

    private final GuestIsa isa;
    private final GuestBus bus;
    private final PageTables tables;
    private final RegionMap regions;
    private final Shootdown shootdown;
    private final Statistics statistics;
    private final VirtualCpus cpus;
    private final PreparedFills prepared;
    /** Stops the other vCPUs and makes their states precise: no register of theirs holds a K then. */
    private final Runnable quiesce;
    /** Slots whose entries have been queued for shootdown. */
    private final int[] touched = new int[16];
    private int touchedCount;
    private final Walk probe = new Walk();
    private final PageInvalidation pending = new PageInvalidation();
    private final PageWalks walks;
    /** About the range that is being invalidated: there is a slot that does not map it because it is churning; one that may. */
    private boolean churningSomewhere;
    private boolean mappableSomewhere;
    /** Pages that are not mapped any more. */
    private final Churn churn = new Churn();
    /** By CPU and view: the spaces of the lower and the upper half that it was told about. */
    private final long[] lowHighKeys;

    public HostMappings(GuestIsa isa, GuestBus bus, PageTables tables, RegionMap regions, VirtualCpus cpus, Shootdown shootdown,
            Runnable quiesce, Statistics statistics) {
        this.cpus = cpus;
        this.quiesce = quiesce;
        lowHighKeys = new long[cpus.all().length * 4];
        this.isa = isa;
        this.bus = bus;
        this.tables = tables;
        this.regions = regions;
        this.shootdown = shootdown;
        this.statistics = statistics;
        walks = new PageWalks(isa, bus);
        prepared = new PreparedFills(isa, tables, regions, cpus, statistics);
    }

    /**
     * Answers a fault at a host address inside a guest slot. The walk result is left in {@code walk}.
     *
     * <p>Maintenance that generated code of any vCPU takes for idle must have been forgotten before, so that the walk sees what was written
     * before the maintenance.
     *
     * @param state the faulting vCPU's area
     * @param access {@link Walk#READ} or {@link Walk#WRITE}
     */
    public Fill fill(long state, long hostVa, int access, Walk walk) {
        forgetIdle();
        int slot = VmLayout.slotOf(hostVa);
        int view = regions.view(slot);
        long va = regions.guestAddress(hostVa);
        boolean edge = RegionMap.isEdge(slot, hostVa);
        if (edge && isForeign(state, hostVa)) {
            return Fill.EMULATE;
        }
        isa.walk(state, view, va, access, walk);
        if (!walk.ok) {
            return Fill.ABORT;
        }
        if (walk.device || bus.ramAddress(walk.physical) == 0 || churning(hostVa)) {
            return Fill.EMULATE_ALWAYS;
        }
        if (tables.low()) {
            return Fill.NO_TABLES;
        }
        if (edge) {
            install(hostVa & ~4095L, walk.physical & ~4095L, false, walk.writable);
        } else if (!fillLarge(state, view, va, hostVa, walk)) {
            install(hostVa & ~4095L, walk.physical & ~4095L, false, walk.writable);
            fillAround(state, view, va, hostVa);
        }
        return Fill.MAPPED;
    }

    /** True if an access to the page does not fault. */
    public boolean allows(long hostVa, int access) {
        long entry = tables.leafEntry(hostVa);
        return entry != 0 && (access == Walk.READ || tables.isWritable(entry));
    }

    /**
     * The guest takes an abort of an access with the rights of the unprivileged level, which its handler may cure: VM code fills the page then.
     *
     * @param pc of the access, which is the one of the guest state still
     * @param walk the one that failed
     */
    public void prepareFill(VirtualCpu cpu, long hostVa, long pc, Walk walk) {
        if (walk.lastEntry != 0 && !RegionMap.isEdge(VmLayout.slotOf(hostVa), hostVa) && !churning(hostVa)) {
            prepared.prepare(cpu, hostVa, pc, walk.lastEntry, !churningAround(hostVa));
        }
    }

    /**
     * The page of {@link #prepareFill} was mapped without the right to write: its handler will put another page there, and invalidate it. Lets VM code
     * carry that out if it would find nothing but the page's host entry. No code of the page may be known.
     */
    public void prepareInvalidation(VirtualCpu cpu, long hostVa) {
        int slot = VmLayout.slotOf(hostVa);
        long va = regions.guestAddress(hostVa);
        if (cpus.alone() && isa.pageInvalidation(cpu.area(), va, pending) && !isMappedElsewhere(slot, va)) {
            IdleMaintenance.clearCode(cpu.area());
            clearThunks(true);
            prepared.allowInvalidation(cpu, hostVa, pending);
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

    private boolean churningAround(long hostVa) {
        long window = PreparedFill.ENTRIES * 4096L;
        long start = hostVa & -window;
        for (long page = start; page < start + window; page += 4096) {
            if (churning(page)) {
                return true;
            }
        }
        return false;
    }

    /** True if VM code has done what {@link #prepareFill} has prepared, or found that the guest went elsewhere. */
    public boolean fillTaken(VirtualCpu cpu) {
        return prepared.taken(cpu);
    }

    /** VM code does nothing of what was prepared for a vCPU that is served. */
    public void cancelFill(VirtualCpu cpu) {
        prepared.cancel(cpu);
    }

    /** True if something is prepared for a space that is not the current one any more. */
    public boolean isFillForeign(VirtualCpu cpu) {
        return prepared.isForeign(cpu);
    }

    public boolean churning(long hostVa) {
        return churn.isChurning(hostVa >>> 12);
    }

    private void countChurn(long hostVa) {
        if (churn.count(hostVa >>> 12, System.nanoTime() / 1_000_000)) {
            forgetIdle();
        }
    }

    /**
     * Invalidations that would have done nothing may concern what becomes known. Whoever stores to a table, and then finds such a one in its
     * list, stored before what the caller reads from now on.
     */
    public void forgetIdle() {
        for (VirtualCpu cpu : cpus.all()) {
            IdleMaintenance.clear(cpu.area());
        }
        VarHandle.fullFence();
    }

    /** The same for lists of vCPUs that are not served. */
    private void forgetIdleOfOthers() {
        if (cpus.alone()) {
            return;
        }
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served()) {
                IdleMaintenance.clear(cpu.area());
            }
        }
        VarHandle.fullFence();
    }

    /** Maps guest RAM into the window slot. */
    public void mapWindow(long physical, long bytes) {
        for (long offset = 0; offset < bytes; offset += LARGE) {
            tables.map(VmLayout.RAM_WINDOW + physical + offset, physical + offset, true, true);
        }
        tables.keepSoFar();
    }

    /**
     * Looks up RAM for an access thunk; the walk result is left in {@code walk}.
     *
     * @return address of the byte in the window, or 0 if the access faults or is not to RAM
     */
    public long window(long state, long hostVa, int access, Walk walk) {
        forgetIdleOfOthers();
        isa.walk(state, regions.view(VmLayout.slotOf(hostVa)), regions.guestAddress(hostVa), access, walk);
        if (!walk.ok || walk.device || bus.ramAddress(walk.physical) == 0) {
            return 0;
        }
        return VmLayout.RAM_WINDOW + walk.physical;
    }

    private boolean fillLarge(long state, int view, long va, long hostVa, Walk walk) {
        long offset = hostVa & (LARGE - 1);
        long physical = walk.physical - offset;
        if ((physical & (LARGE - 1)) != 0 || !tables.largeSlotFree(hostVa) || bus.ramAddress(physical) == 0
                || bus.ramAddress(physical + LARGE - 4096) == 0) {
            return false;
        }
        if (walk.blockBytes < LARGE && !uniform(state, view, va - offset, physical, walk.writable)) {
            return false;
        }
        install(hostVa - offset, physical, true, walk.writable);
        return true;
    }

    /** True if 512 pages map a contiguous 2 MiB of RAM with the same rights. */
    private boolean uniform(long state, int view, long va, long physical, boolean writable) {
        for (long done = LARGE - 4096; done >= 0; done -= 4096) {
            isa.walk(state, view, va + done, Walk.READ, probe);
            if (!probe.ok || probe.device || probe.physical != physical + done || probe.writable != writable) {
                return false;
            }
        }
        return true;
    }

    private void fillAround(long state, int view, long va, long hostVa) {
        long window = FAULT_AROUND_PAGES * 4096L;
        long firstHost = hostVa & -window;
        long firstGuest = va - (hostVa - firstHost);
        walks.begin(state, view, Walk.READ);
        for (int i = 0; i < FAULT_AROUND_PAGES; i++) {
            long host = firstHost + i * 4096L;
            if (host == (hostVa & ~4095L) || tables.leafEntry(host) != 0 || churning(host)) {
                continue;
            }
            Walk walk = walks.at(firstGuest + i * 4096L);
            if (walk.ok && !walk.device && bus.ramAddress(walk.physical) != 0) {
                install(host, walk.physical & ~4095L, false, walk.writable);
            }
        }
    }

    private void install(long hostVa, long physical, boolean large, boolean writable) {
        int result = tables.map(hostVa, physical, large, writable);
        if (result == PageTables.CONFLICT) {
            shootDown(VmLayout.slotOf(hostVa), hostVa);
            flush();
            result = tables.map(hostVa, physical, false, writable);
        }
        switch (result) {
            case PageTables.MAPPED -> {
                if (large) {
                    statistics.largePagesMapped++;
                } else {
                    statistics.pagesMapped++;
                }
            }
            case PageTables.ALREADY -> { }
            default -> throw new IllegalStateException("no room for page tables");
        }
    }

    /**
     * Finds or makes the slot of an address in the current space and lets the vCPU find it.
     *
     * @param va without tag
     * @return true if another slot of a current space was given away for it: host registers may hold the K of that one, so the code that
     *     trapped must not go on where it was
     */
    public boolean activate(long state, int view, long va) {
        boolean recycled = false;
        VirtualCpu cpu = cpus.of(state);
        int slot = regions.find(state, view, va);
        if (slot < 0) {
            boolean region = regions.deservesRegion(state, view, va);
            slot = regions.assign(state, view, va, region);
            while (slot < 0) {
                recycled |= makeRoom(region);
                slot = regions.assign(state, view, va, region);
            }
            if (recycled) {
                reloadAll();
            }
        }
        forgetIdle();
        regions.publish(cpu, slot);
        return recycled;
    }

    /** True if an address of the current space has no slot, and would get one for its granule only. */
    public boolean needsGranule(long state, int view, long va) {
        return regions.find(state, view, va) < 0 && !regions.deservesRegion(state, view, va);
    }

    /** True if an address of the current space has a slot for its region. */
    public boolean hasRegionSlot(long state, int view, long va) {
        int slot = regions.find(state, view, va);
        return slot >= 0 && slot < VmLayout.REGION_SLOTS;
    }

    /** True if an address in the edge of a slot belongs to another space than the slot. */
    public boolean isForeign(long state, long hostVa) {
        int slot = VmLayout.slotOf(hostVa);
        return isa.spaceKey(state, regions.view(slot), regions.guestAddress(hostVa)) != regions.key(slot);
    }

    /** True if an address of the current space has a slot. */
    public boolean isActivated(long state, int view, long va) {
        return regions.find(state, view, va) >= 0;
    }

    /** Empties all slots of a kind whose space is gone, or else a victim. Returns true if that was of a current space. */
    private boolean makeRoom(boolean region) {
        prepared.cancelAll();
        boolean found = false;
        boolean active = false;
        for (int slot = region ? 0 : VmLayout.REGION_SLOTS; slot < regions.limit(region); slot++) {
            if (regions.isRetired(slot)) {
                empty(slot);
                found = true;
            }
        }
        if (!found) {
            int victim = regions.victim(region);
            active = regions.isActive(victim);
            if (active) {
                quiesce.run();
            }
            empty(victim);
        }
        flush();
        return active;
    }

    /** Drops all slots and their page tables. */
    public void reset() {
        quiesce.run();
        prepared.cancelAll();
        for (int slot = 0; slot < VmLayout.SLOTS; slot++) {
            if (regions.isGuestSlot(slot)) {
                clearThunks(false);
                regions.release(slot);
            }
        }
        tables.clear(shootdown);
        shootdown.flush();
        touchedCount = 0;
        regions.stale().reset();
        tables.cleared();
        churn.clear();
        forgetIdle();
        reloadAll();
    }

    /** Queues all mappings of a slot for shootdown and gives it back. */
    private void empty(int slot) {
        clearThunks(false);
        if (!cpus.alone()) {
            touch(slot);
        }
        long end = slotEnd(slot);
        for (long va = tables.nextMapping(slotBegin(slot), end); va < end; va = tables.nextMapping((va & -LARGE) + LARGE, end)) {
            tables.drop(va, end, shootdown);
        }
        regions.release(slot);
    }

    /** First address behind the mapping at an address. */
    private long behind(long hostVa) {
        return hostVa + (tables.isLarge(tables.leafEntry(hostVa)) ? LARGE : 4096);
    }

    private void shootDown(int slot, long hostVa) {
        queue(slot, tables.leafEntry(hostVa), 0, hostVa);
        tables.forget(hostVa);
    }

    /** What the guest may only read from now on, as all that a process shares with its parent after a fork, stays there to be read. */
    private void makeReadOnly(int slot, long hostVa) {
        long entry = tables.leafEntry(hostVa);
        queue(slot, entry, tables.readOnly(entry), hostVa);
    }

    private void queue(int slot, long entry, long value, long hostVa) {
        if (!cpus.alone()) {
            touch(slot);
        }
        shootdown.add(entry, value, hostVa);
    }

    /** Those whose current space is that of the slot use its entries. */
    private void touch(int slot) {
        if (touchedCount != 0 && touched[touchedCount - 1] == slot) {
            return;
        }
        if (touchedCount == touched.length) {
            flush();
        }
        touched[touchedCount++] = slot;
        long active = 0;
        for (VirtualCpu cpu : cpus.all()) {
            active |= regions.isActive(slot, cpu) ? 1L << cpu.index() : 0;
        }
        shootdown.concerns(active);
    }

    /** Takes what was queued away from all vCPUs. */
    private void flush() {
        long others = shootdown.flush();
        long flushed = others | 1L << shootdown.executor();
        for (int i = 0; i < touchedCount; i++) {
            regions.stale().shotDown(touched[i], flushed);
        }
        touchedCount = 0;
        regions.stale().flushedAll(others);
    }

    /** No thunk may know pages whose slot got another meaning, or whose translation changed. */
    private void clearThunks(boolean lastLevel) {
        VirtualCpu served = cpus.served();
        for (VirtualCpu cpu : cpus.all()) {
            if (WindowThunk.clearTables(cpu.area(), lastLevel && cpu == served) && cpu != served) {
                // It may be in the middle of a thunk.
                shootdown.concerns(1L << cpu.index());
            }
        }
    }

    /**
     * The guest invalidated translations; see {@link io.stele.guest.RuntimeHooks#invalidateTranslations}.
     *
     * @return true if the addresses are mapped nowhere and will not be, whatever their translation is
     */
    public boolean invalidate(LongPredicate spaces, long va, long bytes, boolean lastLevel) {
        prepared.cancelOthers();
        clearThunks(lastLevel);
        churningSomewhere = false;
        mappableSomewhere = false;
        if (bytes >= 0) {
            invalidateRange(spaces, va, bytes, true);
            invalidateRange(spaces, va, bytes, false);
        } else {
            invalidateSlots(spaces, true);
            invalidateSlots(spaces, false);
        }
        flush();
        if (churningSomewhere || bytes < 0) {
            prepared.cancel(cpus.served());
        }
        return churningSomewhere && !mappableSomewhere;
    }

    private void invalidateSlots(LongPredicate spaces, boolean region) {
        for (int slot = region ? 0 : VmLayout.REGION_SLOTS; slot < regions.limit(region); slot++) {
            if (!regions.isGuestSlot(slot) || regions.isRetired(slot) || !spaces.test(regions.key(slot))) {
                continue;
            }
            if (current(slot) == 0) {
                regions.retire(slot);
            } else if (isDead(slot)) {
                regions.retire(slot);
                forgetKeys(cpus.served());
            } else {
                recheck(slot, regions.start(slot) - VmLayout.SLOT_EDGE, VmLayout.slotBytes(slot) + 2 * VmLayout.SLOT_EDGE, false);
            }
        }
    }

    /**
     * True if what a slot of the current space maps is not in the guest's tables any more, as at the end of a process: then it need not be taken away
     * now, provided that nobody but the vCPU that is served, whose registers hold no K, can find it. One page of each host table is looked at: what the
     * others map is mapped again if it is needed after all.
     */
    private boolean isDead(int slot) {
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served() && regions.isActive(slot, cpu)) {
                return false;
            }
        }
        walks.begin(cpus.served().area(), regions.view(slot), Walk.READ);
        long end = slotEnd(slot);
        long first = tables.nextMapping(slotBegin(slot), end);
        for (long hostVa = first; hostVa < end; hostVa = tables.nextMapping((hostVa & -LARGE) + LARGE, end)) {
            if (maps(walks.at(regions.guestAddress(hostVa)), hostVa, tables.leafEntry(hostVa))) {
                return false;
            }
        }
        return first < end;
    }

    /** First host address that a slot may map, edges included. */
    private static long slotBegin(int slot) {
        return VmLayout.slotStart(slot) - VmLayout.SLOT_EDGE;
    }

    private static long slotEnd(int slot) {
        return VmLayout.slotStart(slot) + VmLayout.slotBytes(slot) + VmLayout.SLOT_EDGE;
    }

    /** Slots whose edges reach into the range are concerned, too. */
    private void invalidateRange(LongPredicate spaces, long va, long bytes, boolean region) {
        int shift = region ? RegionLookup.REGION_SHIFT : RegionLookup.GRANULE_SHIFT;
        long last = va + bytes + VmLayout.SLOT_EDGE - 1 >> shift;
        for (long unit = va - VmLayout.SLOT_EDGE >> shift; unit <= last; unit++) {
            for (int slot = regions.firstFor(unit << shift, region); slot >= 0; slot = regions.nextFor(slot)) {
                if (regions.isRetired(slot)) {
                    continue;
                }
                boolean never = churning(VmLayout.slotStart(slot) + (va - regions.start(slot)));
                churningSomewhere |= never;
                mappableSomewhere |= !never;
                if (spaces.test(regions.key(slot))) {
                    recheck(slot, va, bytes, true);
                }
            }
        }
    }

    /**
     * Takes away what is mapped in a range of guest addresses, but not what the guest's tables still say.
     *
     * @param alone the guest invalidated this range, not a space
     */
    private void recheck(int slot, long va, long bytes, boolean alone) {
        long state = current(slot);
        long slotStart = VmLayout.slotStart(slot);
        long first = slotStart + Math.max(va - regions.start(slot), -VmLayout.SLOT_EDGE);
        long end = slotStart + Math.min(va + bytes - regions.start(slot), VmLayout.slotBytes(slot) + VmLayout.SLOT_EDGE);
        if (state != 0) {
            walks.begin(state, regions.view(slot), Walk.READ);
        }
        for (long hostVa = tables.nextMapping(first, end); hostVa < end; hostVa = tables.nextMapping(behind(hostVa), end)) {
            long entry = tables.leafEntry(hostVa);
            Walk walk = state == 0 ? null : walks.at(regions.guestAddress(hostVa));
            boolean known = walk != null && maps(walk, hostVa, entry);
            if (known && (walk.writable || !tables.isWritable(entry))) {
                continue;
            }
            if (alone && regions.view(slot) == GuestIsa.PRIVILEGED) {
                countChurn(Math.max(hostVa, first));
            }
            if (known) {
                makeReadOnly(slot, hostVa);
            } else {
                shootDown(slot, hostVa);
            }
        }
    }

    /** Area of a CPU whose current space is that of the slot, or 0. */
    private long current(int slot) {
        for (VirtualCpu cpu : cpus.all()) {
            if (regions.isActive(slot, cpu)) {
                return cpu.area();
            }
        }
        return 0;
    }

    /** Would a fault at this address, whose walk is given, produce the entry that is there, rights to write aside? */
    private boolean maps(Walk walk, long hostVa, long entry) {
        if (!walk.ok || walk.device) {
            return false;
        }
        if (!tables.isLarge(entry)) {
            return (walk.physical & ~4095L) == tables.physical(entry);
        }
        long offset = hostVa & (LARGE - 1);
        return walk.blockBytes >= LARGE && walk.physical - (walk.physical & 4095) - (offset & ~4095L) == tables.physical(entry);
    }

    /**
     * Called when registers that decide about spaces were written: brings the K values of a vCPU, which does not run, up to date where the space
     * changed.
     */
    public void contextChanged(VirtualCpu cpu, boolean force) {
        long state = cpu.area();
        regions.publishTags(state);
        for (int view = 0; view < 2; view++) {
            long low = isa.spaceKey(state, view, 0);
            long high = isa.spaceKey(state, view, -1);
            int known = (cpu.index() * 2 + view) * 2;
            if (force || low != lowHighKeys[known] || high != lowHighKeys[known + 1]) {
                lowHighKeys[known] = low;
                lowHighKeys[known + 1] = high;
                regions.reload(cpu, view);
            }
        }
    }

    /** The slots of the spaces that a vCPU was told about are others now: {@link #contextChanged} tells it before it goes on. */
    private void forgetKeys(VirtualCpu cpu) {
        Arrays.fill(lowHighKeys, cpu.index() * 4, cpu.index() * 4 + 4, NO_KEY);
        cpu.contextDirty = true;
    }

    private void reloadAll() {
        for (VirtualCpu cpu : cpus.all()) {
            contextChanged(cpu, true);
        }
    }

    /** A fresh vCPU names no slots. */
    public void initialise(VirtualCpu cpu) {
        regions.initialise(cpu);
        contextChanged(cpu, true);
    }
}
