package io.stele.arm64.mmu;

import java.util.function.LongPredicate;

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

    /** True if the key was there. */
    boolean remove(long key) {
        int mask = slots.length - 1;
        int hole = hash(key) & mask;
        while (slots[hole] != key) {
            if (slots[hole] == 0) {
                return false;
            }
            hole = hole + 1 & mask;
        }
        // Whoever could have stood in the hole moves there, so that searches do not end at it.
        for (int i = hole + 1 & mask; slots[i] != 0; i = i + 1 & mask) {
            int home = hash(slots[i]) & mask;
            if ((i - home & mask) >= (i - hole & mask)) {
                slots[hole] = slots[i];
                hole = i;
            }
        }
        slots[hole] = 0;
        size--;
        return true;
    }

    /** @param gone is asked once for each key */
    void removeIf(LongPredicate gone) {
        long[] found = null;
        int count = 0;
        for (long key : slots) {
            if (key != 0 && gone.test(key)) {
                if (found == null) {
                    found = new long[size];
                }
                found[count++] = key;
            }
        }
        for (int i = 0; i < count; i++) {
            remove(found[i]);
        }
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
