package io.stele.isac.decode;

import io.stele.isac.check.Description;
import io.stele.isac.ssa.Method;

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
}
