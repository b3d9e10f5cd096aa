package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Op;

/** Machine code of operations that move lanes around or change their width. */
final class PermuteLowering {
    static final Op[] INSERT_OPS = {Op.VPINSRB, Op.VPINSRW, Op.VPINSRD, Op.VPINSRQ};
    private static final Op[] ZIP_LOW = {Op.VPUNPCKLBW, Op.VPUNPCKLWD, Op.VPUNPCKLDQ, Op.VPUNPCKLQDQ};
    private static final Op[] ZIP_HIGH = {Op.VPUNPCKHBW, Op.VPUNPCKHWD, Op.VPUNPCKHDQ, Op.VPUNPCKHQDQ};

    /** Immediate of vinsertps: lane 0 stays, the others become zero. */
    private static final int CLEAR_UPPER_LANES = 0x0e;

    private final Assembler asm;
    private final Registers regs;
    private final ConstantPool constants;
    private IrBuilder ir;

    PermuteLowering(Assembler asm, Registers regs, ConstantPool constants) {
        this.asm = asm;
        this.constants = constants;
        this.regs = regs;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    private static int index(int e) {
        return 31 - Integer.numberOfLeadingZeros(e) - 3;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        int e = ir.w[i];
        switch (ir.op[i]) {
            case VLOW -> low(i, e);
            case VHIGH64 -> {
                int a = regs.useVector(ir.a[i]);
                asm.rri(Op.VPSRLDQ, regs.defineVector(i), a, 8);
            }
            case VCOMBINE -> three(i, Op.VPUNPCKLQDQ);
            case VDUP_LANE -> duplicateLane(i, e);
            case VINSERT_LANE -> insertLane(i, e);
            case VZIP1 -> three(i, ZIP_LOW[index(e)]);
            case VZIP2 -> three(i, ZIP_HIGH[index(e)]);
            case VUZP1 -> unzip(i, e, false);
            case VUZP2 -> unzip(i, e, true);
            case VTRN1 -> transpose(i, e, false);
            case VTRN2 -> transpose(i, e, true);
            case VEXT -> {
                int a = regs.useVector(ir.a[i]);
                int b = regs.useVector(ir.b[i]);
                asm.rrri(Op.VPALIGNR, regs.defineVector(i), b, a, ir.x[i]);
            }
            case VREV -> reverse(i, e);
            case VWIDEN_U -> widen(i, e, false);
            case VWIDEN_S -> widen(i, e, true);
            case VPACK_S -> three(i, e == 8 ? Op.VPACKSSWB : Op.VPACKSSDW);
            case VPACK_U -> three(i, e == 8 ? Op.VPACKUSWB : Op.VPACKUSDW);
            case VLOOKUP -> three(i, Op.VPSHUFB);
            case VLOOKUP_2 -> {
                int a = regs.useVector(ir.a[i]);
                int b = regs.useVector(ir.b[i]);
                asm.rrr(Op.VPERMI2B, regs.defineVectorFrom(i, ir.c[i]), a, b);
            }
            case VNARROW_S -> narrow(i, Op.VPMOVSQD);
            case VNARROW_U -> narrow(i, Op.VPMOVUSQD);
            case VSELECT -> select(i, e == 8 ? Op.VPBLENDVB : e == 32 ? Op.VBLENDVPS : Op.VBLENDVPD);
            default -> throw new IllegalStateException("vector operation " + ir.op[i] + " has no lowering");
        }
    }

    private void low(int i, int e) {
        if (regs.prefersMemory(ir.a[i])) {
            asm.rm(e == 64 ? Op.VMOVQ : Op.VMOVSS, regs.defineVector(i), regs.memory(ir.a[i]));
            return;
        }
        int a = regs.useVector(ir.a[i]);
        if (e == 64) {
            asm.rr(Op.VMOVQ, regs.defineVector(i), a);
        } else {
            asm.rrri(Op.VINSERTPS, regs.defineVector(i), a, a, CLEAR_UPPER_LANES);
        }
    }

    private void three(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        asm.rrr(op, regs.defineVector(i), a, b);
    }

    private void select(int i, Op op) {
        int mask = regs.useVector(ir.a[i]);
        int onTrue = regs.useVector(ir.b[i]);
        int onFalse = regs.useVector(ir.c[i]);
        asm.rrrr(op, regs.defineVector(i), onFalse, onTrue, mask);
    }

    /** r = lane, zero-extended. */
    void extractLane(int r, int x, int e, int lane) {
        switch (e) {
            case 8 -> asm.rri(Op.VPEXTRB, r, x, lane);
            case 16 -> asm.rri(Op.VPEXTRW, r, x, lane);
            case 32 -> {
                if (lane == 0) {
                    asm.rr(Op.VMOVD_RX, r, x);
                } else {
                    asm.rri(Op.VPEXTRD, r, x, lane);
                }
            }
            default -> {
                if (lane == 0) {
                    asm.rr(Op.VMOVQ_RX, r, x);
                } else {
                    asm.rri(Op.VPEXTRQ, r, x, lane);
                }
            }
        }
    }

    private void duplicateLane(int i, int e) {
        int a = regs.useVector(ir.a[i]);
        int lane = ir.x[i];
        int d = regs.defineVector(i);
        if (e == 64) {
            asm.rri(Op.VPSHUFD, d, a, lane == 0 ? 0x44 : 0xee);
        } else if (e == 32) {
            asm.rri(Op.VPSHUFD, d, a, lane * 0x55);
        } else {
            long bytes = e == 8 ? lane * 0x0101_0101_0101_0101L : 0x0100_0100_0100_0100L + 2 * lane * 0x0101_0101_0101_0101L;
            asm.rrm(Op.VPSHUFB, d, a, constants.operand(bytes, bytes));
        }
    }

    private void narrow(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        asm.rr(op, regs.defineVector(i), a);
    }

    private void insertLane(int i, int e) {
        int dst = regs.useVector(ir.a[i]);
        int src = regs.useVector(ir.b[i]);
        int to = ir.x[i];
        int from = (int) ir.imm[i];
        int d = regs.defineVector(i);
        if (e == 32) {
            asm.rrri(Op.VINSERTPS, d, dst, src, from << 6 | to << 4);
        } else if (e == 64 && to == 0) {
            asm.rrri(Op.VSHUFPD, d, src, dst, from | 2);
        } else if (e == 64) {
            asm.rrri(Op.VSHUFPD, d, dst, src, from << 1);
        } else {
            int t = regs.temp();
            extractLane(t, src, e, from);
            asm.rrri(INSERT_OPS[index(e)], d, dst, t, to);
        }
    }

    /** The even or odd lanes of a, then of b. */
    private void unzip(int i, int e, boolean odd) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        int d = regs.defineVector(i);
        if (e == 64) {
            asm.rrr(odd ? Op.VPUNPCKHQDQ : Op.VPUNPCKLQDQ, d, a, b);
        } else {
            asm.rrri(Op.VSHUFPS, d, a, b, odd ? 0xdd : 0x88);
        }
    }

