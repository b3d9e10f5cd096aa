package io.stele.tools.command;

import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.block.BlockBackend;
import io.stele.platform.virtio.block.VirtioBlock;
import io.stele.platform.virtio.rng.VirtioEntropy;
import io.stele.tools.disk.DiskFile;
import java.util.ArrayList;
import java.util.List;

/** The virtio devices that the command line asks for. They outlive the machines that use them one after another. */
final class Devices implements AutoCloseable {
    private final List<VirtioDevice> list = new ArrayList<>();

    private Devices() {
    }

    /** The options that say which devices there are. */
    static void addOptions(List<Option> options) {
        options.add(new Option("--disk", "FILE[,readonly][,snapshot]",
            "Disk: a raw or qcow2 image, or a block device; several make vda, vdb, ... snapshot: changes are forgotten at the end.", true));
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
            return devices;
        } catch (RuntimeException e) {
            devices.close();
            throw e;
        }
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
