package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.codegen.IdleMaintenance;
import io.stele.codegen.Stubs;
import io.stele.guest.EntryPattern;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeCache;
import io.stele.runtime.code.RegionSite;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.RuntimeListener;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.CoalescedMmio;
import io.stele.runtime.memory.HostMappings;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.memory.PageWalks;
import io.stele.runtime.memory.RegionMap;
import io.stele.runtime.memory.Shootdown;
import io.stele.runtime.memory.WindowThunk;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/** Answers the requests of VM code: links, misses, interpreted instructions, faults, region misses. For the thread that has the lock. */
public final class GuestServices {
    /** A region check is corrected this often; after that it has seen so many regions that the table serves it best. */
    private static final int SITE_PATCHES = 3;
    /** Failed region checks that the table answers until Java is told of one: the more, the fewer of those that it is told of can be corrected. */
    private static final int LEAST_PATIENCE = 1 << 8;
    private static final int MOST_PATIENCE = 1 << 16;
    private static final int USELESS_MISSES = 64;
    private static final int MAX_ACCESS_BYTES = 16;
    /** How often it is looked whether checks of presence pay. */
    private static final long REVIEW_NANOS = 16_000_000;
    /** Aborts of fetches that are taken one after the other before others get their turn. */
    private static final int ABORTS_AT_ONCE = 64;

    /** Instructions that are interpreted after a wait until the interrupt is let through. */
    private static final int STEPS_TO_INTERRUPT = 16;

    /** Pauses of a guest until Java is told of one: where each vCPU may have a core, and where some have to wait for one. */
    private static final long PAUSES = 1 << 14;
    private static final long CROWDED_PAUSES = 1 << 8;

    /** Instead of an address of code: others may have changed everything. */
    private static final long LOOK_AGAIN = -1;

    /** Pages that are looked at together: those that Linux maps together at a fault in a file. */
    private static final int ANNOUNCED_PAGES = 16;

    /** For {@link RuntimeListener}: a fault of the host, or what has spared one. */
    private static final String PAGE_FAULT = "page fault";

    /** Null unless somebody wants to know. */
    private RuntimeListener listener;
    private int patience = LEAST_PATIENCE;
    private long lastReview = System.nanoTime();
    private final GuestIsa isa;
    private final GuestBus bus;
    private final CodeCache code;
    private final RegionMap regions;
    private final HostMappings spaces;
    private final Statistics statistics;
    private final Shootdown shootdown;
    private final VirtualCpus cpus;
    private final CoalescedMmio mmio;
    private final PageWalks around;
    private final EntryPattern pattern = new EntryPattern();
    private final int cores = Runtime.getRuntime().availableProcessors();

    GuestServices(GuestIsa isa, GuestBus bus, long host, VirtualCpus cpus, PageTables tables, MachineLock lock, Statistics statistics,
            Consumer<String> log) {
        this.isa = isa;
        this.bus = bus;
        this.statistics = statistics;
        this.cpus = cpus;
        regions = new RegionMap(isa, cpus);
        shootdown = new Shootdown(cpus, statistics);
        spaces = new HostMappings(isa, bus, tables, regions, cpus, shootdown, this::quiesce, statistics);
        mmio = new CoalescedMmio(bus, cpus.all());
        around = new PageWalks(isa, bus);
        code = new CodeCache(host, isa, bus::ramAddress, regions, cpus, lock, statistics, log);
    }

    private void quiesce() {
        code.quiesce();
    }

    /** The code cache, for dumps. */
    public CodeCache code() {
        return code;
    }

    /** Device accesses that make no requests. */
    CoalescedMmio mmio() {
        return mmio;
    }

    /** Tells where guest RAM is. */
    void mapRam(long physical, long bytes) {
        spaces.mapWindow(physical, bytes);
        for (VirtualCpu cpu : cpus.all()) {
            cpu.fill().initialise(physical, bytes, PageTables.READABLE);
            WindowThunk.initialise(cpu.area(), VmLayout.cpuArea(cpu.index()), physical, bytes, VmLayout.RAM_WINDOW);
        }
        mmio.initialise();
    }

