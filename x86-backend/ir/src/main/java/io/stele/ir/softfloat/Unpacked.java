package io.stele.ir.softfloat;

/** A floating-point value taken apart: for a nonzero finite one, {@code (-1)^sign * significand * 2^(exponent - 63)} with bit 63 set. */
final class Unpacked {
    static final int ZERO = 0;
    static final int FINITE = 1;
    static final int INFINITY = 2;
    static final int QUIET_NAN = 3;
    static final int SIGNALLING_NAN = 4;

    int type;
    boolean sign;
    int exponent;
    long significand;

    boolean isNan() {
        return type >= QUIET_NAN;
    }

    /** Sets a finite value from an unsigned integer scaled by a power of two. */
    void setInteger(boolean negative, long magnitude, int scale) {
        sign = negative;
        if (magnitude == 0) {
            type = ZERO;
            return;
        }
        int shift = Long.numberOfLeadingZeros(magnitude);
        type = FINITE;
        significand = magnitude << shift;
        exponent = 63 - shift + scale;
    }
}
