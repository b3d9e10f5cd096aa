package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.ir.VectorWidths;
import io.stele.x86.Assembler;
import java.util.Arrays;

/**
 * Blocks that are compiled together: which they are, what they do with guest registers, and which guest registers have homes in host registers for
 * that. Each block is an extended basic block as {@link IrBuilder} makes it, with side exits. They may be in several pages; all places are distances
 * from the first byte of the head's page.
 *
 * <p>Facts about guest registers are sets of up to 64 registers, as longs; what is beyond has no home.
 */
final class Cluster {
    static final int MAX_BLOCKS = 64;
    static final int MAX_PAGES = 4;
    private static final int PAGE_BYTES = 4096;
    private static final int PAGE_WORDS = 1024;
    private static final int MAX_REGISTERS = 64;
    /** How often the body of a loop is thought to be executed. */
    private static final int LOOP_SHIFT = 3;
    /** The K of a region gets a home if it serves more than one in so many checks. */
    private static final int WORTH_A_HOME = 6;

    private final int[] pages = new int[MAX_PAGES];
    private int pageCount;
    private final short[] blockAt = new short[MAX_PAGES * PAGE_WORDS];
    final int[] start = new int[MAX_BLOCKS];
    int count;
    private int current;
    private boolean currentByChoice;
    final ClusterGraph graph = new ClusterGraph();

    /** Control comes here from outside. */
    final boolean[] entry = new boolean[MAX_BLOCKS];
    /** Indirect jumps of the same page and the pages before it may lead to the block. */
    final boolean[] indirect = new boolean[MAX_BLOCKS];
    /** Labels of the code of each block that begins with flags in memory, and of that which begins with {@link EdgeFlags#chosen}. */
    private final int[] labels = new int[2 * MAX_BLOCKS];
    private final boolean[] jumpedTo = new boolean[2 * MAX_BLOCKS];
    private final boolean[] made = new boolean[2 * MAX_BLOCKS];
    private final long[] reads = new long[MAX_BLOCKS];
    private final long[] writes = new long[MAX_BLOCKS];
    /** Written before anything can fault or leave. */
    private final long[] kills = new long[MAX_BLOCKS];
    /** Control leaves the cluster at the end of the block. */
    private final boolean[] leaves = new boolean[MAX_BLOCKS];
    /** Guest registers with homes whose value in memory may be old at the start of the block; whose home must have the value there. */
    private final long[] dirtyIn = new long[MAX_BLOCKS];
    private final long[] liveIn = new long[MAX_BLOCKS];
    private final long[] scalarsIn = new long[MAX_BLOCKS];

    private ClusterPages code;
    final ScalarVectors scalars = new ScalarVectors();
    final EdgeFlags flags = new EdgeFlags();
    final BaseChecks checks = new BaseChecks(graph);
    private final long[] regionWeight = new long[2 * CpuArea.REGION_SLOTS];
    /** VM address of the first tier's code of the block, or 0. */
    final long[] firstTier = new long[MAX_BLOCKS];

    private final int[] slots = new int[MAX_REGISTERS];
    private final byte[] indexOf = new byte[Registers.STATE_WORDS];
    private int registers;
    private long vectors;
    /** Used as vectors and as integers. */
    private long mixed;
    private final long[] weight = new long[MAX_REGISTERS];

    final Homes homes = new Homes();
    private long homed;
    private final int[] listed = new int[MAX_REGISTERS];

    Cluster() {
        Arrays.fill(blockAt, (short) -1);
        Arrays.fill(indexOf, (byte) -1);
    }

    /** Starts anew. */
    void clear(ClusterPages pagesAround) {
        code = pagesAround;
        for (int i = 0; i < count; i++) {
            blockAt[index(start[i])] = -1;
        }
        count = 0;
        pageCount = 0;
        clearFacts();
    }

    /** Forgets all but where blocks begin. */
    void clearFacts() {
        for (int i = 0; i < registers; i++) {
            indexOf[slots[i]] = -1;
        }
        registers = 0;
        checks.clear();
        scalars.clear();
        flags.clear();
        vectors = 0;
        mixed = 0;
        graph.clear();
        homes.clear();
        homed = 0;
    }

    // Blocks.