    /** A vCPU is about to run for the first time. */
    void initialise(VirtualCpu cpu) {
        RawMemory.putInt(cpu.area() + CpuArea.REGION_PATIENCE, patience);
        RawMemory.putLong(cpu.area() + CpuArea.PAUSES, PAUSES);
        cpus.serving(cpu);
        spaces.initialise(cpu);
    }

    /** Starts a vCPU that is off, at its guest pc. */
    void turnOn(VirtualCpu cpu) {
        spaces.initialise(cpu);
        spaces.cancelFill(cpu);
        cpu.abortAddress = 0;
        cpu.contextDirty = true;
        cpu.turnOn();
    }

    void listen(RuntimeListener to) {
        listener = to;
        code.listen(to);
    }

    /** Serves the request of a vCPU and lets it go on, unless the guest waits for an interrupt. */
    void serve(VirtualCpu cpu) {
        if (listener == null) {
            serveRequest(cpu);
            return;
        }
        listener.requestStarts();
        long area = cpu.area();
        String kind = kind(cpu);
        long address = RawMemory.getLong(area + isa.pcOffset());
        if (kind.equals(PAGE_FAULT)) {
            boolean absent = RawMemory.getInt(area + RuntimeStubs.FRAME_VECTOR) == RuntimeStubs.ACCESS;
            address = absent ? code.accessAddress(code.thunks().site(thunk(area)), area) : cpu.accessedAddress();
        }
        serveRequest(cpu);
        listener.requestEnds(cpu.index(), kind, address);
    }

    /** The thunk that trapped, by its number, or -1. */
    private int thunk(long area) {
        return code.thunks().find(RawMemory.getLong(area + RuntimeStubs.FRAME_RIP));
    }

    private String kind(VirtualCpu cpu) {
        long area = cpu.area();
        return switch (cpu.mailbox().kind()) {
            case Mailbox.KIND_TRAP -> switch (RawMemory.getInt(area + RuntimeStubs.FRAME_VECTOR)) {
                case RuntimeStubs.ACCESS -> code.thunks().checksPresence(thunk(area)) ? PAGE_FAULT : "access thunk";
                case RuntimeStubs.REGION_MISS -> "region miss";
                default -> PAGE_FAULT;
            };
            case Mailbox.KIND_LEAVE -> switch (RawMemory.getInt(area + CpuArea.LEAVE_REASON)) {
                case Stubs.REASON_LINK -> "link";
                case Stubs.REASON_MISS -> "miss";
                case Stubs.REASON_INTERRUPT -> "interrupt";
                case Stubs.REASON_INTERPRET -> "interpret";
                default -> "guest call";
            };
            default -> "code";
        };
    }

    private void serveRequest(VirtualCpu cpu) {
        mmio.drain();
        cpus.serving(cpu);
        isa.synchronise(cpu.area());
        if (spaces.fillTaken(cpu)) {
            cpu.abortAddress = 0;
        }
        switch (cpu.mailbox().kind()) {
            case Mailbox.KIND_TRAP -> serveTrap(cpu);
            case Mailbox.KIND_LEAVE -> serveLeave(cpu);
            default -> start(cpu);
        }
    }

    /**
     * The guest goes on after a wait. Where it has masked the interrupt that has ended the wait it will let it through soon, as kernels do
     * that wait with interrupts masked: the instructions until then are interpreted, which spares a request.
     */
    private void start(VirtualCpu cpu) {
        long area = cpu.area();
        for (int n = 0; n < STEPS_TO_INTERRUPT && RawMemory.getIntVolatile(area + CpuArea.INTERRUPT_LINE) != 0; n++) {
            if (isa.takeInterrupt(area)) {
                cpu.contextDirty = true;
                break;
            }
            int step = isa.step(area);
            if (step != GuestIsa.STEP_NEXT && step != GuestIsa.STEP_BRANCH) {
                finish(cpu, step);
                return;
            }
        }
        enterGuest(cpu);
    }

