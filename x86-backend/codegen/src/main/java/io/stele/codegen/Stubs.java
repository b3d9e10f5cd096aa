package io.stele.codegen;

/**
 * VM addresses that generated code refers to; all within 2 GiB of the code.
 *
 * @param leave jumped to when a block leaves to Java
 * @param link called by a direct exit that has not been linked, see {@link LinkCode}; all but pc, LEAVE_ARGUMENT and LEAVE_REASON is as for {@code
 *     leave}
 * @param interpret jumped to when the instruction at the pc is to be interpreted; as for {@code miss}, but the pc is in rax
 * @param miss jumped to when the page probe table does not have the page of the pc: r14 | rax; all but the pc and LEAVE_REASON is as for {@code leave}
 * @param interrupt called when INTERRUPT_PENDING is not 0; as for {@code miss}, but the pc is in rax, and the page of the code in r14
 * @param indirectInterrupt jumped to when INTERRUPT_PENDING is not 0 before indirect jumps, with the pc in rax
 * @param page called when the page probe table does not have a page whose address and context tag are in rdx, at the offset in rcx; both stay,
 *     rbx, rsi and rdi change. The zero flag is set if it has the page afterwards
 * @param regionMiss the first of the {@link RegionMissStubs}
 * @param codeBase start of the code cache: what the offsets in entry tables count from
 */
public record Stubs(long leave, long link, long interpret, long miss, long interrupt, long indirectInterrupt, long page, long regionMiss,
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
    public Stubs(long leave, long link, long interpret, long miss, long interrupt, long indirectInterrupt, long regionMiss, long codeBase) {
        this(leave, link, interpret, miss, interrupt, indirectInterrupt, leave, regionMiss, codeBase);
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
