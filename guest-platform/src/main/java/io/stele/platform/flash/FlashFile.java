package io.stele.platform.flash;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The contents of a flash bank, in a file with holes. Writes are in the file when they return, and durable with the host's page cache or
 * when it is closed.
 */
public final class FlashFile implements AutoCloseable {
    private final FileChannel channel;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment contents;

    /** Opens the file, or makes one that is all zero. */
    public FlashFile(Path path, long bytes) throws IOException {
        channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        if (channel.size() < bytes) {
            channel.write(ByteBuffer.allocate(1), bytes - 1);
        }
        contents = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
    }

    MemorySegment contents() {
        return contents;
    }

    void write(long offset, ByteBuffer bytes) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    @Override
    public void close() {
        try {
            channel.force(false);
            channel.close();
        } catch (IOException e) {
            // What is in the page cache is all there is.
        }
        arena.close();
    }
}
