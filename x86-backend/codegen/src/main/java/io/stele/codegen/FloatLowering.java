package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * Machine code of floating-point operations. Scalars keep the upper bits of their register zero: the three-operand forms copy them from an
 * operand that has them zero. The builder has placed the guards for NaNs and saturation.
 */
final class FloatLowering {
    /** Immediate of vround: use MXCSR's mode; suppress the inexact exception. */
    private static final int ROUND_MXCSR = 4;
    private static final int ROUND_QUIET = 8;
    /** Predicates of vcmp: equal, ordered (quiet), greater or equal, greater (signalling). */
    private static final int EQ_OQ = 0;
    private static final int ORD_Q = 7;
    private static final int GE_OS = 13;
    private static final int GT_OS = 14;
    private static final int MXCSR_FLAGS = 0x3f;
    /** Immediates of vrange: the smaller and the larger number with its own sign. */
    private static final int RANGE_MIN = 4;
    private static final int RANGE_MAX = 5;

    private final Assembler asm;
    private final Registers regs;
    private final Liveness live;
    private final Eflags eflags;
    private final ConstantPool constants;
    private final HostFeatures host;
    private IrBuilder ir;

    FloatLowering(Assembler asm, Registers regs, Liveness live, Eflags eflags, ConstantPool constants, HostFeatures host) {
        this.constants = constants;
        this.live = live;
        this.asm = asm;
        this.regs = regs;
        this.eflags = eflags;
        this.host = host;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        boolean wide = ir.w[i] == 64;
        switch (ir.op[i]) {
            case FADD -> three(i, wide ? Op.VADDSD : Op.VADDSS);
            case FSUB -> three(i, wide ? Op.VSUBSD : Op.VSUBSS);
            case FMUL -> three(i, wide ? Op.VMULSD : Op.VMULSS);
            case FDIV -> three(i, wide ? Op.VDIVSD : Op.VDIVSS);
            case FMAX -> extremum(i, wide ? Op.VMAXSD : Op.VMAXSS, Op.VPAND, wide ? Op.VRANGESD : Op.VRANGESS, RANGE_MAX);
            case FMIN -> extremum(i, wide ? Op.VMINSD : Op.VMINSS, Op.VPOR, wide ? Op.VRANGESD : Op.VRANGESS, RANGE_MIN);
            case FSQRT -> {
                int a = regs.useVector(ir.a[i]);
                asm.rrr(wide ? Op.VSQRTSD : Op.VSQRTSS, regs.defineVector(i), a, a);
            }
            case FABS -> sign(i, Op.VPAND, wide ? Long.MAX_VALUE : 0x7fff_ffffL, 0);
            case FNEG -> sign(i, Op.VPXOR, wide ? Long.MIN_VALUE : 0x8000_0000L, 0);
            case FMADD -> multiplyAdd(i, wide ? SCALAR_64 : SCALAR_32);
            case FCOMPARE -> compare(i, wide);
            case FCVT -> convert(i);
            case FROUND -> round(i, wide ? Op.VROUNDSD : Op.VROUNDSS);
            case F_TO_INT -> toInteger(i, wide);
            case INT_TO_F -> fromInteger(i, wide);
            case FSELECT -> select(i);
            case VFADD -> three(i, wide ? Op.VADDPD : Op.VADDPS);
            case VFSUB -> three(i, wide ? Op.VSUBPD : Op.VSUBPS);
            case VFMUL -> three(i, wide ? Op.VMULPD : Op.VMULPS);
            case VFDIV -> three(i, wide ? Op.VDIVPD : Op.VDIVPS);
            case VFMAX -> extremum(i, wide ? Op.VMAXPD : Op.VMAXPS, Op.VPAND, wide ? Op.VRANGEPD : Op.VRANGEPS, RANGE_MAX);
            case VFMIN -> extremum(i, wide ? Op.VMINPD : Op.VMINPS, Op.VPOR, wide ? Op.VRANGEPD : Op.VRANGEPS, RANGE_MIN);
            case VFSQRT -> two(i, wide ? Op.VSQRTPD : Op.VSQRTPS);
            case VFABS -> signs(i, Op.VPAND, wide ? Long.MAX_VALUE : 0x7fff_ffff_7fff_ffffL);
            case VFNEG -> signs(i, Op.VPXOR, wide ? Long.MIN_VALUE : 0x8000_0000_8000_0000L);
            case VFMADD -> multiplyAdd(i, wide ? PACKED_64 : PACKED_32);
            case VFCMPEQ -> compareLanes(i, wide, EQ_OQ);
            case VFCMPGE -> compareLanes(i, wide, GE_OS);
            case VFCMPGT -> compareLanes(i, wide, GT_OS);
            case VFCMP_ORDERED -> compareLanes(i, wide, ORD_Q);
            case VINT_TO_F -> {
                boolean unsigned = ir.x[i] != 0;
                two(i, wide ? unsigned ? Op.VCVTUQQ2PD : Op.VCVTQQ2PD : unsigned ? Op.VCVTUDQ2PS : Op.VCVTDQ2PS);
            }
            case VF_TO_INT -> lanesToIntegers(i, wide);
            case VF_TO_UINT -> {
                boolean truncates = truncates(ir.x[i]);
                two(i, wide ? truncates ? Op.VCVTTPD2UQQ : Op.VCVTPD2UQQ : truncates ? Op.VCVTTPS2UDQ : Op.VCVTPS2UDQ);
            }
            case VFROUND -> {
                int a = regs.useVector(ir.a[i]);
                asm.rri(wide ? Op.VROUNDPD : Op.VROUNDPS, regs.defineVector(i), a, hostRounding(ir.x[i]));
            }
            case VFWIDEN -> two(i, ir.w[i] == 16 ? Op.VCVTPH2PS : Op.VCVTPS2PD);
            case VFNARROW -> narrow(i);
            case VESTIMATE -> estimate(i, wide);
            case FLOAT_STATUS -> status(i);
            case CLEAR_FLOAT_STATUS -> clearStatus();
            case FLOAT_ENVIRONMENT -> environment(i);
            default -> throw new IllegalStateException("floating-point operation " + ir.op[i] + " has no lowering");
        }
    }

