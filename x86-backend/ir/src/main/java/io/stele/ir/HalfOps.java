package io.stele.ir;

/** Half precision, on 1, 4 or 8 lanes, and products of halves in single precision. */
public abstract sealed class HalfOps extends ExtensionOps permits BfloatOps {
    HalfOps() {}

    /** acc plus the products of the four low halves of a and b, negated or not, rounded once. */
    public final int vfmaddHalf(int acc, int va, int vb, boolean negProduct) {
        return vfmadd(32, acc, widenedHalves(va), widenedHalves(vb), negProduct, false);
    }

    // Half precision, as single precision: a sum, product, quotient or root of numbers of 11 bits that is rounded to 24 bits and then to 11 is
    // as if rounded once, because 24 is at least 2 * 11 + 2 (Figueroa, 1995). NaNs are interpreted: arithmetic hands them on, so that it is
    // enough to look at the halves that come out, all lanes at once.

    private static final int ADD = 0;
    private static final int SUB = 1;
    private static final int MUL = 2;
    private static final int DIV = 3;
    private static final int MAX = 4;
    private static final int MIN = 5;
    private static final int SQRT = 6;
    private static final int ROUND = 7;
    private static final int MUL_ADD = 8;
    private static final int TO_LANES = 9;
    private static final int FROM_LANES = 10;
    private static final int EQUAL = 11;
    private static final int GREATER_EQUAL = 12;
    private static final int GREATER = 13;
    private static final int STEP = 14;
    private static final int ROOT_STEP = 15;
    private static final int MUL_EXTENDED = 16;
    private static final int RECIPROCAL_ESTIMATE = 17;
    private static final int ROOT_ESTIMATE = 18;

    private static final long TWO = 0x4000_0000L;
    private static final long THREE = 0x4040_0000L;
    private static final long HALF = 0x3f00_0000L;
    private static final long HALF_INFINITY = 0x7c00;
    private static final long HALF_MAGNITUDE = 0x7fff;

    /** The four low halves as single-precision numbers; NaNs are interpreted. */
    private int widened(int v) {
        return vfwiden(16, v);
    }

    /** The first of two operands, widened; infinities, whose product with zero is no error here, are interpreted. */
    private int finite(int va, int vb) {
        int mask = vrepeat(16, HALF_MAGNITUDE);
        int larger = vsmax(16, vand(va, mask), vand(vb, mask));
        interpretIf(isNonZero(64, vextract(64, vcmpge(16, larger, vrepeat(16, HALF_INFINITY)), 0)));
        return widenedHalves(va);
    }

    /** An operation on the low 1, 4 or 8 lanes; a scalar is done in all lanes, so that the others raise nothing. */
    private int half(int kind, int lanes, int small, int va, int vb, int vc) {
        if (lanes == 1) {
            int r = part(kind, small, vdupLane(16, va, 0), vb == 0 ? 0 : vdupLane(16, vb, 0), vc == 0 ? 0 : vdupLane(16, vc, 0));
            return vinsertLane(16, vzero(), 0, results(kind, r), 0);
        }
        int lower = part(kind, small, va, vb, vc);
        return results(kind, lanes == 4 ? lower
            : vcombine(lower, part(kind, small, vhigh64(va), vb == 0 ? 0 : vhigh64(vb), vc == 0 ? 0 : vhigh64(vc))));
    }

    /** What the parts of an operation have made, looked at if it is arithmetic. */
    private int results(int kind, int v) {
        return switch (kind) {
            case ADD, SUB, MUL, DIV, SQRT, MUL_ADD, MUL_EXTENDED, STEP, ROOT_STEP, FROM_LANES -> halfResults(v);
            default -> v;
        };
    }

    /** Arithmetic in single precision on the widened operands. */
    private int arithmetic(int code, int va, int vb) {
        return narrowedToHalves(floats(code, widenedHalves(va), widenedHalves(vb)));
    }

