package io.stele.ir;

import io.stele.ir.softfloat.FloatEnvironment;

/**
 * How arithmetic obeys a control word of the guest that asks for more than a rounding mode and default NaNs: flushing denormal numbers to zero,
 * or another half-precision format. The host flushes, as it has been told, but it does not note denormal operands, and notes INEXACT for a
 * result that it flushes. So denormal operands are collected in a vector register of the guest state, and as long as INEXACT is not set, an
 * operation that raises it is left to the interpreter.
 */
public abstract sealed class FloatControlOps extends LookupOps permits FloatOps {
    /** The control word asks for no more than a rounding mode and default NaNs. */
    public static final int FLOAT_DEFAULT = 0;
    /** It asks for more, and the host has been told what it can; INEXACT is set, or results are not flushed. */
    public static final int FLOAT_FLUSHING = 1;
    /** The same, results being flushed, while INEXACT is not set. */
    public static final int FLOAT_WATCHED = 2;
    /** It is not known: arithmetic is interpreted when it asks for more. */
    public static final int FLOAT_UNKNOWN = 3;

    private static final int NO_REGISTER = -1;
    /** Values known to have been noted, at most: value * 2, + 1 for lanes of 64 bits. */
    private static final int REMEMBERED = 32;
    private static final int NORMAL_DEPTH = 5;

    private int floatControl;
    private int controlOffset = NO_REGISTER;
    private long controlBits;
    private long halfBits;
    /** Not to be looked at again in this block. */
    private boolean controlKnown;
    private boolean halfKnown;

    private int denormalOffset = NO_REGISTER;
    /** Bits of the current instruction, 0 when none of its operands can be denormal. */
    private int denormalBits;
    private final int[] remembered = new int[REMEMBERED];
    private int rememberedCount;

    FloatControlOps() {}

    /** Tells how the guest's control word stands in this block: FLOAT_DEFAULT and the others. */
    public final void floatControl(int kind) {
        floatControl = kind;
        controlKnown = kind != FLOAT_UNKNOWN;
        halfKnown = kind == FLOAT_DEFAULT;
        rememberedCount = 0;
    }

    /**
     * Names the register of the guest state with the control word, and the vector register that collects denormal operands: it is not zero when
     * INPUT_DENORMAL is to be set.
     *
     * @param bits those that ask for more than a rounding mode and default NaNs
     * @param half those of them that concern half precision
     */
    public final void floatControlRegisters(int control, long bits, long half, int denormals) {
        controlOffset = control;
        controlBits = bits;
        halfBits = half;
        denormalOffset = denormals;
    }

    /** True if results may be flushed. */
    final boolean mayFlush() {
        return floatControl == FLOAT_FLUSHING || floatControl == FLOAT_WATCHED;
    }

    /** To be called before an operation on single or double precision. */
    final void obeyControl() {
        if (!controlKnown) {
            controlKnown = true;
            halfKnown = true;
            interpretIfControl(controlBits);
        }
    }

    /** To be called before an operation that reads or makes numbers of half precision. */
    final void obeyHalfControl() {
        obeyControl();
        if (!halfKnown) {
            halfKnown = true;
            interpretIfControl(halfBits);
        }
    }

    /** To be called before half-precision numbers are read or made: true if {@link #interpretIfHalf} has to look at them. */
    final boolean mayControlHalf() {
        obeyControl();
        return !halfKnown;
    }

    /**
     * Leaves to the interpreter if the control word asks for something of half precision.
     *
     * @param rare bits(64): not 0 if that would make a difference
     */
    final void interpretIfHalf(int rare) {
        if (controlOffset == NO_REGISTER) {
            interpret();
            return;
        }
        int control = and(64, readReg(64, controlOffset), constant(64, halfBits));
        interpretIf(isNonZero(64, select(64, isNonZero(64, control), rare, constant(64, 0))));
    }

    private void interpretIfControl(long bits) {
        if (controlOffset == NO_REGISTER) {
            interpret();
            return;
        }
        interpretIf(isNonZero(64, and(64, readReg(64, controlOffset), constant(64, bits))));
    }

