package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Machine code of atomic and exclusive accesses. The builder has checked the alignment. Results are zero-extended. */
final class AtomicLowering {
    private final Assembler asm;
    private final Registers regs;
    private final Liveness live;
    private final Eflags eflags;
    private final Sites sites;
    private IrBuilder ir;

    AtomicLowering(Assembler asm, Registers regs, Liveness live, Eflags eflags, Sites sites) {
        this.asm = asm;
        this.regs = regs;
        this.live = live;
        this.eflags = eflags;
        this.sites = sites;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        if (OpInfo.clobbersFlags(ir.op[i])) {
            eflags.clobber();
        }
        int size = ir.x[i] & 0xff;
        switch (ir.op[i]) {
            case ATOMIC_RMW -> readModifyWrite(i, size, ir.x[i] >> 8);
            case CAS -> compareAndSwap(i, size);
            case CAS_PAIR -> compareAndSwapPair(i, size);
            case LOAD_EXCLUSIVE -> loadExclusive(i, size);
            case LOAD_EXCLUSIVE_PAIR -> loadExclusivePair(i, size);
            case STORE_EXCLUSIVE -> storeExclusive(i, size);
            case STORE_EXCLUSIVE_PAIR -> storeExclusivePair(i, size);
            case CLEAR_EXCLUSIVE -> clearMonitor();
            default -> throw new IllegalStateException("not an atomic operation: " + ir.op[i]);
        }
    }

    private long address(int i) {
        int base = regs.use(ir.a[i]);
        int k = regs.use(ir.b[i]);
        return Mem.at(base, k, 1, (int) ir.imm[i]);
    }

    private void site() {
        sites.fault();
        sites.faultHere();
    }

    private void zeroExtend(int size, int r) {
        switch (size) {
            case 1 -> asm.rr(Op.MOVZX_8, 32, r, r);
            case 2 -> asm.rr(Op.MOVZX_16, 32, r, r);
            case 4 -> asm.rr(Op.MOV, 32, r, r);
            default -> { }
        }
    }

    private void readModifyWrite(int i, int size, int rmw) {
        int w = size * 8;
        boolean used = live.last[i] != 0;
        if (rmw == IrBuilder.RMW_ADD || rmw == IrBuilder.RMW_SWAP) {
            long mem = address(i);
            int v = regs.use(ir.c[i]);
            int d = used ? regs.define(i) : regs.temp();
            asm.rr(Op.MOV, 64, d, v);
            site();
            if (rmw == IrBuilder.RMW_SWAP) {
                asm.mr(Op.XCHG, w, mem, d);
            } else {
                asm.lock().mr(Op.XADD, w, mem, d);
            }
            zeroExtend(size, d);
            return;
        }
        if (!used && rmw <= IrBuilder.RMW_SET) {
            long mem = address(i);
            int v = regs.use(ir.c[i]);
            int t = v;
            if (rmw == IrBuilder.RMW_CLR) {
                t = regs.temp();
                asm.rr(Op.MOV, 64, t, v);
                asm.r(Op.NOT, 64, t);
            }
            site();
            asm.lock().mr(rmw == IrBuilder.RMW_SET ? Op.OR : rmw == IrBuilder.RMW_XOR ? Op.XOR : Op.AND, w, mem, t);
            return;
        }
        regs.take(Reg.RAX);
        long mem = address(i);
        int v = operand(size, rmw, regs.use(ir.c[i]));
        int t = regs.temp();
        site();
        loadZeroExtended(size, Reg.RAX, mem);
        int again = asm.here();
        combine(size, rmw, t, v);
        site();
        asm.lock().mr(Op.CMPXCHG, w, mem, t);
        asm.jcc(Cond.NE, again);
        zeroExtend(size, Reg.RAX);
        regs.defineIn(i, Reg.RAX);
    }

    private void loadZeroExtended(int size, int r, long mem) {
        switch (size) {
            case 1 -> asm.rm(Op.MOVZX_8, 32, r, mem);
            case 2 -> asm.rm(Op.MOVZX_16, 32, r, mem);
            default -> asm.rm(Op.MOV, size * 8, r, mem);
        }
    }

