package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeCache;
import io.stele.runtime.code.CodeSites;
import io.stele.runtime.code.RegionSite;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.AccessThunks;
import io.stele.runtime.memory.CoalescedMmio;
import io.stele.runtime.memory.FaultFills;
import io.stele.runtime.memory.HostMappings;
import io.stele.runtime.memory.HotRegions;
import io.stele.runtime.memory.RegionMap;
import io.stele.runtime.memory.WindowThunk;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.TrapFrame;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/** Serves generated code that could not go on: page faults, thunks that do not know a page, region checks. For the thread that has the lock. */
final class TrapService {
    /** A region check is corrected this often; after that it has seen so many regions that the table serves it best. */
    private static final int SITE_PATCHES = 3;
    /** Failed region checks that the table answers until Java is told of one: the more, the fewer of those that it is told of can be corrected. */
    private static final int LEAST_PATIENCE = 1 << 8;
    private static final int MOST_PATIENCE = 1 << 16;
    private static final int USELESS_MISSES = 64;
    private static final int MAX_ACCESS_BYTES = 16;
    /** How often it is looked whether checks of presence pay. */
    private static final long REVIEW_NANOS = 16_000_000;

    private final GuestIsa isa;
    private final GuestBus bus;
    private final CodeCache code;
    private final CodeSites sites;
    private final AccessThunks thunks;
    private final RegionMap regions;
    private final HostMappings spaces;
    private final CoalescedMmio mmio;
    private final VirtualCpus cpus;
    private final GuestEntry entry;
    private final Statistics statistics;
    private int patience = LEAST_PATIENCE;
    private long lastReview = System.nanoTime();

    TrapService(GuestIsa isa, GuestBus bus, CodeCache code, RegionMap regions, HostMappings spaces, CoalescedMmio mmio, VirtualCpus cpus,
            GuestEntry entry, Statistics statistics) {
        this.isa = isa;
        this.bus = bus;
        this.code = code;
        this.regions = regions;
        this.spaces = spaces;
        this.mmio = mmio;
        this.cpus = cpus;
        this.entry = entry;
        this.statistics = statistics;
        sites = code.sites();
        thunks = sites.thunks();
    }

    /** A vCPU is about to run for the first time. */
    void initialise(VirtualCpu cpu) {
        RawMemory.putInt(cpu.area() + CpuArea.REGION_PATIENCE, patience);
    }

    /** True if the trap is for a page that is not mapped, or not for writing: by a fault of the host, or by a thunk that looked first. */
    boolean isPageFault(long area) {
        return switch (RawMemory.getInt(area + TrapFrame.VECTOR)) {
            case TrapFrame.ACCESS -> thunks.checksPresence(thunk(area));
            case TrapFrame.REGION_MISS, TrapFrame.INTERPRET -> false;
            default -> true;
        };
    }

    /** VM address of the access of such a trap. */
    long accessedAddress(VirtualCpu cpu) {
        long area = cpu.area();
        boolean absent = RawMemory.getInt(area + TrapFrame.VECTOR) == TrapFrame.ACCESS;
        return absent ? sites.accessAddress(thunks.site(thunk(area)), area) : cpu.accessedAddress();
    }

    /** The thunk that trapped, by its number, or -1. */
    private int thunk(long area) {
        return thunks.find(RawMemory.getLong(area + TrapFrame.RIP));
    }

    /** Now and then, puts accesses back whose checks of presence do not pay. */
    void reviewThunks() {
        long now = System.nanoTime();
        if (now - lastReview > REVIEW_NANOS) {
            lastReview = now;
            sites.reviewThunks();
        }
    }

    /** Serves a request of the kind {@link Mailbox#KIND_TRAP}. */
    void serve(VirtualCpu cpu) {
        long area = cpu.area();
        int vector = RawMemory.getInt(area + TrapFrame.VECTOR);
        if (vector == TrapFrame.ACCESS) {
            int thunk = thunk(area);
            RawMemory.putLong(area + TrapFrame.RIP, thunks.site(thunk));
            if (thunks.checksPresence(thunk)) {
                statistics.absentPages++;
                thunks.spared(thunk);
                serveAbsentPage(cpu);
            } else {
                statistics.accessTraps++;
                serveAccess(cpu, thunk);
            }
        } else if (vector == TrapFrame.REGION_MISS) {
            statistics.regionMisses++;
            serveRegionMiss(cpu);
        } else if (vector == TrapFrame.PAGE_FAULT) {
            statistics.pageFaults++;
            servePageFault(cpu);
        } else if (vector == TrapFrame.INTERPRET) {
            statistics.leaveInterpret++;
            restore(cpu);
            entry.finish(cpu, isa.step(area));
        } else {
            long at = RawMemory.getLong(area + TrapFrame.RIP);
            throw new GuestError("internal error: exception " + vector + " in generated code at 0x" + Long.toHexString(at) + "; " + sites.describe(at));
        }
    }

