package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Machine code of the operations on bits, except those that make or use flags. */
final class IntegerLowering {
    private final Assembler asm;
    private final Registers regs;
    private final Eflags eflags;
    private final HostFeatures host;
    private IrBuilder ir;

    IntegerLowering(Assembler asm, Registers regs, Eflags eflags, HostFeatures host) {
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
        int w = ir.w[i];
        int a = ir.a[i];
        int b = ir.b[i];
        switch (ir.op[i]) {
            case ADD -> add(i, w, a, b);
            case ADD_SHIFTED -> {
                int ra = regs.use(a);
                int rb = regs.use(b);
                regs.release(a);
                regs.release(b);
                asm.rm(Op.LEA, w, regs.define(i), Mem.at(ra, rb, 1 << ir.x[i], 0));
            }
            case SUB -> alu(i, Op.SUB, w, a, b, false);
            case AND -> alu(i, Op.AND, w, a, b, true);
            case OR -> alu(i, Op.OR, w, a, b, true);
            case XOR -> alu(i, Op.XOR, w, a, b, true);
            case MUL -> multiply(i, w, a, b);
            case ANDN -> andNot(i, w, a, b);
            case NOT -> asm.r(Op.NOT, w, regs.defineFrom(i, a));
            case NEG -> {
                eflags.clobber();
                asm.r(Op.NEG, w, regs.defineFrom(i, a));
            }
            case SHL -> shift(i, w, a, b, Op.SHLX, Op.SHL_CL);
            case LSHR -> shift(i, w, a, b, Op.SHRX, Op.SHR_CL);
            case ASHR -> shift(i, w, a, b, Op.SARX, Op.SAR_CL);
            case ROR -> shift(i, w, a, b, null, Op.ROR_CL);
            case SHLI -> shiftLeft(i, w, a, ir.x[i]);
            case LSHRI -> shiftImmediate(i, w, a, Op.SHR);
            case ASHRI -> shiftImmediate(i, w, a, Op.SAR);
            case RORI -> rotate(i, w, a);
            case UMULH -> multiplyHigh(i, a, b, false);
            case SMULH -> multiplyHigh(i, a, b, true);
            case UDIV -> divide(i, w, a, b, false);
            case SDIV -> divide(i, w, a, b, true);
            case CLZ -> countLeadingZeros(i, w, a);
            case BSWAP -> asm.r(Op.BSWAP, w, regs.defineFrom(i, a));
            case EXTRACT -> extract(i, w, a, b);
            case ZEXT -> extend(i, a, ir.x[i] == 8 ? Op.MOVZX_8 : Op.MOVZX_16, 32);
            case SEXT -> extend(i, a, ir.x[i] == 8 ? Op.MOVSX_8 : ir.x[i] == 16 ? Op.MOVSX_16 : Op.MOVSXD, w);
            case TRUNC -> truncate(i, a);
            case UBFX -> extractField(i, w, a);
            case SBFX -> extractSignedField(i, w, a);
            case CRC32C -> crc(i, a, b);
            case READ_COUNTER -> readCounter(i);
            default -> throw new IllegalStateException("not an integer operation: " + ir.op[i]);
        }
    }

    /** dst = a op b in two-operand form. */
    private void alu(int i, Op op, int w, int left, int right, boolean commutes) {
        int a = left;
        int b = right;
        if (commutes && !regs.isConst(b) && (regs.isConst(a) || regs.registerOf(a) >= 0 && !regs.dies(a) && regs.registerOf(b) >= 0
            && regs.dies(b) || regs.registerOf(a) < 0 && regs.prefersMemory(a) && regs.registerOf(b) >= 0)) {
            a = right;
            b = left;
        }
        if (regs.isImmediate(w, b)) {
            eflags.clobber();
            asm.ri(op, w, regs.defineFrom(i, a), regs.immediate(w, b));
            return;
        }
        if (regs.prefersMemory(b) && a != b) {
            long mem = regs.memory(b);
            eflags.clobber();
            asm.rm(op, w, regs.defineFrom(i, a), mem);
            return;
        }
        int rb = regs.use(b);
        eflags.clobber();
        asm.rr(op, w, regs.defineFrom(i, a), rb);
    }

    private void add(int i, int w, int a, int b) {
        boolean keep = eflags.precious();
        if (regs.isImmediate(w, b) && (w == 32 || ir.imm[b] == (int) ir.imm[b])) {
            long n = regs.immediate(w, b);
            if (!keep && regs.dies(a) || regs.registerOf(a) < 0 && !keep && regs.prefersMemory(a)) {
                eflags.clobber();
                asm.ri(Op.ADD, w, regs.defineFrom(i, a), n);
            } else {
                int ra = regs.use(a);
                regs.release(a);
                asm.rm(Op.LEA, w, regs.define(i), Mem.at(ra, (int) n));
            }
            return;
        }
        if (!keep && (regs.registerOf(a) >= 0 && regs.dies(a) || regs.registerOf(b) >= 0 && regs.dies(b)
            || regs.prefersMemory(a) || regs.prefersMemory(b))) {
            alu(i, Op.ADD, w, a, b, true);
            return;
        }
        int ra = regs.use(a);
        int rb = regs.use(b);
        regs.release(a);
        regs.release(b);
        asm.rm(Op.LEA, w, regs.define(i), Mem.at(ra, rb, 1, 0));
    }

