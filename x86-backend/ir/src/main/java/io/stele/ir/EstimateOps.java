package io.stele.ir;

import io.stele.ir.softfloat.SoftFloat;

/**
 * Estimates of reciprocals and of reciprocal square roots, the steps that refine them, and FMULX. Estimates are looked up in
 * {@link #estimateTable} by the eight upper bits of the fraction. Numbers that are not ordinary go to the interpreter beforehand, because some of
 * them raise less than the host's arithmetic would.
 */
public abstract sealed class EstimateOps extends FloatConversionOps permits CryptoOps {
    /** Tables of {@link Opcode#VESTIMATE}. */
    static final int RECIPROCAL = 0;
    static final int RECIPROCAL_ROOT = 1;
    /** Entries of one byte, first those of the reciprocal. */
    public static final int ESTIMATE_TABLE_BYTES = 512;

    EstimateOps() {}

    /**
     * The table that generated code looks in: for each fraction between 1 and 2 the fraction of the estimate; for roots, bit 7 of the index is the
     * lowest bit of the exponent field.
     */
    public static byte[] estimateTable() {
        byte[] table = new byte[ESTIMATE_TABLE_BYTES];
        for (int i = 0; i < 256; i++) {
            table[i] = (byte) (SoftFloat.reciprocalEstimateInteger(0x8000_0000L | (long) i << 23) >>> 23);
            long operand = i < 128 ? 0x8000_0000L | (long) i << 24 : 0x4000_0000L | (long) (i & 127) << 23;
            table[256 + i] = (byte) (SoftFloat.reciprocalRootEstimateInteger(operand) >>> 23);
        }
        return table;
    }

    /** Entries by the byte whose lowest bit is bit 16 of each lane, or 48 of 64 bits, at the same place. */
    private int lookUp(int e, int table, int va, boolean scalar) {
        return vector(Opcode.VESTIMATE, e, table, va, 0, 0, scalar ? 1 : 128 / e);
    }

    /** Whether all lanes are known to be the same: operands of scalar instructions, and what a vector instruction has repeated before. */
    private boolean hasEqualLanes(int e, int va) {
        return op[va] == Opcode.VDUP_LANE && w[va] <= e;
    }

    /** The estimate's fraction in place. Of equal lanes one is looked up. */
    private int fraction(int e, int table, int va) {
        int shift = table == RECIPROCAL ? e == 32 ? 1 : 4 : e == 32 ? 0 : 3;
        boolean equal = hasEqualLanes(e, va);
        int found = lookUp(e, table, vshl(e, va, shift), equal);
        return vushr(e, equal ? vdupLane(e, found, 0) : found, e == 32 ? 1 : 4);
    }

    /** Estimate of 1 / a. */
    public final int vfrecpe(int e, int va) {
        obeyControl();
        int bias = e == 32 ? 127 : 1023;
        interpretUnlessExponent(e, va, 1, 2 * bias - 2);
        int exponent = vand(va, vrepeat(e, e == 32 ? 0xff80_0000L : 0xfff0_0000_0000_0000L));
        int negated = vsub(e, vrepeat(e, 2L * bias - 1 << (e == 32 ? 23 : 52)), exponent);
        return vor(negated, fraction(e, RECIPROCAL, va));
    }

    /** Estimate of 1 / sqrt(a). */
    public final int vfrsqrte(int e, int va) {
        obeyControl();
        int bias = e == 32 ? 127 : 1023;
        int shift = e == 32 ? 23 : 52;
        interpretUnlessPositive(e, va, 1, 2 * bias);
        int exponents = vrepeat(e, (2L * bias + 1) << shift);
        int halved = vushr(e, vsub(e, vrepeat(e, 3L * bias - 1 << shift), vand(va, exponents)), 1);
        return vor(vand(halved, exponents), fraction(e, RECIPROCAL_ROOT, va));
    }

    /** Estimate for 32-bit integers. */
    public final int vurecpe(int va) {
        int estimate = lookUp(32, RECIPROCAL, vushr(32, va, 7), false);
        return integerEstimate(estimate, vnot(vsshr(32, va, 31)));
    }

    public final int vursqrte(int va) {
        int half = vand(vushr(32, va, 8), vrepeat(32, 0x7f_ffffL));
        int index = vselect(32, va, half, vushr(32, va, 7));
        return integerEstimate(lookUp(32, RECIPROCAL_ROOT, index, false), vcmpeq(32, vushr(32, va, 30), vzero()));
    }

    private int integerEstimate(int estimate, int tooBig) {
        return vor(vor(vshl(32, estimate, 7), smallest(32)), tooBig);
    }

    /** 2 - a * b, rounded once. Two is also the result for infinity times zero. */
    public final int vfrecps(int e, int va, int vb) {
        operands(e, va, vb, 0);
        interpretUnlessFinite(e, va, vb);
        return environmentMultiplyAdd(e, vfrepeat(e, 2), va, vb);
    }

    /** (3 - a * b) / 2, rounded once: halving is exact, unless 3 - a * b has become infinite. */
    public final int vfrsqrts(int e, int va, int vb) {
        operands(e, va, vb, 0);
        interpretUnlessBelow(e, vlarger(e, va, vb), e == 32 ? 63 : 511);
        int difference = environmentMultiplyAdd(e, vfrepeat(e, 3), va, vb);
        return vector(Opcode.VFMUL, e, 0, difference, vfrepeat(e, 0.5), 0, 0);
    }

    private int environmentMultiplyAdd(int e, int acc, int va, int vb) {
        if (!fusedMultiplyAdd) {
            interpret();
        }
        int v = vector(Opcode.VFMADD, e, 1, acc, va, vb, 0);
        mayBeInexact();
        return v;
    }

    /** The larger magnitude, as far as {@link #interpretUnlessBelow} looks at it. */
    private int vlarger(int e, int va, int vb) {
        return vsmax(32, vmagnitude(e, va), vmagnitude(e, vb));
    }

    private void interpretUnlessFinite(int e, int va, int vb) {
        interpretUnlessBelow(e, vlarger(e, va, vb), e == 32 ? 128 : 1024);
    }

    /** Product, with infinity times zero being two. */
    public final int vfmulx(int e, int va, int vb) {
        operands(e, va, vb, 0);
        interpretUnlessFinite(e, va, vb);
        int v = environment(Opcode.VFMUL, e, 0, va, vb, 0);
        interpretIfTiny(e, 128 / e, v);
        mayBeInexact();
        return v;
    }

    /** The power of two whose exponent is the complement of that of a. */
    public final int vfrecpx(int e, int va) {
        operands(e, va, 0, 0);
        interpretIf(pure(Opcode.COND_NAN, e, 128 / e, va, va, 0, 0));
        int exponents = vrepeat(e, e == 32 ? 0x7f80_0000L : 0x7ff0_0000_0000_0000L);
        int exponent = vand(va, exponents);
        int complement = vxor(vand(va, vor(exponents, smallest(e))), exponents);
        int denormal = vcmpeq(e, exponent, vzero());
        return vsub(e, complement, vand(denormal, vrepeat(e, e == 32 ? 1L << 23 : 1L << 52)));
    }
}
