package io.stele.arm64.state;

/**
 * Bits of the processor state, in the layout of SPSR_EL1 (Arm ARM C5.2.18). The state field {@code PSTATE} holds all of them but NZCV,
 * which
 * live in host flag format in a field of their own.
 */
public final class Pstate {
    /** M[0]: SP_ELx is selected. */
    public static final long SP = 1;
    /** M[3:2]: the exception level. */
    public static final long EL_MASK = 3 << 2;
    public static final long EL1 = 1 << 2;
    /** M[3:0]: exception level and stack pointer. */
    public static final long MODE = 15;
    public static final long EL0T = 0;
    public static final long EL1T = 4;
    public static final long EL1H = 5;
    /** M[4]: AArch32. */
    public static final long AARCH32 = 1 << 4;
    public static final long F = 1 << 6;
    public static final long I = 1 << 7;
    public static final long A = 1 << 8;
    public static final long D = 1 << 9;
    public static final long DAIF = D | A | I | F;
    /** What the last branch was, of {@link BranchTargets}; not in the state's field. */
    public static final int BTYPE_BIT = 10;
    public static final long BTYPE = 3 << BTYPE_BIT;
    public static final long SSBS = 1 << 12;
    public static final long IL = 1 << 20;
    public static final long SS = 1 << 21;
    public static final long PAN = 1 << 22;
    /** What SPSR_EL1 can hold: NZCV, PAN, SS, IL, SSBS, BTYPE, DAIF, M[4:0]. The rest is RES0 on this CPU. */
    public static final long SPSR_MASK = 0xf000_0000L | PAN | SS | IL | SSBS | BTYPE | DAIF | AARCH32 | MODE;

    private Pstate() {}
}
