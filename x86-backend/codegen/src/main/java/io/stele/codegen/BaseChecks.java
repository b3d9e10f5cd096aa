package io.stele.codegen;

import io.stele.ir.IrBuilder;
import java.util.Arrays;

/**
 * Which bases of memory accesses need no check where, in a {@link Cluster}: all ways there have checked them, and they are still near the region that
 * they were found in. Near means: they moved by short distances in at most so many blocks since they were checked or memory was accessed at them, so
 * that the unmapped space between slots is far wider than they can have gone.
 */
final class BaseChecks {
    /** Blocks in which a base may move since it was checked or used, and still be known; what it may have moved by is within the gaps. */
    private static final int MOVES = 3;
    private static final int MAX_CHECKS = 512;

    private final ClusterGraph graph;
    private final BaseExpressions expressions = new BaseExpressions();
    /** Region number per check; or of a check whose region is that of its base, the number of that, as {@link #byBase}. */
    private final int[] checkRegions = new int[MAX_CHECKS];
    private final int[] checkBlocks = new int[MAX_CHECKS];
    private int checks;

    // What a block does with bases, by their values at its start, up to some place; each is in one of these sets at most, but for WANTED.
    /** Found in their region by a check that leaves if it fails. */
    private static final int PROVED = 0;
    private static final int PROVED_AND_MOVED = 1;
    /** Memory was accessed at them: they are near to their region, if they were before. */
    private static final int USED = 2;
    private static final int USED_AND_MOVED = 3;
    private static final int MOVED = 4;
    private static final int LOST = 5;
    /** Any check. */
    private static final int WANTED = 6;
    private static final int FACTS = 7;
    /** In the present block, up to now. */
    private final long[] now = new long[FACTS];
    private final long[][] atEnd = new long[FACTS][Cluster.MAX_BLOCKS];
    private final long[][] atEdge = new long[FACTS][ClusterGraph.MAX_EDGES];
    private int edgesDescribed;
    private boolean cautious;
    /** The edge is the jump at the end of its block. */
    private final boolean[] plain = new boolean[ClusterGraph.MAX_EDGES];

    /** Per block: bases that are wanted before its first side exit. */
    private final long[] early = new long[Cluster.MAX_BLOCKS];
    private boolean beforeExit;
    /** Bases that all ways from the start of a block use before they change by much; of those that never change, what any way uses. */
    private final long[] wanted = new long[Cluster.MAX_BLOCKS];
    /** Per block that a loop begins with: bases that all ways around the loop use before they change by much. */
    private final long[] wantedInLoop = new long[Cluster.MAX_BLOCKS];
    private final long[] around = new long[Cluster.MAX_BLOCKS];
    /** Per number of moves and block: bases that are known at its start, having moved so many times at most. */
    private final long[][] known = new long[MOVES + 1][Cluster.MAX_BLOCKS];

    BaseChecks(ClusterGraph graph) {
        this.graph = graph;
    }

    BaseExpressions expressions() {
        return expressions;
    }

    void clear() {
        expressions.clear();
        checks = 0;
        edgesDescribed = 0;
    }

    // Description of the blocks, one after the other.

    void startBlock(int block) {
        Arrays.fill(now, 0);
        beforeExit = true;
        early[block] = 0;
    }

    /**
     * A check.
     *
     * @param slot K slot, or as {@link ClusterPages#learned}
     * @param leaves the check leaves the cluster if it fails
     */
    void check(int block, IrBuilder ir, int base, int view, int slot, boolean leaves) {
        int e = expressions.find(ir, base);
        int region = slot >= 0 ? Homes.region(view, slot) : slot == ClusterPages.UNKNOWN && e >= 0 ? byBase(e) : -1;
        if (checks < MAX_CHECKS) {
            checkRegions[checks] = region;
            checkBlocks[checks++] = block;
        }
        if (e < 0) {
            return;
        }
        if (slot == ClusterPages.UNKNOWN) {
            expressions.noteUnknown(e, view);
        } else {
            expressions.note(e, region);
        }
        long bit = 1L << e;
        now[WANTED] |= bit;
        if (leaves && (now[LOST] & bit) == 0) {
            boolean hasMoved = ((now[MOVED] | now[USED_AND_MOVED] | now[PROVED_AND_MOVED]) & bit) != 0;
            for (int fact = PROVED; fact <= MOVED; fact++) {
                now[fact] &= ~bit;
            }
            now[hasMoved ? PROVED_AND_MOVED : PROVED] |= bit;
        }
    }

    private static int byBase(int e) {
        return -2 - e;
    }

    /** An access; one whose index leads away from its base says nothing about it. */
    void access(IrBuilder ir, int i) {
        int base = ir.a[i];
        int e = ir.a[ir.b[i]] == base ? expressions.find(ir, base) : -1;
        long bit = e < 0 ? 0 : 1L << e;
        now[USED_AND_MOVED] |= now[MOVED] & bit;
        now[MOVED] &= ~bit;
        now[USED] |= bit & ~(now[LOST] | now[PROVED] | now[PROVED_AND_MOVED] | now[USED_AND_MOVED]);
    }

