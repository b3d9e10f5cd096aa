package io.stele.ir;

/** IEEE arithmetic: scalars in the low lane of a vec, and in all lanes. */
public abstract sealed class FloatOps extends FloatControlOps permits FloatConversionOps {
    boolean fusedMultiplyAdd = true;

    FloatOps() {}

    /** An IEEE operation under the guest's control word whose result is guarded against NaNs; {@code lanes} is 1 or the number of lanes that count. */
    final int arithmetic(int code, int e, int lanes, int small, int va, int vb, int vc) {
        operands(e, va, vb, vc);
        int v = vector(code, e, small, va, vb, vc, 0);
        interpretIf(pure(Opcode.COND_NAN, e, lanes, v, v, 0, 0));
        mayBeInexact();
        return v;
    }

    /**
     * The same for operations that may round a result up to the smallest normal number, which underflows where tininess is detected before
     * rounding: that result is guarded against, too.
     */
    private int underflowing(int code, int e, int lanes, int small, int va, int vb, int vc) {
        operands(e, va, vb, vc);
        int v = vector(code, e, small, va, vb, vc, 0);
        interpretIfTiny(e, lanes, v);
        mayBeInexact();
        return v;
    }

    /** Leaves the instruction to the interpreter if a lane is a NaN or the smallest normal number. */
    final void interpretIfTiny(int e, int lanes, int v) {
        interpretIf(pure(Opcode.COND_NAN, e, lanes, v, v, 0, 1));
    }

    /** Maximum or minimum; operands with a NaN go to the interpreter, which makes the two kinds of each the same here. */
    final int extremum(int code, int e, int lanes, int va, int vb) {
        operands(e, va, vb, 0);
        interpretIf(pure(Opcode.COND_NAN, e, lanes, va, vb, 0, 0));
        return vector(code, e, 0, va, vb, 0, 0);
    }

    /** Operands of an operation on numbers of e bits that obeys the control word; 0 is none. */
    final void operands(int e, int va, int vb, int vc) {
        obeyControl();
        operand(e, va);
        operand(e, vb);
        operand(e, vc);
    }

    /** A part of an operation, behind its {@link #operands}: it obeys the control word in other ways than by a NaN result. */
    final int environment(int code, int e, int small, int va, int vb, long immediate) {
        obeyControl();
        return vector(code, e, small, va, vb, 0, immediate);
    }

    private int comparison(int code, int e, int small, int va, int vb) {
        operands(e, va, vb, 0);
        return vector(code, e, small, va, vb, 0, 0);
    }

    // Scalar floating point.

    public final int fadd(int fw, int va, int vb) {
        return arithmetic(Opcode.FADD, fw, 1, 0, va, vb, 0);
    }

    public final int fsub(int fw, int va, int vb) {
        return arithmetic(Opcode.FSUB, fw, 1, 0, va, vb, 0);
    }

    public final int fmul(int fw, int va, int vb) {
        return underflowing(Opcode.FMUL, fw, 1, 0, va, vb, 0);
    }

    public final int fdiv(int fw, int va, int vb) {
        return underflowing(Opcode.FDIV, fw, 1, 0, va, vb, 0);
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
        return underflowing(Opcode.FMADD, fw, 1, (negProduct ? 1 : 0) | (negAcc ? 2 : 0), acc, va, vb);
    }

    /** Flags of the comparison: less N, equal Z C, greater C, unordered C V. */
    public final int fcompare(int fw, int va, int vb, boolean signalling) {
        return comparison(Opcode.FCOMPARE, fw, signalling ? 1 : 0, va, vb);
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
        return underflowing(Opcode.VFMUL, e, 128 / e, 0, va, vb, 0);
    }

    public final int vfdiv(int e, int va, int vb) {
        return underflowing(Opcode.VFDIV, e, 128 / e, 0, va, vb, 0);
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
        return underflowing(Opcode.VFMADD, e, 128 / e, (negProduct ? 1 : 0) | (negAcc ? 2 : 0), acc, va, vb);
    }

    public final int vfcmpeq(int e, int va, int vb) {
        return comparison(Opcode.VFCMPEQ, e, 0, va, vb);
    }

    public final int vfcmpge(int e, int va, int vb) {
        return comparison(Opcode.VFCMPGE, e, 0, va, vb);
    }

    public final int vfcmpgt(int e, int va, int vb) {
        return comparison(Opcode.VFCMPGT, e, 0, va, vb);
    }

    /** Leaves to the interpreter when any bit of {@code va} is set. */
    final void interpretIfAny(int va) {
        interpretIf(pure(Opcode.COND_VEC, 0, CC_NE, va, 0, 0, 0));
    }

    /** A number in every lane, in the format of e bits. */
    final int vfrepeat(int e, double n) {
        return vrepeat(e, e == 64 ? Double.doubleToRawLongBits(n) : Float.floatToRawIntBits((float) n));
    }

    /** A number in every lane of 32 bits, or in the upper half of every lane of 64 bits, and another one in the lower halves. */
    final int vupper(int e, int upper, int lower) {
        return vrepeat(e, e == 32 ? upper : (long) upper << 32 | lower & 0xffff_ffffL);
    }

    /** The magnitudes of numbers, or of their upper halves with lower halves of 0, to be compared as integers of 32 bits. */
    final int vmagnitude(int e, int va) {
        return vand(va, vupper(e, Integer.MAX_VALUE, 0));
    }

    /** Leaves to the interpreter if a lane is a NaN or not below a power of two. */
    final void interpretUnlessBelow(int e, int va, int exponent) {
        int limit = e == 32 ? exponent + 127 << 23 : exponent + 1023 << 20;
        interpretIfAny(vcmpgt(32, vmagnitude(e, va), vupper(e, limit - 1, 0)));
    }
}
