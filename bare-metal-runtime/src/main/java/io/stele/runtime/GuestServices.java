package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.codegen.IdleMaintenance;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeCache;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.RuntimeListener;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.CoalescedMmio;
import io.stele.runtime.memory.HostMappings;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.memory.RegionMap;
import io.stele.runtime.memory.Shootdown;
import io.stele.runtime.memory.WindowThunk;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.TrapFrame;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/** Answers the requests of VM code: links, misses, interpreted instructions, faults, region misses. For the thread that has the lock. */
public final class GuestServices {
    /** For {@link RuntimeListener}: a fault of the host, or what has spared one. */
    private static final String PAGE_FAULT = "page fault";

    /** Null unless somebody wants to know. */
    private RuntimeListener listener;
    private final GuestIsa isa;
    private final GuestBus bus;
    private final CodeCache code;
    private final HostMappings spaces;
    private final Statistics statistics;
    private final Shootdown shootdown;
    private final VirtualCpus cpus;
    private final CoalescedMmio mmio;
    private final GuestEntry entry;
    private final TrapService traps;

    GuestServices(GuestIsa isa, GuestBus bus, long host, VirtualCpus cpus, PageTables tables, MachineLock lock, Statistics statistics,
            Consumer<String> log) {
        this.isa = isa;
        this.bus = bus;
        this.statistics = statistics;
        this.cpus = cpus;
        RegionMap regions = new RegionMap(isa, cpus);
        shootdown = new Shootdown(cpus, statistics);
        spaces = new HostMappings(isa, bus, tables, regions, cpus, shootdown, this::quiesce, statistics);
        mmio = new CoalescedMmio(bus, cpus.all());
        code = new CodeCache(host, isa, bus::ramAddress, regions, cpus, lock, statistics, log);
        entry = new GuestEntry(isa, bus, code, regions, spaces, cpus, statistics);
        traps = new TrapService(isa, bus, code, regions, spaces, mmio, cpus, entry, statistics);
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
        spaces.fills().mapWindow(physical, bytes);
        for (VirtualCpu cpu : cpus.all()) {
            cpu.fill().initialise(physical, bytes, PageTables.READABLE);
            WindowThunk.initialise(cpu.area(), VmLayout.cpuArea(cpu.index()), physical, bytes, VmLayout.RAM_WINDOW);
        }
        mmio.initialise();
    }

    /** A vCPU is about to run for the first time. */
    void initialise(VirtualCpu cpu) {
        traps.initialise(cpu);
        GuestEntry.initialise(cpu);
        cpus.serving(cpu);
        spaces.initialise(cpu);
    }

    /** Starts a vCPU that is off, at its guest pc. */
    void turnOn(VirtualCpu cpu) {
        spaces.initialise(cpu);
        spaces.prepared().cancel(cpu);
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
            address = traps.accessedAddress(cpu);
        }
        serveRequest(cpu);
        listener.requestEnds(cpu.index(), kind, address);
    }

    private String kind(VirtualCpu cpu) {
        long area = cpu.area();
        return switch (cpu.mailbox().kind()) {
            case Mailbox.KIND_TRAP -> traps.isPageFault(area) ? PAGE_FAULT : switch (RawMemory.getInt(area + TrapFrame.VECTOR)) {
                case TrapFrame.ACCESS -> "access thunk";
                case TrapFrame.INTERPRET -> "interpret";
                default -> "region miss";
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
        if (spaces.prepared().taken(cpu)) {
            cpu.abortAddress = 0;
        }
        switch (cpu.mailbox().kind()) {
            case Mailbox.KIND_TRAP -> traps.serve(cpu);
            case Mailbox.KIND_LEAVE -> serveLeave(cpu);
            default -> entry.goOn(cpu);
        }
    }

    private void serveLeave(VirtualCpu cpu) {
        long area = cpu.area();
        int reason = RawMemory.getInt(area + CpuArea.LEAVE_REASON);
        switch (reason) {
            case Stubs.REASON_LINK -> {
                statistics.leaveLink++;
                entry.enter(cpu, RawMemory.getLong(area + CpuArea.LEAVE_ARGUMENT));
            }
            case Stubs.REASON_MISS -> {
                statistics.leaveMiss++;
                entry.enter(cpu);
            }
            case Stubs.REASON_INTERRUPT -> {
                statistics.leaveInterrupt++;
                traps.reviewThunks();
                entry.enter(cpu);
            }
            case Stubs.REASON_INTERPRET -> {
                statistics.leaveInterpret++;
                entry.finish(cpu, isa.step(area));
            }
            default -> {
                statistics.leaveGuest++;
                entry.finish(cpu, isa.handleLeave(area, reason, RawMemory.getLong(area + CpuArea.LEAVE_ARGUMENT)));
            }
        }
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
        code.finder().forgetLookups();
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
            code.finder().forget(va, bytes);
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
            if (cpu != cpus.served() && code.finder().mayExecute(cpu, va, bytes) && isIn(cpu, keys, va)) {
                shootdown.concerns(1L << cpu.index());
            }
        }
    }

    boolean invalidateLastLevel(LongPredicate keys, long va, long bytes) {
        for (VirtualCpu cpu : cpus.all()) {
            IdleMaintenance.clearCode(cpu.area());
        }
        code.finder().forget(va, bytes);
        concernWhoExecutes(keys, va, bytes);
        return spaces.invalidate(keys, va, bytes, true) && bytes == 4096 && !code.finder().isLookedUp(va);
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
        code.finder().modified(physical, bytes);
    }

    void allCodeModified() {
        code.finder().allModified();
    }
}
