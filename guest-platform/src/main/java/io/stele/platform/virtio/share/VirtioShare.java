package io.stele.platform.virtio.share;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.Folder;
import io.stele.kvm.libc.StreamSocket;
import io.stele.memory.RawMemory;
import io.stele.platform.bus.Uninterrupted;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.QuickCalls;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.VirtioException;
import io.stele.platform.virtio.share.DirectFiles.DirectFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * 9P transport (device ID 9): moves the messages of a 9P session between the ring and a server that is connected by a socket. Replies may come
 * in any order.
 *
 * <p>The guest's messages may be larger than the server's: the guest is promised the size that it wants, and reads and writes that the server
 * takes no message for become several, all under way at once ({@link Exchange}). If one of them fails or comes short, the guest's request
 * has done what lies before it. So the server sees tags of the device's own, and Tflush is looked at, too. Writes to a file that was opened
 * to append to it have an order: of those the guest is told that they came short.
 *
 * <p>Reads and writes of files that the device can open itself do not go to the server at all ({@link DirectFiles}).
 *
 * <p>Files that are renamed or removed while they are open stay to be found ({@link Fids}). What the guest removes or renames by
 * Tunlinkat and Trenameat, the server is asked for by Tremove and Trename.
 *
 * <p>Requests are sent by the thread that notifies of them, as waking another one takes longer. What the socket has no room for is left to a
 * thread that waits.
 */
public final class VirtioShare implements VirtioDevice {
    private static final int ID = 9;
    private static final int QUEUE_SIZE = 128;
    private static final long FEATURE_MOUNT_TAG = 1;
    /** A ring of that many requests, all of them in as many pieces as can be. */
    private static final int SERVER_TAGS = QUEUE_SIZE * Exchange.MOST_PIECES;
    /** What the guest is promised at most. */
    private static final int LARGEST_MESSAGE = 1 << 20;
    /** What messages of the server have beside the data of a read or write, with some room. */
    private static final int OVERHEAD = 24;
    /** A file that is one of more is written to without pieces. */
    private static final int MOST_APPENDED = 1 << 16;
    private static final int FILE_THREADS = 4;
    private static final int REPLY_TO_FLUSH = Exchange.FLUSH + 1;

