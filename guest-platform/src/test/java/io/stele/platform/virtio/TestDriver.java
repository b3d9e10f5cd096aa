package io.stele.platform.virtio;

import io.stele.memory.RawMemory;
import io.stele.platform.TestRam;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.irq.InterruptOutput;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A driver of one device behind an MMIO transport: queue n at RAM + n * 64 KiB, buffers from 1 MiB on. */
public final class TestDriver {
    private static final int QUEUE_STRIDE = 0x1_0000;
    private static final int AVAIL = 0x8000;
    private static final int USED = 0xa000;
    private static final long BUFFERS = 1 << 20;

    public final GuestRam ram = TestRam.of(4 << 20);
    public final List<String> log = new CopyOnWriteArrayList<>();
    public final VirtioMmio transport;
    private volatile boolean line;
    private final int[] sizes;
    private final int[] added;
    private final int[] taken;
    private final int[] nextDescriptor;
    private long nextBuffer = ram.physical() + BUFFERS;

    public TestDriver(VirtioDevice device) {
        sizes = device.queueSizes();
        added = new int[sizes.length];
        taken = new int[sizes.length];
        nextDescriptor = new int[sizes.length];
        transport = new VirtioMmio(device, ram, new InterruptOutput((intid, cpu, level) -> line = level, 48, 0), () -> { }, log::add);
    }

    public boolean interrupt() {
        transport.poll();
        return line;
    }

    public long read(int register) {
        return transport.read(register, 4);
    }

    public void write(int register, long value) {
        transport.write(register, 4, value);
    }

    public long offered() {
        write(VirtioMmio.DEVICE_FEATURES_SEL, 0);
        long low = read(VirtioMmio.DEVICE_FEATURES);
        write(VirtioMmio.DEVICE_FEATURES_SEL, 1);
        return low | read(VirtioMmio.DEVICE_FEATURES) << 32;
    }

    /** Initialises the device with these features beside VERSION_1. */
    public TestDriver start(long features) {
        write(VirtioMmio.STATUS, 0);
        write(VirtioMmio.STATUS, 3);
        write(VirtioMmio.DRIVER_FEATURES_SEL, 0);
        write(VirtioMmio.DRIVER_FEATURES, features);
        write(VirtioMmio.DRIVER_FEATURES_SEL, 1);
        write(VirtioMmio.DRIVER_FEATURES, (features | VirtioMmio.FEATURE_VERSION_1) >>> 32);
        write(VirtioMmio.STATUS, 11);
        for (int i = 0; i < sizes.length; i++) {
            long base = base(i);
            RawMemory.fill(host(base), QUEUE_STRIDE, (byte) 0);
            added[i] = 0;
            taken[i] = 0;
            nextDescriptor[i] = 0;
            write(VirtioMmio.QUEUE_SEL, i);
            write(VirtioMmio.QUEUE_NUM, sizes[i]);
            write(VirtioMmio.QUEUE_DESC_LOW, base);
            write(VirtioMmio.QUEUE_DRIVER_LOW, base + AVAIL);
            write(VirtioMmio.QUEUE_DEVICE_LOW, base + USED);
            write(VirtioMmio.QUEUE_READY, 1);
        }
        write(VirtioMmio.STATUS, 15);
        return this;
    }

    public long base(int queue) {
        return ram.physical() + (long) queue * QUEUE_STRIDE;
    }

    public long host(long address) {
        return ram.hostAddress(address, 1);
    }

    /** Room for a buffer. */
    public long buffer(long bytes) {
        long address = nextBuffer;
        nextBuffer += bytes + 15 & -16;
        return address;
    }

    public long buffer(byte[] contents) {
        long address = buffer(contents.length);
        ram.write(address, contents);
        return address;
    }

    /** Forgets all buffers. */
    public void recycle() {
        nextBuffer = ram.physical() + BUFFERS;
    }

    public void descriptor(int queue, int index, long address, long length, int flags, int next) {
        putDescriptor(base(queue) + 16L * index, address, length, flags, next);
    }

    public void putDescriptor(long at, long address, long length, int flags, int next) {
        RawMemory.putLong(host(at), address);
        RawMemory.putInt(host(at) + 8, (int) length);
        RawMemory.putInt(host(at) + 12, flags | next << 16);
    }

    /** A part of a chain. */
    public record Part(long address, long length, boolean writable) {
    }

    /** Puts a chain into the ring without a notification. @return its head */
    public int add(int queue, Part... parts) {
        int head = nextDescriptor[queue];
        for (int i = 0; i < parts.length; i++) {
            int index = head + i & sizes[queue] - 1;
            descriptor(queue, index, parts[i].address, parts[i].length, (parts[i].writable ? 2 : 0) | (i + 1 < parts.length ? 1 : 0),
                index + 1 & sizes[queue] - 1);
        }
        nextDescriptor[queue] = head + parts.length & sizes[queue] - 1;
        offer(queue, head);
        return head;
    }

    public void offer(int queue, int head) {
        long ring = host(base(queue) + AVAIL);
        RawMemory.putShort(ring + 4 + 2L * (added[queue] & sizes[queue] - 1), (short) head);
        added[queue]++;
        RawMemory.putShort(ring + 2, (short) added[queue]);
    }

    public void availableIndex(int queue, int index) {
        RawMemory.putShort(host(base(queue) + AVAIL) + 2, (short) index);
    }

    public void usedEvent(int queue, int index) {
        RawMemory.putShort(host(base(queue) + AVAIL) + 4 + 2L * sizes[queue], (short) index);
    }

    public int availableEvent(int queue) {
        return RawMemory.getShort(host(base(queue) + USED) + 4 + 8L * sizes[queue]) & 0xffff;
    }

    public void kick(int queue) {
        write(VirtioMmio.QUEUE_NOTIFY, queue);
    }

    public int usedIndex(int queue) {
        return (int) (RawMemory.getLongVolatile(host(base(queue) + USED) & -8) >>> 16) & 0xffff;
    }

    /** Waits for the next used element. @return its length in the upper, its head in the lower 32 bits */
    public long take(int queue) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (usedIndex(queue) == (taken[queue] & 0xffff)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the device did not hand the chain back; log: " + log);
            }
            Thread.onSpinWait();
        }
        long element = host(base(queue) + USED) + 4 + 8L * (taken[queue]++ & sizes[queue] - 1);
        return (long) RawMemory.getInt(element + 4) << 32 | RawMemory.getInt(element) & 0xffff_ffffL;
    }

    /** Adds, kicks and waits. @return bytes written */
    public long request(int queue, Part... parts) {
        add(queue, parts);
        kick(queue);
        return take(queue) >>> 32;
    }
}
