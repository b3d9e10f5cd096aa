package io.stele.ir;

/**
 * The flags format of generated code: bit 15 = N, bit 14 = Z, bit 8 = C, bit 0 = V, which is what {@code lahf; seto al} leaves in {@code ax}.
 * Other bits have no meaning. C is set when a subtraction did not borrow.
 */
public final class HostFlags {
    public static final int N = 1 << 15;
    public static final int Z = 1 << 14;
    public static final int C = 1 << 8;
    public static final int V = 1;
    public static final int MASK = N | Z | C | V;

    private HostFlags() {}

    /** Packs N (bit 3), Z, C, V (bit 0) into the host flag format. */
    public static int fromNzcv(int nzcv) {
        return (nzcv & 0xc) << 12 | (nzcv & 2) << 7 | nzcv & 1;
    }

    /** N in bit 3, Z, C, V in bit 0. */
    public static int toNzcv(int flags) {
        return flags >>> 12 & 0xc | flags >>> 7 & 2 | flags & 1;
    }

    /** Flags of {@code a + b + carry} in {@code w} bits. */
    public static int ofAdd(int w, long a, long b, int carry) {
        long mask = w == 64 ? -1L : (1L << w) - 1;
        long x = a & mask;
        long y = b & mask;
        long result = x + y + carry & mask;
        boolean carryOut = carry == 0 ? Long.compareUnsigned(result, x) < 0 : Long.compareUnsigned(result, x) <= 0;
        boolean overflow = ((x ^ result) & (y ^ result)) >>> w - 1 != 0;
        return ofResult(w, result) | (carryOut ? C : 0) | (overflow ? V : 0);
    }

    /** N and Z of a {@code w}-bit result; C and V clear. */
    public static int ofResult(int w, long result) {
        long mask = w == 64 ? -1L : (1L << w) - 1;
        long r = result & mask;
        return (r >>> w - 1 != 0 ? N : 0) | (r == 0 ? Z : 0);
    }
}
