package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import java.util.Arrays;

/**
 * Blocks of one page that are compiled together: which they are, how control flows between them, what they do with guest registers, and which
 * guest registers have homes in host registers for that. Each block is an extended basic block as {@link IrBuilder} makes it, with side exits.
 *
 * <p>Facts about guest registers are sets of up to 64 registers, as longs; what is beyond has no home.
 */
final class Cluster {
    static final int MAX_BLOCKS = 64;
    private static final int MAX_EDGES = 512;
    private static final int PAGE_WORDS = 1024;
    private static final int MAX_REGISTERS = 64;
    /** Loops within loops that count for the choice of homes. */
    private static final int MAX_DEPTH = 4;
    private static final int UNSEEN = -1;
    private static final int OPEN = Integer.MAX_VALUE;
    /** How often the body of a loop is thought to be executed. */
    private static final int LOOP_SHIFT = 3;
    /** The K of a region gets a home if it serves more than one in so many checks. */
    private static final int WORTH_A_HOME = 6;

    private final short[] blockAt = new short[PAGE_WORDS];
    final int[] start = new int[MAX_BLOCKS];
    int count;
    private int current;

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
    private final int[] depth = new int[MAX_BLOCKS];
    /** Position in a walk that leaves a block's successors before the block; a cycle has an edge that does not go to a lower one. */
    private final int[] postOrder = new int[MAX_BLOCKS];
    private final int[] path = new int[MAX_BLOCKS];
    private final int[] pathEdge = new int[MAX_BLOCKS];
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
    private final long[] edgeChecks = new long[MAX_EDGES];
    private final long[] edgeLosses = new long[MAX_EDGES];
    private final int[] edgeFrom = new int[MAX_EDGES];
    /** Bases that all ways from the start of the block use before they change. */
    private final long[] wanted = new long[MAX_BLOCKS];
    /** VM address of the first tier's code of the block, or 0. */
    final long[] firstTier = new long[MAX_BLOCKS];
    private final int[] edgeTo = new int[MAX_EDGES];
    /** A call: control comes back there, but not from here. */
    private final boolean[] edgeCalls = new boolean[MAX_EDGES];
    private int edges;

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
            blockAt[start[i] >> 2] = -1;
        }
        count = 0;
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
        edges = 0;
        homes.clear();
        homed = 0;
    }

    // Blocks.

    /** Number of the block that begins at a page offset, or -1. */
    int find(int pageOffset) {
        return blockAt[pageOffset >> 2];
    }

    boolean full() {
        return count == MAX_BLOCKS;
    }

    /** Adds a block. */
    void add(int pageOffset) {
        entry[count] = false;
        blockAt[pageOffset >> 2] = (short) count;
        start[count++] = pageOffset;
    }

    /** Orders the blocks by page offset, as they will be emitted. Their numbers change. */
    void sort() {
        boolean[] entries = new boolean[PAGE_WORDS];
        for (int i = 0; i < count; i++) {
            entries[start[i] >> 2] = entry[i];
        }
        Arrays.sort(start, 0, count);
        for (int i = 0; i < count; i++) {
            blockAt[start[i] >> 2] = (short) i;
            entry[i] = entries[start[i] >> 2];
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
        long early = -1;
        int instruction = 0;
        reads[block] = 0;
        writes[block] = 0;
        kills[block] = 0;
        needsFlags[block] = true;
        boolean flagsSeen = false;
        int end = ir.endOperation();
        int behind = ir.startOffset() + 4 * ir.instructions();
        boolean call = ir.op[end] == JUMP_INDIRECT && ir.x[end] == IrBuilder.HINT_CALL;
        for (int i = 1; i <= end; i++) {
            int op = ir.op[i];
            switch (op) {
                case READ_REG, READ_VEC -> reads[block] |= bit(index((int) ir.imm[i] >> 3, op == READ_VEC));
                case SET_REG, SET_VEC -> {
                    long bit = bit(index((int) ir.imm[i] >> 3, op == SET_VEC));
                    writes[block] |= bit;
                    lost[block] |= expressions.lost(ir, (int) ir.imm[i] >> 3, ir.a[i], bases[block]);
                    if (ir.d[i] == 0) {
                        kills[block] |= bit & ~reads[block];
                    }
                }
                case BEGIN -> instruction = (int) ir.imm[i];
                case REGION -> describeCheck(block, ir, i, instruction, guess);
                case READ_FLAGS -> flagsSeen = true;
                case SET_FLAGS -> {
                    if (!flagsSeen && ir.d[i] == 0) {
                        needsFlags[block] = false;
                    }
                    flagsSeen = true;
                }
                case PAGE_ADDRESS -> call |= ir.op[end] == JUMP && ir.imm[i] == behind;
                case JUMP_IF -> {
                    edge(block, ir.imm[i], false);
                    early = early < 0 ? bases[block] : early;
                }
                default -> { }
            }
        }
        if (call) {
            edge(block, behind, true);
        }
        earlyBases[block] = early < 0 ? bases[block] : early;
        leaves[block] = true;
        if (ir.op[end] == JUMP) {
            leaves[block] = ir.imm[end] < 0 || ir.imm[end] >= PAGE_WORDS * 4 || find((int) ir.imm[end]) < 0;
            edge(block, ir.imm[end], false);
        }
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

    private void edge(int from, long target, boolean call) {
        int to = target < 0 || target >= PAGE_WORDS * 4 ? -1 : find((int) target);
        if (to >= 0 && edges < MAX_EDGES) {
            edgeFrom[edges] = from;
            edgeTo[edges] = to;
            edgeChecks[edges] = proved[from] & ~lost[from];
            edgeLosses[edges] = lost[from];
            edgeCalls[edges++] = call;
        }
    }

    /** True if there were more edges than can be kept: nothing is to be made of the facts. */
    boolean tooLarge() {
        return edges == MAX_EDGES;
    }

    /** True if some block is reached from itself. */
    boolean loops() {
        for (int i = 0; i < count; i++) {
            if (depth[i] > 0) {
                return true;
            }
        }
        return false;
    }

    /** Finds the loops: a block is in one when it is reached from the target of an edge backward in the order of blocks, and reaches its source. */
    void findLoops() {
        Arrays.fill(depth, 0, count, 0);
        boolean[] head = new boolean[count];
        for (int e = 0; e < edges; e++) {
            head[edgeTo[e]] |= edgeTo[e] <= edgeFrom[e];
        }
        for (int h = 0; h < count; h++) {
            if (head[h]) {
                long body = 1L << h;
                for (int e = 0; e < edges; e++) {
                    if (edgeTo[e] == h && edgeFrom[e] >= h) {
                        body |= 1L << edgeFrom[e];
                    }
                }
                for (long before = 0; before != body;) {
                    before = body;
                    for (int e = 0; e < edges; e++) {
                        if (edgeTo[e] != h && (body >> edgeTo[e] & 1) != 0 && edgeFrom[e] > h) {
                            body |= 1L << edgeFrom[e];
                        }
                    }
                }
                for (long rest = body; rest != 0; rest &= rest - 1) {
                    int b = Long.numberOfTrailingZeros(rest);
                    depth[b] = Math.min(MAX_DEPTH, depth[b] + 1);
                }
            }
        }
    }

    /** What happens so often in a block, by how often the block is thought to be executed. */
    long weight(int block, long times) {
        return times << LOOP_SHIFT * depth[block];
    }

    /** Walks from the entries, the head first, to find the edges that close cycles. */
    void findCycles(int head) {
        Arrays.fill(postOrder, 0, count, UNSEEN);
        int next = walk(head, 0);
        for (int b = 0; b < count; b++) {
            if (postOrder[b] == UNSEEN) {
                next = walk(b, next);
            }
        }
    }

    private int walk(int root, int first) {
        int next = first;
        int n = 0;
        path[0] = root;
        pathEdge[0] = 0;
        postOrder[root] = OPEN;
        while (n >= 0) {
            int b = path[n];
            int e = pathEdge[n];
            while (e < edges && (edgeFrom[e] != b || edgeCalls[e] || postOrder[edgeTo[e]] != UNSEEN)) {
                e++;
            }
            if (e < edges) {
                pathEdge[n++] = e + 1;
                path[n] = edgeTo[e];
                pathEdge[n] = 0;
                postOrder[edgeTo[e]] = OPEN;
            } else {
                postOrder[b] = next++;
                n--;
            }
        }
        return next;
    }

    /** An edge from the current block has to look for interrupts: it may close a cycle. */
    boolean closesCycle(int block) {
        return postOrder[block] >= postOrder[current];
    }

    /** The same for an edge between two blocks. */
    private boolean closesCycle(int from, int to) {
        return postOrder[to] >= postOrder[from];
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
                    weight[i] -= weight(b, liveIn[b] >> i & 1) >> (isLoopHead(b) ? LOOP_SHIFT : 0);
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
                for (int e = 0; e < edges; e++) {
                    if (edgeFrom[e] == b && !edgeCalls[e]) {
                        after &= edgeChecks[e] | wanted[edgeTo[e]] & ~edgeLosses[e];
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
            for (int e = 0; e < edges; e++) {
                if (!edgeCalls[e]) {
                    long checked = checkedIn[edgeTo[e]] & ((checkedIn[edgeFrom[e]] & ~edgeLosses[e] | edgeChecks[e]) & usable);
                    changed |= checked != checkedIn[edgeTo[e]];
                    checkedIn[edgeTo[e]] = checked;
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
            for (int e = 0; e < edges; e++) {
                if (!edgeCalls[e]) {
                    long dirty = (dirtyIn[edgeFrom[e]] | writes[edgeFrom[e]]) & homed | dirtyIn[edgeTo[e]];
                    changed |= dirty != dirtyIn[edgeTo[e]];
                    dirtyIn[edgeTo[e]] = dirty;
                }
            }
        }
        for (int b = 0; b < count; b++) {
            liveIn[b] = (reads[b] | dirtyIn[b] & ~kills[b]) & homed;
        }
        for (boolean changed = true; changed;) {
            changed = false;
            for (int e = edges - 1; e >= 0; e--) {
                if (!edgeCalls[e]) {
                    long live = liveIn[edgeFrom[e]] | liveIn[edgeTo[e]] & ~kills[edgeFrom[e]];
                    changed |= live != liveIn[edgeFrom[e]];
                    liveIn[edgeFrom[e]] = live;
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
        for (int e = 0; e < edges; e++) {
            if (edgeTo[e] == block && !edgeCalls[e] && closesCycle(edgeFrom[e], block)) {
                return true;
            }
        }
        return false;
    }

    // For dumps.

    /** How many loops the block is in, as far as they count. */
    int loopsAround(int block) {
        return depth[block];
    }

    /** Control leaves the cluster at the end of the block. */
    boolean leaves(int block) {
        return leaves[block];
    }

    int edges() {
        return edges;
    }

    int edgeFrom(int edge) {
        return edgeFrom[edge];
    }

    int edgeTo(int edge) {
        return edgeTo[edge];
    }

    /** The block calls, and what the edge leads to lies behind the call. */
    boolean isCall(int edge) {
        return edgeCalls[edge];
    }

    /** Fills {@link #listed()} for the start of the current block; returns how many. */
    int dirtyAtCurrent() {
        return list(dirtyIn[current]);
    }

    /** K slot of a check, or -1 if it meets several regions. */
    int regionSlot(int view, int pageOffset, RegionGuess guess) {
        return guess.isSettled(view, pageOffset) ? guess.slot(view, -1, pageOffset) : -1;
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
