package io.stele.codegen;

import io.stele.guest.GuestIsa;

/**
 * VM addresses that generated code refers to; all within 2 GiB of the code.
 *
 * @param leave jumped to when a block leaves to Java
 * @param miss jumped to when the page probe table does not have the page of the pc, which is in rax and in the guest state; LEAVE_REASON is set
 * @param interrupt jumped to when INTERRUPT_PENDING is not 0; everything is as for {@code leave}, and the pc is in rax, too
 * @param regionMiss called by a region check that failed
 * @param unprivilegedLookup called when the region check of an unprivileged access failed, see {@link RegionLookup}
 * @param privilegedLookup the same for privileged accesses
 * @param codeBase start of the code cache: what the offsets in entry tables count from
 */
public record Stubs(long leave, long miss, long interrupt, long regionMiss, long unprivilegedLookup, long privilegedLookup, long codeBase) {
    /** A direct exit within the page that has not been linked yet. */
    public static final int REASON_LINK = 256;
    /** The pc has no known code. */
    public static final int REASON_MISS = 257;
    /** An interrupt is pending. */
    public static final int REASON_INTERRUPT = 258;
    /** The instruction at the pc is to be executed by the interpreter. */
    public static final int REASON_INTERPRET = 259;

    /** Where nothing looks further than the page probe table: a miss leaves, and so does an interrupt. */
    public Stubs(long leave, long regionMiss, long unprivilegedLookup, long privilegedLookup, long codeBase) {
        this(leave, leave, leave, regionMiss, unprivilegedLookup, privilegedLookup, codeBase);
    }

    /** The lookup of a view. */
    public long lookup(int view) {
        return view == GuestIsa.UNPRIVILEGED ? unprivilegedLookup : privilegedLookup;
    }
}
