package io.stele.kvm;

import io.stele.kvm.libc.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Assumptions;

/** A VM with 4 MiB of memory, an identity mapping of the first GiB (2 MiB pages, user), and machine code at 1 MiB, entered at CPL 3. */
final class TestVm implements AutoCloseable {
    static final long PML4 = 0x1000;
    static final long STACK = 0x20000;
    private static final long PDPT = 0x2000;
    private static final long PAGE_DIRECTORY = 0x3000;
    private static final long GDT = 0x8000;
    private static final long TSS = 0x9000;
    private static final long CODE = 0x100000;
    private static final long BYTES = 4 << 20;

    final KvmSystem system = KvmSystem.open();
    final HostMemory memory = HostMemory.mapHuge(BYTES);
    final VirtualMachine machine = system.createVirtualMachine();
    final Vcpu vcpu;
    private final MemorySegment bytes;

    @SuppressWarnings("restricted")
    TestVm(String code) {
        bytes = MemorySegment.ofAddress(memory.address()).reinterpret(BYTES);
        machine.setTssAddress(0xfffbd000L);
        machine.setNrMmuPages(1024);
        machine.addMemory(0, 0, BYTES, memory.address());
        write(PML4, PDPT | 7);
        write(PDPT, PAGE_DIRECTORY | 7);
        for (int i = 0; i < 512; i++) {
            write(PAGE_DIRECTORY + i * 8L, (long) i << 21 | 0xe7);
        }
        write(GDT + 0x10, 0x00af9b000000ffffL);
        write(GDT + 0x18, 0x00cf93000000ffffL);
        write(GDT + 0x20, 0x00cffb000000ffffL);
        write(GDT + 0x28, 0x00cff3000000ffffL);
        write(GDT + 0x30, 0x00affb000000ffffL);
        write(GDT + 0x40, 0x0000890000000067L | TSS << 16);
        load(code);
        vcpu = machine.createVcpu(0);
        UserModeState state = new UserModeState();
        state.cr3 = PML4;
        state.gdtBase = GDT;
        state.gdtLimit = 0x4f;
        state.tssBase = TSS;
        state.rip = CODE;
        state.rsp = STACK;
        vcpu.enterUserMode(state);
    }

    static void assumeKvm() {
        HostReport.Access access = HostReport.probe().access();
        Assumptions.assumeTrue(access == HostReport.Access.OK, "needs /dev/kvm, which is " + access);
    }

    void load(String code) {
        byte[] machineCode = HexFormat.of().parseHex(code.replace(" ", ""));
        MemorySegment.copy(machineCode, 0, bytes, ValueLayout.JAVA_BYTE, CODE, machineCode.length);
    }

    private void write(long address, long value) {
        bytes.set(ValueLayout.JAVA_LONG, address, value);
    }

    @Override
    public void close() {
        machine.close();
        memory.close();
        system.close();
    }
}