    /** A guest register gets another value. */
    void write(IrBuilder ir, int slot, int value) {
        long changed = expressions.changed(slot);
        if (changed == 0) {
            return;
        }
        long near = expressions.moved(ir, slot, value);
        now[PROVED_AND_MOVED] |= now[PROVED] & near;
        now[USED_AND_MOVED] |= now[USED] & near;
        now[MOVED] |= near & ~(now[LOST] | now[PROVED_AND_MOVED] | now[USED_AND_MOVED]);
        now[PROVED] &= ~changed;
        now[USED] &= ~changed;
        long far = changed & ~near;
        for (int fact = PROVED; fact <= MOVED; fact++) {
            now[fact] &= ~far;
        }
        now[LOST] |= far;
    }

    /** All edges that the graph has got since the last call are taken at this place in the block. */
    void edges(int block) {
        if (beforeExit) {
            early[block] = now[WANTED];
            beforeExit = false;
        }
        describeEdges(false);
    }

    private void describeEdges(boolean jump) {
        for (; edgesDescribed < graph.edges(); edgesDescribed++) {
            plain[edgesDescribed] = jump;
            for (int fact = 0; fact < FACTS; fact++) {
                atEdge[fact][edgesDescribed] = now[fact];
            }
        }
    }

    /** The block ends here. @param jump with a jump, which is the edge that is new, if any */
    void endBlock(int block, boolean jump) {
        if (beforeExit) {
            early[block] = now[WANTED];
        }
        describeEdges(jump);
        for (int fact = 0; fact < FACTS; fact++) {
            atEnd[fact][block] = now[fact];
        }
    }

    /** All blocks are described, and all edges are known: those that are new are at the ends of their blocks. */
    void finish(ClusterPages pages) {
        for (; edgesDescribed < graph.edges(); edgesDescribed++) {
            plain[edgesDescribed] = false;
            for (int fact = 0; fact < FACTS; fact++) {
                atEdge[fact][edgesDescribed] = atEnd[fact][graph.from(edgesDescribed)];
            }
        }
        expressions.settle(pages);
        cautious = pages.isCautious();
    }

    // Afterwards.

    /** Adds up, by region number, how much the checks of blocks weigh; returns the sum. */
    long weigh(Cluster cluster, long[] regionWeight) {
        Arrays.fill(regionWeight, 0);
        long all = 0;
        for (int i = 0; i < checks; i++) {
            int region = checkRegions[i] < -1 ? expressions.region(-2 - checkRegions[i]) : checkRegions[i];
            if (region >= 0) {
                long weight = cluster.weight(checkBlocks[i], 1);
                regionWeight[region] += weight;
                all += weight;
            }
        }
        return all;
    }

    /** Bases whose registers none of the blocks writes. */
    private long unchanged(int count) {
        long changed = 0;
        for (int b = 0; b < count; b++) {
            changed |= atEnd[PROVED_AND_MOVED][b] | atEnd[USED_AND_MOVED][b] | atEnd[MOVED][b] | atEnd[LOST][b];
        }
        return ~changed;
    }

    /**
     * Finds where bases need no check, and which of them the entries check. What an entry checks, every way from there checks anyhow before it leaves
     * the cluster, unless it leaves early. Bases that never change are checked even if only some ways use them: if that keeps control out, the
     * cluster is made again with caution.
     */
    void flow(Cluster cluster) {
        long usable = 0;
        for (int e = 0; e < expressions.count(); e++) {
            if (expressions.region(e) >= 0 && cluster.homes.registerOfRegion(expressions.region(e)) >= 0) {
                usable |= 1L << e;
            }
        }
        int count = cluster.count;
        long any = cautious ? 0 : usable & unchanged(count);
        Arrays.fill(wanted, 0, count, usable & ~any);
        for (boolean changed = true; changed;) {
            changed = false;
            for (int b = count - 1; b >= 0; b--) {
                long after = usable;
                long some = atEnd[WANTED][b];
                boolean goesOn = false;
                for (int e = 0; e < graph.edges(); e++) {
                    if (graph.from(e) == b && graph.isTaken(e)) {
                        long way = atEdge[WANTED][e] | wanted[graph.to(e)] & ~atEdge[LOST][e];
                        after &= way;
                        some |= way;
                        goesOn = true;
                    }
                }
                long before = (early[b] | (goesOn ? after : 0)) & usable | some & any;
                changed |= before != wanted[b];
                wanted[b] = before;
            }
        }
        for (int b = 0; b < count; b++) {
            wantedInLoop[b] = cautious ? 0 : usable & usedAround(b) & ~expressions.pages();
        }
        for (int b = 0; b < count; b++) {
            for (int m = 0; m <= MOVES; m++) {
                known[m][b] = cluster.entry[b] ? checkableByEntry(cluster, b) : usable;
            }
        }
        for (boolean changed = true; changed;) {
            changed = false;
            for (int e = 0; e < graph.edges(); e++) {
                long checked = graph.isTaken(e) ? checkable(cluster, e) & ~after(e, MOVES) : 0;
                for (int m = 0; m <= MOVES && graph.isTaken(e); m++) {
                    int to = graph.to(e);
                    long before = known[m][to];
                    known[m][to] &= (after(e, m) | checked) & usable;
                    changed |= known[m][to] != before;
                }
            }
        }
    }

