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
    private static final int LARGEST_FRAME = 1 << 17;
    /** Of one write. */
    private static final int MOST_FRAMES = 64;
    private static final int MOST_VECTORS = Chain.MAX_BUFFERS + MOST_FRAMES;

    private final StreamSocket socket;
    private final String peer;
    private final int mtu;
    private final AutoCloseable owner;
    private final Arena arena = Arena.ofAuto();
    /** What is sent: vectors of each frame, and of its length before it. */
    private final long lengths = arena.allocate((long) MOST_FRAMES * LENGTH_BYTES, LENGTH_BYTES).address();
    private final long vectors = arena.allocate((long) MOST_VECTORS * Chain.VECTOR_BYTES, Chain.VECTOR_BYTES).address();
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
    public void send(Chain[] chains, int count) throws IOException {
        int frames = 0;
        int used = 0;
        for (int i = 0; i < count; i++) {
            if (frames == MOST_FRAMES || used + 1 + chains[i].readableCount() > MOST_VECTORS) {
                socket.write(vectors, used, true);
                frames = 0;
                used = 0;
            }
            int length = (int) chains[i].readableBytes();
            if (length > 0) {
                long lengthOut = lengths + (long) frames++ * LENGTH_BYTES;
                RawMemory.putInt(lengthOut, Integer.reverseBytes(length));
                long vector = vectors + (long) used * Chain.VECTOR_BYTES;
                RawMemory.putLong(vector, lengthOut);
                RawMemory.putLong(vector + LENGTH, LENGTH_BYTES);
                used += 1 + chains[i].readablePart(0, length, vector + Chain.VECTOR_BYTES);
            }
        }
        socket.write(vectors, used, true);
    }

    @Override
    public int receive(long frames, int capacity, boolean wait) throws IOException {
        if (left > 0 && incomplete != frames) {
            RawMemory.copy(incomplete, frames, left);
        }
        int received = left;
        int end = 0;
        while (end == 0 && wait) {
            int more = socket.read(frames + received, capacity - received);
            if (more == 0) {
                throw new IOException(peer + " has ended");
            }
            received += more;
            end = wholeFrames(frames, 0, received);
        }
        int more = 1;
        while (more > 0 && received < capacity) {
            more = socket.readAvailable(frames + received, capacity - received);
            received += more;
        }
        end = wholeFrames(frames, end, received);
        left = received - end;
        incomplete = frames + end;
        return end;
    }

    private int wholeFrames(long frames, int from, int received) throws IOException {
        int end = from;
        while (received - end >= LENGTH_BYTES) {
            int length = Integer.reverseBytes(RawMemory.getInt(frames + end));
            if (length <= 0 || length > LARGEST_FRAME) {
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
