package io.stele.isac.decode;

import io.stele.isac.check.Description;
import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.FixedEvaluator;
import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Node;

/**
 * What the decoder knows of an instruction.
 *
 * @param where yields the condition, or null when there is none
 */
public record Row(int index, Description.Instruction instruction, Method where) {
    public int mask() {
        return instruction.mask();
    }

    public int value() {
        return instruction.value();
    }

    /** True if some word matches both patterns. */
    boolean overlaps(Row o) {
        return ((value() ^ o.value()) & mask() & o.mask()) == 0;
    }

    /** True if this row is to be tried before the other when both match. */
    boolean isMoreSpecific(Row o) {
        boolean contains = (mask() & o.mask()) == o.mask();
        return contains && (mask() != o.mask() || where != null && o.where == null);
    }

    /** True if a word matches the pattern and fulfils the condition. */
    boolean matches(int word, FixedEvaluator evaluator) {
        return (word & mask()) == value() && (where == null || evaluator.evaluate(where, word) != 0);
    }

    /** Bits of the word that the condition looks at. */
    int conditionBits() {
        return where == null ? 0 : bits(where.body());
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
