package io.stele.codegen;

import io.stele.x86.Assembler;

/**
 * Where the indirect jumps of a {@link Cluster} lead to: for each page that has some, a table with two bytes for each instruction of it and of the next
 * ones that they lead to. They are the distance of the table from the code of the block that begins there, or 0 if no indirect jump goes on there.
 */
final class JumpTables {
    /** The page itself and those behind it. */
    static final int MAX_PAGES = 4;
    private static final int PAGE_BYTES = 4096;
    private static final int MAX_DISTANCE = 0xffff;

    private final Assembler asm;
    private final int[] pages = new int[Cluster.MAX_PAGES];
    private final int[] labels = new int[Cluster.MAX_PAGES];
    private int count;

    JumpTables(Assembler asm) {
        this.asm = asm;
    }

    void start() {
        count = 0;
    }

    /** Label of the table of a page, by its distance from the head's. */
    int label(int page) {
        for (int i = 0; i < count; i++) {
            if (pages[i] == page) {
                return labels[i];
            }
        }
        pages[count] = page;
        labels[count] = asm.newLabel();
        return labels[count++];
    }

    /** Entries in the table of a page. */
    static int entries(Cluster cluster, int page) {
        return (cluster.lastIndirect(page) + PAGE_BYTES - page) / Integer.BYTES;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Emits the tables; all blocks have been. */
    void emit(Cluster cluster) {
        for (int i = 0; i < count; i++) {
            asm.align(Short.BYTES);
            asm.bind(labels[i]);
            int table = asm.position();
            for (int e = 0; e < entries(cluster, pages[i]); e++) {
                int block = cluster.find(pages[i] + e * Integer.BYTES);
                int distance = block < 0 || !cluster.indirect[block] ? 0 : table - asm.offsetOf(cluster.label(block, false));
                if (distance > MAX_DISTANCE) {
                    throw new IllegalStateException("the cluster is too long for its jump table");
                }
                asm.code().put16(distance);
            }
        }
    }
}
