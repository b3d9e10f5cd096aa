package io.stele.runtime.code;

import io.stele.memory.RawMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/** Writes a file sequentially, little-endian, and computes its checksum. Throws {@link UncheckedIOException}. */
final class StoreWriter {
    private final FileChannel channel;
    private final CRC32C checksum = new CRC32C();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);

    StoreWriter(FileChannel channel) {
        this.channel = channel;
    }

    /** The buffer with room for {@code bytes}, at most 1 MiB, to put them there. */
    ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    void putInt(int value) {
        room(Integer.BYTES).putInt(value);
    }

    void putLong(long value) {
        room(Long.BYTES).putLong(value);
    }

    void putInts(int[] values, int count) {
        for (int i = 0; i < count; i++) {
            putInt(values[i]);
        }
    }

    /** Writes memory of this process. */
    void putMemory(long address, long bytes) {
        flush();
        write(RawMemory.all().asSlice(address, bytes).asByteBuffer());
    }

    void flush() {
        write(buffer.flip());
        buffer.clear();
    }

    /** CRC32C of what went to the file, which is all of it after {@link #flush}. */
    long checksum() {
        return checksum.getValue();
    }

    private void write(ByteBuffer bytes) {
        checksum.update(bytes.duplicate());
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
