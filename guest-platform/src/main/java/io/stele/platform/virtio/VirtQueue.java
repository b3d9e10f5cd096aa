package io.stele.platform.virtio;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A split virtqueue (virtio 1.2, section 2.7), the device's side. Everything in it is the guest's and is not trusted: each index, address
 * and length is checked before it is used, and what breaks a rule raises {@link VirtioException}.
 *
 * <p>Not thread-safe: the device guards its queues. The transport configures a queue only while the device does not run.
 */
public final class VirtQueue {
    private static final int DESCRIPTOR_BYTES = 16;
    private static final int FLAG_NEXT = 1;
    private static final int FLAG_WRITE = 2;
    private static final int FLAG_INDIRECT = 4;
    private static final int AVAIL_NO_INTERRUPT = 1;
    private static final int USED_NO_NOTIFY = 1;
    private static final int RING_INDEX = 2;
    private static final int RING = 4;
    private static final int TAG = 0x56514531;
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    private final GuestRam ram;
    private final int maximum;

    private int size;
    private boolean ready;
    private long descriptors;
    private long available;
    private long used;

    private boolean eventIndex;
    private long descriptorTable;
    private long availableRing;
    private long usedRing;
    private int nextAvailable;
    private int nextUsed;
    private int signalled;

    /** @param maximum most descriptors, a power of two up to 32768 */
    VirtQueue(GuestRam ram, int maximum) {
        this.ram = ram;
        this.maximum = maximum;
        reset();
    }

    void reset() {
        size = maximum;
        ready = false;
        descriptors = 0;
        available = 0;
        used = 0;
        nextAvailable = 0;
        nextUsed = 0;
        signalled = 0;
    }

    int maximum() {
        return maximum;
    }

    void size(int newSize) {
        size = newSize;
    }

    boolean ready() {
        return ready;
    }

    void ready(boolean newReady) {
        ready = newReady;
    }

    void descriptors(long address) {
        descriptors = address;
    }

    long descriptors() {
        return descriptors;
    }

    void available(long address) {
        available = address;
    }

    long available() {
        return available;
    }

    void used(long address) {
        used = address;
    }

    long used() {
        return used;
    }

    /** Checks what the driver has configured, before the device runs. */
    void start(boolean withEventIndex) {
        if (size < 1 || size > maximum || (size & size - 1) != 0) {
            throw new VirtioException("a queue has " + size + " entries; at most " + maximum + ", a power of two");
        }
        eventIndex = withEventIndex;
        descriptorTable = area(descriptors, (long) size * DESCRIPTOR_BYTES, 16, "descriptor table");
        availableRing = area(available, RING + 2L * size + 2, 2, "available ring");
        usedRing = area(used, RING + 8L * size + 2, 4, "used ring");
    }

    private long area(long address, long bytes, int alignment, String name) {
        if ((address & alignment - 1) != 0 || !ram.contains(address, bytes)) {
            throw new VirtioException("the " + name + " at 0x" + Long.toHexString(address) + " is not in memory or not aligned");
        }
        return ram.hostAddress(address, bytes);
    }

    private static int load(long address) {
        return (short) SHORT.getAcquire(RawMemory.all(), address) & 0xffff;
    }

    private static void store(long address, int value) {
        SHORT.setRelease(RawMemory.all(), address, (short) value);
    }

    /** Whether the driver has made chains available that were not taken yet. */
    public boolean hasAvailable() {
        return ready && load(availableRing + RING_INDEX) != nextAvailable;
    }

    /** Takes the next chain. @return false if there is none */
    public boolean pop(Chain chain) {
        if (!ready) {
            return false;
        }
        int index = load(availableRing + RING_INDEX);
        if (index == nextAvailable) {
            return false;
        }
        if ((index - nextAvailable & 0xffff) > size) {
            throw new VirtioException("the available index " + index + " is too far ahead of " + nextAvailable);
        }
        int head = load(availableRing + RING + 2L * (nextAvailable & size - 1));
        collect(head, chain);
        nextAvailable = nextAvailable + 1 & 0xffff;
        return true;
    }

