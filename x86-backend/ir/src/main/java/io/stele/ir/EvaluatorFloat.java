package io.stele.ir;

import java.util.function.LongUnaryOperator;

/** IEEE arithmetic under the floating-point control word, on the low lane or on all lanes. {@code fw} and {@code e} are 16, 32 or 64. */
abstract class EvaluatorFloat extends EvaluatorLanes {
    private static final int ADD = 0;
    private static final int SUB = 1;
    private static final int MUL = 2;
    private static final int DIV = 3;
    private static final int MAX = 4;
    private static final int MIN = 5;
    private static final int MAX_NUMBER = 6;
    private static final int MIN_NUMBER = 7;
    private static final int MUL_EXTENDED = 8;
    private static final int RECIPROCAL_STEP = 9;
    private static final int RECIPROCAL_ROOT_STEP = 10;
    private static final int COMPARE_EQUAL = 11;
    private static final int COMPARE_GREATER_EQUAL = 12;
    private static final int COMPARE_GREATER = 13;
    private static final int SQRT = 14;
    private static final int ABS = 15;
    private static final int NEG = 16;
    private static final int RECIPROCAL = 17;
    private static final int RECIPROCAL_ROOT = 18;
    private static final int RECIPROCAL_EXPONENT = 19;

    private static final int NZCV_Z = 4;
    private static final int NZCV_N = 8;
    private static final int NZCV_V = 1;

