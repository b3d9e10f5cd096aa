package io.stele.ir;

/**
 * Which vector and floating-point operations the x86 back end can lower, per lane size. This is the only such list: the builder sends an
 * instruction with any other operation to the interpreter, and the description compiler marks those operations {@code interp}.
 * Scalar integer, flag, memory and control operations are all lowered, except CRC-32 with the polynomial that is not Castagnoli's.
 */
public final class Lowered {
    private static final int E8 = 1;
    private static final int E16 = 2;
    private static final int E32 = 4;
    private static final int E64 = 8;
    private static final int ANY = 15;
    private static final byte[] SIZES = new byte[Op.COUNT];

    private Lowered() {}

    /** True if the operation can be compiled for lanes of {@code e} bits. */
    public static boolean supports(int op, int e) {
        return (SIZES[op] & e >> 3) != 0;
    }

    private static void all(int sizes, int... ops) {
        for (int op : ops) {
            SIZES[op] = (byte) sizes;
        }
    }

    static {
        all(ANY, Op.VCONST, Op.VLOW64, Op.VSCALAR, Op.VDUP, Op.VDUP_LANE, Op.VINSERT, Op.VINSERT_LANE, Op.VEXTRACT, Op.VEXTRACT_SIGNED);
        all(ANY, Op.VAND, Op.VOR, Op.VXOR, Op.VANDN, Op.VORN, Op.VNOT, Op.VBSL, Op.VADD, Op.VSUB);
        all(E8 | E16 | E32, Op.VMUL);
        all(ANY, Op.VABS);
        all(E8 | E16 | E32, Op.VSMAX, Op.VSMIN, Op.VUMAX, Op.VUMIN);
        all(ANY, Op.VCMPEQ, Op.VCMPGT, Op.VCMPGE, Op.VCMPHI, Op.VCMPHS, Op.VCMPTST);
        all(ANY, Op.VSHL, Op.VUSHR, Op.VSSHR);
        all(E8 | E16, Op.VSQADD, Op.VUQADD, Op.VSQSUB, Op.VUQSUB, Op.VURHADD);
        all(E8 | E16 | E32, Op.VUABD, Op.VSABD);
        all(ANY, Op.VADDP);
        all(E8 | E16 | E32, Op.VUMAXP, Op.VUMINP, Op.VSMAXP, Op.VSMINP);
        all(ANY, Op.VZIP1, Op.VZIP2, Op.VUZP1, Op.VUZP2, Op.VTRN1, Op.VTRN2, Op.VEXT, Op.VREV);
        all(E8, Op.VCNT, Op.VTABLE);
        all(E8 | E16 | E32, Op.VNARROW, Op.VWIDEN_U, Op.VWIDEN_S);
        all(ANY, Op.VHIGH64, Op.VCOMBINE);
        all(E8 | E16 | E32, Op.VMULL_U, Op.VMULL_S);
        all(ANY, Op.VADD_ACROSS);
        all(E8 | E16 | E32, Op.VUMAX_ACROSS, Op.VUMIN_ACROSS, Op.VSMAX_ACROSS, Op.VSMIN_ACROSS);
        all(E32 | E64, Op.FADD, Op.FSUB, Op.FMUL, Op.FDIV, Op.FMAX, Op.FMIN, Op.FSQRT, Op.FABS, Op.FNEG, Op.FMADD, Op.FCOMPARE, Op.FCVT, Op.FROUND,
            Op.F_TO_INT, Op.INT_TO_F, Op.FSELECT);
        all(E32 | E64, Op.VFADD, Op.VFSUB, Op.VFMUL, Op.VFDIV, Op.VFMAX, Op.VFMIN, Op.VFSQRT, Op.VFABS, Op.VFNEG, Op.VFMADD,
            Op.VFCMPEQ, Op.VFCMPGE, Op.VFCMPGT);
        all(E32, Op.VINT_TO_F);
    }
}
