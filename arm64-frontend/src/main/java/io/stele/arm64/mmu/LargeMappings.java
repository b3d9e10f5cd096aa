package io.stele.arm64.mmu;

import java.util.Arrays;

/**
 * Mappings larger than the granule that were walked: an invalidation by address that hits one concerns all of it. By ASID, as far as one matters.
 *
 * <p>Those of a size that become too many are not remembered one by one: they may be anywhere then. By any thread.
 */
final class LargeMappings {
    /** Mappings of one size that are remembered one by one. */
    private static final int MOST = 4096;
    /** A key is bits 55:14 of the address, log2 of the size, and the ASID around them. Contiguous runs are the smallest, of 64 KiB. */
    private static final long ADDRESS = (1L << 56) - (1L << 14);
    private static final int LOG_BITS = 6;

    private final LongSet known = new LongSet();
    private final int[] count = new int[Long.SIZE];
    private volatile long sizes;
    /** Sizes of which there are too many. */
    private volatile long anywhere;

    private static long key(long va, int log, long asid) {
        return va & -1L << log & ADDRESS | log | (asid & 0xff) << LOG_BITS | asid >>> 8 << 56;
    }

    /** @param asid of 16 bits */
    void add(long va, int log, long asid) {
        if ((anywhere >>> log & 1) != 0) {
            return;
        }
        synchronized (known) {
            if (known.add(key(va, log, asid))) {
                sizes |= 1L << log;
                if (++count[log] == MOST) {
                    anywhere |= 1L << log;
                }
            }
        }
    }

    /** log2 of the size of the largest mapping around an address, or {@code least} if there is none that is larger. */
    int largest(long va, long asid, int least) {
        long rest = sizes;
        while (rest != 0) {
            int log = 63 - Long.numberOfLeadingZeros(rest);
            if ((anywhere >>> log & 1) != 0) {
                return Math.max(log, least);
            }
            synchronized (known) {
                if (known.contains(key(va, log, asid))) {
                    return Math.max(log, least);
                }
            }
            rest &= ~(1L << log);
        }
        return least;
    }

    /** Forgets the mappings of one ASID around an address, unless they may be anywhere. */
    void remove(long va, long asid) {
        for (long rest = sizes; rest != 0; rest &= rest - 1) {
            int log = Long.numberOfTrailingZeros(rest);
            synchronized (known) {
                if ((anywhere >>> log & 1) == 0 && known.remove(key(va, log, asid)) && --count[log] == 0) {
                    sizes &= ~(1L << log);
                }
            }
        }
    }

    /** Forgets the mappings of an ASID, unless they may be anywhere. */
    void removeAll(long asid) {
        synchronized (known) {
            known.removeIf(key -> {
                int log = (int) key & (1 << LOG_BITS) - 1;
                boolean gone = key == key(key, log, asid) && (anywhere >>> log & 1) == 0;
                if (gone && --count[log] == 0) {
                    sizes &= ~(1L << log);
                }
                return gone;
            });
        }
    }

    void clear() {
        synchronized (known) {
            known.clear();
            sizes = 0;
            anywhere = 0;
            Arrays.fill(count, 0);
        }
    }

    int size() {
        return known.size();
    }
}
