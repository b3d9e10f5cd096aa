package io.stele.tools.guest;

import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The modules of the default guest's kernel that its initramfs loads: drivers of Stele's devices and what they need. */
public final class KernelModules {
    /** For disks with ext4, in an order in which they can be loaded. */
    public static final List<String> DISK = List.of("virtio_mmio", "virtio_blk", "crc16", "mbcache", "jbd2", "crc32c_generic", "ext4");
    /** For shares, and a root file system over one. */
    public static final List<String> SHARE = List.of("virtio_mmio", "netfs", "fscache", "9pnet", "9pnet_virtio", "9p", "overlay");
    /** For the network. */
    public static final List<String> NETWORK = List.of("virtio_mmio", "failover", "net_failover", "virtio_net");
    /** For the console. */
    static final List<String> CONSOLE = List.of("virtio_mmio", "virtio_console");
    private static final List<String> OTHERS = List.of("virtio-rng", "evdev", "gpio_keys", "sp805_wdt");

    private KernelModules() {
    }

    /** Unpacks the modules of a kernel package into a folder of their own. A kernel that has one of them built in has no file for it. */
    static void unpack(Path kernelDeb, Path work, Path target) throws IOException {
        List<String> tar = new ArrayList<>(List.of("tar", "-xf", "-", "-C", work.toString(), "--wildcards"));
        for (List<String> group : List.of(DISK, SHARE, NETWORK, CONSOLE, OTHERS)) {
            for (String name : group) {
                tar.add("*/" + name + ".ko*");
            }
        }
        Files.createDirectories(work);
        // tar's status is that of patterns without a match.
        Commands.pipeToFile(List.of("dpkg-deb", "--fsys-tarfile", kernelDeb.toString()), tar, work.resolve("tar.log"));
        Files.createDirectories(target);
        List<Path> modules;
        try (Stream<Path> files = Files.walk(work)) {
            modules = files.filter(file -> file.getFileName().toString().contains(".ko")).toList();
        }
        for (Path module : modules) {
            String name = module.getFileName().toString();
            if (name.endsWith(".xz")) {
                Commands.Result result = Commands.run(work, List.of("xz", "-d", module.toString()));
                if (result.status() != 0) {
                    throw new UserException("cannot unpack the kernel's modules: " + result.output().strip());
                }
                name = name.substring(0, name.length() - ".xz".length());
            }
            Files.move(module.resolveSibling(name), target.resolve(name));
        }
        if (modules.isEmpty()) {
            throw new UserException("there are no modules in " + kernelDeb.getFileName());
        }
    }
}
