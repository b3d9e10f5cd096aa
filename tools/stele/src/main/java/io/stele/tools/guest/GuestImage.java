package io.stele.tools.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The default guest: a kernel and the initramfs that is packed around busybox for each boot. */
public final class GuestImage {
    /** Name of the folder of the kernel's modules in the cache. */
    static final String MODULES = "modules";
    private static final int ROOM_FOR_SCRIPTS = 1 << 14;

    private final Path kernel;
    private final byte[] busybox;
    private final Path modules;

    /**
     * @param kernel the kernel's file
     * @param busybox the program, statically linked for arm64
     * @param modules folder of the kernel's modules
     */
    public GuestImage(Path kernel, byte[] busybox, Path modules) {
        this.kernel = kernel;
        this.busybox = busybox;
        this.modules = modules;
    }

    /** The kernel's file. */
    public Path kernel() {
        return kernel;
    }

    /** The program busybox. */
    public byte[] busybox() {
        return busybox;
    }

    /**
     * An initramfs that gives a shell on the serial port.
     *
     * @param term the terminal's type
     * @param rows and columns: its size, 0 if that is not known
     */
    public byte[] serialShellInitramfs(String term, int rows, int columns) {
        return shell(base(), "", "/dev/console", term, rows, columns);
    }

    /** The same on hvc0. */
    public byte[] terminalShellInitramfs(String term, int rows, int columns) throws IOException {
        CpioWriter archive = base();
        String load = addModules(archive, List.of(KernelModules.CONSOLE)) + "until [ -e /dev/hvc0 ]; do usleep 2000; done\n";
        return shell(archive, load, "/dev/hvc0", term, rows, columns);
    }

    private static byte[] shell(CpioWriter archive, String setUp, String device, String term, int rows, int columns) {
        return archive
            .file("etc/console", 0644, GuestScripts.console(device, rows, columns))
            .file("init", 0755, GuestScripts.boot(term, setUp))
            .finish();
    }

    /** An initramfs that runs one command. */
    public byte[] commandInitramfs(Streams streams, RunEnvironment environment, List<String> command) throws IOException {
        CpioWriter archive = base();
        String load = addModules(archive, environment.modules());
        return archive
            .directory("stele", 0755)
            .file("stele/command", 0644, environment.command(command))
            .file("stele/dhcp", 0755, RunEnvironment.dhcpScript())
            .file("init", 0755, GuestScripts.run(streams, load + GuestScripts.ports() + environment.setUp(), environment.tearDown()))
            .finish();
    }

    /**
     * An initramfs that finishes a Debian system on the first disk, see {@link ImageStages}.
     *
     * @param userData a script; empty if there is none
     */
    public byte[] secondStageInitramfs(byte[] userData) throws IOException {
        CpioWriter archive = base();
        return ImageStages.addSecondStage(archive, addModules(archive, List.of(KernelModules.DISK)), userData).finish();
    }

    /** Adds modules. @return the lines of a busybox script that load them */
    private String addModules(CpioWriter archive, List<List<String>> groups) throws IOException {
        Set<String> names = new LinkedHashSet<>();
        groups.forEach(names::addAll);
        StringBuilder load = new StringBuilder();
        archive.directory("modules", 0755);
        for (String name : names) {
            Path file = modules.resolve(name + ".ko");
            if (Files.exists(file)) {
                archive.file("modules/" + name + ".ko", 0644, Files.readAllBytes(file));
                load.append("insmod /modules/").append(name).append(".ko\n");
            }
        }
        return load.toString();
    }

    /** Copies modules that are files. What the kernel has built in has none. */
    public void copyModules(List<String> names, Path folder) throws IOException {
        for (String name : names) {
            Path file = modules.resolve(name + ".ko");
            if (Files.exists(file)) {
                Files.copy(file, folder.resolve(name + ".ko"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private CpioWriter base() {
        return new CpioWriter(busybox.length + ROOM_FOR_SCRIPTS)
            .directory("bin", 0755)
            .directory("dev", 0755)
            .directory("etc", 0755)
            .directory("proc", 0555)
            .directory("root", 0700)
            .directory("sys", 0555)
            .directory("tmp", 01777)
            .characterDevice("dev/console", 0600, 5, 1)
            .characterDevice("dev/null", 0666, 1, 3)
            .file("etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\n")
            .file("etc/group", 0644, "root:x:0:\n")
            .file("bin/busybox", 0755, busybox);
    }
}
