package io.stele.platform.virtio.rng;

import io.stele.kvm.libc.FileIo;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.QueueServer;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;

/** Entropy device (virtio 1.2, section 5.4): the guest's buffers get random bytes of the host's kernel. */
public final class VirtioEntropy implements VirtioDevice {
    private static final int ID = 4;
    private static final int QUEUE_SIZE = 8;

    private final FileIo source = FileIo.open("/dev/urandom", false);
    private final QueueServer server = new QueueServer("virtio-rng", 1, this::handle);

    /** A device that reads {@code /dev/urandom}. */
    public VirtioEntropy() {
    }

    @Override
    public String name() {
        return "random number generator";
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE};
    }

    @Override
    public void start(long accepted, VirtQueue[] queues, DevicePort port) {
        server.start(queues[0], port);
    }

    @Override
    public void available(int queue) {
        server.available();
    }

    @Override
    public void stop() {
        server.stop();
    }

    @Override
    public void close() {
        server.close();
        source.close();
    }

    /** The driver may get less than it has room for, so one system call will do. */
    private long handle(Chain chain) {
        return chain.writableCount() == 0 ? 0 : Math.max(0, source.readv(chain.writableVectors(), chain.writableCount(), 0));
    }
}
