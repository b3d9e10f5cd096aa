package io.stele.platform.fdt;

import static io.stele.platform.layout.VirtInterrupts.PPI_BASE;
import static io.stele.platform.layout.VirtInterrupts.SPI_BASE;

import io.stele.platform.layout.VirtInterrupts;
import io.stele.platform.layout.VirtMemoryMap;
import io.stele.platform.psci.Psci;

/** The device tree of the machine, node for node like that of QEMU's {@code virt} for the devices that exist here. */
public final class VirtDeviceTree {
    /** Interrupt specifier: type and trigger of the GIC binding. */
    private static final int SPI = 0;
    private static final int PPI = 1;
    private static final int LEVEL_HIGH = 4;
    /** Peripheral clock in Hz: what the UART's driver computes baud rates from. */
    private static final int PERIPHERAL_CLOCK_HZ = 24_000_000;
    private static final int CLOCK_PHANDLE = 0x8000;
    private static final int GIC_PHANDLE = 0x8001;
    private static final int GPIO_PHANDLE = 0x8002;
    private static final int FIRST_CPU_PHANDLE = 0x8003;
    /** Of Linux' input-event-codes.h. */
    private static final int KEY_POWER = 116;

    private VirtDeviceTree() {}

    /** The tree of a machine without virtio devices, and without {@code chosen}, see {@link Chosen}. */
    public static FdtNode build(int cpus, long memoryBytes) {
        return build(cpus, memoryBytes, 0);
    }

    /** The tree without {@code chosen}. @param virtioDevices number of virtio transports that have a device */
    public static FdtNode build(int cpus, long memoryBytes, int virtioDevices) {
        FdtNode root = new FdtNode("");
        root.setCells("interrupt-parent", GIC_PHANDLE).setStrings("model", "linux,dummy-virt").setCells("#size-cells", 2)
            .setCells("#address-cells", 2).setStrings("compatible", "linux,dummy-virt").setFlag("dma-coherent");
        addPsci(root);
        setMemory(root, memoryBytes);
        addGic(root);
        addCpus(root, cpus);
        root.addChild("timer")
            .setCells("interrupts", PPI, VirtInterrupts.TIMER_SECURE - PPI_BASE, LEVEL_HIGH,
                PPI, VirtInterrupts.TIMER_PHYSICAL - PPI_BASE, LEVEL_HIGH, PPI, VirtInterrupts.TIMER_VIRTUAL - PPI_BASE, LEVEL_HIGH,
                PPI, VirtInterrupts.TIMER_HYP - PPI_BASE, LEVEL_HIGH)
            .setFlag("always-on").setStrings("compatible", "arm,armv8-timer", "arm,armv7-timer");
        // Without the interrupt that QEMU's has: the counter does not overflow.
        root.addChild("pmu").setStrings("compatible", "arm,armv8-pmuv3");
        root.addChild("apb-pclk").setCells("phandle", CLOCK_PHANDLE).setStrings("clock-output-names", "clk24mhz")
            .setCells("clock-frequency", PERIPHERAL_CLOCK_HZ).setCells("#clock-cells", 0).setStrings("compatible", "fixed-clock");
        FdtNode uart = addPeripheral(root, "pl011", VirtMemoryMap.UART, VirtMemoryMap.UART_BYTES, VirtInterrupts.UART);
        uart.setStrings("clock-names", "uartclk", "apb_pclk").setCells("clocks", CLOCK_PHANDLE, CLOCK_PHANDLE)
            .setStrings("compatible", "arm,pl011", "arm,primecell");
        FdtNode rtc = addPeripheral(root, "pl031", VirtMemoryMap.RTC, VirtMemoryMap.RTC_BYTES, VirtInterrupts.RTC);
        rtc.setStrings("clock-names", "apb_pclk").setCells("clocks", CLOCK_PHANDLE).setStrings("compatible", "arm,pl031", "arm,primecell");
        addPowerButton(root);
        addPeripheral(root, "watchdog", VirtMemoryMap.WATCHDOG, VirtMemoryMap.WATCHDOG_BYTES, VirtInterrupts.WATCHDOG)
            .setStrings("clock-names", "wdog_clk", "apb_pclk").setCells("clocks", CLOCK_PHANDLE, CLOCK_PHANDLE)
            .setStrings("compatible", "arm,sp805", "arm,primecell");
        for (int i = 0; i < virtioDevices; i++) {
            addPeripheral(root, "virtio_mmio", VirtMemoryMap.virtio(i), VirtMemoryMap.VIRTIO_STRIDE, VirtInterrupts.VIRTIO + i)
                .setFlag("dma-coherent").setStrings("compatible", "virtio,mmio");
        }
        return root;
    }

