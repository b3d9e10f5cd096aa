package io.stele.ir;

import java.util.Arrays;

/** A growing row of bytes with integers of variable length in it: small ones, of either sign, take one byte. They are read in the order of writing. */
public final class PackedNumbers {
    private static final int LONGEST = 10;

    private byte[] bytes = new byte[1 << 12];
    private int length;
    private int at;

    /** Empty. */
    public PackedNumbers() {}

    /** Forgets everything. */
    public void clear() {
        length = 0;
        at = 0;
    }

    /** How many bytes there are. */
    public int length() {
        return length;
    }

    /** The bytes, from index 0 on; valid until the next change. */
    public byte[] bytes() {
        return bytes;
    }

    /** Makes room for given bytes, to be put into {@link #bytes} by the caller, and read next. */
    public void fill(int newLength) {
        clear();
        room(newLength);
        length = newLength;
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    /** Appends a number. */
    public void put(long value) {
        room(LONGEST);
        long rest = value << 1 ^ value >> 63;
        while ((rest & -0x80L) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    /** Appends a row of numbers. */
    public void put(int[] values) {
        put(values.length);
        for (int value : values) {
            put(value);
        }
    }

    /** Appends a row of numbers of which each is mostly a little more than the one before. */
    public void putAscending(int[] values) {
        put(values.length);
        int previous = 0;
        for (int value : values) {
            put(value - previous);
            previous = value;
        }
    }

    /** Appends bytes. */
    public void put(byte[] from, int count) {
        put(count);
        room(count);
        System.arraycopy(from, 0, bytes, length, count);
        length += count;
    }

    /** The next number. */
    public long get() {
        long value = 0;
        int shift = 0;
        byte part;
        do {
            part = bytes[at++];
            value |= (part & 0x7fL) << shift;
            shift += 7;
        } while (part < 0);
        return value >>> 1 ^ -(value & 1);
    }

    /** The next number, of 32 bits. */
    public int getInt() {
        return (int) get();
    }

    /** The next row of numbers. */
    public int[] getInts() {
        int[] values = new int[getInt()];
        for (int i = 0; i < values.length; i++) {
            values[i] = getInt();
        }
        return values;
    }

    /** The next row of numbers that {@link #putAscending} appended. */
    public int[] getAscending() {
        int[] values = new int[getInt()];
        int previous = 0;
        for (int i = 0; i < values.length; i++) {
            previous += getInt();
            values[i] = previous;
        }
        return values;
    }

    /** The next row of bytes. */
    public byte[] getBytes() {
        int count = getInt();
        at += count;
        return Arrays.copyOfRange(bytes, at - count, at);
    }
}
