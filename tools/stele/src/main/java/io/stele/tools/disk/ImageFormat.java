package io.stele.tools.disk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a file that is given as a disk is, by its first bytes. */
public enum ImageFormat {
    /** The disk's bytes as they are; anything that is not known to be something else. */
    RAW("a raw image", 0),
    QCOW2("a qcow2 image", 0, 'Q', 'F', 'I', 0xfb),
    VMDK("a VMDK image (qemu-img convert makes a raw one of it)", 0, 'K', 'D', 'M', 'V'),
    VHDX("a VHDX image (qemu-img convert makes a raw one of it)", 0, 'v', 'h', 'd', 'x', 'f', 'i', 'l', 'e'),
    VHD("a VHD image (qemu-img convert makes a raw one of it)", 0, 'c', 'o', 'n', 'e', 'c', 't', 'i', 'x'),
    VDI("a VDI image (qemu-img convert makes a raw one of it)", 64, 0x7f, 0x10, 0xda, 0xbe),
    GZIP("compressed with gzip", 0, 0x1f, 0x8b),
    XZ("compressed with xz", 0, 0xfd, '7', 'z', 'X', 'Z', 0),
    ZSTD("compressed with zstd", 0, 0x28, 0xb5, 0x2f, 0xfd),
    BZIP2("compressed with bzip2", 0, 'B', 'Z', 'h'),
    ZIP("a zip archive", 0, 'P', 'K', 3, 4),
    ELF("an ELF program", 0, 0x7f, 'E', 'L', 'F'),
    ARM64_KERNEL("an arm64 kernel (for --kernel)", 56, 'A', 'R', 'M', 'd'),
    CPIO("a cpio archive (for --initrd)", 0, '0', '7', '0', '7', '0', '1'),
    DEB("a Debian package", 0, '!', '<', 'a', 'r', 'c', 'h', '>'),
    TAR("a tar archive", 257, 'u', 's', 't', 'a', 'r');

    private static final int HEAD_BYTES = 512;

    private final String description;
    private final int at;
    private final int[] magic;

    ImageFormat(String description, int at, int... magic) {
        this.description = description;
        this.at = at;
        this.magic = magic;
    }

    /** In words, to go on "this is". */
    public String description() {
        return description;
    }

    /** Looks at a file. */
    public static ImageFormat of(Path file) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD_BYTES);
        }
        for (ImageFormat format : values()) {
            if (format.magic.length > 0 && format.matches(head)) {
                return format;
            }
        }
        return RAW;
    }

    private boolean matches(byte[] head) {
        if (head.length < at + magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[at + i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
