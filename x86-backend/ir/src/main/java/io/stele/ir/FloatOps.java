package io.stele.ir;

/** IEEE arithmetic: scalars in the low lane of a vec, and in all lanes. */
public abstract sealed class FloatOps extends LookupOps permits IrBuilder {
    boolean defaultFp = true;
    boolean fusedMultiplyAdd = true;

    FloatOps() {}

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
