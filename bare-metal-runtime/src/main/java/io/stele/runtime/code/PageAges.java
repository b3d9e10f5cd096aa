package io.stele.runtime.code;

import java.util.BitSet;

/**
 * Which code pages are kept when there is no room for all.
 *
 * @param ages by page number, how long ago code of it could be found; negative: there is no such page
 */
record PageAges(int[] ages, CodeBlocks blocks) {
    private static final int OLDEST = Byte.MAX_VALUE;

    BitSet all() {
        return below(OLDEST + 1);
    }

    /** The pages that are younger. */
    BitSet below(int age) {
        BitSet pages = new BitSet(ages.length);
        for (int page = 0; page < ages.length; page++) {
            if (ages[page] >= 0 && ages[page] < age) {
                pages.set(page);
            }
        }
        return pages;
    }

    /** The youngest pages that have no more code than so much, and are no more than so many; at least those that were used last. */
    BitSet newest(long mostBytes, int mostPages) {
        long[] bytes = new long[OLDEST + 1];
        int[] pages = new int[OLDEST + 1];
        for (int page = 0; page < ages.length; page++) {
            if (ages[page] >= 0) {
                bytes[ages[page]] += blocks.bytesOf(page);
                pages[ages[page]]++;
            }
        }
        long bytesLeft = mostBytes - bytes[0];
        int pagesLeft = mostPages - pages[0];
        int age = 1;
        while (age <= OLDEST && bytesLeft >= bytes[age] && pagesLeft >= pages[age]) {
            bytesLeft -= bytes[age];
            pagesLeft -= pages[age];
            age++;
        }
        return below(age);
    }
}