    /** Makes a chain that was taken and not handed back what it was when it was taken. */
    void popAgain(Chain chain) {
        collect(chain.head(), chain);
    }

    private void collect(int head, Chain chain) {
        chain.begin(head);
        long table = descriptorTable;
        int entries = size;
        int index = head;
        int seen = 0;
        boolean indirect = false;
        while (true) {
            if (index >= entries) {
                throw new VirtioException("descriptor " + index + " of " + entries);
            }
            if (seen++ == entries) {
                throw new VirtioException("a loop of descriptors");
            }
            long descriptor = table + (long) index * DESCRIPTOR_BYTES;
            long address = RawMemory.getLong(descriptor);
            long length = RawMemory.getInt(descriptor + 8) & 0xffff_ffffL;
            int flagsAndNext = RawMemory.getInt(descriptor + 12);
            int next = flagsAndNext >>> 16;
            if ((flagsAndNext & FLAG_INDIRECT) != 0) {
                if (indirect || (flagsAndNext & FLAG_NEXT) != 0) {
                    throw new VirtioException("an indirect descriptor inside an indirect table, or with a successor");
                }
                if (length == 0 || length % DESCRIPTOR_BYTES != 0 || length / DESCRIPTOR_BYTES > Chain.MAX_BUFFERS
                    || !ram.contains(address, length)) {
                    throw new VirtioException("an indirect table of " + length + " bytes at 0x" + Long.toHexString(address));
                }
                indirect = true;
                table = ram.hostAddress(address, length);
                entries = (int) length / DESCRIPTOR_BYTES;
                index = 0;
                seen = 0;
                continue;
            }
            chain.add(ram, address, length, (flagsAndNext & FLAG_WRITE) != 0);
            if ((flagsAndNext & FLAG_NEXT) == 0) {
                return;
            }
            index = next;
        }
    }

    /**
     * Hands a chain back.
     *
     * @param head from {@link Chain#head}
     * @param written bytes that the device wrote, from the first writable one on
     */
    public void push(int head, long written) {
        long element = usedRing + RING + 8L * (nextUsed & size - 1);
        RawMemory.putInt(element, head);
        RawMemory.putInt(element + 4, (int) written);
        nextUsed = nextUsed + 1 & 0xffff;
        store(usedRing + RING_INDEX, nextUsed);
    }

    /** Whether the driver wants an interrupt for what was handed back since the last time that this was asked. */
    public boolean interruptWanted() {
        VarHandle.fullFence();
        int before = signalled;
        signalled = nextUsed;
        if (before == nextUsed) {
            return false;
        }
        if (!eventIndex) {
            return (load(availableRing) & AVAIL_NO_INTERRUPT) == 0;
        }
        int event = load(availableRing + RING + 2L * size);
        return (nextUsed - event - 1 & 0xffff) < (nextUsed - before & 0xffff);
    }

    /** Tells the driver that the device looks by itself, for the time being. */
    public void disableNotifications() {
        if (ready && !eventIndex) {
            store(usedRing, USED_NO_NOTIFY);
        }
    }

    /** Asks the driver to notify of the next chain. @return true if one is there already, so that there may be no notification of it */
    public boolean enableNotifications() {
        if (!ready) {
            return false;
        }
        if (eventIndex) {
            store(usedRing + RING + 8L * size, nextAvailable);
        } else {
            store(usedRing, 0);
        }
        VarHandle.fullFence();
        return hasAvailable();
    }

    /** Passes all state through a stream. */
    void state(StateStream stream) throws IOException {
        stream.expect(TAG, "virtqueue tag");
        size = stream.value(size);
        ready = stream.value(ready);
        descriptors = stream.value(descriptors);
        available = stream.value(available);
        used = stream.value(used);
        nextAvailable = stream.value(nextAvailable) & 0xffff;
        nextUsed = stream.value(nextUsed) & 0xffff;
        signalled = stream.value(signalled) & 0xffff;
    }
}