    private void serveLeave(VirtualCpu cpu) {
        long area = cpu.area();
        int reason = RawMemory.getInt(area + CpuArea.LEAVE_REASON);
        switch (reason) {
            case Stubs.REASON_LINK -> {
                statistics.leaveLink++;
                enterGuestLinking(cpu, RawMemory.getLong(area + CpuArea.LEAVE_ARGUMENT));
            }
            case Stubs.REASON_MISS -> {
                statistics.leaveMiss++;
                enterGuest(cpu);
            }
            case Stubs.REASON_INTERRUPT -> {
                statistics.leaveInterrupt++;
                reviewThunks();
                enterGuest(cpu);
            }
            case Stubs.REASON_INTERPRET -> {
                statistics.leaveInterpret++;
                finish(cpu, isa.step(area));
            }
            default -> {
                statistics.leaveGuest++;
                finish(cpu, isa.handleLeave(area, reason, RawMemory.getLong(area + CpuArea.LEAVE_ARGUMENT)));
            }
        }
    }

    private void reviewThunks() {
        long now = System.nanoTime();
        if (now - lastReview > REVIEW_NANOS) {
            lastReview = now;
            code.reviewThunks();
        }
    }

    private void finish(VirtualCpu cpu, int step) {
        if (step == GuestIsa.STEP_STOP) {
            cpu.turnOff();
        } else if (step == GuestIsa.STEP_WAIT && RawMemory.getIntVolatile(cpu.area() + CpuArea.INTERRUPT_LINE) == 0) {
            statistics.waits++;
            cpu.mailbox().startWait();
        } else {
            if (step == GuestIsa.STEP_PAUSE) {
                statistics.pauses++;
                boolean crowded = cpus.wantedCores() > cores;
                RawMemory.putLong(cpu.area() + CpuArea.PAUSES, crowded ? CROWDED_PAUSES : PAUSES);
                if (crowded) {
                    cpu.giveWay();
                }
            }
            enterGuest(cpu);
        }
    }

    /** Continues at the guest pc: takes an interrupt if one gets through, finds or makes the code. */
    private void enterGuest(VirtualCpu cpu) {
        enterGuestLinking(cpu, 0);
    }

    private void enterGuestLinking(VirtualCpu cpu, long exit) {
        long area = cpu.area();
        long link = exit;
        int generation = code.generation();
        if (takeInterrupt(cpu)) {
            link = 0;
        }
        long address = 0;
        int aborts = 0;
        if (cpu.abortAddress != 0) {
            settleAbort(cpu);
        }
        while (address <= 0 || cpu.contextDirty) {
            if (address == LOOK_AGAIN && takeInterrupt(cpu)) {
                link = 0;
            }
            if (cpu.contextDirty) {
                cpu.contextDirty = false;
                spaces.contextChanged(cpu, false);
                if (spaces.isFillForeign(cpu)) {
                    spaces.cancelFill(cpu);
                    cpu.abortAddress = 0;
                }
                code.contexts().publishLevels(cpu, cpu.abortAddress == 0 || cpu.fill().isReady());
            }
            address = locate(cpu);
            if (address == 0) {
                link = 0;
                if (++aborts == ABORTS_AT_ONCE) {
                    cpu.leaveOpen();
                    return;
                }
            }
        }
        if (link != 0 && generation == code.generation()) {
            code.linkRequested(link, RawMemory.getLong(area + isa.pcOffset()), address);
        }
        RawMemory.putLong(area + CpuArea.PAGE_ADDRESS, RawMemory.getLong(area + isa.pcOffset()) & -4096L);
        RawMemory.putLong(area + CpuArea.RESUME, address);
        VirtualCpus.settle(cpu);
        isa.release(area);
        cpu.answer(Mailbox.COMMAND_DISPATCH);
    }