    /** Number of the page that a place is in, or -1. */
    private int page(long place) {
        long page = place & -PAGE_BYTES;
        for (int i = 0; i < pageCount; i++) {
            if (pages[i] == page) {
                return i;
            }
        }
        return -1;
    }

    /** Of a place in one of the pages: where {@link #blockAt} has it. */
    private int index(long place) {
        return page(place) * PAGE_WORDS + (int) (place & PAGE_BYTES - 1) / Integer.BYTES;
    }

    /** Number of the block that begins at a place, or -1. */
    int find(long place) {
        return page(place) < 0 ? -1 : blockAt[index(place)];
    }

    /** The cluster has no room for a block at a place. */
    boolean full(int place) {
        return count == MAX_BLOCKS || pageCount == MAX_PAGES && page(place) < 0;
    }

    /** Adds a block. */
    void add(int place) {
        if (page(place) < 0) {
            pages[pageCount++] = place & -PAGE_BYTES;
        }
        entry[count] = false;
        indirect[count] = false;
        blockAt[index(place)] = (short) count;
        start[count++] = place;
    }

    int pageCount() {
        return pageCount;
    }

    /** Distance of a page from the head's, which is the first. */
    int pageDistance(int page) {
        return pages[page];
    }

    /** Orders the blocks by address, as they will be emitted. Their numbers change. */
    void sort() {
        boolean[] entries = new boolean[blockAt.length];
        boolean[] targets = new boolean[blockAt.length];
        for (int i = 0; i < count; i++) {
            entries[index(start[i])] = entry[i];
            targets[index(start[i])] = indirect[i];
        }
        Arrays.sort(start, 0, count);
        for (int i = 0; i < count; i++) {
            blockAt[index(start[i])] = (short) i;
            entry[i] = entries[index(start[i])];
            indirect[i] = targets[index(start[i])];
        }
    }

    // Facts.

    private int index(int slot, boolean vector) {
        int i = indexOf[slot];
        if (i < 0) {
            if (registers == MAX_REGISTERS) {
                return -1;
            }
            i = registers++;
            slots[i] = slot;
            indexOf[slot] = (byte) i;
            if (vector) {
                vectors |= 1L << i;
            }
        } else if ((vectors >> i & 1) != 0 != vector) {
            mixed |= 1L << i;
        }
        return i;
    }

    private static long bit(int index) {
        return index < 0 ? 0 : 1L << index;
    }

    /**
     * Takes down the bases that a block accesses memory with, and how it uses vector registers; of all blocks before any is described, since each may
     * change what is known of all of them.
     */
    void collect(IrBuilder ir) {
        scalars.collect(ir);
        for (int i = 1; i <= ir.endOperation(); i++) {
            if (ir.op[i] == REGION) {
                checks.expressions().add(ir, ir.a[i]);
            }
        }
    }

    /** Takes down what a block does with guest registers, and where it goes. */
    void describe(int block, IrBuilder ir) {
        checks.startBlock(block);
        flags.describe(this, block, ir);
        int instruction = 0;
        reads[block] = 0;
        writes[block] = 0;
        kills[block] = 0;
        int end = ir.endOperation();
        int behind = ir.startOffset() + 4 * ir.instructions();
        for (int i = 1; i <= end; i++) {
            int op = ir.op[i];
            switch (op) {
                case READ_REG, READ_VEC -> reads[block] |= bit(index((int) ir.imm[i] >> 3, op == READ_VEC));
                case SET_REG, SET_VEC -> {
                    long bit = bit(index((int) ir.imm[i] >> 3, op == SET_VEC));
                    writes[block] |= bit;
                    checks.write(ir, (int) ir.imm[i] >> 3, ir.a[i]);
                    if (ir.d[i] == 0) {
                        kills[block] |= bit & ~reads[block];
                    }
                }
                case BEGIN -> instruction = ir.place(i);
                case REGION -> checks.check(block, ir, ir.a[i], ir.x[i], code.learned(ir.x[i], instruction), instruction != ir.startOffset());
                case LOAD, STORE, LOAD_VEC, STORE_VEC, STORE_RELEASE -> checks.access(ir, i);
                case JUMP_IF -> {
                    graph.jump(block, find(ir.imm[i]));
                    checks.edges(block);
                }
                default -> { }
            }
        }
        int target = ir.op[end] == JUMP ? find(ir.imm[end]) : -1;
        leaves[block] = target < 0;
        if (isCall(ir)) {
            graph.call(block, target, find(behind));
        } else {
            graph.jump(block, target);
        }
        if (ir.op[end] == JUMP_INDIRECT && ir.x[end] == IrBuilder.HINT_RETURN) {
            graph.returns(block);
        } else if (isSwitch(ir)) {
            graph.jumpIndirect(block, indirectTargets(ir.startOffset()));
        } else if (isStub(ir)) {
            int led = find(pointer(ir, code));
            graph.jumpIndirect(block, led < 0 ? 0 : 1L << led);
        }
        checks.endBlock(block, ir.op[end] == JUMP && !isCall(ir));
    }

