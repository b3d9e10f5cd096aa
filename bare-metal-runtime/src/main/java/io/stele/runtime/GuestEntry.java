package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.guest.EntryPattern;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeCache;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.HostMappings;
import io.stele.runtime.memory.PageWalks;
import io.stele.runtime.memory.PreparedFills;
import io.stele.runtime.memory.RegionMap;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/** Lets a vCPU that is served go on at its guest pc: interrupts, aborts of fetches, the code there. For the thread that has the lock. */
final class GuestEntry {
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

    private final GuestIsa isa;
    private final GuestBus bus;
    private final CodeCache code;
    private final RegionMap regions;
    private final HostMappings spaces;
    private final VirtualCpus cpus;
    private final Statistics statistics;
    private final PageWalks around;
    private final EntryPattern pattern = new EntryPattern();
    private final int cores = Runtime.getRuntime().availableProcessors();

    GuestEntry(GuestIsa isa, GuestBus bus, CodeCache code, RegionMap regions, HostMappings spaces, VirtualCpus cpus, Statistics statistics) {
        this.isa = isa;
        this.bus = bus;
        this.code = code;
        this.regions = regions;
        this.spaces = spaces;
        this.cpus = cpus;
        this.statistics = statistics;
        around = new PageWalks(isa, bus);
    }

    /** A vCPU is about to run for the first time. */
    static void initialise(VirtualCpu cpu) {
        RawMemory.putLong(cpu.area() + CpuArea.PAUSES, PAUSES);
    }

    /**
     * The guest goes on after a wait. Where it has masked the interrupt that has ended the wait it will let it through soon, as kernels do
     * that wait with interrupts masked: the instructions until then are interpreted, which spares a request.
     */
    void goOn(VirtualCpu cpu) {
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
        enter(cpu);
    }

    /** Goes on behind an instruction that was executed for the guest. @param step what {@link GuestIsa#step} says of it */
    void finish(VirtualCpu cpu, int step) {
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
            enter(cpu);
        }
    }

    /** Continues at the guest pc: takes an interrupt if one gets through, finds or makes the code. */
    void enter(VirtualCpu cpu) {
        enter(cpu, 0);
    }

    /** The same behind an exit, which is linked to the code. @param exit VM address of its displacement; 0: none */
    void enter(VirtualCpu cpu, long exit) {
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
                spaces.contextChanged(cpu);
                if (spaces.prepared().isForeign(cpu)) {
                    spaces.prepared().cancel(cpu);
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
            code.links().linkRequested(link, RawMemory.getLong(area + isa.pcOffset()), address);
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
     * ({@link PreparedFills#prepare}). Gives up when the guest does something else at the unprivileged level.
     */
    private void settleAbort(VirtualCpu cpu) {
        long area = cpu.area();
        boolean repeated = RawMemory.getLong(area + isa.pcOffset()) == cpu.abortPc;
        if (!repeated && isa.dataView(isa.codeMode(area)) != GuestIsa.UNPRIVILEGED) {
            return;
        }
        spaces.prepared().cancel(cpu);
        long hostVa = cpu.abortAddress;
        cpu.abortAddress = 0;
        cpu.contextDirty = true;
        int slot = VmLayout.slotOf(hostVa);
        if (repeated && regions.isGuestSlot(slot) && regions.key(slot) == isa.spaceKey(area, regions.view(slot), regions.guestAddress(hostVa))) {
            spaces.fills().fill(area, hostVa, cpu.abortAccess, cpu.walk);
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
        RawMemory.putInt(area + CpuArea.CONTEXT, CpuArea.contextWord(tag));
        long known = code.finder().probe(cpu, pc, tag);
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
                code.finder().lookUpNear(cpu, pc, tag, walk, pattern, isa.pageMode(mode, walk));
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
                code.finder().announce(cpu, page, walk.physical, contents, isa.pageMode(mode, walk), tag);
            }
        }
    }
}
