package io.stele.codegen;

/**
 * Layout of the per-vCPU block that generated code reaches through {@code rbp}: byte offsets from its start.
 * The first page belongs to the guest ISA, the rest to the runtime. {@code rbp} points {@link #BASE_BIAS} bytes into the block, so that the
 * first 256 bytes are in reach of an 8-bit displacement.
 */
public final class CpuArea {
    private CpuArea() {}

    /** rbp = start of the block + BASE_BIAS. */
    public static final int BASE_BIAS = 128;

    /** Guest ISA state: registers first. */
    public static final int GUEST_STATE = 0;
    public static final int GUEST_STATE_BYTES = 0x1000;

    /** int: nonzero makes the interrupt checks in generated code leave. Written by any thread. */
    public static final int INTERRUPT_PENDING = 0x1000;
    /** int: the interrupt line as devices drive it; what unmasking code looks at. Written by any thread. */
    public static final int INTERRUPT_LINE = 0x1004;
    /** long: low 12 bits that tell translation contexts apart in the page probe table. */
    public static final int CONTEXT_TAG = 0x1008;

    /** Exclusive monitor: guest virtual address (-1: clear), size in bytes, value loaded. */
    public static final int MONITOR_ADDRESS = 0x1010;
    public static final int MONITOR_SIZE = 0x1018;
    public static final int MONITOR_LOW = 0x1020;
    public static final int MONITOR_HIGH = 0x1028;

    /** int reason, int site or exit number, long argument of the last leave; long guest pc is in the guest state. */
    public static final int LEAVE_REASON = 0x1030;
    public static final int LEAVE_EXIT = 0x1034;
    public static final int LEAVE_ARGUMENT = 0x1038;
    /** long: guest VA of the current code page, for the dispatcher (generated code keeps it in r14). */
    public static final int PAGE_ADDRESS = 0x1040;
    /** long: where the dispatcher jumps. */
    public static final int RESUME = 0x1048;
    /** Guest counter = (rdtsc - COUNTER_BASE) * COUNTER_SCALE >> 32 (128-bit product) + COUNTER_OFFSET. */
    public static final int COUNTER_BASE = 0x1050;
    public static final int COUNTER_SCALE = 0x1058;
    public static final int COUNTER_OFFSET = 0x1060;
    /** long: rdtsc when VM code last entered Java. */
    public static final int ENTER_TSC = 0x1070;
    /** Per level of {@link io.stele.guest.GuestIsa#levelMode}: the long that becomes CONTEXT_TAG when generated code switches to the level; negative
     * while such a switch has to leave. */
    public static final int LEVEL_TAGS = 0x1078;
    /** int: MXCSR of generated code while Java has the vCPU. */
    public static final int MXCSR = 0x1068;

    /** Spill slots: 64 of 8 bytes, then 32 of 16 bytes. */
    public static final int SPILL = 0x1100;
    public static final int SPILL_SLOTS = 64;
    public static final int VECTOR_SPILL = 0x1300;
    public static final int VECTOR_SPILL_SLOTS = 32;

    /** Per view (0 unprivileged, 1 privileged): REGION_SLOTS values K; host address = guest VA + K. */
    public static final int REGION_K = 0x1800;
    public static final int REGION_SLOTS = 64;
    public static final int REGION_K_STRIDE = REGION_SLOTS * 8;

    /** Per view: REGION_SLOTS ints, the region that the K of the same number is for, or NO_REGION. */
    public static final int REGION_ID = 0x1500;
    /** Equal to no region. */
    public static final int NO_REGION = -1;
    public static final int REGION_ID_STRIDE = REGION_SLOTS * 4;

    /** Per view: REGION_TABLE_ENTRIES pairs {long region = va >>> 40, long K}, index = (region ^ region >>> REGION_TABLE_SHIFT) & 63; no match:
     * region = -1. */
    public static final int REGION_TABLE = 0x2000;
    public static final int REGION_TABLE_SHIFT = 7;
    public static final int REGION_TABLE_ENTRIES = 64;
    public static final int REGION_TABLE_STRIDE = REGION_TABLE_ENTRIES * 16;

    /** Host registers at a trap, in x86 encoding order (rax, rcx, rdx, rbx, rsp, ...), then rip, rflags, error code, cr2, vector: longs. */
    public static final int TRAP_FRAME = 0x3000;
    /** xmm0 to xmm15 at a trap, 16 bytes each. */
    public static final int TRAP_XMM = 0x3200;
    /** Mailbox words and command list of the runtime. */
    public static final int MAILBOX = 0x4000;
    /** Top of the stack that generated code and stubs use; it grows down. */
    public static final int STACK_TOP = 0x8000;

    /** Page probe table: PROBE_ENTRIES pairs {long tag = page VA | context tag, long host address of the page's entry table}, index = (va >> 12) & (PROBE_ENTRIES - 1). */
    public static final int PROBE_TABLE = 0x10000;
    public static final int PROBE_ENTRIES = 4096;

    public static final int BYTES = 0x20000;

    /** Offset of the region that K number {@code slot} of {@code view} is for. */
    public static int regionId(int view, int slot) {
        return REGION_ID + view * REGION_ID_STRIDE + slot * 4;
    }

    /** Offset of the tag of a level. */
    public static int levelTag(int level) {
        return LEVEL_TAGS + level * 8;
    }

    /** Offset of K number {@code slot} of {@code view}. */
    public static int regionK(int view, int slot) {
        return REGION_K + view * REGION_K_STRIDE + slot * 8;
    }
}
