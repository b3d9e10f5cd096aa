package io.stele.ir;

/**
 * Operations on the integer lanes of vec values, and those that move lanes around. An operation that has no lowering (see {@link Lowered})
 * ends the block before the current instruction, which the interpreter executes.
 */
public abstract sealed class VectorOps extends ScalarOps permits SaturatingOps {
    private VectorWidths widths = register -> VectorWidths.FULL;
    boolean hostBitMatrices;
    boolean hostAvx512;
    boolean hostBytePermutes;

    VectorOps() {}

    /**
     * Tells what the host has beyond AVX2.
     *
     * @param bitMatrices GFNI
     * @param avx512 AVX-512 F, CD, BW, DQ and VL
     * @param bytePermutes AVX512_VBMI
     */
    public final void hostVectors(boolean bitMatrices, boolean avx512, boolean bytePermutes) {
        hostBitMatrices = bitMatrices;
        hostAvx512 = avx512;
        hostBytePermutes = bytePermutes;
    }

    final int vector(int code, int e, int small, int va, int vb, int vc, long immediate) {
        if (!Lowered.supports(code, e)) {
            interpret();
        }
        return pure(code, e, small, va, vb, vc, immediate);
    }

    final int lanes(int code, int e, int va, int vb) {
        return vector(code, e, 0, va, vb, 0, 0);
    }

    // Construction and lanes.

    public final int vzero() {
        return vconst(0, 0);
    }

    private boolean isZero(int v) {
        return op[v] == Opcode.VCONST && imm[v] == 0 && a[v] == 0;
    }

    public final int vconst(long lo, long hi) {
        int high = hi == 0 ? 0 : constant(64, hi);
        return pure(Opcode.VCONST, 64, 0, high, 0, 0, lo);
    }

    /** Clears the upper half. */
    public final int vlow64(int va) {
        return bottom(64, va);
    }

    /** The low e bits, the rest zero. */
    private int bottom(int e, int va) {
        return zeroFrom(va) <= e ? va : vector(Opcode.VLOW, e, 0, va, 0, 0, 0);
    }

    /** Tells which vector registers are known to hold scalars; see {@link VectorWidths}. */
    public final void vectorWidths(VectorWidths known) {
        widths = known;
    }

    /** All bits of a vec value from this one on are known to be zero; 128 if nothing is. */
    public final int zeroFrom(int v) {
        return switch (op[v]) {
            case Opcode.READ_VEC -> widths.of((int) imm[v] >> 3);
            case Opcode.VLOW, Opcode.VSCALAR, Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FMAX, Opcode.FMIN, Opcode.FSQRT, Opcode.FABS,
                Opcode.FNEG, Opcode.FMADD, Opcode.FROUND, Opcode.INT_TO_F -> w[v];
            case Opcode.FCVT -> x[v];
            case Opcode.FSELECT -> Math.max(zeroFrom(b[v]), zeroFrom(c[v]));
            case Opcode.LOAD_VEC -> Byte.SIZE * (x[v] & 0xff);
            case Opcode.VCONST -> a[v] != 0 ? VectorWidths.FULL : imm[v] >>> 32 == 0 ? 32 : 64;
            default -> VectorWidths.FULL;
        };
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
        if (e >= 32 && i == 0 && j == 0 && isZero(dst)) {
            return bottom(e, src);
        }
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
        return va == vb ? va : logic(Opcode.VAND, va, vb);
    }

    public final int vor(int va, int vb) {
        if (va == vb) {
            return va;
        }
        return isRotation(va, vb) ? rotated(va) : isRotation(vb, va) ? rotated(vb) : logic(Opcode.VOR, va, vb);
    }

    public final int vxor(int va, int vb) {
        return va == vb ? vzero() : logic(Opcode.VXOR, va, vb);
    }

    /** a &amp; ~b. */
    public final int vandn(int va, int vb) {
        return logic(Opcode.VANDN, va, vb);
    }

    private int rotated(int left) {
        return vector(Opcode.VROL, w[left], x[left], a[left], 0, 0, 0);
    }

    /** The OR of these shifts is a rotation to the left, which the host has. */
    private boolean isRotation(int va, int vb) {
        return hostAvx512 && op[va] == Opcode.VSHL && op[vb] == Opcode.VUSHR && w[va] == w[vb] && w[va] >= 32 && a[va] == a[vb]
            && x[va] + x[vb] == w[va];
    }

    /** Columns of the truth tables of {@link Opcode#VTERNARY}. */
    private static final int TABLE_A = 0xf0;
    private static final int TABLE_B = 0xcc;
    private static final int TABLE_C = 0xaa;

    /** Where operands are such operations themselves, the host does up to three of them at once, if there are no more than three values. */
    private int logic(int code, int va, int vb) {
        boolean left = isLogic(op[va]);
        if (!hostAvx512 || !left && !isLogic(op[vb])) {
            return lanes(code, 64, va, vb);
        }
        int inner = left ? va : vb;
        int other = left ? vb : va;
        int third = other;
        int otherTable = TABLE_C;
        if (isLogic(op[other]) && (column(inner, a[other]) != TABLE_C || column(inner, b[other]) != TABLE_C)) {
            third = column(inner, a[other]) == TABLE_C ? a[other] : b[other];
            otherTable = table(op[other], column(inner, a[other]), column(inner, b[other]));
        }
        int innerTable = table(op[inner], TABLE_A, TABLE_B);
        int table = left ? table(code, innerTable, otherTable) : table(code, otherTable, innerTable);
        return vector(Opcode.VTERNARY, 64, table, a[inner], b[inner], third, 0);
    }

