package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Machine code of the operations that make or use flags and conditions. */
final class FlagsLowering {
    private final Assembler asm;
    private final Registers regs;
    private final Liveness live;
    private final Eflags eflags;
    private IrBuilder ir;

    FlagsLowering(Assembler asm, Registers regs, Liveness live, Eflags eflags) {
        this.asm = asm;
        this.regs = regs;
        this.live = live;
        this.eflags = eflags;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        int w = ir.w[i];
        switch (ir.op[i]) {
            case ADDS -> withFlags(i, Op.ADD, w, true);
            case SUBS -> withFlags(i, Op.SUB, w, false);
            case ANDS -> withFlags(i, Op.AND, w, true);
            case ADC, ADCS -> withCarry(i, Op.ADC, w, false);
            case SBC, SBCS -> withCarry(i, Op.SBB, w, true);
            case SELECT -> select(i, w);
            case COND_TO_BITS -> conditionToBits(i);
            case SELECT_FLAGS -> selectFlags(i);
            case FLAGS_FROM_NZCV -> flagsFromNzcv(i);
            case NZCV_FROM_FLAGS -> nzcvFromFlags(i);
            default -> throw new IllegalStateException("not a flags operation: " + ir.op[i]);
        }
    }

    private void withFlags(int i, Op op, int w, boolean commutes) {
        boolean flags = live.direct[i];
        boolean value = live.last[i] != 0;
        if (!flags && !value) {
            return;
        }
        int a = ir.a[i];
        int b = ir.b[i];
        if (commutes && regs.isConst(a) && !regs.isConst(b)) {
            a = ir.b[i];
            b = ir.a[i];
        }
        if (!value && op != Op.ADD) {
            compareOnly(op, w, a, b);
        } else if (regs.isImmediate(w, b)) {
            eflags.clobber();
            asm.ri(op, w, regs.defineFrom(i, a), regs.immediate(w, b));
        } else if (regs.prefersMemory(b) && a != b) {
            long mem = regs.memory(b);
            eflags.clobber();
            asm.rm(op, w, regs.defineFrom(i, a), mem);
        } else {
            int rb = regs.use(b);
            eflags.clobber();
            asm.rr(op, w, regs.defineFrom(i, a), rb);
        }
        if (flags) {
            eflags.set(i, op == Op.SUB);
        }
    }

    private void compareOnly(Op op, int w, int a, int b) {
        boolean subtraction = op == Op.SUB;
        Op compare = subtraction ? Op.CMP : Op.TEST;
        if (regs.isImmediate(w, b) && regs.prefersMemory(a)) {
            eflags.clobber();
            asm.mi(compare, w, regs.memory(a), regs.immediate(w, b));
            return;
        }
        int ra = regs.use(a);
        if (regs.isImmediate(w, b)) {
            eflags.clobber();
            long n = regs.immediate(w, b);
            if (n == 0 && subtraction) {
                asm.rr(Op.TEST, w, ra, ra);
            } else {
                asm.ri(compare, w, ra, n);
            }
        } else if (subtraction && regs.prefersMemory(b)) {
            eflags.clobber();
            asm.rm(compare, w, ra, regs.memory(b));
        } else {
            int rb = regs.use(b);
            eflags.clobber();
            asm.rr(compare, w, ra, rb);
        }
    }

    private void withCarry(int i, Op op, int w, boolean inverted) {
        boolean setsFlags = ir.op[i] == ADCS || ir.op[i] == SBCS;
        eflags.carry(ir.c[i], inverted);
        int b = ir.b[i];
        int rb = regs.isImmediate(w, b) ? -1 : regs.use(b);
        int d = regs.defineFrom(i, ir.a[i]);
        eflags.forget();
        if (rb < 0) {
            asm.ri(op, w, d, regs.immediate(w, b));
        } else {
            asm.rr(op, w, d, rb);
        }
        if (setsFlags && live.flagsLast[i] != 0) {
            eflags.set(i, inverted);
            if (live.materialise[i]) {
                eflags.materialise(live.flagsValue[i]);
            }
        }
    }

