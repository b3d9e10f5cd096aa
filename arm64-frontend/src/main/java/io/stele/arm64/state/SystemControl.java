package io.stele.arm64.state;

/** Bits of the control registers that the front end looks at: SCTLR_EL1, CPACR_EL1, CNTKCTL_EL1, TCR_EL1. */
public final class SystemControl {
    /** SCTLR_EL1. */
    public static final long M = 1;
    public static final long A = 1 << 1;
    public static final long C = 1 << 2;
    public static final long SA = 1 << 3;
    public static final long SA0 = 1 << 4;
    public static final long UMA = 1 << 9;
    public static final long ENDB = 1 << 13;
    public static final long I = 1 << 12;
    public static final long DZE = 1 << 14;
    public static final long UCT = 1 << 15;
    public static final long NTWI = 1 << 16;
    public static final long NTWE = 1 << 18;
    public static final long WXN = 1 << 19;
    public static final long TSCXT = 1 << 20;
    public static final long SPAN = 1 << 23;
    public static final long UCI = 1 << 26;
    public static final long ENDA = 1 << 27;
    public static final long ENIB = 1 << 30;
    public static final long ENIA = 1L << 31;
    /** Memory copy and set instructions at EL0. */
    public static final long MSCEN = 1L << 33;
    /** PACIASP and PACIBSP refuse BR, at EL0 and at EL1. */
    public static final long BT0 = 1L << 35;
    public static final long BT1 = 1L << 36;
    public static final long DSSBS = 1L << 44;
    /** Bits that can be written. */
    public static final long SCTLR_MASK = M | A | C | SA | SA0 | UMA | I | DZE | UCT | NTWI | NTWE | WXN | TSCXT | SPAN | UCI | DSSBS
        | MSCEN | BT0 | BT1 | ENDB | ENDA | ENIB | ENIA;
    /** Bits that read as one: LSMAOE, nTLSMD, EIS, EOS (not implemented features), SED, ITD (no AArch32). */
    public static final long SCTLR_RES1 = 1 << 29 | 1 << 28 | 1 << 22 | 1 << 11 | 1 << 8 | 1 << 7;

    /** CPACR_EL1.FPEN. */
    public static final long FPEN_MASK = 3 << 20;

    /** CNTKCTL_EL1. */
    public static final long EL0PCTEN = 1;
    public static final long EL0VCTEN = 1 << 1;
    /** The event stream: enabled, at transitions from 1 to 0, number of the counter's bit. */
    public static final long EVNTEN = 1 << 2;
    public static final long EVNTDIR = 1 << 3;
    public static final int EVNTI_SHIFT = 4;
    public static final long EL0VTEN = 1 << 8;
    public static final long EL0PTEN = 1 << 9;
    public static final long CNTKCTL_MASK = EL0PCTEN | EL0VCTEN | EVNTEN | EVNTDIR | 15 << EVNTI_SHIFT | EL0VTEN | EL0PTEN;

    /**
     * TCR_EL1 bits that exist here: T0SZ, EPD0, IRGN0, ORGN0, SH0, TG0, T1SZ, A1, EPD1, IRGN1, ORGN1, SH1, TG1, IPS, AS, TBI0, TBI1, HA, HD,
     * HPD0, HPD1, E0PD0, E0PD1. No FEAT_SVE NFD bits.
     */
    public static final long TCR_MASK = 0xffff_ffbfL | 7L << 32 | 7L << 36 | 3L << 39 | 3L << 41 | 3L << 55;

    private SystemControl() {}

    /** True if FP and SIMD instructions are trapped at the given level. */
    public static boolean floatingPointTrapped(long cpacr, boolean privileged) {
        int fpen = (int) (cpacr >>> 20) & 3;
        return fpen != 3 && !(fpen == 1 && privileged);
    }
}