    /** Notes the denormal numbers among all lanes of an operand; 0 is no operand. */
    final void operand(int e, int v) {
        if (v == 0 || !mayFlush() || denormalOffset == NO_REGISTER || isNormal(e, v, NORMAL_DEPTH) || remembers(e, v)) {
            return;
        }
        // Equal to zero as a number, if the host flushes, but not without its sign.
        int zeros = vector(Opcode.VFCMPEQ, e, 0, v, vzero(), 0, 0);
        int bits = vshl(e, vand(zeros, v), 1);
        denormalBits = denormalBits == 0 ? bits : vor(denormalBits, bits);
    }

    private boolean remembers(int e, int v) {
        int operand = 2 * v + (e >> 6);
        for (int i = 0; i < rememberedCount; i++) {
            if (remembered[i] == operand) {
                return true;
            }
        }
        if (rememberedCount < REMEMBERED) {
            remembered[rememberedCount++] = operand;
        }
        return false;
    }

    /** True if no lane of e bits is denormal when the host flushes results: a result of arithmetic, or made of such. */
    private boolean isNormal(int e, int v, int depth) {
        if (depth == 0) {
            return false;
        }
        return switch (op[v]) {
            case Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FMAX, Opcode.FMIN, Opcode.FSQRT, Opcode.FMADD, Opcode.FROUND,
                Opcode.INT_TO_F, Opcode.VFADD, Opcode.VFSUB, Opcode.VFMUL, Opcode.VFDIV, Opcode.VFMAX, Opcode.VFMIN, Opcode.VFSQRT, Opcode.VFMADD,
                Opcode.VFROUND, Opcode.VINT_TO_F -> w[v] == e;
            case Opcode.FCVT -> x[v] == e;
            case Opcode.VFWIDEN -> 2 * w[v] == e;
            case Opcode.VFNARROW -> w[v] == e;
            case Opcode.FNEG, Opcode.FABS, Opcode.VFNEG, Opcode.VFABS, Opcode.VDUP_LANE -> w[v] == e && isNormal(e, a[v], depth - 1);
            case Opcode.VLOW -> w[v] >= e && isNormal(e, a[v], depth - 1);
            case Opcode.VHIGH64 -> isNormal(e, a[v], depth - 1);
            case Opcode.VCOMBINE -> isNormal(e, a[v], depth - 1) && isNormal(e, b[v], depth - 1);
            case Opcode.VINSERT_LANE -> w[v] == e && isNormal(e, a[v], depth - 1) && isNormal(e, b[v], depth - 1);
            case Opcode.VCONST -> isNormal(e, imm[v]) && isNormal(e, a[v] == 0 ? 0 : imm[a[v]]);
            default -> false;
        };
    }

    private static boolean isNormal(int e, long bits) {
        if (e == 64) {
            return (bits & Long.MAX_VALUE) == 0 || (bits & 0x7ff0_0000_0000_0000L) != 0;
        }
        return isNormalSingle((int) bits) && isNormalSingle((int) (bits >>> 32));
    }

    private static boolean isNormalSingle(int bits) {
        return (bits & Integer.MAX_VALUE) == 0 || (bits & 0x7f80_0000) != 0;
    }

    /** To be called behind operations that may be inexact: what was flushed, or is the first inexact result, goes to the interpreter. */
    final void mayBeInexact() {
        if (floatControl == FLOAT_WATCHED) {
            interpretIf(isNonZero(64, and(64, floatStatus(), constant(64, FloatEnvironment.UNDERFLOW | FloatEnvironment.INEXACT))));
        }
    }

    final void beginFloats() {
        denormalBits = 0;
    }

    /** Adds to the register what the current instruction has noted. */
    final void writeDenormals() {
        if (denormalBits != 0) {
            writeVec(denormalOffset, vor(readVec(denormalOffset), denormalBits));
        }
    }

    /**
     * Bits(64): the cumulative flags that operations have raised since {@link #clearFloatStatus}, as of {@link FloatEnvironment#flags}; not those
     * that the interpreter has raised, nor INPUT_DENORMAL.
     */
    public final int floatStatus() {
        return append(Opcode.FLOAT_STATUS, 64, 0, 0, 0, 0, 0, 0);
    }

    /** Clears the cumulative flags. */
    public final void clearFloatStatus() {
        append(Opcode.CLEAR_FLOAT_STATUS, 0, 0, 0, 0, 0, 0, 0);
        // What is computed again has to raise its flags again.
        forgetEqual();
        rememberedCount = 0;
    }

    public abstract int readReg(int width, int offset);

    /** Leaves to the interpreter, with the state before the current instruction, when the condition holds. */
    public abstract void interpretIf(int cond);
}
