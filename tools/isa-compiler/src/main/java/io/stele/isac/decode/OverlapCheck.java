package io.stele.isac.decode;

import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.FixedEvaluator;
import io.stele.isac.ssa.Node;
import java.util.List;

/** Finds pairs of instructions that claim the same word although neither is more specific. */
public final class OverlapCheck {
    private static final int EXHAUSTIVE_BITS = 16;

    private final Diagnostics diagnostics;
    private final FixedEvaluator evaluator;

    public OverlapCheck(Diagnostics diagnostics, FixedEvaluator evaluator) {
        this.diagnostics = diagnostics;
        this.evaluator = evaluator;
    }

    public void check(List<Row> rows) {
        for (int i = 0; i < rows.size(); i++) {
            for (int j = i + 1; j < rows.size(); j++) {
                Row a = rows.get(i);
                Row b = rows.get(j);
                if (a.overlaps(b) && !a.isMoreSpecific(b) && !b.isMoreSpecific(a)) {
                    pair(a, b);
                }
            }
        }
    }

    private void pair(Row a, Row b) {
        int word = common(a, b);
        if (word != NONE || matches(a, b, NONE)) {
            diagnostics.error(b.instruction().position(), "instruction " + b.instruction().name() + " and " + a.instruction().name() + " ("
                + a.instruction().position() + ") both match 0x" + Integer.toHexString(word) + " and neither is more specific");
        }
    }

    private static final int NONE = 0xdead_beef;

    /** A word that both match, or {@link #NONE}. With many bits in the conditions only a sample is looked at. */
    private int common(Row a, Row b) {
        int fixed = a.value() | b.value();
        int free = (bits(a) | bits(b)) & ~(a.mask() | b.mask());
        int count = Integer.bitCount(free);
        long tries = 1L << Math.min(count, EXHAUSTIVE_BITS);
        long random = 0x9e37_79b9_7f4a_7c15L;
        for (long i = 0; i < tries; i++) {
            int bits;
            if (count <= EXHAUSTIVE_BITS) {
                bits = Integer.expand((int) i, free);
            } else {
                random = random * 6364136223846793005L + 1442695040888963407L;
                bits = (int) (random >>> 32) & free;
            }
            if (matches(a, b, fixed | bits)) {
                return fixed | bits;
            }
        }
        return NONE;
    }

    private boolean matches(Row a, Row b, int word) {
        return (word & a.mask()) == a.value() && (word & b.mask()) == b.value() && holds(a, word) && holds(b, word);
    }

    private boolean holds(Row row, int word) {
        return row.where() == null || evaluator.evaluate(row.where(), word) != 0;
    }

    /** Bits of the word that the condition looks at. */
    private static int bits(Row row) {
        return row.where() == null ? 0 : bits(row.where().body());
    }

    private static int bits(Block block) {
        int bits = 0;
        for (Node node : block.nodes()) {
            bits |= switch (node) {
                case Node.Field n -> (int) ((1L << n.width()) - 1 << n.low());
                case Node.Branch n -> bits(n.yes()) | bits(n.no());
                case Node.Loop n -> bits(n.body());
                default -> 0;
            };
        }
        return bits;
    }
}
