package io.stele.ir;

/**
 * Saturating arithmetic on lanes. An operation notes saturation by bits that are not zero then: they are collected in a vector register of the
 * guest state, the saturation register, which is written at the end of the instruction as other registers are.
 */
public abstract sealed class SaturatingOps extends VectorOps permits ShiftOps {
    private static final int NOT_KEPT = -1;

    private int saturationOffset = NOT_KEPT;
    /** Bits of the current instruction, 0 when it did nothing that can saturate. */
    int saturationBits;

    SaturatingOps() {}

    /** Names the vector register in the guest state that collects the bits; without one, nothing notes saturation. */
    public final void saturationRegister(int offset) {
        saturationOffset = offset;
    }

    /** Adds to the saturation register what the current instruction has noted. */
    final void writeSaturation() {
        if (saturationBits != 0 && saturationOffset != NOT_KEPT) {
            writeVec(saturationOffset, vor(readVec(saturationOffset), saturationBits));
        }
    }

    public abstract int readVec(int offset);

    public abstract void writeVec(int offset, int v);

    /** Notes saturation if {@code bits} has any bit set. */
    final void noteSaturation(int bits) {
        saturationBits = saturationBits == 0 ? bits : vor(saturationBits, bits);
    }

    /** {@code saturated}; it has saturated where it differs from {@code plain}. */
    final int noted(int saturated, int plain) {
        noteSaturation(vxor(saturated, plain));
        return saturated;
    }

    /** A number in every lane. */
    final int vrepeat(int e, long n) {
        return vdup(e, constant(64, n));
    }

    final int smallest(int e) {
        return vrepeat(e, 1L << e - 1);
    }

    final int largest(int e) {
        return vrepeat(e, (1L << e - 1) - 1);
    }

    /** The sign bit of each lane of the mask selects: set {@code onTrue}, clear {@code onFalse}. */
    final int vselect(int e, int mask, int onTrue, int onFalse) {
        return vector(Opcode.VSELECT, e, 0, mask, onTrue, onFalse, 0);
    }

    // Sums and differences.

    public final int vsqadd(int e, int va, int vb) {
        int plain = vadd(e, va, vb);
        if (e <= 16) {
            return noted(lanes(Opcode.VSQADD, e, va, vb), plain);
        }
        int over = vand(vxor(va, plain), vxor(vb, plain));
        return noted(vselect(e, over, limitAgainst(e, plain), plain), plain);
    }

    public final int vsqsub(int e, int va, int vb) {
        int plain = vsub(e, va, vb);
        if (e <= 16) {
            return noted(lanes(Opcode.VSQSUB, e, va, vb), plain);
        }
        int over = vand(vxor(va, vb), vxor(va, plain));
        return noted(vselect(e, over, limitAgainst(e, plain), plain), plain);
    }

    /** The limit that was exceeded when wrapping around gave {@code plain}: the largest number where that is negative. */
    private int limitAgainst(int e, int plain) {
        return e == 32 ? vxor(vsshr(32, plain, 31), smallest(32)) : vselect(e, plain, largest(e), smallest(e));
    }

    public final int vuqadd(int e, int va, int vb) {
        return noted(addUnsigned(e, va, vb), vadd(e, va, vb));
    }

    /** Saturates without noting it. */
    final int addUnsigned(int e, int va, int vb) {
        return switch (e) {
            case 8, 16 -> lanes(Opcode.VUQADD, e, va, vb);
            case 32 -> vadd(32, vumin(32, va, vnot(vb)), vb);
            default -> {
                int sum = vadd(64, va, vb);
                yield vor(sum, vcmphi(64, va, sum));
            }
        };
    }

    public final int vuqsub(int e, int va, int vb) {
        int plain = vsub(e, va, vb);
        return noted(switch (e) {
            case 8, 16 -> lanes(Opcode.VUQSUB, e, va, vb);
            case 32 -> vsub(32, vumax(32, va, vb), vb);
            default -> vandn(plain, vcmphi(64, vb, va));
        }, plain);
    }

    /** Signed a plus unsigned b: the unsigned sum with a moved to the unsigned range. */
    public final int vsuqadd(int e, int va, int vb) {
        int moved = smallest(e);
        return vxor(vuqadd(e, vxor(va, moved), vb), moved);
    }

    /** Unsigned a plus signed b. */
    public final int vusqadd(int e, int va, int vb) {
        int moved = smallest(e);
        return vxor(vsqadd(e, vxor(va, moved), vb), moved);
    }