    private static boolean isSigned(int rmw) {
        return rmw == IrBuilder.RMW_SMAX || rmw == IrBuilder.RMW_SMIN;
    }

    /** The operand extended as the comparison wants it. */
    private int operand(int size, int rmw, int v) {
        if (size >= 4 || rmw < IrBuilder.RMW_SMAX) {
            return v;
        }
        int t = regs.temp();
        extend(size, isSigned(rmw), t, v);
        return t;
    }

    private void extend(int size, boolean signed, int d, int s) {
        if (size == 1) {
            asm.rr(signed ? Op.MOVSX_8 : Op.MOVZX_8, 32, d, s);
        } else {
            asm.rr(signed ? Op.MOVSX_16 : Op.MOVZX_16, 32, d, s);
        }
    }

    /** t = rax rmw v. */
    private void combine(int size, int rmw, int t, int v) {
        int w = size == 8 ? 64 : 32;
        switch (rmw) {
            case IrBuilder.RMW_CLR -> {
                asm.rr(Op.MOV, 64, t, v);
                asm.r(Op.NOT, 64, t);
                asm.rr(Op.AND, 64, t, Reg.RAX);
            }
            case IrBuilder.RMW_XOR, IrBuilder.RMW_SET -> {
                asm.rr(Op.MOV, 64, t, Reg.RAX);
                asm.rr(rmw == IrBuilder.RMW_XOR ? Op.XOR : Op.OR, 64, t, v);
            }
            default -> {
                if (size < 4) {
                    extend(size, isSigned(rmw), t, Reg.RAX);
                } else {
                    asm.rr(Op.MOV, w, t, Reg.RAX);
                }
                asm.rr(Op.CMP, w, t, v);
                asm.cmov(switch (rmw) {
                    case IrBuilder.RMW_SMAX -> Cond.L;
                    case IrBuilder.RMW_SMIN -> Cond.G;
                    case IrBuilder.RMW_UMAX -> Cond.B;
                    case IrBuilder.RMW_UMIN -> Cond.A;
                    default -> throw new IllegalStateException("atomic operation " + rmw);
                }, w, t, v);
            }
        }
    }

    private void compareAndSwap(int i, int size) {
        regs.take(Reg.RAX);
        long mem = address(i);
        int expected = regs.use(ir.c[i]);
        int v = regs.use(ir.d[i]);
        asm.rr(Op.MOV, 64, Reg.RAX, expected);
        site();
        asm.lock().mr(Op.CMPXCHG, size * 8, mem, v);
        zeroExtend(size, Reg.RAX);
        if (live.last[i] != 0) {
            regs.defineIn(i, Reg.RAX);
        }
    }

    private void takeForPair() {
        regs.take(Reg.RAX);
        regs.take(Reg.RDX);
        regs.take(Reg.RBX);
        regs.take(Reg.RCX);
    }

    private void compareAndSwapPair(int i, int size) {
        takeForPair();
        long mem = address(i);
        moveOperand(Reg.RAX, ir.a[ir.c[i]]);
        moveOperand(Reg.RDX, ir.b[ir.c[i]]);
        moveOperand(Reg.RBX, ir.a[ir.d[i]]);
        moveOperand(Reg.RCX, ir.b[ir.d[i]]);
        site();
        asm.lock().m(size == 8 ? Op.CMPXCHG16B : Op.CMPXCHG8B, mem);
        if (size == 4) {
            asm.rr(Op.MOV, 32, Reg.RAX, Reg.RAX);
            asm.rr(Op.MOV, 32, Reg.RDX, Reg.RDX);
        }
        defineIfUsed(i + 1, Reg.RAX);
        defineIfUsed(i + 2, Reg.RDX);
    }

    private void moveOperand(int r, int v) {
        asm.rr(Op.MOV, 64, r, regs.use(v));
    }

    private void defineIfUsed(int v, int r) {
        if (live.last[v] != 0) {
            regs.defineIn(v, r);
        }
    }

