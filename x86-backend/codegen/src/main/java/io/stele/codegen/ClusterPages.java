package io.stele.codegen;

/**
 * The code that a cluster may be made of, by distance in guest virtual addresses: pages from the page of the cluster's head, instructions from the
 * first byte of that page.
 */
public interface ClusterPages extends RegionGuess {
    /** Called again and again while a cluster is made. @return false if the cluster is not wanted any more */
    default boolean goOn() {
        return true;
    }

    /** Host address of the bytes of a page that the code mode of the head holds for, or 0 if the cluster may not reach there. */
    long bytes(int pageDistance);

    /** VM address of the entry table of a page, which stands for its bytes and code mode. */
    long table(int pageDistance);

    /** Whether an instruction is worth being in the cluster. */
    boolean isWanted(int distance);

    /** Whether an instruction, which the loop that the head is in begins with, is entered at a cluster's code at present. */
    boolean isSettled(int distance);

    /** Whether control comes to the head from outside so often that it has to be an entry, though its loop begins elsewhere. */
    boolean isEnteredOften();

    /**
     * Whether a cluster with this head did not serve, since checks in it failed: then a base is taken to be in a region only if what the first tier
     * has learned and what the base is at present agree.
     */
    boolean isCautious();

    /** VM address of the first tier's code of an instruction, or 0. */
    long firstTier(int distance);

    /**
     * Blocks of the first tier in a page that none of its blocks is known to lead to, so that an indirect jump may have.
     *
     * @param from only those from this place on, in its page
     * @param targets their places, in ascending order
     * @param before per target: place of a block that ends directly before it, or of itself if there is none
     * @return how many there are, at most as many as there is room for
     */
    int indirectTargets(int from, int[] targets, int[] before);

    /** Instead of a place: none that a cluster could reach. */
    long NOWHERE = Long.MIN_VALUE;

    /**
     * What the address of 64 bits at a place, which may be in any page, leads to at present; or NOWHERE.
     *
     * @param view of the access
     */
    long pointer(int view, long place);

    /** Instead of a K slot: the first tier has no check at an instruction. */
    int UNKNOWN = -1;
    /** Instead of a K slot: the first tier's check has met several regions. */
    int SEVERAL = -2;

    /** K slot that the first tier's check at an instruction has come to, or one of the above. */
    int learned(int view, int distance);

    /**
     * K slot of the region that an address is in at present, or UNKNOWN.
     *
     * @param first guest register, by its slot in the state
     * @param second another one, shifted, to be added; negative: none
     */
    int present(int view, int first, int second, int shift);
}
