package io.stele.platform.virtio.net;

import io.stele.kvm.libc.StreamSocket;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * Frames over a stream socket, each behind its length in four bytes, most significant first: what QEMU's socket back end and passt speak.
 */
public final class StreamBackend implements NetBackend {
    private static final int LENGTH_BYTES = 4;
    private static final int LENGTH = 8;

    private final StreamSocket socket;
    private final String peer;
    private final int mtu;
    private final AutoCloseable owner;
    private final Arena arena = Arena.ofAuto();
    /** What is sent, the length first. */
    private final long lengthOut = arena.allocate(LENGTH_BYTES, LENGTH_BYTES).address();
    private final long vectors = arena.allocate((Chain.MAX_BUFFERS + 1L) * Chain.VECTOR_BYTES, Chain.VECTOR_BYTES).address();
    /** Of a frame that is not complete yet: where its received bytes are, which are moved to the front of the memory at the next call. */
    private long incomplete;
    private int left;

    /** @param peer its name in messages; @param owner closed with this object */
    public StreamBackend(StreamSocket socket, String peer, int mtu, AutoCloseable owner) {
        this.socket = socket;
        this.peer = peer;
        this.mtu = mtu;
        this.owner = owner;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /** No bit of a frame gets lost in memory. */
    @Override
    public boolean keepsFramesWhole() {
        return true;
    }

    @Override
    public void send(Chain chain) throws IOException {
        int length = (int) chain.readableBytes();
        if (length > 0) {
            RawMemory.putInt(lengthOut, Integer.reverseBytes(length));
            RawMemory.putLong(vectors, lengthOut);
            RawMemory.putLong(vectors + LENGTH, LENGTH_BYTES);
            socket.write(vectors, 1 + chain.readablePart(0, length, vectors + Chain.VECTOR_BYTES), true);
        }
    }

    @Override
    public int receive(long frames, int capacity) throws IOException {
        if (left > 0 && incomplete != frames) {
            RawMemory.copy(incomplete, frames, left);
        }
        int received = left;
        int end = 0;
        while (end == 0) {
            int more = socket.read(frames + received, capacity - received);
            if (more == 0) {
                throw new IOException(peer + " has ended");
            }
            received += more;
            end = wholeFrames(frames, received, capacity);
        }
        left = received - end;
        incomplete = frames + end;
        return end;
    }

    private int wholeFrames(long frames, int received, int capacity) throws IOException {
        int end = 0;
        while (received - end >= LENGTH_BYTES) {
            int length = Integer.reverseBytes(RawMemory.getInt(frames + end));
            if (length <= 0 || length > capacity - LENGTH_BYTES) {
                throw new IOException(peer + " sent a frame of " + length + " bytes");
            }
            if (received - end - LENGTH_BYTES < length) {
                break;
            }
            end += LENGTH_BYTES + length;
        }
        return end;
    }

    @Override
    public void close() {
        socket.close();
        try {
            owner.close();
        } catch (Exception e) {
            // It is gone one way or the other.
        }
    }
}
