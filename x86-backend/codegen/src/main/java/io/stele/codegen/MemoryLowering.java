package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Machine code of region checks, guest loads and stores, and accesses to the CPU area. */
final class MemoryLowering {
    /** Memory that no other processor uses: a locked instruction on it orders all accesses of write-back memory, for less than MFENCE. */
    private static final long BELOW_STACK = Mem.at(Reg.RSP, -8);

    private final Assembler asm;
    private final Registers regs;
    private final Eflags eflags;
    private final Sites sites;
    private final OutOfLine outOfLine;
    private final HostFeatures host;
    private IrBuilder ir;
    private RegionGuess guess;
    private Cluster cluster;
    /** By the registers of K and the address. */
    private final RegionCheckCode[] checks = new RegionCheckCode[16 * 16];

    MemoryLowering(Assembler asm, Registers regs, Eflags eflags, Sites sites, OutOfLine outOfLine, HostFeatures host) {
        this.asm = asm;
        this.regs = regs;
        this.eflags = eflags;
        this.sites = sites;
        this.outOfLine = outOfLine;
        this.host = host;
    }

    /** @param blocks where the block has neighbours, else null */
    void start(IrBuilder block, RegionGuess regionGuess, Cluster blocks) {
        ir = block;
        cluster = blocks;
        guess = regionGuess;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        int size = ir.x[i] & 0xff;
        switch (ir.op[i]) {
            case REGION -> region(i);
            case LOAD -> load(i, size);
            case STORE -> store(i, size);
            case STORE_RELEASE -> storeRelease(i, size);
            case LOAD_VEC -> loadVector(i, size);
            case STORE_VEC -> storeVector(i, size);
            case FENCE -> {
                if (size == IrBuilder.FENCE_FULL) {
                    eflags.clobber();
                    asm.lock().mi(Op.OR, 32, BELOW_STACK, 0);
                } else if (size == IrBuilder.FENCE_PAUSE) {
                    asm.op(Op.PAUSE);
                }
            }
            case LOAD_STATE -> loadState(i, size);
            case STORE_STATE -> storeState(i, size);
            default -> throw new IllegalStateException("not a memory operation: " + ir.op[i]);
        }
    }

    private void region(int i) {
        int base = ir.a[i];
        int view = ir.x[i];
        int region = cluster == null ? -1 : cluster.region(ir, base, view, sites.instruction);
        if (cluster != null && clusterRegion(i, region, base)) {
            return;
        }
        int rb = regs.use(base);
        eflags.clobber();
        int k = regs.define(i);
        int record = sites.capture();
        int slot = region >= 0 ? Homes.slot(region)
            : ir.op[base] == PAGE_ADDRESS ? guess.nearSlot(view, ir.imm[base], sites.instruction) : guess.slot(view, (int) ir.imm[i], sites.instruction);
        RegionCheckCode check = checks[k << 4 | rb];
        if (check == null) {
            check = new RegionCheckCode(k, rb, host);
            checks[k << 4 | rb] = check;
        }
        int miss = asm.newLabel();
        int start = check.emit(asm, view, slot, miss);
        outOfLine.regionMiss(miss, record, sites.region(view, start, start + check.region(), start + check.k(), k, rb));
    }

    /**
     * The check of a cluster, where K is in a home: nothing if the base is known to be checked; else, when it fails, the first tier goes on. False
     * where K has no home. An instruction that the cluster is entered at has to get on: its check is an ordinary one.
     */
    private boolean clusterRegion(int i, int region, int base) {
        int k = cluster.homes.registerOfRegion(region);
        if (k < 0) {
            return false;
        }
        if (cluster.isKnown(ir, base, region)) {
            regs.defineHome(i, k);
            return true;
        }
        int at = cluster.find(sites.instruction);
        if (at >= 0 && cluster.entry[at]) {
            return false;
        }
        int rb = regs.use(base);
        eflags.clobber();
        int t = regs.temp();
        int record = sites.capture();
        RegionCheckCode.region(asm, t, rb, host);
        asm.rm(Op.CMP, 32, t, Registers.area(CpuArea.regionId(Homes.view(region), Homes.slot(region))));
        int leave = asm.newLabel();
        asm.jcc(Cond.NE, leave);
        outOfLine.jump(leave, record, true, sites.instruction);
        regs.defineHome(i, k);
        return true;
    }

    /** Memory operand of a checked access. */
    private long address(int i) {
        int base = regs.use(ir.a[i]);
        int sum = ir.b[i];
        if (ir.isFirst(i, sum)) {
            makeSum(sum);
        }
        int k = regs.use(sum);
        return isIndexed(i) ? Mem.at(k, base, 1 << ir.shift(i), (int) ir.imm[i]) : Mem.at(base, k, 1, (int) ir.imm[i]);
    }

    private void makeSum(int sum) {
        int a = regs.use(ir.a[sum]);
        int b = regs.use(ir.b[sum]);
        asm.rm(Op.LEA, 64, regs.define(sum), Mem.at(a, b, 1 << (ir.op[sum] == ADD_SHIFTED ? ir.x[sum] : 0), 0));
    }

    private boolean isIndexed(int i) {
        return (ir.x[i] & INDEXED) != 0;
    }