    private final byte[] tag;
    private final ServerConnection server;
    private final boolean oneUser;
    private final AutoCloseable owner;
    private final Consumer<String> log;
    /** By the guest's tag. */
    private final Map<Integer, Exchange> underWay = new HashMap<>();
    private final ServerTags tags = new ServerTags(SERVER_TAGS);
    private final ArrayDeque<Exchange> spare = new ArrayDeque<>();
    private final Fids fids;
    private final DirectFiles files;
    private final QuickCalls quickWrites = new QuickCalls();
    private final ExecutorService fileThreads = Executors.newFixedThreadPool(FILE_THREADS,
        work -> Thread.ofPlatform().daemon().name("virtio-9p files").unstarted(work));
    /** To be sent now that what goes before them has been answered. */
    private final ArrayDeque<Exchange> ready = new ArrayDeque<>();
    /** Files by their fids that were opened to append to them. */
    private final Set<Integer> appended = new HashSet<>();
    /** Most bytes of a read or write in one message to the server. */
    private int pieceBytes = LARGEST_MESSAGE;
    /** Taken by {@link #sendHere}, and of which the thread has to send the rest. */
    private Exchange handedOver;
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
     * @param folder the shared one; closed with this object
     * @param export what the server calls it
     * @param hiddenName how the names begin, at the top of the share, of files that the guest has removed and still has open
     * @param oneUser the server knows the user 0 alone: whoever attaches in the guest does it as this one
     * @param owner closed with this object
     * @param log takes a line when the server ends
     */
    public VirtioShare(String tag, Folder folder, String export, StreamSocket socket, String hiddenName, boolean oneUser, AutoCloseable owner,
        Consumer<String> log) {
        this.tag = tag.getBytes(StandardCharsets.UTF_8);
        server = new ServerConnection(socket);
        fids = new Fids(hiddenName);
        files = new DirectFiles(folder, export);
        this.oneUser = oneUser;
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

    /** Sends what the socket has room for, and leaves the rest to the thread. */
    private void sendHere() {
        Exchange request = next();
        while (request != null) {
            server.prepare(request);
            try {
                if (!server.send(false)) {
                    handedOver = request;
                    sending = true;
                    notifyAll();
                    return;
                }
            } catch (IOException e) {
                ended();
            }
            request = next();
        }
    }

    @Override
    public synchronized void stop() {
        queue = null;
        Uninterrupted.await(this, () -> busy == 0 && handedOver == null);
        tags.forgetAll();
        underWay.clear();
        ready.clear();
        appended.clear();
        fids.clear();
        files.clear();
    }

    @Override
    public void close() {
        fileThreads.shutdown();
        synchronized (this) {
            closed = true;
            files.close();
            notifyAll();
        }
        try {
            server.close();
            owner.close();
        } catch (Exception e) {
            // It has ended already.
        }
    }

    private void send() {
        try {
            for (Exchange request = take(); request != null; request = take()) {
                IOException failure = null;
                try {
                    server.send(true);
                } catch (IOException e) {
                    failure = e;
                }
                sent(failure);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** For the thread: the request to be sent next; null at the end. */
    private synchronized Exchange take() throws InterruptedException {
        while (!closed) {
            Exchange request = handedOver;
            handedOver = null;
            if (request == null) {
                request = next();
                if (request != null) {
                    server.prepare(request);
                }
            }
            if (request != null) {
                sending = true;
                busy++;
                return request;
            }
            sending = false;
            wait();
        }
        return null;
    }

    /** The next request that the driver has made available and that is to be sent; null if there is none. */
    private Exchange next() {
        try {
            while (queue != null) {
                if (!ready.isEmpty()) {
                    return ready.remove();
                }
                Exchange request = spare.isEmpty() ? new Exchange() : spare.pop();
                if (queue.pop(request.chain)) {
                    if (accept(request)) {
                        return request;
                    }
                } else {
                    spare.push(request);
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

    /** Looks at a request, and gives it tags of the server's. @return false if it is not to be sent: it is answered, or waits */
    private boolean accept(Exchange request) {
        request.read();
        if (underWay.put(request.tag, request) != null) {
            throw new VirtioException("two messages with tag " + request.tag);
        }
        if (serverEnded) {
            fail(request, Errno.EIO);
            return false;
        }
        if (request.type == Exchange.FLUSH && waits(request)) {
            return false;
        }
        noteFile(request);
        DirectFile file = request.isData() ? files.use(request, fids.path(request.fid)) : null;
        if (file != null) {
            access(request, file);
            return false;
        }
        boolean inOrder = request.type == Exchange.WRITE && (appended.size() == MOST_APPENDED || appended.contains(request.fid));
        if (!request.divide(pieceBytes, inOrder ? 1 : Exchange.MOST_PIECES)) {
            fail(request, Errno.EIO);
            return false;
        }
        request.step = fids.before(request);
        if (isRefused(request)) {
            return false;
        }
        tags.assign(request);
        return true;
    }

    /** What the server does not know, and no other request stands for, is answered so that Linux asks in another way. */
    private boolean isRefused(Exchange request) {
        if (request.step != null || !request.namesByFolder()) {
            return false;
        }
        fail(request, Errno.EOPNOTSUPP);
        return true;
    }

    /** Reads or writes a file, here if that takes no longer than having a thread do it. */
    private void access(Exchange request, DirectFile file) {
        int result = -Errno.EAGAIN;
        long before = System.nanoTime();
        if (request.type == Exchange.READ) {
            result = DirectFiles.access(file, request, true);
        } else if (quickWrites.areExpected(before)) {
            result = DirectFiles.access(file, request, true);
            quickWrites.took(before, System.nanoTime());
        }
        if (result != -Errno.EAGAIN) {
            files.release(file);
            answerAccess(request, result);
            return;
        }
        busy++;
        fileThreads.execute(() -> accessed(request, file, DirectFiles.access(file, request, false)));
    }

    private synchronized void accessed(Exchange request, DirectFile file, int result) {
        busy--;
        files.release(file);
        if (queue == null) {
            notifyAll();
        } else {
            answerAccess(request, result);
        }
    }

    /** @param result bytes, or an error's number below 0 */
    private void answerAccess(Exchange request, int result) {
        if (result < 0) {
            fail(request, -result);
            return;
        }
        int size = Exchange.REPLY_BYTES + (request.type == Exchange.READ ? result : 0);
        put(request, request.type + 1, size, result, Exchange.REPLY_BYTES);
        giveBack(request, size);
    }

    /** A Tflush of what was not sent as one message is answered here, when that has been answered. */
    private boolean waits(Exchange request) {
        Exchange old = underWay.get(request.firstNumber() & 0xffff);
        if (old == null || old == request) {
            answer(request, REPLY_TO_FLUSH, 0, Exchange.HEADER_BYTES);
            return true;
        }
        if (!old.isOneMessage()) {
            old.flushes.add(request);
            return true;
        }
        request.flush(old);
        return false;
    }

    private void noteFile(Exchange request) {
        switch (request.type) {
            case Exchange.VERSION -> {
                appended.clear();
                fids.clear();
                files.clear();
            }
            case Exchange.OPEN, Exchange.CREATE -> {
                if (!request.opensForAppend()) {
                    appended.remove(request.fid);
                } else if (appended.size() < MOST_APPENDED) {
                    appended.add(request.fid);
                }
            }
            case Exchange.CLUNK, Exchange.REMOVE -> {
                appended.remove(request.fid);
                files.forget(request.fid);
            }
            case Exchange.ATTACH -> {
                if (oneUser) {
                    request.attachAsRoot();
                }
            }
            default -> { }
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
        Exchange request = null;
        try {
            while (true) {
                server.receiveHeader();
                request = begin(server.tag());
                if (request == null) {
                    server.skip();
                } else {
                    receive(request);
                    request = null;
                }
            }
        } catch (IOException e) {
            synchronized (this) {
                busy -= request == null ? 0 : 1;
                notifyAll();
                ended();
            }
        }
    }

    private void receive(Exchange request) throws IOException {
        if (request.step != null) {
            server.skip();
            stepped(request);
        } else if (request.isJoined()) {
            int piece = request.piece(server.tag());
            finish(request, piece, server.receivePiece(request, piece));
        } else if (server.size() > request.chain.writableBytes()) {
            server.skip();
            finish(request, 0);
        } else {
            if (server.isVersion()) {
                server.receiveVersion(request, this::promise);
            } else if (request.hasHiddenLink && server.isAttributes()) {
                server.receiveAttributes(request);
            } else if (server.isOpened()) {
                server.receiveOpened(request);
            } else {
                server.receiveBody(request);
            }
            put(request, request.replyType(server.type()), server.size(), 0, Exchange.HEADER_BYTES);
            finish(request, server.size());
        }
    }

    /**
     * The guest gets the size of messages that it has asked for, whatever that of the server is.
     *
     * @return what it is told
     */
    private synchronized int promise(int asked, int given) {
        pieceBytes = Math.max(given - OVERHEAD, 1);
        return Integer.compareUnsigned(asked, given) <= 0 || given <= OVERHEAD ? given
            : Integer.compareUnsigned(asked, LARGEST_MESSAGE) < 0 ? asked : LARGEST_MESSAGE;
    }

    /** Whose reply comes; null if nobody waits for it, and it is to be dropped. */
    private synchronized Exchange begin(int serverTag) {
        Exchange request = tags.replied(serverTag);
        busy += request == null ? 0 : 1;
        return request;
    }

    /** What had to go before a request is answered: the next of it, or the request. */
    private synchronized void stepped(Exchange request) {
        busy--;
        if (queue == null) {
            notifyAll();
            return;
        }
        fids.stepped(request, request.step, server.type(), server.size());
        request.step = fids.before(request);
        if (isRefused(request)) {
            return;
        }
        tags.assign(request);
        ready.add(request);
        if (!sending) {
            sendHere();
        }
    }

    /** @param size of the reply that is in the chain; 0 if it had no room for it */
    private synchronized void finish(Exchange request, int size) {
        busy--;
        if (queue == null) {
            notifyAll();
        } else if (size == 0) {
            fail(request, Errno.EIO);
        } else {
            fids.answered(request, server.type(), size);
            if (server.type() == request.type + 1) {
                files.answered(request);
            }
            settleFlushed(request);
            giveBack(request, size);
        }
    }

    /** The server has confirmed a Tflush: what it was about gets no reply any more, if it has got none. */
    private void settleFlushed(Exchange request) {
        Exchange old = request.flushed();
        if (old != null) {
            tags.release(old.serverTag(0));
            giveBack(old, 0);
        }
    }

    private synchronized void finish(Exchange request, int piece, int result) {
        busy--;
        if (queue == null) {
            notifyAll();
        } else if (request.done(piece, result)) {
            answerAccess(request, request.error() != 0 ? -request.error() : request.total());
        }
    }

    /** Puts the beginning of a reply in front of what the chain has. @param bytes with the number or without */
    private static void put(Exchange request, int type, int size, int number, int bytes) {
        long reply = request.chain.scratch();
        RawMemory.putInt(reply, size);
        RawMemory.putByte(reply + Exchange.TYPE_AT, (byte) type);
        RawMemory.putShort(reply + Exchange.TAG_AT, (short) request.tag);
        RawMemory.putInt(reply + Exchange.HEADER_BYTES, number);
        request.chain.write(reply, bytes);
    }

    private void answer(Exchange request, int type, int number, int bytes) {
        put(request, type, bytes, number, bytes);
        giveBack(request, bytes);
    }

    /** Answers a request with an error. */
    private void fail(Exchange request, int error) {
        answer(request, Exchange.ERROR, error, Exchange.REPLY_BYTES);
    }

    private void giveBack(Exchange request, int written) {
        underWay.remove(request.tag);
        request.end();
        queue.push(request.chain.head(), written);
        for (Exchange flush : request.flushes) {
            answer(flush, REPLY_TO_FLUSH, 0, Exchange.HEADER_BYTES);
        }
        request.flushes.clear();
        spare.push(request);
        if (queue.interruptWanted()) {
            port.usedBuffers();
        }
    }

    /** The server has ended: the guest sees I/O errors from now on. */
    private void ended() {
        if (serverEnded || closed) {
            return;
        }
        serverEnded = true;
        handedOver = null;
        ready.clear();
        log.accept(name() + ": the file server has ended; the guest sees I/O errors");
        if (queue != null) {
            for (Exchange request : underWay.values().toArray(new Exchange[0])) {
                if (underWay.get(request.tag) == request) {
                    fail(request, Errno.EIO);
                }
            }
        }
        notifyAll();
    }
}
