package io.stele.ir.softfloat;

import static io.stele.ir.softfloat.FloatFormat.exponentField;
import static io.stele.ir.softfloat.FloatFormat.fractionBits;
import static io.stele.ir.softfloat.FloatFormat.infinity;
import static io.stele.ir.softfloat.FloatFormat.isNegative;
import static io.stele.ir.softfloat.FloatFormat.isQuietNan;
import static io.stele.ir.softfloat.FloatFormat.maxExponentField;
import static io.stele.ir.softfloat.FloatFormat.maxNormal;
import static io.stele.ir.softfloat.FloatFormat.minExponent;
import static io.stele.ir.softfloat.FloatFormat.pack;
import static io.stele.ir.softfloat.FloatFormat.signBit;
import static io.stele.ir.softfloat.FloatFormat.zero;

/**
 * IEEE 754 arithmetic in integers with the choices that the Arm architecture makes (NaN propagation, default NaN, flushing, detection of
 * tininess before rounding). Values are the low {@code fw} bits (16, 32 or 64) of a {@code long}, the rest zero, in operands and results.
 */
public final class SoftFloat extends SoftConversions {
    /** Result of {@link #compare} on unordered operands, as NZCV; the others are {@code LESS}, {@code EQUAL} and {@code GREATER}. */
    public static final int UNORDERED = 0b0011;
    public static final int LESS = 0b1000;
    public static final int EQUAL = 0b0110;
    public static final int GREATER = 0b0010;