    /** Adds what firmware has and a kernel that is loaded by the machine has not: flash and its configuration device. */
    public static void addFirmware(FdtNode root) {
        root.addChild("flash@" + Long.toHexString(VirtMemoryMap.FLASH)).setCells("bank-width", 4)
            .setLongs("reg", VirtMemoryMap.FLASH, VirtMemoryMap.FLASH_BANK_BYTES, VirtMemoryMap.FLASH + VirtMemoryMap.FLASH_BANK_BYTES,
                VirtMemoryMap.FLASH_BANK_BYTES)
            .setStrings("compatible", "cfi-flash");
        root.addChild("fw-cfg@" + Long.toHexString(VirtMemoryMap.FW_CFG)).setLongs("reg", VirtMemoryMap.FW_CFG, VirtMemoryMap.FW_CFG_BYTES)
            .setFlag("dma-coherent").setStrings("compatible", "qemu,fw-cfg-mmio");
    }

    private static void addPowerButton(FdtNode root) {
        addPeripheral(root, "pl061", VirtMemoryMap.GPIO, VirtMemoryMap.GPIO_BYTES, VirtInterrupts.GPIO)
            .setCells("phandle", GPIO_PHANDLE).setStrings("clock-names", "apb_pclk").setCells("clocks", CLOCK_PHANDLE)
            .setFlag("gpio-controller").setCells("#gpio-cells", 2).setStrings("compatible", "arm,pl061", "arm,primecell");
        root.addChild("gpio-keys").setStrings("compatible", "gpio-keys").addChild("poweroff")
            .setCells("gpios", GPIO_PHANDLE, VirtMemoryMap.POWER_BUTTON_PIN, 0).setCells("linux,code", KEY_POWER)
            .setStrings("label", "GPIO Key Poweroff");
    }

    /** States the RAM of the machine, in the place of any memory that the tree names already. */
    public static void setMemory(FdtNode root, long bytes) {
        for (int i = root.children().size() - 1; i >= 0; i--) {
            if (isMemory(root.children().get(i))) {
                root.children().remove(i);
            }
        }
        root.addChild("memory@" + Long.toHexString(VirtMemoryMap.RAM)).setLongs("reg", VirtMemoryMap.RAM, bytes)
            .setStrings("device_type", "memory");
    }

    private static boolean isMemory(FdtNode node) {
        return node.name().equals("memory") || node.name().startsWith("memory@");
    }

    private static void addPsci(FdtNode root) {
        root.addChild("psci").setCells("migrate", Psci.MIGRATE | Psci.SMC64).setCells("cpu_on", Psci.CPU_ON | Psci.SMC64)
            .setCells("cpu_off", Psci.CPU_OFF).setCells("cpu_suspend", Psci.CPU_SUSPEND | Psci.SMC64).setStrings("method", "hvc")
            .setStrings("compatible", "arm,psci-1.0", "arm,psci-0.2", "arm,psci");
    }

    private static void addGic(FdtNode root) {
        root.addChild("intc@" + Long.toHexString(VirtMemoryMap.GICD)).setCells("phandle", GIC_PHANDLE)
            .setLongs("reg", VirtMemoryMap.GICD, VirtMemoryMap.GICD_BYTES, VirtMemoryMap.GICR, VirtMemoryMap.GICR_BYTES)
            .setCells("#redistributor-regions", 1).setStrings("compatible", "arm,gic-v3").setFlag("ranges").setCells("#size-cells", 2)
            .setCells("#address-cells", 2).setFlag("interrupt-controller").setCells("#interrupt-cells", 3);
    }

    private static void addCpus(FdtNode root, int count) {
        FdtNode cpus = root.addChild("cpus").setCells("#size-cells", 0).setCells("#address-cells", 1);
        FdtNode cluster = cpus.addChild("cpu-map").addChild("socket0").addChild("cluster0");
        for (int i = 0; i < count; i++) {
            cluster.addChild("core" + i).setCells("cpu", FIRST_CPU_PHANDLE + i);
        }
        for (int i = 0; i < count; i++) {
            int affinity = (int) VirtMemoryMap.affinity(i);
            FdtNode cpu = cpus.addChild("cpu@" + Integer.toHexString(affinity)).setCells("phandle", FIRST_CPU_PHANDLE + i)
                .setCells("reg", affinity);
            if (count > 1) {
                cpu.setStrings("enable-method", "psci");
            }
            cpu.setStrings("compatible", "arm,armv8").setStrings("device_type", "cpu");
        }
    }

    private static FdtNode addPeripheral(FdtNode root, String name, long address, long bytes, int intid) {
        return root.addChild(name + "@" + Long.toHexString(address)).setLongs("reg", address, bytes)
            .setCells("interrupts", SPI, intid - SPI_BASE, LEVEL_HIGH);
    }
}