    /** Records the access in the exclusive monitor. */
    private void setMonitor(int i, int bytes) {
        int base = regs.use(ir.a[i]);
        int t = base;
        if (ir.imm[i] != 0) {
            t = regs.temp();
            asm.rm(Op.LEA, 64, t, Mem.at(base, (int) ir.imm[i]));
        }
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.MONITOR_ADDRESS), t);
        asm.mi(Op.MOV, 64, Registers.area(CpuArea.MONITOR_SIZE), bytes);
    }

    private void clearMonitor() {
        asm.mi(Op.MOV, 64, Registers.area(CpuArea.MONITOR_ADDRESS), -1);
    }

    private void loadExclusive(int i, int size) {
        long mem = address(i);
        int d = live.last[i] != 0 ? regs.define(i) : regs.temp();
        site();
        loadZeroExtended(size, d, mem);
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.MONITOR_LOW), d);
        setMonitor(i, size);
    }

    /** A 16-byte aligned vector load is one access on processors with AVX (Intel SDM vol. 3, 9.1.1; AMD APM vol. 2, 7.3.2). */
    private void loadExclusivePair(int i, int size) {
        long mem = address(i);
        int low = regs.temp();
        int high = regs.temp();
        if (size == 8) {
            int x = regs.tempVector();
            site();
            asm.rm(Op.VMOVDQA, x, mem);
            asm.rr(Op.VMOVQ_RX, low, x);
            asm.rri(Op.VPEXTRQ, high, x, 1);
        } else {
            site();
            asm.rm(Op.MOV, 64, low, mem);
            asm.rr(Op.MOV, 64, high, low);
            asm.ri(Op.SHR, 64, high, 32);
            asm.rr(Op.MOV, 32, low, low);
        }
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.MONITOR_LOW), low);
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.MONITOR_HIGH), high);
        setMonitor(i, 2 * size);
        defineIfUsed(i + 1, low);
        defineIfUsed(i + 2, high);
    }

    /** Jumps to {@code fail} unless the monitor covers exactly this access. */
    private void checkMonitor(int i, int bytes, int scratch, int fail) {
        asm.rm(Op.LEA, 64, scratch, Mem.at(regs.use(ir.a[i]), (int) ir.imm[i]));
        asm.rm(Op.CMP, 64, scratch, Registers.area(CpuArea.MONITOR_ADDRESS));
        asm.jcc(Cond.NE, fail);
        asm.mi(Op.CMP, 64, Registers.area(CpuArea.MONITOR_SIZE), bytes);
        asm.jcc(Cond.NE, fail);
    }

    private int status(int i) {
        return live.last[i] != 0 ? regs.define(i) : regs.temp();
    }

    private void storeExclusive(int i, int size) {
        regs.take(Reg.RAX);
        long mem = address(i);
        int v = regs.use(ir.c[i]);
        int d = status(i);
        int fail = asm.newLabel();
        checkMonitor(i, size, d, fail);
        asm.rm(Op.MOV, 64, Reg.RAX, Registers.area(CpuArea.MONITOR_LOW));
        site();
        asm.lock().mr(Op.CMPXCHG, size * 8, mem, v);
        finishStore(d, fail);
    }

    /** d = 0 or 1 after a compare-and-swap; 1 when control comes from the failed check. */
    private void finishStore(int d, int fail) {
        asm.bind(fail);
        asm.setcc(Cond.NE, d);
        asm.rr(Op.MOVZX_8, 32, d, d);
        clearMonitor();
    }

    private void storeExclusivePair(int i, int size) {
        takeForPair();
        long mem = address(i);
        int d = status(i);
        moveOperand(Reg.RBX, ir.c[i]);
        moveOperand(Reg.RCX, ir.d[i]);
        int fail = asm.newLabel();
        checkMonitor(i, 2 * size, d, fail);
        asm.rm(Op.MOV, 64, Reg.RAX, Registers.area(CpuArea.MONITOR_LOW));
        asm.rm(Op.MOV, 64, Reg.RDX, Registers.area(CpuArea.MONITOR_HIGH));
        site();
        asm.lock().m(size == 8 ? Op.CMPXCHG16B : Op.CMPXCHG8B, mem);
        finishStore(d, fail);
    }
}
