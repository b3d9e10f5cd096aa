package io.stele.ir;

/** Conversions between floating-point formats and integers, and rounding to integral values: scalar, and in all lanes. */
public abstract sealed class FloatConversionOps extends FloatOps permits EstimateOps {
    private static final int EXACT = 0x100;
    private static final int SIGNED = 0x100;
    private static final int SCALAR = 1;
    /** Bits of a double that a float does not have. */
    private static final long BELOW_FLOAT = (1L << 29) - 1;

    FloatConversionOps() {}

    // Between formats. NaNs go to the interpreter, as from arithmetic.

    public final int fcvt(int from, int to, int va) {
        if (from == 16) {
            obeyForHalves(va);
            int single = numbers(32, SCALAR, environment(Opcode.VFWIDEN, 16, 0, va, 0, 0));
            return to == 32 ? single : environment(Opcode.FCVT, 32, 64, single, 0, 0);
        }
        operands(from, va, 0, 0);
        int number = numbers(from, SCALAR, va);
        if (to == 16) {
            int single = number;
            if (from == 64) {
                obeyForDouble(number);
                single = environment(Opcode.FCVT, 64, 32, roundToOdd(mayFlush() ? aboveFlushing(number) : number), 0, 0);
            } else {
                obeyForSingles(number);
            }
            return narrowed(16, SCALAR, environment(Opcode.VFNARROW, 16, 0, single, 0, 0));
        }
        int result = environment(Opcode.FCVT, from, to, number, 0, 0);
        return to == 32 ? narrowed(32, SCALAR, result) : result;
    }

    private static final long MAGNITUDE_HALF = 0x7fff;
    private static final long INFINITE_HALF = 0x7c00;
    private static final long MAGNITUDE_SINGLE = 0x7fff_ffffL;
    /** As single-precision numbers: the largest half, and the next number behind the smallest normal half. */
    private static final long LARGEST_HALF = 0x477f_e000L;
    private static final long BEHIND_SMALLEST_HALF = 0x3880_0001L;

    /** FZ16 concerns denormal halves, AHP those with the largest exponent: where any is read, the control word is looked at. */
    private void obeyForHalves(int va) {
        if (mayControlHalf()) {
            int magnitude = vand(va, vrepeat(16, MAGNITUDE_HALF));
            int large = vcmpge(16, magnitude, vrepeat(16, INFINITE_HALF));
            int denormal = vand(vcmpgt(16, vrepeat(16, SMALLEST_NORMAL_HALF), magnitude), vcmpgt(16, magnitude, vzero()));
            interpretIfHalf(vextract(64, vor(large, denormal), 0));
        }
    }

    /** The same for single-precision numbers that become halves: small ones may be flushed, large ones be infinite. */
    private void obeyForSingles(int va) {
        if (mayControlHalf()) {
            int magnitude = vand(va, vrepeat(32, MAGNITUDE_SINGLE));
            int large = vcmpgt(32, magnitude, vrepeat(32, LARGEST_HALF));
            int small = vand(vcmpgt(32, vrepeat(32, BEHIND_SMALLEST_HALF), magnitude), vcmpgt(32, magnitude, vzero()));
            int rare = vor(large, small);
            interpretIfHalf(or(64, vextract(64, rare, 0), vextract(64, rare, 1)));
        }
    }

    /**
     * Upper halves of doubles: of the largest half, of the smallest normal half, of a number far below the smallest half, of the smallest
     * normal double.
     */
    private static final int LARGEST_HALF_DOUBLE = 0x40ef_fc00;
    private static final int SMALLEST_HALF_DOUBLE = 0x3f10_0000;
    private static final int FAR_BELOW_HALVES = 1023 - 100 << 20;
    private static final int SMALLEST_NORMAL_DOUBLE = 0x0010_0000;

