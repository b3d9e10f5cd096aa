package io.stele.guest;

/** Result of one address translation. Reused by its caller, so that a walk allocates nothing. */
public final class Walk {
    public static final int READ = 0;
    public static final int WRITE = 1;
    public static final int EXECUTE = 2;

    /** A result that says nothing yet. */
    public Walk() {}

    /** False: {@link #fault} says why. */
    public boolean ok;
    /** The ISA's own description of the fault, for {@link GuestIsa#raiseAbort}. */
    public long fault;
    /** Guest physical address of the byte asked for: the one by which the runtime knows it ({@link GuestBus#canonical}). */
    public long physical;
    /** Size in bytes of the uniform, naturally aligned mapping around it (page, block or contiguous run; power of two, at least 4096). */
    public long blockBytes;
    /** What the mapping allows through the view that was asked for. */
    public boolean writable;
    public boolean executable;
    /** What else the mapping says that matters to code in it, in the ISA's own words: for {@link GuestIsa#pageMode}. */
    public int codeAttributes;
    /** Device memory by attribute. */
    public boolean device;
    /**
     * Guest physical address ({@link GuestBus#canonical}) of the table entry that maps the page, if it is a long with the page's physical address
     * in place (the mapping is one of 4096 bytes), and the result stays the same for another value of the address as long as its other bits do;
     * otherwise 0. The address in the entry is the guest's, which need not be canonical.
     */
    public long entry;
    /** The other bits. */
    public long entryAttributes;
    /**
     * After a failed walk: canonical guest physical address of the table entry that would map a page of 4096 bytes at the address, if such an entry alone
     * decides what the unprivileged level may do there; otherwise 0. How it would look says {@link GuestIsa#entryPattern}.
     */
    public long lastEntry;
    /** Not tied to an address-space identifier. */
    public boolean global;
}
