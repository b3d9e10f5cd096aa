package io.stele.runtime.memory;

import io.stele.runtime.util.LongIntMap;

/**
 * Pages that the guest remaps so often in so short a time that mapping them does not pay. Only the rate tells them from pages like those of
 * kernel stacks, which come back for one process after another and are used a lot in between.
 */
final class Churn {
    /** A page that is shot down alone so often ... */
    static final int LIMIT = 8;
    /** ... within so long. */
    static final int MILLIS = 20;
    /** All counts are forgotten when so many pages have one. */
    static final int PAGES = 4096;
    private static final int PAGE_SHIFT = 12;
    private static final int COUNT_BITS = 4;
    private static final int COUNT_MASK = (1 << COUNT_BITS) - 1;
    private static final int TIME_MASK = (1 << 31 - COUNT_BITS) - 1;

    /** By host page number: when counting began, and the count. */
    private final LongIntMap pages = new LongIntMap(256);

    /** True if the page of a host address is not to be mapped. */
    boolean isChurning(long hostVa) {
        int entry = pages.get(hostVa >>> PAGE_SHIFT);
        return entry > 0 && (entry & COUNT_MASK) >= LIMIT;
    }

    /**
     * The page of a host address was shot down alone.
     *
     * @param millis now
     * @return whether the counts of all other pages were forgotten
     */
    boolean count(long hostVa, long millis) {
        long page = hostVa >>> PAGE_SHIFT;
        boolean full = pages.size() >= PAGES;
        if (full) {
            pages.clear();
        }
        int entry = Math.max(pages.get(page), 0);
        int count = entry & COUNT_MASK;
        if (count < LIMIT) {
            int now = (int) millis & TIME_MASK;
            int since = entry >>> COUNT_BITS;
            if (count == 0 || (now - since & TIME_MASK) > MILLIS) {
                count = 0;
                since = now;
            }
            pages.put(page, since << COUNT_BITS | count + 1);
        }
        return full;
    }

    void clear() {
        pages.clear();
    }
}
