package io.stele.platform.virtio.share;

import io.stele.kvm.libc.StreamSocket;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The server's end of a device's connection: one thread may read while another one writes. */
final class ServerEnd implements AutoCloseable {
    /** The device's end. */
    final StreamSocket device;
    private final StreamSocket own;

    ServerEnd() throws IOException {
        StreamSocket[] both = StreamSocket.pair();
        device = both[0];
        own = both[1];
    }

    /** Waits for so many bytes. */
    byte[] read(int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            int done = 0;
            while (done < length) {
                int count = own.read(bytes.address() + done, length - done);
                if (count == 0) {
                    throw new EOFException();
                }
                done += count;
            }
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    void write(byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment vector = arena.allocate(2 * Long.BYTES, Long.BYTES);
            vector.set(ValueLayout.JAVA_LONG, 0, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).address());
            vector.set(ValueLayout.JAVA_LONG, Long.BYTES, bytes.length);
            own.write(vector.address(), 1, true);
        }
    }

    @Override
    public void close() {
        own.close();
    }
}
