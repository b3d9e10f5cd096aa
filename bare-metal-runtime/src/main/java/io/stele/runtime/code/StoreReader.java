package io.stele.runtime.code;

import io.stele.memory.RawMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads what {@link StoreWriter} wrote. Throws {@link java.nio.BufferUnderflowException} at the end. */
final class StoreReader {
    private final ByteBuffer bytes;

    StoreReader(ByteBuffer bytes) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    int getInt() {
        return bytes.getInt();
    }

    long getLong() {
        return bytes.getLong();
    }

    void getInts(int[] to, int count) {
        bytes.slice(bytes.position(), count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(to, 0, count);
        bytes.position(bytes.position() + count * Integer.BYTES);
    }

    /** The next bytes, as a buffer of their own. */
    ByteBuffer getBuffer(int length) {
        ByteBuffer part = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(bytes.position() + length);
        return part;
    }

    /** Reads into memory of this process. */
    void getMemory(long address, long length) {
        MemorySegment.copy(MemorySegment.ofBuffer(getBuffer((int) length)), 0, RawMemory.all(), address, length);
    }
}
