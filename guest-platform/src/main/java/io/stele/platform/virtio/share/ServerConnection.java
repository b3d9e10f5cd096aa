package io.stele.platform.virtio.share;

import io.stele.kvm.libc.StreamSocket;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.function.IntBinaryOperator;

/**
 * The socket to the server, with the server's tags in all messages. Data of the guest are sent from its memory; replies are received as they
 * come, several or a part of one at a time, and copied into it. One thread at a time may send, and one receive.
 */
final class ServerConnection {
    /** More than one message of diod. */
    private static final int ROOM = 1 << 17;
    private static final int MOST_VERSION_BYTES = 64;
    /** In the reply to Tgetattr, behind the header: behind a mask, a qid, mode, user and group. */
    private static final int LINKS_AT = 33;
    /** In a qid, behind type and version. */
    private static final int INODE_AT = 5;
    /** The chain's, one more where two pieces meet, and one for what is in front of each. */
    private static final int MOST_VECTORS = Chain.MAX_BUFFERS + 2 * Exchange.MOST_PIECES;
    private static final int LENGTH = 8;
    private static final int EIO = 5;

    private final StreamSocket socket;
    private final Arena arena = Arena.ofAuto();
    /** What is sent in front of data, and the vectors of both. */
    private final long out = arena.allocate(Chain.SCRATCH_BYTES, 8).address();
    private final long vectors = arena.allocate((long) MOST_VECTORS * Chain.VECTOR_BYTES, 8).address();
    /** What is prepared and not sent. */
    private int first;
    private int count;
    /** Received bytes, and which of them are still to be looked at. */
    private final long in = arena.allocate(ROOM, 8).address();
    private int next;
    private int end;
    /** The header of the reply. */
    private int size;
    private int type;
    private int tag;

    ServerConnection(StreamSocket socket) {
        this.socket = socket;
    }

    void close() {
        socket.close();
    }

    /** Prepares all messages of a request, to be sent by {@link #send}. */
    void prepare(Exchange request) {
        first = 0;
        count = 0;
        if (request.step != null) {
            add(out, request.step.put(out, request.serverTag(0)));
            return;
        }
        if (request.rewritten) {
            preparePieces(request);
            return;
        }
        int head = Math.min(request.size, Chain.SCRATCH_BYTES);
        RawMemory.copy(request.chain.scratch(), out, head);
        RawMemory.putShort(out + Exchange.TAG_AT, (short) request.serverTag(0));
        if (request.flushes()) {
            RawMemory.putShort(out + Exchange.HEADER_BYTES, (short) request.flushedTag());
        }
        add(out, head);
        add(request, head, request.size - head);
    }

    private void preparePieces(Exchange request) {
        long at = 0;
        for (int i = 0; i < request.pieces; i++) {
            int length = request.length(i);
            long head = out + (long) i * Exchange.ACCESS_BYTES;
            request.putAccess(head, i, at);
            add(head, Exchange.ACCESS_BYTES);
            if (request.type == Exchange.WRITE) {
                add(request, Exchange.ACCESS_BYTES + at, length);
            }
            at += length;
        }
    }

    private void add(long address, int length) {
        RawMemory.putLong(vector(count), address);
        RawMemory.putLong(vector(count) + LENGTH, length);
        count++;
    }

    private void add(Exchange request, long from, int bytes) {
        count += request.chain.readablePart(from, bytes, vector(count));
    }

    private long vector(int index) {
        return vectors + (long) index * Chain.VECTOR_BYTES;
    }

    /**
     * Sends what is prepared.
     *
     * @param wait whether to wait where the socket has no room
     * @return whether all is sent; otherwise it is to be called again
     */
    boolean send(boolean wait) throws IOException {
        first += socket.write(vector(first), count - first, wait);
        return first == count;
    }

    /** Waits for the header of the next reply. */
    void receiveHeader() throws IOException {
        await(Exchange.HEADER_BYTES);
        size = RawMemory.getInt(in + next);
        type = RawMemory.getByte(in + next + Exchange.TYPE_AT) & 0xff;
        tag = RawMemory.getShort(in + next + Exchange.TAG_AT) & 0xffff;
        if (size < Exchange.HEADER_BYTES) {
            throw new IOException("a reply of " + size + " bytes");
        }
        next += Exchange.HEADER_BYTES;
    }

