package io.stele.runtime.vcpu;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;

/** GDT, TSS and IDT of one vCPU (Intel SDM volume 3, 3.4.5, 7.7, 6.14.1). */
final class ControlBlock {
    private static final long RING0_CODE = 0x00AF_9B00_0000_FFFFL;
    private static final long RING0_DATA = 0x00CF_9300_0000_FFFFL;
    private static final long USER_CODE32 = 0x00CF_FB00_0000_FFFFL;
    private static final long USER_DATA = 0x00CF_F300_0000_FFFFL;
    private static final long USER_CODE64 = 0x00AF_FB00_0000_FFFFL;
    private static final long TSS_AVAILABLE = 0x0000_8900_0000_0000L;
    /** Present, DPL 3, 64-bit interrupt gate. */
    private static final long GATE = 0xEE00L << 32;

    private ControlBlock() {}

    /**
     * @param host host address of guest physical address 0
     * @param stubs where the vectors lead
     */
    static void write(long host, int cpu, RuntimeStubs stubs) {
        long base = VmLayout.control(cpu);
        long gdt = host + base + VmLayout.GDT;
        RawMemory.putLong(gdt + 0x10, RING0_CODE);
        RawMemory.putLong(gdt + 0x18, RING0_DATA);
        RawMemory.putLong(gdt + 0x20, USER_CODE32);
        RawMemory.putLong(gdt + 0x28, USER_DATA);
        RawMemory.putLong(gdt + 0x30, USER_CODE64);
        long tss = base + VmLayout.TSS;
        RawMemory.putLong(gdt + VmLayout.TSS_SELECTOR,
                TSS_AVAILABLE | (VmLayout.TSS_BYTES - 1) | (tss & 0xff_ffff) << 16 | (tss >>> 24 & 0xff) << 56);
        RawMemory.putLong(gdt + VmLayout.TSS_SELECTOR + 8, tss >>> 32);
        RawMemory.putLong(host + tss + 4, base + VmLayout.RING0_STACK_TOP);
        for (int vector = 0; vector < 256; vector++) {
            long handler = stubs.vector(vector);
            long gate = host + base + VmLayout.IDT + vector * 16L;
            long selector = TrapStubs.isHandled(vector) ? VmLayout.CODE_SELECTOR : VmLayout.RING0_CODE_SELECTOR;
            RawMemory.putLong(gate, (handler & 0xffff) | selector << 16 | GATE | (handler >>> 16 & 0xffff) << 48);
            RawMemory.putLong(gate + 8, handler >>> 32);
        }
    }
}
