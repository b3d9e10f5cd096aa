package io.stele.runtime;

import java.util.Arrays;

/** Growable array of longs. */
final class LongList {
    private long[] items = new long[64];
    private int size;

    int size() {
        return size;
    }

    long get(int i) {
        return items[i];
    }

    void set(int i, long value) {
        items[i] = value;
    }

    void add(long value) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size * 2);
        }
        items[size++] = value;
    }

    /** Removes one occurrence; the order of the rest is not kept. */
    void remove(long value) {
        for (int i = size - 1; i >= 0; i--) {
            if (items[i] == value) {
                items[i] = items[--size];
                return;
            }
        }
    }

    void truncate(int newSize) {
        size = newSize;
    }

    void clear() {
        size = 0;
    }
}