    /** The same for a double that becomes a half. */
    private void obeyForDouble(int va) {
        if (mayControlHalf()) {
            int upper = vmagnitude(64, va);
            int large = vcmpgt(32, upper, vupper(64, LARGEST_HALF_DOUBLE - 1, 0));
            int small = vandn(vcmpgt(32, vupper(64, SMALLEST_HALF_DOUBLE + 1, 0), upper), vcmpeq(64, vadd(64, va, va), vzero()));
            interpretIfHalf(vextract(64, vor(large, small), 0));
        }
    }

    /** A double that the host would flush as a single, but not as a double, is replaced by one that becomes the same half. */
    private int aboveFlushing(int va) {
        int upper = vmagnitude(64, va);
        int tiny = vand(vcmpgt(32, upper, vupper(64, SMALLEST_NORMAL_DOUBLE - 1, 0)), vcmpgt(32, vupper(64, FAR_BELOW_HALVES, 0), upper));
        return vselect(64, tiny, vor(vand(va, vrepeat(64, Long.MIN_VALUE)), vupper(64, FAR_BELOW_HALVES, 0)), va);
    }

    /** The four low halves as single-precision numbers, or NaNs. */
    final int widenedHalves(int va) {
        obeyForHalves(va);
        return environment(Opcode.VFWIDEN, 16, 0, va, 0, 0);
    }

    /** Four single-precision results as halves, without a look at what became of them: {@link #halfResults} has it. */
    final int narrowedToHalves(int va) {
        obeyForSingles(va);
        return environment(Opcode.VFNARROW, 16, 0, va, 0, 0);
    }

    /** Results in half precision: if a lane is a NaN, or may have been rounded up to the smallest normal number, the interpreter decides. */
    final int halfResults(int v) {
        int magnitude = vand(v, vrepeat(16, MAGNITUDE_HALF));
        int smallest = vcmpeq(16, magnitude, vrepeat(16, SMALLEST_NORMAL_HALF));
        interpretIfAny(vor(smallest, vcmpgt(16, magnitude, vrepeat(16, INFINITE_HALF))));
        mayBeInexact();
        return v;
    }

    /** The operand; if a lane is a NaN, the instruction is left to the interpreter. */
    private int numbers(int e, int lanes, int va) {
        interpretIf(pure(Opcode.COND_NAN, e, lanes, va, va, 0, 0));
        return va;
    }

    private static final long SMALLEST_NORMAL_HALF = 0x0400;

    /** A result that may have been rounded up to the smallest normal number: it is left to the interpreter then. */
    private int narrowed(int e, int lanes, int v) {
        if (e == 16) {
            interpretIfAny(vcmpeq(16, vand(v, vrepeat(16, Short.MAX_VALUE)), vrepeat(16, SMALLEST_NORMAL_HALF)));
        } else {
            interpretIfTiny(e, lanes, v);
        }
        mayBeInexact();
        return v;
    }

    /** Doubles cut to what a float holds, the last bit set if anything was cut off: what is rounded later is rounded as if only once. */
    private int roundToOdd(int va) {
        int below = vrepeat(64, BELOW_FLOAT);
        return vandn(vor(va, vadd(64, vand(va, below), below)), below);
    }

    /** Converts the e-bit lanes of the low half to 2e bits. */
    public final int vfwiden(int e, int va) {
        if (e == 16) {
            obeyForHalves(va);
        } else if (mayFlush()) {
            operands(e, vlow64(va), 0, 0);
        }
        return numbers(2 * e, 64 / e, environment(Opcode.VFWIDEN, e, 0, va, 0, 0));
    }

    /** Converts lanes of 2e bits to e bits in the low half; mode -1 is the control word's, 5 is to odd, for e = 32. */
    public final int vfnarrow(int e, int mode, int va) {
        if (e == 16) {
            obeyForSingles(va);
        }
        operands(2 * e, va, 0, 0);
        if (mode == IrBuilder.ROUND_CONTROL) {
            return narrowed(e, 64 / e, environment(Opcode.VFNARROW, e, 0, numbers(2 * e, 64 / e, va), 0, 0));
        }
        interpretUnlessExponent(64, va, 1023 - 126, 1023 + 126);
        // For its exceptions.
        environment(Opcode.VFNARROW, 32, 0, va, 0, 0);
        mayBeInexact();
        return environment(Opcode.VFNARROW, 32, 0, roundToOdd(va), 0, 0);
    }

