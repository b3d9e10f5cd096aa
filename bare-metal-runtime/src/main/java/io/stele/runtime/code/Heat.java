package io.stele.runtime.code;

import io.stele.runtime.util.LongIntMap;

/**
 * Samples of late, by place. A place is hot if it has a share of them: so a loop becomes hot after four of them, and what a guest only passes
 * through now and then does not, however long it runs.
 */
final class Heat {
    /** So many samples of late make a place hot. */
    static final int HOT = 4;
    /** After so many samples, wherever they are, those before count half. */
    static final int PERIOD = 256;
    private static final int COUNT_BITS = 16;
    private static final int COUNT_MASK = (1 << COUNT_BITS) - 1;
    private static final int PERIODS_MASK = (1 << 31 - COUNT_BITS) - 1;

    /** Per place: the period of its last sample, and how many of late it had then. */
    private final LongIntMap places = new LongIntMap(1 << 10);
    private int samples;

    /** Counts a sample; true if its place is hot. */
    boolean add(long place) {
        int now = samples++ / PERIOD & PERIODS_MASK;
        int entry = Math.max(0, places.get(place));
        int passed = now - (entry >>> COUNT_BITS) & PERIODS_MASK;
        int count = Math.min(((entry & COUNT_MASK) >>> Math.min(passed, COUNT_BITS)) + 1, COUNT_MASK);
        places.put(place, now << COUNT_BITS | count);
        return count >= HOT;
    }

    void clear() {
        places.clear();
    }
}
