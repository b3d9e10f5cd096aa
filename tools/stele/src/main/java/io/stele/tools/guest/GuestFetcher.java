package io.stele.tools.guest;

import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Fetches Debian's current arm64 kernel and busybox. */
final class GuestFetcher {
    private static final String KERNEL_METAPACKAGE = "linux-image-arm64";
    private static final String BUSYBOX_PACKAGE = "busybox-static";

    private final Path work;
    private final DebianArchive archive;
    private final Progress progress;

    /** @param work an empty folder for everything; the caller removes it */
    GuestFetcher(Path work, Progress progress) {
        this.work = work;
        this.progress = progress;
        archive = new DebianArchive(work, "arm64", progress, "give --kernel and --initrd");
    }

    /** Leaves the files {@code kernel} and {@code busybox}, the kernel's modules and a description in {@code version}, in a folder. */
    void fetchInto(Path target) throws IOException {
        progress.step("the default guest is not here yet; fetching Debian's arm64 kernel and busybox (once, 60 MB)");
        archive.update(List.of(KERNEL_METAPACKAGE, BUSYBOX_PACKAGE));
        String kernelPackage = kernelPackage();
        progress.step("fetching " + kernelPackage + " and " + BUSYBOX_PACKAGE);
        List<Path> packages = archive.download(List.of(kernelPackage, BUSYBOX_PACKAGE));
        progress.step("unpacking them");
        Path kernelDeb = packages.get(0);
        Path busyboxDeb = packages.get(1);
        if (!Commands.pipeToFile(List.of("dpkg-deb", "--fsys-tarfile", kernelDeb.toString()),
            List.of("tar", "-xO", "--wildcards", "./boot/vmlinuz-*"), target.resolve("kernel"))) {
            throw new UserException("cannot unpack the kernel from " + kernelDeb.getFileName());
        }
        KernelModules.unpack(kernelDeb, work.resolve("modules"), target.resolve(GuestImage.MODULES));
        Path unpacked = work.resolve("busybox");
        Commands.Result result = Commands.run(work, List.of("dpkg-deb", "-x", busyboxDeb.toString(), unpacked.toString()));
        Path busybox = unpacked.resolve("bin/busybox");
        if (!Files.exists(busybox)) {
            busybox = unpacked.resolve("usr/bin/busybox");
        }
        if (result.status() != 0 || !Files.exists(busybox)) {
            throw new UserException("cannot unpack busybox: " + DebianArchive.reason(result.output()));
        }
        Files.move(busybox, target.resolve("busybox"), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(target.resolve("version"), kernelDeb.getFileName() + "\n" + busyboxDeb.getFileName() + "\n");
    }

    /** What the metapackage depends on, for example linux-image-6.1.0-56-arm64. */
    private String kernelPackage() throws IOException {
        for (String name : archive.dependencies(KERNEL_METAPACKAGE)) {
            if (name.startsWith("linux-image-")) {
                return name;
            }
        }
        throw new UserException("the package " + KERNEL_METAPACKAGE + " names no kernel; give --kernel and --initrd");
    }
}
