package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Op;

/**
 * Machine code of shifts and rotations of lanes. Bytes are shifted as part of wider lanes and masked. With GFNI they are multiplied by a matrix
 * where that takes more: its rows say which bit becomes bit 7, 6, ... 0.
 */
final class ShiftLowering {
    private static final Op[] SHL_OPS = VectorLowering.ops(null, Op.VPSLLW, Op.VPSLLD, Op.VPSLLQ);
    private static final Op[] SHR_OPS = VectorLowering.ops(null, Op.VPSRLW, Op.VPSRLD, Op.VPSRLQ);
    private static final Op[] SHL_BY_OPS = VectorLowering.ops(null, Op.VPSLLVW, Op.VPSLLVD, Op.VPSLLVQ);
    private static final Op[] USHR_BY_OPS = VectorLowering.ops(null, Op.VPSRLVW, Op.VPSRLVD, Op.VPSRLVQ);
    private static final Op[] SSHR_BY_OPS = VectorLowering.ops(null, Op.VPSRAVW, Op.VPSRAVD, Op.VPSRAVQ);
    /** The matrix that reverses the bits of a byte. */
    private static final long REVERSED = 0x8040_2010_0804_0201L;

    private final Assembler asm;
    private final Registers regs;
    private final ConstantPool constants;
    private final HostFeatures host;
    private IrBuilder ir;

    ShiftLowering(Assembler asm, Registers regs, ConstantPool constants, HostFeatures host) {
        this.asm = asm;
        this.regs = regs;
        this.constants = constants;
        this.host = host;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        int e = ir.w[i];
        int n = VectorLowering.index(e);
        switch (ir.op[i]) {
            case VSHL -> left(i, e, n);
            case VUSHR -> {
                int a = regs.useVector(ir.a[i]);
                right(i, e, n, a, regs.defineVector(i));
            }
            case VSSHR -> rightSigned(i, e, n);
            case VROL -> {
                int a = regs.useVector(ir.a[i]);
                asm.rri(e == 32 ? Op.VPROLD : Op.VPROLQ, regs.defineVector(i), a, ir.x[i]);
            }
            case VRBIT -> byMatrix(i, REVERSED);
            case VSHL_BY -> byLanes(i, SHL_BY_OPS[n]);
            case VUSHR_BY -> byLanes(i, USHR_BY_OPS[n]);
            case VSSHR_BY -> byLanes(i, SSHR_BY_OPS[n]);
            default -> throw new IllegalStateException("shift " + ir.op[i] + " has no lowering");
        }
    }

    private void byLanes(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        asm.rrr(op, regs.defineVector(i), a, b);
    }

    /** Each bit of a byte goes to the right by n, the sign moving in. */
    private static long movedSigned(int n) {
        long rows = 0;
        for (int bit = 0; bit < 8; bit++) {
            rows |= 1L << 8 * (7 - bit) + Math.min(bit + n, 7);
        }
        return rows;
    }

    private void byMatrix(int i, long rows) {
        int a = regs.useVector(ir.a[i]);
        asm.rrmi(Op.VGF2P8AFFINEQB, regs.defineVector(i), a, constants.operand(rows, rows), 0);
    }

    private static long repeat(long b) {
        return b * 0x0101010101010101L;
    }

    private int byteMask(long b) {
        int t = regs.tempVector();
        constants.load(t, repeat(b), repeat(b));
        return t;
    }

    private void left(int i, int e, int n) {
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

    private void right(int i, int e, int n, int a, int d) {
        int amount = ir.x[i];
        if (e > 8) {
            asm.rri(SHR_OPS[n], d, a, amount);
            return;
        }
        asm.rri(Op.VPSRLW, d, a, amount);
        asm.rrr(Op.VPAND, d, d, byteMask(0xff >> amount));
    }

    /** Bytes and quadwords: a logical shift, then (x ^ m) - m with m the moved sign bit. */
    private void rightSigned(int i, int e, int n) {
        if (e == 8 && host.gfni()) {
            byMatrix(i, movedSigned(ir.x[i]));
            return;
        }
        int a = regs.useVector(ir.a[i]);
        int d = regs.defineVector(i);
        int amount = ir.x[i];
        if (e == 16 || e == 32 || e == 64 && host.avx512()) {
            asm.rri(e == 16 ? Op.VPSRAW : e == 32 ? Op.VPSRAD : Op.VPSRAQ, d, a, amount);
            return;
        }
        right(i, e, n, a, d);
        int m;
        if (e == 8) {
            m = byteMask(0x80 >> amount);
        } else {
            m = regs.tempVector();
            asm.rrr(Op.VPCMPEQD, m, m, m);
            asm.rri(Op.VPSLLQ, m, m, 63);
            asm.rri(Op.VPSRLQ, m, m, amount);
        }
        asm.rrr(Op.VPXOR, d, d, m);
        asm.rrr(e == 8 ? Op.VPSUBB : Op.VPSUBQ, d, d, m);
    }
}