    private int column(int inner, int v) {
        return v == a[inner] ? TABLE_A : v == b[inner] ? TABLE_B : TABLE_C;
    }

    private static boolean isLogic(int code) {
        return code == Opcode.VAND || code == Opcode.VOR || code == Opcode.VXOR || code == Opcode.VANDN || code == Opcode.VORN;
    }

    private static int table(int code, int ta, int tb) {
        return 0xff & switch (code) {
            case Opcode.VAND -> ta & tb;
            case Opcode.VOR -> ta | tb;
            case Opcode.VXOR -> ta ^ tb;
            case Opcode.VANDN -> ta & ~tb;
            default -> ta | ~tb;
        };
    }

    /** a | ~b. */
    public final int vorn(int va, int vb) {
        return logic(Opcode.VORN, va, vb);
    }

    public final int vnot(int va) {
        return lanes(Opcode.VNOT, 64, va, 0);
    }

    /** mask ? a : b, bit by bit. */
    public final int vbsl(int mask, int va, int vb) {
        if (op[mask] == Opcode.VCONST && (a[mask] == 0 ? 0 : imm[a[mask]]) == imm[mask]) {
            long chosen = imm[mask];
            if ((bits(va) & ~chosen) == 0 && (bits(vb) & chosen) == 0) {
                return vor(va, vb);
            }
        }
        return vector(Opcode.VBSL, 64, 0, mask, va, vb, 0);
    }

    /** Bits that may be set, the same in both halves: what a shift moves in is zero, so that a shift that inserts may be an OR, as in a rotation. */
    private long bits(int v) {
        int e = w[v];
        return switch (op[v]) {
            case Opcode.VSHL -> Lanes.repeat(e, -1L << x[v]);
            case Opcode.VUSHR -> Lanes.repeat(e, -1L >>> 64 - e + x[v]);
            default -> -1;
        };
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

    public final int vurhadd(int e, int va, int vb) {
        return lanes(Opcode.VURHADD, e, va, vb);
    }

    public final int vuabd(int e, int va, int vb) {
        return lanes(Opcode.VUABD, e, va, vb);
    }

    public final int vsabd(int e, int va, int vb) {
        return lanes(Opcode.VSABD, e, va, vb);
    }

    // Pairwise, permutations, widths.

    public final int vaddp(int e, int va, int vb) {
        return e == 16 || e == 32 ? lanes(Opcode.VADDP, e, va, vb) : vadd(e, vuzp1(e, va, vb), vuzp2(e, va, vb));
    }

    public final int vumaxp(int e, int va, int vb) {
        return vumax(e, vuzp1(e, va, vb), vuzp2(e, va, vb));
    }

    public final int vuminp(int e, int va, int vb) {
        return vumin(e, vuzp1(e, va, vb), vuzp2(e, va, vb));
    }

    public final int vsmaxp(int e, int va, int vb) {
        return vsmax(e, vuzp1(e, va, vb), vuzp2(e, va, vb));
    }

    public final int vsminp(int e, int va, int vb) {
        return vsmin(e, vuzp1(e, va, vb), vuzp2(e, va, vb));
    }

    public final int vzip1(int e, int va, int vb) {
        return lanes(Opcode.VZIP1, e, va, vb);
    }

    public final int vzip2(int e, int va, int vb) {
        return lanes(Opcode.VZIP2, e, va, vb);
    }

    public final int vuzp1(int e, int va, int vb) {
        return e < 32 ? vcombine(evenThenOdd(e, va), evenThenOdd(e, vb)) : lanes(Opcode.VUZP1, e, va, vb);
    }

    public final int vuzp2(int e, int va, int vb) {
        return e < 32 ? lanes(Opcode.VUZP2, 64, evenThenOdd(e, va), evenThenOdd(e, vb)) : lanes(Opcode.VUZP2, e, va, vb);
    }

    /** The even lanes in the low half, the odd ones in the upper. */
    private int evenThenOdd(int e, int va) {
        return e == 8 ? vlookup(va, vconst(0x0e0c_0a08_0604_0200L, 0x0f0d_0b09_0705_0301L))
            : vlookup(va, vconst(0x0d0c_0908_0504_0100L, 0x0f0e_0b0a_0706_0302L));
    }

    /** Bytes of {@code table} by the low four bits of each byte of {@code index}; 0 where bit 7 of the index is set. */
    final int vlookup(int table, int index) {
        return vector(Opcode.VLOOKUP, 8, 0, table, index, 0, 0);
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

    /** Low halves of the 2e-bit lanes, in the low 64 bits. */
    public final int vnarrow(int e, int va) {
        return switch (e) {
            case 8 -> vlookup(va, vconst(0x0e0c_0a08_0604_0200L, -1));
            case 16 -> vlookup(va, vconst(0x0d0c_0908_0504_0100L, -1));
            default -> lanes(Opcode.VUZP1, 32, va, vzero());
        };
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
}
