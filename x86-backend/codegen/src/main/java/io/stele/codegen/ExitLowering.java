package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.Arrays;

/** Machine code of everything that leaves the block, in the body and out of line. */
final class ExitLowering {
    /** Ints per exit: target page offset, offset of the patchable displacement, offset of its link stub (-1: linked to the block itself). */
    static final int EXIT_FIELDS = 3;
    private static final int PAGE_BYTES = 4096;

    private final Assembler asm;
    private final Registers regs;
    private final Liveness live;
    private final Eflags eflags;
    private final Sites sites;
    private final OutOfLine outOfLine;
    private final StateStores stores;
    private final ListingRanges listing;
    private final JumpTables tables;
    private IrBuilder ir;
    private Stubs stubs;
    private Cluster cluster;
    private int pcOffset;
    int[] exits = new int[8 * EXIT_FIELDS];
    int exitCount;
    private final ProbeCode probe;

    ExitLowering(Assembler asm, Registers regs, Liveness live, Eflags eflags, Sites sites, OutOfLine outOfLine, StateStores stores,
            ListingRanges listing, JumpTables tables, ProbeCode probe) {
        this.asm = asm;
        this.regs = regs;
        this.live = live;
        this.eflags = eflags;
        this.sites = sites;
        this.outOfLine = outOfLine;
        this.stores = stores;
        this.listing = listing;
        this.tables = tables;
        this.probe = probe;
    }

    /** Begins new code. @param blocks where the block has neighbours, else null */
    void start(Stubs addresses, GuestLayout layout, Cluster blocks) {
        stubs = addresses;
        pcOffset = layout.pcOffset();
        cluster = blocks;
        exitCount = 0;
    }

    void startBlock(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        switch (ir.op[i]) {
            case JUMP -> {
                int block = neighbour(ir.imm[i]);
                if (block >= 0) {
                    edge(i, block, cluster.closesCycle(block));
                    return;
                }
                int record = sites.capture();
                stores.emit(record, -1);
                eflags.forget();
                go(ir.imm[i], mustCheck(i));
            }
            case JUMP_IF -> jumpIf(i);
            case JUMP_INDIRECT -> jumpIndirect(i);
            case INTERPRET -> {
                stores.emit(sites.capture(), -1);
                interpret(sites.instruction);
            }
            case INTERPRET_IF -> {
                int cc = eflags.condition(ir.a[i]);
                int label = asm.newLabel();
                outOfLine.interpret(label, sites.capture(), ir.x[i] != 0);
                asm.jcc(cc, label);
            }
            case LEAVE -> {
                stores.emit(sites.capture(), -1);
                storeLong(CpuArea.LEAVE_ARGUMENT, ir.imm[i]);
                Registers.loadPageAddress(asm, Reg.RAX, sites.instruction);
                asm.mr(Op.MOV, 64, Registers.area(pcOffset), Reg.RAX);
                asm.mi(Op.MOV, 32, Registers.area(CpuArea.LEAVE_REASON), ir.x[i]);
                asm.jmpTo(stubs.leave());
            }
            default -> throw new IllegalStateException("not an exit: " + ir.op[i]);
        }
    }

    /**
     * A jump out of the block looks for interrupts: in the first tier backward; out of a cluster always, since within one only its own cycles do, and
     * there may be others that lead through several clusters. One to another page does so as it looks for the page.
     */
    private boolean mustCheck(int i) {
        return ir.x[i] != 0 || cluster != null;
    }

    /** Number of the block of the cluster that begins at a page offset, or -1. */
    private int neighbour(long target) {
        return cluster == null ? -1 : cluster.find(target);
    }

    /**
     * What a jump to another block of the cluster is about.
     *
     * @param record what has to be stored
     * @param homes what has to be stored as well to leave the cluster instead; -1 if that cannot be
     * @param follows the code comes next, and the jump is the last thing that the block does
     */
    private record Edge(int record, int homes, int label, boolean follows) { }

