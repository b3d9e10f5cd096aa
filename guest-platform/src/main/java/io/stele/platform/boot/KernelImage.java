package io.stele.platform.boot;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.GuestRam;
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
    private final boolean movable;
    private final long textOffset;
    private final long entry;
    private final long lowest;
    private final long highest;

    private KernelImage(BootFile file, String format, Segment[] segments, boolean movable, long textOffset, long entry) {
        this.file = file;
        this.format = format;
        this.segments = segments;
        this.movable = movable;
        this.textOffset = textOffset;
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

    /** Opens a kernel: arm64 Image, gzip'd Image, EFI zboot, or ELF. Anything else is an error that names what the file is. */
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
        return new KernelImage(file, format, all, true, textOffset, 0);
    }

    /** A program with fixed physical addresses. */
    static KernelImage fixed(BootFile file, String format, Segment[] segments, long entry) {
        return new KernelImage(file, format, segments, false, 0, entry);
    }

    /** The file's format, for messages. */
    public String format() {
        return format;
    }

    /** First address that the kernel occupies in this RAM. */
    long start(GuestRam ram) {
        return movable ? ram.physical() + textOffset + lowest : lowest;
    }

    /** First address behind what the kernel occupies in this RAM. */
    long end(GuestRam ram) {
        return movable ? ram.physical() + textOffset + highest : highest;
    }

    /** Address of the first instruction. */
    long entry(GuestRam ram) {
        return movable ? ram.physical() + textOffset : entry;
    }

    /** True if what lies behind the file's content has to be cleared: an ELF program expects it, an arm64 Image clears it itself. */
    private boolean clearsTail() {
        return !movable;
    }

    /** Copies the kernel into RAM, which must have room for it. */
    void copyTo(GuestRam ram) throws BootException {
        long base = movable ? ram.physical() + textOffset : 0;
        for (Segment segment : segments) {
            long host = ram.hostAddress(base + segment.place, segment.memoryBytes);
            long bytes = segment.content.size();
            segment.content.copyTo(0, bytes, host);
            if (clearsTail() && segment.memoryBytes > bytes) {
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
