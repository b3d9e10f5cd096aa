package io.stele.ir;

/** A 128-bit vector: lane 0 is in the low bits of {@code lo}. */
public record Vec(long lo, long hi) {
    public static final Vec ZERO = new Vec(0, 0);

    /** Lane {@code i} of {@code e} bits, zero-extended. */
    public long lane(int e, int i) {
        int bit = e * i;
        long half = bit < 64 ? lo : hi;
        return e == 64 ? half : half >>> (bit & 63) & (1L << e) - 1;
    }

    /** This vector with the low {@code e} bits of {@code v} in lane {@code i}. */
    public Vec withLane(int e, int i, long v) {
        int bit = e * i;
        long mask = e == 64 ? -1 : (1L << e) - 1 << (bit & 63);
        long shifted = v << (bit & 63) & mask;
        return bit < 64 ? new Vec(lo & ~mask | shifted, hi) : new Vec(lo, hi & ~mask | shifted);
    }

    @Override
    public String toString() {
        return "0x" + hex(hi) + "_" + hex(lo);
    }

    private static String hex(long v) {
        String digits = Long.toHexString(v);
        return "0".repeat(16 - digits.length()) + digits;
    }
}
