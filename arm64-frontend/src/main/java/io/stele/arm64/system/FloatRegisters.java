package io.stele.arm64.system;

import io.stele.ir.softfloat.FloatEnvironment;

/** FPCR and FPSR (Arm ARM, C5.2.8 and C5.2.10) as control and flags of {@link FloatEnvironment}. */
public final class FloatRegisters {
    private static final int FPCR_FZ16 = 19;
    private static final int FPCR_RMODE = 22;
    private static final int FPCR_FZ = 24;
    private static final int FPCR_DN = 25;
    private static final int FPCR_AHP = 26;
    private static final int FPSR_IDC = 1 << 7;
    static final int FPSR_QC = 1 << 27;
    /** IOC, DZC, OFC, UFC, IXC. */
    private static final int SAME_BITS = FloatEnvironment.INVALID | FloatEnvironment.DIVIDE_BY_ZERO | FloatEnvironment.OVERFLOW
        | FloatEnvironment.UNDERFLOW | FloatEnvironment.INEXACT;

    private FloatRegisters() {}

    /** The control word that FPCR asks for; its rounding modes have the numbers of RMode. */
    public static int control(long fpcr) {
        return (int) (fpcr >>> FPCR_RMODE & 3) | bit(fpcr, FPCR_FZ, FloatEnvironment.FLUSH_TO_ZERO)
            | bit(fpcr, FPCR_FZ16, FloatEnvironment.FLUSH_TO_ZERO_16)
            | bit(fpcr, FPCR_DN, FloatEnvironment.DEFAULT_NAN) | bit(fpcr, FPCR_AHP, FloatEnvironment.ALTERNATIVE_HALF);
    }

    private static int bit(long fpcr, int position, int meaning) {
        return (fpcr >>> position & 1) != 0 ? meaning : 0;
    }

    /** The bits of FPSR that cumulative flags set. */
    public static long fpsr(int flags) {
        return flags & SAME_BITS | ((flags & FloatEnvironment.INPUT_DENORMAL) != 0 ? FPSR_IDC : 0)
            | ((flags & FloatEnvironment.SATURATED) != 0 ? FPSR_QC : 0);
    }
}
