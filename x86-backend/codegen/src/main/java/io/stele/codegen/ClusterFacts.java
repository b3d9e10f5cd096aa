package io.stele.codegen;

import io.stele.ir.PackedNumbers;
import java.util.Arrays;
import java.util.function.IntFunction;

/** What a cluster consists of, for dumps: which guest registers have homes, which blocks are in it, and why. */
public final class ClusterFacts {
    private static final String[] GENERAL = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
    private static final int ENTRY = 1;
    private static final int LOOP_HEAD = 2;
    private static final int LEAVES = 4;
    private static final int FLAGS = 1;
    private static final int LOOPS = 2;
    private static final int HEAD_FIELDS = 3;
    private static final int EDGE_FIELDS = 3;

    /** Per home: byte offset in the state, host register. */
    private final int[] homes;
    /** Per K with a home: view, K slot, host register. */
    private final int[] regions;
    /** Per block in order: place, as distance from the first byte of the head's page, flags, loops around it. */
    private final int[] blocks;
    /** Per edge: places of the blocks that it comes from and leads to, 1 behind a call. */
    private final int[] edges;

    private ClusterFacts(int[] homes, int[] regions, int[] blocks, int[] edges) {
        this.homes = homes;
        this.regions = regions;
        this.blocks = blocks;
        this.edges = edges;
    }

    static ClusterFacts of(Cluster cluster) {
        Homes chosen = cluster.homes;
        int[] homes = new int[2 * chosen.count];
        for (int i = 0; i < chosen.count; i++) {
            homes[2 * i] = chosen.slots[i] << 3;
            homes[2 * i + 1] = chosen.register(chosen.slots[i]);
        }
        int[] regions = new int[3 * chosen.regionCount];
        for (int i = 0; i < chosen.regionCount; i++) {
            regions[3 * i] = chosen.regionView(i);
            regions[3 * i + 1] = chosen.regionSlot(i);
            regions[3 * i + 2] = chosen.regionRegister(i);
        }
        int[] blocks = new int[HEAD_FIELDS * cluster.count];
        for (int b = 0; b < cluster.count; b++) {
            blocks[HEAD_FIELDS * b] = cluster.start[b];
            blocks[HEAD_FIELDS * b + FLAGS] =
                (cluster.entry[b] ? ENTRY : 0) | (cluster.isLoopHead(b) ? LOOP_HEAD : 0) | (cluster.leaves(b) ? LEAVES : 0);
            blocks[HEAD_FIELDS * b + LOOPS] = cluster.graph.depth(b);
        }
        ClusterGraph graph = cluster.graph;
        int[] edges = new int[EDGE_FIELDS * graph.edges()];
        for (int e = 0; e < graph.edges(); e++) {
            edges[EDGE_FIELDS * e] = cluster.start[graph.from(e)];
            edges[EDGE_FIELDS * e + 1] = cluster.start[graph.to(e)];
            edges[EDGE_FIELDS * e + 2] = graph.isTaken(e) ? 0 : 1;
        }
        return new ClusterFacts(homes, regions, blocks, edges);
    }

    /** The place of an instruction, as distance in hexadecimal with its sign. */
    public static String place(int distance) {
        return String.format(distance < 0 ? "-%03x" : "+%03x", Math.abs(distance));
    }

    /** Appends the facts to a row of numbers. */
    public void pack(PackedNumbers to) {
        to.put(homes);
        to.put(regions);
        to.put(blocks);
        to.put(edges);
    }

    /** The facts that {@link #pack} put next. */
    public static ClusterFacts unpack(PackedNumbers from) {
        return new ClusterFacts(from.getInts(), from.getInts(), from.getInts(), from.getInts());
    }

    /** How many blocks it has. */
    public int blocks() {
        return blocks.length / HEAD_FIELDS;
    }

    /** Place of a block. */
    public int start(int block) {
        return blocks[HEAD_FIELDS * block];
    }

    /** Number of the block that begins at a place, or -1. */
    public int find(int place) {
        for (int b = 0; b < blocks(); b++) {
            if (start(b) == place) {
                return b;
            }
        }
        return -1;
    }

    /** Control comes to the block from outside. */
    public boolean isEntry(int block) {
        return (flags(block) & ENTRY) != 0;
    }

    private int flags(int block) {
        return blocks[HEAD_FIELDS * block + FLAGS];
    }

    /** Which guest registers, and which K, live where. @param stateName name of the field of the guest state at a byte offset */
    public String homes(IntFunction<String> stateName) {
        StringBuilder text = new StringBuilder("homes:");
        for (int i = 0; i < homes.length; i += 2) {
            text.append(i == 0 ? " " : ", ").append(stateName.apply(homes[i])).append(" in ").append(register(homes[i + 1]));
        }
        for (int i = 0; i < regions.length; i += 3) {
            text.append(i == 0 && homes.length == 0 ? " " : ", ").append("K ").append(regions[i]).append(':').append(regions[i + 1])
                .append(" in ").append(register(regions[i + 2]));
        }
        return homes.length + regions.length == 0 ? text.append(" none").toString() : text.toString();
    }

    /** Name of a host register, by its location in {@link StateRecords}. */
    static String register(int r) {
        return r < StateRecords.XMM ? GENERAL[r] : "xmm" + (r - StateRecords.XMM);
    }

    /** Why a block is in the cluster, and how control comes to it and leaves it. @param head page offset that the cluster was asked for */
    public String reason(int block, int head) {
        int start = start(block);
        StringBuilder text = new StringBuilder(start == head ? "the head" : "");
        for (int behindCall = 0; behindCall < 2; behindCall++) {
            int[] from = sources(start, behindCall);
            if (from.length > 0) {
                text.append(text.isEmpty() ? "" : "; ").append(behindCall == 0 ? "reached from " : "behind the call of ");
                for (int i = 0; i < from.length; i++) {
                    text.append(i == 0 ? "" : ", ").append(place(from[i]));
                }
            }
        }
        int loops = blocks[HEAD_FIELDS * block + LOOPS];
        text.append((flags(block) & LOOP_HEAD) != 0 ? "; a loop begins" : "").append(loops == 0 ? "" : loops == 1 ? "; in a loop" : "; in " + loops + " loops")
            .append(isEntry(block) ? "; an entry" : "").append((flags(block) & LEAVES) != 0 ? "; its end leaves" : "");
        return text.toString();
    }

    private int[] sources(int start, int behindCall) {
        int[] from = new int[edges.length / EDGE_FIELDS];
        int count = 0;
        for (int e = 0; e < edges.length; e += EDGE_FIELDS) {
            if (edges[e + 1] == start && edges[e + 2] == behindCall) {
                from[count++] = edges[e];
            }
        }
        return Arrays.stream(from, 0, count).sorted().distinct().toArray();
    }
}
