package io.stele.runtime.common;

import io.stele.codegen.CpuArea;

/**
 * Named addresses inside the VM. Runtime memory is identity mapped in slot 0: guest physical address = virtual address, below 256 MiB, so
 * that stubs and generated code reach everything with 32-bit absolute addresses. Guest RAM lies above it at its own physical addresses.
 */
public final class VmLayout {
    private VmLayout() {}

    public static final int MAX_CPUS = 8;

    /** Per-vCPU descriptor tables, ring-0 stack and stubs. */
    public static final long CONTROL = 0x1_0000;
    static final long CONTROL_BYTES = 0x1_0000;
    public static final int GDT = 0x0;
    public static final int GDT_BYTES = 10 * 8;
    public static final int TSS = 0x200;
    public static final int TSS_BYTES = 0x68;
    public static final int IDT = 0x1000;
    public static final int IDT_BYTES = 0x1000;
    /** The CPU pushes the interrupted frame just below this address (user-readable: the CPL 3 handler looks at it). */
    public static final int RING0_STACK_TOP = 0x3000;
    /** Prepared frames that the ring-0 stubs leave through: five longs per vector. */
    public static final int HANDLER_FRAMES = 0x3100;
    public static final int HANDLER_FRAME_BYTES = 0x40;
    /** What ring-0 stubs save: rax, cr2. */
    public static final int SAVED_RAX = 0x3f00;
    public static final int SAVED_CR2 = 0x3f08;
    public static final int HANDLER_STACK_TOP = 0x5000;
    public static final int STUBS = 0x6000;
    public static final int STUBS_BYTES = 0x2000;

    /** Per-vCPU sets of pages behind the page probe table: PAGE_SETS sets of PAGE_WAYS pairs as there, index = page number. */
    static final long PAGE_TABLE_SETS = 0x20_0000;
    public static final int PAGE_SETS = 2048;
    public static final int PAGE_WAYS = 8;
    public static final int PAGE_SET_BYTES = PAGE_WAYS * 16;

    static final long CPU_AREAS = 0x50_0000;

    public static final long CODE = 0x0100_0000;
    public static final long CODE_BYTES = 0x0600_0000;

    public static final long ENTRY_TABLES = CODE + CODE_BYTES;
    public static final long ENTRY_TABLE_BYTES = 4096;
    public static final int ENTRY_TABLE_COUNT = 6144;

    public static final long PAGE_TABLES = ENTRY_TABLES + ENTRY_TABLE_COUNT * ENTRY_TABLE_BYTES;
    public static final long BYTES = 0x1000_0000;

    /** One slot holds one region of one translation space. */
    public static final int SLOT_SHIFT = 40;
    public static final long SLOT_BYTES = 1L << SLOT_SHIFT;
    public static final int FIRST_SLOT = 1;
    /** A linear map of guest RAM for access thunks: address = slot base + guest physical address. */
    public static final int WINDOW_SLOT = 126;
    public static final int POISON_SLOT = 127;
    /** Bytes at both ends of a region that are never mapped, so that displacements which leave the region fault. */
    public static final long REGION_GUARD = 0x1_0000;

    public static final int CODE_SELECTOR = 0x33;
    public static final int DATA_SELECTOR = 0x2b;
    public static final int RING0_CODE_SELECTOR = 0x10;
    public static final int TSS_SELECTOR = 0x40;

    public static long control(int cpu) {
        return CONTROL + cpu * CONTROL_BYTES;
    }

    public static long pageSets(int cpu) {
        return PAGE_TABLE_SETS + (long) cpu * PAGE_SETS * PAGE_SET_BYTES;
    }

    public static long cpuArea(int cpu) {
        return CPU_AREAS + (long) cpu * CpuArea.BYTES;
    }
}
