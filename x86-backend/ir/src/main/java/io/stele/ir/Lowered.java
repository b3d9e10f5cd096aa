package io.stele.ir;

/**
 * Which vector and floating-point operations the x86 back end can lower, per lane size; some only where the builder was told that the host
 * has what they need ({@link IrBuilder#hostVectors}). This is the only such list: the builder sends an instruction with any other operation
 * to the interpreter, and the description compiler marks those operations {@code interp}.
 * Scalar integer, flag, memory, control and cryptographic operations are all lowered.
 */
public final class Lowered {
    private static final int E8 = 1;
    private static final int E16 = 2;
    private static final int E32 = 4;
    private static final int E64 = 8;
    private static final int ANY = 15;
    private static final byte[] SIZES = new byte[Opcode.COUNT];

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
        all(ANY, Opcode.VCONST, Opcode.VSCALAR, Opcode.VDUP, Opcode.VDUP_LANE, Opcode.VINSERT, Opcode.VINSERT_LANE, Opcode.VEXTRACT);
        all(ANY, Opcode.VAND, Opcode.VOR, Opcode.VXOR, Opcode.VANDN, Opcode.VORN, Opcode.VNOT, Opcode.VBSL, Opcode.VADD, Opcode.VSUB);
        all(E32 | E64, Opcode.VLOW);
        all(E8 | E16 | E32, Opcode.VMUL);
        all(ANY, Opcode.VABS);
        all(E8 | E16 | E32, Opcode.VSMAX, Opcode.VSMIN, Opcode.VUMAX, Opcode.VUMIN);
        all(ANY, Opcode.VCMPEQ, Opcode.VCMPGT, Opcode.VCMPGE, Opcode.VCMPHI, Opcode.VCMPHS, Opcode.VCMPTST);
        all(ANY, Opcode.VSHL, Opcode.VUSHR, Opcode.VSSHR);
        all(E8 | E16, Opcode.VSQADD, Opcode.VUQADD, Opcode.VSQSUB, Opcode.VUQSUB, Opcode.VURHADD);
        all(E8 | E16 | E32, Opcode.VUABD, Opcode.VSABD);
        all(E16 | E32, Opcode.VADDP);
        all(ANY, Opcode.VZIP1, Opcode.VZIP2, Opcode.VTRN1, Opcode.VTRN2, Opcode.VEXT, Opcode.VREV);
        all(E8, Opcode.VCNT, Opcode.VLOOKUP, Opcode.VLOOKUP_2, Opcode.VRBIT);
        all(E32, Opcode.VNARROW_S, Opcode.VNARROW_U);
        all(E32 | E64, Opcode.VROL, Opcode.VCLZ);
        all(E64, Opcode.VTERNARY);
        all(E8 | E32 | E64, Opcode.VSELECT);
        all(E16, Opcode.VMUL_HIGH_S, Opcode.VMUL_HIGH_U, Opcode.VMUL_HIGH_ROUND);
        all(E32, Opcode.VMUL_EVEN_S);
        all(E16 | E32 | E64, Opcode.VSHL_BY, Opcode.VUSHR_BY, Opcode.VSSHR_BY);
        all(E8 | E16, Opcode.VPACK_S, Opcode.VPACK_U);
        all(E8 | E16 | E32, Opcode.VWIDEN_U, Opcode.VWIDEN_S);
        all(E32 | E64, Opcode.VUZP1, Opcode.VUZP2);
        all(ANY, Opcode.VHIGH64, Opcode.VCOMBINE);
        all(E8 | E16 | E32, Opcode.VMULL_U, Opcode.VMULL_S);
        all(ANY, Opcode.VADD_ACROSS);
        all(E8 | E16 | E32, Opcode.VUMAX_ACROSS, Opcode.VUMIN_ACROSS, Opcode.VSMAX_ACROSS, Opcode.VSMIN_ACROSS);
        all(E32 | E64, Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FMAX, Opcode.FMIN, Opcode.FSQRT, Opcode.FABS, Opcode.FNEG, Opcode.FMADD, Opcode.FCOMPARE, Opcode.FCVT, Opcode.FROUND,
            Opcode.F_TO_INT, Opcode.INT_TO_F, Opcode.FSELECT);
        all(E32 | E64, Opcode.VFADD, Opcode.VFSUB, Opcode.VFMUL, Opcode.VFDIV, Opcode.VFMAX, Opcode.VFMIN, Opcode.VFSQRT, Opcode.VFABS, Opcode.VFNEG, Opcode.VFMADD,
            Opcode.VFCMPEQ, Opcode.VFCMPGE, Opcode.VFCMPGT, Opcode.VFCMP_ORDERED, Opcode.VFROUND, Opcode.VF_TO_INT,
            Opcode.VF_TO_UINT, Opcode.VESTIMATE);
        all(E32 | E64, Opcode.VINT_TO_F);
        all(E16 | E32, Opcode.VFWIDEN, Opcode.VFNARROW);
    }
}
