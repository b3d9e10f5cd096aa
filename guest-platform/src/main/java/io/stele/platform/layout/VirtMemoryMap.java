package io.stele.platform.layout;

/** Guest physical addresses of the machine: those of QEMU's {@code virt}. */
public final class VirtMemoryMap {
    /** Flash, two banks: the firmware, and its variables. */
    public static final long FLASH = 0;
    public static final long FLASH_BANK_BYTES = 0x0400_0000L;

    /** QEMU's firmware configuration device. */
    public static final long FW_CFG = 0x0902_0000L;
    public static final long FW_CFG_BYTES = 0x18L;

    /** GICv3 distributor. */
    public static final long GICD = 0x0800_0000L;
    public static final long GICD_BYTES = 0x1_0000L;

    /** GICv3 redistributors, one pair of 64 KiB frames for each CPU. */
    public static final long GICR = 0x080a_0000L;
    public static final long GICR_CPU_BYTES = 0x2_0000L;
    /** Address space reserved for redistributors, as the device tree states it. */
    public static final long GICR_BYTES = 0x00f6_0000L;

    /** PL011 console. */
    public static final long UART = 0x0900_0000L;
    public static final long UART_BYTES = 0x1000L;

    /** PL031 real-time clock. */
    public static final long RTC = 0x0901_0000L;
    public static final long RTC_BYTES = 0x1000L;

    /** PL061 GPIO. */
    public static final long GPIO = 0x0903_0000L;
    public static final long GPIO_BYTES = 0x1000L;
    /** The pin of the GPIO that is the power button. */
    public static final int POWER_BUTTON_PIN = 3;

    /** SP805 watchdog, where QEMU has nothing. */
    public static final long WATCHDOG = 0x090f_0000L;
    public static final long WATCHDOG_BYTES = 0x1000L;

    /** First virtio-mmio transport; the others follow at {@link #VIRTIO_STRIDE}. */
    public static final long VIRTIO = 0x0a00_0000L;
    public static final long VIRTIO_STRIDE = 0x200L;
    public static final int VIRTIO_COUNT = 32;

    /** Start of RAM. */
    public static final long RAM = 0x4000_0000L;

    /** Most CPUs that fit into {@link #GICR_BYTES}. */
    public static final int MAX_CPUS = (int) (GICR_BYTES / GICR_CPU_BYTES);

    private VirtMemoryMap() {}

    /** Base of virtio-mmio transport {@code index} (0..31). */
    public static long virtio(int index) {
        return VIRTIO + index * VIRTIO_STRIDE;
    }

    /**
     * Affinity of a CPU in the format of MPIDR_EL1 (Aff3 in bits 39..32, Aff2..Aff0 in bits 23..0), without the RES1 and U bits.
     * Clusters have 16 CPUs, so that one SGI target list reaches a whole cluster.
     */
    public static long affinity(int cpu) {
        return (cpu >> 4) << 8 | cpu & 15;
    }
}