    /** Bytes of the reply. */
    int size() {
        return size;
    }

    int type() {
        return type;
    }

    int tag() {
        return tag;
    }

    private int bodyBytes() {
        return size - Exchange.HEADER_BYTES;
    }

    /** Drops what is behind the header. */
    void skip() throws IOException {
        take(null, 0, bodyBytes());
    }

    /** What is behind the header goes to its place in the guest's memory. There is room for it. */
    void receiveBody(Exchange request) throws IOException {
        take(request.chain, Exchange.HEADER_BYTES, bodyBytes());
    }

    /** Whether it is the reply to Tversion, with a size of messages. */
    boolean isVersion() {
        return type == Exchange.VERSION + 1 && bodyBytes() >= Integer.BYTES && bodyBytes() <= MOST_VERSION_BYTES;
    }

    /**
     * As {@link #receiveBody}, with another size of messages.
     *
     * @param promise from what the guest has asked for and what the server has said to what the guest is told
     */
    void receiveVersion(Exchange request, IntBinaryOperator promise) throws IOException {
        await(bodyBytes());
        RawMemory.putInt(in + next, promise.applyAsInt(request.firstNumber(), RawMemory.getInt(in + next)));
        receiveBody(request);
    }

    /** As {@link #receiveBody}, of a file that has a link that the guest does not know. */
    void receiveAttributes(Exchange request) throws IOException {
        await(LINKS_AT + Long.BYTES);
        long links = in + next + LINKS_AT;
        RawMemory.putLong(links, Math.max(RawMemory.getLong(links) - 1, 0));
        receiveBody(request);
    }

    /** Whether it is the reply to Tlopen or Tlcreate of a file, not of a folder. */
    boolean isOpened() throws IOException {
        if (type != Exchange.OPEN + 1 && type != Exchange.CREATE + 1 || bodyBytes() < Exchange.QID_BYTES) {
            return false;
        }
        await(Exchange.QID_BYTES);
        return RawMemory.getByte(in + next) == 0;
    }

    /** As {@link #receiveBody}, of a reply that {@link #isOpened}. */
    void receiveOpened(Exchange request) throws IOException {
        request.opensFile = true;
        request.inode = RawMemory.getLong(in + next + INODE_AT);
        receiveBody(request);
    }

    /** Whether it is the reply to Tgetattr. */
    boolean isAttributes() {
        return type == Exchange.GET_ATTRIBUTES + 1 && bodyBytes() >= LINKS_AT + Long.BYTES;
    }

    /**
     * What is behind the header, of the reply to a piece; data go to their place in the guest's memory.
     *
     * @return how many bytes were read or written, or an error's number below 0
     */
    int receivePiece(Exchange request, int piece) throws IOException {
        int data = size - Exchange.REPLY_BYTES;
        if (data < 0) {
            throw new IOException("a reply of " + size + " bytes to a read or write");
        }
        await(Integer.BYTES);
        int number = RawMemory.getInt(in + next);
        next += Integer.BYTES;
        if (type == Exchange.ERROR && data == 0) {
            return number > 0 ? -number : -EIO;
        }
        if (type != request.type + 1 || number < 0 || number > request.length(piece) || data != (request.type == Exchange.READ ? number : 0)) {
            throw new IOException("a reply of type " + type + " and " + size + " bytes to a read or write");
        }
        take(request.chain, Exchange.REPLY_BYTES + (long) piece * request.pieceBytes, data);
        return number;
    }

    /** Waits until at least so many bytes, a few, are there. */
    private void await(int count) throws IOException {
        if (next == end) {
            next = 0;
            end = 0;
        } else if (ROOM - next < count) {
            RawMemory.copy(in + next, in, end - next);
            end -= next;
            next = 0;
        }
        while (end - next < count) {
            int received = socket.read(in + end, ROOM - end);
            if (received == 0) {
                throw new EOFException();
            }
            end += received;
        }
    }

    /** Takes bytes off the stream. @param target where they go, from a given byte of its writable ones on; null: nowhere */
    private void take(Chain target, long to, int count) throws IOException {
        int done = 0;
        while (done < count) {
            await(1);
            int part = Math.min(end - next, count - done);
            if (target != null) {
                target.put(to + done, in + next, part);
            }
            next += part;
            done += part;
        }
    }
}
