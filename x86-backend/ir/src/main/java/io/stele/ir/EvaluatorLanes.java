package io.stele.ir;

/** Integer arithmetic on vector lanes. {@code e} is the lane size in bits. */
abstract class EvaluatorLanes extends EvaluatorVectors {
    EvaluatorLanes(int flagsOffset, int monitorOffset, EvaluatorMemory memory) {
        super(flagsOffset, monitorOffset, memory);
    }

    private Vec lanes(int op, int e, Vec a, Vec b) {
        return new Vec(Lanes.half(op, e, a.lo(), b.lo(), floats), Lanes.half(op, e, a.hi(), b.hi(), floats));
    }

    private Vec lanes(int op, int e, Vec a, int n) {
        long amount = Lanes.repeat(e, n);
        return new Vec(Lanes.half(op, e, a.lo(), amount, floats), Lanes.half(op, e, a.hi(), amount, floats));
    }

    public final Vec vadd(int e, Vec a, Vec b) {
        return lanes(Lanes.ADD, e, a, b);
    }

    public final Vec vsub(int e, Vec a, Vec b) {
        return lanes(Lanes.SUB, e, a, b);
    }

    public final Vec vmul(int e, Vec a, Vec b) {
        return lanes(Lanes.MUL, e, a, b);
    }

    public final Vec vsmax(int e, Vec a, Vec b) {
        return lanes(Lanes.SMAX, e, a, b);
    }

    public final Vec vsmin(int e, Vec a, Vec b) {
        return lanes(Lanes.SMIN, e, a, b);
    }

    public final Vec vumax(int e, Vec a, Vec b) {
        return lanes(Lanes.UMAX, e, a, b);
    }

    public final Vec vumin(int e, Vec a, Vec b) {
        return lanes(Lanes.UMIN, e, a, b);
    }

    public final Vec vcmpeq(int e, Vec a, Vec b) {
        return lanes(Lanes.EQUAL, e, a, b);
    }

    public final Vec vcmpgt(int e, Vec a, Vec b) {
        return lanes(Lanes.GREATER, e, a, b);
    }

    public final Vec vcmpge(int e, Vec a, Vec b) {
        return lanes(Lanes.GREATER_EQUAL, e, a, b);
    }

    public final Vec vcmphi(int e, Vec a, Vec b) {
        return lanes(Lanes.HIGHER, e, a, b);
    }

    public final Vec vcmphs(int e, Vec a, Vec b) {
        return lanes(Lanes.HIGHER_SAME, e, a, b);
    }

    public final Vec vcmptst(int e, Vec a, Vec b) {
        return lanes(Lanes.TEST, e, a, b);
    }