    private boolean takeInterrupt(VirtualCpu cpu) {
        long area = cpu.area();
        isa.settlePc(area);
        if (RawMemory.getIntVolatile(area + CpuArea.INTERRUPT_LINE) == 0 || !isa.takeInterrupt(area)) {
            return false;
        }
        cpu.contextDirty = true;
        return true;
    }

    /**
     * When the guest has handled an abort and repeats the access, fills the page, which spares the fault, if VM code could not
     * ({@link HostMappings#prepareFill}). Gives up when the guest does something else at the unprivileged level.
     */
    private void settleAbort(VirtualCpu cpu) {
        long area = cpu.area();
        boolean repeated = RawMemory.getLong(area + isa.pcOffset()) == cpu.abortPc;
        if (!repeated && isa.dataView(isa.codeMode(area)) != GuestIsa.UNPRIVILEGED) {
            return;
        }
        spaces.cancelFill(cpu);
        long hostVa = cpu.abortAddress;
        cpu.abortAddress = 0;
        cpu.contextDirty = true;
        int slot = VmLayout.slotOf(hostVa);
        if (repeated && regions.isGuestSlot(slot) && regions.key(slot) == isa.spaceKey(area, regions.view(slot), regions.guestAddress(hostVa))) {
            spaces.fill(area, hostVa, cpu.abortAccess, cpu.walk);
        }
    }

    /** VM address of the code of the current pc, or 0 after an abort was taken instead, or LOOK_AGAIN. */
    private long locate(VirtualCpu cpu) {
        long area = cpu.area();
        isa.settlePc(area);
        long pc = RawMemory.getLong(area + isa.pcOffset());
        if ((pc & GuestIsa.INSTRUCTION_ALIGNMENT - 1) != 0) {
            isa.step(area);
            return 0;
        }
        int mode = isa.codeMode(area);
        int view = isa.dataView(mode);
        int tag = code.contexts().of(area, pc, mode);
        RawMemory.putLong(area + CpuArea.CONTEXT_TAG, tag);
        long known = code.probe(cpu, pc, tag);
        if (known != 0) {
            return known;
        }
        spaces.forgetIdle();
        Walk walk = cpu.walk;
        isa.walk(area, view, pc, Walk.EXECUTE, walk);
        if (!walk.ok) {
            statistics.guestAborts++;
            isa.raiseAbort(area, view, pc, Walk.EXECUTE, walk);
            cpu.contextDirty = true;
            return 0;
        }
        long contents = bus.ramAddress(walk.physical & -4096L);
        if (contents == 0) {
            // Nothing to translate there; the interpreter takes the abort of the fetch.
            statistics.guestAborts++;
            isa.step(area);
            cpu.contextDirty = true;
            return 0;
        }
        long translated = statistics.blocks;
        cpu.askForCode();
        long address = code.enter(cpu, pc, walk.physical & -4096L, contents, isa.pageMode(mode, walk), tag);
        if (address == 0) {
            cpus.serving(cpu);
            return LOOK_AGAIN;
        }
        if (isa.isCodeModeOfSpace(area)) {
            if (view == GuestIsa.UNPRIVILEGED && walk.entry != 0 && isa.entryPattern(area, pattern)
                    && (walk.entryAttributes & pattern.mask) == pattern.value) {
                code.lookUpNear(cpu, pc, tag, walk, pattern.noted, isa.pageMode(mode, walk));
            }
            if (statistics.blocks == translated) {
                announceAround(cpu, view, pc, mode, tag);
            }
        }
        return address;
    }

    /** Where a space meets a page whose code is known already, that of the pages around it is likely to be known, too, and wanted soon. */
    private void announceAround(VirtualCpu cpu, int view, long pc, int mode, int tag) {
        long window = ANNOUNCED_PAGES * 4096L;
        around.begin(cpu.area(), view, Walk.EXECUTE);
        for (long page = pc & -window; page < (pc & -window) + window; page += 4096) {
            if (page == (pc & -4096L)) {
                continue;
            }
            Walk walk = around.at(page);
            long contents = walk.ok ? bus.ramAddress(walk.physical) : 0;
            if (contents != 0) {
                code.announce(cpu, page, walk.physical, contents, isa.pageMode(mode, walk), tag);
            }
        }
    }

