package io.stele.ir.softfloat;

/**
 * Control and status of floating-point arithmetic, with the bit assignments of Arm's FPCR and FPSR (Arm ARM, C5.2.8 and C5.2.10).
 * One instance belongs to one thread.
 */
public class FloatEnvironment {
    /** Rounding modes as in FPCR.RMode, then the two that only instructions can ask for. */
    public static final int NEAREST_EVEN = 0;
    public static final int TOWARDS_POSITIVE = 1;
    public static final int TOWARDS_NEGATIVE = 2;
    public static final int TOWARDS_ZERO = 3;
    public static final int TIES_AWAY = 4;
    public static final int TO_ODD = 5;
    /** Stands for the mode in the control word. */
    public static final int FROM_CONTROL = -1;

    /** Cumulative exception flags, as in FPSR. */
    public static final int INVALID = 1;
    public static final int DIVIDE_BY_ZERO = 1 << 1;
    public static final int OVERFLOW = 1 << 2;
    public static final int UNDERFLOW = 1 << 3;
    public static final int INEXACT = 1 << 4;
    public static final int INPUT_DENORMAL = 1 << 7;
    /** An integer operation saturated (FPSR.QC). */
    public static final int SATURATED = 1 << 27;

    private static final int FLUSH_TO_ZERO_16 = 1 << 19;
    private static final int FLUSH_TO_ZERO = 1 << 24;
    private static final int DEFAULT_NAN = 1 << 25;
    private static final int ALTERNATIVE_HALF = 1 << 26;
    private static final int ROUNDING_SHIFT = 22;

    private int control;
    private int flags;

    /** Sets the control word, in the format of FPCR. */
    public final void setControl(int fpcr) {
        control = fpcr;
    }

    public final int control() {
        return control;
    }

    /** Flags raised since {@link #clearFlags}, in the format of FPSR. */
    public final int flags() {
        return flags;
    }

    public final void clearFlags() {
        flags = 0;
    }

    /** Notes that an integer vector operation saturated. */
    public final void saturated() {
        flags |= SATURATED;
    }

    final void raise(int flag) {
        flags |= flag;
    }

    final int roundingMode(int mode) {
        return mode == FROM_CONTROL ? control >>> ROUNDING_SHIFT & 3 : mode;
    }

    final boolean usesDefaultNan() {
        return (control & DEFAULT_NAN) != 0;
    }

    final boolean alternativeHalf() {
        return (control & ALTERNATIVE_HALF) != 0;
    }

    final boolean flushesToZero(int fw) {
        return (control & (fw == 16 ? FLUSH_TO_ZERO_16 : FLUSH_TO_ZERO)) != 0;
    }
}
