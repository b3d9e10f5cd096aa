package io.stele.runtime.util;

import java.util.Arrays;

/** Open-addressing map from long keys to non-negative ints. The key -1 is not allowed; the value -1 means absent. */
public final class LongIntMap {
    private long[] keys;
    private int[] values;
    private int size;

    public LongIntMap(int capacity) {
        int n = Integer.highestOneBit(Math.max(16, capacity * 2 - 1)) * 2;
        keys = new long[n];
        values = new int[n];
        Arrays.fill(keys, -1);
    }

    private int find(long key) {
        int mask = keys.length - 1;
        int i = (int) ((key * 0x9e37_79b9_7f4a_7c15L) >>> 32) & mask;
        while (keys[i] != key && keys[i] != -1) {
            i = (i + 1) & mask;
        }
        return i;
    }

    /** The value, or -1. */
    public int get(long key) {
        int i = find(key);
        return keys[i] == key ? values[i] : -1;
    }

    public void put(long key, int value) {
        int i = find(key);
        if (keys[i] != key) {
            if (size * 2 >= keys.length) {
                grow();
                i = find(key);
            }
            keys[i] = key;
            size++;
        }
        values[i] = value;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new int[keys.length];
        Arrays.fill(keys, -1);
        for (int j = 0; j < oldKeys.length; j++) {
            if (oldKeys[j] != -1) {
                int i = find(oldKeys[j]);
                keys[i] = oldKeys[j];
                values[i] = oldValues[j];
            }
        }
    }

    public int size() {
        return size;
    }

    public void clear() {
        Arrays.fill(keys, -1);
        size = 0;
    }
}
