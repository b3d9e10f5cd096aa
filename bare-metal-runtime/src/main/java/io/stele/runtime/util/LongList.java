package io.stele.runtime.util;

import java.util.Arrays;

/** Growable array of longs. */
public final class LongList {
    private long[] items = new long[64];
    private int size;

    public int size() {
        return size;
    }

    public long get(int i) {
        return items[i];
    }

    public void set(int i, long value) {
        items[i] = value;
    }

    public void add(long value) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size * 2);
        }
        items[size++] = value;
    }

    /** Removes one occurrence; the order of the rest is not kept. */
    public void remove(long value) {
        for (int i = size - 1; i >= 0; i--) {
            if (items[i] == value) {
                items[i] = items[--size];
                return;
            }
        }
    }

    public void truncate(int newSize) {
        size = newSize;
    }

    public void clear() {
        size = 0;
    }
}
