package io.stele.platform.virtio.share;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.Uninterrupted;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.VirtioException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * 9P transport (device ID 9): moves the messages of a 9P session between the ring and a server that is connected by two byte streams. It
 * looks at a message's size and tag only. Replies may come in any order.
 *
 * <p>Short requests are sent by the thread that notifies of them: waking another one takes longer. So many of them at most are under way that
 * the stream has room for them and the thread does not wait.
 */
public final class VirtioShare implements VirtioDevice {
    private static final int ID = 9;
    private static final int QUEUE_SIZE = 128;
    private static final long FEATURE_MOUNT_TAG = 1;
    private static final int HEADER_BYTES = 7;
    private static final int TAG_AT = 5;
    private static final int ERROR_BYTES = 11;
    private static final byte ERROR_REPLY = 7;
    private static final int EIO = 5;
    private static final int SHORT_REQUEST_BYTES = 512;
    private static final int SHORT_REQUESTS = 32;

    private final byte[] tag;
    private final GatheringByteChannel requests;
    private final ScatteringByteChannel replies;
    private final AutoCloseable owner;
    private final Consumer<String> log;
    private final Map<Integer, Chain> underWay = new HashMap<>();
    private final ArrayDeque<Chain> spare = new ArrayDeque<>();
    private final ByteBuffer header = ByteBuffer.allocateDirect(HEADER_BYTES);
    /** Taken by {@link #sendHere}, and to be sent by the thread. */
    private Chain handedOver;
    /** The thread sends, or is about to. */
    private boolean sending;
    private boolean started;
    private boolean closed;
    private boolean serverEnded;
    private VirtQueue queue;
    private DevicePort port;
    /** Threads that move bytes from or to guest memory without the monitor. */
    private int busy;

    /**
     * @param tag the name by which the guest mounts it
     * @param owner closed with this object
     * @param log takes a line when the server ends
     */
    public VirtioShare(String tag, GatheringByteChannel requests, ScatteringByteChannel replies, AutoCloseable owner, Consumer<String> log) {
        this.tag = tag.getBytes(StandardCharsets.UTF_8);
        this.requests = requests;
        this.replies = replies;
        this.owner = owner;
        this.log = log;
    }

    @Override
    public String name() {
        return "share " + new String(tag, StandardCharsets.UTF_8);
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public long features() {
        return FEATURE_MOUNT_TAG;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE};
    }

    @Override
    public int configByte(int offset) {
        return switch (offset) {
            case 0 -> tag.length & 0xff;
            case 1 -> tag.length >> 8;
            default -> offset - 2 < tag.length ? tag[offset - 2] & 0xff : 0;
        };
    }

    @Override
    public synchronized void start(long accepted, VirtQueue[] queues, DevicePort newPort) {
        queue = queues[0];
        port = newPort;
        if (!started) {
            started = true;
            Thread.ofPlatform().daemon().name("virtio-9p requests").start(this::send);
            Thread.ofPlatform().daemon().name("virtio-9p replies").start(this::receive);
        }
        notifyAll();
    }

    @Override
    public synchronized void available(int index) {
        if (!sending) {
            sendHere();
        }
    }

    /** Sends what is short, and leaves the rest to the thread. */
    private void sendHere() {
        Chain chain = next();
        while (chain != null) {
            if (chain.readableBytes() > SHORT_REQUEST_BYTES || underWay.size() > SHORT_REQUESTS) {
                handedOver = chain;
                sending = true;
                notifyAll();
                return;
            }
            try {
                write(chain);
            } catch (IOException e) {
                ended();
            }
            chain = next();
        }
    }

