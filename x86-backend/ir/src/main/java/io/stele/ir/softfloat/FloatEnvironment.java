package io.stele.ir.softfloat;

/**
 * Control and status of floating-point arithmetic. A guest translates its own registers to and from these bits. One instance belongs to one
 * thread.
 */
public class FloatEnvironment {
    /** Rounding modes of the control word (its bits 1:0), then the two that only operations can ask for. */
    public static final int NEAREST_EVEN = 0;
    public static final int TOWARDS_POSITIVE = 1;
    public static final int TOWARDS_NEGATIVE = 2;
    public static final int TOWARDS_ZERO = 3;
    public static final int TIES_AWAY = 4;
    public static final int TO_ODD = 5;
    /** To odd, but numbers that are too large become infinities. */
    static final int TO_ODD_OR_INFINITY = 6;
    /** Stands for the mode in the control word. */
    public static final int FROM_CONTROL = -1;
    private static final int ROUNDING_MASK = 3;

    /** Control: denormal operands and results of 32 and 64 bits count as zero. */
    public static final int FLUSH_TO_ZERO = 1 << 2;
    /** Control: the same for 16 bits. */
    public static final int FLUSH_TO_ZERO_16 = 1 << 3;
    /** Control: every NaN result is the default one. */
    public static final int DEFAULT_NAN = 1 << 4;
    /** Control: conversions take 16-bit numbers to have neither infinities nor NaNs. */
    public static final int ALTERNATIVE_HALF = 1 << 5;

    /** Cumulative flags. */
    public static final int INVALID = 1;
    public static final int DIVIDE_BY_ZERO = 1 << 1;
    public static final int OVERFLOW = 1 << 2;
    public static final int UNDERFLOW = 1 << 3;
    public static final int INEXACT = 1 << 4;
    public static final int INPUT_DENORMAL = 1 << 5;
    /** An integer operation saturated. */
    public static final int SATURATED = 1 << 6;

    private int control;
    /** Takes the place of the mode in the control word unless it is {@link #FROM_CONTROL}. */
    private int override = FROM_CONTROL;
    private int flags;

    /** Sets the control word: a rounding mode and control bits. */
    public final void setControl(int word) {
        control = word;
    }

    public final int control() {
        return control;
    }

    /** Flags raised since {@link #clearFlags}. */
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

    /** Rounds by another mode than the control word's, until it is {@link #FROM_CONTROL} again. */
    final void override(int mode) {
        override = mode;
    }

    final void restoreFlags(int earlier) {
        flags = earlier;
    }

    final void raise(int flag) {
        flags |= flag;
    }

    final int roundingMode(int mode) {
        return mode != FROM_CONTROL ? mode : override != FROM_CONTROL ? override : control & ROUNDING_MASK;
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
