package io.stele.platform.boot;

import java.io.EOFException;
import java.io.IOException;
import java.util.zip.GZIPInputStream;

/** Tells kernel files apart by their content and unpacks the compressed ones. */
final class KernelFormats {
    private static final int HEAD_BYTES = 4096;
    /** Header and trailer of a gzip file. */
    private static final int GZIP_LEAST = 18;
    /** Deflate makes at most so much of one byte. */
    private static final int DEFLATE_FACTOR = 1032;

    /** Where QEMU and U-Boot put a program without header, from the start of RAM. */
    static final long FLAT_OFFSET = 0x8_0000;
    /** Groups of A64 instructions by bits 28:25 (Arm ARM C4.1): data processing, branches, loads and stores; not the reserved ones and SVE. */
    private static final int ALLOCATED_GROUPS = 0xfff0;
    /** What looks like text for so long is text. */
    private static final int TEXT_BYTES = 64;

    /** PE machine numbers. */
    private static final int PE_ARM64 = 0xaa64;
    private static final int PE_X86_64 = 0x8664;
    private static final int PE_I386 = 0x014c;

    private static final int GZIP_MAGIC = 0x8b1f;
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int ARM_ZIMAGE_MAGIC = 0x016f2818;
    private static final int UIMAGE_MAGIC = 0x56190527;

    /** Beginnings of files that are easily taken for the kernel, and what they are. */
    private static final String[] OTHER_FILES = {
        "070701", "a cpio archive (an initrd?)", "070702", "a cpio archive (an initrd?)", "!<arch>", "an archive of objects or a Debian package",
        "PK\u0003\u0004", "a zip archive", "\u00d0\r\u00fe\u00ed", "a device tree", "QFI\u00fb", "a disk image (qcow2)",
        "hsqs", "a file system image (squashfs)", "\u00ca\u00fe\u00ba\u00be", "a Java class",
    };

    private final BootFile file;

    KernelFormats(BootFile file) {
        this.file = file;
    }

    KernelImage recognise() throws BootException {
        return recognise(file, "");
    }

    /** @param wrapping what was unpacked already; empty for the file itself */
    private KernelImage recognise(BootFile content, String wrapping) throws BootException {
        byte[] head = content.read(0, HEAD_BYTES);
        if (Arm64Header.isPresent(head)) {
            return arm64Image(content, head, wrapping);
        }
        if (head.length >= 4 && LittleEndian.getInt(head, 0) == ELF_MAGIC) {
            return new ElfKernel(content, wrapping + "ELF").read(file);
        }
        if (LittleEndian.hasText(head, 0, "MZ") && LittleEndian.hasText(head, 4, "zimg") && wrapping.isEmpty()) {
            return zboot(content, head);
        }
        if (head.length >= 4 && LittleEndian.getShort(head, 0) == GZIP_MAGIC && !wrapping.contains("gzip")) {
            return recognise(gunzip(content), wrapping + "gzip'd ");
        }
        String foreign = nameOfForeignFormat(head);
        if (foreign != null) {
            throw file.error(foreign);
        }
        return flatBinary(content, head, wrapping);
    }

    /**
     * A program without any header, which starts at its first byte: bare-metal programs, U-Boot, test programs. As there is nothing to
     * recognise, what cannot begin with an A64 instruction is refused.
     */
    private KernelImage flatBinary(BootFile content, byte[] head, String wrapping) throws BootException {
        if (head.length < 4) {
            throw file.error("too short for a kernel (" + head.length + " bytes)");
        }
        if (isText(head)) {
            throw file.error("is a text and not an arm64 kernel (expected Image, gzip'd Image, EFI zboot, ELF or a flat binary)");
        }
        int first = LittleEndian.getInt(head, 0);
        if ((ALLOCATED_GROUPS >>> (first >>> 25 & 15) & 1) == 0) {
            throw file.error("not an arm64 kernel (expected Image, gzip'd Image, EFI zboot, ELF or a flat binary, but it begins with 0x"
                    + Integer.toHexString(first) + ", which is no instruction)");
        }
        KernelImage.Segment[] whole = {new KernelImage.Segment(0, content, content.size())};
        return KernelImage.movable(file, wrapping + "flat binary", whole, FLAT_OFFSET, content.size());
    }

    private static boolean isText(byte[] head) {
        for (int i = 0; i < Math.min(head.length, TEXT_BYTES); i++) {
            if ((head[i] < ' ' || head[i] > '~') && head[i] != '\n' && head[i] != '\r' && head[i] != '\t') {
                return false;
            }
        }
        return true;
    }

    private KernelImage arm64Image(BootFile content, byte[] head, String wrapping) throws BootException {
        Arm64Header header = Arm64Header.read(head, file);
        long expected = peFileSize(head);
        if (content.size() < expected) {
            throw file.error("truncated: " + content.size() + " of " + expected + " bytes");
        }
        KernelImage.Segment[] whole = {new KernelImage.Segment(0, content, content.size())};
        return KernelImage.movable(file, wrapping + "arm64 Image", whole, header.textOffset(), header.imageSize());
    }

    /** Size of the file by the section table of its EFI header; 0 if it has none. */
    private static long peFileSize(byte[] head) {
        int pe = peHeader(head);
        if (pe < 0) {
            return 0;
        }
        int sections = LittleEndian.getShort(head, pe + 6);
        int table = pe + 24 + LittleEndian.getShort(head, pe + 20);
        long end = 0;
        for (int i = 0; i < sections && table + 40 * (i + 1) <= head.length; i++) {
            int section = table + 40 * i;
            end = Math.max(end, LittleEndian.getUnsignedInt(head, section + 16) + LittleEndian.getUnsignedInt(head, section + 20));
        }
        return end;
    }

