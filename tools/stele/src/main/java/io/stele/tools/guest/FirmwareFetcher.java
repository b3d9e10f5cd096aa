package io.stele.tools.guest;

import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Fetches Debian's UEFI firmware for arm64: EDK2's ArmVirtQemu. */
final class FirmwareFetcher {
    /** The file with its code. */
    static final String CODE = "QEMU_EFI.fd";
    private static final String PACKAGE = "qemu-efi-aarch64";

    private final DebianArchive archive;
    private final Progress progress;

    /** @param work an empty folder for everything; the caller removes it */
    FirmwareFetcher(Path work, Progress progress) {
        this.progress = progress;
        archive = new DebianArchive(work, "arm64", progress, "boot without --firmware");
    }

    /** Leaves the code in a folder. */
    void fetchInto(Path target) throws IOException {
        progress.step("the firmware is not here yet; fetching Debian's " + PACKAGE + " (once, 7 MB)");
        archive.update(List.of(PACKAGE));
        Path deb = archive.download(List.of(PACKAGE)).getFirst();
        Path code = target.resolve(CODE);
        if (!Commands.pipeToFile(List.of("dpkg-deb", "--fsys-tarfile", deb.toString()),
            List.of("tar", "-xO", "./usr/share/qemu-efi-aarch64/" + CODE), code) || Files.size(code) == 0) {
            throw new UserException("cannot unpack the firmware from " + deb.getFileName());
        }
        Files.writeString(target.resolve("version"), deb.getFileName() + "\n");
    }
}
