package io.stele.runtime.memory;

import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;

/** Makes entries of the host page tables from the guest's own when accesses have faulted. */
public final class FaultFills {
    /** Pages around a faulting one that are filled with it. */
    private static final int FAULT_AROUND_PAGES = 64;

    private static final long LARGE = PageTables.LARGE_BYTES;

    /**
     * Outcome of {@link #fill}; EMULATE_ALWAYS: accesses to this page will never be mapped; NO_TABLES: {@link HostMappings#reset} first.
     */
    public enum Fill { MAPPED, ABORT, EMULATE, EMULATE_ALWAYS, NO_TABLES }

    private final GuestIsa isa;
    private final GuestBus bus;
    private final PageTables tables;
    private final RegionMap regions;
    private final EntryRemoval removal;
    private final Churn churn;
    private final IdleLists idle;
    private final Statistics statistics;
    private final PageWalks walks;
    private final Walk probe = new Walk();

    FaultFills(GuestIsa isa, GuestBus bus, PageTables tables, RegionMap regions, EntryRemoval removal, Churn churn, IdleLists idle,
            Statistics statistics) {
        this.isa = isa;
        this.bus = bus;
        this.tables = tables;
        this.regions = regions;
        this.removal = removal;
        this.churn = churn;
        this.idle = idle;
        this.statistics = statistics;
        walks = new PageWalks(isa, bus);
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
        idle.forget();
        int slot = VmLayout.slotOf(hostVa);
        int view = regions.view(slot);
        long va = regions.guestAddress(hostVa);
        boolean edge = RegionMap.isEdge(slot, hostVa);
        if (edge && regions.isForeign(state, hostVa)) {
            return Fill.EMULATE;
        }
        isa.walk(state, view, va, access, walk);
        if (!walk.ok) {
            return Fill.ABORT;
        }
        if (walk.device || bus.ramAddress(walk.physical) == 0 || churn.isChurning(hostVa)) {
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
            if (host == (hostVa & ~4095L) || tables.leafEntry(host) != 0 || churn.isChurning(host)) {
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
            removal.remove(VmLayout.slotOf(hostVa), hostVa);
            removal.flush();
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

    /** True if an access to the page does not fault. */
    public boolean allows(long hostVa, int access) {
        long entry = tables.leafEntry(hostVa);
        return entry != 0 && (access == Walk.READ || tables.isWritable(entry));
    }

    /** True if the page is not mapped, as it is remapped all the time. */
    public boolean avoids(long hostVa) {
        return churn.isChurning(hostVa);
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
        idle.forgetOfOthers();
        isa.walk(state, regions.view(VmLayout.slotOf(hostVa)), regions.guestAddress(hostVa), access, walk);
        if (!walk.ok || walk.device || bus.ramAddress(walk.physical) == 0) {
            return 0;
        }
        return VmLayout.RAM_WINDOW + walk.physical;
    }
}