    /** Bases that a jump into a loop may check for it. */
    private long checkable(Cluster cluster, int e) {
        int to = graph.to(e);
        boolean enters = plain[e] && cluster.firstTier[to] != 0 && graph.isLoopHead(to);
        boolean fromOutside = (graph.loop(to) >> graph.from(e) & 1) == 0;
        return enters ? wanted[to] & ~expressions.pages() | (fromOutside ? wantedInLoop[to] : 0) : 0;
    }

    /** Bases that all ways around the loop that begins with a block use before they change by much; ways out of it may do without. */
    private long usedAround(int head) {
        long loop = graph.loop(head);
        for (long rest = loop; rest != 0; rest &= rest - 1) {
            around[Long.numberOfTrailingZeros(rest)] = -1;
        }
        for (boolean changed = loop != 0; changed;) {
            changed = false;
            for (long rest = loop; rest != 0; rest &= rest - 1) {
                int b = Long.numberOfTrailingZeros(rest);
                long after = -1;
                boolean goesOn = false;
                for (int e = 0; e < graph.edges(); e++) {
                    int to = graph.to(e);
                    if (graph.from(e) == b && graph.isTaken(e) && (loop >> to & 1) != 0) {
                        after &= atEdge[WANTED][e] | (to == head ? 0 : around[to] & ~atEdge[LOST][e]);
                        goesOn = true;
                    }
                }
                after = goesOn ? after : atEnd[WANTED][b];
                changed |= after != around[b];
                around[b] = after;
            }
        }
        return loop == 0 ? 0 : around[head];
    }

    /** Bases that the jump at the end of a block checks; where that fails, the first tier's code of its target goes on. */
    long jumpChecks(Cluster cluster, int from, int to) {
        long bases = 0;
        for (int e = 0; e < graph.edges(); e++) {
            if (graph.from(e) == from && graph.to(e) == to && plain[e]) {
                bases |= checkable(cluster, e) & known[MOVES][to] & ~after(e, MOVES);
            }
        }
        return bases;
    }

    /** Bases that are known behind an edge, having moved so many times at most. */
    private long after(int e, int moves) {
        int from = graph.from(e);
        long all = known[MOVES][from];
        long touched = 0;
        for (int fact = PROVED; fact <= LOST; fact++) {
            touched |= atEdge[fact][e];
        }
        long after = known[moves][from] & ~touched | atEdge[PROVED][e] | all & atEdge[USED][e];
        if (moves > 0) {
            after |= atEdge[PROVED_AND_MOVED][e] | all & atEdge[USED_AND_MOVED][e] | known[moves - 1][from] & atEdge[MOVED][e];
        }
        return after;
    }

    /**
     * Bases that the entry at a block may check. Only where a loop begins, or an indirect jump leads to: elsewhere a check saves no more than one.
     */
    private long checkableByEntry(Cluster cluster, int block) {
        boolean useful = cluster.isLoopHead(block) || cluster.indirect[block];
        return cluster.firstTier[block] != 0 && useful ? wanted[block] | wantedInLoop[block] : 0;
    }

    /** Bases that the entry at a block checks; where that fails, the first tier's code goes on. */
    long entryChecks(Cluster cluster, int block) {
        return checkableByEntry(cluster, block) & known[MOVES][block];
    }

    /** Region number of a check, or -1 if it meets several or it is not known which. @param learned see {@link ClusterPages#learned} */
    int region(IrBuilder ir, int base, int view, int learned) {
        if (learned >= 0 && !cautious) {
            return Homes.region(view, learned);
        }
        int e = learned == ClusterPages.SEVERAL ? -1 : expressions.find(ir, base);
        int region = e < 0 ? -1 : expressions.region(e);
        return region >= 0 && Homes.view(region) == view && (learned < 0 || region == Homes.region(view, learned)) ? region : -1;
    }

    /** The base is known to be in the region, by its number, without a check in a block. */
    boolean isKnown(int block, IrBuilder ir, int base, int region) {
        int e = expressions.find(ir, base);
        return e >= 0 && (known[MOVES][block] >> e & 1) != 0 && expressions.region(e) == region;
    }
}
