package io.stele.ir;

/**
 * Shifts of lanes by amounts in lanes: left by the signed low byte, right when it is negative. The host shifts words and doublewords only,
 * with AVX-512 halfwords, too, and treats amounts as unsigned; others are multiplied by powers of two instead.
 */
public abstract sealed class ShiftOps extends SaturatingOps permits LookupOps {
    /** Byte n is 1 << n for n below 8, and 0. */
    private static final long POWERS_OF_TWO = 0x8040_2010_0804_0201L;

    ShiftOps() {}

    /** {@link #vlookup}, but 0 where the index, as an unsigned byte, is not below 16. */
    final int vlookupInRange(int table, int index) {
        if (op[index] == Opcode.VCONST) {
            return vlookup(table, vconst(inRange(imm[index]), inRange(a[index] == 0 ? 0 : imm[a[index]])));
        }
        return vlookup(table, addUnsigned(8, index, vrepeat(8, 0x70)));
    }

    /** Bytes below 16 as they are, the others as 0x80. */
    private static long inRange(long indices) {
        long r = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            long index = indices >>> shift & 0xff;
            r |= (index < 16 ? index : 0x80) << shift;
        }
        return r;
    }

    // Amounts known at translation time.

    private boolean isUniform(int e, int v) {
        return op[v] == Opcode.VCONST && (a[v] == 0 ? 0 : imm[a[v]]) == imm[v] && Lanes.repeat(e, imm[v]) == imm[v];
    }

    private int amount(int v) {
        return (byte) imm[v];
    }

    private int shifted(int e, int va, int n, boolean signed) {
        if (n >= 0) {
            return n >= e ? vzero() : vshl(e, va, n);
        }
        int right = Math.min(-n, e);
        return signed ? vsshr(e, va, right) : vushr(e, va, right);
    }

    // Without saturation.

    public final int vushl(int e, int va, int vb) {
        return shift(e, va, vb, false);
    }

    public final int vsshl(int e, int va, int vb) {
        return shift(e, va, vb, true);
    }

    private int shift(int e, int va, int vb, boolean signed) {
        if (isUniform(e, vb)) {
            return shifted(e, va, amount(vb), signed);
        }
        return switch (e) {
            case 8 -> shiftBytes(va, vb, signed);
            case 16 -> hostAvx512 ? shiftWords(16, va, vb, signed) : shiftHalfwords(va, vb, signed);
            default -> shiftWords(e, va, vb, signed);
        };
    }

    /** The host gives 0, or copies of the sign, for amounts that are out of range: one of the two directions always does. */
    private int shiftWords(int e, int va, int vb, boolean signed) {
        int top = vshl(e, vb, e - 8);
        int n = e == 64 && !hostAvx512 ? vtrn2(32, vsshr(32, top, 24), vsshr(32, top, 31)) : vsshr(e, top, e - 8);
        int back = vneg(e, n);
        int left = lanes(Opcode.VSHL_BY, e, va, n);
        if (!signed) {
            return vor(left, lanes(Opcode.VUSHR_BY, e, va, back));
        }
        if (e < 64 || hostAvx512) {
            return vselect(e == 16 ? 8 : e, n, lanes(Opcode.VSSHR_BY, e, va, back), left);
        }
        int sign = vcmpgt(64, vzero(), va);
        return vselect(64, n, vxor(lanes(Opcode.VUSHR_BY, 64, vxor(va, sign), back), sign), left);
    }

    /** Low half of the product with 2^n, upper half of that with 2^(16 + n); of these powers one is out of range and taken as 0. */
    private int shiftHalfwords(int va, int vb, boolean signed) {
        int n = vlookup(vb, vconst(0x0606_0404_0202_0000L, 0x0e0e_0c0c_0a0a_0808L));
        if (signed) {
            n = vsmax(8, n, vrepeat(8, -16));
        }
        int powers = vconst(POWERS_OF_TWO, 0);
        int left = vlookupInRange(powers, vadd(8, n, vrepeat(16, 0xf800)));
        int right = vlookupInRange(powers, vadd(8, n, vrepeat(16, 0x0810)));
        int high = vector(Opcode.VMUL_HIGH_U, 16, 0, va, right, 0, 0);
        if (signed) {
            high = vsub(16, high, vand(right, vsshr(16, va, 15)));
        }
        return vor(vmul(16, va, left), high);
    }

    /** Bits 15 to 8 of the product with 2^(8 + n). */
    private int shiftBytes(int va, int vb, boolean signed) {
        int n = signed ? vsmax(8, vb, vrepeat(8, -8)) : vb;
        int powers = vconst(POWERS_OF_TWO, 0);
        int below = vlookupInRange(powers, vadd(8, n, vrepeat(8, 8)));
        int above = vlookupInRange(powers, n);
        int extension = signed ? vcmpgt(8, vzero(), va) : vzero();
        int low = vmul(16, vzip1(8, va, extension), vzip1(8, below, above));
        int high = vmul(16, vzip2(8, va, extension), vzip2(8, below, above));
        return lanes(Opcode.VPACK_U, 8, vushr(16, low, 8), vushr(16, high, 8));
    }

    /** Adds the last bit that is shifted out to the right. */
    public final int vurshl(int e, int va, int vb) {
        return roundingShift(e, va, vb, false);
    }

    public final int vsrshl(int e, int va, int vb) {
        return roundingShift(e, va, vb, true);
    }

    private int roundingShift(int e, int va, int vb, boolean signed) {
        if (isUniform(e, vb) && amount(vb) >= -e) {
            int n = amount(vb);
            return n >= 0 ? shifted(e, va, n, signed) : signed ? vsrshr(e, va, -n) : vurshr(e, va, -n);
        }
        int oneLess = lanes(Opcode.VSQADD, 8, vb, vrepeat(e, 1));
        return vadd(e, shift(e, va, vb, signed), vand(shift(e, va, oneLess, signed), vrepeat(e, 1)));
    }

    /** Right shift by 1 to e with rounding. */
    public final int vurshr(int e, int va, int n) {
        if (e <= 16) {
            return lanes(Opcode.VURHADD, e, vushr(e, va, n - 1), vzero());
        }
        return roundedRight(e, va, n, false);
    }

    public final int vsrshr(int e, int va, int n) {
        if (e == 16 && n < 16) {
            return vector(Opcode.VMUL_HIGH_ROUND, 16, 0, va, vrepeat(16, 1L << 15 - n), 0, 0);
        }
        return roundedRight(e, va, n, true);
    }

    private int roundedRight(int e, int va, int n, boolean signed) {
        if (n == e) {
            return signed ? vzero() : vushr(e, va, e - 1);
        }
        int half = signed ? vsshr(e, va, n - 1) : vushr(e, va, n - 1);
        if (n == 1) {
            return vadd(e, signed ? vsshr(e, va, 1) : vushr(e, va, 1), vand(va, vrepeat(e, 1)));
        }
        int sum = vsub(e, half, vconst(-1, -1));
        return signed ? vsshr(e, sum, 1) : vushr(e, sum, 1);
    }

    // With saturation of left shifts: what does not come back when it is shifted to the right has lost bits.

    public final int vuqshl(int e, int va, int vb) {
        return saturatingUnsigned(e, va, vb, shift(e, va, vb, false));
    }

    public final int vuqrshl(int e, int va, int vb) {
        return saturatingUnsigned(e, va, vb, roundingShift(e, va, vb, false));
    }

    public final int vsqshl(int e, int va, int vb) {
        return saturatingSigned(e, va, vb, shift(e, va, vb, true));
    }

    public final int vsqrshl(int e, int va, int vb) {
        return saturatingSigned(e, va, vb, roundingShift(e, va, vb, true));
    }

    /** Lanes of e bits that a shift to the left changed. */
    private int lost(int e, int va, int vb, int shifted, boolean signed) {
        if (isUniform(e, vb)) {
            if (amount(vb) <= 0) {
                return vzero();
            }
            int back = shifted(e, shifted, -amount(vb), signed);
            return vnot(vcmpeq(e, back, va));
        }
        int back = shift(e, shifted, vneg(8, vb), signed);
        int left = vcmpgt(e, vshl(e, vb, e - 8), vzero());
        return vandn(left, vcmpeq(e, back, va));
    }

    private int saturatingUnsigned(int e, int va, int vb, int shifted) {
        int lost = lost(e, va, vb, shifted, false);
        noteSaturation(lost);
        return vor(shifted, lost);
    }

    private int saturatingSigned(int e, int va, int vb, int shifted) {
        int lost = lost(e, va, vb, shifted, true);
        noteSaturation(lost);
        int limit = vxor(vcmpgt(e, vzero(), va), largest(e));
        return vbsl(lost, limit, shifted);
    }

    /** Signed to unsigned, to the left by a constant. */
    public final int vsqshlu(int e, int va, int vb) {
        int negative = vcmpgt(e, vzero(), va);
        int shifted = shift(e, va, vb, false);
        int lost = lost(e, va, vb, shifted, false);
        noteSaturation(vor(negative, lost));
        return vandn(vor(shifted, lost), negative);
    }
}
