package io.stele.codegen;

/**
 * VM addresses that generated code refers to; all within 2 GiB of the code.
 *
 * @param leave jumped to when a block leaves to Java
 * @param link called by a direct exit that has not been linked, see {@link LinkCode}; all but pc, LEAVE_ARGUMENT and LEAVE_REASON is as for {@code
 *     leave}
 * @param interpret jumped to when the instruction at the pc is to be interpreted; as for {@code miss}, but eax is the pc's distance from r14, signed
 * @param interpretSite called where the instruction of a site is to be interpreted, with the guest state as the site describes it
 * @param miss jumped to when nothing is found in the page probe table for the page of the pc, which is r14 | rax; all but the pc and LEAVE_REASON is
 *     as for {@code leave}
 * @param absent the same, but called
 * @param interrupt called when something is pending ({@link CpuArea#INTERRUPT_PENDING}); as for {@code interpret}
 * @param page called when the page probe table does not have a page whose {@link CpuArea#probeKey} is in rdx, at the offset in rcx; both stay,
 *     rbx, rsi and rdi change. The zero flag is set if it has the page afterwards
 * @param regionMiss the first of the {@link RegionMissStubs}
 * @param codeBase start of the code cache: what the offsets in entry tables count from
 */
public record Stubs(long leave, long link, long interpret, long interpretSite, long miss, long absent, long interrupt, long page, long regionMiss,
        long codeBase) {
    /** A direct exit within the page that has not been linked yet. */
    public static final int REASON_LINK = 256;
    /** The pc has no known code. */
    public static final int REASON_MISS = 257;
    /** An interrupt is pending. */
    public static final int REASON_INTERRUPT = 258;
    /** The instruction at the pc is to be executed by the interpreter. */
    public static final int REASON_INTERPRET = 259;

    /** Where clusters are in one page. */
    public Stubs(long leave, long link, long interpret, long interpretSite, long miss, long absent, long interrupt, long regionMiss, long codeBase) {
        this(leave, link, interpret, interpretSite, miss, absent, interrupt, leave, regionMiss, codeBase);
    }

    /** True for the address of something that a region check calls. */
    public boolean isRegionMiss(long address) {
        return address >= regionMiss && address < regionMiss + RegionMissStubs.BYTES;
    }

    /** VM address of what a region check calls that failed. @param k register of K @param base register with the address */
    long regionMiss(int view, int k, int base) {
        return RegionMissStubs.address(regionMiss, view, k, base);
    }
}
