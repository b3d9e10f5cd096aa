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
    private final ShiftLowering shifts;
    private IrBuilder ir;

    VectorLowering(Assembler asm, Registers regs, ConstantPool constants, HostFeatures host) {
        this.asm = asm;
        this.regs = regs;
        this.host = host;
        this.constants = constants;
        permute = new PermuteLowering(asm, regs, constants);
        shifts = new ShiftLowering(asm, regs, constants, host);
    }

    void start(IrBuilder block) {
        ir = block;
        permute.start(block);
        shifts.start(block);
    }

    static Op[] ops(Op b, Op w, Op d, Op q) {
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
    private static final Op[] ABS_OPS = ops(Op.VPABSB, Op.VPABSW, Op.VPABSD, Op.VPABSQ);
    private static final Op[] SQADD_OPS = ops(Op.VPADDSB, Op.VPADDSW, null, null);
    private static final Op[] UQADD_OPS = ops(Op.VPADDUSB, Op.VPADDUSW, null, null);
    private static final Op[] SQSUB_OPS = ops(Op.VPSUBSB, Op.VPSUBSW, null, null);
    private static final Op[] UQSUB_OPS = ops(Op.VPSUBUSB, Op.VPSUBUSW, null, null);
    private static final Op[] URHADD_OPS = ops(Op.VPAVGB, Op.VPAVGW, null, null);

    static int index(int e) {
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
            case VNOT -> not(i);
            case VBSL -> select(i);
            case VTERNARY -> ternary(i, ir.x[i]);
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
            case VSQADD -> three(i, SQADD_OPS[n]);
            case VUQADD -> three(i, UQADD_OPS[n]);
            case VSQSUB -> three(i, SQSUB_OPS[n]);
            case VUQSUB -> three(i, UQSUB_OPS[n]);
            case VURHADD -> commuting(i, URHADD_OPS[n]);
            case VUABD -> difference(i, UMAX_OPS[n], UMIN_OPS[n], SUB_OPS[n]);
            case VSABD -> difference(i, SMAX_OPS[n], SMIN_OPS[n], SUB_OPS[n]);
            case VADDP -> three(i, e == 16 ? Op.VPHADDW : Op.VPHADDD);
            case VADD_ACROSS -> addAcross(i, e, n);
            case VUMAX_ACROSS -> across(i, e, UMAX_OPS[n]);
            case VUMIN_ACROSS -> across(i, e, UMIN_OPS[n]);
            case VSMAX_ACROSS -> across(i, e, SMAX_OPS[n]);
            case VSMIN_ACROSS -> across(i, e, SMIN_OPS[n]);
            case VCNT -> countBits(i);
            case VCLZ -> two(i, e == 32 ? Op.VPLZCNTD : Op.VPLZCNTQ);
            case VMUL_ADD_PAIRS -> three(i, Op.VPMADDWD);
            case VMULL_U -> multiplyLong(i, e, false);
            case VMULL_S -> multiplyLong(i, e, true);
            case VMUL_HIGH_S -> three(i, Op.VPMULHW);
            case VMUL_HIGH_U -> three(i, Op.VPMULHUW);
            case VMUL_HIGH_ROUND -> three(i, Op.VPMULHRSW);
            case VMUL_EVEN_S -> three(i, Op.VPMULDQ);
            case VSHL, VUSHR, VSSHR, VROL, VRBIT, VSHL_BY, VUSHR_BY, VSSHR_BY -> shifts.lower(i);
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

    private void two(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        asm.rr(op, regs.defineVector(i), a);
    }

    /** A register for the result before it is inverted. */
    private int inverse(int i) {
        return host.avx512() ? regs.defineVector(i) : regs.tempVector();
    }

    /** Inverts what was made in {@link #inverse}. */
    private void invert(int i, int x) {
        if (host.avx512()) {
            asm.rrri(Op.VPTERNLOGD, x, x, x, NOT_C);
            return;
        }
        int ones = ones();
        asm.rrr(Op.VPXOR, regs.defineVector(i), x, ones);
    }

    private void not(int i) {
        if (host.avx512()) {
            int d = regs.defineVectorFrom(i, ir.a[i]);
            asm.rrri(Op.VPTERNLOGD, d, d, d, NOT_C);
            return;
        }
        int a = regs.useVector(ir.a[i]);
        int ones = ones();
        asm.rrr(Op.VPXOR, regs.defineVector(i), a, ones);
    }

    private void orNot(int i) {
        int a = regs.useVector(ir.a[i]);
        if (host.avx512()) {
            int d = regs.defineVectorFrom(i, ir.b[i]);
            asm.rrri(Op.VPTERNLOGD, d, d, a, NOT_A_OR_C);
            return;
        }
        int b = regs.useVector(ir.b[i]);
        int t = ones();
        asm.rrr(Op.VPXOR, t, t, b);
        asm.rrr(Op.VPOR, regs.defineVector(i), a, t);
    }

    /** Truth tables of vpternlog: bit 4a + 2b + c. */
    private static final int NOT_C = 0x55;
    private static final int NOT_A_OR_C = 0xaf;
    private static final int A_SELECTS = 0xca;

    /** One of the operands is replaced by the result: one that ends here, so that it need not be copied. */
    private void ternary(int i, int table) {
        int a = ir.a[i];
        int b = ir.b[i];
        int c = ir.c[i];
        int t = table;
        int ra = regs.useVector(a);
        int rb = regs.useVector(b);
        if (!regs.dies(a) && regs.dies(b)) {
            int other = a;
            a = b;
            b = other;
            int register = ra;
            ra = rb;
            rb = register;
            t = t & 0xc3 | t << 2 & 0x30 | t >> 2 & 0x0c;
        }
        if (c != a && c != b && regs.prefersMemory(c)) {
            long rc = regs.memory(c);
            asm.rrmi(Op.VPTERNLOGD, regs.defineVectorFrom(i, a), rb, rc, t);
            return;
        }
        int rc = regs.useVector(c);
        if (!regs.dies(a) && regs.dies(c)) {
            a = c;
            int register = ra;
            ra = rc;
            rc = register;
            t = t & 0xa5 | t << 3 & 0x50 | t >> 3 & 0x0a;
        }
        asm.rrri(Op.VPTERNLOGD, regs.defineVectorFrom(i, a), rb, rc, t);
    }

    private void select(int i) {
        if (host.avx512()) {
            ternary(i, A_SELECTS);
            return;
        }
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
        if (host.avx512()) {
            asm.rr(e == 8 ? Op.VPBROADCASTB_R : e == 16 ? Op.VPBROADCASTW_R : e == 32 ? Op.VPBROADCASTD_R : Op.VPBROADCASTQ_R, d, r);
            return;
        }
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
        if (e < 64 || host.avx512()) {
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
        int t = inverse(i);
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
        int t = inverse(i);
        asm.rrr(UMAX_OPS[n], t, a, b);
        asm.rrr(EQ_OPS[n], t, t, b);
        invert(i, t);
    }

    private void unsignedHigherOrSame(int i, int e, int n) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        if (e == 64) {
            int t = inverse(i);
            asm.rrr(Op.VPCMPGTQ, t, flipSigns(b), flipSigns(a));
            invert(i, t);
            return;
        }
        int t = regs.tempVector();
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
        int t = inverse(i);
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

    // Across lanes.

    /** The host sums the bytes of each half at once. */
    private void addAcross(int i, int e, int n) {
        if (e != 8) {
            across(i, e, ADD_OPS[n]);
            return;
        }
        int a = regs.useVector(ir.a[i]);
        int t = zero();
        asm.rrr(Op.VPSADBW, t, a, t);
        if (ir.x[i] == 16) {
            int u = regs.tempVector();
            asm.rri(Op.VPSRLDQ, u, t, 8);
            asm.rrr(Op.VPADDW, t, t, u);
        }
        permute.extractLane(regs.define(i), t, e, 0);
    }

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
        if (host.bitalg()) {
            two(i, Op.VPOPCNTB);
            return;
        }
        int a = regs.useVector(ir.a[i]);
        int table = regs.tempVector();
        int t = regs.tempVector();
        int d = regs.defineVector(i);
        constants.load(table, 0x0302020102010100L, 0x0403030203020201L);
        int mask = regs.tempVector();
        constants.load(mask, 0x0f0f0f0f0f0f0f0fL, 0x0f0f0f0f0f0f0f0fL);
        asm.rrr(Op.VPAND, d, a, mask);
        asm.rrr(Op.VPSHUFB, d, table, d);
        asm.rri(Op.VPSRLW, t, a, 4);
        asm.rrr(Op.VPAND, t, t, mask);
        asm.rrr(Op.VPSHUFB, t, table, t);
        asm.rrr(Op.VPADDB, d, d, t);
    }
}