    EvaluatorFloat(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset, monitorOffset, memory);
    }

    private long operation(int op, int fw, long a, long b) {
        return switch (op) {
            case ADD -> floats.add(fw, a, b);
            case SUB -> floats.sub(fw, a, b);
            case MUL -> floats.mul(fw, a, b);
            case DIV -> floats.div(fw, a, b);
            case MAX -> floats.max(fw, a, b);
            case MIN -> floats.min(fw, a, b);
            case MAX_NUMBER -> floats.maxNumber(fw, a, b);
            case MIN_NUMBER -> floats.minNumber(fw, a, b);
            case MUL_EXTENDED -> floats.mulExtended(fw, a, b);
            case RECIPROCAL_STEP -> floats.reciprocalStep(fw, a, b);
            case RECIPROCAL_ROOT_STEP -> floats.reciprocalRootStep(fw, a, b);
            case COMPARE_EQUAL -> -(floats.compare(fw, a, b, false) >> 2 & 1);
            case COMPARE_GREATER_EQUAL -> -bool((floats.compare(fw, a, b, true) & (NZCV_N | NZCV_V)) == 0);
            case COMPARE_GREATER -> -bool((floats.compare(fw, a, b, true) & (NZCV_N | NZCV_Z | NZCV_V)) == 0);
            case SQRT -> floats.sqrt(fw, a);
            case ABS -> floats.abs(fw, a);
            case NEG -> floats.neg(fw, a);
            case RECIPROCAL -> floats.reciprocalEstimate(fw, a);
            case RECIPROCAL_ROOT -> floats.reciprocalRootEstimate(fw, a);
            case RECIPROCAL_EXPONENT -> floats.reciprocalExponent(fw, a);
            default -> throw new IllegalArgumentException("floating-point operation " + op);
        };
    }

    private Vec scalar(int op, int fw, Vec a, Vec b) {
        return vscalar(fw, operation(op, fw, a.lane(fw, 0), b.lane(fw, 0)));
    }

    private Vec lanes(int op, int e, Vec a, Vec b) {
        if (e == 64) {
            return new Vec(operation(op, 64, a.lo(), b.lo()), operation(op, 64, a.hi(), b.hi()));
        }
        return new Vec(half(op, e, a.lo(), b.lo()), half(op, e, a.hi(), b.hi()));
    }

    private long half(int op, int e, long a, long b) {
        long mask = (1L << e) - 1;
        long r = 0;
        for (int bit = 0; bit < 64; bit += e) {
            r |= (operation(op, e, a >>> bit & mask, b >>> bit & mask) & mask) << bit;
        }
        return r;
    }

    /** {@code f} of each lane of e bits. */
    private static Vec each(int e, Vec a, LongUnaryOperator f) {
        return resized(e, e, a, f);
    }

    /** {@code f} of as many lanes of {@code from} bits as there is room for in lanes of {@code to} bits, from the low end. */
    private static Vec resized(int from, int to, Vec a, LongUnaryOperator f) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 128 / Math.max(from, to); i++) {
            r = r.withLane(to, i, f.applyAsLong(a.lane(from, i)));
        }
        return r;
    }

    public final Vec fadd(int fw, Vec a, Vec b) {
        return scalar(ADD, fw, a, b);
    }

    public final Vec vfadd(int e, Vec a, Vec b) {
        return lanes(ADD, e, a, b);
    }

    public final Vec fsub(int fw, Vec a, Vec b) {
        return scalar(SUB, fw, a, b);
    }

    public final Vec vfsub(int e, Vec a, Vec b) {
        return lanes(SUB, e, a, b);
    }

    public final Vec fmul(int fw, Vec a, Vec b) {
        return scalar(MUL, fw, a, b);
    }

    public final Vec vfmul(int e, Vec a, Vec b) {
        return lanes(MUL, e, a, b);
    }

    public final Vec fdiv(int fw, Vec a, Vec b) {
        return scalar(DIV, fw, a, b);
    }

    public final Vec vfdiv(int e, Vec a, Vec b) {
        return lanes(DIV, e, a, b);
    }

    public final Vec fmax(int fw, Vec a, Vec b) {
        return scalar(MAX, fw, a, b);
    }

    public final Vec vfmax(int e, Vec a, Vec b) {
        return lanes(MAX, e, a, b);
    }

    public final Vec fmin(int fw, Vec a, Vec b) {
        return scalar(MIN, fw, a, b);
    }

    public final Vec vfmin(int e, Vec a, Vec b) {
        return lanes(MIN, e, a, b);
    }

    public final Vec fmaxnm(int fw, Vec a, Vec b) {
        return scalar(MAX_NUMBER, fw, a, b);
    }

    public final Vec vfmaxnm(int e, Vec a, Vec b) {
        return lanes(MAX_NUMBER, e, a, b);
    }

    public final Vec fminnm(int fw, Vec a, Vec b) {
        return scalar(MIN_NUMBER, fw, a, b);
    }

    public final Vec vfminnm(int e, Vec a, Vec b) {
        return lanes(MIN_NUMBER, e, a, b);
    }

    public final Vec fsqrt(int fw, Vec a) {
        return scalar(SQRT, fw, a, a);
    }

    public final Vec vfsqrt(int e, Vec a) {
        return lanes(SQRT, e, a, a);
    }

    public final Vec fabs(int fw, Vec a) {
        return scalar(ABS, fw, a, a);
    }

    public final Vec vfabs(int e, Vec a) {
        return lanes(ABS, e, a, a);
    }

    public final Vec fneg(int fw, Vec a) {
        return scalar(NEG, fw, a, a);
    }

    public final Vec vfneg(int e, Vec a) {
        return lanes(NEG, e, a, a);
    }

    /** -(a * b), NaNs included. */
    public final Vec fnmul(int fw, Vec a, Vec b) {
        return fneg(fw, fmul(fw, a, b));
    }

    /** (negAcc ? -acc : acc) + (negProduct ? -a : a) * b, rounded once. */
    public final Vec fmadd(int fw, Vec acc, Vec a, Vec b, boolean negProduct, boolean negAcc) {
        return vscalar(fw, mulAdd(fw, acc.lane(fw, 0), a.lane(fw, 0), b.lane(fw, 0), negProduct, negAcc));
    }

    /** {@link #fmadd} lane by lane. */
    public final Vec vfmadd(int e, Vec acc, Vec a, Vec b, boolean negProduct, boolean negAcc) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 128 / e; i++) {
            r = r.withLane(e, i, mulAdd(e, acc.lane(e, i), a.lane(e, i), b.lane(e, i), negProduct, negAcc));
        }
        return r;
    }

    private long mulAdd(int fw, long acc, long a, long b, boolean negProduct, boolean negAcc) {
        return floats.mulAdd(fw, negAcc ? floats.neg(fw, acc) : acc, negProduct ? floats.neg(fw, a) : a, b);
    }

    /** Flags of the comparison: less N, equal Z C, greater C, unordered C V. */
    public final long fcompare(int fw, Vec a, Vec b, boolean signalling) {
        return HostFlags.fromNzcv(floats.compare(fw, a.lane(fw, 0), b.lane(fw, 0), signalling));
    }

    public final Vec fcvt(int from, int to, Vec a) {
        return new Vec(floats.convert(from, to, a.lane(from, 0)), 0);
    }

    /** Rounds to an integral value. */
    public final Vec fround(int fw, int mode, boolean exact, Vec a) {
        return new Vec(floats.roundToInteger(fw, mode, exact, a.lane(fw, 0)), 0);
    }

    public final Vec vfround(int e, int mode, boolean exact, Vec a) {
        return each(e, a, lane -> floats.roundToInteger(e, mode, exact, lane));
    }

    /** Saturating conversion of a * 2^fbits to a w-bit integer. */
    public final long fToInt(int fw, int w, boolean signed, int mode, int fbits, Vec a) {
        return floats.toInteger(fw, w, signed, mode, fbits, a.lane(fw, 0));
    }

    /** Lane-wise saturating conversion of a * 2^fbits to e-bit integers. */
    public final Vec vfToInt(int e, boolean signed, int mode, int fbits, Vec a) {
        return each(e, a, lane -> floats.toInteger(e, e, signed, mode, fbits, lane));
    }

    /** The w-bit integer / 2^fbits. */
    public final Vec intToF(int w, boolean signed, int fw, int fbits, long a) {
        return new Vec(floats.fromInteger(w, signed, fw, fbits, a), 0);
    }

    /** Lane-wise a / 2^fbits. */
    public final Vec vintToF(int e, boolean signed, int fbits, Vec a) {
        return each(e, a, lane -> floats.fromInteger(e, signed, e, fbits, lane));
    }

    public final Vec fselect(int fw, long cond, Vec a, Vec b) {
        return vscalar(fw, (cond != 0 ? a : b).lane(fw, 0));
    }

    /** All ones where equal; only signalling NaNs are invalid. */
    public final Vec vfcmpeq(int e, Vec a, Vec b) {
        return lanes(COMPARE_EQUAL, e, a, b);
    }

    /** All ones where greater or equal; NaNs are invalid. */
    public final Vec vfcmpge(int e, Vec a, Vec b) {
        return lanes(COMPARE_GREATER_EQUAL, e, a, b);
    }

    /** All ones where greater; NaNs are invalid. */
    public final Vec vfcmpgt(int e, Vec a, Vec b) {
        return lanes(COMPARE_GREATER, e, a, b);
    }

    /** Product, with infinity times zero being two. */
    public final Vec vfmulx(int e, Vec a, Vec b) {
        return lanes(MUL_EXTENDED, e, a, b);
    }

    /** 2 - a * b, rounded once. */
    public final Vec vfrecps(int e, Vec a, Vec b) {
        return lanes(RECIPROCAL_STEP, e, a, b);
    }

    /** (3 - a * b) / 2, rounded once. */
    public final Vec vfrsqrts(int e, Vec a, Vec b) {
        return lanes(RECIPROCAL_ROOT_STEP, e, a, b);
    }

    /** Estimate of 1 / a. */
    public final Vec vfrecpe(int e, Vec a) {
        return lanes(RECIPROCAL, e, a, a);
    }

    /** Estimate of 1 / sqrt(a). */
    public final Vec vfrsqrte(int e, Vec a) {
        return lanes(RECIPROCAL_ROOT, e, a, a);
    }

    /** The power of two whose exponent is the complement of that of a. */
    public final Vec vfrecpx(int e, Vec a) {
        return lanes(RECIPROCAL_EXPONENT, e, a, a);
    }

    /** Converts the e-bit lanes of the low half to 2e bits. */
    public final Vec vfwiden(int e, Vec a) {
        return resized(e, 2 * e, a, lane -> floats.convert(e, 2 * e, lane));
    }

    /** Converts lanes of 2e bits to e bits in the low half; the mode may be {@link io.stele.ir.softfloat.FloatEnvironment#TO_ODD}. */
    public final Vec vfnarrow(int e, int mode, Vec a) {
        return resized(2 * e, e, a, lane -> floats.convert(2 * e, e, lane, mode));
    }
}
