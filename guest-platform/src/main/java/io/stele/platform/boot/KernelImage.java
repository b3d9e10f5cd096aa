package io.stele.platform.boot;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.layout.VirtMemoryMap;
import java.nio.file.Path;

/**
 * A kernel file that was recognised and checked, ready to be copied into guest memory, any number of times (a reboot loads it again).
 * Made by {@link #open}.
 */
public final class KernelImage implements AutoCloseable {
    /** A piece of the file and its place: a guest physical address, or an offset from the place of a movable image. */
    record Segment(long place, BootFile content, long memoryBytes) {}

    private final BootFile file;
    private final String format;
    private final Segment[] segments;
    /** True for an arm64 Image and what is started like one: it clears the memory behind its content itself. */
    private final boolean image;
    /** The segments' places and the entry count from the start of RAM plus {@link #offset}. */
    private final boolean movable;
    private final long offset;
    private final long entry;
    private final long lowest;
    private final long highest;

    private KernelImage(BootFile file, String format, Segment[] segments, boolean image, boolean movable, long offset, long entry) {
        this.file = file;
        this.format = format;
        this.segments = segments;
        this.image = image;
        this.movable = movable;
        this.offset = offset;
        this.entry = entry;
        long low = Long.MAX_VALUE;
        long high = 0;
        for (Segment segment : segments) {
            low = Math.min(low, segment.place);
            high = Math.max(high, segment.place + segment.memoryBytes);
        }
        lowest = low;
        highest = high;
    }

    /**
     * Opens a kernel: arm64 Image, EFI zboot, ELF, or a flat binary, each but zboot also gzip'd. What is known to be something else is an
     * error that names it.
     */
    public static KernelImage open(Path path) throws BootException {
        BootFile file = BootFile.open("kernel", path);
        try {
            return new KernelFormats(file).recognise();
        } catch (BootException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * An arm64 Image: goes to a 2 MiB boundary plus {@code textOffset} and starts at its first byte.
     *
     * @param memoryBytes what it needs from its first byte on, with what follows the file's content
     */
    static KernelImage movable(BootFile file, String format, Segment[] segments, long textOffset, long memoryBytes) {
        Segment[] all = segments.clone();
        Segment last = all[all.length - 1];
        all[all.length - 1] = new Segment(last.place, last.content, Math.max(last.memoryBytes, memoryBytes - last.place));
        return new KernelImage(file, format, all, true, true, textOffset, 0);
    }

    /**
     * A program with physical addresses. A position-independent one that is linked below RAM is moved to where flat binaries go; it relocates
     * itself.
     *
     * @param alignment power of two that the distance must be a multiple of
     */
    static KernelImage program(BootFile file, String format, Segment[] segments, long entry, boolean relocatable, long alignment) {
        long lowest = Long.MAX_VALUE;
        for (Segment segment : segments) {
            lowest = Math.min(lowest, segment.place);
        }
        boolean moves = relocatable && lowest < VirtMemoryMap.RAM;
        long distance = KernelFormats.FLAT_OFFSET - lowest + alignment - 1 & -alignment;
        return new KernelImage(file, format, segments, false, moves, moves ? distance : 0, entry);
    }

    /** The file's format, for messages. */
    public String format() {
        return format;
    }

    /** True if it is started like Linux; otherwise it is a program for the bare machine. */
    boolean image() {
        return image;
    }

    /** What the segments' places count from. */
    private long base(GuestRam ram) {
        return movable ? ram.physical() + offset : 0;
    }

    /** First address that the kernel occupies in this RAM. */
    long start(GuestRam ram) {
        return base(ram) + lowest;
    }

    /** First address behind what the kernel occupies in this RAM. */
    long end(GuestRam ram) {
        return base(ram) + highest;
    }

    /** Address of the first instruction. */
    long entry(GuestRam ram) {
        return base(ram) + entry;
    }

    /** Copies the kernel into RAM, which must have room for it. */
    void copyTo(GuestRam ram) throws BootException {
        for (Segment segment : segments) {
            long host = ram.hostAddress(base(ram) + segment.place, segment.memoryBytes);
            long bytes = segment.content.size();
            segment.content.copyTo(0, bytes, host);
            if (!image && segment.memoryBytes > bytes) {
                RawMemory.fill(host + bytes, segment.memoryBytes - bytes, (byte) 0);
            }
        }
    }

    BootException error(String reason) {
        return file.error(reason);
    }

    @Override
    public void close() {
        file.close();
    }
}
