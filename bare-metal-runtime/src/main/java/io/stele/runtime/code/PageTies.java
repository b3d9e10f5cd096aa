package io.stele.runtime.code;

import java.util.Arrays;
import java.util.BitSet;

/** Pairs of code pages, by their numbers, of which neither is dropped without the other: code of one names the other. */
final class PageTies {
    private int[] pairs = new int[64];
    private int length;

    void add(int page, int other) {
        if (page == other || contains(page, other)) {
            return;
        }
        if (length == pairs.length) {
            pairs = Arrays.copyOf(pairs, 2 * length);
        }
        pairs[length] = page;
        pairs[length + 1] = other;
        length += 2;
    }

    boolean contains(int page, int other) {
        for (int i = 0; i < length; i += 2) {
            if (pairs[i] == page && pairs[i + 1] == other || pairs[i] == other && pairs[i + 1] == page) {
                return true;
            }
        }
        return false;
    }

    /** Gives all pages that hang together, directly or by others, the least of their numbers. */
    void spread(int[] numbers) {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < length; i += 2) {
                int page = pairs[i];
                int other = pairs[i + 1];
                changed |= numbers[page] != numbers[other];
                numbers[page] = Math.min(numbers[page], numbers[other]);
                numbers[other] = numbers[page];
            }
        }
    }

    /** Of a pair, both pages are in the set, or neither is. */
    void retain(BitSet pages) {
        int kept = 0;
        for (int i = 0; i < length; i += 2) {
            if (pages.get(pairs[i])) {
                pairs[kept++] = pairs[i];
                pairs[kept++] = pairs[i + 1];
            }
        }
        length = kept;
    }

    void clear() {
        length = 0;
    }

    void save(StoreWriter out) {
        out.putInt(length);
        out.putInts(pairs, length);
    }

    void load(StoreReader in) {
        length = in.getInt();
        pairs = new int[Math.max(length, 64)];
        in.getInts(pairs, length);
    }
}