    /** MXCSR has IE, DE, ZE, OE, UE, PE from bit 0 on; the flags of the IR are the same without DE. */
    private void status(int i) {
        eflags.clobber();
        int d = regs.define(i);
        int t = regs.temp();
        long mem = Registers.area(CpuArea.MXCSR);
        asm.m(Op.STMXCSR, mem);
        asm.rm(Op.MOV, 32, d, mem);
        asm.rr(Op.MOV, 32, t, d);
        asm.ri(Op.AND, 32, t, 1);
        asm.ri(Op.SHR, 32, d, 1);
        asm.ri(Op.AND, 32, d, MXCSR_FLAGS >> 1 & ~1);
        asm.rr(Op.OR, 32, d, t);
    }

    private void clearStatus() {
        eflags.clobber();
        long mem = Registers.area(CpuArea.MXCSR);
        asm.m(Op.STMXCSR, mem);
        asm.mi(Op.AND, 32, mem, ~MXCSR_FLAGS);
        asm.m(Op.LDMXCSR, mem);
    }

    private void environment(int i) {
        long guests = Registers.area(CpuArea.MXCSR);
        if (ir.x[i] != 0 && ir.w[i] != 0) {
            asm.m(Op.STMXCSR, guests);
        }
        asm.m(Op.LDMXCSR, ir.x[i] == 0 ? guests : Registers.area(ir.x[i] == 1 ? CpuArea.MXCSR_NEAREST : CpuArea.MXCSR_FLUSHING));
    }

    private void two(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        asm.rr(op, regs.defineVector(i), a);
    }

    private void three(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        if (ir.a[i] != ir.b[i] && regs.prefersMemory(ir.b[i])) {
            long b = regs.memory(ir.b[i]);
            asm.rrm(op, regs.defineVector(i), a, b);
            return;
        }
        int b = regs.useVector(ir.b[i]);
        asm.rrr(op, regs.defineVector(i), a, b);
    }