    /** True if a block ends with a call: it is told so, or it jumps and has made the address behind the jump. */
    static boolean isCall(IrBuilder ir) {
        int end = ir.endOperation();
        if (ir.op[end] == JUMP_INDIRECT) {
            return ir.x[end] == IrBuilder.HINT_CALL;
        }
        int behind = ir.startOffset() + GuestIsa.INSTRUCTION_ALIGNMENT * ir.instructions();
        boolean returnAddress = false;
        for (int i = 1; i < end; i++) {
            returnAddress |= ir.op[i] == PAGE_ADDRESS && ir.imm[i] == behind;
        }
        return returnAddress && ir.op[end] == JUMP && ir.imm[end] != behind;
    }

    /** True if a block ends with a jump to an address that was computed, not loaded: that of a case of a switch statement, rather than of a function. */
    static boolean isSwitch(IrBuilder ir) {
        int end = ir.endOperation();
        int address = ir.op[ir.a[end]];
        return ir.op[end] == JUMP_INDIRECT && ir.x[end] == IrBuilder.HINT_NONE && (address == ADD || address == ADD_SHIFTED);
    }

    /** True if a block ends with a jump to an address that was loaded from a fixed place: a linker's stub for a function of another library. */
    static boolean isStub(IrBuilder ir) {
        int end = ir.endOperation();
        int load = ir.a[end];
        return ir.op[end] == JUMP_INDIRECT && ir.x[end] == IrBuilder.HINT_NONE && ir.op[load] == LOAD && ir.op[ir.a[load]] == PAGE_ADDRESS
            && ir.op[ir.b[load]] == REGION;
    }

    /** What the jump at the end of {@link #isStub} leads to at present; or {@link ClusterPages#NOWHERE}. */
    static long pointer(IrBuilder ir, ClusterPages code) {
        int load = ir.a[ir.endOperation()];
        return code.pointer(ir.x[ir.b[load]], ir.imm[ir.a[load]] + ir.imm[load]);
    }

    /** What indirect jumps of a place's page may lead to, as a set of blocks. */
    private long indirectTargets(int place) {
        long set = 0;
        for (int b = 0; b < count; b++) {
            int distance = (start[b] & -PAGE_BYTES) - (place & -PAGE_BYTES);
            set |= indirect[b] && distance >= 0 && distance < JumpTables.MAX_PAGES * PAGE_BYTES ? 1L << b : 0;
        }
        return set;
    }

    /** The last page that indirect jumps of a page lead to, by its distance from the head's. */
    int lastIndirect(int page) {
        return start[63 - Long.numberOfLeadingZeros(indirectTargets(page))] & -PAGE_BYTES;
    }

    /** All blocks are described. @param head place of the head */
    void finish(int head) {
        graph.finish(count, find(head));
        checks.finish(code);
        flags.choose(this);
        for (int b = 0; b < count; b++) {
            leaves[b] &= graph.leadsTo(b) == 0;
        }
        flowScalars();
    }

    /** What happens so often in a block, by how often the block is thought to be executed. */
    long weight(int block, long times) {
        return times << LOOP_SHIFT * graph.depth(block);
    }

    /** An edge from the current block has to look for interrupts: it may close a cycle. */
    boolean closesCycle(int block) {
        return graph.closesCycle(current, block);
    }

