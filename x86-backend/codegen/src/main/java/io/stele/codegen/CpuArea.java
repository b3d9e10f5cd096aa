package io.stele.codegen;

/**
 * Layout of the per-vCPU block that generated code reaches through {@code rbp}: byte offsets from its start.
 * The first page belongs to the guest ISA, the rest to the runtime. {@code rbp} points {@link #BASE_BIAS} bytes into the block, which begins at
 * the start of a page, so that 256 bytes from the 40th on are in reach of an 8-bit displacement.
 *
 * <p><b>Aliasing.</b> Some processors take a load for the value of a recent store whose displacement is equal modulo {@link #ALIAS_BYTES}.
 * So the offsets modulo 1024 are shared out: what generated code stores often (the homes of guest registers, the monitor, the first spill
 * slots) has its own place, and what it only reads (interrupt words, counter, regions and their K) has the place from
 * {@link #READ_ONLY_PLACE} on, in as many lines of 1024 bytes as it takes. See docs/cpu-area.md.
 */
public final class CpuArea {
    private CpuArea() {}

    /**
     * rbp = start of the block + BASE_BIAS. Its lowest six bits are {@link RegionLookup#REGION_SHIFT}: so rbp is also the count of the shift by
     * which a check finds out the region of an address, which needs no copy of it then (SHRX).
     */
    public static final int BASE_BIAS = 128 + RegionLookup.REGION_SHIFT;

    /** A store and a load of other bytes whose offsets are equal modulo this may be taken for one another. */
    public static final int ALIAS_BYTES = 1024;
    /** From here to the end of each line: what generated code reads, but never stores. */
    public static final int READ_ONLY_PLACE = 0x3d0;

    /** Guest ISA state: registers first. */
    public static final int GUEST_STATE = 0;
    public static final int GUEST_STATE_BYTES = 0x1000;

    // Words for entries into Java, and what only those touch.

    /** int reason and long argument of the last leave; long guest pc is in the guest state. */
    public static final int LEAVE_REASON = 0x1000;
    public static final int LEAVE_ARGUMENT = 0x1008;
    /** long: guest VA of the current code page, for the dispatcher (generated code keeps it in r14). */
    public static final int PAGE_ADDRESS = 0x1010;
    /** long: where the dispatcher jumps. */
    public static final int RESUME = 0x1018;
    /** long: rdtsc when VM code last entered Java. */
    public static final int ENTER_TSC = 0x1020;
    /** int: MXCSR of generated code while Java has the vCPU. */
    public static final int MXCSR = 0x1028;
    /** Per half of the address space (by address bit 55): int, not 0 if the top byte of an address takes part in its translation. */
    public static final int TAGS_SIGNIFICANT = 0x1030;

    /** long: offset of the guest's pc, for stubs that store it. */
    public static final int PC_OFFSET = 0x1050;
    /** int: so many failed region checks until one is told to Java though the region table has the answer. */
    public static final int REGION_PATIENCE = 0x1058;
    /** long: so many times more the guest may pause for another CPU until Java is told, which may give the core to others. */
    public static final int PAUSES = 0x1060;

    // What generated code stores often, at offsets modulo 1024 that nothing else has which it reads often.

    /**
     * int: {@link #contextWord} of the context tag, the 12 bits that tell translation contexts apart in the page probe table. Together with
     * INTERRUPT_PENDING it is a long, which generated code combines with the page that it looks for: {@link #probeKey}.
     */
    public static final int CONTEXT = 0x1378;
    /**
     * int: {@link #NOTHING_PENDING}, or {@link Stubs#interrupt} is wanted. Generated code compares it before jumps backward in a page; jumps to other
     * pages find nothing in the page probe table while something is pending. Of its bits, {@link #INTERRUPT} asks for Java, {@link #SAMPLE} for a
     * sample only, {@link #VISIT} for a flush if one is due, and that the pc's code is found anew. Written by any thread.
     */
    public static final int INTERRUPT_PENDING = CONTEXT + 4;
    /** Exclusive monitor: guest virtual address (-1: clear), size in bytes, value loaded. */
    public static final int MONITOR_ADDRESS = 0x1380;
    public static final int MONITOR_SIZE = 0x1388;
    public static final int MONITOR_LOW = 0x1390;
    public static final int MONITOR_HIGH = 0x1398;
    /** The spill slots of 8 bytes that are used first: three for values, three for K. */
    private static final int FIRST_SPILLS = 0x13a0;
    /** Spill slots of each kind that have a place of their own modulo 1024. */
    public static final int OWN_PLACE_SPILLS = 3;

    // What generated code only reads.

