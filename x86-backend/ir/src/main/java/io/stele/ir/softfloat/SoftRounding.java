package io.stele.ir.softfloat;

import static io.stele.ir.softfloat.FloatFormat.defaultNan;
import static io.stele.ir.softfloat.FloatFormat.exponentField;
import static io.stele.ir.softfloat.FloatFormat.fractionBits;
import static io.stele.ir.softfloat.FloatFormat.fractionMask;
import static io.stele.ir.softfloat.FloatFormat.infinity;
import static io.stele.ir.softfloat.FloatFormat.isNegative;
import static io.stele.ir.softfloat.FloatFormat.maxExponentField;
import static io.stele.ir.softfloat.FloatFormat.maxNormal;
import static io.stele.ir.softfloat.FloatFormat.minExponent;
import static io.stele.ir.softfloat.FloatFormat.pack;
import static io.stele.ir.softfloat.FloatFormat.quietBit;
import static io.stele.ir.softfloat.FloatFormat.zero;

/** Taking values apart, rounding them and the rules for NaNs: FPUnpack, FPRound and FPProcessNaN of the Arm ARM (J1.3.3). */
public abstract class SoftRounding extends FloatEnvironment {
    final Unpacked a = new Unpacked();
    final Unpacked b = new Unpacked();
    final Unpacked c = new Unpacked();

    SoftRounding() {}

    /** Operand of an arithmetic operation: denormals are flushed as the control word says. */
    final void unpack(int fw, long bits, Unpacked to) {
        unpack(fw, bits, to, flushesToZero(fw), false);
    }

    final void unpack(int fw, long bits, Unpacked to, boolean flush, boolean alternative) {
        to.sign = isNegative(fw, bits);
        int field = exponentField(fw, bits);
        long fraction = bits & fractionMask(fw);
        int f = fractionBits(fw);
        if (field == 0) {
            if (fraction != 0 && flush) {
                if (fw != 16) {
                    raise(INPUT_DENORMAL);
                }
                fraction = 0;
            }
            to.setInteger(to.sign, fraction, minExponent(fw) - f);
        } else if (field == maxExponentField(fw) && !alternative) {
            to.type = fraction == 0 ? Unpacked.INFINITY : (fraction & quietBit(fw)) != 0 ? Unpacked.QUIET_NAN : Unpacked.SIGNALLING_NAN;
        } else {
            to.type = Unpacked.FINITE;
            to.exponent = field - 1 + minExponent(fw);
            to.significand = Long.MIN_VALUE | fraction << 63 - f;
        }
    }

    /** Rounds {@code significand * 2^(exponent - 63)} (bit 63 set, plus something below its last bit if {@code sticky}). */
    final long round(int fw, int mode, boolean sign, int exponent, long significand, boolean sticky) {
        return round(fw, mode, sign, exponent, significand, sticky, flushesToZero(fw), false);
    }

    final long round(int fw, int mode, boolean sign, int exponent, long significand, boolean sticky, boolean flush, boolean alternative) {
        int rounding = roundingMode(mode);
        int min = minExponent(fw);
        int f = fractionBits(fw);
        if (flush && exponent < min) {
            raise(UNDERFLOW);
            return zero(fw, sign);
        }
        int field = Math.max(exponent - min + 1, 0);
        int drop = 63 - f + (field == 0 ? min - exponent : 0);
        long kept = drop >= 64 ? 0 : significand >>> drop;
        boolean half;
        boolean below;
        if (drop > 64) {
            half = false;
            below = true;
        } else {
            half = (significand >>> drop - 1 & 1) != 0;
            below = sticky || (significand & (1L << drop - 1) - 1) != 0;
        }
        boolean inexact = half || below;
        if (field == 0 && inexact) {
            raise(UNDERFLOW);
        }
        if (roundsUp(rounding, sign, (kept & 1) != 0, half, below)) {
            kept++;
        } else if (inexact && (rounding == TO_ODD || rounding == TO_ODD_OR_INFINITY)) {
            kept |= 1;
        }
        if (field == 0 && kept == 1L << f) {
            field = 1;
        } else if (kept == 2L << f) {
            field++;
        }
        int limit = maxExponentField(fw);
        if (alternative) {
            if (field > limit) {
                raise(INVALID);
                return pack(fw, sign, limit, fractionMask(fw));
            }
        } else if (field >= limit) {
            raise(OVERFLOW | INEXACT);
            return overflowsToInfinity(rounding, sign) ? infinity(fw, sign) : maxNormal(fw, sign);
        }
        if (inexact) {
            raise(INEXACT);
        }
        return pack(fw, sign, field, kept & fractionMask(fw));
    }

    /** Whether a magnitude is incremented, given what lies below its last bit. */
    static boolean roundsUp(int rounding, boolean sign, boolean odd, boolean half, boolean below) {
        return switch (rounding) {
            case NEAREST_EVEN -> half && (below || odd);
            case TIES_AWAY -> half;
            case TOWARDS_POSITIVE -> !sign && (half || below);
            case TOWARDS_NEGATIVE -> sign && (half || below);
            default -> false;
        };
    }

    static boolean overflowsToInfinity(int rounding, boolean sign) {
        return switch (rounding) {
            case NEAREST_EVEN, TIES_AWAY, TO_ODD_OR_INFINITY -> true;
            case TOWARDS_POSITIVE -> !sign;
            case TOWARDS_NEGATIVE -> sign;
            default -> false;
        };
    }

    /** Sign of a sum that is exactly zero. */
    final boolean exactZeroSign() {
        return roundingMode(FROM_CONTROL) == TOWARDS_NEGATIVE;
    }

    final long invalid(int fw) {
        raise(INVALID);
        return defaultNan(fw);
    }

    /** FPProcessNaN. */
    final long processNan(int fw, Unpacked operand, long bits) {
        if (operand.type == Unpacked.SIGNALLING_NAN) {
            raise(INVALID);
        }
        return usesDefaultNan() ? FloatFormat.defaultNan(fw) : bits | quietBit(fw);
    }

    /** FPProcessNaNs: one of the unpacked {@code a} and {@code b} is a NaN. */
    final long processNans(int fw, long x, long y) {
        if (a.type == Unpacked.SIGNALLING_NAN) {
            return processNan(fw, a, x);
        }
        if (b.type == Unpacked.SIGNALLING_NAN) {
            return processNan(fw, b, y);
        }
        return a.type == Unpacked.QUIET_NAN ? processNan(fw, a, x) : processNan(fw, b, y);
    }

    /** FPProcessNaNs3: the addend comes first. */
    final long processNans(int fw, long addend, long x, long y) {
        if (c.type == Unpacked.SIGNALLING_NAN) {
            return processNan(fw, c, addend);
        }
        if (a.type == Unpacked.SIGNALLING_NAN || b.type == Unpacked.SIGNALLING_NAN || c.type != Unpacked.QUIET_NAN) {
            return processNans(fw, x, y);
        }
        return processNan(fw, c, addend);
    }
}
