package io.stele.platform.boot;

/**
 * How the first CPU starts: pc = {@link #entry}, x0 = {@link #deviceTree}, x1 = x2 = x3 = 0, {@link #PSTATE}, MMU and caches off. All
 * addresses are guest physical.
 *
 * @param entry first instruction
 * @param deviceTree flattened device tree
 * @param initrd 0 if there is none
 * @param kernelStart first address of the kernel
 * @param kernelEnd first address behind what the kernel occupies
 */
public record BootState(long entry, long deviceTree, long initrd, long initrdBytes, long kernelStart, long kernelEnd) {
    /** EL1 with SP_EL1; debug exceptions, SError, IRQ and FIQ masked. */
    public static final int PSTATE = 0x3c5;
}