    private void transpose(int i, int e, boolean odd) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        switch (e) {
            case 64 -> asm.rrr(odd ? Op.VPUNPCKHQDQ : Op.VPUNPCKLQDQ, regs.defineVector(i), a, b);
            case 32 -> {
                int d = regs.defineVector(i);
                asm.rrri(Op.VSHUFPS, d, a, b, odd ? 0xdd : 0x88);
                asm.rri(Op.VPSHUFD, d, d, 0xd8);
            }
            case 16 -> {
                int t = regs.tempVector();
                int d = regs.defineVector(i);
                if (odd) {
                    asm.rri(Op.VPSRLD, t, a, 16);
                    asm.rrri(Op.VPBLENDW, d, t, b, 0xaa);
                } else {
                    asm.rri(Op.VPSLLD, t, b, 16);
                    asm.rrri(Op.VPBLENDW, d, a, t, 0xaa);
                }
            }
            default -> transposeBytes(i, a, b, odd);
        }
    }

    private void transposeBytes(int i, int a, int b, boolean odd) {
        int t = regs.tempVector();
        int u = regs.tempVector();
        if (odd) {
            asm.rri(Op.VPSRLW, t, a, 8);
            asm.rri(Op.VPSRLW, u, b, 8);
            asm.rri(Op.VPSLLW, u, u, 8);
        } else {
            asm.rri(Op.VPSLLW, t, a, 8);
            asm.rri(Op.VPSRLW, t, t, 8);
            asm.rri(Op.VPSLLW, u, b, 8);
        }
        asm.rrr(Op.VPOR, regs.defineVector(i), t, u);
    }

    private void reverse(int i, int e) {
        int a = regs.useVector(ir.a[i]);
        int container = ir.x[i];
        if (e == 32) {
            asm.rri(Op.VPSHUFD, regs.defineVector(i), a, 0xb1);
            return;
        }
        int lanes = container / e;
        int bytes = e / 8;
        long lo = 0;
        for (int k = 7; k >= 0; k--) {
            int lane = k / bytes;
            int from = lane / lanes * lanes + lanes - 1 - lane % lanes;
            lo = lo << 8 | from * bytes + k % bytes;
        }
        asm.rrm(Op.VPSHUFB, regs.defineVector(i), a, constants.operand(lo, lo + 0x0808080808080808L));
    }

    static Op widen(int e, boolean signed) {
        return switch (e) {
            case 8 -> signed ? Op.VPMOVSXBW : Op.VPMOVZXBW;
            case 16 -> signed ? Op.VPMOVSXWD : Op.VPMOVZXWD;
            default -> signed ? Op.VPMOVSXDQ : Op.VPMOVZXDQ;
        };
    }

    private void widen(int i, int e, boolean signed) {
        int a = regs.useVector(ir.a[i]);
        asm.rr(widen(e, signed), regs.defineVector(i), a);
    }
}