    private void multiply(int i, int w, int a, int b) {
        eflags.clobber();
        if (regs.isImmediate(w, b)) {
            int ra = regs.use(a);
            regs.release(a);
            asm.rri(Op.IMUL, w, regs.define(i), ra, (int) regs.immediate(w, b));
            return;
        }
        int rb = regs.use(b);
        asm.rr(Op.IMUL, w, regs.defineFrom(i, a), rb);
    }

    private void andNot(int i, int w, int a, int b) {
        int rb = regs.use(b);
        if (host.bmi1()) {
            int ra = regs.use(a);
            eflags.clobber();
            regs.release(a);
            regs.release(b);
            asm.rrr(Op.ANDN, w, regs.define(i), rb, ra);
            return;
        }
        eflags.clobber();
        int t = regs.temp();
        asm.rr(Op.MOV, 64, t, rb);
        asm.r(Op.NOT, w, t);
        asm.rr(Op.AND, w, regs.defineFrom(i, a), t);
    }

    private void shift(int i, int w, int a, int b, Op three, Op byCl) {
        if (three != null && host.bmi2()) {
            int rb = regs.use(b);
            if (regs.prefersMemory(a)) {
                long mem = regs.memory(a);
                asm.rmr(three, w, regs.define(i), mem, rb);
                return;
            }
            int ra = regs.use(a);
            regs.release(a);
            regs.release(b);
            asm.rrr(three, w, regs.define(i), ra, rb);
            return;
        }
        eflags.clobber();
        regs.take(Reg.RCX);
        int rb = regs.use(b);
        int d = regs.defineFrom(i, a);
        asm.rr(Op.MOV, 32, Reg.RCX, rb);
        asm.r(byCl, w, d);
    }

    private void shiftLeft(int i, int w, int a, int n) {
        if (n <= 3 && (eflags.precious() || !regs.dies(a))) {
            int ra = regs.use(a);
            regs.release(a);
            asm.rm(Op.LEA, w, regs.define(i), n == 1 ? Mem.at(ra, ra, 1, 0) : Mem.index(ra, 1 << n, 0));
            return;
        }
        shiftImmediate(i, w, a, Op.SHL);
    }

    private void shiftImmediate(int i, int w, int a, Op op) {
        eflags.clobber();
        asm.ri(op, w, regs.defineFrom(i, a), ir.x[i]);
    }

    private void rotate(int i, int w, int a) {
        if (!host.bmi2()) {
            shiftImmediate(i, w, a, Op.ROR);
            return;
        }
        int ra = regs.use(a);
        regs.release(a);
        asm.rri(Op.RORX, w, regs.define(i), ra, ir.x[i]);
    }

    private void multiplyHigh(int i, int a, int b, boolean signed) {
        eflags.clobber();
        regs.take(Reg.RDX);
        if (!signed && host.bmi2()) {
            int ra = regs.use(a);
            int rb = regs.use(b);
            int d = regs.define(i);
            asm.rr(Op.MOV, 64, Reg.RDX, ra);
            asm.rrr(Op.MULX, 64, d, d, rb);
            return;
        }
        regs.take(Reg.RAX);
        int ra = regs.use(a);
        int rb = regs.use(b);
        asm.rr(Op.MOV, 64, Reg.RAX, ra);
        asm.r(signed ? Op.IMUL : Op.MUL, 64, rb);
        regs.defineIn(i, Reg.RDX);
    }

