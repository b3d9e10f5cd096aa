package io.stele.runtime.memory;

import io.stele.codegen.IdleMaintenance;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.util.LongIntMap;
import io.stele.runtime.util.LongList;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.function.LongPredicate;

/**
 * Keeps the host page tables of the guest slots in step with the guest's own: fills them at faults, takes entries away when the guest
 * invalidates, recycles slots.
 */
public final class HostMappings {
    /** Pages around a faulting one that are filled with it. */
    private static final int FAULT_AROUND_PAGES = 64;

    private static final int CHURN_PAGES = 4096;
    private static final long LARGE = PageTables.LARGE_BYTES;

    /** A page that was shot down alone this often is not mapped any more. */
    private static final int CHURN_LIMIT = 8;

    /** Outcome of {@link #fill}; EMULATE_ALWAYS: accesses to this page will never be mapped;
     * NO_TABLES: {@link #reset} first. */
    public enum Fill { MAPPED, ABORT, EMULATE, EMULATE_ALWAYS, NO_TABLES }

    private final GuestIsa isa;
    private final GuestBus bus;
    private final PageTables tables;
    private final RegionMap regions;
    private final VirtualCpu[] cpus;
    private final Shootdown shootdown;
    private final Statistics statistics;
    private final LongList[] mapped = new LongList[VmLayout.POISON_SLOT + 1];
    private final Walk probe = new Walk();
    /** Shootdowns of single pages, by host page number. */
    private final LongIntMap churn = new LongIntMap(256);
    private final long[] lowHighKeys = new long[4];

    public HostMappings(GuestIsa isa, GuestBus bus, PageTables tables, RegionMap regions, VirtualCpu[] cpus, Shootdown shootdown,
            Statistics statistics) {
        this.isa = isa;
        this.bus = bus;
        this.tables = tables;
        this.regions = regions;
        this.cpus = cpus;
        this.shootdown = shootdown;
        this.statistics = statistics;
    }

    private LongList mapped(int slot) {
        LongList list = mapped[slot];
        if (list == null) {
            list = new LongList();
            mapped[slot] = list;
        }
        return list;
    }

    /**
     * Answers a fault at a host address inside a guest slot. The walk result is left in {@code walk}.
     *
     * @param state the faulting vCPU's area
     * @param access {@link Walk#READ} or {@link Walk#WRITE}
     */
    public Fill fill(long state, long hostVa, int access, Walk walk) {
        int slot = RegionMap.slotOf(hostVa);
        if (inGuard(hostVa)) {
            return Fill.EMULATE;
        }
        int view = regions.view(slot);
        long va = regions.guestAddress(hostVa);
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
        if (!fillLarge(state, slot, view, va, hostVa, walk)) {
            install(slot, hostVa & ~4095L, walk.physical & ~4095L, false, walk.writable);
            fillAround(state, slot, view, va, hostVa);
        }
        return Fill.MAPPED;
    }

    /** True at the ends of a slot, which are never mapped. */
    public static boolean inGuard(long hostVa) {
        long inRegion = hostVa & (VmLayout.SLOT_BYTES - 1);
        return inRegion < VmLayout.REGION_GUARD || inRegion >= VmLayout.SLOT_BYTES - VmLayout.REGION_GUARD;
    }

    public boolean churning(long hostVa) {
        return churn.get(hostVa >>> 12) >= CHURN_LIMIT;
    }

    private void countChurn(long hostVa) {
        if (churn.size() >= CHURN_PAGES) {
            churn.clear();
            forgetIdle();
        }
        churn.put(hostVa >>> 12, Math.max(churn.get(hostVa >>> 12), 0) + 1);
    }

    /** Invalidations that would have done nothing may concern what is new. */
    private void forgetIdle() {
        for (VirtualCpu cpu : cpus) {
            IdleMaintenance.clear(cpu.area());
        }
    }

    /** Maps guest RAM into the window slot. */
    public void mapWindow(long physical, long bytes) {
        for (long offset = 0; offset < bytes; offset += LARGE) {
            tables.map(RegionMap.slotBase(VmLayout.WINDOW_SLOT) + physical + offset, physical + offset, true, true);
        }
        tables.keepSoFar();
    }

    /**
     * Looks up RAM for an access thunk; the walk result is left in {@code walk}.
     *
     * @return address of the byte in the window, or 0 if the access faults or is not to RAM
     */
    public long window(long state, long hostVa, int access, Walk walk) {
        isa.walk(state, regions.view(RegionMap.slotOf(hostVa)), regions.guestAddress(hostVa), access, walk);
        if (!walk.ok || walk.device || bus.ramAddress(walk.physical) == 0) {
            return 0;
        }
        return RegionMap.slotBase(VmLayout.WINDOW_SLOT) + walk.physical;
    }