    /** Gives homes to the guest registers that are used most, at most so many. */
    void chooseHomes(int mostGeneral, int mostVectors) {
        homes.clear();
        homed = 0;
        if (mostGeneral > Homes.MOST_REGIONS) {
            chooseRegions();
        }
        weighHomes();
        while (true) {
            int best = -1;
            for (int i = 0; i < registers; i++) {
                boolean vector = (vectors >> i & 1) != 0;
                boolean room = vector ? homes.vectors() < mostVectors : homes.general() < mostGeneral;
                if (room && weight[i] > 0 && (homed >> i & 1) == 0 && (best < 0 || weight[i] > weight[best])) {
                    best = i;
                }
            }
            if (best < 0) {
                break;
            }
            homes.add(slots[best], (vectors >> best & 1) != 0);
            homed |= 1L << best;
        }
        flow();
        checks.flow(this);
    }

    /** What a home saves: loads and stores of blocks, less those where control comes in and goes out. */
    private void weighHomes() {
        homed = ~mixed & (registers == MAX_REGISTERS ? -1L : (1L << registers) - 1);
        flow();
        for (int i = 0; i < registers; i++) {
            weight[i] = 0;
            for (int b = 0; b < count && (homed >> i & 1) != 0; b++) {
                weight[i] += weight(b, (reads[b] >> i & 1) + (writes[b] >> i & 1));
                if (entry[b]) {
                    weight[i] -= weight(b, liveIn[b] >> i & 1) >> (isLoopHead(b) || graph.isReturnedTo(b) || indirect[b] ? LOOP_SHIFT : 0);
                }
                if (leaves[b]) {
                    weight[i] -= weight(b, (dirtyIn[b] | writes[b]) >> i & 1);
                }
            }
        }
        homed = 0;
    }

    /** The K that serve most checks get homes. */
    private void chooseRegions() {
        long all = checks.weigh(this, regionWeight);
        while (homes.regionCount < Homes.MOST_REGIONS) {
            int best = 0;
            for (int r = 1; r < regionWeight.length; r++) {
                if (regionWeight[r] > regionWeight[best]) {
                    best = r;
                }
            }
            if (regionWeight[best] * WORTH_A_HOME <= all) {
                return;
            }
            homes.addRegion(best);
            regionWeight[best] = 0;
        }
    }

    /** Scalars in vector registers that a way from each block may read. */
    private void flowScalars() {
        long set = 0;
        for (int i = 0; i < registers; i++) {
            set |= scalars.of(slots[i]) == VectorWidths.FULL ? 0 : 1L << i;
        }
        for (int b = 0; b < count; b++) {
            scalarsIn[b] = reads[b] & set;
        }
        flowBack(scalarsIn);
    }

    private void flow() {
        Arrays.fill(dirtyIn, 0, count, 0);
        for (boolean changed = true; changed;) {
            changed = false;
            for (int e = 0; e < graph.edges(); e++) {
                if (graph.isTaken(e)) {
                    long dirty = (dirtyIn[graph.from(e)] | writes[graph.from(e)]) & homed | dirtyIn[graph.to(e)];
                    changed |= dirty != dirtyIn[graph.to(e)];
                    dirtyIn[graph.to(e)] = dirty;
                }
            }
        }
        for (int b = 0; b < count; b++) {
            liveIn[b] = (reads[b] | dirtyIn[b] & ~kills[b]) & homed;
        }
        flowBack(liveIn);
    }

    /** Adds to what a block needs what the ones behind it need and it does not write. */
    private void flowBack(long[] needed) {
        for (boolean changed = true; changed;) {
            changed = false;
            for (int e = graph.edges() - 1; e >= 0; e--) {
                if (graph.isTaken(e)) {
                    long live = needed[graph.from(e)] | needed[graph.to(e)] & ~kills[graph.from(e)];
                    changed |= live != needed[graph.from(e)];
                    needed[graph.from(e)] = live;
                }
            }
        }
    }

    // For the compiler.

    /** Gets labels for each block. */
    void startCode(Assembler asm) {
        for (int i = 0; i < 2 * count; i++) {
            labels[i] = asm.newLabel();
            jumpedTo[i] = false;
            made[i] = false;
        }
    }

    /** The block whose code is being made. @param byChoice the one that begins with the flags of {@link EdgeFlags#chosen} */
    void setCurrent(int block, boolean byChoice) {
        current = block;
        currentByChoice = byChoice;
        made[version(block, byChoice)] = true;
    }

    private static int version(int block, boolean byChoice) {
        return 2 * block + (byChoice ? 1 : 0);
    }