    /** FPCompare: NZCV; {@code signalling} raises INVALID for quiet NaNs, too. */
    public int compare(int fw, long x, long y, boolean signalling) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            if (signalling || a.type == Unpacked.SIGNALLING_NAN || b.type == Unpacked.SIGNALLING_NAN) {
                raise(INVALID);
            }
            return UNORDERED;
        }
        int order = order();
        return order < 0 ? LESS : order == 0 ? EQUAL : GREATER;
    }

    /** Sign of a - b, neither a NaN. */
    private int order() {
        if (a.type == Unpacked.ZERO && b.type == Unpacked.ZERO) {
            return 0;
        }
        if (a.type == Unpacked.ZERO) {
            return b.sign ? 1 : -1;
        }
        if (b.type == Unpacked.ZERO || a.sign != b.sign) {
            return a.sign ? -1 : 1;
        }
        int magnitudes;
        if (a.type == Unpacked.INFINITY || b.type == Unpacked.INFINITY) {
            magnitudes = a.type == b.type ? 0 : a.type == Unpacked.INFINITY ? 1 : -1;
        } else if (a.exponent != b.exponent) {
            magnitudes = a.exponent < b.exponent ? -1 : 1;
        } else {
            magnitudes = Long.compareUnsigned(a.significand, b.significand);
        }
        return a.sign ? -magnitudes : magnitudes;
    }

    public long max(int fw, long x, long y) {
        return extremum(fw, x, y, true);
    }

    public long min(int fw, long x, long y) {
        return extremum(fw, x, y, false);
    }

    /** A single quiet NaN loses against the other operand. */
    public long maxNumber(int fw, long x, long y) {
        return extremumOfNumbers(fw, x, y, true);
    }

    /** A single quiet NaN loses against the other operand. */
    public long minNumber(int fw, long x, long y) {
        return extremumOfNumbers(fw, x, y, false);
    }

    private long extremumOfNumbers(int fw, long x, long y, boolean max) {
        boolean quietX = isQuietNan(fw, x);
        boolean quietY = isQuietNan(fw, y);
        long loser = infinity(fw, max);
        return extremum(fw, quietX && !quietY ? loser : x, quietY && !quietX ? loser : y, max);
    }

    private long extremum(int fw, long x, long y, boolean max) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            return processNans(fw, x, y);
        }
        int order = order();
        Unpacked chosen = (max ? order > 0 : order < 0) ? a : b;
        if (chosen.type == Unpacked.INFINITY) {
            return infinity(fw, chosen.sign);
        }
        if (chosen.type == Unpacked.ZERO) {
            return zero(fw, max ? a.sign && b.sign : a.sign || b.sign);
        }
        return round(fw, FROM_CONTROL, chosen.sign, chosen.exponent, chosen.significand, false);
    }

    public long abs(int fw, long x) {
        return x & ~signBit(fw);
    }

    public long neg(int fw, long x) {
        return x ^ signBit(fw);
    }

    /** FPRecipEstimate. */
    public long reciprocalEstimate(int fw, long x) {
        unpack(fw, x, a);
        if (a.isNan()) {
            return processNan(fw, a, x);
        }
        if (a.type == Unpacked.INFINITY) {
            return zero(fw, a.sign);
        }
        if (a.type == Unpacked.ZERO) {
            raise(DIVIDE_BY_ZERO);
            return infinity(fw, a.sign);
        }
        int min = minExponent(fw);
        if (a.exponent < min - 2) {
            raise(OVERFLOW | INEXACT);
            return overflowsToInfinity(roundingMode(FROM_CONTROL), a.sign) ? infinity(fw, a.sign) : maxNormal(fw, a.sign);
        }
        if (flushesToZero(fw) && a.exponent >= -min) {
            raise(UNDERFLOW);
            return zero(fw, a.sign);
        }
        long estimate = reciprocalEstimate((int) (a.significand >>> 55)) & 0xff;
        int resultField = -min - a.exponent;
        long fraction = estimate << fractionBits(fw) - 8;
        if (resultField == 0) {
            fraction = fraction >>> 1 | 1L << fractionBits(fw) - 1;
        } else if (resultField < 0) {
            fraction = fraction >>> 2 | 1L << fractionBits(fw) - 2;
            resultField = 0;
        }
        return pack(fw, a.sign, resultField, fraction);
    }

    /** FPRSqrtEstimate. */
    public long reciprocalRootEstimate(int fw, long x) {
        unpack(fw, x, a);
        if (a.isNan()) {
            return processNan(fw, a, x);
        }
        if (a.type == Unpacked.ZERO) {
            raise(DIVIDE_BY_ZERO);
            return infinity(fw, a.sign);
        }
        if (a.sign) {
            return invalid(fw);
        }
        if (a.type == Unpacked.INFINITY) {
            return zero(fw, false);
        }
        boolean oddExponent = (a.exponent & 1) != 0;
        int scaled = (int) (oddExponent ? a.significand >>> 55 : a.significand >>> 56);
        int bias = maxExponentField(fw) / 2;
        int field = (3 * bias - 1 - (a.exponent + bias)) / 2;
        return pack(fw, false, field, (reciprocalRootEstimate(scaled) & 0xffL) << fractionBits(fw) - 8);
    }

    /** FPRecpX. */
    public long reciprocalExponent(int fw, long x) {
        unpack(fw, x, a);
        if (a.isNan()) {
            return processNan(fw, a, x);
        }
        int field = exponentField(fw, x);
        int max = maxExponentField(fw);
        return pack(fw, isNegative(fw, x), field == 0 ? max - 1 : ~field & max, 0);
    }

    /** UnsignedRecipEstimate of a 32-bit integer. */
    public static long reciprocalEstimateInteger(long x) {
        return (x & 0x8000_0000L) == 0 ? 0xffff_ffffL : (long) reciprocalEstimate((int) (x >>> 23) & 0x1ff) << 23;
    }

    /** UnsignedRSqrtEstimate of a 32-bit integer. */
    public static long reciprocalRootEstimateInteger(long x) {
        return (x & 0xc000_0000L) == 0 ? 0xffff_ffffL : (long) reciprocalRootEstimate((int) (x >>> 23) & 0x1ff) << 23;
    }

    /** RecipEstimate: {@code a} in 256..511 stands for 0.5..1.0; the result in 256..511 for 1.0..2.0. */
    private static int reciprocalEstimate(int a) {
        int quotient = (1 << 19) / (a * 2 + 1);
        return (quotient + 1) / 2;
    }

    /** RecipSqrtEstimate: {@code a} in 128..511 stands for 0.25..1.0; the result in 256..511 for 1.0..2.0. */
    private static int reciprocalRootEstimate(int a) {
        int scaled = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
        int root = 512;
        while ((long) scaled * (root + 1) * (root + 1) < 1L << 28) {
            root++;
        }
        return (root + 1) / 2;
    }
}