    /** Leaves to the interpreter unless the exponent fields of all lanes are in a range. */
    final void interpretUnlessExponent(int e, int va, int min, int max) {
        interpretUnlessBetween(e, vadd(32, va, va), min << exponentShift(e) + 1, max + 1 << exponentShift(e) + 1);
    }

    /** The same for positive numbers: a sign counts as part of the exponent. */
    final void interpretUnlessPositive(int e, int va, int min, int max) {
        interpretUnlessBetween(e, va, min << exponentShift(e), max + 1 << exponentShift(e));
    }

    /** Where the exponent begins in a float, or in the upper half of a double. */
    private static int exponentShift(int e) {
        return e == 32 ? 23 : 20;
    }

    /** Leaves to the interpreter unless from <= lane < to, as unsigned numbers: lanes of 32 bits, or upper halves of 64 bits. */
    private void interpretUnlessBetween(int e, int va, int from, int to) {
        int moved = vadd(32, va, vupper(e, Integer.MIN_VALUE - from, 0));
        interpretIfAny(vcmpgt(32, moved, vupper(e, Integer.MIN_VALUE + (to - from) - 1, Integer.MAX_VALUE)));
    }

    // Rounding.

    /** Rounds to an integral value; mode -1 is the control word's. */
    public final int fround(int fw, int mode, boolean exact, int va) {
        if (mode == IrBuilder.ROUND_TIES_AWAY) {
            return roundTiesAway(Opcode.FROUND, fw, SCALAR, exact, va);
        }
        return arithmetic(Opcode.FROUND, fw, SCALAR, mode & 0xff | (exact ? EXACT : 0), va, 0, 0);
    }

    public final int vfround(int e, int mode, boolean exact, int va) {
        if (mode == IrBuilder.ROUND_TIES_AWAY) {
            return roundTiesAway(Opcode.VFROUND, e, 128 / e, exact, va);
        }
        return arithmetic(Opcode.VFROUND, e, 128 / e, mode & 0xff | (exact ? EXACT : 0), va, 0, 0);
    }

    /**
     * Rounds to nearest even; where that rounded a tie towards zero, adds one. The difference is exact; that of infinities must not be taken,
     * so numbers without a fraction are left out. Adding a zero of the same sign changes nothing.
     */
    private int roundTiesAway(int code, int e, int lanes, boolean exact, int va) {
        int rounded = arithmetic(code, e, lanes, IrBuilder.ROUND_NEAREST | (exact ? EXACT : 0), va, 0, 0);
        int sign = vand(va, smallest(e));
        int small = vcmpgt(e, vfrepeat(e, e == 64 ? 0x1p52 : 0x1p23), vxor(va, sign));
        int rest = vector(Opcode.VFSUB, e, 0, vand(va, small), vand(rounded, small), 0, 0);
        int tie = vcmpeq(e, vxor(rest, sign), vfrepeat(e, 0.5));
        return vector(Opcode.VFADD, e, 0, rounded, vor(vand(tie, vfrepeat(e, 1)), sign), 0, 0);
    }

    // To integers.

    /** The largest double that is an integer of 31 or 32 bits. */
    private static final long MAX_INT_AS_DOUBLE = 0x41df_ffff_ffc0_0000L;
    private static final long MAX_UNSIGNED_AS_DOUBLE = 0x41ef_ffff_ffe0_0000L;
    /** 2^32 as a float, 2^63 as a float and a double: from here on the number is too big, or not for the host. */
    private static final long TWO_32_AS_FLOAT = 0x4f80_0000L;
    private static final long TWO_63_AS_FLOAT = 0x5f00_0000L;
    private static final long TWO_63_AS_DOUBLE = 0x43e0_0000_0000_0000L;

