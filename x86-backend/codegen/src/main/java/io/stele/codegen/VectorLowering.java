package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Op;

/** Machine code of lane-wise integer operations and moves between lanes and general registers. */
final class VectorLowering {
    private final Assembler asm;
    private final Registers regs;
    private final ConstantPool constants;
    private final HostFeatures host;
    private final PermuteLowering permute;
    private IrBuilder ir;

    VectorLowering(Assembler asm, Registers regs, ConstantPool constants, HostFeatures host) {
        this.asm = asm;
        this.regs = regs;
        this.host = host;
        this.constants = constants;
        permute = new PermuteLowering(asm, regs, constants);
    }

    void start(IrBuilder block) {
        ir = block;
        permute.start(block);
    }

    private static Op[] ops(Op b, Op w, Op d, Op q) {
        return new Op[] {b, w, d, q};
    }

    private static final Op[] ADD_OPS = ops(Op.VPADDB, Op.VPADDW, Op.VPADDD, Op.VPADDQ);
    private static final Op[] SUB_OPS = ops(Op.VPSUBB, Op.VPSUBW, Op.VPSUBD, Op.VPSUBQ);
    private static final Op[] SMAX_OPS = ops(Op.VPMAXSB, Op.VPMAXSW, Op.VPMAXSD, null);
    private static final Op[] SMIN_OPS = ops(Op.VPMINSB, Op.VPMINSW, Op.VPMINSD, null);
    private static final Op[] UMAX_OPS = ops(Op.VPMAXUB, Op.VPMAXUW, Op.VPMAXUD, null);
    private static final Op[] UMIN_OPS = ops(Op.VPMINUB, Op.VPMINUW, Op.VPMINUD, null);
    private static final Op[] EQ_OPS = ops(Op.VPCMPEQB, Op.VPCMPEQW, Op.VPCMPEQD, Op.VPCMPEQQ);
    private static final Op[] GT_OPS = ops(Op.VPCMPGTB, Op.VPCMPGTW, Op.VPCMPGTD, Op.VPCMPGTQ);
    private static final Op[] SHL_OPS = ops(null, Op.VPSLLW, Op.VPSLLD, Op.VPSLLQ);
    private static final Op[] SHR_OPS = ops(null, Op.VPSRLW, Op.VPSRLD, Op.VPSRLQ);
    private static final Op[] ABS_OPS = ops(Op.VPABSB, Op.VPABSW, Op.VPABSD, null);
    private static final Op[] SQADD_OPS = ops(Op.VPADDSB, Op.VPADDSW, null, null);
    private static final Op[] UQADD_OPS = ops(Op.VPADDUSB, Op.VPADDUSW, null, null);
    private static final Op[] SQSUB_OPS = ops(Op.VPSUBSB, Op.VPSUBSW, null, null);
    private static final Op[] UQSUB_OPS = ops(Op.VPSUBUSB, Op.VPSUBUSW, null, null);
    private static final Op[] URHADD_OPS = ops(Op.VPAVGB, Op.VPAVGW, null, null);

