package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.Condition;
import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Where the guest's flags are when a block of a {@link Cluster} begins. They may be in memory; or they follow from guest registers, by one
 * comparison that is chosen for the block. Jumps behind which the flags are those of that comparison do not store them. A block whose flags
 * may come either way has its code twice.
 */
final class EdgeFlags {
    /** @param written slots of guest registers that the block has written before the jump */
    private record Edge(int from, int to, FlagsRecipe flags, long written) { }

    /** A choice passes so many blocks that leave flags as they are. */
    private static final int ROUNDS = 4;

    private final List<Edge> edges = new ArrayList<>();
    /** Something may see the flags from before the block. */
    private final boolean[] needed = new boolean[Cluster.MAX_BLOCKS];
    /** The block reads them itself: with those of a choice it begins with the comparison. */
    private final boolean[] read = new boolean[Cluster.MAX_BLOCKS];
    /** The block only looks at Z and N, and sets all flags before anybody else may see them. */
    private final boolean[] ofResult = new boolean[Cluster.MAX_BLOCKS];
    /**
     * Slots of guest registers whose values from before the block do not follow from those at the last site where the flags are still the
     * guest's.
     */
    private final long[] lost = new long[Cluster.MAX_BLOCKS];
    /** The same with those of which the lower halves follow. */
    private final long[] lostWide = new long[Cluster.MAX_BLOCKS];

    private final FlagsRecipe[] chosen = new FlagsRecipe[Cluster.MAX_BLOCKS];
    private final boolean[] mostlyChosen = new boolean[Cluster.MAX_BLOCKS];

    void clear() {
        edges.clear();
    }

    /** Takes down what a block does with flags. */
    void describe(Cluster cluster, int block, IrBuilder ir) {
        needed[block] = false;
        read[block] = false;
        ofResult[block] = true;
        lost[block] = 0;
        lostWide[block] = 0;
        long written = 0;
        long narrow = 0;
        long all = 0;
        boolean own = false;
        for (int i = 1; i <= ir.endOperation(); i++) {
            int op = ir.op[i];
            if (!own && OpInfo.isSite(op)) {
                needed[block] = true;
                ofResult[block] = false;
                lost[block] |= written;
                lostWide[block] |= written | narrow;
            }
            switch (op) {
                case SET_REG -> {
                    int v = ir.a[i];
                    long slot = FlagsRecipe.bit((int) ir.imm[i] >> 3);
                    all |= slot;
                    boolean displaced = FlagsRecipe.isDisplaced(ir, v, ir.imm[i]);
                    written |= displaced ? 0 : slot;
                    narrow |= displaced && ir.w[v] == 32 ? slot : 0;
                }
                case SET_FLAGS -> own = true;
                case READ_FLAGS -> {
                    needed[block] = true;
                    read[block] = true;
                    ofResult[block] &= ir.refs[i] == looksAtResult(ir, i);
                }
                case JUMP_IF, JUMP -> {
                    int target = cluster.find(ir.imm[i]);
                    if (target >= 0) {
                        edges.add(new Edge(block, target, FlagsRecipe.at(ir, i), all));
                    }
                }
                default -> { }
            }
        }
    }

    /** How many conditions on Z or N there are of some flags. */
    private static int looksAtResult(IrBuilder ir, int flags) {
        int count = 0;
        for (int i = flags + 1; i < ir.endOperation(); i++) {
            if (ir.op[i] == COND_FLAGS && ir.a[i] == flags) {
                int condition = ir.x[i] & ~1;
                count += condition == Condition.EQUAL || condition == Condition.NEGATIVE ? 1 : 0;
            }
        }
        return count;
    }

    /** Chooses the comparison that most often leads to each block; all are described. */
    void choose(Cluster cluster) {
        Arrays.fill(chosen, 0, cluster.count, null);
        boolean changes = true;
        for (int round = 0; round < ROUNDS && changes; round++) {
            changes = false;
            for (int b = 0; b < cluster.count; b++) {
                if (needed[b]) {
                    FlagsRecipe before = chosen[b];
                    choose(cluster, b);
                    changes |= !Objects.equals(chosen[b], before);
                }
            }
        }
    }

    /** The comparison that the flags follow from where a jump leads, if the block that jumps begins with those of its choice. */
    private FlagsRecipe flags(Edge edge) {
        FlagsRecipe flags = edge.flags;
        if (flags == FlagsRecipe.BEFORE) {
            FlagsRecipe before = chosen[edge.from];
            flags = before != null && (before.slots() & edge.written) == 0 ? before : null;
        }
        return flags == null ? null : asSeen(edge.to, flags);
    }

    private FlagsRecipe asSeen(int block, FlagsRecipe flags) {
        return read[block] && ofResult[block] ? flags.ofResult() : flags;
    }

    private void choose(Cluster cluster, int block) {
        Map<FlagsRecipe, Long> weights = new HashMap<>();
        long all = cluster.isReachedIndirectly(block) ? cluster.weight(block, 1) : 0;
        long most = 0;
        chosen[block] = null;
        for (Edge edge : edges) {
            if (edge.to != block) {
                continue;
            }
            long weight = Math.min(cluster.weight(edge.from, 1), cluster.weight(block, 1));
            all += weight;
            FlagsRecipe flags = flags(edge);
            if (flags != null && (read[block] || (flags.slots() & (flags.isWide() ? lostWide : lost)[block]) == 0)) {
                long sum = weights.merge(flags, weight, Long::sum);
                if (sum > most) {
                    most = sum;
                    chosen[block] = flags;
                }
            }
        }
        mostlyChosen[block] = 2 * most >= all;
    }

    /** Something may see the flags that the guest has when the block begins. */
    boolean isNeeded(int block) {
        return needed[block];
    }

    /** A block may begin with what was chosen for it where the flags are those of a comparison, or null. */
    boolean isChosen(int block, FlagsRecipe flags) {
        return needed[block] && flags != null && asSeen(block, flags).equals(chosen[block]);
    }

    /** The comparison that the code of a block by its choice begins with; null if there is none, or nothing has to be compared again. */
    FlagsRecipe compared(int block) {
        return read[block] ? chosen[block] : null;
    }

    /** The comparison whose flags a block may begin with instead of those in memory; null if there is none. */
    FlagsRecipe chosen(int block) {
        return chosen[block];
    }

    /** The block mostly begins with the flags of {@link #chosen}. */
    boolean isMostlyChosen(int block) {
        return chosen[block] != null && mostlyChosen[block];
    }
}
