package io.stele.guest;

/** How the last entry on the way to an ordinary page of 4096 bytes looks, for code that knows nothing of the guest's tables but that. */
public final class EntryPattern {
    /** Nothing is known yet. */
    public EntryPattern() {}

    /** The page may be read at the unprivileged level, and nothing else has to be known of it, if {@code (entry & mask) == value}. */
    public long mask;
    public long value;
    /** It may be written, too, if these bits are clear. */
    public long readOnly;
    /** Nothing is mapped, and an access is a fault of the last level, if these bits are clear. */
    public long present;
    /** Its guest physical address is in these bits, in place. */
    public long address;
    /** Bits by which the guest's tables note that the page is used: they count as set, and whoever uses the page sets them. */
    public long noted;
}