    private static int index(int e) {
        return 31 - Integer.numberOfLeadingZeros(e) - 3;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        int e = ir.w[i];
        int n = index(e);
        switch (ir.op[i]) {
            case VCONST -> constants.load(regs.defineVector(i), ir.imm[i], ir.a[i] == 0 ? 0 : ir.imm[ir.a[i]]);
            case VSCALAR -> scalar(i, e);
            case VDUP -> duplicate(i, e);
            case VINSERT -> insert(i, e);
            case VEXTRACT -> extract(i, e);
            case VAND -> commuting(i, Op.VPAND);
            case VOR -> commuting(i, Op.VPOR);
            case VXOR -> commuting(i, Op.VPXOR);
            case VANDN -> reversed(i, Op.VPANDN);
            case VORN -> orNot(i);
            case VNOT -> invert(i, regs.useVector(ir.a[i]));
            case VBSL -> select(i);
            case VADD -> commuting(i, ADD_OPS[n]);
            case VSUB -> three(i, SUB_OPS[n]);
            case VMUL -> multiply(i, e);
            case VABS -> absolute(i, e, n);
            case VSMAX -> commuting(i, SMAX_OPS[n]);
            case VSMIN -> commuting(i, SMIN_OPS[n]);
            case VUMAX -> commuting(i, UMAX_OPS[n]);
            case VUMIN -> commuting(i, UMIN_OPS[n]);
            case VCMPEQ -> commuting(i, EQ_OPS[n]);
            case VCMPGT -> three(i, GT_OPS[n]);
            case VCMPGE -> notGreater(i, n);
            case VCMPHI -> unsignedHigher(i, e, n);
            case VCMPHS -> unsignedHigherOrSame(i, e, n);
            case VCMPTST -> testBits(i, n);
            case VSHL -> shiftLeft(i, e, n);
            case VUSHR -> shiftRight(i, e, n, regs.useVector(ir.a[i]), regs.defineVector(i));
            case VSSHR -> shiftRightSigned(i, e, n);
            case VSQADD -> three(i, SQADD_OPS[n]);
            case VUQADD -> three(i, UQADD_OPS[n]);
            case VSQSUB -> three(i, SQSUB_OPS[n]);
            case VUQSUB -> three(i, UQSUB_OPS[n]);
            case VURHADD -> commuting(i, URHADD_OPS[n]);
            case VUABD -> difference(i, UMAX_OPS[n], UMIN_OPS[n], SUB_OPS[n]);
            case VSABD -> difference(i, SMAX_OPS[n], SMIN_OPS[n], SUB_OPS[n]);
            case VADDP -> three(i, e == 16 ? Op.VPHADDW : Op.VPHADDD);
            case VADD_ACROSS -> across(i, e, ADD_OPS[n]);
            case VUMAX_ACROSS -> across(i, e, UMAX_OPS[n]);
            case VUMIN_ACROSS -> across(i, e, UMIN_OPS[n]);
            case VSMAX_ACROSS -> across(i, e, SMAX_OPS[n]);
            case VSMIN_ACROSS -> across(i, e, SMIN_OPS[n]);
            case VCNT -> countBits(i);
            case VMUL_ADD_PAIRS -> three(i, Op.VPMADDWD);
            case VMULL_U -> multiplyLong(i, e, false);
            case VMULL_S -> multiplyLong(i, e, true);
            case VMUL_HIGH_S -> three(i, Op.VPMULHW);
            case VMUL_HIGH_U -> three(i, Op.VPMULHUW);
            case VMUL_HIGH_ROUND -> three(i, Op.VPMULHRSW);
            case VMUL_EVEN_S -> three(i, Op.VPMULDQ);
            case VSHL_BY -> three(i, e == 32 ? Op.VPSLLVD : Op.VPSLLVQ);
            case VUSHR_BY -> three(i, e == 32 ? Op.VPSRLVD : Op.VPSRLVQ);
            case VSSHR_BY -> three(i, Op.VPSRAVD);
            default -> permute.lower(i);
        }
    }

    private void three(int i, Op op) {
        three(i, op, ir.a[i], ir.b[i]);
    }

    /** Of operands that may change places, it is the one in memory that need not be loaded. */
    private void commuting(int i, Op op) {
        if (regs.prefersMemory(ir.a[i]) && !regs.prefersMemory(ir.b[i])) {
            three(i, op, ir.b[i], ir.a[i]);
        } else {
            three(i, op, ir.a[i], ir.b[i]);
        }
    }

    private void three(int i, Op op, int first, int second) {
        int a = regs.useVector(first);
        if (first != second && regs.prefersMemory(second)) {
            long b = regs.memory(second);
            asm.rrm(op, regs.defineVector(i), a, b);
            return;
        }
        int b = regs.useVector(second);
        asm.rrr(op, regs.defineVector(i), a, b);
    }

    private void reversed(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        asm.rrr(op, regs.defineVector(i), b, a);
    }

    private int ones() {
        int t = regs.tempVector();
        asm.rrr(Op.VPCMPEQD, t, t, t);
        return t;
    }

    private int zero() {
        int t = regs.tempVector();
        asm.rrr(Op.VPXOR, t, t, t);
        return t;
    }

    private void invert(int i, int x) {
        int ones = ones();
        asm.rrr(Op.VPXOR, regs.defineVector(i), x, ones);
    }

