package io.stele.codegen;

import java.util.Arrays;

/**
 * How control flows between the blocks of a {@link Cluster}, by their numbers: edges, cycles, loops, and where returns lead to. Sets of blocks are
 * longs.
 */
final class ClusterGraph {
    static final int MAX_EDGES = 1024;
    private static final byte JUMP = 1;
    /** To what is called. */
    private static final byte CALL = 2;
    /** To behind a call that is in the cluster. */
    private static final byte RETURN = 4;
    /** To what stands behind a call: control comes back there, but not from here. */
    private static final byte BEHIND = 8;
    /** Within a function. */
    private static final int LOCAL = JUMP | BEHIND;
    private static final int TAKEN = JUMP | CALL | RETURN;
    /** Loops within loops that count. */
    private static final int MAX_DEPTH = 4;
    private static final int UNSEEN = -1;
    private static final int OPEN = Integer.MAX_VALUE;
    private static final int NONE = -1;

    private int blocks;
    private int edges;
    private int root;
    private final int[] from = new int[MAX_EDGES];
    private final int[] to = new int[MAX_EDGES];
    private final byte[] kind = new byte[MAX_EDGES];
    /** Per block: what it calls, and the block behind the call; NONE where that is not in the cluster. */
    private final int[] called = new int[Cluster.MAX_BLOCKS];
    private final int[] behind = new int[Cluster.MAX_BLOCKS];
    /** The block ends with a return. */
    private final boolean[] returns = new boolean[Cluster.MAX_BLOCKS];
    /** Per block that ends with a return, or another indirect jump: the blocks that this may lead to. */
    private final long[] leadsTo = new long[Cluster.MAX_BLOCKS];
    /** Per block: the loop of its function that it is the head of, with it; none: empty. */
    private final long[] loop = new long[Cluster.MAX_BLOCKS];
    private final int[] depth = new int[Cluster.MAX_BLOCKS];
    private final int[] callDepth = new int[Cluster.MAX_BLOCKS];
    /** Position in a walk that leaves a block's successors before the block; a cycle has an edge that does not go to a lower one. */
    private final int[] postOrder = new int[Cluster.MAX_BLOCKS];
    private final int[] path = new int[Cluster.MAX_BLOCKS];
    private final int[] pathEdge = new int[Cluster.MAX_BLOCKS];

    void clear() {
        edges = 0;
        Arrays.fill(called, NONE);
        Arrays.fill(behind, NONE);
        Arrays.fill(returns, false);
        Arrays.fill(leadsTo, 0);
    }

    private void edge(int source, int target, byte edgeKind) {
        if (target >= 0 && edges < MAX_EDGES) {
            from[edges] = source;
            to[edges] = target;
            kind[edges++] = edgeKind;
        }
    }

    /** Control may go from one block to another. Negative numbers are blocks that are not there. */
    void jump(int source, int target) {
        edge(source, target, JUMP);
    }

    /** The block ends with a call. */
    void call(int source, int target, int returnPoint) {
        edge(source, target, CALL);
        edge(source, returnPoint, BEHIND);
        called[source] = target;
        behind[source] = returnPoint;
    }

    /** The block ends with an indirect jump, to some of a set of blocks or out of the cluster. */
    void jumpIndirect(int source, long targets) {
        leadsTo[source] = targets;
        for (long rest = targets; rest != 0; rest &= rest - 1) {
            jump(source, Long.numberOfTrailingZeros(rest));
        }
    }

    /** The block ends with a return. */
    void returns(int source) {
        returns[source] = true;
    }

    /** True if there were more edges than can be kept: nothing is to be made of the graph. */
    boolean tooLarge() {
        return edges == MAX_EDGES;
    }

    /**
     * All edges are known: finds where returns lead to, the loops, and the edges that close cycles. Of a loop that some block of it was sampled in,
     * the first block in memory is taken as the beginning.
     */
    void finish(int blockCount, int head) {
        blocks = blockCount;
        linkReturns();
        root = Long.numberOfTrailingZeros(loopWith(head));
        walk(root, LOCAL);
        findLoops();
        addCallDepths();
        walk(root, TAKEN);
    }

    /** Where walks begin. */
    int root() {
        return root;
    }

    /** A block of a function and those that are reached from it and lead to it. */
    private long loopWith(int block) {
        long reached = body(block);
        long loop = 1L << block;
        for (long before = 0; before != loop;) {
            before = loop;
            for (int e = 0; e < edges; e++) {
                if ((kind[e] & LOCAL) != 0 && (loop >> to[e] & 1) != 0) {
                    loop |= reached & 1L << from[e];
                }
            }
        }
        return loop;
    }

    /** A block with a return that is reached from what a call calls leads to behind the call. */
    private void linkReturns() {
        for (int b = 0; b < blocks; b++) {
            if (called[b] >= 0 && behind[b] >= 0) {
                for (long rest = body(called[b]); rest != 0; rest &= rest - 1) {
                    int r = Long.numberOfTrailingZeros(rest);
                    if (returns[r]) {
                        leadsTo[r] |= 1L << behind[b];
                    }
                }
            }
        }
        for (int b = 0; b < blocks; b++) {
            for (long rest = returns[b] ? leadsTo[b] : 0; rest != 0; rest &= rest - 1) {
                edge(b, Long.numberOfTrailingZeros(rest), RETURN);
            }
        }
    }

