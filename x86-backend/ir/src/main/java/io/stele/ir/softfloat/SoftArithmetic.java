package io.stele.ir.softfloat;

import static io.stele.ir.softfloat.FloatFormat.infinity;
import static io.stele.ir.softfloat.FloatFormat.signBit;
import static io.stele.ir.softfloat.FloatFormat.zero;

/** Addition, multiplication, fused multiply-add, division and square root: FPAdd, FPMul, FPMulAdd, FPDiv, FPSqrt (Arm ARM, J1.3.3). */
public abstract class SoftArithmetic extends SoftRounding {
    private static final int ROOT_BITS = 58;

    /** Significand and exponent of the last {@link #multiply}, normalised to bit 127. */
    private long productHigh;
    private long productLow;
    private int productExponent;

    SoftArithmetic() {}

    public final long add(int fw, long x, long y) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            return processNans(fw, x, y);
        }
        return sum(fw, 0);
    }

    public final long sub(int fw, long x, long y) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            return processNans(fw, x, y);
        }
        b.sign = !b.sign;
        return sum(fw, 0);
    }

    /** a + b, not NaNs, times 2^scale. */
    private long sum(int fw, int scale) {
        if (a.type == Unpacked.INFINITY) {
            return b.type == Unpacked.INFINITY && a.sign != b.sign ? invalid(fw) : infinity(fw, a.sign);
        }
        if (b.type == Unpacked.INFINITY) {
            return infinity(fw, b.sign);
        }
        if (b.type == Unpacked.ZERO) {
            if (a.type == Unpacked.ZERO) {
                return zero(fw, a.sign == b.sign ? a.sign : exactZeroSign());
            }
            return round(fw, FROM_CONTROL, a.sign, a.exponent + scale, a.significand, false);
        }
        if (a.type == Unpacked.ZERO) {
            return round(fw, FROM_CONTROL, b.sign, b.exponent + scale, b.significand, false);
        }
        return sum(fw, scale, a.sign, a.exponent, a.significand, 0);
    }

    /** Nonzero first operand of 128 bits plus nonzero b, times 2^scale. */
    private long sum(int fw, int scale, boolean sign, int exponent, long high, long low) {
        boolean firstLarger = exponent != b.exponent ? exponent > b.exponent
                : high != b.significand ? Long.compareUnsigned(high, b.significand) > 0 : true;
        boolean largeSign = firstLarger ? sign : b.sign;
        boolean smallSign = firstLarger ? b.sign : sign;
        int e = firstLarger ? exponent : b.exponent;
        int distance = firstLarger ? exponent - b.exponent : b.exponent - exponent;
        long largeHigh = firstLarger ? high : b.significand;
        long largeLow = firstLarger ? low : 0;
        long smallHigh = firstLarger ? b.significand : high;
        long smallLow = firstLarger ? 0 : low;

        long shiftedHigh;
        long shiftedLow;
        if (distance == 0) {
            shiftedHigh = smallHigh;
            shiftedLow = smallLow;
        } else if (distance < 64) {
            shiftedHigh = smallHigh >>> distance;
            shiftedLow = smallHigh << 64 - distance | smallLow >>> distance | ((smallLow << 64 - distance) != 0 ? 1 : 0);
        } else if (distance < 128) {
            int d = distance - 64;
            boolean lost = smallLow != 0 || d != 0 && smallHigh << 64 - d != 0;
            shiftedHigh = 0;
            shiftedLow = smallHigh >>> d | (lost ? 1 : 0);
        } else {
            shiftedHigh = 0;
            shiftedLow = 1;
        }

        long resultHigh;
        long resultLow;
        if (largeSign == smallSign) {
            resultLow = largeLow + shiftedLow;
            long carry = Long.compareUnsigned(resultLow, largeLow) < 0 ? 1 : 0;
            resultHigh = largeHigh + shiftedHigh;
            boolean overflow = Long.compareUnsigned(resultHigh, largeHigh) < 0;
            resultHigh += carry;
            overflow |= carry != 0 && resultHigh == 0;
            if (overflow) {
                resultLow = resultLow >>> 1 | resultLow & 1 | resultHigh << 63;
                resultHigh = resultHigh >>> 1 | Long.MIN_VALUE;
                e++;
            }
        } else {
            resultLow = largeLow - shiftedLow;
            resultHigh = largeHigh - shiftedHigh - (Long.compareUnsigned(largeLow, shiftedLow) < 0 ? 1 : 0);
            if (resultHigh == 0) {
                if (resultLow == 0) {
                    return zero(fw, exactZeroSign());
                }
                resultHigh = resultLow;
                resultLow = 0;
                e -= 64;
            }
            int shift = Long.numberOfLeadingZeros(resultHigh);
            if (shift != 0) {
                resultHigh = resultHigh << shift | resultLow >>> 64 - shift;
                resultLow <<= shift;
                e -= shift;
            }
        }
        return round(fw, FROM_CONTROL, largeSign, e + scale, resultHigh, resultLow != 0);
    }

    private void multiply(Unpacked x, Unpacked y) {
        productHigh = Math.unsignedMultiplyHigh(x.significand, y.significand);
        productLow = x.significand * y.significand;
        productExponent = x.exponent + y.exponent + 1;
        if (productHigh >= 0) {
            productHigh = productHigh << 1 | productLow >>> 63;
            productLow <<= 1;
            productExponent--;
        }
    }

    public final long mul(int fw, long x, long y) {
        return mul(fw, x, y, false);
    }

    /** FPMulX: infinity times zero is 2. */
    public final long mulExtended(int fw, long x, long y) {
        return mul(fw, x, y, true);
    }

    private long mul(int fw, long x, long y, boolean extended) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            return processNans(fw, x, y);
        }
        boolean sign = a.sign != b.sign;
        boolean zero = a.type == Unpacked.ZERO || b.type == Unpacked.ZERO;
        if (a.type == Unpacked.INFINITY || b.type == Unpacked.INFINITY) {
            if (!zero) {
                return infinity(fw, sign);
            }
            return extended ? FloatFormat.two(fw) | zero(fw, sign) : invalid(fw);
        }
        if (zero) {
            return zero(fw, sign);
        }
        multiply(a, b);
        return round(fw, FROM_CONTROL, sign, productExponent, productHigh, productLow != 0);
    }

    /** addend + x * y, rounded once. */
    public final long mulAdd(int fw, long addend, long x, long y) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        return mulAddUnpacked(fw, addend, x, y);
    }

    /** FPMulAddH: addend + x * y in single precision, x and y half-precision numbers. */
    public final long mulAddHalf(long addend, long x, long y) {
        unpack(16, x, a);
        unpack(16, y, b);
        return mulAddUnpacked(32, addend, widenNan(x), widenNan(y));
    }

    /** A NaN of 16 bits in 32 bits, signalling or not. */
    private static long widenNan(long x) {
        return (x & 0x8000) << 16 | 0x7f80_0000L | (x & 0x3ff) << 13;
    }

    /** The factors are in a and b; x and y are their bits, in case of NaNs. */
    private long mulAddUnpacked(int fw, long addend, long x, long y) {
        unpack(fw, addend, c);
        boolean invalidProduct = a.type == Unpacked.INFINITY && b.type == Unpacked.ZERO
                || a.type == Unpacked.ZERO && b.type == Unpacked.INFINITY;
        if (c.type == Unpacked.QUIET_NAN && invalidProduct) {
            return invalid(fw);
        }
        if (a.isNan() || b.isNan() || c.isNan()) {
            return processNans(fw, addend, x, y);
        }
        boolean sign = a.sign != b.sign;
        boolean infinite = a.type == Unpacked.INFINITY || b.type == Unpacked.INFINITY;
        if (invalidProduct || infinite && c.type == Unpacked.INFINITY && c.sign != sign) {
            return invalid(fw);
        }
        if (infinite) {
            return infinity(fw, sign);
        }
        return addProduct(fw, 0);
    }

    /** c + a * b, times 2^scale; no NaNs, a and b finite. */
    private long addProduct(int fw, int scale) {
        boolean sign = a.sign != b.sign;
        if (c.type == Unpacked.INFINITY) {
            return infinity(fw, c.sign);
        }
        if (a.type == Unpacked.ZERO || b.type == Unpacked.ZERO) {
            if (c.type == Unpacked.ZERO) {
                return zero(fw, sign == c.sign ? sign : exactZeroSign());
            }
            return round(fw, FROM_CONTROL, c.sign, c.exponent + scale, c.significand, false);
        }
        multiply(a, b);
        if (c.type == Unpacked.ZERO) {
            return round(fw, FROM_CONTROL, sign, productExponent + scale, productHigh, productLow != 0);
        }
        b.sign = c.sign;
        b.exponent = c.exponent;
        b.significand = c.significand;
        return sum(fw, scale, sign, productExponent, productHigh, productLow);
    }

    /** FPRecipStepFused: 2 - x * y. */
    public final long reciprocalStep(int fw, long x, long y) {
        return step(fw, x, y, 2, 0);
    }

    /** FPRSqrtStepFused: (3 - x * y) / 2. */
    public final long reciprocalRootStep(int fw, long x, long y) {
        return step(fw, x, y, 3, -1);
    }

    private long step(int fw, long x, long y, int constant, int scale) {
        long negated = x ^ signBit(fw);
        unpack(fw, negated, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            return processNans(fw, negated, y);
        }
        boolean zero = a.type == Unpacked.ZERO || b.type == Unpacked.ZERO;
        c.setInteger(false, constant, 0);
        if (a.type == Unpacked.INFINITY || b.type == Unpacked.INFINITY) {
            return zero ? round(fw, FROM_CONTROL, false, c.exponent + scale, c.significand, false) : infinity(fw, a.sign != b.sign);
        }
        return addProduct(fw, scale);
    }

    public final long div(int fw, long x, long y) {
        unpack(fw, x, a);
        unpack(fw, y, b);
        if (a.isNan() || b.isNan()) {
            return processNans(fw, x, y);
        }
        boolean sign = a.sign != b.sign;
        if (a.type == b.type && a.type != Unpacked.FINITE) {
            return invalid(fw);
        }
        if (a.type == Unpacked.INFINITY || b.type == Unpacked.ZERO) {
            if (a.type != Unpacked.INFINITY) {
                raise(DIVIDE_BY_ZERO);
            }
            return infinity(fw, sign);
        }
        if (a.type == Unpacked.ZERO || b.type == Unpacked.INFINITY) {
            return zero(fw, sign);
        }
        int exponent = a.exponent - b.exponent;
        long remainder = a.significand;
        long quotient = 0;
        int bits = 63;
        if (Long.compareUnsigned(remainder, b.significand) >= 0) {
            remainder -= b.significand;
            quotient = 1;
        } else {
            exponent--;
            bits = 64;
        }
        for (int i = 0; i < bits; i++) {
            boolean carry = remainder < 0;
            remainder <<= 1;
            quotient <<= 1;
            if (carry || Long.compareUnsigned(remainder, b.significand) >= 0) {
                remainder -= b.significand;
                quotient |= 1;
            }
        }
        return round(fw, FROM_CONTROL, sign, exponent, quotient, remainder != 0);
    }

    public final long sqrt(int fw, long x) {
        unpack(fw, x, a);
        if (a.isNan()) {
            return processNan(fw, a, x);
        }
        if (a.type == Unpacked.ZERO) {
            return zero(fw, a.sign);
        }
        if (a.sign) {
            return invalid(fw);
        }
        if (a.type == Unpacked.INFINITY) {
            return infinity(fw, false);
        }
        boolean odd = (a.exponent & 1) != 0;
        long next = odd ? a.significand : a.significand >>> 1;
        long remainder = 0;
        long root = 0;
        for (int i = 0; i < ROOT_BITS; i++) {
            remainder = remainder << 2 | next >>> 62;
            next <<= 2;
            long trial = root << 2 | 1;
            root <<= 1;
            if (remainder >= trial) {
                remainder -= trial;
                root |= 1;
            }
        }
        return round(fw, FROM_CONTROL, false, a.exponent >> 1, root << 64 - ROOT_BITS, remainder != 0);
    }
}