    private void orNot(int i) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = ones();
        asm.rrr(Op.VPXOR, t, t, b);
        asm.rrr(Op.VPOR, regs.defineVector(i), a, t);
    }

    private void select(int i) {
        int mask = regs.useVector(ir.a[i]);
        int a = regs.useVector(ir.b[i]);
        int b = regs.useVector(ir.c[i]);
        int d = regs.defineVector(i);
        asm.rrr(Op.VPXOR, d, a, b);
        asm.rrr(Op.VPAND, d, d, mask);
        asm.rrr(Op.VPXOR, d, d, b);
    }

    // Between general registers and lanes.

    private void toLane0(int d, int r, int e) {
        if (e == 64) {
            asm.rr(Op.VMOVQ_XR, d, r);
        } else {
            asm.rr(Op.VMOVD_XR, d, r);
        }
    }

    private void scalar(int i, int e) {
        int r = regs.use(ir.a[i]);
        if (e < 32) {
            int t = regs.temp();
            asm.rr(e == 8 ? Op.MOVZX_8 : Op.MOVZX_16, 32, t, r);
            r = t;
        }
        toLane0(regs.defineVector(i), r, e);
    }

    private void duplicate(int i, int e) {
        int r = regs.use(ir.a[i]);
        int d = regs.defineVector(i);
        toLane0(d, r, e);
        if (host.avx2()) {
            asm.rr(e == 8 ? Op.VPBROADCASTB : e == 16 ? Op.VPBROADCASTW : e == 32 ? Op.VPBROADCASTD : Op.VPBROADCASTQ, d, d);
            return;
        }
        if (e == 8) {
            asm.rrr(Op.VPUNPCKLBW, d, d, d);
        }
        if (e <= 16) {
            asm.rri(Op.VPSHUFLW, d, d, 0);
        }
        asm.rri(Op.VPSHUFD, d, d, e == 64 ? 0x44 : 0);
    }

    private void insert(int i, int e) {
        int v = regs.useVector(ir.a[i]);
        int r = regs.use(ir.b[i]);
        asm.rrri(PermuteLowering.INSERT_OPS[index(e)], regs.defineVector(i), v, r, ir.x[i]);
    }

    private void extract(int i, int e) {
        int v = regs.useVector(ir.a[i]);
        permute.extractLane(regs.define(i), v, e, ir.x[i]);
    }

    // Arithmetic.

    private void multiply(int i, int e) {
        if (e != 8) {
            three(i, e == 16 ? Op.VPMULLW : Op.VPMULLD);
            return;
        }
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = regs.tempVector();
        int u = regs.tempVector();
        int d = regs.defineVector(i);
        asm.rri(Op.VPSRLW, t, a, 8);
        asm.rri(Op.VPSRLW, u, b, 8);
        asm.rrr(Op.VPMULLW, t, t, u);
        asm.rri(Op.VPSLLW, t, t, 8);
        asm.rrr(Op.VPMULLW, u, a, b);
        asm.rri(Op.VPSLLW, u, u, 8);
        asm.rri(Op.VPSRLW, u, u, 8);
        asm.rrr(Op.VPOR, d, t, u);
    }

    private void absolute(int i, int e, int n) {
        int a = regs.useVector(ir.a[i]);
        if (e < 64) {
            asm.rr(ABS_OPS[n], regs.defineVector(i), a);
            return;
        }
        int sign = zero();
        asm.rrr(Op.VPCMPGTQ, sign, sign, a);
        int d = regs.defineVector(i);
        asm.rrr(Op.VPXOR, d, a, sign);
        asm.rrr(Op.VPSUBQ, d, d, sign);
    }

    private void notGreater(int i, int n) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = regs.tempVector();
        asm.rrr(GT_OPS[n], t, b, a);
        invert(i, t);
    }

    private void unsignedHigher(int i, int e, int n) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        if (e == 64) {
            asm.rrr(Op.VPCMPGTQ, regs.defineVector(i), flipSigns(a), flipSigns(b));
            return;
        }
        int t = regs.tempVector();
        asm.rrr(UMAX_OPS[n], t, a, b);
        asm.rrr(EQ_OPS[n], t, t, b);
        invert(i, t);
    }

    private void unsignedHigherOrSame(int i, int e, int n) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = regs.tempVector();
        if (e == 64) {
            asm.rrr(Op.VPCMPGTQ, t, flipSigns(b), flipSigns(a));
            invert(i, t);
            return;
        }
        asm.rrr(UMAX_OPS[n], t, a, b);
        asm.rrr(EQ_OPS[n], regs.defineVector(i), t, a);
    }

    private int flipSigns(int x) {
        int t = ones();
        asm.rri(Op.VPSLLQ, t, t, 63);
        asm.rrr(Op.VPXOR, t, t, x);
        return t;
    }

    private void testBits(int i, int n) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = regs.tempVector();
        asm.rrr(Op.VPAND, t, a, b);
        asm.rrr(EQ_OPS[n], t, t, zero());
        invert(i, t);
    }

    private void difference(int i, Op max, Op min, Op sub) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = regs.tempVector();
        int d = regs.defineVector(i);
        asm.rrr(max, t, a, b);
        asm.rrr(min, d, a, b);
        asm.rrr(sub, d, t, d);
    }

    private void multiplyLong(int i, int e, boolean signed) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int t = regs.tempVector();
        int d = regs.defineVector(i);
        Op widen = PermuteLowering.widen(e, signed);
        asm.rr(widen, t, a);
        asm.rr(widen, d, b);
        asm.rrr(e == 8 ? Op.VPMULLW : e == 16 ? Op.VPMULLD : signed ? Op.VPMULDQ : Op.VPMULUDQ, d, d, t);
    }

    // Shifts. Bytes are shifted as part of wider lanes and masked.

    private static long repeat(long b) {
        return b * 0x0101010101010101L;
    }

    private int byteMask(long b) {
        int t = regs.tempVector();
        constants.load(t, repeat(b), repeat(b));
        return t;
    }

    private void shiftLeft(int i, int e, int n) {
        int a = regs.useVector(ir.a[i]);
        int amount = ir.x[i];
        int d = regs.defineVector(i);
        if (e > 8) {
            asm.rri(SHL_OPS[n], d, a, amount);
            return;
        }
        asm.rri(Op.VPSLLW, d, a, amount);
        asm.rrr(Op.VPAND, d, d, byteMask(0xff << amount & 0xff));
    }

    private void shiftRight(int i, int e, int n, int a, int d) {
        int amount = ir.x[i];
        if (e > 8) {
            asm.rri(SHR_OPS[n], d, a, amount);
            return;
        }
        asm.rri(Op.VPSRLW, d, a, amount);
        asm.rrr(Op.VPAND, d, d, byteMask(0xff >> amount));
    }

    /** Bytes and quadwords: a logical shift, then (x ^ m) - m with m the moved sign bit. */
    private void shiftRightSigned(int i, int e, int n) {
        int a = regs.useVector(ir.a[i]);
        int d = regs.defineVector(i);
        int amount = ir.x[i];
        if (e == 16 || e == 32) {
            asm.rri(e == 16 ? Op.VPSRAW : Op.VPSRAD, d, a, amount);
            return;
        }
        shiftRight(i, e, n, a, d);
        int m;
        if (e == 8) {
            m = byteMask(0x80 >> amount);
        } else {
            m = ones();
            asm.rri(Op.VPSLLQ, m, m, 63);
            asm.rri(Op.VPSRLQ, m, m, amount);
        }
        asm.rrr(Op.VPXOR, d, d, m);
        asm.rrr(SUB_OPS[n], d, d, m);
    }

    // Across lanes.

    private void across(int i, int e, Op op) {
        int a = regs.useVector(ir.a[i]);
        int t = regs.tempVector();
        int u = regs.tempVector();
        int from = a;
        for (int bytes = ir.x[i] * e / 16; bytes >= e / 8; bytes /= 2) {
            asm.rri(Op.VPSRLDQ, u, from, bytes);
            asm.rrr(op, t, from, u);
            from = t;
        }
        permute.extractLane(regs.define(i), from, e, 0);
    }

    /** Per byte: the sum of a table lookup for each nibble. */
    private void countBits(int i) {
        int a = regs.useVector(ir.a[i]);
        int table = regs.tempVector();
        int t = regs.tempVector();
        int d = regs.defineVector(i);
        constants.load(table, 0x0302020102010100L, 0x0403030203020201L);
        int mask = byteMask(0x0f);
        asm.rrr(Op.VPAND, d, a, mask);
        asm.rrr(Op.VPSHUFB, d, table, d);
        asm.rri(Op.VPSRLW, t, a, 4);
        asm.rrr(Op.VPAND, t, t, mask);
        asm.rrr(Op.VPSHUFB, t, table, t);
        asm.rrr(Op.VPADDB, d, d, t);
    }
}
