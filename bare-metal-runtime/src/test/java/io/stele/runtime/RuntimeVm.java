package io.stele.runtime;

import io.stele.codegen.CpuArea;
import io.stele.kvm.KvmSystem;
import io.stele.kvm.VirtualMachine;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.PageTables;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.runtime.vcpu.TrapFrame;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import io.stele.x86.Assembler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A VM with the runtime's memory, RAM and one vCPU, whose code the test assembles and whose requests the test answers. */
public final class RuntimeVm implements AutoCloseable {
    /** Installed code begins at multiples of this. */
    public static final long CODE_ALIGNMENT = 64;
    public static final long RAM = 0x4000_0000L;
    private static final long RAM_BYTES = 64L << 20;
    private static final long TSS_ADDRESS = 0x3ff0_0000L;
    /** More faults than this mean that a fault was not cured. */
    private static final int FAULT_LIMIT = 10_000;

    private final KvmSystem kvm;
    private final VirtualMachine machine;
    private final HostMemory runtime;
    private final HostMemory ram;
    public final PageTables tables;
    public final Statistics statistics = new Statistics();
    public final VirtualCpu cpu;
    public final VirtualCpus cpus;
    private long nextCode = VmLayout.CODE;

    /** Skips the test if there is no KVM. */
    public RuntimeVm() {
        Assumptions.assumeTrue(Files.isReadable(Path.of(KvmSystem.DEVICE)), KvmSystem.DEVICE + " is not there");
        kvm = KvmSystem.open();
        machine = kvm.createVirtualMachine();
        machine.setTssAddress(TSS_ADDRESS);
        runtime = HostMemory.mapHuge(VmLayout.BYTES);
        ram = HostMemory.mapHuge(RAM_BYTES);
        machine.addMemory(0, 0, runtime.bytes(), runtime.address());
        machine.addMemory(1, RAM, ram.bytes(), ram.address());
        tables = new PageTables(runtime.address(), 2);
        cpu = new VirtualCpu(machine, runtime.address(), 0, tables.root(), new RuntimeStubs(runtime.address()), statistics);
        cpus = new VirtualCpus(new VirtualCpu[] {cpu}, statistics);
        cpus.serving(cpu);
        begin(cpu);
        awaitRequest();
    }

    /** Leaves the request to the test. */
    private static final class Unserved implements VirtualCpu.Server {
        @Override
        public void serve(VirtualCpu cpu) {}

        @Override
        public void idle(VirtualCpu cpu) {}

        @Override
        public void failed() {}
    }

    /** A second vCPU, which is off and whose thread has not begun. */
    VirtualCpu secondCpu() {
        return new VirtualCpu(machine, runtime.address(), 1, tables.root(), cpu.stubs(), statistics);
    }

    /** Has a vCPU's thread begin, which leaves the requests to the test. */
    static void begin(VirtualCpu cpu) {
        cpu.start(new Unserved());
    }

    /** Waits until VM code asks for something. */
    void awaitRequest() {
        awaitRequest(cpu);
    }

    static void awaitRequest(VirtualCpu cpu) {
        while (cpu.mailbox().state() == Mailbox.NONE) {
            if (cpu.failure() != null) {
                throw new AssertionError("the vCPU has ended", cpu.failure());
            }
            Thread.onSpinWait();
        }
    }

    /** Host address of guest physical address 0. */
    public long host() {
        return runtime.address();
    }

    /** Host address of a guest physical address in RAM. */
    public long ram(long physical) {
        return ram.address() + physical - RAM;
    }

    /** An assembler for the next free code address. */
    public Assembler code() {
        Assembler asm = new Assembler();
        asm.reset(nextCode);
        return asm;
    }

    /** Puts code into the VM, which must leave at its end; its address. */
    public long install(Assembler asm) {
        asm.jmpTo(cpu.stubs().leave());
        asm.checkLabels();
        long address = nextCode;
        RawMemory.copy(asm.code().array(), 0, host() + address, asm.position());
        nextCode = address + asm.position() + CODE_ALIGNMENT - 1 & -CODE_ALIGNMENT;
        return address;
    }

    /** Lets VM code run and does not wait for it. */
    public void start(long address) {
        RawMemory.putLong(cpu.area() + CpuArea.RESUME, address);
        cpu.answer(Mailbox.COMMAND_DISPATCH);
    }

    /** Cures a page fault at an address, or refuses by returning false. */
    public interface Cure {
        boolean map(long address, boolean write);
    }

    /** Runs VM code until it leaves or a fault is not cured; the addresses that faulted. */
    public List<Long> run(long address, Cure cure) {
        List<Long> faults = new ArrayList<>();
        start(address);
        awaitRequest();
        while (cpu.mailbox().kind() == Mailbox.KIND_TRAP) {
            long va = cpu.faultAddress();
            boolean write = (RawMemory.getLong(cpu.area() + TrapFrame.ERROR) & TrapFrame.ERROR_WRITE) != 0;
            faults.add(va);
            if (faults.size() > FAULT_LIMIT || !cure.map(va, write)) {
                break;
            }
            cpu.answer(Mailbox.COMMAND_RESUME);
            awaitRequest();
        }
        return faults;
    }

    @Override
    public void close() {
        cpu.close();
        machine.close();
        kvm.close();
        runtime.close();
        ram.close();
    }
}
