package io.stele.platform.pl011;

import java.nio.ByteBuffer;

/** Where a console's output goes. Thread-safe. May block for a while when the reader is slow, which slows the guest down. */
@FunctionalInterface
public interface ConsoleSink {
    /** Takes one byte. */
    void put(byte value);

    /** How many bytes it takes at least without blocking. */
    default int room() {
        return Integer.MAX_VALUE;
    }

    /** Takes all bytes that remain in the buffer. */
    default void put(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            put(bytes.get());
        }
    }
}
