package io.stele.arm64.system;

/** One row of the {@link RegisterTable}. */
public final class SystemRegister {
    /** Access rights. */
    static final int R0 = 1;
    static final int W0 = 2;
    static final int R1 = 4;
    static final int W1 = 8;
    static final int RO = R1;
    static final int WO = W1;
    static final int RW = R1 | W1;
    static final int RW0 = RW | R0 | W0;

    /** Where the value is. */
    public static final int CONSTANT = 0;
    public static final int STORED = 1;
    public static final int DEVICE = 2;
    /** Computed by {@link SystemRegisters}. */
    public static final int SPECIAL = 3;

    /** What a write changes besides the value. */
    public static final int NOTHING = 0;
    /** How translation tables are read. */
    public static final int REGIME = 1;
    /** Which translation tables are read, or the code mode. */
    public static final int CONTEXT = 2;
    /** Breakpoints, watchpoints, software step. */
    public static final int DEBUG = 3;

    /** SCTLR_EL1 bit that lets EL0 read; 0 if there is none. */
    static final long NO_TRAP = 0;

    public final String name;
    public final int encoding;
    public final int kind;
    final int access;
    /** State offset of a stored register. */
    public final int offset;
    /** The value of a constant, or after reset. */
    public final long reset;
    /** Bits that a write changes. */
    public final long mask;
    /** Bits that are always one. */
    public final long ones;
    public final int effect;
    /** Bit of SCTLR_EL1 without which accesses from EL0 are trapped. */
    final long enable;

    /** What a CPU that has the register has; null for all. */
    final CpuFeature feature;

    SystemRegister(String name, int encoding, int kind, int access, int offset, long reset, long mask, long ones, int effect, long enable,
            CpuFeature feature) {
        this.name = name;
        this.encoding = encoding;
        this.kind = kind;
        this.access = access;
        this.offset = offset;
        this.reset = reset;
        this.mask = mask;
        this.ones = ones;
        this.effect = effect;
        this.enable = enable;
        this.feature = feature;
    }

    /** True if the register exists at this level for this kind of access, traps aside. */
    public boolean accessible(boolean privileged, boolean write) {
        return (access & (privileged ? R1 : R0) << (write ? 1 : 0)) != 0;
    }

    /** True if the guest can have accesses from EL0 trapped. */
    public boolean trappable() {
        return enable != NO_TRAP || kind == DEVICE;
    }

    /** True if accesses have no effect but on the state field, so that generated code may make them. */
    public boolean plain() {
        return kind == STORED && effect == NOTHING;
    }

    /** {@code op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2}. */
    public static int encode(int op0, int op1, int crn, int crm, int op2) {
        return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
    }

    /** The generic name, as in {@code s3_0_c1_c0_0}. */
    public static String genericName(int encoding) {
        return "s" + (encoding >>> 14 & 3) + "_" + (encoding >>> 11 & 7) + "_c" + (encoding >>> 7 & 15) + "_c" + (encoding >>> 3 & 15) + "_"
                + (encoding & 7);
    }
}