    /** The blocks of a function, without what it calls. */
    private long body(int start) {
        long body = 1L << start;
        for (long before = 0; before != body;) {
            before = body;
            for (int e = 0; e < edges; e++) {
                if ((kind[e] & LOCAL) != 0 && (body >> from[e] & 1) != 0) {
                    body |= 1L << to[e];
                }
            }
        }
        return body;
    }

    /** Walks from all blocks, the head first, over edges of some kinds. */
    private void walk(int head, int kinds) {
        Arrays.fill(postOrder, 0, blocks, UNSEEN);
        int next = walk(head, 0, kinds);
        for (int b = 0; b < blocks; b++) {
            if (postOrder[b] == UNSEEN) {
                next = walk(b, next, kinds);
            }
        }
    }

    private int walk(int root, int first, int kinds) {
        int next = first;
        int n = 0;
        path[0] = root;
        pathEdge[0] = 0;
        postOrder[root] = OPEN;
        while (n >= 0) {
            int b = path[n];
            int e = pathEdge[n];
            while (e < edges && (from[e] != b || (kind[e] & kinds) == 0 || postOrder[to[e]] != UNSEEN)) {
                e++;
            }
            if (e < edges) {
                pathEdge[n++] = e + 1;
                path[n] = to[e];
                pathEdge[n] = 0;
                postOrder[to[e]] = OPEN;
            } else {
                postOrder[b] = next++;
                n--;
            }
        }
        return next;
    }

    /**
     * Loops within functions: what reaches the source of an edge that closes a cycle, without its target. A block that repeats itself is a loop of
     * its own within one that has the same head.
     */
    private void findLoops() {
        Arrays.fill(depth, 0, blocks, 0);
        Arrays.fill(loop, 0, blocks, 0);
        for (int h = 0; h < blocks; h++) {
            long body = 0;
            for (int e = 0; e < edges; e++) {
                body |= to[e] == h && (kind[e] & LOCAL) != 0 && closesCycle(from[e], h) ? 1L << from[e] : 0;
            }
            if (body == 0) {
                continue;
            }
            if ((body >> h & 1) != 0 && body != 1L << h) {
                depth[h] = Math.min(MAX_DEPTH, depth[h] + 1);
            }
            body |= 1L << h;
            for (long before = 0; before != body;) {
                before = body;
                for (int e = 0; e < edges; e++) {
                    if (to[e] != h && (kind[e] & LOCAL) != 0 && (body >> to[e] & 1) != 0) {
                        body |= 1L << from[e];
                    }
                }
            }
            loop[h] = body;
            for (long rest = body; rest != 0; rest &= rest - 1) {
                int b = Long.numberOfTrailingZeros(rest);
                depth[b] = Math.min(MAX_DEPTH, depth[b] + 1);
            }
        }
    }

    /** What is called in loops is as deep as the call. */
    private void addCallDepths() {
        Arrays.fill(callDepth, 0, blocks, 0);
        for (int round = 0; round < MAX_DEPTH; round++) {
            for (int c = 0; c < blocks; c++) {
                if (called[c] >= 0) {
                    for (long rest = body(called[c]); rest != 0; rest &= rest - 1) {
                        int b = Long.numberOfTrailingZeros(rest);
                        callDepth[b] = Math.max(callDepth[b], depth(c));
                    }
                }
            }
        }
    }

    /** True if some block is reached from itself. */
    boolean loops() {
        for (int i = 0; i < blocks; i++) {
            if (isLoopHead(i)) {
                return true;
            }
        }
        return false;
    }

    /** The blocks of a function that a loop is made of which begins with a block. */
    long loop(int head) {
        return loop[head];
    }

    /** How many loops a block is in. */
    int depth(int block) {
        return Math.min(MAX_DEPTH, depth[block] + callDepth[block]);
    }

    /** Some return in the cluster leads to the block. */
    boolean isReturnedTo(int block) {
        for (int b = 0; b < blocks; b++) {
            if (returns[b] && (leadsTo[b] >> block & 1) != 0) {
                return true;
            }
        }
        return false;
    }

    /** An edge between two blocks has to look for interrupts: it may close a cycle. */
    boolean closesCycle(int source, int target) {
        return postOrder[target] >= postOrder[source];
    }

    /** Some edge to the block closes a cycle. */
    boolean isLoopHead(int block) {
        for (int e = 0; e < edges; e++) {
            if (to[e] == block && isTaken(e) && closesCycle(from[e], block)) {
                return true;
            }
        }
        return false;
    }

    /** The blocks that the return or the indirect jump at the end of a block leads to. */
    long leadsTo(int block) {
        return leadsTo[block];
    }

    // The edges, by number.

    int edges() {
        return edges;
    }

    int from(int edge) {
        return from[edge];
    }

    int to(int edge) {
        return to[edge];
    }

    /** Control goes from one block to the other, with the homes as they are. */
    boolean isTaken(int edge) {
        return kind[edge] != BEHIND;
    }
}
