package io.stele.ir;

/** Operations on bits of lanes that are looked up in tables of 16 bytes, table instructions, and polynomial products. */
public abstract sealed class LookupOps extends ShiftOps permits FloatControlOps {
    LookupOps() {}

    /** Leading zeros of a byte by its low nibble when the upper is zero, and by its upper nibble (8 when that is zero). */
    private static final long ZEROS_LOW_0 = 0x0505_0505_0606_0708L;
    private static final long ZEROS_LOW_1 = 0x0404_0404_0404_0404L;
    private static final long ZEROS_HIGH_0 = 0x0101_0101_0202_0308L;
    /** The nibble with its bits in reverse order, as an upper nibble. */
    private static final long REVERSED_0 = 0xe060_a020_c040_8000L;
    private static final long REVERSED_1 = 0xf070_b030_d050_9010L;

    private int lowNibbles(int va) {
        return vand(va, vrepeat(8, 15));
    }

    private int highNibbles(int va) {
        return vand(vushr(16, va, 4), vrepeat(8, 15));
    }

    public final int vclz(int e, int va) {
        if (e >= 32 && hostAvx512) {
            return lanes(Opcode.VCLZ, e, va, 0);
        }
        if (e == 8) {
            int low = vlookup(vconst(ZEROS_LOW_0, ZEROS_LOW_1), lowNibbles(va));
            return vumin(8, low, vlookup(vconst(ZEROS_HIGH_0, 0), highNibbles(va)));
        }
        int h = e / 2;
        int halves = vclz(h, va);
        int upper = vushr(e, halves, h);
        int lower = vand(halves, vrepeat(e, (1L << h) - 1));
        return vadd(e, upper, vand(lower, vcmpeq(e, upper, vrepeat(e, h))));
    }

    public final int vcls(int e, int va) {
        return vsub(e, vclz(e, vxor(va, vcmpgt(e, vzero(), va))), vrepeat(e, 1));
    }

    /** Reverses the bits of each byte. */
    public final int vrbit(int va) {
        if (hostBitMatrices) {
            return lanes(Opcode.VRBIT, 8, va, 0);
        }
        int table = vconst(REVERSED_0, REVERSED_1);
        int upper = vlookup(table, lowNibbles(va));
        int lower = vushr(16, vlookup(table, highNibbles(va)), 4);
        return vor(upper, lower);
    }

    /** Bytes of the n table registers selected by idx; of fallback where idx is out of range. */
    public final int vtable(int n, int t0, int t1, int t2, int t3, int idx, int fallback) {
        int r;
        if (n > 1 && hostBytePermutes) {
            r = vector(Opcode.VLOOKUP_2, 8, 0, t0, t1, idx, 0);
            if (n > 2) {
                int upper = n == 3 ? vlookup(t2, idx) : vector(Opcode.VLOOKUP_2, 8, 0, t2, t3, idx, 0);
                r = vselect(8, vshl(16, idx, 2), upper, r);
            }
        } else {
            r = vlookupInRange(t0, idx);
            for (int i = 1; i < n; i++) {
                r = vor(r, vlookupInRange(i == 1 ? t1 : i == 2 ? t2 : t3, vsub(8, idx, vrepeat(8, 16 * i))));
            }
            if (fallback == vzero()) {
                return r;
            }
        }
        int outside = addUnsigned(8, idx, vrepeat(8, 0x80 - 16 * n));
        return vselect(8, outside, fallback, r);
    }

    // Polynomials over GF(2): the bits of b from the top, a added where they are set.

    /** Products of bytes, low 8 bits. */
    public final int vpmul(int va, int vb) {
        return multiplyPolynomials(8, va, vb);
    }

    /** Products of the bytes of the low halves. */
    public final int vpmull(int e, int va, int vb) {
        if (e != 8) {
            interpret();
        }
        return multiplyPolynomials(16, vwidenU(8, va), vzip1(8, vzero(), vb));
    }

    /** @param vb the multiplier's eight bits at the top of each lane */
    private int multiplyPolynomials(int e, int va, int vb) {
        int sum = vand(va, vcmpgt(e, vzero(), vb));
        int rest = vb;
        for (int i = 1; i < 8; i++) {
            rest = vadd(e, rest, rest);
            sum = vxor(vadd(e, sum, sum), vand(va, vcmpgt(e, vzero(), rest)));
        }
        return sum;
    }
}