    private boolean fillLarge(long state, int slot, int view, long va, long hostVa, Walk walk) {
        long offset = hostVa & (LARGE - 1);
        long physical = walk.physical - offset;
        long inRegion = hostVa & (VmLayout.SLOT_BYTES - 1);
        if ((physical & (LARGE - 1)) != 0 || inRegion < LARGE || inRegion >= VmLayout.SLOT_BYTES - LARGE
                || !tables.largeSlotFree(hostVa) || bus.ramAddress(physical) == 0 || bus.ramAddress(physical + LARGE - 4096) == 0) {
            return false;
        }
        if (walk.blockBytes < LARGE && !uniform(state, view, va - offset, physical, walk.writable)) {
            return false;
        }
        install(slot, hostVa - offset, physical, true, walk.writable);
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

    private void fillAround(long state, int slot, int view, long va, long hostVa) {
        long window = FAULT_AROUND_PAGES * 4096L;
        long firstHost = hostVa & -window;
        long firstGuest = va - (hostVa - firstHost);
        for (int i = 0; i < FAULT_AROUND_PAGES; i++) {
            long host = firstHost + i * 4096L;
            if (inGuard(host) || host == (hostVa & ~4095L)) {
                continue;
            }
            isa.walk(state, view, firstGuest + i * 4096L, Walk.READ, probe);
            if (probe.ok && !probe.device && bus.ramAddress(probe.physical) != 0 && tables.leafEntry(host) == 0 && !churning(host)) {
                install(slot, host, probe.physical & ~4095L, false, probe.writable);
            }
        }
    }

    private void install(int slot, long hostVa, long physical, boolean large, boolean writable) {
        int result = tables.map(hostVa, physical, large, writable);
        if (result == PageTables.CONFLICT) {
            shootdown.add(tables.leafEntry(hostVa), hostVa);
            shootdown.flush();
            result = tables.map(hostVa, physical, false, writable);
        }
        switch (result) {
            case PageTables.MAPPED -> {
                forgetIdle();
                mapped(slot).add(hostVa | (large ? 1 : 0));
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
     * Finds or makes the slot of a region in the current space and lets the vCPU's K values name it.
     *
     * @return true if another slot of the current space was given away for it: host registers may hold the K of that one, so the code that
     *     trapped must not go on where it was
     */
    public boolean activate(long state, int view, int region) {
        boolean recycled = false;
        int slot = regions.assign(state, view, region);
        while (slot < 0) {
            recycled |= makeRoom(state);
            slot = regions.assign(state, view, region);
        }
        forgetIdle();
        regions.publish(state, view, region, slot);
        return recycled;
    }

    /**
     * A K without slot was used: gives slots to those regions for which the access would succeed. The region itself is not known, only the
     * offset in it.
     *
     * @return false if there is no such region
     */
    public boolean activateFor(long state, long hostVa, int access, Walk walk) {
        boolean found = false;
        long offset = hostVa & (VmLayout.SLOT_BYTES - 1);
        for (int view = 0; view < 2; view++) {
            for (int i = 0; i < regions.hotCount(view); i++) {
                int region = regions.hotRegion(view, i);
                if (!regions.isPoisoned(state, view, i)) {
                    continue;
                }
                isa.walk(state, view, (long) region << VmLayout.SLOT_SHIFT | offset, access, walk);
                if (walk.ok) {
                    activate(state, view, region);
                    found = true;
                }
            }
        }
        return found;
    }

    /** Empties all slots whose space is gone, or else the one that was used longest ago. Returns true if that was of the current space. */
    private boolean makeRoom(long state) {
        boolean found = false;
        boolean active = false;
        for (int slot = VmLayout.FIRST_SLOT; slot < regions.slotLimit(); slot++) {
            if (regions.isRetired(slot)) {
                empty(slot);
                found = true;
            }
        }
        if (!found) {
            int victim = regions.victim(state);
            active = regions.isActive(state, victim);
            empty(victim);
        }
        shootdown.flush();
        if (active) {
            contextChanged(state, true);
        }
        return active;
    }

    /** Drops all slots and their page tables. */
    public void reset(long state) {
        for (int slot = VmLayout.FIRST_SLOT; slot < regions.slotLimit(); slot++) {
            if (regions.isGuestSlot(slot)) {
                empty(slot);
            }
        }
        tables.clear(shootdown);
        shootdown.flush();
        tables.cleared();
        churn.clear();
        forgetIdle();
        contextChanged(state, true);
    }

    /** Queues all mappings of a slot for shootdown and gives it back. */
    private void empty(int slot) {
        LongList list = mapped(slot);
        for (int i = 0; i < list.size(); i++) {
            shootDown(list.get(i) & ~1L);
        }
        list.clear();
        regions.release(slot);
    }

    private void shootDown(long hostVa) {
        long entry = tables.leafEntry(hostVa);
        if (entry != 0) {
            shootdown.add(entry, hostVa);
        }
    }

    /**
     * The guest invalidated translations; see {@link io.stele.guest.RuntimeHooks#invalidateTranslations}.
     *
     * @return true if the addresses are mapped nowhere and will not be, whatever their translation is
     */
    public boolean invalidate(long state, LongPredicate spaces, long va, long bytes, boolean lastLevel) {
        AccessThunks.clearTables(state, lastLevel);
        boolean churning = false;
        boolean mappable = false;
        for (int slot = VmLayout.FIRST_SLOT; slot < regions.slotLimit(); slot++) {
            if (bytes >= 0 && (RegionMap.regionOf(va) & 0xffff) != (regions.region(slot) & 0xffff)) {
                continue;
            }
            if (bytes >= 0 && regions.isGuestSlot(slot) && !regions.isRetired(slot)) {
                boolean never = churning(RegionMap.slotBase(slot) + (va & (VmLayout.SLOT_BYTES - 1)));
                churning |= never;
                mappable |= !never;
            }
            if (!regions.isGuestSlot(slot) || regions.isRetired(slot) || mapped[slot] == null || mapped[slot].size() == 0
                    || !spaces.test(regions.key(slot))) {
                continue;
            }
            if (bytes >= 0) {
                recheckRange(state, slot, va, bytes);
            } else if (isCurrent(state, slot)) {
                recheckAll(state, slot);
            } else {
                regions.retire(slot);
            }
        }
        shootdown.flush();
        return churning && !mappable;
    }

    private void recheckAll(long state, int slot) {
        LongList list = mapped[slot];
        int kept = 0;
        for (int i = 0; i < list.size(); i++) {
            long item = list.get(i);
            long hostVa = item & ~1L;
            long entry = tables.leafEntry(hostVa);
            if (entry == 0) {
                continue;
            }
            if (stillTrue(state, slot, hostVa, entry)) {
                list.set(kept++, item);
            } else {
                shootdown.add(entry, hostVa);
            }
        }
        list.truncate(kept);
    }

    private void recheckRange(long state, int slot, long va, long bytes) {
        boolean current = isCurrent(state, slot);
        long first = RegionMap.slotBase(slot) + (va & (VmLayout.SLOT_BYTES - 1) & ~4095L);
        for (long hostVa = first; hostVa < first + bytes; hostVa += 4096) {
            long entry = tables.leafEntry(hostVa);
            if (entry != 0 && !(current && stillTrue(state, slot, hostVa, entry))) {
                if (regions.view(slot) == GuestIsa.PRIVILEGED) {
                    countChurn(hostVa);
                }
                long start = tables.isLarge(entry) ? hostVa & -LARGE : hostVa;
                shootdown.add(entry, start);
                mapped[slot].remove(start | (tables.isLarge(entry) ? 1 : 0));
            }
        }
    }

    private boolean isCurrent(long state, int slot) {
        return isa.spaceKey(state, regions.view(slot), (long) regions.region(slot) << VmLayout.SLOT_SHIFT) == regions.key(slot);
    }

    /** Would a fault at this address produce the entry that is there, or one that allows more? */
    private boolean stillTrue(long state, int slot, long hostVa, long entry) {
        long va = regions.guestAddress(hostVa);
        isa.walk(state, regions.view(slot), va, Walk.READ, probe);
        if (!probe.ok || probe.device || (tables.isWritable(entry) && !probe.writable)) {
            return false;
        }
        if (!tables.isLarge(entry)) {
            return (probe.physical & ~4095L) == tables.physical(entry);
        }
        long offset = hostVa & (LARGE - 1);
        return probe.blockBytes >= LARGE && probe.physical - (probe.physical & 4095) - (offset & ~4095L) == tables.physical(entry);
    }

    /** Called when registers that decide about spaces were written: brings the K values up to date where the space changed. */
    public void contextChanged(long state, boolean force) {
        for (int view = 0; view < 2; view++) {
            long low = isa.spaceKey(state, view, 0);
            long high = isa.spaceKey(state, view, -1);
            if (force || low != lowHighKeys[view * 2] || high != lowHighKeys[view * 2 + 1]) {
                lowHighKeys[view * 2] = low;
                lowHighKeys[view * 2 + 1] = high;
                regions.reload(state, view);
            }
        }
    }

    /** A fresh vCPU names no slots. */
    public void initialise(long state) {
        regions.initialise(state);
        contextChanged(state, true);
    }

    public static boolean isPoison(long hostVa) {
        return RegionMap.slotOf(hostVa) == VmLayout.POISON_SLOT;
    }
}
