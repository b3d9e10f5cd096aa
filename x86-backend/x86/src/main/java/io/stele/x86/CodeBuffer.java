package io.stele.x86;

import java.util.Arrays;

/** Growable code bytes with a known VM address. Little-endian. Made once and reused: {@link #reset} keeps the array. */
public final class CodeBuffer {
    /** Room kept for one instruction (architectural limit 15 bytes) and its prefixes. */
    static final int INSTRUCTION_ROOM = 32;

    byte[] bytes;
    int position;
    private long baseAddress;

    public CodeBuffer(int initialCapacity) {
        bytes = new byte[Math.max(initialCapacity, 2 * INSTRUCTION_ROOM)];
    }

    /** Forgets the contents; the next byte will be executed at {@code baseAddress}. */
    public void reset(long baseAddress) {
        this.baseAddress = baseAddress;
        position = 0;
    }

    /** The bytes written so far are the first {@link #position} ones. The array is replaced when it grows. */
    public byte[] array() {
        return bytes;
    }

    /** Number of bytes written: offset of the next byte. */
    public int position() {
        return position;
    }

    /** VM address of offset 0. */
    public long baseAddress() {
        return baseAddress;
    }

    /** VM address of the next byte. */
    public long address() {
        return baseAddress + position;
    }

    /** A copy of what was written. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, position);
    }

    /** Makes room for one instruction and returns the array. */
    byte[] room() {
        if (bytes.length - position < INSTRUCTION_ROOM) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        return bytes;
    }

    /** Appends bytes; returns the offset of the first. */
    int put(byte[] from) {
        int at = position;
        if (bytes.length - at < from.length + INSTRUCTION_ROOM) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2 + from.length);
        }
        System.arraycopy(from, 0, bytes, at, from.length);
        position = at + from.length;
        return at;
    }

    public void put8(int value) {
        room()[position++] = (byte) value;
    }

    public void put16(int value) {
        byte[] b = room();
        int p = position;
        b[p] = (byte) value;
        b[p + 1] = (byte) (value >> 8);
        position = p + 2;
    }

    public void put32(int value) {
        write32(room(), position, value);
        position += 4;
    }

    public void put64(long value) {
        byte[] b = room();
        write32(b, position, (int) value);
        write32(b, position + 4, (int) (value >>> 32));
        position += 8;
    }

    /** Overwrites the byte at {@code offset}. */
    public void patch8(int offset, int value) {
        check(offset, 1);
        bytes[offset] = (byte) value;
    }

    /** Overwrites four bytes at {@code offset}. */
    public void patch32(int offset, int value) {
        check(offset, 4);
        write32(bytes, offset, value);
    }

    /** Overwrites eight bytes at {@code offset}. */
    public void patch64(int offset, long value) {
        check(offset, 8);
        write32(bytes, offset, (int) value);
        write32(bytes, offset + 4, (int) (value >>> 32));
    }

    /** The four bytes at {@code offset}. */
    public int get32(int offset) {
        check(offset, 4);
        return read32(bytes, offset);
    }

    private void check(int offset, int length) {
        if (offset < 0 || offset > position - length) {
            throw new IndexOutOfBoundsException("offset " + offset + " of " + position + " bytes of code");
        }
    }

    static int read32(byte[] b, int p) {
        return b[p] & 0xff | (b[p + 1] & 0xff) << 8 | (b[p + 2] & 0xff) << 16 | b[p + 3] << 24;
    }

    static void write32(byte[] b, int p, int value) {
        b[p] = (byte) value;
        b[p + 1] = (byte) (value >> 8);
        b[p + 2] = (byte) (value >> 16);
        b[p + 3] = (byte) (value >> 24);
    }
}