    /** short: the interrupt lines as devices drive them; what unmasking code looks at. Written by the thread that serves. */
    public static final int INTERRUPT_LINE = 0x1000 + READ_ONLY_PLACE;
    /**
     * short: not 0 while the guest ISA has handed an interrupt over to generated code, which sets it to 0; unmasking code takes it for one
     * more line, and looks at both as an int.
     */
    public static final int INTERRUPT_HANDED = INTERRUPT_LINE + 2;
    /**
     * Per level of {@link io.stele.guest.GuestIsa#levelMode}: the long {@link #contextWord} that generated code stores as {@link #NEXT_CONTEXT},
     * and its low half as CONTEXT, when it switches to the level; 0 while such a switch has to leave.
     */
    public static final int LEVEL_TAGS = INTERRUPT_LINE + 8;
    /** Guest counter = (rdtsc - COUNTER_BASE) * COUNTER_SCALE >> 32 (128-bit product) + COUNTER_OFFSET. */
    public static final int COUNTER_BASE = INTERRUPT_LINE + 24;
    public static final int COUNTER_SCALE = INTERRUPT_LINE + 32;
    public static final int COUNTER_OFFSET = INTERRUPT_LINE + 40;

    /** Constants of 16 bytes for single and double precision: all but the sign, and the smallest normal number, in every lane. */
    public static final int MAGNITUDE_32 = 0x1400 + READ_ONLY_PLACE;
    public static final int MAGNITUDE_64 = MAGNITUDE_32 + 16;
    public static final int SMALLEST_NORMAL_32 = MAGNITUDE_32 + 32;
    public static final int SMALLEST_NORMAL_64 = 0x1800 + READ_ONLY_PLACE;
    /** MXCSR for operations that do not obey the guest's control word, each an int: rounding to nearest; and flushing operands and results. */
    public static final int MXCSR_NEAREST = SMALLEST_NORMAL_64 + 16;
    public static final int MXCSR_FLUSHING = MXCSR_NEAREST + 4;

    /** Bits of INTERRUPT_PENDING, where all others are 0. */
    public static final int INTERRUPT = 1;
    public static final int SAMPLE = 2;
    public static final int VISIT = 4;
    /** INTERRUPT_PENDING otherwise. */
    public static final int NOTHING_PENDING = -1;

    // Spill slots.

    /** Spill slots of 8 bytes for values, then {@link #SCRATCH_SLOTS} for the code of exits, then for the K of regions. */
    public static final int VALUE_SPILL_SLOTS = 32;
    public static final int SCRATCH_SLOTS = 3;
    /** long: of them, what a jump to code of another context combines with the page instead of CONTEXT, half of which was just stored. */
    public static final int NEXT_CONTEXT = spill(VALUE_SPILL_SLOTS + 2);
    public static final int REGION_SPILL_SLOTS = 30;
    /** Spill slots of 16 bytes. */
    public static final int VECTOR_SPILL_SLOTS = 32;
    /**
     * The spill slots that are used when the first are taken. No place is left that could be their own, so they have that of guest
     * registers which compilers use last: from the ninth vector register on.
     */
    private static final int MORE_SPILLS = 0x1000 + 0x1b0;
    private static final int MORE_VECTOR_SPILLS = 0x1800 + 0x1b0;
    private static final int MORE_BYTES_PER_LINE = 0x180;

    /** Host registers at a trap, in x86 encoding order (rax, rcx, rdx, rbx, rsp, ...), then rip, rflags, error code, cr2, vector: longs. */
    public static final int TRAP_FRAME = 0x3000;
    /** xmm0 to xmm15 at a trap, 16 bytes each. */
    public static final int TRAP_XMM = 0x3200;
    /** Tables that generated code looks in: {@link ConstantTables}. */
    public static final int ESTIMATES = 0x3400;
    /** Flags of FCMP in host flag format, two bytes each, by what {@code lahf} gives after {@code ucomis}. */
    public static final int COMPARE_FLAGS = 0x3600;
    public static final int COMPARE_FLAGS_BYTES = 2 * 256;
    /** Mailbox words and command list of the runtime. */
    public static final int MAILBOX = 0x4000;
    /** Maintenance instructions that would do nothing, by their operands: see {@link IdleMaintenance}. */
    static final int IDLE_TRANSLATIONS = MAILBOX + 0x800;
    static final int IDLE_CODE = IDLE_TRANSLATIONS + IdleMaintenance.ENTRIES * 8;
    static final int IDLE_CODE_RANGE = IDLE_CODE + IdleMaintenance.ENTRIES * 8;
    /** Top of the stack that generated code and stubs use; it grows down. */
    public static final int STACK_TOP = 0x8000;

