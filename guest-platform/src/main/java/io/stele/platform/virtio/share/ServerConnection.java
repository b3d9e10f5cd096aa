package io.stele.platform.virtio.share;

import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.util.function.IntBinaryOperator;

/**
 * The two byte streams to the server, with the server's tags in all messages. Data are moved from and to guest memory without a copy. One
 * thread at a time may send, and one receive.
 */
final class ServerConnection {
    private static final int MOST_VERSION_BYTES = 64;
    private static final int EIO = 5;

    private final GatheringByteChannel requests;
    private final ScatteringByteChannel replies;
    private final ByteBuffer out = buffer(Chain.SCRATCH_BYTES);
    private final ByteBuffer header = buffer(Exchange.HEADER_BYTES);
    private final ByteBuffer body = buffer(MOST_VERSION_BYTES);

    ServerConnection(GatheringByteChannel requests, ScatteringByteChannel replies) {
        this.requests = requests;
        this.replies = replies;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void close() throws IOException {
        requests.close();
    }

    /** Sends all messages of a request. */
    void send(Exchange request) throws IOException {
        out.clear();
        if (request.rewritten) {
            sendPieces(request);
            return;
        }
        int head = Math.min(request.size, Chain.SCRATCH_BYTES);
        out.put(RawMemory.all().asSlice(request.chain.scratch(), head).asByteBuffer());
        out.putShort(Exchange.TAG_AT, (short) request.serverTag(0));
        if (request.flushes()) {
            out.putShort(Exchange.HEADER_BYTES, (short) request.flushedTag());
        }
        write(request.chain.readableBuffers(head, request.size - head));
    }

    private void sendPieces(Exchange request) throws IOException {
        boolean writes = request.type == Exchange.WRITE;
        long at = 0;
        for (int i = 0; i < request.pieces; i++) {
            int length = request.length(i);
            out.putInt(Exchange.ACCESS_BYTES + (writes ? length : 0)).put((byte) request.type).putShort((short) request.serverTag(i))
                .putInt(request.fid).putLong(request.offset + at).putInt(length);
            if (writes) {
                write(request.chain.readableBuffers(Exchange.ACCESS_BYTES + at, length));
            }
            at += length;
        }
        if (!writes) {
            write();
        }
    }

    /** Sends what {@link #out} has, and data behind it. */
    private void write(ByteBuffer... data) throws IOException {
        ByteBuffer[] parts = new ByteBuffer[data.length + 1];
        parts[0] = out.flip();
        System.arraycopy(data, 0, parts, 1, data.length);
        long rest = bytes(parts);
        while (rest > 0) {
            rest -= requests.write(parts);
        }
        out.clear();
    }

    private static long bytes(ByteBuffer[] parts) {
        long sum = 0;
        for (ByteBuffer part : parts) {
            sum += part.remaining();
        }
        return sum;
    }

    /** Waits for the header of the next reply. */
    void receiveHeader() throws IOException {
        header.clear();
        fill(header);
        if (size() < Exchange.HEADER_BYTES) {
            throw new IOException("a reply of " + size() + " bytes");
        }
    }

    /** Bytes of the reply. */
    int size() {
        return header.getInt(0);
    }

    int type() {
        return header.get(Exchange.TYPE_AT) & 0xff;
    }

    int tag() {
        return header.getShort(Exchange.TAG_AT) & 0xffff;
    }

    private int bodyBytes() {
        return size() - Exchange.HEADER_BYTES;
    }

    /** Drops what is behind the header. */
    void skip() throws IOException {
        fill(ByteBuffer.allocate(bodyBytes()));
    }

    /** What is behind the header goes to its place in the guest's memory. There is room for it. */
    void receiveBody(Exchange request) throws IOException {
        fill(request.chain.writableBuffers(Exchange.HEADER_BYTES, bodyBytes()));
    }

    /** Whether it is the reply to Tversion, with a size of messages. */
    boolean isVersion() {
        return type() == Exchange.VERSION + 1 && bodyBytes() >= Integer.BYTES && bodyBytes() <= MOST_VERSION_BYTES;
    }

    /**
     * As {@link #receiveBody}, with another size of messages.
     *
     * @param promise from what the guest has asked for and what the server has said to what the guest is told
     */
    void receiveVersion(Exchange request, IntBinaryOperator promise) throws IOException {
        body.clear().limit(bodyBytes());
        fill(body);
        body.flip();
        body.putInt(0, promise.applyAsInt(request.firstNumber(), body.getInt(0)));
        for (ByteBuffer target : request.chain.writableBuffers(Exchange.HEADER_BYTES, bodyBytes())) {
            int part = target.remaining();
            target.put(body.slice(body.position(), part));
            body.position(body.position() + part);
        }
    }

    /**
     * What is behind the header, of the reply to a piece; data go to their place in the guest's memory.
     *
     * @return how many bytes were read or written, or an error's number below 0
     */
    int receivePiece(Exchange request, int piece) throws IOException {
        int data = size() - Exchange.REPLY_BYTES;
        if (data < 0) {
            throw new IOException("a reply of " + size() + " bytes to a read or write");
        }
        body.clear().limit(Integer.BYTES);
        fill(body);
        int number = body.getInt(0);
        if (type() == Exchange.ERROR && data == 0) {
            return number > 0 ? -number : -EIO;
        }
        if (type() != request.type + 1 || number < 0 || number > request.length(piece) || data != (request.type == Exchange.READ ? number : 0)) {
            throw new IOException("a reply of type " + type() + " and " + size() + " bytes to a read or write");
        }
        if (data > 0) {
            fill(request.chain.writableBuffers(Exchange.REPLY_BYTES + (long) piece * request.pieceBytes, data));
        }
        return number;
    }

    /** Reads until all are full. */
    private void fill(ByteBuffer... targets) throws IOException {
        long rest = bytes(targets);
        while (rest > 0) {
            long count = replies.read(targets);
            if (count < 0) {
                throw new EOFException();
            }
            rest -= count;
        }
    }
}