    private int part(int kind, int small, int va, int vb, int vc) {
        return switch (kind) {
            case ADD -> arithmetic(Opcode.VFADD, va, vb);
            case SUB -> arithmetic(Opcode.VFSUB, va, vb);
            case MUL -> arithmetic(Opcode.VFMUL, va, vb);
            case DIV -> arithmetic(Opcode.VFDIV, va, vb);
            case MAX -> narrowedToHalves(vfmax(32, widenedHalves(va), widenedHalves(vb)));
            case MIN -> narrowedToHalves(vfmin(32, widenedHalves(va), widenedHalves(vb)));
            case SQRT -> narrowedToHalves(floats(Opcode.VFSQRT, widenedHalves(va), 0));
            case ROUND -> narrowedToHalves(vfround(32, (byte) small, (small & 0x100) != 0, widened(va)));
            case MUL_ADD -> narrowedToHalves(multiplyAdd(widenedHalves(va), widenedHalves(vb), widenedHalves(vc), (small & 1) != 0, (small & 2) != 0));
            case MUL_EXTENDED -> narrowedToHalves(floats(Opcode.VFMUL, finite(va, vb), widenedHalves(vb)));
            case STEP -> narrowedToHalves(step(TWO, va, vb));
            case ROOT_STEP -> narrowedToHalves(floats(Opcode.VFMUL, step(THREE, va, vb), vrepeat(32, HALF)));
            case RECIPROCAL_ESTIMATE -> reciprocalEstimate(widened(va));
            case ROOT_ESTIMATE -> rootEstimate(widened(va));
            case TO_LANES -> toLanes(small, va);
            case FROM_LANES -> fromLanes(small, va);
            case EQUAL -> vnarrow(16, vfcmpeq(32, widenedHalves(va), widenedHalves(vb)));
            case GREATER_EQUAL -> vnarrow(16, vfcmpge(32, widenedHalves(va), widenedHalves(vb)));
            case GREATER -> vnarrow(16, vfcmpgt(32, widenedHalves(va), widenedHalves(vb)));
            default -> throw new IllegalArgumentException("half-precision operation " + kind);
        };
    }

    /** What a step subtracts its product from, minus that product. */
    private int step(long from, int va, int vb) {
        return multiplyAdd(vrepeat(32, from), finite(va, vb), widenedHalves(vb), true, false);
    }

    /**
     * acc + a * b of numbers of 11 bits, rounded to odd: whoever rounds it to 11 bits gets what one rounding gives. The product is exact.
     * What is not finite is interpreted, because infinities make NaNs of the error.
     */
    private int multiplyAdd(int acc, int wa, int wb, boolean negProduct, boolean negAcc) {
        int plain = floats(Opcode.VFMUL, wa, wb);
        int product = negProduct ? vfneg(32, plain) : plain;
        int addend = negAcc ? vfneg(32, acc) : acc;
        int sum = floats(Opcode.VFADD, addend, product);
        interpretIfAny(vcmpgt(32, vand(sum, vrepeat(32, 0x7fff_ffffL)), vrepeat(32, 0x7f7f_ffffL)));
        return roundedToOdd(sum, addend, product);
    }

    /**
     * The sum of two finite numbers, rounded to odd, when it has been rounded in any mode. Its error is that of Dekker's Fast2Sum: what the
     * sum differs by from the larger summand is exact in all modes, and that less the other summand, the error, is rounded, but has its
     * sign and is zero only if it is. Where it is not zero, the sum is cut instead, by one less where error and sum have opposite signs,
     * and the last bit is set.
     */
    final int roundedToOdd(int sum, int va, int vb) {
        int swapped = vsub(32, vmagnitude(32, va), vmagnitude(32, vb));
        int larger = vselect(32, swapped, vb, va);
        int smaller = vselect(32, swapped, va, vb);
        int error = floats(Opcode.VFSUB, smaller, floats(Opcode.VFSUB, sum, larger));
        int exact = vcmpeq(32, vadd(32, error, error), vzero());
        int cut = vadd(32, sum, vandn(vsshr(32, vxor(error, sum), 31), exact));
        return vor(cut, vandn(vrepeat(32, 1), exact));
    }