    /** Takes down the plain access just emitted. */
    private void access(int i, int packed) {
        int access = packed;
        if (isIndexed(i)) {
            int k = regs.registerOf(ir.kOf(ir.b[i]));
            access = AccessSite.indexed(packed, ir.shift(i), cluster.homes.isOfRegion(k) ? k : -1);
        }
        sites.access(access, (int) ir.imm[i]);
    }

    private void load(int i, int size) {
        boolean signed = (ir.x[i] & SIGNED) != 0;
        int w = ir.w[i];
        long mem = address(i);
        sites.fault();
        int base = regs.use(ir.a[i]);
        int k = regs.use(ir.b[i]);
        regs.release(ir.a[i]);
        regs.release(ir.b[i]);
        int d = regs.define(i);
        sites.faultHere();
        switch (size) {
            case 1 -> asm.rm(signed ? Op.MOVSX_8 : Op.MOVZX_8, signed ? w : 32, d, mem);
            case 2 -> asm.rm(signed ? Op.MOVSX_16 : Op.MOVZX_16, signed ? w : 32, d, mem);
            case 4 -> asm.rm(signed ? Op.MOVSXD : Op.MOV, signed ? 64 : 32, d, mem);
            default -> asm.rm(Op.MOV, 64, d, mem);
        }
        access(i, AccessSite.load(size, signed, w, d, base, k));
    }

    private void store(int i, int size) {
        long mem = address(i);
        int v = ir.c[i];
        if (regs.isImmediate(size * 8, v) && (size == 8 || size == 4)) {
            sites.fault();
            sites.faultHere();
            asm.mi(Op.MOV, size * 8, mem, regs.immediate(size * 8, v));
            accessImmediate(i, size, (int) regs.immediate(size * 8, v));
            return;
        }
        if (regs.isConst(v) && size < 4) {
            sites.fault();
            sites.faultHere();
            asm.mi(Op.MOV, size * 8, mem, size == 1 ? (byte) ir.imm[v] : (short) ir.imm[v]);
            accessImmediate(i, size, (int) ir.imm[v]);
            return;
        }
        int r = regs.use(v);
        sites.fault();
        sites.faultHere();
        asm.mr(Op.MOV, size * 8, mem, r);
        access(i, AccessSite.store(size, r, regs.use(ir.a[i]), regs.use(ir.b[i])));
    }

    private void accessImmediate(int i, int size, int value) {
        access(i, AccessSite.storeImmediate(size, regs.use(ir.a[i]), regs.use(ir.b[i])));
        sites.immediate(value);
    }

    /** xchg is a full barrier, which keeps a later acquire load behind the store. */
    private void storeRelease(int i, int size) {
        long mem = address(i);
        int r = regs.use(ir.c[i]);
        int t = regs.temp();
        asm.rr(Op.MOV, 64, t, r);
        sites.fault();
        sites.faultHere();
        asm.mr(Op.XCHG, size * 8, mem, t);
    }

    private void loadVector(int i, int size) {
        long mem = address(i);
        sites.fault();
        if (size >= 4) {
            int d = regs.defineVector(i);
            sites.faultHere();
            switch (size) {
                case 4 -> asm.rm(Op.VMOVD_XR, d, mem);
                case 8 -> asm.rm(Op.VMOVQ, d, mem);
                default -> asm.rm(Op.VMOVDQU, d, mem);
            }
            access(i, AccessSite.loadVector(size, d, regs.use(ir.a[i]), regs.use(ir.b[i])));
            return;
        }
        int t = regs.temp();
        int d = regs.defineVector(i);
        sites.faultHere();
        asm.rm(size == 1 ? Op.MOVZX_8 : Op.MOVZX_16, 32, t, mem);
        asm.rr(Op.VMOVD_XR, d, t);
    }

    private void storeVector(int i, int size) {
        long mem = address(i);
        int x = regs.useVector(ir.c[i]);
        sites.fault();
        sites.faultHere();
        switch (size) {
            case 1 -> asm.mri(Op.VPEXTRB, mem, x, 0);
            case 2 -> asm.mri(Op.VPEXTRW, mem, x, 0);
            case 4 -> asm.mr(Op.VMOVD_RX, mem, x);
            case 8 -> asm.mr(Op.VMOVQ, mem, x);
            default -> asm.mr(Op.VMOVDQU, mem, x);
        }
        if (size >= 4) {
            access(i, AccessSite.storeVector(size, x, regs.use(ir.a[i]), regs.use(ir.b[i])));
        }
    }

    private void loadState(int i, int size) {
        long mem = Registers.area((int) ir.imm[i]);
        int d = regs.define(i);
        switch (size) {
            case 1 -> asm.rm(Op.MOVZX_8, 32, d, mem);
            case 2 -> asm.rm(Op.MOVZX_16, 32, d, mem);
            case 4 -> asm.rm(Op.MOV, 32, d, mem);
            default -> asm.rm(Op.MOV, 64, d, mem);
        }
    }

    private void storeState(int i, int size) {
        long mem = Registers.area((int) ir.imm[i]);
        int v = ir.a[i];
        if (size == 8 && regs.isImmediate(64, v)) {
            asm.mi(Op.MOV, 64, mem, regs.immediate(64, v));
        } else {
            asm.mr(Op.MOV, size * 8, mem, regs.use(v));
        }
    }
}
