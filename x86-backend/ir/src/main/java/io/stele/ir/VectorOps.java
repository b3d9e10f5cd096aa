package io.stele.ir;

/**
 * Operations on vec values: lanes of {@code e} bits, scalar floating point in the low lanes. An operation that has no lowering
 * (see {@link Lowered}) ends the block before the current instruction, which the interpreter executes.
 */
public abstract sealed class VectorOps extends ScalarOps permits IrBuilder {
    boolean defaultFp = true;
    boolean fusedMultiplyAdd = true;

    VectorOps() {}

    private int vector(int code, int e, int small, int va, int vb, int vc, long immediate) {
        if (!Lowered.supports(code, e)) {
            interpret();
        }
        return pure(code, e, small, va, vb, vc, immediate);
    }

    private int lanes(int code, int e, int va, int vb) {
        return vector(code, e, 0, va, vb, 0, 0);
    }

    /** An IEEE operation under the guest's control word whose result is guarded against NaNs; {@code lanes} is 1 or the number of lanes that count. */
    private int arithmetic(int code, int e, int lanes, int small, int va, int vb, int vc) {
        if (!defaultFp) {
            interpret();
        }
        int v = vector(code, e, small, va, vb, vc, 0);
        interpretIf(pure(Opcode.COND_NAN, e, lanes, v, v, 0, 0));
        return v;
    }

    /** Maximum or minimum; operands with a NaN go to the interpreter, which makes the two kinds of each the same here. */
    private int extremum(int code, int e, int lanes, int va, int vb) {
        if (!defaultFp) {
            interpret();
        }
        interpretIf(pure(Opcode.COND_NAN, e, lanes, va, vb, 0, 0));
        return vector(code, e, 0, va, vb, 0, 0);
    }

    /** An IEEE operation that obeys the control word in other ways than by a NaN result. */
    private int environment(int code, int e, int small, int va, int vb, long immediate) {
        if (!defaultFp) {
            interpret();
        }
        return vector(code, e, small, va, vb, 0, immediate);
    }

    // Construction and lanes.

    public final int vzero() {
        return vconst(0, 0);
    }

    public final int vconst(long lo, long hi) {
        int high = hi == 0 ? 0 : constant(64, hi);
        return pure(Opcode.VCONST, 64, 0, high, 0, 0, lo);
    }

    /** Clears the upper half. */
    public final int vlow64(int va) {
        return vector(Opcode.VLOW64, 64, 0, va, 0, 0, 0);
    }

    /** The low e bits of a bits value in lane 0, the rest zero. */
    public final int vscalar(int e, int bits) {
        if (isConst(bits)) {
            return vconst(imm[bits] & (e == 64 ? -1L : (1L << e) - 1), 0);
        }
        return vector(Opcode.VSCALAR, e, 0, bits, 0, 0, 0);
    }

    public final int vdup(int e, int bits) {
        if (isConst(bits)) {
            long v = imm[bits];
            for (int i = e; i < 64; i *= 2) {
                v = v << i | v & (1L << i) - 1;
            }
            return vconst(v, v);
        }
        return vector(Opcode.VDUP, e, 0, bits, 0, 0, 0);
    }

    public final int vdupLane(int e, int v, int i) {
        return vector(Opcode.VDUP_LANE, e, i, v, 0, 0, 0);
    }

    public final int vinsert(int e, int v, int i, int bits) {
        return vector(Opcode.VINSERT, e, i, v, bits, 0, 0);
    }

    /** dst with lane i replaced by lane j of src. */
    public final int vinsertLane(int e, int dst, int i, int src, int j) {
        return vector(Opcode.VINSERT_LANE, e, i, dst, src, 0, j);
    }

    /** Lane i, zero-extended to 64 bits. */
    public final int vextract(int e, int v, int i) {
        return vector(Opcode.VEXTRACT, e, i, v, 0, 0, 0);
    }

    /** Lane i, sign-extended to 64 bits. */
    public final int vextractSigned(int e, int v, int i) {
        int lane = vextract(e, v, i);
        return e == 64 ? lane : sext(e, 64, lane);
    }

    // Bitwise.

    public final int vand(int va, int vb) {
        return va == vb ? va : lanes(Opcode.VAND, 64, va, vb);
    }

    public final int vor(int va, int vb) {
        return va == vb ? va : lanes(Opcode.VOR, 64, va, vb);
    }

    public final int vxor(int va, int vb) {
        return va == vb ? vzero() : lanes(Opcode.VXOR, 64, va, vb);
    }

