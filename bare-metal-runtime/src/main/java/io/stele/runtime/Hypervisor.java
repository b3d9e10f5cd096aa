package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.RuntimeHooks;
import io.stele.kvm.KvmSystem;
import io.stele.kvm.VirtualMachine;
import io.stele.kvm.libc.EventFd;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeStore;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.vcpu.GuestClock;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.Patience;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/**
 * A virtual machine whose guest is translated: memory, vCPUs, and the service loop that answers what VM code asks.
 *
 * <p>The thread that calls {@link #run} is the service thread. It owns the guest ISA's Java code, the devices and the code cache; a vCPU is
 * stopped while one of its requests is served. Other threads use {@link #wake} and {@link #stop} only.
 */
public final class Hypervisor implements AutoCloseable, RuntimeHooks {
    private static final int RAM_SLOT = 1;
    /** Page tables that KVM may shadow; hosts with hardware paging for guests ignore it. */
    private static final long MMU_PAGES = 200_000;
    /** Real-mode TSS that old Intel hosts want somewhere; never used, below the guest's RAM. */
    private static final long TSS_ADDRESS = 0x3ff0_0000L;
    private static final int REQUESTS_BETWEEN_CLOCKS = 16;

    private final KvmSystem kvm;
    private final VirtualMachine machine;
    private final HostMemory runtime;
    private final HostMemory ram;
    private final long ramPhysical;
    private final EventFd doorbell = new EventFd();
    private final Patience patience = new Patience(System.nanoTime());
    private final Statistics statistics = new Statistics();
    private final VirtualCpu[] cpus;
    private final PageTables tables;

    private final GuestClock clock;
    private GuestServices services;
    private CodeStore store;
    private MachineEvents events;
    private long deadline;
    private long lastCounter;
    private volatile boolean wakeUp;
    private volatile boolean stopped;

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
        machine.addIoEventFd(Mailbox.DOORBELL_PORT, 1, doorbell.fd());
        tables = new PageTables(runtime.address());
        cpus = new VirtualCpu[cpuCount];
        for (int i = 0; i < cpuCount; i++) {
            cpus[i] = new VirtualCpu(machine, runtime.address(), i, tables.root(), patience, statistics);
        }
        clock = new GuestClock(cpus[0].area(), cpus[0].tscKhz());
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

    public Statistics statistics() {
        return statistics;
    }

    /**
     * Plugs in the guest's instruction set and its physical memory; before {@link #run}.
     *
     * @param log receives one line for what a user should know
     */
    public void attach(GuestIsa isa, GuestBus bus, Consumer<String> log) {
        services = new GuestServices(isa, bus, runtime.address(), cpus, tables, statistics, log);
        services.mapRam(ramPhysical, ram.bytes());
    }

    /** Starts with the translations of earlier runs, and keeps this run's; after {@link #attach}, before {@link #run}. */
    public void useStore(CodeStore codeStore) {
        store = codeStore;
        store.load(services.code());
    }

    /** What was generated, for dumps. */
    public GuestServices services() {
        return services;
    }

    /**
     * Drives an interrupt input of a vCPU; by the service thread.
     *
     * @param input a bit of INTERRUPT_LINE, whose meaning is the guest ISA's
     */
    public void setInterruptLine(int cpu, int input, boolean asserted) {
        long area = cpus[cpu].area();
        int line = RawMemory.getInt(area + CpuArea.INTERRUPT_LINE);
        RawMemory.putIntVolatile(area + CpuArea.INTERRUPT_LINE, asserted ? line | input : line & ~input);
        if (asserted) {
            RawMemory.putIntVolatile(area + CpuArea.INTERRUPT_PENDING, 1);
        }
    }

    /** The guest counter now, in ticks of {@link GuestClock#FREQUENCY}; by the service thread. */
    public long counterNow() {
        lastCounter = Math.max(lastCounter, clock.ticks(System.nanoTime()));
        return lastCounter;
    }

