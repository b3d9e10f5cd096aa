package io.stele.platform.virtio.net;

import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.VirtioException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Network device (virtio 1.2, section 5.1) with one pair of queues and mergeable receive buffers. It moves frames between the rings and a
 * {@link NetBackend}; one thread for each direction.
 *
 * <p>What the wire has is taken off it as soon as possible, before what came earlier has found its way to the guest: a wire that is full
 * drops frames.
 */
public final class VirtioNet implements VirtioDevice {
    private static final int ID = 1;
    private static final int QUEUE_SIZE = 256;
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int HEADER_BYTES = 12;
    private static final int HEADER_BUFFERS = 10;
    /** A window of the guest's connections, and more. */
    private static final int STAGING_BYTES = 1 << 22;
    /** After so much for the guest the wire is looked at again. */
    private static final int LOOK_BYTES = 1 << 17;
    private static final int LONGEST_PATIENCE_MILLIS = 64;
    private static final long ACKNOWLEDGEMENT_NANOS = 2_000_000;
    private static final int LENGTH_BYTES = 4;
    /** Flag of a header: checksums have been looked at. */
    private static final byte DATA_VALID = 2;

    private static final long FEATURE_GUEST_CHECKSUM = 1L << 1;
    private static final long FEATURE_MTU = 1L << 3;
    private static final long FEATURE_MAC = 1L << 5;
    private static final long FEATURE_MERGEABLE = 1L << 15;
    private static final long FEATURE_STATUS = 1L << 16;

    private static final int CONFIG_STATUS = 6;
    private static final int CONFIG_MTU = 10;
    private static final int LINK_UP = 1;

    private final NetBackend backend;
    private final byte[] mac;
    private final Consumer<String> log;
    private final FrameSender transmitter = new FrameSender(this::send, HEADER_BYTES, this::received, ACKNOWLEDGEMENT_NANOS);
    private final Chain[] chains;
    private final MemorySegment staging = Arena.ofAuto().allocate(STAGING_BYTES, 8);
    private volatile boolean linkUp = true;
    private volatile boolean closed;
    private boolean receiverStarted;
    private VirtQueue receiveQueue;
    private DevicePort port;
    private boolean mergeable;
    private boolean checksumsKnown;
    /** Of {@link #chains}: taken for the next frame, and the room in them. */
    private int taken;
    private long room;
    private volatile long receivedBytes;

    /** @param mac six bytes; @param log takes one line when the link goes down */
    public VirtioNet(NetBackend backend, byte[] mac, Consumer<String> log) {
        this.backend = backend;
        this.mac = mac.clone();
        this.log = log;
        chains = new Chain[QUEUE_SIZE];
    }

    @Override
    public String name() {
        return "network";
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public long features() {
        return FEATURE_MTU | FEATURE_MAC | FEATURE_MERGEABLE | FEATURE_STATUS | FEATURE_GUEST_CHECKSUM;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE, QUEUE_SIZE};
    }

    @Override
    public int configByte(int at) {
        if (at < mac.length) {
            return mac[at] & 0xff;
        }
        return switch (at) {
            case CONFIG_STATUS -> linkUp ? LINK_UP : 0;
            case CONFIG_MTU -> backend.mtu() & 0xff;
            case CONFIG_MTU + 1 -> backend.mtu() >>> 8;
            default -> 0;
        };
    }

    @Override
    public synchronized void start(long accepted, VirtQueue[] queues, DevicePort newPort) {
        receiveQueue = queues[RECEIVE];
        taken = 0;
        room = 0;
        port = newPort;
        mergeable = (accepted & FEATURE_MERGEABLE) != 0;
        checksumsKnown = (accepted & FEATURE_GUEST_CHECKSUM) != 0 && backend.keepsFramesWhole();
        transmitter.start(queues[TRANSMIT], newPort);
        if (!receiverStarted) {
            receiverStarted = true;
            Thread.ofPlatform().daemon().name("virtio-net receive").start(this::receive);
        }
        notifyAll();
    }

