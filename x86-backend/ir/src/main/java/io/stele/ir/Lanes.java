package io.stele.ir;

import io.stele.ir.softfloat.SoftFloat;

/**
 * Integer operations on the lanes of a 64-bit half of a vector. Operands of a lane operation come sign- or zero-extended from {@code e}
 * bits; its result is cut to {@code e} bits.
 */
final class Lanes {
    // Signed operands.
    static final int SMAX = 0;
    static final int SMIN = 1;
    static final int GREATER = 2;
    static final int GREATER_EQUAL = 3;
    static final int SHIFT_SIGNED = 4;
    static final int SHIFT_SIGNED_ROUND = 5;
    static final int SHIFT_SIGNED_SATURATE = 6;
    static final int SHIFT_SIGNED_ROUND_SATURATE = 7;
    static final int SHIFT_SIGNED_TO_UNSIGNED = 8;
    static final int ADD_SIGNED_SATURATE = 9;
    static final int SUB_SIGNED_SATURATE = 10;
    static final int DIFFERENCE_SIGNED = 14;
    static final int ADD_UNSIGNED_TO_SIGNED = 15;
    static final int DOUBLE_MUL_HIGH = 16;
    static final int DOUBLE_MUL_HIGH_ROUND = 17;
    static final int ABS_SATURATE = 18;
    static final int NEG_SATURATE = 19;
    static final int ABS = 20;
    static final int LEADING_SIGN_BITS = 21;
    static final int SHIFT_RIGHT_SIGNED = 22;
    /** Operations from here on take unsigned operands. */
    static final int UNSIGNED = 32;
    static final int UMAX = 32;
    static final int UMIN = 33;
    static final int HIGHER = 34;
    static final int HIGHER_SAME = 35;
    static final int SHIFT_UNSIGNED = 36;
    static final int SHIFT_UNSIGNED_ROUND = 37;
    static final int SHIFT_UNSIGNED_SATURATE = 38;
    static final int SHIFT_UNSIGNED_ROUND_SATURATE = 39;
    static final int ADD_UNSIGNED_SATURATE = 40;
    static final int SUB_UNSIGNED_SATURATE = 41;
    static final int HALVING_ADD_UNSIGNED_ROUND = 43;
    static final int DIFFERENCE_UNSIGNED = 45;
    static final int ADD_SIGNED_TO_UNSIGNED = 46;
    static final int ADD = 47;
    static final int SUB = 48;
    static final int MUL = 49;
    static final int EQUAL = 50;
    static final int TEST = 51;
    static final int COUNT = 52;
    static final int LEADING_ZEROS = 53;
    static final int REVERSE_BITS = 54;
    static final int MUL_CARRYLESS = 55;
    static final int SHIFT_LEFT = 56;
    static final int SHIFT_RIGHT_UNSIGNED = 57;
    static final int RECIPROCAL = 58;
    static final int RECIPROCAL_ROOT = 59;

    private static final int NO_SATURATION = 0;
    private static final int SATURATE = 1;
    private static final int SATURATE_TO_UNSIGNED = 2;

    private Lanes() {}

    static long half(int op, int e, long a, long b, SoftFloat status) {
        if (e == 64) {
            return lane(op, 64, a, b, status);
        }
        long r = 0;
        int up = 64 - e;
        boolean unsigned = op >= UNSIGNED;
        for (int bit = 0; bit < 64; bit += e) {
            long x = a << up - bit;
            long y = b << up - bit;
            long lane = lane(op, e, unsigned ? x >>> up : x >> up, unsigned ? y >>> up : y >> up, status);
            r |= lane << up >>> up - bit;
        }
        return r;
    }