    /** The flags are stored if the block needs them in memory, or if they follow from no homes and the jump may leave the cluster. */
    private Edge captureEdge(int i, int block, boolean mayLeave) {
        FlagsRecipe flags = cluster.flagsAt(ir, i);
        boolean needed = cluster.needsFlags(block);
        boolean byChoice = cluster.flags.isChosen(block, flags);
        boolean stored = flags == null ? needed || mayLeave : needed && !byChoice;
        int record = sites.captureEdge(stored);
        int homes = mayLeave ? sites.captureHomes(stored ? null : flags) : -1;
        return new Edge(record, homes, cluster.label(block, byChoice), ir.op[i] == JUMP && cluster.follows(block, byChoice));
    }

    /** Goes to another block of the cluster: homes stay, the rest is stored. */
    private void edge(int i, int block, boolean check) {
        long target = ir.imm[i];
        long bases = cluster.jumpChecks(block);
        Edge edge = captureEdge(i, block, check || bases != 0);
        if (bases == 0) {
            edge(edge, target);
            return;
        }
        stores.emit(edge.record, -1);
        if (check) {
            lookForInterrupts(edge.homes, target);
        }
        int leave = asm.newLabel();
        outOfLine.jump(leave, edge.homes, true, target);
        for (long rest = bases; rest != 0; rest &= rest - 1) {
            checkBase(Long.numberOfTrailingZeros(rest), leave);
        }
        if (!edge.follows) {
            asm.jmp(edge.label);
        }
    }

    /** All guest registers are in their homes or in memory. */
    private void checkBase(int e, int leave) {
        BaseExpressions bases = cluster.checks.expressions();
        loadRegister(Reg.RAX, bases.first(e));
        if (bases.second(e) >= 0) {
            loadRegister(Reg.RCX, bases.second(e));
            asm.rm(Op.LEA, 64, Reg.RAX, Mem.at(Reg.RAX, Reg.RCX, 1 << bases.shift(e), 0));
        }
        compareRegion(bases.region(e));
        asm.jcc(Cond.NE, leave);
    }

    /** Compares the region of the address in rax, which changes, with one by its number. */
    void compareRegion(int region) {
        asm.ri(Op.SHR, 64, Reg.RAX, RegionLookup.REGION_SHIFT);
        asm.rm(Op.CMP, 32, Reg.RAX, Registers.area(CpuArea.regionId(Homes.view(region), Homes.slot(region))));
    }

    private void loadRegister(int r, int slot) {
        int home = cluster.homes.register(slot);
        if (home >= 0) {
            asm.rr(Op.MOV, 64, r, home);
        } else {
            asm.rm(Op.MOV, 64, r, Registers.area(slot << 3));
        }
    }

    private void edge(Edge edge, long target) {
        stores.emit(edge.record, -1);
        if (edge.homes < 0) {
            if (!edge.follows) {
                asm.jmp(edge.label);
            }
        } else if (edge.follows) {
            lookForInterrupts(edge.homes, target);
        } else {
            int interrupt = asm.newLabel();
            ProbeCode.comparePending(asm);
            asm.jcc(Cond.E, edge.label);
            asm.jmp(interrupt);
            outOfLine.interrupt(interrupt, edge.homes, target);
        }
    }

    private void lookForInterrupts(int homes, long target) {
        int interrupt = asm.newLabel();
        ProbeCode.comparePending(asm);
        asm.jcc(Cond.NE, interrupt);
        outOfLine.interrupt(interrupt, homes, target);
    }

    /** Backward jumps are mostly taken, so they stand in line. */
    private void edgeIf(int cc, int i, int block) {
        long target = ir.imm[i];
        boolean check = cluster.closesCycle(block);
        Edge edge = captureEdge(i, block, check);
        if (!check) {
            asm.jcc(cc, conditionalLabel(edge));
            return;
        }
        int stay = asm.newLabel();
        asm.jcc(cc ^ 1, stay);
        edge(edge, target);
        asm.bind(stay);
    }

    /** A {@link ComparisonChain}, to another block of the cluster; nobody needs the flags, so it does not look for interrupts. */
    private void jumpChained(int i, int links, int block) {
        int condition = ir.a[i];
        for (int n = 0; n < links; n++) {
            int flags = ComparisonChain.flags(ir, condition);
            if (eflags.computesByRax(flags)) {
                regs.take(Reg.RAX);
            }
            eflags.prepare(flags);
            condition = ComparisonChain.before(ir, condition);
        }
        int cc = eflags.condition(condition);
        Edge edge = captureEdge(i, block, false);
        jumpChained(ir.a[i], links, true, cc, conditionalLabel(edge));
        eflags.forget();
    }