    /** Where code of a block is or will be, for those who go there. */
    int label(int block, boolean byChoice) {
        jumpedTo[version(block, byChoice)] = true;
        return labels[version(block, byChoice)];
    }

    /** Where the code being made begins. */
    int currentLabel() {
        return labels[version(current, currentByChoice)];
    }

    /** Somebody goes to code of a block that is not made yet. */
    boolean isMissing(int block, boolean byChoice) {
        return jumpedTo[version(block, byChoice)] && !made[version(block, byChoice)];
    }

    /** The code comes next, if the blocks are made in order, each with the flags that it mostly begins with. */
    boolean follows(int block, boolean byChoice) {
        return block == current + 1 && byChoice == flags.isMostlyChosen(block) && currentByChoice == flags.isMostlyChosen(current)
            && !made[version(block, byChoice)];
    }

    /** The comparison that the flags from before the code being made follow from; null if they are in memory, or compared for again. */
    FlagsRecipe flagsBefore() {
        return currentByChoice && flags.compared(current) == null ? flags.chosen(current) : null;
    }

    /** The comparison of guest registers that the guest's flags follow from at an operation of the current block, or null. */
    FlagsRecipe flagsAt(IrBuilder ir, int position) {
        FlagsRecipe before = currentByChoice ? flags.chosen(current) : null;
        int compared = before == null || flags.compared(current) == null ? 0 : 1;
        if (before != null && FlagsRecipe.settings(ir, position) == compared && before.staysUntil(ir, position)) {
            return before;
        }
        FlagsRecipe recipe = FlagsRecipe.at(ir, position);
        return recipe == FlagsRecipe.BEFORE ? null : recipe;
    }

    /** Something may see the flags that the guest has when the block begins. */
    boolean needsFlags(int block) {
        return flags.isNeeded(block);
    }

    /** Nobody needs the guest's flags at a conditional jump, or behind it where it is taken. */
    boolean dropsFlags(IrBuilder ir, int jump) {
        int block = find(ir.imm[jump]);
        return block >= 0 && !needsFlags(block) && !closesCycle(block);
    }

    /** Returns and other indirect jumps lead to the block. */
    boolean isReachedIndirectly(int block) {
        return indirect[block] || graph.isReturnedTo(block);
    }

    boolean isLoopHead(int block) {
        return graph.isLoopHead(block);
    }

    /** The blocks that the return or other indirect jump at the end of the current block may lead to, as a set. */
    long leadsTo() {
        return graph.leadsTo(current);
    }

    /** Control leaves the cluster at the end of the block. */
    boolean leaves(int block) {
        return leaves[block];
    }

    /** Fills {@link #listed()} for the start of the current block; returns how many. */
    int dirtyAtCurrent() {
        return list(dirtyIn[current]);
    }

    /** Region number of a check in the cluster, or -1 if it meets several or it is not known which. */
    int region(IrBuilder ir, int base, int view, int place) {
        return checks.region(ir, base, view, code.learned(view, place));
    }

    /** The home of the K of a check of the current block that has no code, as its base is known to be in the region; -1 if it has code. */
    int homeOfUnchecked(IrBuilder ir, int check, int place) {
        int region = region(ir, ir.a[check], ir.x[check], place);
        return isKnown(ir, ir.a[check], region) ? homes.registerOfRegion(region) : -1;
    }

    /** The base is known to be in the region, by its number, without a check in the current block. */
    boolean isKnown(IrBuilder ir, int base, int region) {
        return checks.isKnown(current, ir, base, region);
    }

    /** Bases that the jump from the end of the current block to another one checks. */
    long jumpChecks(int block) {
        return checks.jumpChecks(this, current, block);
    }

    /** Bases that the entry at a block checks. */
    long entryChecks(int block) {
        return checks.entryChecks(this, block);
    }

    /** The same with the guest registers whose homes have to be loaded where the block is entered from outside. */
    int loadedAt(int block) {
        return list(liveIn[block]);
    }

    /** The same with the vector registers whose upper bits have to be zero there; see {@link ScalarVectors}. */
    int scalarsAt(int block) {
        return list(scalarsIn[block]);
    }

    private int list(long set) {
        int n = 0;
        for (long rest = set; rest != 0; rest &= rest - 1) {
            listed[n++] = slots[Long.numberOfTrailingZeros(rest)];
        }
        return n;
    }

    int[] listed() {
        return listed;
    }
}