    private static long lane(int op, int e, long x, long y, SoftFloat status) {
        return switch (op) {
            case SMAX -> Math.max(x, y);
            case SMIN -> Math.min(x, y);
            case GREATER -> mask(x > y);
            case GREATER_EQUAL -> mask(x >= y);
            case SHIFT_SIGNED -> shift(e, x, y, true, false, NO_SATURATION, status);
            case SHIFT_SIGNED_ROUND -> shift(e, x, y, true, true, NO_SATURATION, status);
            case SHIFT_SIGNED_SATURATE -> shift(e, x, y, true, false, SATURATE, status);
            case SHIFT_SIGNED_ROUND_SATURATE -> shift(e, x, y, true, true, SATURATE, status);
            case SHIFT_SIGNED_TO_UNSIGNED -> shift(e, x, y, true, false, SATURATE_TO_UNSIGNED, status);
            case ADD_SIGNED_SATURATE -> addSaturate(e, x, y, status);
            case SUB_SIGNED_SATURATE -> subSaturate(e, x, y, status);
            case DIFFERENCE_SIGNED -> x > y ? x - y : y - x;
            case ADD_UNSIGNED_TO_SIGNED -> addUnsignedToSigned(e, x, y, status);
            case DOUBLE_MUL_HIGH -> saturateSigned(e, x * y >> e - 1, status);
            case DOUBLE_MUL_HIGH_ROUND -> saturateSigned(e, x * y + (1L << e - 2) >> e - 1, status);
            case ABS_SATURATE -> x < 0 ? subSaturate(e, 0, x, status) : x;
            case NEG_SATURATE -> subSaturate(e, 0, x, status);
            case ABS -> Math.abs(x);
            case LEADING_SIGN_BITS -> Long.numberOfLeadingZeros(x ^ x >> 63) - (64 - e) - 1;
            case SHIFT_RIGHT_SIGNED -> x >> Math.min(y, 63);
            default -> unsignedLane(op, e, x, y, status);
        };
    }

    private static long unsignedLane(int op, int e, long x, long y, SoftFloat status) {
        return switch (op) {
            case UMAX -> Long.compareUnsigned(x, y) > 0 ? x : y;
            case UMIN -> Long.compareUnsigned(x, y) < 0 ? x : y;
            case HIGHER -> mask(Long.compareUnsigned(x, y) > 0);
            case HIGHER_SAME -> mask(Long.compareUnsigned(x, y) >= 0);
            case SHIFT_UNSIGNED -> shift(e, x, y, false, false, NO_SATURATION, status);
            case SHIFT_UNSIGNED_ROUND -> shift(e, x, y, false, true, NO_SATURATION, status);
            case SHIFT_UNSIGNED_SATURATE -> shift(e, x, y, false, false, SATURATE, status);
            case SHIFT_UNSIGNED_ROUND_SATURATE -> shift(e, x, y, false, true, SATURATE, status);
            case ADD_UNSIGNED_SATURATE -> {
                long sum = x + y;
                boolean over = e == 64 ? Long.compareUnsigned(sum, x) < 0 : sum >>> e != 0;
                yield over ? saturated(-1, status) : sum;
            }
            case SUB_UNSIGNED_SATURATE -> Long.compareUnsigned(x, y) < 0 ? saturated(0, status) : x - y;
            case HALVING_ADD_UNSIGNED_ROUND -> (x | y) - ((x ^ y) >>> 1);
            case DIFFERENCE_UNSIGNED -> Long.compareUnsigned(x, y) > 0 ? x - y : y - x;
            case ADD_SIGNED_TO_UNSIGNED -> addSignedToUnsigned(e, x, y, status);
            case ADD -> x + y;
            case SUB -> x - y;
            case MUL -> x * y;
            case EQUAL -> mask(x == y);
            case TEST -> mask((x & y) != 0);
            case COUNT -> Long.bitCount(x);
            case LEADING_ZEROS -> Long.numberOfLeadingZeros(x) - (64 - e);
            case REVERSE_BITS -> Long.reverse(x) >>> 64 - e;
            case MUL_CARRYLESS -> carryless(x, y);
            case SHIFT_LEFT -> y >= e ? 0 : x << y;
            case SHIFT_RIGHT_UNSIGNED -> y >= e ? 0 : x >>> y;
            case RECIPROCAL -> SoftFloat.reciprocalEstimateInteger(x);
            case RECIPROCAL_ROOT -> SoftFloat.reciprocalRootEstimateInteger(x);
            default -> throw new IllegalArgumentException("lane operation " + op);
        };
    }