    /** a &amp; ~b. */
    public final int vandn(int va, int vb) {
        return lanes(Opcode.VANDN, 64, va, vb);
    }

    /** a | ~b. */
    public final int vorn(int va, int vb) {
        return lanes(Opcode.VORN, 64, va, vb);
    }

    public final int vnot(int va) {
        return lanes(Opcode.VNOT, 64, va, 0);
    }

    /** mask ? a : b, bit by bit. */
    public final int vbsl(int mask, int va, int vb) {
        return vector(Opcode.VBSL, 64, 0, mask, va, vb, 0);
    }

    // Lane arithmetic.

    public final int vadd(int e, int va, int vb) {
        return lanes(Opcode.VADD, e, va, vb);
    }

    public final int vsub(int e, int va, int vb) {
        return lanes(Opcode.VSUB, e, va, vb);
    }

    public final int vmul(int e, int va, int vb) {
        return lanes(Opcode.VMUL, e, va, vb);
    }

    public final int vneg(int e, int va) {
        return lanes(Opcode.VSUB, e, vzero(), va);
    }

    public final int vabs(int e, int va) {
        return lanes(Opcode.VABS, e, va, 0);
    }

    public final int vsmax(int e, int va, int vb) {
        return lanes(Opcode.VSMAX, e, va, vb);
    }

    public final int vsmin(int e, int va, int vb) {
        return lanes(Opcode.VSMIN, e, va, vb);
    }

    public final int vumax(int e, int va, int vb) {
        return lanes(Opcode.VUMAX, e, va, vb);
    }

    public final int vumin(int e, int va, int vb) {
        return lanes(Opcode.VUMIN, e, va, vb);
    }

    public final int vcmpeq(int e, int va, int vb) {
        return lanes(Opcode.VCMPEQ, e, va, vb);
    }

    /** Signed greater than. */
    public final int vcmpgt(int e, int va, int vb) {
        return lanes(Opcode.VCMPGT, e, va, vb);
    }

    public final int vcmpge(int e, int va, int vb) {
        return lanes(Opcode.VCMPGE, e, va, vb);
    }

    /** Unsigned greater than. */
    public final int vcmphi(int e, int va, int vb) {
        return lanes(Opcode.VCMPHI, e, va, vb);
    }

    public final int vcmphs(int e, int va, int vb) {
        return lanes(Opcode.VCMPHS, e, va, vb);
    }

    /** All ones where a &amp; b is not zero. */
    public final int vcmptst(int e, int va, int vb) {
        return lanes(Opcode.VCMPTST, e, va, vb);
    }

    public final int vshl(int e, int va, int n) {
        return n == 0 ? va : vector(Opcode.VSHL, e, n, va, 0, 0, 0);
    }

    public final int vushr(int e, int va, int n) {
        return n == 0 ? va : n == e ? vzero() : vector(Opcode.VUSHR, e, n, va, 0, 0, 0);
    }

    public final int vsshr(int e, int va, int n) {
        return n == 0 ? va : vector(Opcode.VSSHR, e, n == e ? e - 1 : n, va, 0, 0, 0);
    }

    /** Shift by the signed low byte of each lane of b, left when positive. */
    public final int vushl(int e, int va, int vb) {
        return lanes(Opcode.VUSHL, e, va, vb);
    }

    public final int vsshl(int e, int va, int vb) {
        return lanes(Opcode.VSSHL, e, va, vb);
    }

    public final int vsqadd(int e, int va, int vb) {
        return lanes(Opcode.VSQADD, e, va, vb);
    }

    public final int vuqadd(int e, int va, int vb) {
        return lanes(Opcode.VUQADD, e, va, vb);
    }

    public final int vsqsub(int e, int va, int vb) {
        return lanes(Opcode.VSQSUB, e, va, vb);
    }

    public final int vuqsub(int e, int va, int vb) {
        return lanes(Opcode.VUQSUB, e, va, vb);
    }

    public final int vuhadd(int e, int va, int vb) {
        return lanes(Opcode.VUHADD, e, va, vb);
    }

    public final int vshadd(int e, int va, int vb) {
        return lanes(Opcode.VSHADD, e, va, vb);
    }

    public final int vurhadd(int e, int va, int vb) {
        return lanes(Opcode.VURHADD, e, va, vb);
    }

    public final int vsrhadd(int e, int va, int vb) {
        return lanes(Opcode.VSRHADD, e, va, vb);
    }

    public final int vuabd(int e, int va, int vb) {
        return lanes(Opcode.VUABD, e, va, vb);
    }

