package io.stele.platform.virtio.net;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.TapFile;
import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.io.IOException;

/** Frames of a TAP interface of the host. */
public final class TapBackend implements NetBackend {
    private static final int MTU = 1500;
    private static final int LARGEST_FRAME = 65536;
    private static final int LENGTH_BYTES = 4;
    private static final long PATIENCE_NANOS = 200_000_000;

    private final TapFile file;
    private final String name;
    private volatile boolean closed;

    /** @param name of the interface, for messages */
    public TapBackend(TapFile file, String name) {
        this.file = file;
        this.name = name;
    }

    @Override
    public int mtu() {
        return MTU;
    }

    /** A full queue of the interface drops the frame, as a wire would. */
    @Override
    public void send(Chain[] chains, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            if (chains[i].readableCount() > 0) {
                check(file.writev(chains[i].readableVectors(), chains[i].readableCount()));
            }
        }
    }

    private long check(long result) throws IOException {
        if (result >= 0) {
            return result;
        }
        int error = (int) -result;
        if (closed || error != Errno.EAGAIN && error != Errno.EINTR && error != Errno.EIO && error != Errno.EINVAL) {
            throw new IOException(name + ": " + Errno.text(error));
        }
        return 0;
    }

    @Override
    public int receive(long frames, int capacity, boolean wait) throws IOException {
        if (wait && file.awaitReadable(PATIENCE_NANOS) <= 0) {
            if (closed) {
                throw new IOException(name + " is closed");
            }
            return 0;
        }
        int end = 0;
        while (capacity - end >= LENGTH_BYTES + LARGEST_FRAME) {
            long length = check(file.read(frames + end + LENGTH_BYTES, LARGEST_FRAME));
            if (length == 0) {
                break;
            }
            RawMemory.putInt(frames + end, Integer.reverseBytes((int) length));
            end += LENGTH_BYTES + (int) length;
        }
        return end;
    }

    @Override
    public void close() {
        closed = true;
        file.close();
    }
}
