/** The {@code virt} machine: memory map, device tree, boot protocol, devices. */
module stele.platform {
    requires stele.kvm;
    requires transitive stele.arm64;
    requires transitive stele.codegen;

    exports io.stele.platform;
    exports io.stele.platform.boot;
    exports io.stele.platform.bus;
    exports io.stele.platform.clock;
    exports io.stele.platform.fdt;
    exports io.stele.platform.flash;
    exports io.stele.platform.fwcfg;
    exports io.stele.platform.gicv3;
    exports io.stele.platform.irq;
    exports io.stele.platform.layout;
    exports io.stele.platform.pl011;
    exports io.stele.platform.pl031;
    exports io.stele.platform.pl061;
    exports io.stele.platform.psci;
    exports io.stele.platform.sp805;
    exports io.stele.platform.state;
    exports io.stele.platform.timer;
    exports io.stele.platform.virtio;
    exports io.stele.platform.virtio.block;
    exports io.stele.platform.virtio.console;
    exports io.stele.platform.virtio.net;
    exports io.stele.platform.virtio.rng;
    exports io.stele.platform.virtio.share;
}
