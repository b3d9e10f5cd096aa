package io.stele.arm64.mmu;

/** A growing set of non-zero longs without boxing. */
final class LongSet {
    private long[] slots = new long[64];
    private int size;

    int size() {
        return size;
    }

    boolean contains(long key) {
        int mask = slots.length - 1;
        int i = hash(key) & mask;
        while (slots[i] != 0) {
            if (slots[i] == key) {
                return true;
            }
            i = i + 1 & mask;
        }
        return false;
    }

    /** True if the key was not there before. */
    boolean add(long key) {
        if (contains(key)) {
            return false;
        }
        if (size * 2 >= slots.length) {
            grow();
        }
        insert(key);
        size++;
        return true;
    }

    void clear() {
        if (size != 0) {
            slots = new long[64];
            size = 0;
        }
    }

    private void insert(long key) {
        int mask = slots.length - 1;
        int i = hash(key) & mask;
        while (slots[i] != 0) {
            i = i + 1 & mask;
        }
        slots[i] = key;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[old.length * 2];
        for (long key : old) {
            if (key != 0) {
                insert(key);
            }
        }
    }

    private static int hash(long key) {
        long h = key * 0x9e37_79b9_7f4a_7c15L;
        return (int) (h >>> 40);
    }
}