    public final Vec vushl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_UNSIGNED, e, a, b);
    }

    public final Vec vsshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_SIGNED, e, a, b);
    }

    public final Vec vurshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_UNSIGNED_ROUND, e, a, b);
    }

    public final Vec vsrshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_SIGNED_ROUND, e, a, b);
    }

    public final Vec vuqshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_UNSIGNED_SATURATE, e, a, b);
    }

    public final Vec vsqshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_SIGNED_SATURATE, e, a, b);
    }

    public final Vec vuqrshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_UNSIGNED_ROUND_SATURATE, e, a, b);
    }

    public final Vec vsqrshl(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_SIGNED_ROUND_SATURATE, e, a, b);
    }

    public final Vec vsqshlu(int e, Vec a, Vec b) {
        return lanes(Lanes.SHIFT_SIGNED_TO_UNSIGNED, e, a, b);
    }

    public final Vec vsqadd(int e, Vec a, Vec b) {
        return lanes(Lanes.ADD_SIGNED_SATURATE, e, a, b);
    }

    public final Vec vuqadd(int e, Vec a, Vec b) {
        return lanes(Lanes.ADD_UNSIGNED_SATURATE, e, a, b);
    }

    public final Vec vsqsub(int e, Vec a, Vec b) {
        return lanes(Lanes.SUB_SIGNED_SATURATE, e, a, b);
    }

    public final Vec vuqsub(int e, Vec a, Vec b) {
        return lanes(Lanes.SUB_UNSIGNED_SATURATE, e, a, b);
    }

    public final Vec vurhadd(int e, Vec a, Vec b) {
        return lanes(Lanes.HALVING_ADD_UNSIGNED_ROUND, e, a, b);
    }

    public final Vec vuabd(int e, Vec a, Vec b) {
        return lanes(Lanes.DIFFERENCE_UNSIGNED, e, a, b);
    }

    public final Vec vsabd(int e, Vec a, Vec b) {
        return lanes(Lanes.DIFFERENCE_SIGNED, e, a, b);
    }

    public final Vec vsuqadd(int e, Vec a, Vec b) {
        return lanes(Lanes.ADD_UNSIGNED_TO_SIGNED, e, a, b);
    }

    public final Vec vusqadd(int e, Vec a, Vec b) {
        return lanes(Lanes.ADD_SIGNED_TO_UNSIGNED, e, a, b);
    }

    public final Vec vsqdmulh(int e, Vec a, Vec b) {
        return lanes(Lanes.DOUBLE_MUL_HIGH, e, a, b);
    }

    public final Vec vsqrdmulh(int e, Vec a, Vec b) {
        return lanes(Lanes.DOUBLE_MUL_HIGH_ROUND, e, a, b);
    }

    public final Vec vneg(int e, Vec a) {
        return lanes(Lanes.SUB, e, Vec.ZERO, a);
    }

    public final Vec vabs(int e, Vec a) {
        return lanes(Lanes.ABS, e, a, a);
    }

    public final Vec vsqabs(int e, Vec a) {
        return lanes(Lanes.ABS_SATURATE, e, a, a);
    }

    public final Vec vsqneg(int e, Vec a) {
        return lanes(Lanes.NEG_SATURATE, e, a, a);
    }

    public final Vec vclz(int e, Vec a) {
        return lanes(Lanes.LEADING_ZEROS, e, a, a);
    }

    public final Vec vcls(int e, Vec a) {
        return lanes(Lanes.LEADING_SIGN_BITS, e, a, a);
    }

    public final Vec vcnt(Vec a) {
        return lanes(Lanes.COUNT, 8, a, a);
    }

    public final Vec vrbit(Vec a) {
        return lanes(Lanes.REVERSE_BITS, 8, a, a);
    }

    /** Estimate for 32-bit lanes. */
    public final Vec vurecpe(Vec a) {
        return lanes(Lanes.RECIPROCAL, 32, a, a);
    }

    /** Estimate for 32-bit lanes. */
    public final Vec vursqrte(Vec a) {
        return lanes(Lanes.RECIPROCAL_ROOT, 32, a, a);
    }

    public final Vec vshl(int e, Vec a, int n) {
        return lanes(Lanes.SHIFT_LEFT, e, a, n);
    }

    public final Vec vushr(int e, Vec a, int n) {
        return lanes(Lanes.SHIFT_RIGHT_UNSIGNED, e, a, n);
    }

    /** Right shift with rounding. */
    public final Vec vurshr(int e, Vec a, int n) {
        return lanes(Lanes.SHIFT_UNSIGNED_ROUND, e, a, -n);
    }

    /** Right shift with rounding. */
    public final Vec vsrshr(int e, Vec a, int n) {
        return lanes(Lanes.SHIFT_SIGNED_ROUND, e, a, -n);
    }

    @Override
    public final Vec vsshr(int e, Vec a, int n) {
        return lanes(Lanes.SHIFT_RIGHT_SIGNED, e, a, n);
    }

    public final Vec vaddp(int e, Vec a, Vec b) {
        return vadd(e, vuzp1(e, a, b), vuzp2(e, a, b));
    }

    public final Vec vumaxp(int e, Vec a, Vec b) {
        return vumax(e, vuzp1(e, a, b), vuzp2(e, a, b));
    }

    public final Vec vuminp(int e, Vec a, Vec b) {
        return vumin(e, vuzp1(e, a, b), vuzp2(e, a, b));
    }

    public final Vec vsmaxp(int e, Vec a, Vec b) {
        return vsmax(e, vuzp1(e, a, b), vuzp2(e, a, b));
    }

    public final Vec vsminp(int e, Vec a, Vec b) {
        return vsmin(e, vuzp1(e, a, b), vuzp2(e, a, b));
    }

    public final long vaddAcross(int e, int lanes, Vec a) {
        return across(Lanes.ADD, e, lanes, a);
    }

    public final long vumaxAcross(int e, int lanes, Vec a) {
        return across(Lanes.UMAX, e, lanes, a);
    }

    public final long vuminAcross(int e, int lanes, Vec a) {
        return across(Lanes.UMIN, e, lanes, a);
    }

    public final long vsmaxAcross(int e, int lanes, Vec a) {
        return across(Lanes.SMAX, e, lanes, a);
    }

    public final long vsminAcross(int e, int lanes, Vec a) {
        return across(Lanes.SMIN, e, lanes, a);
    }

    private long across(int op, int e, int lanes, Vec a) {
        long r = a.lane(e, 0);
        for (int i = 1; i < lanes; i++) {
            r = Lanes.half(op, e, r, a.lane(e, i), floats) & -1L >>> 64 - e;
        }
        return r;
    }

    /** Products of the low halves, in lanes of 2e bits. */
    public final Vec vmullU(int e, Vec a, Vec b) {
        return vmul(2 * e, vwidenU(e, a), vwidenU(e, b));
    }

    /** Products of the low halves, in lanes of 2e bits. */
    public final Vec vmullS(int e, Vec a, Vec b) {
        return vmul(2 * e, vwidenS(e, a), vwidenS(e, b));
    }

    /** Doubled, saturated products of the low halves, in lanes of 2e bits. */
    public final Vec vsqdmull(int e, Vec a, Vec b) {
        Vec product = vmullS(e, a, b);
        return vsqadd(2 * e, product, product);
    }

    /** Polynomial products of bytes, low 8 bits. */
    public final Vec vpmul(Vec a, Vec b) {
        return lanes(Lanes.MUL_CARRYLESS, 8, a, b);
    }

    /** Polynomial products of the low halves in lanes of 2e bits; e = 8 or 64. */
    public final Vec vpmull(int e, Vec a, Vec b) {
        if (e == 8) {
            return lanes(Lanes.MUL_CARRYLESS, 16, vwidenU(8, a), vwidenU(8, b));
        }
        long high = Long.reverse(Lanes.carryless(Long.reverse(a.lo()), Long.reverse(b.lo()))) >>> 1;
        return new Vec(Lanes.carryless(a.lo(), b.lo()), high);
    }

    /** Narrows signed lanes of 2e bits to e bits into the low half; saturates. */
    public final Vec vsqnarrow(int e, Vec a) {
        return narrow(e, a, true, true);
    }

    /** Narrows signed lanes of 2e bits to unsigned ones of e bits into the low half; saturates. */
    public final Vec vsqnarrowU(int e, Vec a) {
        return narrow(e, a, true, false);
    }

    /** Narrows unsigned lanes of 2e bits to e bits into the low half; saturates. */
    public final Vec vuqnarrow(int e, Vec a) {
        return narrow(e, a, false, false);
    }

    private Vec narrow(int e, Vec a, boolean fromSigned, boolean toSigned) {
        Vec r = Vec.ZERO;
        for (int i = 0; i < 64 / e; i++) {
            long lane = a.lane(2 * e, i);
            long v = fromSigned ? lane << 64 - 2 * e >> 64 - 2 * e : lane < 0 ? Long.MAX_VALUE : lane;
            r = r.withLane(e, i, toSigned ? Lanes.saturateSigned(e, v, floats) : Lanes.saturateToUnsigned(e, v, floats));
        }
        return r;
    }
}
