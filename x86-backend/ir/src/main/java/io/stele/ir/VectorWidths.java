package io.stele.ir;

/** Tells how much of a vector register can be other than zero when it is read for the first time in a block. */
@FunctionalInterface
public interface VectorWidths {
    /** All bits may be. */
    int FULL = 128;

    /**
     * All bits of the register from this one on are zero, or nobody will look at them: 32, 64 or {@link #FULL}.
     *
     * @param slot of the register in the guest's state
     */
    int of(int slot);
}
