package io.stele.ir.softfloat;

import static io.stele.ir.softfloat.FloatFormat.defaultNan;
import static io.stele.ir.softfloat.FloatFormat.fractionBits;
import static io.stele.ir.softfloat.FloatFormat.fractionMask;
import static io.stele.ir.softfloat.FloatFormat.infinity;
import static io.stele.ir.softfloat.FloatFormat.maxExponentField;
import static io.stele.ir.softfloat.FloatFormat.pack;
import static io.stele.ir.softfloat.FloatFormat.quietBit;
import static io.stele.ir.softfloat.FloatFormat.zero;

/** Conversions between formats and to and from integers: FPConvert, FPRoundInt, FPToFixed, FixedToFP (Arm ARM, J1.3.3). */
public abstract class SoftConversions extends SoftArithmetic {
    /** Result of the last {@link #toMagnitude}. */
    private long magnitude;

    SoftConversions() {}

    /** Converts between formats under the rounding mode of the control word. */
    public final long convert(int from, int to, long x) {
        return convert(from, to, x, FROM_CONTROL);
    }

    /** Converts between formats; FZ16 does not apply to half precision here, the alternative half-precision format does. */
    public final long convert(int from, int to, long x, int mode) {
        boolean alternativeFrom = from == 16 && alternativeHalf();
        boolean alternativeTo = to == 16 && alternativeHalf();
        unpack(from, x, a, from != 16 && flushesToZero(from), alternativeFrom);
        if (a.isNan()) {
            if (alternativeTo) {
                raise(INVALID);
                return zero(to, a.sign);
            }
            if (a.type == Unpacked.SIGNALLING_NAN) {
                raise(INVALID);
            }
            return usesDefaultNan() ? defaultNan(to) : convertNan(from, to, x);
        }
        if (a.type == Unpacked.INFINITY) {
            if (alternativeTo) {
                raise(INVALID);
                return pack(to, a.sign, maxExponentField(to), fractionMask(to));
            }
            return infinity(to, a.sign);
        }
        if (a.type == Unpacked.ZERO) {
            return zero(to, a.sign);
        }
        return round(to, mode, a.sign, a.exponent, a.significand, false, to != 16 && flushesToZero(to), alternativeTo);
    }

    private long convertNan(int from, int to, long x) {
        int shift = fractionBits(to) - fractionBits(from);
        long payload = x & fractionMask(from);
        payload = shift >= 0 ? payload << shift : payload >>> -shift;
        return pack(to, a.sign, maxExponentField(to), payload | quietBit(to));
    }

    /**
     * Rounds to an integer of the same format.
     *
     * @param exact raises {@link #INEXACT} when the value changes
     */
    public final long roundToInteger(int fw, int mode, boolean exact, long x) {
        unpack(fw, x, a);
        if (a.isNan()) {
            return processNan(fw, a, x);
        }
        if (a.type == Unpacked.INFINITY) {
            return infinity(fw, a.sign);
        }
        if (a.type == Unpacked.ZERO) {
            return zero(fw, a.sign);
        }
        if (a.exponent >= fractionBits(fw)) {
            return x;
        }
        boolean inexact = toMagnitude(roundingMode(mode));
        if (inexact && exact) {
            raise(INEXACT);
        }
        boolean sign = a.sign;
        a.setInteger(sign, magnitude, 0);
        return a.type == Unpacked.ZERO ? zero(fw, sign) : round(fw, TOWARDS_ZERO, sign, a.exponent, a.significand, false, false, false);
    }

    /** Rounds the finite, nonzero a, below 2^64, to an unsigned integer in {@link #magnitude}; true if that changed it. */
    private boolean toMagnitude(int rounding) {
        int drop = 63 - a.exponent;
        if (drop <= 0) {
            magnitude = a.significand;
            return false;
        }
        magnitude = drop > 63 ? 0 : a.significand >>> drop;
        boolean half = drop <= 64 && (a.significand >>> drop - 1 & 1) != 0;
        boolean below = drop > 64 || (a.significand & (1L << drop - 1) - 1) != 0;
        if (roundsUp(rounding, a.sign, (magnitude & 1) != 0, half, below)) {
            magnitude++;
        }
        return half || below;
    }

    /** FPRoundIntN: rounds to an integer of {@code size} bits in the same format; what does not fit becomes the smallest one. */
    public final long roundToSizedInteger(int fw, int size, int mode, long x) {
        unpack(fw, x, a);
        if (a.type == Unpacked.ZERO) {
            return zero(fw, a.sign);
        }
        if (a.type == Unpacked.FINITE && a.exponent < 64) {
            boolean sign = a.sign;
            boolean inexact = toMagnitude(roundingMode(mode));
            long limit = sign ? 1L << size - 1 : (1L << size - 1) - 1;
            if (Long.compareUnsigned(magnitude, limit) <= 0) {
                if (inexact) {
                    raise(INEXACT);
                }
                a.setInteger(sign, magnitude, 0);
                return a.type == Unpacked.ZERO ? zero(fw, sign) : round(fw, TOWARDS_ZERO, sign, a.exponent, a.significand, false, false, false);
            }
        }
        raise(INVALID);
        return pack(fw, true, maxExponentField(fw) / 2 + size - 1, 0);
    }