    private void serveTrap(VirtualCpu cpu) {
        long area = cpu.area();
        int vector = RawMemory.getInt(area + RuntimeStubs.FRAME_VECTOR);
        if (vector == RuntimeStubs.ACCESS) {
            int thunk = thunk(area);
            RawMemory.putLong(area + RuntimeStubs.FRAME_RIP, code.thunks().site(thunk));
            if (code.thunks().checksPresence(thunk)) {
                statistics.absentPages++;
                code.thunks().spared(thunk);
                serveAbsentPage(cpu);
            } else {
                statistics.accessTraps++;
                serveAccess(cpu, thunk);
            }
        } else if (vector == RuntimeStubs.REGION_MISS) {
            statistics.regionMisses++;
            serveRegionMiss(cpu);
        } else if (vector == RuntimeStubs.PAGE_FAULT) {
            statistics.pageFaults++;
            servePageFault(cpu);
        } else {
            throw new GuestError("internal error: exception " + vector + " in generated code at 0x"
                    + Long.toHexString(RawMemory.getLong(area + RuntimeStubs.FRAME_RIP)) + "; " + code.describe(RawMemory.getLong(area + RuntimeStubs.FRAME_RIP)));
        }
    }

    private void servePageFault(VirtualCpu cpu) {
        long area = cpu.area();
        int access = (RawMemory.getLong(area + RuntimeStubs.FRAME_ERROR) & RuntimeStubs.ERROR_WRITE) != 0 ? Walk.WRITE : Walk.READ;
        long hostVa = cpu.accessedAddress();
        if (hostVa == VirtualCpu.UNKNOWN_ADDRESS || spaces.allows(hostVa, access)) {
            // The instruction does not tell, or its second page has faulted.
            hostVa = cpu.faultAddress();
        }
        int thunk = thunk(area);
        if (thunk >= 0) {
            RawMemory.putLong(area + RuntimeStubs.FRAME_RIP, code.thunks().site(thunk));
        }
        serveFault(cpu, hostVa, access, thunk < 0 && cpus.all()[0].exitsAreDear());
    }

