package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.RuntimeHooks;
import io.stele.kvm.KvmSystem;
import io.stele.kvm.VirtualMachine;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeStore;
import io.stele.runtime.code.GuestProfile;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.RuntimeListener;
import io.stele.runtime.common.SampleListener;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.Tiers;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.tier.Sampler;
import io.stele.runtime.tier.SamplingPace;
import io.stele.runtime.vcpu.GuestClock;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/**
 * A virtual machine whose guest is translated: memory, vCPUs, and what serves them.
 *
 * <p>Guest ISA, devices and code cache are used by one thread at a time, that which serves a request: {@link ServiceLoop}. A vCPU is stopped
 * while its request is served. Other threads use {@link #wake} and {@link #stop} only.
 */
public final class Hypervisor implements AutoCloseable, RuntimeHooks {
    private static final int RAM_SLOT = 1;
    /** Page tables that KVM may shadow; hosts with hardware paging for guests ignore it. */
    private static final long MMU_PAGES = 200_000;
    /** Real-mode TSS that old Intel hosts want somewhere; never used, below the guest's RAM. */
    private static final long TSS_ADDRESS = 0x3ff0_0000L;

    private final KvmSystem kvm;
    private final VirtualMachine machine;
    private final HostMemory runtime;
    private final HostMemory ram;
    private final long ramPhysical;
    private final Statistics statistics = new Statistics();
    private final MachineLock lock = new MachineLock(statistics);
    private final VirtualCpu[] cpus;
    private final PageTables tables;

    private final GuestClock clock;
    private GuestServices services;
    private CodeStore store;
    private final Tiers tiers = Tiers.chosen();
    private SampleListener listener;
    private long lastCounter;
    private volatile ServiceLoop loop;
    private boolean stopped;

    /**
     * @param ramPhysical guest physical address of RAM, at least 1 GiB
     * @param ramBytes its size, a multiple of 2 MiB
     */
    public Hypervisor(int cpuCount, long ramPhysical, long ramBytes) {
        if (cpuCount < 1 || cpuCount > VmLayout.MAX_CPUS) {
            throw new IllegalArgumentException("1 to " + VmLayout.MAX_CPUS + " CPUs, not " + cpuCount);
        }
        kvm = KvmSystem.open();
        machine = kvm.createVirtualMachine();
        machine.setTssAddress(TSS_ADDRESS);
        runtime = HostMemory.mapHuge(VmLayout.BYTES);
        ram = HostMemory.mapHuge(ramBytes);
        this.ramPhysical = ramPhysical;
        machine.addMemory(0, 0, runtime.bytes(), runtime.address());
        machine.addMemory(RAM_SLOT, ramPhysical, ram.bytes(), ram.address());
        machine.setNrMmuPages(MMU_PAGES);
        tables = new PageTables(runtime.address(), cpuCount);
        RuntimeStubs stubs = new RuntimeStubs(runtime.address());
        cpus = new VirtualCpu[cpuCount];
        for (int i = 0; i < cpuCount; i++) {
            cpus[i] = new VirtualCpu(machine, runtime.address(), i, tables.root(), stubs, statistics);
        }
        clock = new GuestClock(cpus[0].tscKhz());
    }

    /** Host address of guest RAM. */
    public long ramAddress() {
        return ram.address();
    }

    public long ramPhysical() {
        return ramPhysical;
    }

    /** Host address of the state block of a vCPU. */
    public long state(int cpu) {
        return cpus[cpu].area();
    }

    public int cpus() {
        return cpus.length;
    }

    /** What a vCPU is about, in words. */
    public String activity(int cpu) {
        return cpus[cpu].mailbox().activity();
    }

    public Statistics statistics() {
        return statistics;
    }

    /**
     * Plugs in the guest's instruction set and its physical memory; before {@link #run}.
     *
     * @param log receives one line for what a user should know
     */
    public void attach(GuestIsa isa, GuestBus bus, Consumer<String> log) {
        for (VirtualCpu cpu : cpus) {
            RawMemory.putLong(cpu.area() + CpuArea.PC_OFFSET, isa.pcOffset());
        }
        services = new GuestServices(isa, bus, runtime.address(), new VirtualCpus(cpus, statistics), tables, lock, statistics, log);
        services.mapRam(ramPhysical, ram.bytes());
    }

    /** Starts with the translations of earlier runs, and keeps this run's; after {@link #attach}, before {@link #run}. */
    public void useStore(CodeStore codeStore) {
        store = codeStore;
        store.load(services.code());
    }

    /** Has somebody told what happens; after {@link #attach}, before {@link #run}. */
    public void listen(RuntimeListener to) {
        services.listen(to);
        for (VirtualCpu cpu : cpus) {
            cpu.listen(to);
        }
    }

    /** Has the vCPUs sampled while they execute code; before {@link #run}. */
    public void sampleTo(SampleListener samples) {
        listener = samples;
    }

    /** Begins to count samples; before {@link #run}. */
    public GuestProfile profile() {
        GuestProfile profile = new GuestProfile(services.code(), cpus,
            physical -> Long.compareUnsigned(physical - ramPhysical, ram.bytes()) < 0 ? ram.address() + physical - ramPhysical : 0);
        sampleTo(profile);
        return profile;
    }