    public final int vsabd(int e, int va, int vb) {
        return lanes(Opcode.VSABD, e, va, vb);
    }

    // Pairwise, permutations, widths.

    public final int vaddp(int e, int va, int vb) {
        return lanes(Opcode.VADDP, e, va, vb);
    }

    public final int vumaxp(int e, int va, int vb) {
        return lanes(Opcode.VUMAXP, e, va, vb);
    }

    public final int vuminp(int e, int va, int vb) {
        return lanes(Opcode.VUMINP, e, va, vb);
    }

    public final int vsmaxp(int e, int va, int vb) {
        return lanes(Opcode.VSMAXP, e, va, vb);
    }

    public final int vsminp(int e, int va, int vb) {
        return lanes(Opcode.VSMINP, e, va, vb);
    }

    public final int vzip1(int e, int va, int vb) {
        return lanes(Opcode.VZIP1, e, va, vb);
    }

    public final int vzip2(int e, int va, int vb) {
        return lanes(Opcode.VZIP2, e, va, vb);
    }

    public final int vuzp1(int e, int va, int vb) {
        return lanes(Opcode.VUZP1, e, va, vb);
    }

    public final int vuzp2(int e, int va, int vb) {
        return lanes(Opcode.VUZP2, e, va, vb);
    }

    public final int vtrn1(int e, int va, int vb) {
        return lanes(Opcode.VTRN1, e, va, vb);
    }

    public final int vtrn2(int e, int va, int vb) {
        return lanes(Opcode.VTRN2, e, va, vb);
    }

    /** Bytes {@code bytes} .. {@code bytes} + 15 of b:a. */
    public final int vext(int va, int vb, int bytes) {
        return bytes == 0 ? va : vector(Opcode.VEXT, 8, bytes, va, vb, 0, 0);
    }

    /** Reverses the e-bit lanes within each container. */
    public final int vrev(int container, int e, int va) {
        return vector(Opcode.VREV, e, container, va, 0, 0, 0);
    }

    /** Bits set in each byte. */
    public final int vcnt(int va) {
        return lanes(Opcode.VCNT, 8, va, 0);
    }

    public final int vclz(int e, int va) {
        return lanes(Opcode.VCLZ, e, va, 0);
    }

    public final int vcls(int e, int va) {
        return lanes(Opcode.VCLS, e, va, 0);
    }

    /** Reverses the bits of each byte. */
    public final int vrbit(int va) {
        return lanes(Opcode.VRBIT, 8, va, 0);
    }

    /** Low halves of the 2e-bit lanes, in the low 64 bits. */
    public final int vnarrow(int e, int va) {
        return lanes(Opcode.VNARROW, e, va, 0);
    }

    /** The e-bit lanes of the low half, zero-extended to 2e. */
    public final int vwidenU(int e, int va) {
        return lanes(Opcode.VWIDEN_U, e, va, 0);
    }

    public final int vwidenS(int e, int va) {
        return lanes(Opcode.VWIDEN_S, e, va, 0);
    }

    /** The upper half in the lower half, upper half zero. */
    public final int vhigh64(int va) {
        return vector(Opcode.VHIGH64, 64, 0, va, 0, 0, 0);
    }

    /** The low half of lo below the low half of hi. */
    public final int vcombine(int lo, int hi) {
        return vector(Opcode.VCOMBINE, 64, 0, lo, hi, 0, 0);
    }

    /** Products of the low halves, 2e bits wide. */
    public final int vmullU(int e, int va, int vb) {
        return lanes(Opcode.VMULL_U, e, va, vb);
    }

    public final int vmullS(int e, int va, int vb) {
        return lanes(Opcode.VMULL_S, e, va, vb);
    }

    public final int vaddAcross(int e, int lanes, int va) {
        return vector(Opcode.VADD_ACROSS, e, lanes, va, 0, 0, 0);
    }

    public final int vumaxAcross(int e, int lanes, int va) {
        return vector(Opcode.VUMAX_ACROSS, e, lanes, va, 0, 0, 0);
    }

    public final int vuminAcross(int e, int lanes, int va) {
        return vector(Opcode.VUMIN_ACROSS, e, lanes, va, 0, 0, 0);
    }

    public final int vsmaxAcross(int e, int lanes, int va) {
        return vector(Opcode.VSMAX_ACROSS, e, lanes, va, 0, 0, 0);
    }

    public final int vsminAcross(int e, int lanes, int va) {
        return vector(Opcode.VSMIN_ACROSS, e, lanes, va, 0, 0, 0);
    }