    private void select(int i, int w) {
        int cc = eflags.condition(ir.a[i]);
        int t = ir.b[i];
        int f = ir.c[i];
        if (regs.registerOf(t) >= 0 && regs.dies(t) && (regs.registerOf(f) >= 0 && !regs.dies(f) || regs.isInHomeOf(i, t))) {
            t = ir.c[i];
            f = ir.b[i];
            cc ^= 1;
        }
        if (regs.prefersMemory(t) && t != f) {
            long mem = regs.memory(t);
            asm.cmovMem(cc, w, regs.defineFrom(i, f), mem);
        } else {
            int rt = regs.use(t);
            asm.cmov(cc, w, regs.defineFrom(i, f), rt);
        }
    }

    private void conditionToBits(int i) {
        int cc = eflags.condition(ir.a[i]);
        int d = regs.define(i);
        asm.setcc(cc, d);
        asm.rr(Op.MOVZX_8, 32, d, d);
    }

    /** Result in rax: one of the flags first, replaced by the other behind a short branch. */
    private void selectFlags(int i) {
        int onTrue = ir.b[i];
        int onFalse = ir.c[i];
        boolean invert = ir.op[onTrue] == FLAGS_CONST && ir.op[onFalse] != FLAGS_CONST;
        if (invert) {
            onTrue = ir.c[i];
            onFalse = ir.b[i];
        }
        boolean constant = ir.op[onFalse] == FLAGS_CONST;
        if (!constant) {
            eflags.use(onFalse);
        }
        regs.take(Reg.RAX);
        int other = constant ? -1 : regs.use(onFalse);
        boolean computed = eflags.isComputed(onTrue);
        int stored = computed || ir.op[onTrue] == FLAGS_CONST ? -1 : regs.use(onTrue);
        if (computed) {
            eflags.prepare(onTrue);
        }
        int cc = eflags.condition(ir.a[i]);
        if (constant) {
            asm.ri(Op.MOV, 32, Reg.RAX, ir.imm[onFalse]);
        } else {
            asm.rr(Op.MOV, 32, Reg.RAX, other);
        }
        int done = asm.newLabel();
        asm.jccShort(invert ? cc : cc ^ 1, done);
        if (computed) {
            eflags.computeIntoRax(onTrue);
        } else if (stored >= 0) {
            asm.rr(Op.MOV, 32, Reg.RAX, stored);
        } else {
            asm.ri(Op.MOV, 32, Reg.RAX, ir.imm[onTrue]);
        }
        asm.bind(done);
        eflags.forget();
        regs.defineIn(i, Reg.RAX);
    }

    private void flagsFromNzcv(int i) {
        eflags.clobber();
        int d = regs.defineFrom(i, ir.a[i]);
        int t = regs.temp();
        asm.ri(Op.AND, 32, d, 15);
        asm.rri(Op.IMUL, 32, t, d, 1 << 12 | 1 << 7 | 1);
        asm.rr(Op.MOV, 32, d, t);
        asm.ri(Op.AND, 32, d, 0xc000 | 0x100 | 1);
    }

    private void nzcvFromFlags(int i) {
        int f = ir.a[i];
        int r = eflags.use(f);
        eflags.clobber();
        int d = regs.define(i);
        int t = regs.temp();
        asm.rr(Op.MOV, 32, d, r);
        asm.ri(Op.SHR, 32, d, 12);
        asm.ri(Op.AND, 32, d, 0xc);
        asm.rr(Op.MOV, 32, t, r);
        asm.ri(Op.SHR, 32, t, 7);
        asm.ri(Op.AND, 32, t, 2);
        asm.rr(Op.OR, 32, d, t);
        asm.rr(Op.MOV, 32, t, r);
        asm.ri(Op.AND, 32, t, 1);
        asm.rr(Op.OR, 32, d, t);
    }
}
