package io.stele.guest;

/** How the state of a CPU looks while all that generated code has put off is one invalidation of the last level of one page's translation. */
public final class PageInvalidation {
    /** Offset in the state, not 0, of the three longs that say what is put off; the last one is how much, 0 for nothing. */
    public int offset;
    public long first;
    public long second;
    public long count;

    /** Nothing is known yet. */
    public PageInvalidation() {}
}