    /**
     * The host returns the second operand for zeros of opposite sign: do it both ways and combine the sign bits. VRANGE knows which is
     * larger.
     */
    private void extremum(int i, Op op, Op combine, Op range, int what) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        if (host.avx512()) {
            asm.rrri(range, regs.defineVector(i), a, b, what);
            return;
        }
        int t = regs.tempVector();
        int d = regs.defineVector(i);
        asm.rrr(op, t, a, b);
        asm.rrr(op, d, b, a);
        asm.rrr(combine, d, d, t);
    }

    private int mask(long lo, long hi) {
        int x = regs.tempVector();
        constants.load(x, lo, hi);
        return x;
    }

    private void sign(int i, Op op, long lo, long hi) {
        int a = regs.useVector(ir.a[i]);
        int mask = mask(lo, hi);
        asm.rrr(op, regs.defineVector(i), a, mask);
    }

    private void signs(int i, Op op, long half) {
        sign(i, op, half, half);
    }

    /** By negProduct | negAcc &lt;&lt; 1. */
    private static final Op[] SCALAR_32 = {Op.VFMADD231SS, Op.VFNMADD231SS, Op.VFMSUB231SS, Op.VFNMSUB231SS};
    private static final Op[] SCALAR_64 = {Op.VFMADD231SD, Op.VFNMADD231SD, Op.VFMSUB231SD, Op.VFNMSUB231SD};
    private static final Op[] PACKED_32 = {Op.VFMADD231PS, Op.VFNMADD231PS, Op.VFMSUB231PS, Op.VFNMSUB231PS};
    private static final Op[] PACKED_64 = {Op.VFMADD231PD, Op.VFNMADD231PD, Op.VFMSUB231PD, Op.VFNMSUB231PD};

    private void multiplyAdd(int i, Op[] ops) {
        if (!host.fma()) {
            throw new IllegalStateException("fused multiply-add on a host without FMA: tell the IrBuilder");
        }
        int a = regs.useVector(ir.b[i]);
        if (ir.c[i] != ir.b[i] && ir.c[i] != ir.a[i] && regs.prefersMemory(ir.c[i])) {
            long b = regs.memory(ir.c[i]);
            asm.rrm(ops[ir.x[i]], regs.defineVectorFrom(i, ir.a[i]), a, b);
            return;
        }
        int b = regs.useVector(ir.c[i]);
        int d = regs.defineVectorFrom(i, ir.a[i]);
        asm.rrr(ops[ir.x[i]], d, a, b);
    }

    /** Executed for its exceptions even when nobody looks at the flags. These come from a table: EFLAGS stay as they are, for a branch behind. */
    private void compare(int i, boolean wide) {
        boolean used = live.last[i] != 0;
        if (used) {
            regs.take(Reg.RAX);
        }
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        boolean signalling = ir.x[i] != 0;
        Op op = signalling ? wide ? Op.VCOMISD : Op.VCOMISS : wide ? Op.VUCOMISD : Op.VUCOMISS;
        eflags.clobber();
        int d = used ? regs.define(i) : 0;
        asm.rr(op, a, b);
        if (used) {
            asm.ri(Op.MOV, 32, Reg.RAX, 0);
            asm.op(Op.LAHF);
            asm.rri(Op.RORX, 32, Reg.RAX, Reg.RAX, 8);
            asm.rm(Op.MOVZX_16, 32, d, Mem.at(Reg.RBP, Reg.RAX, 2, CpuArea.COMPARE_FLAGS - CpuArea.BASE_BIAS));
        }
        eflags.compared(i);
    }

    private void compareLanes(int i, boolean wide, int predicate) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        asm.rrri(wide ? Op.VCMPPD : Op.VCMPPS, regs.defineVector(i), a, b, predicate);
    }

    private int zero() {
        int t = regs.tempVector();
        asm.rrr(Op.VPXOR, t, t, t);
        return t;
    }

    private void convert(int i) {
        int a = regs.useVector(ir.a[i]);
        int zero = zero();
        asm.rrr(ir.w[i] == 32 ? Op.VCVTSS2SD : Op.VCVTSD2SS, regs.defineVector(i), zero, a);
    }

    /** The host's encoding of a rounding mode of the IR. */
    private static int hostMode(int mode) {
        return switch ((byte) mode) {
            case IrBuilder.ROUND_NEAREST -> 0;
            case IrBuilder.ROUND_UP -> 2;
            case IrBuilder.ROUND_DOWN -> 1;
            case IrBuilder.ROUND_ZERO -> 3;
            case IrBuilder.ROUND_CONTROL -> ROUND_MXCSR;
            default -> throw new IllegalStateException("rounding mode " + mode + " has no lowering");
        };
    }

    private static int hostRounding(int modeAndExact) {
        boolean exact = (modeAndExact & 0x100) != 0;
        return hostMode(modeAndExact) | (exact ? 0 : ROUND_QUIET);
    }

    private void round(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        asm.rrri(op, regs.defineVector(i), a, a, hostRounding(ir.x[i]));
    }

    private static boolean truncates(int mode) {
        return switch ((byte) mode) {
            case IrBuilder.ROUND_ZERO -> true;
            case IrBuilder.ROUND_CONTROL -> false;
            default -> throw new IllegalStateException("conversion to integer with rounding mode " + mode + " has no lowering");
        };
    }

    private void toInteger(int i, boolean wide) {
        int a = regs.useVector(ir.a[i]);
        boolean truncates = truncates(ir.x[i]);
        Op op = wide ? truncates ? Op.VCVTTSD2SI : Op.VCVTSD2SI : truncates ? Op.VCVTTSS2SI : Op.VCVTSS2SI;
        asm.rr(op, (int) ir.imm[i], regs.define(i), a);
    }

    /** AVX2 has no conversion of double lanes to integers of 64 bits: one after the other. */
    private void lanesToIntegers(int i, boolean wide) {
        boolean truncates = truncates(ir.x[i]);
        if (wide && host.avx512()) {
            two(i, truncates ? Op.VCVTTPD2QQ : Op.VCVTPD2QQ);
            return;
        }
        if (!wide) {
            two(i, truncates ? Op.VCVTTPS2DQ : Op.VCVTPS2DQ);
            return;
        }
        Op convert = truncates ? Op.VCVTTSD2SI : Op.VCVTSD2SI;
        int a = regs.useVector(ir.a[i]);
        int d = regs.defineVector(i);
        int low = regs.temp();
        int high = regs.temp();
        asm.rrr(Op.VUNPCKHPD, d, a, a);
        asm.rr(convert, 64, low, a);
        asm.rr(convert, 64, high, d);
        asm.rr(Op.VMOVQ_XR, d, low);
        asm.rrri(Op.VPINSRQ, d, d, high, 1);
    }

    private void narrow(int i) {
        int a = regs.useVector(ir.a[i]);
        int d = regs.defineVector(i);
        if (ir.w[i] == 32) {
            asm.rr(Op.VCVTPD2PS, d, a);
        } else {
            asm.rri(Op.VCVTPS2PH, d, a, ROUND_MXCSR);
        }
    }

    private void estimate(int i, boolean wide) {
        int a = regs.useVector(ir.a[i]);
        int d = regs.defineVector(i);
        int index = regs.temp();
        long entry = Mem.at(Reg.RBP, index, 1, CpuArea.ESTIMATES + 256 * ir.x[i] - CpuArea.BASE_BIAS);
        asm.rrr(Op.VPXOR, d, d, d);
        for (int lane = 0; lane < ir.imm[i]; lane++) {
            int at = wide ? 8 * lane + 6 : 4 * lane + 2;
            asm.rri(Op.VPEXTRB, index, a, at);
            asm.rrmi(Op.VPINSRB, d, d, entry, at);
        }
    }

    private void fromInteger(int i, boolean wide) {
        int r = regs.use(ir.a[i]);
        boolean signed = (ir.x[i] & 0x100) != 0;
        int width = ir.x[i] & 0xff;
        int zero = zero();
        if (width == 64 && !signed) {
            asm.rrr(wide ? Op.VCVTUSI2SD : Op.VCVTUSI2SS, 64, regs.defineVector(i), zero, r);
            return;
        }
        int w = width == 32 && signed ? 32 : 64;
        asm.rrr(wide ? Op.VCVTSI2SD : Op.VCVTSI2SS, w, regs.defineVector(i), zero, r);
    }

    private void select(int i) {
        int cc = eflags.condition(ir.a[i]);
        int onTrue = regs.useVector(ir.b[i]);
        int d = regs.defineVectorFrom(i, ir.c[i]);
        int done = asm.newLabel();
        asm.jccShort(cc ^ 1, done);
        asm.rr(Op.VMOVDQA, d, onTrue);
        asm.bind(done);
    }
}