    /** Offset of the PE header, or -1. */
    private static int peHeader(byte[] head) {
        if (!LittleEndian.hasText(head, 0, "MZ") || head.length < 64) {
            return -1;
        }
        long at = LittleEndian.getUnsignedInt(head, 60);
        return at + 24 <= head.length && LittleEndian.hasText(head, (int) at, "PE\0\0") ? (int) at : -1;
    }

    /** EFI zboot: a PE program that contains the compressed kernel (Linux, drivers/firmware/efi/libstub/zboot-header.S). */
    private KernelImage zboot(BootFile content, byte[] head) throws BootException {
        if (head.length < 64) {
            throw file.error("truncated EFI zboot kernel (" + head.length + " bytes)");
        }
        int pe = peHeader(head);
        if (pe >= 0 && LittleEndian.getShort(head, pe + 4) != PE_ARM64) {
            throw file.error("is an EFI zboot kernel for " + peMachine(LittleEndian.getShort(head, pe + 4))
                    + ", an arm64 kernel is needed");
        }
        long offset = LittleEndian.getUnsignedInt(head, 8);
        long length = LittleEndian.getUnsignedInt(head, 12);
        if (offset + length > content.size()) {
            throw file.error("truncated: " + content.size() + " of at least " + (offset + length) + " bytes");
        }
        String compression = text(head, 24, 56);
        if (!compression.equals("gzip")) {
            throw file.error("EFI zboot kernel compressed with " + compression + ", only gzip is supported");
        }
        return recognise(gunzip(content.part(offset, length)), "EFI zboot gzip'd ");
    }

    private static String text(byte[] head, int from, int limit) {
        StringBuilder text = new StringBuilder();
        for (int at = from; at < limit && head[at] != 0; at++) {
            text.append(head[at] >= ' ' && head[at] < 0x7f ? (char) head[at] : '?');
        }
        return text.toString();
    }

    private BootFile gunzip(BootFile packed) throws BootException {
        long end = packed.size();
        long expected = end >= GZIP_LEAST ? LittleEndian.getUnsignedInt(packed.read(end - 4, 4), 0) : 0;
        // A damaged size may not cost more than gzip can make of the file.
        long possible = Math.min(expected, end * DEFLATE_FACTOR);
        try (GZIPInputStream in = new GZIPInputStream(packed.stream(), 1 << 16)) {
            return file.unpacked(in, possible, "unpacks to more than 1 GiB");
        } catch (EOFException e) {
            throw file.error("truncated: the gzip data end too early", e);
        } catch (IOException e) {
            throw file.error("damaged gzip data: " + e.getMessage(), e);
        }
    }

    private static String peMachine(int machine) {
        return switch (machine) {
            case PE_X86_64 -> "x86-64";
            case PE_I386 -> "32-bit x86";
            case 0x01c2, 0x01c4 -> "32-bit Arm";
            case 0x5064 -> "64-bit RISC-V";
            case 0x6264 -> "64-bit LoongArch";
            default -> "machine 0x" + Integer.toHexString(machine);
        };
    }

    /** What to tell about a file that is something else; null if it is not known. */
    private static String nameOfForeignFormat(byte[] head) {
        if (LittleEndian.hasText(head, 0x202, "HdrS")) {
            return "is an x86 kernel (bzImage), an arm64 kernel is needed";
        }
        if (LittleEndian.hasText(head, 56, "RSC\u0005")) {
            return "is a RISC-V kernel (Image), an arm64 kernel is needed";
        }
        if (head.length > 0x28 && LittleEndian.getInt(head, 0x24) == ARM_ZIMAGE_MAGIC) {
            return "is a 32-bit Arm kernel (zImage), an arm64 kernel is needed";
        }
        if (LittleEndian.hasText(head, 0, "ANDROID!")) {
            return "is an Android boot image, take the kernel out of it first";
        }
        if (head.length >= 4 && LittleEndian.getInt(head, 0) == UIMAGE_MAGIC) {
            return "is a U-Boot image (uImage), take the kernel out of it first";
        }
        for (int i = 0; i < OTHER_FILES.length; i += 2) {
            if (LittleEndian.hasText(head, 0, OTHER_FILES[i])) {
                return "is " + OTHER_FILES[i + 1] + " and not an arm64 kernel";
            }
        }
        int pe = peHeader(head);
        if (pe >= 0) {
            return "is an EFI program for " + peMachine(LittleEndian.getShort(head, pe + 4)) + " and not an arm64 kernel Image";
        }
        String compression = compressionName(head);
        return compression == null ? null : "is compressed with " + compression + ", only gzip is supported; unpack it first";
    }

    private static String compressionName(byte[] head) {
        if (head.length < 4) {
            return null;
        }
        if (LittleEndian.hasText(head, 0, "BZh")) {
            return "bzip2";
        }
        if (LittleEndian.getShort(head, 0) == GZIP_MAGIC) {
            return "gzip more than once";
        }
        return switch (LittleEndian.getInt(head, 0)) {
            case 0x587a37fd -> "xz";
            case 0xfd2fb528 -> "zstd";
            case 0x184c2102, 0x184d2204 -> "lz4";
            case 0x4f5a4c89 -> "lzo";
            case 0x0000005d -> "lzma";
            default -> null;
        };
    }
}
