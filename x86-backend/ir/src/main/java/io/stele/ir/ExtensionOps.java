package io.stele.ir;

/** Dot products, JavaScript conversions, rounding to sized integers. */
public abstract sealed class ExtensionOps extends CryptoOps permits HalfOps {
    ExtensionOps() {}

    // Integers.

    /** acc plus, in each lane of 32 bits, the sum of the products of its four bytes in a and b. */
    public final int vdot(boolean signedA, boolean signedB, int acc, int va, int vb) {
        int even = pairs(bytes(signedA, va, false), bytes(signedB, vb, false));
        int odd = pairs(bytes(signedA, va, true), bytes(signedB, vb, true));
        return vadd(32, acc, vadd(32, even, odd));
    }

    /** The even or the odd bytes in lanes of 16 bits. */
    private int bytes(boolean signed, int v, boolean odd) {
        int upper = odd ? v : vshl(16, v, 8);
        return signed ? vsshr(16, upper, 8) : odd ? vushr(16, v, 8) : vand(v, vrepeat(16, 0xff));
    }

    private int pairs(int va, int vb) {
        return pure(Opcode.VMUL_ADD_PAIRS, 16, 0, va, vb, 0, 0);
    }

    // Single and double precision.

    /** Rounds towards zero to an integer modulo 2^32; what does not fit is interpreted. */
    public final int fToIntModular(int va) {
        return fToInt(64, 32, true, IrBuilder.ROUND_ZERO, 0, va);
    }

    private static final long TWO_31_AS_FLOAT = 0x4f00_0000L;
    private static final long TWO_63_AS_FLOAT = 0x5f00_0000L;
    /** The largest double that is an integer of 31 bits; 2^63. */
    private static final long MAX_INT_AS_DOUBLE = 0x41df_ffff_ffc0_0000L;
    private static final long TWO_63_AS_DOUBLE = 0x43e0_0000_0000_0000L;

    /** Rounds to an integral value that fits in {@code size} bits; others are interpreted, beforehand, because the host could raise "inexact". */
    public final int vfroundInt(int e, int size, int mode, int va) {
        long limit = e == 32 ? size == 32 ? TWO_31_AS_FLOAT : TWO_63_AS_FLOAT : size == 32 ? MAX_INT_AS_DOUBLE + 1 : TWO_63_AS_DOUBLE;
        int magnitude = vand(va, vrepeat(e, (1L << e - 1) - 1));
        int over = vcmpge(e, magnitude, vrepeat(e, limit));
        interpretIf(isNonZero(64, or(64, vextract(64, over, 0), vextract(64, over, 1))));
        return vfround(e, mode, true, va);
    }
}
