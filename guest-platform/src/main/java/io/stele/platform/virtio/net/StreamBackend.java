package io.stele.platform.virtio.net;

import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;

/**
 * Frames over a stream socket, each behind its length in four bytes, most significant first: what QEMU's socket back end and passt speak.
 */
public final class StreamBackend implements NetBackend {
    private static final int LENGTH_BYTES = 4;

    private final SocketChannel channel;
    private final String peer;
    private final int mtu;
    private final AutoCloseable owner;
    private final ByteBuffer lengthOut = ByteBuffer.allocateDirect(LENGTH_BYTES);
    /** Received bytes of a frame that is not complete yet are moved to the front of the memory at the next call. */
    private ByteBuffer memory;
    private int left;

    /** @param peer its name in messages; @param owner closed with this object */
    public StreamBackend(SocketChannel channel, String peer, int mtu, AutoCloseable owner) {
        this.channel = channel;
        this.peer = peer;
        this.mtu = mtu;
        this.owner = owner;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public void send(Chain chain) throws IOException {
        int length = (int) chain.readableBytes();
        if (length == 0) {
            return;
        }
        ByteBuffer[] parts = chain.readableBuffers();
        ByteBuffer[] all = new ByteBuffer[parts.length + 1];
        lengthOut.clear();
        lengthOut.putInt(length).flip();
        all[0] = lengthOut;
        System.arraycopy(parts, 0, all, 1, parts.length);
        long rest = LENGTH_BYTES + (long) length;
        while (rest > 0) {
            rest -= channel.write(all);
        }
    }

    @Override
    public int receive(long frames, int capacity) throws IOException {
        if (memory == null) {
            memory = RawMemory.all().asSlice(frames, capacity).asByteBuffer().order(ByteOrder.BIG_ENDIAN);
        }
        memory.position(memory.limit() - left);
        memory.compact();
        memory.position(left);
        memory.limit(capacity);
        int end = 0;
        while (end == 0) {
            if (channel.read(memory) < 0) {
                throw new IOException(peer + " has ended");
            }
            end = wholeFrames(memory.position(), capacity);
        }
        left = memory.position() - end;
        memory.limit(memory.position());
        return end;
    }

    private int wholeFrames(int received, int capacity) throws IOException {
        int end = 0;
        while (received - end >= LENGTH_BYTES) {
            int length = memory.getInt(end);
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
        try {
            channel.close();
            owner.close();
        } catch (Exception e) {
            // It is gone one way or the other.
        }
    }
}
