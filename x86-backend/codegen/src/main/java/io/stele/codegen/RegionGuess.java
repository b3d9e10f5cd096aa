package io.stele.codegen;

/** What the compiler assumes about the region of a checked address; the runtime patches the site when it was wrong. */
public interface RegionGuess {
    /**
     * Number of the K slot to use.
     *
     * @param baseStateOffset guest register the base comes from unchanged since block entry, or -1
     * @param pageOffset of the instruction; in a cluster, its distance from the first byte of the head's page
     */
    int slot(int view, int baseStateOffset, int pageOffset);

    /** The same for a base that is an address near the code. @param distance from the first byte of the page that offsets count from */
    default int nearSlot(int view, long distance, int pageOffset) {
        return slot(view, -1, pageOffset);
    }
}