    /** Has {@link MachineEvents#poll} called soon; by the service thread. */
    public void pollSoon() {
        wakeUp = true;
    }

    /** Makes the service thread look at its {@link MachineEvents} soon; by any thread. */
    public void wake() {
        wakeUp = true;
        doorbell.signal();
    }

    /** Makes {@link #run} return; by any thread. */
    public void stop() {
        stopped = true;
        doorbell.signal();
    }

    /** Runs the machine until {@link #stop}. Throws {@link GuestError} when it cannot go on. */
    public void run(MachineEvents machineEvents) {
        events = machineEvents;
        for (VirtualCpu cpu : cpus) {
            services.initialise(cpu);
            cpu.start();
        }
        for (VirtualCpu cpu : cpus) {
            cpu.awaitRequest();
        }
        clock.start(areas());
        for (VirtualCpu cpu : cpus) {
            services.enterGuest(cpu);
        }
        deadline = System.nanoTime();
        int spins = 0;
        int busy = 0;
        int requests = 0;
        long lastRequest = System.nanoTime();
        while (!stopped) {
            boolean served = false;
            for (VirtualCpu cpu : cpus) {
                if (cpu.mailbox().requested() && !cpu.waiting) {
                    services.serve(cpu);
                    requests++;
                    served = true;
                }
            }
            if (served) {
                spins = 0;
                if (++busy < REQUESTS_BETWEEN_CLOCKS) {
                    continue;
                }
            } else if (++spins < patience.javaSpins()) {
                Thread.onSpinWait();
                continue;
            }
            long now = System.nanoTime();
            if (busy > 0) {
                lastRequest = now;
                clock.synchronise(now);
            }
            busy = 0;
            spins = 0;
            if (patience.observe(now)) {
                for (VirtualCpu cpu : cpus) {
                    cpu.mailbox().setSpins(patience.vmSpins());
                }
            }
            pollEvents(now);
            if (!served && now - lastRequest > patience.idleNanos()) {
                sleep();
                lastRequest = System.nanoTime();
                patience.slept(lastRequest, lastRequest - now, requests);
                requests = 0;
            }
            checkFailures();
        }
    }

    private long[] areas() {
        long[] areas = new long[cpus.length];
        for (int i = 0; i < areas.length; i++) {
            areas[i] = cpus[i].area();
        }
        return areas;
    }

    private void pollEvents(long now) {
        if (wakeUp || now - deadline >= 0) {
            wakeUp = false;
            long next = clock.nanos(events.poll());
            deadline = next == Long.MAX_VALUE ? now + Long.MAX_VALUE / 2 : next;
            for (VirtualCpu cpu : cpus) {
                if (cpu.waiting && RawMemory.getIntVolatile(cpu.area() + CpuArea.INTERRUPT_LINE) != 0) {
                    cpu.awaitRequest();
                    cpu.waiting = false;
                    services.enterGuest(cpu);
                }
            }
        }
    }

    private void sleep() {
        for (VirtualCpu cpu : cpus) {
            cpu.mailbox().setSleeping(true);
        }
        boolean pending = stopped || wakeUp;
        for (VirtualCpu cpu : cpus) {
            pending |= cpu.mailbox().requested() && !cpu.waiting;
        }
        if (!pending) {
            long nanos = deadline - System.nanoTime();
            if (nanos > 0) {
                doorbell.await(nanos);
                statistics.doorbells++;
            }
        }
        for (VirtualCpu cpu : cpus) {
            cpu.mailbox().setSleeping(false);
        }
    }

    private void checkFailures() {
        for (VirtualCpu cpu : cpus) {
            if (cpu.failure() != null) {
                throw new GuestError(cpu.failure());
            }
        }
    }

    @Override
    public void invalidateTranslations(LongPredicate spaces, long va, long bytes) {
        services.invalidateTranslations(spaces, va, bytes);
    }

    @Override
    public void contextChanged(long state) {
        services.contextChanged();
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
        stopped = true;
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
        doorbell.close();
        runtime.close();
        ram.close();
    }
}