    private void servePageFault(VirtualCpu cpu) {
        long area = cpu.area();
        int access = (RawMemory.getLong(area + TrapFrame.ERROR) & TrapFrame.ERROR_WRITE) != 0 ? Walk.WRITE : Walk.READ;
        long hostVa = cpu.accessedAddress();
        if (hostVa == VirtualCpu.UNKNOWN_ADDRESS || spaces.fills().allows(hostVa, access)) {
            // The instruction does not tell, or its second page has faulted.
            hostVa = cpu.faultAddress();
        }
        int thunk = thunk(area);
        if (thunk >= 0) {
            RawMemory.putLong(area + TrapFrame.RIP, thunks.site(thunk));
        }
        serveFault(cpu, hostVa, access, thunk < 0 && cpus.all()[0].exitsAreDear());
    }

    /** A thunk has found no page for an access that would have faulted. */
    private void serveAbsentPage(VirtualCpu cpu) {
        reviewThunks();
        long site = RawMemory.getLong(cpu.area() + TrapFrame.RIP);
        serveFault(cpu, sites.accessAddress(site, cpu.area()), sites.isStore(site) ? Walk.WRITE : Walk.READ, false);
    }

    /**
     * An access, in the trap frame as if it had not begun, that no page is mapped for.
     *
     * @param dear it has cost a fault of the host; an access with many of them looks first from then on
     */
    private void serveFault(VirtualCpu cpu, long hostVa, int access, boolean dear) {
        long area = cpu.area();
        if (VmLayout.isBetweenSlots(hostVa)) {
            // A base that is not checked anew each time has left its region, or an index has led out of it.
            emulate(cpu);
            return;
        }
        if (!regions.isGuestSlot(VmLayout.slotOf(hostVa))) {
            throw new GuestError("internal error: page fault at 0x" + Long.toHexString(hostVa) + " from 0x"
                    + Long.toHexString(RawMemory.getLong(area + TrapFrame.RIP)));
        }
        long site = RawMemory.getLong(area + TrapFrame.RIP);
        FaultFills.Fill result = spaces.fills().fill(area, hostVa, access, cpu.walk);
        if (dear && (result == FaultFills.Fill.MAPPED || result == FaultFills.Fill.ABORT)) {
            sites.faulted(site);
        }
        switch (result) {
            case MAPPED -> resume(cpu, site);
            case ABORT -> abort(cpu, hostVa, access);
            case EMULATE -> emulate(cpu);
            case NO_TABLES -> {
                restore(cpu);
                spaces.reset();
                entry.enter(cpu);
            }
            case EMULATE_ALWAYS -> {
                sites.divert(site, false);
                emulate(cpu);
            }
        }
    }

    private void emulate(VirtualCpu cpu) {
        statistics.emulatedAccesses++;
        restore(cpu);
        entry.finish(cpu, isa.step(cpu.area()));
    }

    /** An access thunk does not know the page. */
    private void serveAccess(VirtualCpu cpu, int thunk) {
        long area = cpu.area();
        long site = RawMemory.getLong(area + TrapFrame.RIP);
        long hostVa = sites.accessAddress(site, area);
        if (hostVa == 0 || !regions.isGuestSlot(VmLayout.slotOf(hostVa)) || regions.isForeign(area, hostVa)) {
            unpatchIfUseless(thunk);
            emulate(cpu);
            return;
        }
        boolean store = sites.isStore(site);
        long window = spaces.fills().window(area, hostVa, store ? Walk.WRITE : Walk.READ, cpu.walk);
        if (window == 0) {
            if (cpu.walk.ok) {
                mmio.admit(area, store, hostVa, cpu.walk.physical & -4096L | hostVa & 4095, sites.accessBytes(site));
                emulate(cpu);
            } else {
                abort(cpu, hostVa, store ? Walk.WRITE : Walk.READ);
            }
            return;
        }
        if (!spaces.fills().avoids(hostVa) && unpatchIfUseless(thunk)) {
            resume(cpu, site);
            return;
        }
        if ((hostVa & 4095) > 4096 - MAX_ACCESS_BYTES) {
            emulate(cpu);
            return;
        }
        WindowThunk.admit(area, store, hostVa & -4096L, cpu.walk);
        RawMemory.putLong(area + TrapFrame.RIP, thunks.start(thunk));
        resume(cpu, site);
    }