    /**
     * Ring of samples, {long pc, int context tag, int VM address in the code that took it}; behind it the int number of samples that were ever
     * taken.
     */
    public static final int SAMPLE_RING = 0x8000;
    public static final int SAMPLES = 128;
    public static final int SAMPLE_BYTES = 16;
    public static final int SAMPLE_COUNT = SAMPLE_RING + SAMPLES * SAMPLE_BYTES;

    /**
     * Page probe table: PROBE_ENTRIES pairs {long {@link #probeKey}, long VM address of the page's entry table, below 4 GiB}, index =
     * (va >> 12) & (PROBE_ENTRIES - 1).
     */
    public static final int PROBE_TABLE = 0x10000;
    public static final int PROBE_ENTRIES = 4096;

    /** K values and their regions: four of each at the read-only place of each line. */
    private static final int REGION_LINES = 0x20000;
    private static final int REGIONS_PER_LINE = 4;
    /** Per view (0 unprivileged, 1 privileged): the number of regions with a K that a check can name. */
    public static final int REGION_SLOTS = 64;
    /** Equal to no region: no region has the K number. */
    public static final int NO_REGION = -1;
    /** Equal to no region: the region of the K number has no slot in the current space. */
    public static final int ABSENT_REGION = -2;

    /** The table that {@link RegionLookup} looks into. */
    public static final int REGION_TABLE = REGION_LINES + 2 * REGION_SLOTS / REGIONS_PER_LINE * ALIAS_BYTES;

    public static final int BYTES = REGION_TABLE + RegionLookup.BYTES;

    private static final int PAGE_MASK = -4096;
    /** The context tag in CONTEXT. */
    public static final int TAG_MASK = 0xffc;
    private static final int ALIGNED = 3;
    /** The key of no page: no context has the tag {@link #TAG_MASK}. */
    public static final long NO_PAGE = -1;

    /** What CONTEXT holds for a context tag. */
    public static int contextWord(int tag) {
        return PAGE_MASK | tag | ALIGNED;
    }

    /**
     * What is compared with the entries of the page probe table: the complement of an address, AND {CONTEXT, INTERRUPT_PENDING}. If the address is
     * that of an instruction in the page, less its offset, that is the complement of the page's address and the context tag, with the two lowest
     * bits set, which an unaligned address clears.
     */
    public static long probeKey(long page, int tag) {
        return ~page & contextWord(tag);
    }

    /**
     * False for keys that may be what is left of another one while something is pending: those of the highest 32 GiB of all addresses. The page
     * probe table must not have them. So nothing is found while something is pending, as only bits of that are left of a key's high half.
     */
    public static boolean isProbed(long key) {
        return key >>> 32 > (INTERRUPT | SAMPLE | VISIT);
    }

    private static int regionLine(int view, int slot) {
        return REGION_LINES + (view * REGION_SLOTS + slot) / REGIONS_PER_LINE * ALIAS_BYTES + READ_ONLY_PLACE;
    }

    /** Offset of K number {@code slot} of {@code view}, a long: host address = guest VA + K. */
    public static int regionK(int view, int slot) {
        return regionLine(view, slot) + slot % REGIONS_PER_LINE * 8;
    }

    /** Offset of the region that K number {@code slot} of {@code view} is for: an int, or NO_REGION. */
    public static int regionId(int view, int slot) {
        return regionLine(view, slot) + REGIONS_PER_LINE * 8 + slot % REGIONS_PER_LINE * 4;
    }

    /** The K number, of a view, that {@link #regionK} has given an offset for. */
    public static int regionSlot(int view, int regionK) {
        int offset = regionK - regionK(view, 0);
        return offset / ALIAS_BYTES * REGIONS_PER_LINE + offset % ALIAS_BYTES / 8;
    }

    /** Offset of the tag of a level. */
    public static int levelTag(int level) {
        return LEVEL_TAGS + level * 8;
    }

    /** Offset of a spill slot for values; those from {@link #VALUE_SPILL_SLOTS} on are for the code of exits. */
    public static int spill(int n) {
        return n < OWN_PLACE_SPILLS ? FIRST_SPILLS + 8 * n : more(MORE_SPILLS, 8, n - OWN_PLACE_SPILLS);
    }

    /** Offset of a spill slot for the K of a region. */
    public static int regionSpill(int n) {
        int others = VALUE_SPILL_SLOTS + SCRATCH_SLOTS;
        return n < OWN_PLACE_SPILLS ? FIRST_SPILLS + 8 * (OWN_PLACE_SPILLS + n) : spill(others + n);
    }

    /** Offset of a spill slot of 16 bytes. */
    public static int vectorSpill(int n) {
        return more(MORE_VECTOR_SPILLS, 16, n);
    }

    private static int more(int start, int bytes, int n) {
        int perLine = MORE_BYTES_PER_LINE / bytes;
        return start + n / perLine * ALIAS_BYTES + n % perLine * bytes;
    }
}