    /** An operation on single-precision lanes without a guard. */
    final int floats(int code, int va, int vb) {
        return vector(code, 32, 0, va, vb, 0, 0);
    }

    private int anyLane(int v) {
        return or(64, vextract(64, v, 0), vextract(64, v, 1));
    }

    // Estimates have eight bits, so that those of single precision are those of half precision, too, where neither is denormal.

    private static final int BIAS_32 = 127;
    private static final int BIAS_16 = 15;

    private int reciprocalEstimate(int wide) {
        interpretUnlessExponent(32, wide, BIAS_32 - BIAS_16 + 1, BIAS_32 + BIAS_16 - 2);
        return vfnarrow(16, IrBuilder.ROUND_CONTROL, vfrecpe(32, wide));
    }

    private int rootEstimate(int wide) {
        interpretUnlessPositive(32, wide, BIAS_32 - BIAS_16 + 1, BIAS_32 + BIAS_16);
        return vfnarrow(16, IrBuilder.ROUND_CONTROL, vfrsqrte(32, wide));
    }

    public final int hrecpe(int lanes, int va) {
        return half(RECIPROCAL_ESTIMATE, lanes, 0, va, 0, 0);
    }

    public final int hrsqrte(int lanes, int va) {
        return half(ROOT_ESTIMATE, lanes, 0, va, 0, 0);
    }

    /** The power of two whose exponent is the complement of that of the scalar a. */
    public final int hrecpx(int va) {
        obeyHalfControl();
        int all = vdupLane(16, va, 0);
        interpretIfAny(vcmpgt(16, vand(all, vrepeat(16, HALF_MAGNITUDE)), vrepeat(16, HALF_INFINITY)));
        int complement = vxor(vand(all, vrepeat(16, HALF_INFINITY | 0x8000)), vrepeat(16, HALF_INFINITY));
        int denormal = vcmpeq(16, vand(all, vrepeat(16, HALF_INFINITY)), vzero());
        return vinsertLane(16, vzero(), 0, vsub(16, complement, vand(denormal, vrepeat(16, 0x400))), 0);
    }

    /** Conversions to integers; what does not fit is interpreted, negative numbers that become unsigned ones beforehand. */
    private int toLanes(int small, int va) {
        boolean signed = (small & 0x100) != 0;
        int fbits = small >> 16;
        int wide = widened(va);
        if (!signed) {
            interpretIf(isNonZero(64, anyLane(vcmpgt(32, vzero(), wide))));
        }
        int scaled = fbits == 0 ? wide : vfmul(32, wide, vrepeat(32, (long) 127 + fbits << 23));
        int lanes = vfToInt(32, true, (byte) small, 0, scaled);
        int narrow = vnarrow(16, lanes);
        int back = signed ? vwidenS(16, narrow) : vwidenU(16, narrow);
        interpretIf(isNonZero(64, anyLane(vxor(back, lanes))));
        return narrow;
    }

    private int fromLanes(int small, int va) {
        int wide = (small & 0x100) != 0 ? vwidenS(16, va) : vwidenU(16, va);
        int number = vintToF(32, true, 0, wide);
        int fbits = small >> 16;
        return narrowedToHalves(fbits == 0 ? number : floats(Opcode.VFMUL, number, vrepeat(32, (long) 127 - fbits << 23)));
    }

    public final int hadd(int lanes, int va, int vb) {
        return half(ADD, lanes, 0, va, vb, 0);
    }

    public final int hsub(int lanes, int va, int vb) {
        return half(SUB, lanes, 0, va, vb, 0);
    }

    public final int hmul(int lanes, int va, int vb) {
        return half(MUL, lanes, 0, va, vb, 0);
    }

    public final int hdiv(int lanes, int va, int vb) {
        return half(DIV, lanes, 0, va, vb, 0);
    }

