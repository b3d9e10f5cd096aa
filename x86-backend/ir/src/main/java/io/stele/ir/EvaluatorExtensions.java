package io.stele.ir;

/** Dot products, complex and JavaScript arithmetic, bfloat16, and half precision on some of the lanes. */
abstract class EvaluatorExtensions extends EvaluatorCrypto {
    EvaluatorExtensions(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset, monitorOffset, memory);
    }

    // Integers.

    /** acc plus, in each lane of 32 bits, the sum of the products of its four bytes in a and b. */
    public final Vec vdot(boolean signedA, boolean signedB, Vec acc, Vec a, Vec b) {
        Vec r = acc;
        for (int i = 0; i < 16; i++) {
            long x = signedA ? (byte) a.lane(8, i) : a.lane(8, i);
            long y = signedB ? (byte) b.lane(8, i) : b.lane(8, i);
            r = r.withLane(32, i / 4, r.lane(32, i / 4) + x * y);
        }
        return r;
    }

    // Single and double precision.

    /** Rounds towards zero to an integer modulo 2^32. */
    public final long fToIntModular(Vec a) {
        return floats.toIntegerModular(a.lo());
    }

    /** Rounds to an integral value that fits in {@code size} bits; others become the smallest such number. */
    public final Vec vfroundInt(int e, int size, int mode, Vec a) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 128 / e; i++) {
            r = r.withLane(e, i, floats.roundToSizedInteger(e, size, mode, a.lane(e, i)));
        }
        return r;
    }

    /** acc plus the products of the four low halves of a and b, negated or not, rounded once. */
    public final Vec vfmaddHalf(Vec acc, Vec a, Vec b, boolean negProduct) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 4; i++) {
            long x = a.lane(16, i);
            r = r.withLane(32, i, floats.mulAddHalf(acc.lane(32, i), negProduct ? floats.neg(16, x) : x, b.lane(16, i)));
        }
        return r;
    }

    // bfloat16: the upper halves of single-precision numbers.

    /** The four lanes of 32 bits in the four low lanes of 16 bits. */
    public final Vec vfToBfloat(Vec a) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 4; i++) {
            r = r.withLane(16, i, floats.toBfloat(a.lane(32, i)));
        }
        return r;
    }

    /** acc plus, in each lane of 32 bits, the sum of the two products. */
    public final Vec vbfdot(Vec acc, Vec a, Vec b) {
        Vec r = acc;
        for (int i = 0; i < 4; i++) {
            r = r.withLane(32, i, floats.dotBfloat(r.lane(32, i), a.lane(32, i), b.lane(32, i)));
        }
        return r;
    }

    // Half precision: the operations of the same names on the low lanes; the other lanes of the result are zero.

    private Vec low(int lanes, Vec v) {
        return lanes == 8 ? v : new Vec(v.lo() & (lanes == 4 ? -1 : 0xffff), 0);
    }

    private Vec operand(int lanes, Vec v) {
        return lanes == 8 ? v : lanes == 4 ? vcombine(v, v) : vdupLane(16, v, 0);
    }

    public final Vec hadd(int lanes, Vec a, Vec b) {
        return low(lanes, vfadd(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hsub(int lanes, Vec a, Vec b) {
        return low(lanes, vfsub(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hmul(int lanes, Vec a, Vec b) {
        return low(lanes, vfmul(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hdiv(int lanes, Vec a, Vec b) {
        return low(lanes, vfdiv(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hmulx(int lanes, Vec a, Vec b) {
        return low(lanes, vfmulx(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hmax(int lanes, Vec a, Vec b) {
        return low(lanes, vfmax(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hmin(int lanes, Vec a, Vec b) {
        return low(lanes, vfmin(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hmaxnm(int lanes, Vec a, Vec b) {
        return low(lanes, vfmaxnm(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hminnm(int lanes, Vec a, Vec b) {
        return low(lanes, vfminnm(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hrecps(int lanes, Vec a, Vec b) {
        return low(lanes, vfrecps(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hrsqrts(int lanes, Vec a, Vec b) {
        return low(lanes, vfrsqrts(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hcmpeq(int lanes, Vec a, Vec b) {
        return low(lanes, vfcmpeq(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hcmpge(int lanes, Vec a, Vec b) {
        return low(lanes, vfcmpge(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hcmpgt(int lanes, Vec a, Vec b) {
        return low(lanes, vfcmpgt(16, operand(lanes, a), operand(lanes, b)));
    }

    public final Vec hmadd(int lanes, Vec acc, Vec a, Vec b, boolean negProduct, boolean negAcc) {
        return low(lanes, vfmadd(16, operand(lanes, acc), operand(lanes, a), operand(lanes, b), negProduct, negAcc));
    }

    public final Vec hsqrt(int lanes, Vec a) {
        return low(lanes, vfsqrt(16, operand(lanes, a)));
    }

    public final Vec hround(int lanes, int mode, boolean exact, Vec a) {
        return low(lanes, vfround(16, mode, exact, operand(lanes, a)));
    }

    public final Vec hrecpe(int lanes, Vec a) {
        return low(lanes, vfrecpe(16, operand(lanes, a)));
    }

    public final Vec hrsqrte(int lanes, Vec a) {
        return low(lanes, vfrsqrte(16, operand(lanes, a)));
    }

    public final Vec hrecpx(Vec a) {
        return low(1, vfrecpx(16, operand(1, a)));
    }

    /** Saturating conversion of a * 2^fbits to 16-bit integers. */
    public final Vec hToLanes(int lanes, boolean signed, int mode, int fbits, Vec a) {
        return low(lanes, vfToInt(16, signed, mode, fbits, operand(lanes, a)));
    }

    /** 16-bit integers / 2^fbits. */
    public final Vec hFromLanes(int lanes, boolean signed, int fbits, Vec a) {
        return low(lanes, vintToF(16, signed, fbits, operand(lanes, a)));
    }

    /** Flags of the comparison of two scalars: less N, equal Z C, greater C, unordered C V. */
    public final long hcompare(Vec a, Vec b, boolean signalling) {
        return fcompare(16, a, b, signalling);
    }

    /** Saturating conversion of a scalar times 2^fbits to a w-bit integer. */
    public final long hToInt(int w, boolean signed, int mode, int fbits, Vec a) {
        return fToInt(16, w, signed, mode, fbits, a);
    }

    /** The w-bit integer / 2^fbits. */
    public final Vec hFromInt(int w, boolean signed, int fbits, long a) {
        return intToF(w, signed, 16, fbits, a);
    }
}
