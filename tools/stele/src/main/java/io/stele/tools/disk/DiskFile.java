package io.stele.tools.disk;

import io.stele.platform.virtio.block.BlockBackend;
import io.stele.platform.virtio.block.DiskException;
import io.stele.platform.virtio.block.NbdImage;
import io.stele.platform.virtio.block.RawImage;
import io.stele.platform.virtio.block.Snapshot;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk of the command line.
 *
 * @param path the image's file, or a block device
 * @param readOnly the guest may not write
 * @param snapshot the guest's writes are forgotten at the end
 */
public record DiskFile(String path, boolean readOnly, boolean snapshot) {
    private static final String READ_ONLY = ",readonly";
    private static final String SNAPSHOT = ",snapshot";

    /** Reads {@code FILE[,readonly][,snapshot]}. The file's name may contain commas. */
    public static DiskFile parse(String text) {
        String path = text;
        boolean readOnly = false;
        boolean snapshot = false;
        while (true) {
            if (path.endsWith(READ_ONLY)) {
                readOnly = true;
                path = path.substring(0, path.length() - READ_ONLY.length());
            } else if (path.endsWith(SNAPSHOT)) {
                snapshot = true;
                path = path.substring(0, path.length() - SNAPSHOT.length());
            } else {
                break;
            }
        }
        if (readOnly && snapshot) {
            throw new UserException(ExitCode.USAGE, "--disk: readonly and snapshot exclude each other: " + text);
        }
        int comma = path.lastIndexOf(',');
        if (comma > 0 && !Files.exists(Path.of(path)) && Files.exists(Path.of(path.substring(0, comma)))) {
            throw new UserException(ExitCode.USAGE, "--disk: '" + path.substring(comma + 1) + "' is neither readonly nor snapshot");
        }
        return new DiskFile(path, readOnly, snapshot);
    }

    /** Opens the image. @throws UserException with the reason if that is not possible */
    public BlockBackend open() {
        try {
            ImageFormat format = Files.isRegularFile(Path.of(path)) ? ImageFormat.of(Path.of(path)) : ImageFormat.RAW;
            if (format == ImageFormat.QCOW2) {
                return NbdImage.open(path, "qcow2", readOnly, snapshot);
            }
            if (format != ImageFormat.RAW) {
                throw new DiskException(path + " is no disk image but " + format.description());
            }
            RawImage image = RawImage.open(path, readOnly || snapshot);
            return snapshot ? snapshot(image) : image;
        } catch (DiskException e) {
            throw new UserException("--disk: " + e.getMessage());
        } catch (IOException e) {
            throw new UserException("--disk: cannot read " + e.getMessage());
        }
    }

    private static BlockBackend snapshot(RawImage image) throws DiskException {
        String folder = System.getenv("TMPDIR");
        try {
            return new Snapshot(image, Path.of(folder == null ? "/var/tmp" : folder));
        } catch (IOException e) {
            image.close();
            throw new DiskException("no room for the snapshot's changes: " + e.getMessage());
        }
    }
}