    /** As hmul, but infinity times zero is two. */
    public final int hmulx(int lanes, int va, int vb) {
        return half(MUL_EXTENDED, lanes, 0, va, vb, 0);
    }

    public final int hmax(int lanes, int va, int vb) {
        return half(MAX, lanes, 0, va, vb, 0);
    }

    public final int hmin(int lanes, int va, int vb) {
        return half(MIN, lanes, 0, va, vb, 0);
    }

    public final int hmaxnm(int lanes, int va, int vb) {
        return half(MAX, lanes, 0, va, vb, 0);
    }

    public final int hminnm(int lanes, int va, int vb) {
        return half(MIN, lanes, 0, va, vb, 0);
    }

    /** 2 - a * b. */
    public final int hrecps(int lanes, int va, int vb) {
        return half(STEP, lanes, 0, va, vb, 0);
    }

    /** (3 - a * b) / 2. */
    public final int hrsqrts(int lanes, int va, int vb) {
        return half(ROOT_STEP, lanes, 0, va, vb, 0);
    }

    public final int hcmpeq(int lanes, int va, int vb) {
        return half(EQUAL, lanes, 0, va, vb, 0);
    }

    public final int hcmpge(int lanes, int va, int vb) {
        return half(GREATER_EQUAL, lanes, 0, va, vb, 0);
    }

    public final int hcmpgt(int lanes, int va, int vb) {
        return half(GREATER, lanes, 0, va, vb, 0);
    }

    public final int hmadd(int lanes, int acc, int va, int vb, boolean negProduct, boolean negAcc) {
        return half(MUL_ADD, lanes, (negProduct ? 1 : 0) | (negAcc ? 2 : 0), acc, va, vb);
    }

    public final int hsqrt(int lanes, int va) {
        return half(SQRT, lanes, 0, va, 0, 0);
    }

    public final int hround(int lanes, int mode, boolean exact, int va) {
        return half(ROUND, lanes, mode & 0xff | (exact ? 0x100 : 0), va, 0, 0);
    }

    /** Saturating conversion of a * 2^fbits to 16-bit integers. */
    public final int hToLanes(int lanes, boolean signed, int mode, int fbits, int va) {
        return half(TO_LANES, lanes, mode & 0xff | (signed ? 0x100 : 0) | fbits << 16, va, 0, 0);
    }

    /** 16-bit integers / 2^fbits. */
    public final int hFromLanes(int lanes, boolean signed, int fbits, int va) {
        return half(FROM_LANES, lanes, (signed ? 0x100 : 0) | fbits << 16, va, 0, 0);
    }

    private int scalar(int va) {
        return vinsertLane(32, vzero(), 0, widened(vdupLane(16, va, 0)), 0);
    }

    /** Flags of the comparison of two scalars: less N, equal Z C, greater C, unordered C V. */
    public final int hcompare(int va, int vb, boolean signalling) {
        return fcompare(32, scalar(va), scalar(vb), signalling);
    }

    /** Saturating conversion of a scalar times 2^fbits to a w-bit integer. */
    public final int hToInt(int width, boolean signed, int mode, int fbits, int va) {
        int number = scalar(va);
        return fToInt(32, width, signed, mode, 0, fbits == 0 ? number : fmul(32, number, vconst((long) 127 + fbits << 23, 0)));
    }

    private static final int HALF_INTEGER_BITS = 24;

    /** The w-bit integer / 2^fbits; those that single precision would round are interpreted. */
    public final int hFromInt(int width, boolean signed, int fbits, int va) {
        int top = lshr(width, signed ? xor(width, va, ashr(width, va, constant(width, width - 1))) : va, constant(width, HALF_INTEGER_BITS));
        interpretIf(isNonZero(width, top));
        int number = intToF(width, signed, 32, 0, va);
        return fcvt(32, 16, fbits == 0 ? number : fmul(32, number, vconst((long) 127 - fbits << 23, 0)));
    }
}