    /**
     * Goes to a label if a condition is as wanted, with no register changed but rax.
     *
     * @param links how many the condition has
     * @param cc x86 condition of the one before the first link
     */
    private void jumpChained(int condition, int links, boolean wanted, int cc, int label) {
        if (links == 0) {
            asm.jcc(wanted ? cc : cc ^ 1, label);
            return;
        }
        boolean skips = ComparisonChain.otherwise(ir, condition) != wanted;
        int behind = skips ? asm.newLabel() : label;
        jumpChained(ComparisonChain.before(ir, condition), links - 1, !ComparisonChain.comparesIfTrue(ir, condition), cc, behind);
        eflags.computeByRax(ComparisonChain.flags(ir, condition));
        int last = eflags.condition(condition, ComparisonChain.flags(ir, condition));
        asm.jcc(wanted ? last : last ^ 1, label);
        if (skips) {
            asm.bind(behind);
        }
    }

    /** Where a conditional jump goes that does not leave the cluster: to the other block, or first to what has to be stored. */
    private int conditionalLabel(Edge edge) {
        if (!stores.needed(edge.record)) {
            return edge.label;
        }
        int label = asm.newLabel();
        outOfLine.edge(label, edge.record, edge.label);
        return label;
    }

    private void jumpIf(int i) {
        long target = ir.imm[i];
        int block = neighbour(target);
        if (live.links[i] != 0) {
            jumpChained(i, live.links[i], block);
            return;
        }
        int cc = eflags.condition(ir.a[i]);
        boolean check = mustCheck(i);
        if (block >= 0) {
            edgeIf(cc, i, block);
            return;
        }
        int record = sites.capture();
        if (!check && !stores.needed(record)) {
            int label = asm.newLabel();
            asm.alignDisplacement(2);
            int patch = asm.jcc(cc, label);
            outOfLine.link(label, addExit(target, patch), target);
            return;
        }
        int label = asm.newLabel();
        outOfLine.jump(label, record, check, target);
        asm.jcc(cc, label);
    }

    private void jumpIndirect(int i) {
        int address = ir.a[i];
        long blocks = cluster == null ? 0 : cluster.leadsTo();
        if (blocks == 0 && isUntouched(address)) {
            stores.emit(sites.capture(), -1);
            asm.rm(Op.MOV, 64, Reg.RAX, regs.home((int) ir.imm[address] >> 3));
            enterProbed(ir.x[i]);
            return;
        }
        int v = regs.use(address);
        if (blocks == 0) {
            stores.emit(sites.capture(), v);
        } else {
            int homes = sites.captureHomes(null);
            stores.emit(sites.captureEdge(true), v);
            if (ir.x[i] == IrBuilder.HINT_RETURN || Cluster.isStub(ir)) {
                for (long rest = blocks; rest != 0; rest &= rest - 1) {
                    returnTo(Long.numberOfTrailingZeros(rest), v, homes);
                }
            } else {
                jumpByTable(blocks, v);
            }
            stores.emit(homes, v);
        }
        if (v != Reg.RAX) {
            asm.rr(Op.MOV, 64, Reg.RAX, v);
        }
        enterProbed(ir.x[i]);
    }

    /** The value is a guest register as it was when the block began, and still is, and in memory only. */
    private boolean isUntouched(int v) {
        return ir.op[v] == READ_REG && regs.prefersMemory(v) && regs.committed((int) ir.imm[v] >> 3) == 0;
    }

    /** Goes to the code of the address in rax. */
    private void enterProbed(int hint) {
        enter(hint == IrBuilder.HINT_CONTEXT ? probe.emitToContext(asm, stubs) : probe.emit(asm, stubs));
    }

