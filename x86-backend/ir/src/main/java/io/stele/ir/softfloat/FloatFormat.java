package io.stele.ir.softfloat;

/** Constants of the binary interchange formats of 16, 32 and 64 bits, by width. */
final class FloatFormat {
    private FloatFormat() {}

    static int fractionBits(int fw) {
        return fw == 64 ? 52 : fw == 32 ? 23 : 10;
    }

    static int exponentBits(int fw) {
        return fw == 64 ? 11 : fw == 32 ? 8 : 5;
    }

    /** The exponent field of infinities and NaNs. */
    static int maxExponentField(int fw) {
        return (1 << exponentBits(fw)) - 1;
    }

    /** Exponent of the smallest normal number. */
    static int minExponent(int fw) {
        return 2 - (1 << exponentBits(fw) - 1);
    }

    static long signBit(int fw) {
        return 1L << fw - 1;
    }

    static long fractionMask(int fw) {
        return (1L << fractionBits(fw)) - 1;
    }

    static long quietBit(int fw) {
        return 1L << fractionBits(fw) - 1;
    }

    static boolean isNegative(int fw, long a) {
        return (a & signBit(fw)) != 0;
    }

    static int exponentField(int fw, long a) {
        return (int) (a >>> fractionBits(fw)) & maxExponentField(fw);
    }

    static long pack(int fw, boolean sign, int exponentField, long fraction) {
        return (sign ? signBit(fw) : 0) | (long) exponentField << fractionBits(fw) | fraction;
    }

    static long zero(int fw, boolean sign) {
        return sign ? signBit(fw) : 0;
    }

    static long infinity(int fw, boolean sign) {
        return pack(fw, sign, maxExponentField(fw), 0);
    }

    static long maxNormal(int fw, boolean sign) {
        return pack(fw, sign, maxExponentField(fw) - 1, fractionMask(fw));
    }

    static long defaultNan(int fw) {
        return pack(fw, false, maxExponentField(fw), quietBit(fw));
    }

    static boolean isNan(int fw, long a) {
        return exponentField(fw, a) == maxExponentField(fw) && (a & fractionMask(fw)) != 0;
    }

    static boolean isQuietNan(int fw, long a) {
        return isNan(fw, a) && (a & quietBit(fw)) != 0;
    }

    /** 2.0. */
    static long two(int fw) {
        return pack(fw, false, maxExponentField(fw) / 2 + 1, 0);
    }
}
