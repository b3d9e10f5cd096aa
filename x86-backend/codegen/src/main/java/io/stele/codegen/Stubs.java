package io.stele.codegen;

import io.stele.guest.GuestIsa;

/**
 * VM addresses that generated code refers to; all within 2 GiB of the code.
 *
 * @param leave jumped to when a block leaves to Java
 * @param link jumped to by a direct exit that has not been linked: rcx is the VM address of the displacement to patch, the pc is r14 + rdx; all but
 *     pc, LEAVE_ARGUMENT and LEAVE_REASON is as for {@code leave}
 * @param interpret jumped to when the instruction at the pc is to be interpreted; as for {@code miss}, but the pc is in rax
 * @param miss jumped to when the page probe table does not have the page of the pc: r14 | rax; all but the pc and LEAVE_REASON is as for {@code leave}
 * @param interrupt jumped to when INTERRUPT_PENDING is not 0; as for {@code miss}, but the pc is in rax, the page of the code in r14, and a VM
 *     address in the code in rdi
 * @param indirectInterrupt the same before indirect jumps, with anything in rdi
 * @param page called when the page probe table does not have a page whose address and context tag are in rdx, at the offset in rcx; both stay,
 *     rbx, rsi and rdi change. The zero flag is set if it has the page afterwards
 * @param regionMiss called by a region check that failed
 * @param unprivilegedLookup called when the region check of an unprivileged access failed, see {@link RegionLookup}
 * @param privilegedLookup the same for privileged accesses
 * @param codeBase start of the code cache: what the offsets in entry tables count from
 */
public record Stubs(long leave, long link, long interpret, long miss, long interrupt, long indirectInterrupt, long page, long regionMiss,
        long unprivilegedLookup, long privilegedLookup, long codeBase) {
    /** A direct exit within the page that has not been linked yet. */
    public static final int REASON_LINK = 256;
    /** The pc has no known code. */
    public static final int REASON_MISS = 257;
    /** An interrupt is pending. */
    public static final int REASON_INTERRUPT = 258;
    /** The instruction at the pc is to be executed by the interpreter. */
    public static final int REASON_INTERPRET = 259;

    /** Where nobody asks which code is interrupted, and clusters are in one page. */
    public Stubs(long leave, long link, long interpret, long miss, long interrupt, long regionMiss, long unprivilegedLookup, long privilegedLookup,
            long codeBase) {
        this(leave, link, interpret, miss, interrupt, interrupt, leave, regionMiss, unprivilegedLookup, privilegedLookup, codeBase);
    }

    /** The lookup of a view. */
    public long lookup(int view) {
        return view == GuestIsa.UNPRIVILEGED ? unprivilegedLookup : privilegedLookup;
    }
}