    /** Goes to the block of the cluster that begins at the address in a register, if the table of the jump's page has one; all but the homes is stored. */
    private void jumpByTable(long blocks, int address) {
        int other = asm.newLabel();
        boolean check = false;
        for (long rest = blocks; rest != 0; rest &= rest - 1) {
            check |= cluster.closesCycle(Long.numberOfTrailingZeros(rest));
            // The table leads there.
            cluster.label(Long.numberOfTrailingZeros(rest), false);
        }
        if (check) {
            ProbeCode.comparePending(asm);
            asm.jcc(Cond.NE, other);
        }
        int page = ir.startOffset() & -PAGE_BYTES;
        int t = address == Reg.RAX ? Reg.RCX : Reg.RAX;
        int u = address == Reg.RDX ? Reg.RCX : Reg.RDX;
        asm.rr(Op.MOV, 64, t, address);
        asm.rr(Op.SUB, 64, t, Reg.R14);
        if (page != 0) {
            asm.ri(Op.SUB, 64, t, page);
        }
        // What is not aligned becomes large, too.
        asm.ri(Op.ROR, 64, t, 2);
        asm.ri(Op.CMP, 64, t, JumpTables.entries(cluster, page));
        asm.jcc(Cond.AE, other);
        asm.rm(Op.LEA, 64, u, Mem.label(tables.label(page)));
        asm.rm(Op.MOVZX_16, 32, t, Mem.at(u, t, Short.BYTES, 0));
        asm.rr(Op.TEST, 32, t, t);
        asm.jcc(Cond.E, other);
        asm.rr(Op.SUB, 64, u, t);
        asm.r(Op.JMP, u);
        asm.bind(other);
    }

    /** Goes to a block of the cluster if the address in a register is that of the block; all but the homes is stored. */
    private void returnTo(int block, int address, int homes) {
        int target = cluster.start[block];
        int t = address == Reg.RCX ? Reg.RDX : Reg.RCX;
        Registers.loadPageAddress(asm, t, target);
        asm.rr(Op.CMP, 64, address, t);
        if (!cluster.closesCycle(block)) {
            asm.jcc(Cond.E, cluster.label(block, false));
            return;
        }
        int other = asm.newLabel();
        int interrupt = asm.newLabel();
        asm.jcc(Cond.NE, other);
        ProbeCode.comparePending(asm);
        asm.jcc(Cond.E, cluster.label(block, false));
        asm.jmp(interrupt);
        outOfLine.interrupt(interrupt, homes, target);
        asm.bind(other);
    }

    /** Ends with a jump to a page offset; the guest registers are stored already. */
    private void go(long target, boolean check) {
        if (target < 0 || target >= PAGE_BYTES) {
            int absent = asm.newLabel();
            enter(probe.emit(asm, target, absent));
            outOfLine.absent(absent);
            return;
        }
        asm.alignDisplacement(check ? ProbeCode.COMPARE_PENDING_BYTES + 2 : 1);
        if (check) {
            ProbeCode.comparePending(asm);
        }
        if (cluster == null && target == ir.startOffset()) {
            long own = asm.code().baseAddress();
            addExit(target, check ? asm.jccTo(Cond.E, own) : asm.jmpTo(own));
        } else {
            int label = asm.newLabel();
            outOfLine.link(label, addExit(target, check ? asm.jcc(Cond.E, label) : asm.jmpLong(label)), target);
        }
        if (check) {
            interrupt(target);
        }
    }

    private int addExit(long target, int patch) {
        int p = exitCount * EXIT_FIELDS;
        if (p == exits.length) {
            exits = Arrays.copyOf(exits, p * 2);
        }
        exits[p] = (int) target;
        exits[p + 1] = patch;
        exits[p + 2] = -1;
        return exitCount++;
    }

    /**
     * Goes to other code unless the probe table has an entry table for a page, by its distance from r14; no guest register is in a host register.
     *
     * @param absent what to do where it does not have the page: {@link #findPage}, and then the next label
     */
    void checkPage(int distance, long table, long otherwise, int absent) {
        Registers.loadPageAddress(asm, Reg.RDX, distance);
        long entry = probe.compare(asm, Reg.RDX, Reg.RDX);
        asm.jcc(Cond.NE, absent);
        asm.bind(absent + 1);
        asm.mi(Op.CMP, 64, Mem.plus(entry, 8), table);
        asm.jccTo(Cond.NE, otherwise);
    }

