package io.stele.tools.command;

import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.block.BlockBackend;
import io.stele.platform.virtio.block.VirtioBlock;
import io.stele.platform.virtio.net.VirtioNet;
import io.stele.platform.virtio.rng.VirtioEntropy;
import io.stele.tools.disk.DiskFile;
import io.stele.tools.guest.RunEnvironment;
import io.stele.tools.net.Network;
import io.stele.tools.share.FileServer;
import java.util.ArrayList;
import java.util.List;

/** The virtio devices that the command line asks for. They outlive the machines that use them one after another. */
final class Devices implements AutoCloseable {
    private final List<VirtioDevice> list = new ArrayList<>();
    private final List<String> tags = new ArrayList<>();
    private boolean hasCard;

    private Devices() {
    }

    /** The options that say which devices there are. */
    static void addOptions(List<Option> options) {
        options.add(new Option("--disk", "FILE[,readonly][,snapshot]",
            "Disk: a raw or qcow2 image, or a block device; several make vda, vdb, ... snapshot: changes are forgotten at the end.", true));
        options.add(new Option("--net", "KIND",
            "Network card: user (through passt), tap,ifname=NAME, or none. Default with --disk: user if passt is installed."));
        options.add(new Option("--forward", "HOST:GUEST", "With --net user: connections to this TCP port of the host reach the guest's.", true));
        options.add(new Option("--share", "DIR:TAG", "A folder of the host, which the guest mounts by its tag (9p, aname=/share).", true));
    }

    /** Opens what the options name. @throws io.stele.tools.report.UserException if something cannot be used */
    static Devices open(Arguments options) {
        Devices devices = new Devices();
        try {
            int index = 0;
            for (String text : options.texts("--disk")) {
                DiskFile file = DiskFile.parse(text);
                BlockBackend backend = file.open();
                devices.list.add(new VirtioBlock(backend, file.path(), "stele-disk" + index++, Devices::report));
            }
            devices.list.add(new VirtioEntropy());
            if (options.isSet("--rootfs")) {
                devices.share(FileServer.Share.of("--rootfs", options.text("--rootfs"), RunEnvironment.ROOT_TAG), FileServer.Owners.ofRoot());
            }
            for (String text : options.texts("--share")) {
                devices.tags.add(devices.share(FileServer.Share.parse(text), FileServer.Owners.ofFolder()));
            }
            // The default guest has no use for a network card unless somebody asks for one.
            boolean wanted = options.isSet("--net") || options.isSet("--forward") || options.isSet("--disk")
                || options.isSet("--rootfs");
            VirtioNet card = wanted ? Network.open(options.text("--net"), options.texts("--forward"), Devices::report) : null;
            if (card != null) {
                devices.list.add(card);
                devices.hasCard = true;
            }
            return devices;
        } catch (RuntimeException e) {
            devices.close();
            throw e;
        }
    }

    private String share(FileServer.Share share, FileServer.Owners owners) {
        list.add(FileServer.start(share, owners, Devices::report));
        return share.tag();
    }

    /** Where a command runs with these devices. */
    RunEnvironment environment(Arguments options) {
        RunEnvironment.Root root = options.isSet("--rootfs") ? RunEnvironment.Root.SHARE
            : options.isSet("--disk") ? RunEnvironment.Root.DISK : RunEnvironment.Root.DEFAULT_GUEST;
        return new RunEnvironment(root, options.isSet("--ephemeral"), tags, hasCard,
            options.text("--workdir"), options.text("--user"), options.texts("--env"));
    }

    /** Adds a device behind the others. */
    void add(VirtioDevice device) {
        list.add(device);
    }

    private static void report(String line) {
        System.err.println("stele: " + line);
    }

    List<VirtioDevice> list() {
        return list;
    }

    @Override
    public void close() {
        for (VirtioDevice device : list) {
            device.stop();
            device.close();
        }
    }
}