    /** Shifts left by the signed low byte of the amount, right when it is negative. */
    private static long shift(int e, long x, long amount, boolean signed, boolean round, int saturation, SoftFloat status) {
        int n = (byte) amount;
        if (n < 0) {
            long r = shiftRight(x, -n, signed, round);
            return saturation == SATURATE_TO_UNSIGNED && r < 0 ? saturated(0, status) : r;
        }
        if (saturation == NO_SATURATION) {
            return n >= 64 ? 0 : x << n;
        }
        if (x == 0) {
            return 0;
        }
        if (saturation == SATURATE_TO_UNSIGNED && x < 0) {
            return saturated(0, status);
        }
        if (signed && saturation == SATURATE) {
            boolean over = n >= e || x << 64 - e << n >> n >> 64 - e != x;
            return over ? saturated(x < 0 ? 1L << e - 1 : (1L << e - 1) - 1, status) : x << n;
        }
        boolean over = n >= e || x << 64 - e << n >>> n >>> 64 - e != x;
        return over ? saturated(-1, status) : x << n;
    }

    private static long shiftRight(long x, int n, boolean signed, boolean round) {
        if (n > 64) {
            return signed && !round ? x >> 63 : 0;
        }
        long carry = round ? x >> n - 1 & 1 : 0;
        long shifted = n == 64 ? signed ? x >> 63 : 0 : signed ? x >> n : x >>> n;
        return shifted + carry;
    }

    private static long addSaturate(int e, long x, long y, SoftFloat status) {
        long sum = x + y;
        if (e == 64) {
            return ((x ^ sum) & (y ^ sum)) < 0 ? saturated(x < 0 ? Long.MIN_VALUE : Long.MAX_VALUE, status) : sum;
        }
        return saturateSigned(e, sum, status);
    }

    private static long subSaturate(int e, long x, long y, SoftFloat status) {
        long difference = x - y;
        if (e == 64) {
            return ((x ^ y) & (x ^ difference)) < 0 ? saturated(x < 0 ? Long.MIN_VALUE : Long.MAX_VALUE, status) : difference;
        }
        return saturateSigned(e, difference, status);
    }

    /** SUQADD: signed x plus the lane of y read as unsigned. */
    private static long addUnsignedToSigned(int e, long x, long y, SoftFloat status) {
        long u = y & -1L >>> 64 - e;
        long sum = x + u;
        boolean over = e == 64 ? u < 0 ? x >= 0 || sum < 0 : x >= 0 && sum < 0 : sum >= 1L << e - 1;
        return over ? saturated((1L << e - 1) - 1, status) : sum;
    }

    /** USQADD: unsigned x plus the lane of y read as signed. */
    private static long addSignedToUnsigned(int e, long x, long y, SoftFloat status) {
        long s = y << 64 - e >> 64 - e;
        long sum = x + s;
        if (s < 0) {
            return Long.compareUnsigned(x, -s) < 0 ? saturated(0, status) : sum;
        }
        boolean over = e == 64 ? Long.compareUnsigned(sum, x) < 0 : sum >>> e != 0;
        return over ? saturated(-1, status) : sum;
    }

    /** Clamps to the range of signed e-bit numbers, e below 64. */
    static long saturateSigned(int e, long v, SoftFloat status) {
        long max = (1L << e - 1) - 1;
        return v > max ? saturated(max, status) : v < ~max ? saturated(~max, status) : v;
    }

    /** Clamps a signed number to the range of unsigned e-bit numbers, e below 64. */
    static long saturateToUnsigned(int e, long v, SoftFloat status) {
        long max = (1L << e) - 1;
        return v > max ? saturated(max, status) : v < 0 ? saturated(0, status) : v;
    }

    static long saturated(long v, SoftFloat status) {
        status.saturated();
        return v;
    }

    /** The low e bits of v in every lane. */
    static long repeat(int e, long v) {
        return switch (e) {
            case 8 -> (v & 0xff) * 0x0101_0101_0101_0101L;
            case 16 -> (v & 0xffff) * 0x0001_0001_0001_0001L;
            case 32 -> (v & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
            default -> v;
        };
    }

    /** Low 64 bits of the polynomial product over GF(2). */
    static long carryless(long x, long y) {
        long r = 0;
        for (long rest = y, shifted = x; rest != 0; rest >>>= 1, shifted <<= 1) {
            if ((rest & 1) != 0) {
                r ^= shifted;
            }
        }
        return r;
    }

    private static long mask(boolean b) {
        return b ? -1 : 0;
    }
}