    /** Bytes of the n table registers selected by idx; of fallback where idx is out of range. */
    public final int vtable(int n, int t0, int t1, int t2, int t3, int idx, int fallback) {
        if (n != 1) {
            interpret();
        }
        return vector(Opcode.VTABLE, 8, n, t0, idx, fallback, 0);
    }

    // Scalar floating point.

    public final int fadd(int fw, int va, int vb) {
        return arithmetic(Opcode.FADD, fw, 1, 0, va, vb, 0);
    }

    public final int fsub(int fw, int va, int vb) {
        return arithmetic(Opcode.FSUB, fw, 1, 0, va, vb, 0);
    }

    public final int fmul(int fw, int va, int vb) {
        return arithmetic(Opcode.FMUL, fw, 1, 0, va, vb, 0);
    }

    public final int fdiv(int fw, int va, int vb) {
        return arithmetic(Opcode.FDIV, fw, 1, 0, va, vb, 0);
    }

    public final int fmax(int fw, int va, int vb) {
        return extremum(Opcode.FMAX, fw, 1, va, vb);
    }

    public final int fmin(int fw, int va, int vb) {
        return extremum(Opcode.FMIN, fw, 1, va, vb);
    }

    public final int fmaxnm(int fw, int va, int vb) {
        return extremum(Opcode.FMAX, fw, 1, va, vb);
    }

    public final int fminnm(int fw, int va, int vb) {
        return extremum(Opcode.FMIN, fw, 1, va, vb);
    }

    /** -(a * b). */
    public final int fnmul(int fw, int va, int vb) {
        return fneg(fw, fmul(fw, va, vb));
    }

    public final int fsqrt(int fw, int va) {
        return arithmetic(Opcode.FSQRT, fw, 1, 0, va, 0, 0);
    }

    public final int fabs(int fw, int va) {
        return vector(Opcode.FABS, fw, 0, va, 0, 0, 0);
    }

    public final int fneg(int fw, int va) {
        return vector(Opcode.FNEG, fw, 0, va, 0, 0, 0);
    }

    /** (negAcc ? -acc : acc) + (negProduct ? -(a * b) : a * b), rounded once. */
    public final int fmadd(int fw, int acc, int va, int vb, boolean negProduct, boolean negAcc) {
        if (!fusedMultiplyAdd) {
            interpret();
        }
        return arithmetic(Opcode.FMADD, fw, 1, (negProduct ? 1 : 0) | (negAcc ? 2 : 0), acc, va, vb);
    }

    /** Flags of the comparison: less N, equal Z C, greater C, unordered C V. */
    public final int fcompare(int fw, int va, int vb, boolean signalling) {
        return environment(Opcode.FCOMPARE, fw, signalling ? 1 : 0, va, vb, 0);
    }

    public final int fcvt(int from, int to, int va) {
        if (!defaultFp || !Lowered.supports(Opcode.FCVT, from) || !Lowered.supports(Opcode.FCVT, to)) {
            interpret();
        }
        int v = pure(Opcode.FCVT, from, to, va, 0, 0, 0);
        interpretIf(pure(Opcode.COND_NAN, to, 1, v, v, 0, 0));
        return v;
    }

