package io.stele.arm64.system;

import io.stele.ir.softfloat.FloatEnvironment;

/** FPCR and FPSR (Arm ARM, C5.2.8 and C5.2.10) as control and flags of {@link FloatEnvironment}. */
public final class FloatRegisters {
    private static final int FPCR_FZ16 = 19;
    private static final int FPCR_RMODE = 22;
    private static final int FPCR_FZ = 24;
    private static final int FPCR_DN = 25;
    private static final int FPCR_AHP = 26;
    /** Bits of FPCR under which arithmetic is not what generated code does. */
    private static final long FPCR_INTERPRETED = 1L << FPCR_FZ16 | 1L << FPCR_FZ | 1L << FPCR_AHP;
    /** MXCSR: all exceptions masked; the rounding mode. */
    private static final int MXCSR_DEFAULT = 0x1f80;
    private static final int MXCSR_ROUNDING = 13;
    private static final int FPSR_IDC = 1 << 7;
    /** Number of FPSR.QC. */
    public static final int QC_BIT = 27;
    static final int FPSR_QC = 1 << QC_BIT;
    /** IOC, DZC, OFC, UFC, IXC. */
    private static final int SAME_BITS = FloatEnvironment.INVALID | FloatEnvironment.DIVIDE_BY_ZERO | FloatEnvironment.OVERFLOW
        | FloatEnvironment.UNDERFLOW | FloatEnvironment.INEXACT;

    /**
     * Offset in the state block of the saturation register: 16 bytes that are not all zero when FPSR.QC is set. It stands behind the fields of
     * the description, at the place modulo 1024 of V31, which code seldom uses (docs/cpu-area.md).
     */
    public static final int SATURATION = 0x700;

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

    /**
     * True if generated code does what FPCR asks for. It rounds as MXCSR says, and leaves instructions with NaN results to the interpreter, so
     * that the rounding mode and the default NaN do not matter to it.
     */
    public static boolean isForGeneratedCode(long fpcr) {
        return (fpcr & FPCR_INTERPRETED) == 0;
    }

    /** MXCSR for generated code, without flags. The host has the modes towards the two infinities in the other order. */
    public static int mxcsr(long fpcr) {
        int mode = (int) (fpcr >>> FPCR_RMODE) & 3;
        return MXCSR_DEFAULT | (mode >>> 1 | (mode & 1) << 1) << MXCSR_ROUNDING;
    }

    /** The bits of FPSR that cumulative flags set. */
    public static long fpsr(int flags) {
        return flags & SAME_BITS | ((flags & FloatEnvironment.INPUT_DENORMAL) != 0 ? FPSR_IDC : 0)
            | ((flags & FloatEnvironment.SATURATED) != 0 ? FPSR_QC : 0);
    }
}
