package io.stele.codegen;

/** What the compiler assumes about the region of a checked address; the runtime patches the site when it was wrong. */
public interface RegionGuess {
    /**
     * Number of the K slot to use.
     *
     * @param baseStateOffset guest register the base comes from unchanged since block entry, or -1
     * @param addend added to that register (0 when it is not known)
     */
    int slot(int view, int baseStateOffset, long addend);
}