    public final int vsqneg(int e, int va) {
        return vsqsub(e, vzero(), va);
    }

    /** The magnitude of the smallest number looks negative, and is one too big. */
    public final int vsqabs(int e, int va) {
        int plain = vabs(e, va);
        return noted(e < 64 ? vumin(e, plain, largest(e)) : vadd(64, plain, vcmpgt(64, vzero(), plain)), plain);
    }

    // Narrowing: lanes of 2e bits to e bits in the low half, the upper half zero.

    public final int vsqnarrow(int e, int va) {
        int r;
        if (e < 32) {
            r = lanes(Opcode.VPACK_S, e, va, vzero());
        } else if (hostAvx512) {
            r = lanes(Opcode.VNARROW_S, e, va, 0);
        } else {
            int low = lowWords(va);
            int high = highWords(va);
            int fits = vcmpeq(32, high, vsshr(32, low, 31));
            r = vbsl(fits, low, vxor(vsshr(32, high, 31), vconst(0x7fff_ffff_7fff_ffffL, 0)));
        }
        noteSaturation(vxor(vwidenS(e, r), va));
        return r;
    }

    /** Signed to unsigned. */
    public final int vsqnarrowU(int e, int va) {
        int r;
        if (e < 32) {
            r = lanes(Opcode.VPACK_U, e, va, vzero());
        } else if (hostAvx512) {
            r = lanes(Opcode.VNARROW_U, e, vandn(va, vsshr(64, va, 63)), 0);
        } else {
            int high = highWords(va);
            r = vandn(vor(lowWords(va), vcmpgt(32, high, vzero())), vsshr(32, high, 31));
        }
        noteSaturation(vxor(vwidenU(e, r), va));
        return r;
    }

    /** Unsigned to unsigned. */
    public final int vuqnarrow(int e, int va) {
        int r;
        if (e < 32) {
            r = lanes(Opcode.VPACK_U, e, vumin(2 * e, va, vrepeat(2 * e, (1L << e) - 1)), vzero());
        } else if (hostAvx512) {
            r = lanes(Opcode.VNARROW_U, e, va, 0);
        } else {
            int fits = vcmpeq(32, highWords(va), vzero());
            r = vorn(lowWords(va), fits);
        }
        noteSaturation(vxor(vwidenU(e, r), va));
        return r;
    }

    private int lowWords(int va) {
        return vuzp1(32, va, vzero());
    }

    private int highWords(int va) {
        return vuzp2(32, va, vzero());
    }

    // Doubling multiplication: the smallest number times itself is the only product that saturates, and wraps around to the smallest.

    private int fixDoubled(int e, int product) {
        int over = vcmpeq(e, product, smallest(e));
        noteSaturation(over);
        return vxor(product, over);
    }

    /** Upper half of the doubled product; e is 16 or 32. */
    public final int vsqdmulh(int e, int va, int vb) {
        if (e == 16) {
            int high = vector(Opcode.VMUL_HIGH_S, 16, 0, va, vb, 0, 0);
            return fixDoubled(16, vor(vadd(16, high, high), vushr(16, vmul(16, va, vb), 15)));
        }
        return fixDoubled(32, doubledHigh(va, vb, false));
    }

    public final int vsqrdmulh(int e, int va, int vb) {
        return fixDoubled(e, e == 16 ? vector(Opcode.VMUL_HIGH_ROUND, 16, 0, va, vb, 0, 0) : doubledHigh(va, vb, true));
    }

    /** Products of 64 bits of the even and of the odd lanes, whose upper halves are put together again. */
    private int doubledHigh(int va, int vb, boolean round) {
        int even = doubled(va, vb, round);
        int odd = doubled(vushr(64, va, 32), vushr(64, vb, 32), round);
        return vtrn2(32, even, odd);
    }

    private int doubled(int va, int vb, boolean round) {
        int product = vector(Opcode.VMUL_EVEN_S, 32, 0, va, vb, 0, 0);
        if (round) {
            product = vadd(64, product, vrepeat(64, 1L << 30));
        }
        return vadd(64, product, product);
    }

    /** Doubled products of the low halves in lanes of 2e bits; e is 16 or 32. */
    public final int vsqdmull(int e, int va, int vb) {
        int product = vmullS(e, va, vb);
        return fixDoubled(2 * e, vadd(2 * e, product, product));
    }
}
