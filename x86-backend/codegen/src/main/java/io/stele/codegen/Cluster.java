package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
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
    final ClusterGraph graph = new ClusterGraph();

    /** Control comes here from outside. */
    final boolean[] entry = new boolean[MAX_BLOCKS];
    private final int[] labels = new int[MAX_BLOCKS];
    private final long[] reads = new long[MAX_BLOCKS];
    private final long[] writes = new long[MAX_BLOCKS];
    /** Written before anything can fault or leave. */
    private final long[] kills = new long[MAX_BLOCKS];
    private final boolean[] needsFlags = new boolean[MAX_BLOCKS];
    /** Control leaves the cluster at the end of the block. */
    private final boolean[] leaves = new boolean[MAX_BLOCKS];
    /** Guest registers with homes whose value in memory may be old at the start of the block; whose home must have the value there. */
    private final long[] dirtyIn = new long[MAX_BLOCKS];
    private final long[] liveIn = new long[MAX_BLOCKS];

    private final BaseExpressions expressions = new BaseExpressions();
    /** Bases, by their values at the start of the block, that the block accesses memory with. */
    private final long[] bases = new long[MAX_BLOCKS];
    /** Those among them whose check in the block leaves if it fails: not in an instruction that the cluster may be entered at. */
    private final long[] proved = new long[MAX_BLOCKS];
    /** Bases that change in the block so that nothing is known about them. */
    private final long[] lost = new long[MAX_BLOCKS];
    /** The same before its first side exit. */
    private final long[] earlyBases = new long[MAX_BLOCKS];
    /** Bases that are known to be in their region at the start of the block. */
    private final long[] checkedIn = new long[MAX_BLOCKS];
    private final long[] regionWeight = new long[2 * CpuArea.REGION_SLOTS];
    /** Per edge: bases that were checked before it and are still known to be in their region; those that are not known any more. */
    private final long[] edgeChecks = new long[ClusterGraph.MAX_EDGES];
    private final long[] edgeLosses = new long[ClusterGraph.MAX_EDGES];
    /** Edges of which that is known. */
    private int edgesDescribed;
    /** Bases of the present block that memory was accessed at, or near to: they stay known if they move by a short distance. */
    private long anchored;
    /** Bases that all ways from the start of the block use before they change. */
    private final long[] wanted = new long[MAX_BLOCKS];
    /** VM address of the first tier's code of the block, or 0. */
    final long[] firstTier = new long[MAX_BLOCKS];

    private static final int MAX_CHECKS = 512;
    private final int[] checkRegions = new int[MAX_CHECKS];
    private final int[] checkBlocks = new int[MAX_CHECKS];
    private int checks;

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

    void clear() {
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
        checks = 0;
        expressions.clear();
        vectors = 0;
        mixed = 0;
        graph.clear();
        edgesDescribed = 0;
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
        for (int i = 0; i < count; i++) {
            entries[index(start[i])] = entry[i];
        }
        Arrays.sort(start, 0, count);
        for (int i = 0; i < count; i++) {
            blockAt[index(start[i])] = (short) i;
            entry[i] = entries[index(start[i])];
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

    /** Takes down the bases that a block accesses memory with; of all blocks before any is described, since each may change all of them. */
    void collectBases(IrBuilder ir) {
        for (int i = 1; i <= ir.endOperation(); i++) {
            if (ir.op[i] == REGION) {
                expressions.add(ir, ir.a[i]);
            }
        }
    }

    /** Takes down what a block does with guest registers, and where it goes. */
    void describe(int block, IrBuilder ir, RegionGuess guess) {
        bases[block] = 0;
        proved[block] = 0;
        lost[block] = 0;
        anchored = 0;
        long early = -1;
        int instruction = 0;
        reads[block] = 0;
        writes[block] = 0;
        kills[block] = 0;
        needsFlags[block] = true;
        boolean flagsSeen = false;
        int end = ir.endOperation();
        int behind = ir.startOffset() + 4 * ir.instructions();
        for (int i = 1; i <= end; i++) {
            int op = ir.op[i];
            switch (op) {
                case READ_REG, READ_VEC -> reads[block] |= bit(index((int) ir.imm[i] >> 3, op == READ_VEC));
                case SET_REG, SET_VEC -> {
                    long bit = bit(index((int) ir.imm[i] >> 3, op == SET_VEC));
                    writes[block] |= bit;
                    lost[block] |= expressions.lost(ir, (int) ir.imm[i] >> 3, ir.a[i], anchored);
                    if (ir.d[i] == 0) {
                        kills[block] |= bit & ~reads[block];
                    }
                }
                case BEGIN -> instruction = (int) ir.imm[i];
                case REGION -> describeCheck(block, ir, i, instruction, guess);
                case LOAD, STORE, LOAD_VEC, STORE_VEC, STORE_RELEASE -> anchor(ir, i);
                case READ_FLAGS -> flagsSeen = true;
                case SET_FLAGS -> {
                    if (!flagsSeen && ir.d[i] == 0) {
                        needsFlags[block] = false;
                    }
                    flagsSeen = true;
                }
                case JUMP_IF -> {
                    graph.jump(block, find(ir.imm[i]));
                    describeEdges(block);
                    early = early < 0 ? bases[block] : early;
                }
                default -> { }
            }
        }
        earlyBases[block] = early < 0 ? bases[block] : early;
        int target = ir.op[end] == JUMP ? find(ir.imm[end]) : -1;
        leaves[block] = target < 0;
        if (isCall(ir)) {
            graph.call(block, target, find(behind));
        } else {
            graph.jump(block, target);
        }
        if (ir.op[end] == JUMP_INDIRECT && ir.x[end] == IrBuilder.HINT_RETURN) {
            graph.returns(block);
        }
        describeEdges(block);
    }

    /** The new edges are taken at this place in the block. */
    private void describeEdges(int block) {
        describeEdges(block, graph.edges());
    }

    private void describeEdges(int block, int end) {
        for (; edgesDescribed < end; edgesDescribed++) {
            edgeChecks[edgesDescribed] = proved[block] & ~lost[block];
            edgeLosses[edgesDescribed] = lost[block];
        }
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

    /** All blocks are described. @param head place of the head */
    void finish(int head) {
        graph.finish(count, find(head));
        while (edgesDescribed < graph.edges()) {
            describeEdges(graph.from(edgesDescribed), edgesDescribed + 1);
        }
        for (int b = 0; b < count; b++) {
            leaves[b] &= graph.returnsTo(b) == 0;
        }
    }

    /** An access: unless an index leads away from its base, that has been near to mapped memory. */
    private void anchor(IrBuilder ir, int access) {
        int base = ir.a[access];
        int e = ir.a[ir.b[access]] == base ? expressions.find(ir, base) : -1;
        anchored |= e < 0 ? 0 : 1L << e;
    }

    private void describeCheck(int block, IrBuilder ir, int i, int instruction, RegionGuess guess) {
        int slot = regionSlot(ir.x[i], instruction, guess);
        int region = slot < 0 ? -1 : Homes.region(ir.x[i], slot);
        if (checks < MAX_CHECKS) {
            checkRegions[checks] = region;
            checkBlocks[checks++] = block;
        }
        int base = expressions.find(ir, ir.a[i]);
        if (base >= 0) {
            bases[block] |= 1L << base;
            proved[block] |= instruction == ir.startOffset() ? 0 : 1L << base;
            expressions.note(base, region);
        }
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
        flowChecks();
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
                    weight[i] -= weight(b, liveIn[b] >> i & 1) >> (isLoopHead(b) || graph.isReturnedTo(b) ? LOOP_SHIFT : 0);
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
        Arrays.fill(regionWeight, 0);
        long all = 0;
        for (int i = 0; i < checks; i++) {
            if (checkRegions[i] >= 0) {
                regionWeight[checkRegions[i]] += weight(checkBlocks[i], 1);
                all += weight(checkBlocks[i], 1);
            }
        }
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

    /**
     * Finds where bases need no check: on all ways to the block they were checked, and not written since; and which of them the entries check.
     * What an entry checks, every way from there checks anyhow before it leaves the cluster, unless it leaves early.
     */
    private void flowChecks() {
        long usable = 0;
        for (int e = 0; e < expressions.count(); e++) {
            if (expressions.region(e) >= 0 && homes.registerOfRegion(expressions.region(e)) >= 0) {
                usable |= 1L << e;
            }
        }
        for (int b = 0; b < count; b++) {
            wanted[b] = usable;
        }
        for (boolean changed = true; changed;) {
            changed = false;
            for (int b = count - 1; b >= 0; b--) {
                long after = usable;
                boolean goesOn = false;
                for (int e = 0; e < graph.edges(); e++) {
                    if (graph.from(e) == b && graph.isTaken(e)) {
                        after &= edgeChecks[e] | wanted[graph.to(e)] & ~edgeLosses[e];
                        goesOn = true;
                    }
                }
                long before = (earlyBases[b] | (goesOn ? after : 0)) & usable;
                changed |= before != wanted[b];
                wanted[b] = before;
            }
        }
        for (int b = 0; b < count; b++) {
            checkedIn[b] = entry[b] ? entryChecks(b) : usable;
        }
        for (boolean changed = true; changed;) {
            changed = false;
            for (int e = 0; e < graph.edges(); e++) {
                if (graph.isTaken(e)) {
                    long checked = checkedIn[graph.to(e)] & ((checkedIn[graph.from(e)] & ~edgeLosses[e] | edgeChecks[e]) & usable);
                    changed |= checked != checkedIn[graph.to(e)];
                    checkedIn[graph.to(e)] = checked;
                }
            }
        }
    }

    /**
     * Bases that the entry at a block checks; where that fails, the first tier's code goes on. Only where a loop begins: elsewhere a check saves
     * no more than one.
     */
    long entryChecks(int block) {
        return firstTier[block] == 0 || !isLoopHead(block) ? 0 : wanted[block];
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
        for (boolean changed = true; changed;) {
            changed = false;
            for (int e = graph.edges() - 1; e >= 0; e--) {
                if (graph.isTaken(e)) {
                    long live = liveIn[graph.from(e)] | liveIn[graph.to(e)] & ~kills[graph.from(e)];
                    changed |= live != liveIn[graph.from(e)];
                    liveIn[graph.from(e)] = live;
                }
            }
        }
    }

    // For the compiler.

    /** Gets a label for each block. */
    void startCode(Assembler asm) {
        for (int i = 0; i < count; i++) {
            labels[i] = asm.newLabel();
        }
    }

    /** The block whose code is being made. */
    void setCurrent(int block) {
        current = block;
    }

    int label(int block) {
        return labels[block];
    }

    /** The block's code comes next. */
    boolean follows(int block) {
        return block == current + 1;
    }

    /** Something may see the flags that the guest has when the block begins. */
    boolean needsFlags(int block) {
        return needsFlags[block];
    }

    boolean isLoopHead(int block) {
        return graph.isLoopHead(block);
    }

    /** The blocks that the return at the end of the current block may lead to, as a set. */
    long returnsTo() {
        return graph.returnsTo(current);
    }

    /** Control leaves the cluster at the end of the block. */
    boolean leaves(int block) {
        return leaves[block];
    }

    /** Fills {@link #listed()} for the start of the current block; returns how many. */
    int dirtyAtCurrent() {
        return list(dirtyIn[current]);
    }

    /** K slot of a check, or -1 if it meets several regions. */
    int regionSlot(int view, int place, RegionGuess guess) {
        return guess.isSettled(view, place) ? guess.slot(view, -1, place) : -1;
    }

    /** The base is known to be in the region, by its number, without a check in the current block. */
    boolean isChecked(IrBuilder ir, int base, int region) {
        int e = expressions.find(ir, base);
        return e >= 0 && (checkedIn[current] >> e & 1) != 0 && expressions.region(e) == region;
    }

    BaseExpressions expressions() {
        return expressions;
    }

    /** The same with the guest registers whose homes have to be loaded where the block is entered from outside. */
    int loadedAt(int block) {
        return list(liveIn[block]);
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