    /**
     * Saturating conversion of a * 2^fbits to a w-bit integer. What does not fit goes to the interpreter: afterwards, when all that the host
     * has raised is "invalid"; otherwise beforehand, by the number's bits.
     */
    public final int fToInt(int fw, int width, boolean signed, int mode, int fbits, int va) {
        operands(fw, va, 0, 0);
        int x = scaledUp(fw, width, fbits, va);
        boolean stepwise = mode != IrBuilder.ROUND_ZERO && mode != IrBuilder.ROUND_CONTROL;
        // Rounded in a step of its own, and doubles have bits behind the point where the range of an int ends.
        boolean rounded = width == 32 && fw == 64 && stepwise;
        if (signed && rounded) {
            interpretUnlessBelowBits(64, and(64, vextract(64, x, 0), constant(64, Long.MAX_VALUE)), MAX_INT_AS_DOUBLE + 1);
        } else if (!signed) {
            long limit = width == 64 ? fw == 64 ? TWO_63_AS_DOUBLE : TWO_63_AS_FLOAT : fw == 64 ? MAX_UNSIGNED_AS_DOUBLE + 1 : TWO_32_AS_FLOAT;
            interpretUnlessBelowBits(fw, vextract(fw, x, 0), limit);
        }
        int integral = stepwise ? fround(fw, mode, true, x) : x;
        int v = environment(Opcode.F_TO_INT, fw, (stepwise ? IrBuilder.ROUND_ZERO : mode) & 0xff, integral, 0, signed ? width : 64);
        if (signed && !rounded) {
            interpretIf(equal(width, v, constant(width, width == 64 ? Long.MIN_VALUE : 0x8000_0000L)));
        }
        mayBeInexact();
        return !signed && width == 32 ? trunc(v) : v;
    }

    private void interpretUnlessBelowBits(int width, int bits, long limit) {
        interpretIf(condNot(lessUnsigned(width, bits, constant(width, limit))));
    }

    /** a * 2^fbits. Only numbers that are in the range of the integer without it are scaled, so that this is exact. */
    private int scaledUp(int e, int width, int fbits, int va) {
        if (fbits == 0) {
            return va;
        }
        interpretUnlessBelow(e, va, width);
        return environment(Opcode.VFMUL, e, 0, va, vfrepeat(e, Math.scalb(1.0, fbits)), 0);
    }

    /** Lane-wise saturating conversion of a * 2^fbits to e-bit integers. */
    public final int vfToInt(int e, boolean signed, int mode, int fbits, int va) {
        operands(e, va, 0, 0);
        int x = scaledUp(e, e, fbits, va);
        if (!signed) {
            int upper = e == 32 ? 127 + 32 << 23 : 1023 + 64 << 20;
            interpretUnlessBetween(e, x, 0, upper);
        }
        boolean stepwise = mode != IrBuilder.ROUND_ZERO && mode != IrBuilder.ROUND_CONTROL;
        int integral = stepwise ? vfround(e, mode, true, x) : x;
        int hostMode = (stepwise ? IrBuilder.ROUND_ZERO : mode) & 0xff;
        if (!signed && hostAvx512) {
            int v = environment(Opcode.VF_TO_UINT, e, hostMode, integral, 0, 0);
            mayBeInexact();
            return v;
        }
        // Not negative where the host has no signed integer for it.
        int big = vcmpgt(e, integral, vrepeat(e, e == 32 ? 0x4eff_ffffL : TWO_63_AS_DOUBLE - 1));
        if (signed) {
            int v = environment(Opcode.VF_TO_INT, e, hostMode, integral, 0, 0);
            mayBeInexact();
            return vand(vxor(v, big), vector(Opcode.VFCMP_ORDERED, e, 0, integral, integral, 0, 0));
        }
        int moved = vector(Opcode.VFSUB, e, 0, integral, vand(big, vfrepeat(e, e == 32 ? 0x1p31 : 0x1p63)), 0, 0);
        int v = environment(Opcode.VF_TO_INT, e, hostMode, moved, 0, 0);
        mayBeInexact();
        return vxor(v, vshl(e, big, e - 1));
    }