    private void sampled(int cpu, long pc, int tag, long code) {
        statistics.samples++;
        if (tiers == Tiers.SECOND) {
            services.code().sample(cpus[cpu], pc, tag, code);
        }
        if (listener != null) {
            listener.sample(cpu, pc, tag, code);
        }
    }

    /** What was generated, for dumps. */
    public GuestServices services() {
        return services;
    }

    /**
     * Drives an interrupt input of a vCPU; by the thread that serves.
     *
     * @param input a bit of INTERRUPT_LINE, whose meaning is the guest ISA's
     */
    public void setInterruptLine(int cpu, int input, boolean asserted) {
        int line = RawMemory.getShort(cpus[cpu].area() + CpuArea.INTERRUPT_LINE);
        drive(cpu, asserted ? line | input : line & ~input);
        if (asserted) {
            VirtualCpus.call(cpus[cpu]);
            cpus[cpu].endWait();
        }
    }

    /**
     * Asserts an interrupt input of a vCPU that runs, which sees it when it looks at its interrupt lines next. What the vCPU has written
     * before a look at them that is still to come is visible to the caller afterwards, or the look comes later. By the thread that serves.
     */
    public void raiseInterruptLine(int cpu, int input) {
        drive(cpu, RawMemory.getShort(cpus[cpu].area() + CpuArea.INTERRUPT_LINE) | input);
    }

    private void drive(int cpu, int lines) {
        RawMemory.putShort(cpus[cpu].area() + CpuArea.INTERRUPT_LINE, (short) lines);
        VarHandle.fullFence();
    }

    /** Starts a vCPU that the guest has turned off, or never on; by the thread that serves. Its state says where. */
    public void turnOn(int cpu) {
        services.turnOn(cpus[cpu]);
    }

    /** The guest counter now, in ticks of {@link GuestClock#FREQUENCY}; by the thread that serves. */
    public long counterNow() {
        lastCounter = Math.max(lastCounter, clock.ticks(System.nanoTime()));
        return lastCounter;
    }

    /** Has {@link MachineEvents#poll} called soon; by the thread that serves. */
    public void pollSoon() {
        loop.pollSoon();
    }

    /** Has {@link MachineEvents#poll} called soon; by any thread. */
    public void wake() {
        ServiceLoop service = loop;
        if (service != null) {
            service.wake();
        }
    }

    /**
     * Registers of devices of which {@link GuestBus#isSteady} or {@link GuestBus#isPostable} was true may have changed; by the thread that
     * serves.
     */
    public void registersChanged() {
        services.mmio().registersChanged();
    }

    /** Makes {@link #run} return; by any thread. */
    public synchronized void stop() {
        stopped = true;
        if (loop != null) {
            loop.stop();
        }
    }

    /** Runs the machine until {@link #stop}. Throws {@link GuestError} when it cannot go on. When it returns, no vCPU runs any more. */
    public void run(MachineEvents machineEvents) {
        SamplingPace pace = listener != null ? SamplingPace.steady() : SamplingPace.following(services.code()::clusterNews);
        try (ServiceLoop service = new ServiceLoop(cpus, services, clock, machineEvents, lock, statistics);
                Sampler sampler = new Sampler(cpus, this::sampled, pace, services.mmio(), lock::with)) {
            synchronized (this) {
                loop = service;
                if (stopped) {
                    return;
                }
            }
            for (int i = cpus.length - 1; i >= 0; i--) {
                services.initialise(cpus[i]);
            }
            for (VirtualCpu cpu : cpus) {
                cpu.start(service);
            }
            sampler.start();
            service.run();
        } finally {
            for (VirtualCpu cpu : cpus) {
                cpu.beginHalt();
            }
            for (VirtualCpu cpu : cpus) {
                cpu.halt();
            }
            services.mmio().drain();
        }
    }

    @Override
    public void invalidateTranslations(LongPredicate spaces, long va, long bytes) {
        services.invalidateTranslations(spaces, va, bytes);
    }

    @Override
    public boolean invalidateLastLevel(LongPredicate spaces, long va, long bytes) {
        return services.invalidateLastLevel(spaces, va, bytes);
    }

    @Override
    public boolean endWait(long state) {
        return services.endWait(state);
    }

    @Override
    public void contextChanged(long state) {
        services.contextChanged(state);
    }

    @Override
    public boolean hasCode(long physical) {
        return services.code().finder().hasCode(physical);
    }

    @Override
    public boolean isIdleElsewhere(long state, long va) {
        return services.isIdleElsewhere(state, va);
    }

    @Override
    public void stopOthers() {
        services.stopOthers();
    }

    @Override
    public void codeModified(long physical, int bytes) {
        services.codeModified(physical, bytes);
    }

    @Override
    public void allCodeModified() {
        services.allCodeModified();
    }

    @Override
    public long counter(long state) {
        return GuestClock.atEntry(state);
    }

    /** Stops the vCPUs and gives everything back. */
    @Override
    public void close() {
        for (VirtualCpu cpu : cpus) {
            cpu.close();
        }
        if (services != null) {
            if (store != null && services.code().isWorthSaving()) {
                store.save(services.code());
            }
            services.code().close();
        }
        machine.close();
        kvm.close();
        runtime.close();
        ram.close();
    }
}