    /** FPToFixedJS: the integer part modulo 2^32 of a double. */
    public final long toIntegerModular(long x) {
        unpack(64, x, a);
        if (a.type == Unpacked.ZERO) {
            return 0;
        }
        if (a.type != Unpacked.FINITE) {
            raise(INVALID);
            return 0;
        }
        boolean inexact = false;
        if (a.exponent < 64) {
            inexact = toMagnitude(TOWARDS_ZERO);
        } else {
            magnitude = a.exponent - 63 < 64 ? a.significand << a.exponent - 63 : 0;
        }
        if (a.exponent >= 64 || Long.compareUnsigned(magnitude, a.sign ? 1L << 31 : (1L << 31) - 1) > 0) {
            raise(INVALID);
        } else if (inexact) {
            raise(INEXACT);
        }
        return (a.sign ? -magnitude : magnitude) & 0xffff_ffffL;
    }

    private static final int BFLOAT_INFINITY = 0x7f80;

    /** FPConvertBF: the 16 bits of a bfloat16 number. */
    public final long toBfloat(long x) {
        unpack(32, x, a);
        long sign = x >>> 16 & 0x8000;
        if (a.isNan()) {
            return processNan(32, a, x) >>> 16;
        }
        if (a.type != Unpacked.FINITE) {
            return a.type == Unpacked.ZERO ? sign : sign | BFLOAT_INFINITY;
        }
        long bits = x & 0x7fff_ffffL;
        long kept = bits >>> 16;
        boolean half = (bits & 0x8000) != 0;
        boolean below = (bits & 0x7fff) != 0;
        int rounding = roundingMode(FROM_CONTROL);
        if (bits < 0x80_0000 && (half || below)) {
            raise(UNDERFLOW);
        }
        if (roundsUp(rounding, a.sign, (kept & 1) != 0, half, below)) {
            kept++;
        }
        if (half || below) {
            raise(INEXACT);
        }
        if (kept >= BFLOAT_INFINITY) {
            raise(OVERFLOW | INEXACT);
        }
        return sign | kept;
    }

    /** BFDotAdd: addend + x0 * y0 + x1 * y1, the factors in the halves of 32 bits. Rounds to odd, and raises nothing. */
    public final long dotBfloat(long addend, long x, long y) {
        int flags = flags();
        int word = control();
        setControl(FLUSH_TO_ZERO | DEFAULT_NAN);
        override(TO_ODD_OR_INFINITY);
        long low = mul(32, (x & 0xffff) << 16, (y & 0xffff) << 16);
        long high = mul(32, x & 0xffff_0000L, y & 0xffff_0000L);
        long sum = add(32, addend, add(32, low, high));
        override(FROM_CONTROL);
        setControl(word);
        restoreFlags(flags);
        return sum;
    }

    /**
     * Converts to an integer of {@code w} bits after multiplication by 2^fbits; saturates.
     *
     * @return the low w bits, the rest zero
     */
    public final long toInteger(int fw, int w, boolean signed, int mode, int fbits, long x) {
        unpack(fw, x, a);
        long mask = -1L >>> 64 - w;
        if (a.isNan()) {
            raise(INVALID);
            return 0;
        }
        if (a.type == Unpacked.ZERO) {
            return 0;
        }
        long largest = signed ? mask >>> 1 : mask;
        long smallest = signed ? 1L << w - 1 : 0;
        if (a.type == Unpacked.FINITE) {
            a.exponent += fbits;
            if (a.exponent < 64) {
                boolean inexact = toMagnitude(roundingMode(mode));
                long limit = a.sign ? smallest : largest;
                if (Long.compareUnsigned(magnitude, limit) <= 0) {
                    if (inexact) {
                        raise(INEXACT);
                    }
                    return (a.sign ? -magnitude : magnitude) & mask;
                }
            }
        }
        raise(INVALID);
        return a.sign ? smallest : largest;
    }

    /** Converts the low {@code w} bits of {@code x}, divided by 2^fbits, under the rounding mode of the control word. */
    public final long fromInteger(int w, boolean signed, int fw, int fbits, long x) {
        long value = w == 64 ? x : signed ? x << 64 - w >> 64 - w : x & -1L >>> 64 - w;
        boolean sign = signed && value < 0;
        a.setInteger(sign, sign ? -value : value, -fbits);
        return a.type == Unpacked.ZERO ? 0 : round(fw, FROM_CONTROL, sign, a.exponent, a.significand, false);
    }
}