    @Override
    public void available(int queue) {
        if (queue == TRANSMIT) {
            transmitter.available();
        } else {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    @Override
    public void stop() {
        synchronized (this) {
            receiveQueue = null;
        }
        transmitter.stop();
    }

    @Override
    public void close() {
        closed = true;
        synchronized (this) {
            notifyAll();
        }
        transmitter.close();
        backend.close();
    }

    private long received() {
        return receivedBytes;
    }

    private void send(Chain[] frames, int count) {
        if (linkUp) {
            try {
                backend.send(frames, count);
            } catch (IOException e) {
                linkDown(e);
            }
        }
    }

    private synchronized void linkDown(IOException cause) {
        if (linkUp && !closed) {
            linkUp = false;
            log.accept("network: " + cause.getMessage() + "; the guest's link is down");
            if (port != null) {
                port.configurationChanged();
            }
        }
    }

    private void receive() {
        long frames = staging.address();
        try {
            while (!closed) {
                deliverAll(frames, backend.receive(frames, STAGING_BYTES, true));
                interruptIfWanted();
            }
        } catch (IOException e) {
            linkDown(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Hands frames to the driver, those that come meanwhile, too, waiting for buffers. */
    private void deliverAll(long frames, int bytes) throws IOException, InterruptedException {
        int end = bytes;
        int at = 0;
        int looked = 0;
        int patience = 1;
        while (at < end) {
            int length = Integer.reverseBytes(RawMemory.getInt(frames + at));
            boolean delivered = deliver(frames + at + LENGTH_BYTES, length);
            if (delivered) {
                at += LENGTH_BYTES + length;
                receivedBytes = receivedBytes + length;
                patience = 1;
            } else {
                awaitBuffers(patience);
                patience = Math.min(2 * patience, LONGEST_PATIENCE_MILLIS);
            }
            if (!delivered || at - looked >= LOOK_BYTES) {
                looked = at;
                end += backend.receive(frames + end, STAGING_BYTES - end, false);
            }
        }
    }

    private synchronized void interruptIfWanted() {
        if (receiveQueue != null && receiveQueue.interruptWanted()) {
            port.usedBuffers();
        }
    }

    private synchronized void awaitBuffers(int millis) throws InterruptedException {
        if (receiveQueue != null && !receiveQueue.hasAvailable() && !closed) {
            wait(millis);
        }
    }

    /** Hands one frame to the driver. Without a driver it is dropped. @return false if there are no buffers for it yet */
    private synchronized boolean deliver(long frame, int length) {
        try {
            while (receiveQueue != null && !closed && room < HEADER_BYTES + (long) length) {
                if (taken == QUEUE_SIZE || taken > 0 && !mergeable) {
                    // Too long for this driver. Its buffers are for the next frame.
                    return true;
                }
                if (chains[taken] == null) {
                    chains[taken] = new Chain();
                }
                if (receiveQueue.pop(chains[taken])) {
                    room += chains[taken++].writableBytes();
                } else if (!receiveQueue.enableNotifications()) {
                    interruptIfWanted();
                    return false;
                }
            }
            if (receiveQueue != null && !closed) {
                receiveQueue.disableNotifications();
                store(frame, length);
                taken = 0;
                room = 0;
            }
        } catch (VirtioException e) {
            receiveQueue = null;
            port.broken(e);
        }
        return true;
    }

    private void store(long frame, int length) {
        long header = chains[0].scratch();
        RawMemory.fill(header, HEADER_BYTES, (byte) 0);
        RawMemory.putByte(header, checksumsKnown ? DATA_VALID : 0);
        RawMemory.putShort(header + HEADER_BUFFERS, (short) taken);
        chains[0].write(header, HEADER_BYTES);
        int done = 0;
        for (int i = 0; i < taken; i++) {
            int part = chains[i].write(frame + done, length - done);
            done += part;
            receiveQueue.push(chains[i].head(), part + (i == 0 ? HEADER_BYTES : 0));
        }
    }
}