    // From integers.

    /** a / 2^fbits as a floating-point value. */
    public final int intToF(int width, boolean signed, int fw, int fbits, int va) {
        int v;
        if (signed || width == 32 || hostAvx512) {
            v = environment(Opcode.INT_TO_F, fw, width | (signed ? SIGNED : 0), va, 0, 0);
        } else if (fw == 64) {
            int upper = environment(Opcode.INT_TO_F, 64, 64 | SIGNED, lshr(64, va, constant(64, 32)), 0, 0);
            int lower = environment(Opcode.INT_TO_F, 64, 64 | SIGNED, trunc(va), 0, 0);
            v = vector(Opcode.FADD, 64, 0, vector(Opcode.FMUL, 64, 0, upper, vfrepeat(64, 0x1p32), 0, 0), lower, 0, 0);
        } else {
            int big = bitSet(64, va, 63);
            int half = or(64, lshr(64, va, constant(64, 1)), and(64, va, constant(64, 1)));
            int one = Float.floatToRawIntBits(1);
            int factor = select(64, big, constant(64, Float.floatToRawIntBits(2)), constant(64, one));
            int single = environment(Opcode.INT_TO_F, 32, 64 | SIGNED, select(64, big, half, va), 0, 0);
            v = vector(Opcode.FMUL, 32, 0, single, vscalar(32, factor), 0, 0);
        }
        mayBeInexact();
        return scaledDown(Opcode.FMUL, fw, fbits, v);
    }

    /** a / 2^fbits; exact, because integers are so far from denormal numbers. */
    private int scaledDown(int multiplication, int e, int fbits, int va) {
        return fbits == 0 ? va : vector(multiplication, e, 0, va, vfrepeat(e, Math.scalb(1.0, -fbits)), 0, 0);
    }

    /** Lane-wise a / 2^fbits. */
    public final int vintToF(int e, boolean signed, int fbits, int va) {
        int v = hostAvx512 ? environment(Opcode.VINT_TO_F, e, signed ? 0 : 1, va, 0, 0)
            : e == 64 ? doublewordsToF(signed, va) : signed ? wordsToF(va) : unsignedWordsToF(va);
        mayBeInexact();
        return scaledDown(Opcode.VFMUL, e, fbits, v);
    }

    private int wordsToF(int va) {
        return environment(Opcode.VINT_TO_F, 32, 0, va, 0, 0);
    }

    /** Both halves are exact; their sum is rounded once. */
    private int unsignedWordsToF(int va) {
        int upper = wordsToF(vushr(32, va, 16));
        int lower = wordsToF(vand(va, vrepeat(32, 0xffff)));
        return vector(Opcode.VFADD, 32, 0, vector(Opcode.VFMUL, 32, 0, upper, vfrepeat(32, 0x1p16), 0, 0), lower, 0, 0);
    }

    /**
     * The halves become the low bits of 2^52 and 2^84; the difference of the upper and these two powers is exact, its sum with the lower is
     * rounded once. Zero, which comes from a difference, must not be negative when results are rounded down.
     */
    private int doublewordsToF(boolean signed, int va) {
        int lower = vor(vand(va, vrepeat(64, 0xffff_ffffL)), vfrepeat(64, 0x1p52));
        int upper = vxor(vushr(64, va, 32), vrepeat(64, signed ? 0x4530_0000_8000_0000L : 0x4530_0000_0000_0000L));
        int powers = vfrepeat(64, signed ? 0x1p84 + 0x1p63 + 0x1p52 : 0x1p84 + 0x1p52);
        int difference = environment(Opcode.VFSUB, 64, 0, upper, powers, 0);
        return vandn(vector(Opcode.VFADD, 64, 0, difference, lower, 0, 0), vcmpeq(64, va, vzero()));
    }
}
