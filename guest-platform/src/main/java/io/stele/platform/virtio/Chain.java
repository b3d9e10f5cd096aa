package io.stele.platform.virtio;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.GuestRam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The buffers of one descriptor chain, device-readable ones first, as an array of {@code struct iovec} in native memory: base, a host
 * address in guest RAM, and length. System calls take the array as it is. Reused from chain to chain; for one thread at a time.
 *
 * <p>{@link VirtQueue#pop} has checked each buffer, so an address in the array may be used without a further look. The guest may change the
 * contents of its buffers at any time: what decides anything is to be read once.
 */
public final class Chain {
    /** Most buffers of a chain; no more than what one system call takes (IOV_MAX). */
    public static final int MAX_BUFFERS = 1024;
    /** Size of a {@code struct iovec}. */
    public static final int VECTOR_BYTES = 16;
    /** Size of {@link #scratch}. */
    public static final int SCRATCH_BYTES = 512;
    private static final int LENGTH = 8;

    private final MemorySegment memory = Arena.ofAuto().allocate((long) MAX_BUFFERS * VECTOR_BYTES + SCRATCH_BYTES, VECTOR_BYTES);
    private final long vectors = memory.address();
    private int head;
    private int first;
    private int readableEnd;
    private int end;
    private int hiddenEnd;
    private int hiddenIndex;
    private long hiddenPart;

    /** An empty chain. */
    public Chain() {
    }

    /** A chain of one writable buffer of the host's own. */
    public static Chain into(long address, long length) {
        Chain chain = new Chain();
        chain.set(0, address, length);
        chain.end = 1;
        return chain;
    }

    /** Index of the first descriptor: what the used ring calls the chain. */
    public int head() {
        return head;
    }

    /** Address of native memory for whoever handles the chain: headers are copied here before they are looked at. */
    public long scratch() {
        return vectors + (long) MAX_BUFFERS * VECTOR_BYTES;
    }

    void begin(int newHead) {
        head = newHead;
        first = 0;
        readableEnd = 0;
        end = 0;
    }

    /** Adds a buffer. Lies end in an exception: outside of RAM, empty, too many, readable behind writable. */
    void add(GuestRam ram, long address, long length, boolean writable) {
        if (length == 0 || !ram.contains(address, length)) {
            throw new VirtioException("a buffer of " + length + " bytes at 0x" + Long.toHexString(address) + " is not in memory");
        }
        if (end == MAX_BUFFERS) {
            throw new VirtioException("a chain has more than " + MAX_BUFFERS + " buffers");
        }
        if (!writable && readableEnd != end) {
            throw new VirtioException("a buffer to be read follows one to be written");
        }
        RawMemory.putLong(vectors + (long) end * VECTOR_BYTES, ram.hostAddress(address, length));
        RawMemory.putLong(vectors + (long) end * VECTOR_BYTES + LENGTH, length);
        end++;
        if (!writable) {
            readableEnd = end;
        }
    }

    /** Buffers that the device may read. */
    public int readableCount() {
        return readableEnd - first;
    }

    /** Buffers that the device may write. */
    public int writableCount() {
        return end - readableEnd;
    }

    /** Address of the {@code struct iovec} of the first readable buffer. */
    public long readableVectors() {
        return vectors + (long) first * VECTOR_BYTES;
    }

    /** Address of the {@code struct iovec} of the first writable buffer. */
    public long writableVectors() {
        return vectors + (long) readableEnd * VECTOR_BYTES;
    }

    /** Bytes of all readable buffers. */
    public long readableBytes() {
        return bytes(first, readableEnd);
    }

    /** Bytes of all writable buffers. */
    public long writableBytes() {
        return bytes(readableEnd, end);
    }

    private long bytes(int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += length(i);
        }
        return sum;
    }

    private long base(int index) {
        return RawMemory.getLong(vectors + (long) index * VECTOR_BYTES);
    }

    private long length(int index) {
        return RawMemory.getLong(vectors + (long) index * VECTOR_BYTES + LENGTH);
    }

    private void set(int index, long base, long length) {
        RawMemory.putLong(vectors + (long) index * VECTOR_BYTES, base);
        RawMemory.putLong(vectors + (long) index * VECTOR_BYTES + LENGTH, length);
    }

    /** The readable buffers, for a channel. */
    public ByteBuffer[] readableBuffers() {
        return buffers(first, readableEnd);
    }

    /** The writable buffers, for a channel. */
    public ByteBuffer[] writableBuffers() {
        return buffers(readableEnd, end);
    }

    private ByteBuffer[] buffers(int start, int limit) {
        ByteBuffer[] buffers = new ByteBuffer[limit - start];
        for (int i = start; i < limit; i++) {
            if (length(i) > Integer.MAX_VALUE) {
                throw new VirtioException("a buffer of " + length(i) + " bytes");
            }
            buffers[i - start] = RawMemory.all().asSlice(base(i), length(i)).asByteBuffer();
        }
        return buffers;
    }

    /**
     * A part of the readable buffers, for a system call.
     *
     * @param from where it begins; @param count its bytes, which there are
     * @param vectors address of room for as many {@code struct iovec} as the chain has
     * @return how many are used
     */
    public int readablePart(long from, long count, long vectors) {
        return part(first, readableEnd, from, count, vectors);
    }

    /** As {@link #readablePart}, of the writable buffers. */
    public int writablePart(long from, long count, long vectors) {
        return part(readableEnd, end, from, count, vectors);
    }

    private int part(int start, int limit, long from, long count, long vectors) {
        int index = start;
        long skipped = from;
        while (index < limit && skipped >= length(index)) {
            skipped -= length(index++);
        }
        int used = 0;
        long left = count;
        while (left > 0 && index < limit) {
            long part = Math.min(length(index) - skipped, left);
            RawMemory.putLong(vectors + (long) used * VECTOR_BYTES, base(index++) + skipped);
            RawMemory.putLong(vectors + (long) used * VECTOR_BYTES + LENGTH, part);
            used++;
            left -= part;
            skipped = 0;
        }
        if (left > 0) {
            throw new IllegalArgumentException("there are no " + count + " bytes from " + from + " on");
        }
        return used;
    }

    /** Copies bytes into the writable buffers, from a given byte of them on, and leaves them on the chain. There is room for them. */
    public void put(long to, long source, int count) {
        int index = readableEnd;
        long skipped = to;
        while (index < end && skipped >= length(index)) {
            skipped -= length(index++);
        }
        int done = 0;
        while (done < count && index < end) {
            long part = Math.min(length(index) - skipped, count - done);
            MemorySegment.copy(RawMemory.all(), source + done, RawMemory.all(), base(index++) + skipped, part);
            done += (int) part;
            skipped = 0;
        }
        if (done < count) {
            throw new IllegalArgumentException("there is no room for " + count + " bytes from " + to + " on");
        }
    }

    /**
     * Copies the next bytes of the readable buffers to memory and takes them off the chain.
     *
     * @return how many there were, at most {@code length}
     */
    public int read(long target, int length) {
        int done = 0;
        while (done < length && first < readableEnd) {
            int part = (int) Math.min(length - done, length(first));
            MemorySegment.copy(RawMemory.all(), base(first), RawMemory.all(), target + done, part);
            done += part;
            if (part == length(first)) {
                first++;
            } else {
                set(first, base(first) + part, length(first) - part);
            }
        }
        return done;
    }

    /** Copies the next bytes of the readable buffers to memory and leaves them there. @return whether there were as many */
    public boolean peek(long target, int length) {
        int done = 0;
        for (int i = first; i < readableEnd && done < length; i++) {
            int part = (int) Math.min(length - done, length(i));
            MemorySegment.copy(RawMemory.all(), base(i), RawMemory.all(), target + done, part);
            done += part;
        }
        return done == length;
    }

    /** Copies bytes into the next writable buffers and takes those off the chain. @return how many had room */
    public int write(long source, int length) {
        int done = 0;
        while (done < length && readableEnd < end) {
            int part = (int) Math.min(length - done, length(readableEnd));
            MemorySegment.copy(RawMemory.all(), source + done, RawMemory.all(), base(readableEnd), part);
            done += part;
            skipWritable(part);
        }
        return done;
    }

    /** Takes bytes off the front of the writable buffers. After it there are no readable ones any more. */
    public void skipWritable(long count) {
        first = readableEnd;
        long left = count;
        while (left > 0) {
            long part = Math.min(left, length(readableEnd));
            left -= part;
            if (part == length(readableEnd)) {
                readableEnd++;
            } else {
                set(readableEnd, base(readableEnd) + part, length(readableEnd) - part);
            }
        }
        first = readableEnd;
    }

    /** Takes bytes off the front of the readable buffers. */
    public void skipReadable(long count) {
        long left = count;
        while (left > 0) {
            long part = Math.min(left, length(first));
            left -= part;
            if (part == length(first)) {
                first++;
            } else {
                set(first, base(first) + part, length(first) - part);
            }
        }
    }

    /**
     * Hides all but the first writable bytes, until {@link #unlimitWritable}.
     *
     * @param count at least 1, at most what there is
     */
    public void limitWritable(long count) {
        hiddenEnd = end;
        hiddenPart = 0;
        long left = count;
        int index = readableEnd;
        while (left > length(index)) {
            left -= length(index++);
        }
        if (left < length(index)) {
            hiddenIndex = index;
            hiddenPart = length(index) - left;
            set(index, base(index), left);
        }
        end = index + 1;
    }

    /** Shows what was hidden; when the rest was used up. */
    public void unlimitWritable() {
        end = hiddenEnd;
        if (hiddenPart > 0) {
            readableEnd = hiddenIndex;
            first = hiddenIndex;
            set(hiddenIndex, base(hiddenIndex) + length(hiddenIndex), hiddenPart);
        }
    }

    /** Takes the last writable byte off the chain. @return its address; 0 if there is none */
    public long takeLastByte() {
        if (readableEnd == end) {
            return 0;
        }
        int last = end - 1;
        long length = length(last) - 1;
        long address = base(last) + length;
        if (length == 0) {
            end--;
        } else {
            set(last, base(last), length);
        }
        return address;
    }
}
