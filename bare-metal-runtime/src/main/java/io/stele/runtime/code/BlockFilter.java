package io.stele.runtime.code;

/** Tells which blocks are to be listed, by where they begin. */
@FunctionalInterface
public interface BlockFilter {
    /**
     * Whether a block is wanted.
     *
     * @param address guest virtual address of its first instruction
     * @param page {@link GuestProfile#hash} of all what its page had in it
     */
    boolean wants(long address, long page);
}