    /** Rounds to an integral value; mode -1 is the control word's. */
    public final int fround(int fw, int mode, boolean exact, int va) {
        if (mode == IrBuilder.ROUND_TIES_AWAY) {
            interpret();
        }
        return arithmetic(Opcode.FROUND, fw, 1, mode & 0xff | (exact ? 0x100 : 0), va, 0, 0);
    }

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
        if (!defaultFp || fbits != 0 || mode == IrBuilder.ROUND_TIES_AWAY) {
            interpret();
        }
        // The host rounds in a step of its own, and doubles have bits behind the point where the range of an int ends.
        boolean rounded = width == 32 && fw == 64 && mode != IrBuilder.ROUND_ZERO && mode != IrBuilder.ROUND_CONTROL;
        if (signed && rounded) {
            interpretUnlessBelow(64, and(64, vextract(64, va, 0), constant(64, Long.MAX_VALUE)), MAX_INT_AS_DOUBLE + 1);
        } else if (!signed) {
            long limit = width == 64 ? fw == 64 ? TWO_63_AS_DOUBLE : TWO_63_AS_FLOAT : fw == 64 ? MAX_UNSIGNED_AS_DOUBLE + 1 : TWO_32_AS_FLOAT;
            interpretUnlessBelow(fw, vextract(fw, va, 0), limit);
        }
        int v = environment(Opcode.F_TO_INT, fw, mode & 0xff, va, 0, signed ? width : 64);
        if (signed && !rounded) {
            interpretIf(equal(width, v, constant(width, width == 64 ? Long.MIN_VALUE : 0x8000_0000L)));
        }
        return !signed && width == 32 ? trunc(v) : v;
    }

    private void interpretUnlessBelow(int width, int bits, long limit) {
        interpretIf(condNot(lessUnsigned(width, bits, constant(width, limit))));
    }

    /** a / 2^fbits as a floating-point value. */
    public final int intToF(int width, boolean signed, int fw, int fbits, int va) {
        if (fbits != 0) {
            interpret();
        }
        if (width == 64 && !signed) {
            interpretIf(bitSet(64, va, 63));
        }
        return environment(Opcode.INT_TO_F, fw, width | (signed ? 0x100 : 0), va, 0, 0);
    }

    public final int fselect(int fw, int cond, int va, int vb) {
        if (op[cond] == Opcode.COND_CONST) {
            return imm[cond] != 0 ? va : vb;
        }
        return append(Opcode.FSELECT, fw, 0, cond, va, vb, 0, 0);
    }

    // Floating point in lanes.

    public final int vfadd(int e, int va, int vb) {
        return arithmetic(Opcode.VFADD, e, 128 / e, 0, va, vb, 0);
    }

    public final int vfsub(int e, int va, int vb) {
        return arithmetic(Opcode.VFSUB, e, 128 / e, 0, va, vb, 0);
    }

    public final int vfmul(int e, int va, int vb) {
        return arithmetic(Opcode.VFMUL, e, 128 / e, 0, va, vb, 0);
    }

    public final int vfdiv(int e, int va, int vb) {
        return arithmetic(Opcode.VFDIV, e, 128 / e, 0, va, vb, 0);
    }

    public final int vfmax(int e, int va, int vb) {
        return extremum(Opcode.VFMAX, e, 128 / e, va, vb);
    }

    public final int vfmin(int e, int va, int vb) {
        return extremum(Opcode.VFMIN, e, 128 / e, va, vb);
    }

    public final int vfmaxnm(int e, int va, int vb) {
        return extremum(Opcode.VFMAX, e, 128 / e, va, vb);
    }

    public final int vfminnm(int e, int va, int vb) {
        return extremum(Opcode.VFMIN, e, 128 / e, va, vb);
    }

    public final int vfsqrt(int e, int va) {
        return arithmetic(Opcode.VFSQRT, e, 128 / e, 0, va, 0, 0);
    }

    public final int vfabs(int e, int va) {
        return lanes(Opcode.VFABS, e, va, 0);
    }

    public final int vfneg(int e, int va) {
        return lanes(Opcode.VFNEG, e, va, 0);
    }

    public final int vfmadd(int e, int acc, int va, int vb, boolean negProduct, boolean negAcc) {
        if (!fusedMultiplyAdd) {
            interpret();
        }
        return arithmetic(Opcode.VFMADD, e, 128 / e, (negProduct ? 1 : 0) | (negAcc ? 2 : 0), acc, va, vb);
    }

    public final int vfcmpeq(int e, int va, int vb) {
        return environment(Opcode.VFCMPEQ, e, 0, va, vb, 0);
    }

    public final int vfcmpge(int e, int va, int vb) {
        return environment(Opcode.VFCMPGE, e, 0, va, vb, 0);
    }

    public final int vfcmpgt(int e, int va, int vb) {
        return environment(Opcode.VFCMPGT, e, 0, va, vb, 0);
    }

    /** Lane-wise saturating conversion of a * 2^fbits to e-bit integers. */
    public final int vfToInt(int e, boolean signed, int mode, int fbits, int va) {
        return environment(Opcode.VF_TO_INT, e, mode & 0xff | (signed ? 0x100 : 0), va, 0, fbits);
    }

    /** Lane-wise a / 2^fbits. */
    public final int vintToF(int e, boolean signed, int fbits, int va) {
        if (!signed || fbits != 0) {
            interpret();
        }
        return environment(Opcode.VINT_TO_F, e, signed ? 0x100 : 0, va, 0, fbits);
    }

    public final int vfround(int e, int mode, boolean exact, int va) {
        return arithmetic(Opcode.VFROUND, e, 128 / e, mode & 0xff | (exact ? 0x100 : 0), va, 0, 0);
    }

    /** Leaves to the interpreter, with the state before the current instruction, when the condition holds. */
    public abstract void interpretIf(int cond);
}