    /** A thunk has found no page for an access that would have faulted. */
    private void serveAbsentPage(VirtualCpu cpu) {
        reviewThunks();
        long site = RawMemory.getLong(cpu.area() + RuntimeStubs.FRAME_RIP);
        serveFault(cpu, code.accessAddress(site, cpu.area()), code.isStore(site) ? Walk.WRITE : Walk.READ, false);
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
                    + Long.toHexString(RawMemory.getLong(area + RuntimeStubs.FRAME_RIP)));
        }
        long site = RawMemory.getLong(area + RuntimeStubs.FRAME_RIP);
        HostMappings.Fill result = spaces.fill(area, hostVa, access, cpu.walk);
        if (dear && (result == HostMappings.Fill.MAPPED || result == HostMappings.Fill.ABORT)) {
            code.faulted(site);
        }
        switch (result) {
            case MAPPED -> resume(cpu, site);
            case ABORT -> abort(cpu, hostVa, access);
            case EMULATE -> emulate(cpu);
            case NO_TABLES -> {
                restore(cpu);
                spaces.reset();
                enterGuest(cpu);
            }
            case EMULATE_ALWAYS -> {
                code.divert(site, false);
                emulate(cpu);
            }
        }
    }

    private void emulate(VirtualCpu cpu) {
        statistics.emulatedAccesses++;
        restore(cpu);
        finish(cpu, isa.step(cpu.area()));
    }

    /** An access thunk does not know the page. */
    private void serveAccess(VirtualCpu cpu, int thunk) {
        long area = cpu.area();
        long site = RawMemory.getLong(area + RuntimeStubs.FRAME_RIP);
        long hostVa = code.accessAddress(site, area);
        if (hostVa == 0 || !regions.isGuestSlot(VmLayout.slotOf(hostVa)) || spaces.isForeign(area, hostVa)) {
            unpatchIfUseless(thunk);
            emulate(cpu);
            return;
        }
        boolean store = code.isStore(site);
        long window = spaces.window(area, hostVa, store ? Walk.WRITE : Walk.READ, cpu.walk);
        if (window == 0) {
            if (cpu.walk.ok) {
                mmio.admit(area, store, hostVa, cpu.walk.physical & -4096L | hostVa & 4095, code.accessBytes(site));
                emulate(cpu);
            } else {
                abort(cpu, hostVa, store ? Walk.WRITE : Walk.READ);
            }
            return;
        }
        if (!spaces.churning(hostVa) && unpatchIfUseless(thunk)) {
            resume(cpu, site);
            return;
        }
        if ((hostVa & 4095) > 4096 - MAX_ACCESS_BYTES) {
            emulate(cpu);
            return;
        }
        WindowThunk.admit(area, store, hostVa & -4096L, cpu.walk);
        RawMemory.putLong(area + RuntimeStubs.FRAME_RIP, code.thunks().start(thunk));
        resume(cpu, site);
    }

    /** Thunks that mostly meet ordinary pages go away again. */
    private boolean unpatchIfUseless(int thunk) {
        if (code.thunks().miss(thunk) < USELESS_MISSES) {
            return false;
        }
        cpus.stopOthers();
        code.thunks().unpatch(thunk);
        return true;
    }

    private void abort(VirtualCpu cpu, long hostVa, int access) {
        long area = cpu.area();
        long trapped = RawMemory.getLong(area + RuntimeStubs.FRAME_RIP);
        boolean plain = code.accessAddress(trapped, area) != 0 && code.knowsK(trapped);
        long va = plain ? hostVa - code.accessK(trapped, area) : 0;
        restore(cpu);
        spaces.cancelFill(cpu);
        cpu.abortPc = RawMemory.getLong(area + isa.pcOffset());
        cpu.abortAddress = hostVa;
        cpu.abortAccess = access;
        cpu.contextDirty = true;
        if (!plain) {
            // The interpreter takes the abort: it knows the address with its tag.
            statistics.emulatedAccesses++;
            finish(cpu, isa.step(area));
            return;
        }
        statistics.guestAborts++;
        if (regions.view(VmLayout.slotOf(hostVa)) == GuestIsa.UNPRIVILEGED) {
            spaces.prepareFill(cpu, hostVa, cpu.abortPc, cpu.walk);
            if (access == Walk.WRITE && cpu.walk.lastEntry != 0 && RawMemory.getLong(bus.ramAddress(cpu.walk.lastEntry)) != 0) {
                code.invalidateProbes(regions.guestAddress(hostVa) & -4096L, 4096);
                spaces.prepareInvalidation(cpu, hostVa);
            }
        }
        isa.raiseAbort(area, regions.view(VmLayout.slotOf(hostVa)), va, access, cpu.walk);
        enterGuest(cpu);
    }

    private void serveRegionMiss(VirtualCpu cpu) {
        long area = cpu.area();
        RegionSite site = code.regionSite(RawMemory.getLong(area + RuntimeStubs.FRAME_RIP));
        RawMemory.putInt(area + CpuArea.REGION_PATIENCE, patience);
        int view = site.view();
        long base = RawMemory.getLong(area + CpuArea.TRAP_FRAME + site.baseRegister() * 8L);
        long va = regions.untagged(area, base);
        if (!spaces.isActivated(area, view, va)) {
            isa.walk(area, view, va, Walk.READ, cpu.walk);
            if (!cpu.walk.ok) {
                // Not an address, or only base plus displacement is one; the interpreter knows the exact address.
                emulate(cpu);
                return;
            }
        }
        if (code.reachesFar() && spaces.needsGranule(area, view, va)) {
            restore(cpu);
            code.reachNear();
            enterGuest(cpu);
            return;
        }
        if (spaces.activate(area, view, va)) {
            restore(cpu);
            enterGuest(cpu);
            return;
        }
        int region = RegionMap.regionOf(va);
        regions.met(view, site.slot(), region);
        boolean corrected = false;
        if (spaces.hasRegionSlot(area, view, va)) {
            int index = regions.hotIndexOrAdd(view, region);
            if (index >= 0 && va == base && site.misses() <= SITE_PATCHES) {
                cpus.stopOthers();
                site.patch(index);
                statistics.regionPatches++;
                corrected = true;
            }
        }
        patience = corrected ? Math.max(LEAST_PATIENCE, patience / 2) : Math.min(MOST_PATIENCE, patience * 2);
        RawMemory.putLong(area + RuntimeStubs.FRAME_RIP, site.check());
        resume(cpu, site.check());
    }

    /** Lets the code that trapped go on. @param site VM address in the block that it belongs to */
    private void resume(VirtualCpu cpu, long site) {
        code.refreshRegions(site, cpu.area());
        isa.release(cpu.area());
        cpu.answer(Mailbox.COMMAND_RESUME);
    }

    /** Makes the guest state precise: as before the instruction that trapped. */
    private void restore(VirtualCpu cpu) {
        code.restore(RawMemory.getLong(cpu.area() + RuntimeStubs.FRAME_RIP), cpu.area());
    }

    boolean endWait(long state) {
        return cpus.of(state).endWait();
    }

    void contextChanged(long state) {
        IdleMaintenance.clearCode(state);
        cpus.of(state).contextDirty = true;
    }

    void invalidateTranslations(LongPredicate keys, long va, long bytes) {
        spaces.forgetIdle();
        code.forgetLookups();
        if (bytes < 0) {
            code.contexts().retire(keys);
            for (VirtualCpu cpu : cpus.all()) {
                if (cpu == cpus.served()) {
                    cpu.contextDirty = true;
                } else if (isIn(cpu, keys, 0) || isIn(cpu, keys, -1)) {
                    cpu.contextDirty = true;
                    cpus.stop(cpu);
                }
            }
        } else {
            code.invalidateProbes(va, bytes);
            concernWhoExecutes(keys, va, bytes);
        }
        spaces.invalidate(keys, va, bytes, false);
        cpus.await();
    }

    /** True if a vCPU that is on has a current space of these. */
    private boolean isIn(VirtualCpu cpu, LongPredicate keys, long va) {
        return cpu.mailbox().isOn() && (keys.test(isa.spaceKey(cpu.area(), GuestIsa.UNPRIVILEGED, va))
                || keys.test(isa.spaceKey(cpu.area(), GuestIsa.PRIVILEGED, va)));
    }

    /** Other vCPUs that may execute code of these addresses leave it before the invalidation is complete. */
    private void concernWhoExecutes(LongPredicate keys, long va, long bytes) {
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served() && code.mayExecute(cpu, va, bytes) && isIn(cpu, keys, va)) {
                shootdown.concerns(1L << cpu.index());
            }
        }
    }

    boolean invalidateLastLevel(LongPredicate keys, long va, long bytes) {
        for (VirtualCpu cpu : cpus.all()) {
            IdleMaintenance.clearCode(cpu.area());
        }
        code.invalidateProbes(va, bytes);
        concernWhoExecutes(keys, va, bytes);
        return spaces.invalidate(keys, va, bytes, true) && bytes == 4096 && !code.isLookedUp(va);
    }

    /** True if the list of another vCPU names the page. */
    boolean isIdleElsewhere(long state, long va) {
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu.area() != state && IdleMaintenance.names(cpu.area(), va)) {
                return true;
            }
        }
        return false;
    }

    void stopOthers() {
        cpus.stopOthers();
    }

    void codeModified(long physical, int bytes) {
        code.modified(physical, bytes);
    }

    void allCodeModified() {
        code.allModified();
    }
}