    private void divide(int i, int w, int a, int b, boolean signed) {
        eflags.clobber();
        regs.take(Reg.RAX);
        regs.take(Reg.RDX);
        int ra = regs.use(a);
        int rb = regs.use(b);
        int done = asm.newLabel();
        int zero = asm.newLabel();
        boolean constant = regs.isConst(b);
        long divisor = constant ? w == 64 ? ir.imm[b] : (int) ir.imm[b] : 0;
        boolean mayBeZero = !constant || divisor == 0;
        asm.rr(Op.MOV, w, Reg.RAX, ra);
        if (mayBeZero) {
            asm.rr(Op.TEST, w, rb, rb);
            asm.jccShort(Cond.E, zero);
        }
        if (signed) {
            int ordinary = asm.newLabel();
            boolean mayBeMinusOne = !constant || divisor == -1;
            if (mayBeMinusOne) {
                asm.ri(Op.CMP, w, rb, -1);
                asm.jccShort(Cond.NE, ordinary);
                asm.r(Op.NEG, w, Reg.RAX);
                asm.jmpShort(done);
            }
            asm.bind(ordinary);
            asm.op(w == 64 ? Op.CQO : Op.CDQ);
            asm.r(Op.IDIV, w, rb);
        } else {
            asm.rr(Op.XOR, 32, Reg.RDX, Reg.RDX);
            asm.r(Op.DIV, w, rb);
        }
        if (mayBeZero) {
            asm.jmpShort(done);
            asm.bind(zero);
            asm.rr(Op.XOR, 32, Reg.RAX, Reg.RAX);
        }
        asm.bind(done);
        regs.defineIn(i, Reg.RAX);
    }

    private void countLeadingZeros(int i, int w, int a) {
        eflags.clobber();
        int ra = regs.use(a);
        if (host.lzcnt()) {
            regs.release(a);
            asm.rr(Op.LZCNT, w, regs.define(i), ra);
            return;
        }
        int d = regs.define(i);
        int t = regs.temp();
        asm.ri(Op.MOV, 32, t, 2 * w - 1);
        asm.rr(Op.BSR, w, d, ra);
        asm.cmov(Cond.E, w, d, t);
        asm.ri(Op.XOR, 32, d, w - 1);
    }

    private void extract(int i, int w, int hi, int lo) {
        eflags.clobber();
        int rh = regs.use(hi);
        asm.rri(Op.SHRD, w, regs.defineFrom(i, lo), rh, ir.x[i]);
    }

    private void extend(int i, int a, Op op, int w) {
        if (regs.prefersMemory(a)) {
            long mem = regs.memory(a);
            asm.rm(op, w, regs.define(i), mem);
            return;
        }
        int ra = regs.use(a);
        regs.release(a);
        asm.rr(op, w, regs.define(i), ra);
    }

    private void truncate(int i, int a) {
        if (regs.prefersMemory(a)) {
            long mem = regs.memory(a);
            asm.rm(Op.MOV, 32, regs.define(i), mem);
            return;
        }
        int ra = regs.use(a);
        regs.release(a);
        asm.rr(Op.MOV, 32, regs.define(i), ra);
    }

    private void extractField(int i, int w, int a) {
        int lsb = ir.x[i];
        int bits = (int) ir.imm[i];
        if (host.bmi2() && (bits == 8 || bits == 16) && !regs.dies(a)) {
            int ra = regs.use(a);
            int d = regs.define(i);
            asm.rri(Op.RORX, w, d, ra, lsb);
            asm.rr(bits == 8 ? Op.MOVZX_8 : Op.MOVZX_16, 32, d, d);
            return;
        }
        eflags.clobber();
        int d = regs.defineFrom(i, a);
        if (bits == 8 || bits == 16 || bits < 32 && lsb != 0) {
            asm.ri(Op.SHR, w, d, lsb);
            if (bits == 8 || bits == 16) {
                asm.rr(bits == 8 ? Op.MOVZX_8 : Op.MOVZX_16, 32, d, d);
            } else {
                asm.ri(Op.AND, 32, d, (1L << bits) - 1);
            }
            return;
        }
        asm.ri(Op.SHL, w, d, w - lsb - bits);
        asm.ri(Op.SHR, w, d, w - bits);
    }

    private void extractSignedField(int i, int w, int a) {
        int lsb = ir.x[i];
        int bits = (int) ir.imm[i];
        eflags.clobber();
        int d = regs.defineFrom(i, a);
        asm.ri(Op.SHL, w, d, w - lsb - bits);
        asm.ri(Op.SAR, w, d, w - bits);
    }

    private void crc(int i, int acc, int v) {
        int size = ir.x[i];
        int rv = regs.use(v);
        asm.rr(Op.CRC32, size * 8, regs.defineFrom(i, acc), rv);
    }

    private void readCounter(int i) {
        eflags.clobber();
        regs.take(Reg.RAX);
        regs.take(Reg.RDX);
        asm.op(Op.RDTSC);
        asm.ri(Op.SHL, 64, Reg.RDX, 32);
        asm.rr(Op.OR, 64, Reg.RAX, Reg.RDX);
        asm.rm(Op.SUB, 64, Reg.RAX, Registers.area(CpuArea.COUNTER_BASE));
        asm.m(Op.MUL, 64, Registers.area(CpuArea.COUNTER_SCALE));
        asm.rri(Op.SHRD, 64, Reg.RAX, Reg.RDX, 32);
        asm.rm(Op.ADD, 64, Reg.RAX, Registers.area(CpuArea.COUNTER_OFFSET));
        regs.defineIn(i, Reg.RAX);
    }
}