    @Override
    public synchronized void stop() {
        queue = null;
        handedOver = null;
        Uninterrupted.await(this, () -> busy == 0);
        underWay.clear();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            requests.close();
            owner.close();
        } catch (Exception e) {
            // It has ended already.
        }
    }

    private void send() {
        try {
            for (Chain chain = take(); chain != null; chain = take()) {
                IOException failure = null;
                try {
                    write(chain);
                } catch (IOException e) {
                    failure = e;
                }
                sent(failure);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Chain chain) throws IOException {
        ByteBuffer[] parts = chain.readableBuffers();
        long rest = chain.readableBytes();
        while (rest > 0) {
            rest -= requests.write(parts);
        }
    }

    /** For the thread: the request to be sent next; null at the end. */
    private synchronized Chain take() throws InterruptedException {
        while (!closed) {
            Chain chain = handedOver != null ? handedOver : next();
            handedOver = null;
            if (chain != null) {
                sending = true;
                busy++;
                return chain;
            }
            sending = false;
            wait();
        }
        return null;
    }

    /** The next request that the driver has made available, registered by its tag; null if there is none. */
    private Chain next() {
        try {
            while (queue != null) {
                Chain chain = spare.isEmpty() ? new Chain() : spare.pop();
                if (queue.pop(chain)) {
                    register(chain);
                    if (!serverEnded) {
                        return chain;
                    }
                    fail(chain);
                } else {
                    spare.push(chain);
                    if (!queue.enableNotifications()) {
                        return null;
                    }
                }
            }
        } catch (VirtioException e) {
            queue = null;
            port.broken(e);
        }
        return null;
    }

    private void register(Chain chain) {
        long copy = chain.scratch();
        if (!chain.peek(copy, HEADER_BYTES) || (RawMemory.getInt(copy) & 0xffff_ffffL) != chain.readableBytes()
            || chain.writableBytes() < ERROR_BYTES) {
            throw new VirtioException("a message whose size is not what it says, or without room for a reply");
        }
        int number = RawMemory.getShort(copy + TAG_AT) & 0xffff;
        if (underWay.put(number, chain) != null) {
            throw new VirtioException("two messages with tag " + number);
        }
    }

    private synchronized void sent(IOException failure) {
        busy--;
        notifyAll();
        if (failure != null) {
            ended();
        }
    }

    private void receive() {
        try {
            while (true) {
                header.clear();
                fill(HEADER_BYTES, header);
                header.flip();
                int size = Integer.reverseBytes(header.getInt());
                int number = Short.reverseBytes(header.getShort(TAG_AT)) & 0xffff;
                if (size < HEADER_BYTES) {
                    throw new IOException("a reply of " + size + " bytes");
                }
                Chain chain = begin(number, size);
                if (chain == null) {
                    fill(size - HEADER_BYTES, ByteBuffer.allocate(size - HEADER_BYTES));
                } else {
                    header.rewind();
                    RawMemory.all().asSlice(chain.scratch(), HEADER_BYTES).asByteBuffer().put(header);
                    chain.write(chain.scratch(), HEADER_BYTES);
                    fill(size - HEADER_BYTES, chain.writableBuffers());
                    finish(chain, size);
                }
            }
        } catch (IOException e) {
            synchronized (this) {
                ended();
            }
        }
    }

    /** Reads so many bytes, for which there is room. */
    private void fill(long bytes, ByteBuffer... targets) throws IOException {
        long room = bytes;
        for (ByteBuffer target : targets) {
            target.limit((int) Math.min(target.limit(), room));
            room -= target.limit();
        }
        long rest = bytes;
        while (rest > 0) {
            long count = replies.read(targets);
            if (count < 0) {
                throw new EOFException();
            }
            rest -= count;
        }
    }

    /** The chain for a reply; null if nobody waits for it, or it has no room for it, and the reply is to be dropped. */
    private synchronized Chain begin(int number, int size) {
        Chain chain = underWay.remove(number);
        if (chain == null) {
            return null;
        }
        if (size > chain.writableBytes()) {
            underWay.put(number, chain);
            fail(chain);
            return null;
        }
        busy++;
        return chain;
    }

    private synchronized void finish(Chain chain, int size) {
        busy--;
        if (queue != null) {
            giveBack(chain, size);
        } else {
            notifyAll();
        }
    }

    private void giveBack(Chain chain, int written) {
        queue.push(chain.head(), written);
        spare.push(chain);
        if (queue.interruptWanted()) {
            port.usedBuffers();
        }
    }

    /** Answers a request with an I/O error. */
    private void fail(Chain chain) {
        long reply = chain.scratch();
        int number = RawMemory.getShort(reply + TAG_AT) & 0xffff;
        underWay.remove(number);
        RawMemory.putInt(reply, ERROR_BYTES);
        RawMemory.putByte(reply + 4, ERROR_REPLY);
        RawMemory.putShort(reply + TAG_AT, (short) number);
        RawMemory.putInt(reply + HEADER_BYTES, EIO);
        chain.write(reply, ERROR_BYTES);
        giveBack(chain, ERROR_BYTES);
    }

    /** The server has ended: the guest sees I/O errors from now on. */
    private void ended() {
        if (serverEnded || closed) {
            return;
        }
        serverEnded = true;
        log.accept(name() + ": the file server has ended; the guest sees I/O errors");
        if (queue != null) {
            for (Chain chain : underWay.values().toArray(new Chain[0])) {
                fail(chain);
            }
        }
        notifyAll();
    }
}
