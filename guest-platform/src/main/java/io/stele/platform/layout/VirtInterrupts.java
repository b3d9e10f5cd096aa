package io.stele.platform.layout;

/** Interrupt numbers of the machine as INTIDs of the GIC: those of QEMU's {@code virt}. */
public final class VirtInterrupts {
    /** First private peripheral interrupt; a PPI number of the device tree is relative to it. */
    public static final int PPI_BASE = 16;
    /** First shared peripheral interrupt; an SPI number of the device tree is relative to it. */
    public static final int SPI_BASE = 32;
    /** Number of INTIDs the distributor implements (SGIs, PPIs and 256 SPIs). */
    public static final int INTIDS = 288;

    /** Hypervisor physical timer. */
    public static final int TIMER_HYP = PPI_BASE + 10;
    /** Virtual timer of EL1. */
    public static final int TIMER_VIRTUAL = PPI_BASE + 11;
    /** Secure physical timer. */
    public static final int TIMER_SECURE = PPI_BASE + 13;
    /** Non-secure physical timer of EL1. */
    public static final int TIMER_PHYSICAL = PPI_BASE + 14;

    public static final int UART = SPI_BASE + 1;
    public static final int RTC = SPI_BASE + 2;
    public static final int GPIO = SPI_BASE + 7;
    /** QEMU has no such device here. */
    public static final int WATCHDOG = SPI_BASE + 10;
    /** Of the first virtio-mmio transport; the others follow. */
    public static final int VIRTIO = SPI_BASE + 16;

    private VirtInterrupts() {}
}