    /** Thunks that mostly meet ordinary pages go away again. */
    private boolean unpatchIfUseless(int thunk) {
        if (thunks.miss(thunk) < USELESS_MISSES) {
            return false;
        }
        cpus.stopOthers();
        thunks.unpatch(thunk);
        return true;
    }

    private void abort(VirtualCpu cpu, long hostVa, int access) {
        long area = cpu.area();
        long trapped = RawMemory.getLong(area + TrapFrame.RIP);
        boolean plain = sites.accessAddress(trapped, area) != 0 && sites.knowsK(trapped);
        long va = plain ? hostVa - sites.accessK(trapped, area) : 0;
        restore(cpu);
        spaces.prepared().cancel(cpu);
        cpu.abortPc = RawMemory.getLong(area + isa.pcOffset());
        cpu.abortAddress = hostVa;
        cpu.abortAccess = access;
        cpu.contextDirty = true;
        if (!plain) {
            // The interpreter takes the abort: it knows the address with its tag.
            statistics.emulatedAccesses++;
            entry.finish(cpu, isa.step(area));
            return;
        }
        statistics.guestAborts++;
        if (regions.view(VmLayout.slotOf(hostVa)) == GuestIsa.UNPRIVILEGED) {
            spaces.prepared().prepare(cpu, hostVa, cpu.abortPc, cpu.walk);
            if (access == Walk.WRITE && cpu.walk.lastEntry != 0 && RawMemory.getLong(bus.ramAddress(cpu.walk.lastEntry)) != 0) {
                code.finder().forget(regions.guestAddress(hostVa) & -4096L, 4096);
                spaces.prepared().prepareInvalidation(cpu, hostVa);
            }
        }
        isa.raiseAbort(area, regions.view(VmLayout.slotOf(hostVa)), va, access, cpu.walk);
        entry.enter(cpu);
    }

    private void serveRegionMiss(VirtualCpu cpu) {
        long area = cpu.area();
        RegionSite site = sites.regionSite(RawMemory.getLong(area + TrapFrame.RIP));
        RawMemory.putInt(area + CpuArea.REGION_PATIENCE, patience);
        int view = site.view();
        long base = RawMemory.getLong(area + CpuArea.TRAP_FRAME + site.baseRegister() * 8L);
        long va = regions.untagged(area, base);
        if (!regions.isActivated(area, view, va)) {
            isa.walk(area, view, va, Walk.READ, cpu.walk);
            if (!cpu.walk.ok) {
                // Not an address, or only base plus displacement is one; the interpreter knows the exact address.
                emulate(cpu);
                return;
            }
        }
        if (code.reachesFar() && regions.needsGranule(area, view, va)) {
            restore(cpu);
            code.reachNear();
            entry.enter(cpu);
            return;
        }
        if (spaces.activate(area, view, va)) {
            restore(cpu);
            entry.enter(cpu);
            return;
        }
        int region = RegionMap.regionOf(va);
        HotRegions hot = regions.hot(view);
        int given = hot.met(site.slot(), region);
        if (given >= 0) {
            restore(cpu);
            code.quiesce();
            hot.give(given, region);
            entry.enter(cpu);
            return;
        }
        boolean corrected = false;
        if (regions.hasRegionSlot(area, view, va)) {
            int index = hot.indexOrAdd(region);
            if (index >= 0 && va == base && site.misses() <= SITE_PATCHES) {
                cpus.stopOthers();
                site.patch(index);
                statistics.regionPatches++;
                corrected = true;
            }
        }
        if (!corrected) {
            hot.settle(site.slot(), region);
        }
        patience = corrected ? Math.max(LEAST_PATIENCE, patience / 2) : Math.min(MOST_PATIENCE, patience * 2);
        RawMemory.putLong(area + TrapFrame.RIP, site.check());
        resume(cpu, site.check());
    }

    /** Lets the code that trapped go on. @param site VM address in the block that it belongs to */
    private void resume(VirtualCpu cpu, long site) {
        sites.refreshRegions(site, cpu.area());
        isa.release(cpu.area());
        cpu.answer(Mailbox.COMMAND_RESUME);
    }

    /** Makes the guest state precise: as before the instruction that trapped. */
    private void restore(VirtualCpu cpu) {
        sites.restore(RawMemory.getLong(cpu.area() + TrapFrame.RIP), cpu.area());
    }
}