    /** Looks further for a page, out of line. */
    void findPage(int absent, long otherwise) {
        asm.bind(absent);
        asm.callTo(stubs.page());
        asm.jccTo(Cond.NE, otherwise);
        asm.jmp(absent + 1);
    }

    /** Under a condition, leaves to have the instruction at a distance from r14 interpreted; no guest register is in a host register. */
    void interpretIf(int cc, int distance) {
        int otherwise = asm.newLabel();
        asm.jccShort(cc ^ 1, otherwise);
        interpret(distance);
        asm.bind(otherwise);
    }

    /** Jumps to the code that an entry of an entry table names. */
    private void enter(long entry) {
        asm.rm(Op.MOV, 32, Reg.RCX, entry);
        long base = stubs.codeBase();
        if (base != 0 && base == (int) base) {
            asm.ri(Op.ADD, 64, Reg.RCX, base);
        } else if (base != 0) {
            asm.ri(Op.MOV, 64, Reg.RDX, base);
            asm.rr(Op.ADD, 64, Reg.RCX, Reg.RDX);
        }
        asm.r(Op.JMP, Reg.RCX);
    }

    /** Has the instruction at a place interpreted; guest registers are stored. */
    private void interpret(long place) {
        loadDistance(place);
        asm.jmpTo(stubs.interpret());
    }

    /** Stubs add r14 to rax. */
    private void loadDistance(long place) {
        asm.ri(Op.MOV, 32, Reg.RAX, (int) place);
    }

    private void storeLong(int offset, long value) {
        if (value == (int) value) {
            asm.mi(Op.MOV, 64, Registers.area(offset), value);
        } else {
            asm.ri(Op.MOV, 64, Reg.RAX, value);
            asm.mr(Op.MOV, 64, Registers.area(offset), Reg.RAX);
        }
    }

    // Out of line.

    /** Emits all that was put off, including what comes up meanwhile. */
    void emitOutOfLine() {
        for (int n = 0; n < outOfLine.count(); n++) {
            sites.instruction = outOfLine.instruction(n);
            listing.outOfLine(sites.instruction, outOfLine.kind(n));
            asm.bind(outOfLine.label(n));
            switch (outOfLine.kind(n)) {
                case OutOfLine.REGION_MISS -> regionMiss(n);
                case OutOfLine.JUMP -> {
                    stores.emit(outOfLine.record(n), -1);
                    go(outOfLine.target(n), outOfLine.parameter(n) != 0);
                }
                case OutOfLine.INTERPRET -> interpretOutOfLine(n);
                case OutOfLine.EDGE -> {
                    stores.emit(outOfLine.record(n), -1);
                    asm.jmp(outOfLine.parameter(n));
                }
                case OutOfLine.INTERRUPT -> interrupt(n);
                case OutOfLine.ABSENT -> asm.callTo(stubs.absent());
                default -> link(n);
            }
        }
    }

    private void regionMiss(int n) {
        int region = outOfLine.parameter(n);
        int p = region * Sites.REGION_FIELDS;
        asm.callTo(stubs.regionMiss(sites.regions[p], sites.regions[p + 5], sites.regions[p + 6]));
        sites.regionReturn(region, asm.position());
        sites.add(asm.position(), outOfLine.record(n), sites.instruction);
        asm.jmpTo(asm.code().baseAddress() + sites.regions[p + 3] + Integer.BYTES);
    }

    private void interpretOutOfLine(int n) {
        if (outOfLine.parameter(n) != 0) {
            asm.callTo(stubs.interpretSite());
            sites.add(asm.position(), outOfLine.record(n), sites.instruction);
        } else {
            stores.emit(outOfLine.record(n), -1);
            interpret(outOfLine.target(n));
        }
    }

    private void interrupt(int n) {
        if (outOfLine.record(n) >= 0) {
            stores.emit(outOfLine.record(n), -1);
        }
        interrupt(outOfLine.target(n));
    }

    private void interrupt(long target) {
        loadDistance(target);
        asm.callTo(stubs.interrupt());
    }

    private void link(int n) {
        int exit = outOfLine.parameter(n);
        int patch = exits[exit * EXIT_FIELDS + 1];
        exits[exit * EXIT_FIELDS + 2] = asm.position();
        LinkCode.emit(asm, patch, outOfLine.target(n), stubs.link());
    }
}
