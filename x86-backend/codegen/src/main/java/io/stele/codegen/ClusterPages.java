package io.stele.codegen;

/**
 * The code that a cluster may be made of, by distance in guest virtual addresses: pages from the page of the cluster's head, instructions from the
 * first byte of that page.
 */
public interface ClusterPages extends RegionGuess {
    /** Host address of the bytes of a page that the code mode of the head holds for, or 0 if the cluster may not reach there. */
    long bytes(int pageDistance);

    /** VM address of the entry table of a page, which stands for its bytes and code mode. */
    long table(int pageDistance);

    /** Whether an instruction is worth being in the cluster. */
    boolean isWanted(int distance);

    /** VM address of the first tier's code of an instruction, or 0. */
    long firstTier(int distance);
}
