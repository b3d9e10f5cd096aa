package io.stele.platform.boot;

import java.util.Arrays;

/** An ELF file as a kernel: a program with physical load addresses or a position-independent one, or a Linux vmlinux. */
final class ElfKernel {
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int CLASS_64 = 2;
    private static final int DATA_LITTLE = 1;
    private static final int TYPE_EXEC = 2;
    private static final int TYPE_DYN = 3;
    private static final int MACHINE_AARCH64 = 183;
    private static final int PT_LOAD = 1;
    /** No physical address of the architecture is wider. */
    private static final int PHYSICAL_BITS = 52;
    /** Segments are never aligned to more than this, whatever the file says. */
    private static final long ALIGNMENT_LIMIT = 2 << 20;

    private final BootFile content;
    private final String format;

    ElfKernel(BootFile content, String format) {
        this.content = content;
        this.format = format;
    }

    /** @param file the file to name in messages and to close at the end */
    KernelImage read(BootFile file) throws BootException {
        byte[] head = content.read(0, HEADER_BYTES);
        checkHeader(head, file);
        long tableOffset = LittleEndian.getLong(head, 32);
        int entrySize = LittleEndian.getShort(head, 54);
        int count = LittleEndian.getShort(head, 56);
        if (count == 0 || entrySize < PROGRAM_HEADER_BYTES) {
            throw file.error("ELF file has no program headers");
        }
        if (tableOffset < 0 || tableOffset > content.size() - (long) count * entrySize) {
            throw file.error("truncated: the ELF program headers lie behind the end of the file");
        }
        byte[] table = content.read(tableOffset, count * entrySize);
        KernelImage.Segment[] segments = new KernelImage.Segment[count];
        long entry = LittleEndian.getLong(head, 24);
        long physicalEntry = entry;
        int used = 0;
        long alignment = 1;
        for (int i = 0; i < count; i++) {
            int at = i * entrySize;
            long fileBytes = LittleEndian.getLong(table, at + 32);
            long memoryBytes = LittleEndian.getLong(table, at + 40);
            if (LittleEndian.getInt(table, at) != PT_LOAD || memoryBytes == 0) {
                continue;
            }
            long offset = LittleEndian.getLong(table, at + 8);
            long virtual = LittleEndian.getLong(table, at + 16);
            long physical = LittleEndian.getLong(table, at + 24);
            if (fileBytes < 0 || memoryBytes < fileBytes || offset < 0) {
                throw file.error("ELF program header " + i + " is damaged");
            }
            if (offset > content.size() - fileBytes) {
                throw file.error("truncated: ELF segment " + i + " ends behind the end of the file");
            }
            if (Long.compareUnsigned(entry - virtual, memoryBytes) < 0) {
                physicalEntry = physical + (entry - virtual);
            }
            long needed = LittleEndian.getLong(table, at + 48);
            alignment = Math.max(alignment, Long.bitCount(needed) == 1 && needed <= ALIGNMENT_LIMIT ? needed : 1);
            segments[used++] = new KernelImage.Segment(physical, content.part(offset, fileBytes), memoryBytes);
        }
        if (used == 0) {
            throw file.error("ELF file has nothing to load");
        }
        KernelImage.Segment[] loaded = Arrays.copyOf(segments, used);
        KernelImage linux = asLinux(file, loaded);
        if (linux != null) {
            return linux;
        }
        checkPlaces(file, loaded);
        boolean relocatable = LittleEndian.getShort(head, 16) == TYPE_DYN;
        return KernelImage.program(file, format, loaded, physicalEntry, relocatable, alignment);
    }

    private static void checkPlaces(BootFile file, KernelImage.Segment[] segments) throws BootException {
        for (KernelImage.Segment segment : segments) {
            if (segment.place() >>> PHYSICAL_BITS != 0 || segment.memoryBytes() >>> PHYSICAL_BITS != 0) {
                throw file.error("ELF segment at 0x" + Long.toHexString(segment.place()) + " with 0x"
                        + Long.toHexString(segment.memoryBytes()) + " bytes does not fit into physical memory");
            }
        }
    }

    /**
     * Linux links arm64 kernels at virtual addresses and gives these as physical ones, too. The lowest segment begins with the Image
     * header, so the file is loaded as the Image that it contains.
     */
    private KernelImage asLinux(BootFile file, KernelImage.Segment[] segments) throws BootException {
        KernelImage.Segment first = segments[0];
        for (KernelImage.Segment segment : segments) {
            if (Long.compareUnsigned(segment.place(), first.place()) < 0) {
                first = segment;
            }
        }
        byte[] head = first.content().read(0, Arm64Header.BYTES);
        if (first.place() >= 0 || !Arm64Header.isPresent(head)) {
            return null;
        }
        Arm64Header header = Arm64Header.read(head, file);
        KernelImage.Segment[] moved = new KernelImage.Segment[segments.length];
        for (int i = 0; i < segments.length; i++) {
            moved[i] = new KernelImage.Segment(segments[i].place() - first.place(), segments[i].content(), segments[i].memoryBytes());
        }
        checkPlaces(file, moved);
        return KernelImage.movable(file, format + " (vmlinux)", moved, header.textOffset(), header.imageSize());
    }

    private void checkHeader(byte[] head, BootFile file) throws BootException {
        if (head.length < HEADER_BYTES) {
            throw file.error("truncated ELF file (" + head.length + " bytes)");
        }
        boolean little = head[5] == DATA_LITTLE;
        int machine = little ? LittleEndian.getShort(head, 18) : (head[18] & 0xff) << 8 | head[19] & 0xff;
        if (machine != MACHINE_AARCH64) {
            throw file.error("is an ELF file for " + machineName(machine) + ", an arm64 kernel is needed");
        }
        if (!little) {
            throw file.error("is a big-endian arm64 ELF file, a little-endian one is needed");
        }
        int type = LittleEndian.getShort(head, 16);
        if (head[4] != CLASS_64 || type != TYPE_EXEC && type != TYPE_DYN) {
            throw file.error("is an ELF file that cannot be executed (" + (type == 1 ? "object file or module" : "type " + type) + ")");
        }
    }

    private static String machineName(int machine) {
        return switch (machine) {
            case 3 -> "32-bit x86";
            case 8 -> "MIPS";
            case 20 -> "32-bit PowerPC";
            case 21 -> "PowerPC";
            case 22 -> "s390";
            case 40 -> "32-bit Arm";
            case 62 -> "x86-64";
            case 243 -> "RISC-V";
            case 258 -> "LoongArch";
            default -> "machine " + machine;
        };
    }
}
