package io.stele.runtime.memory;

import io.stele.codegen.CpuArea;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/**
 * The regions of a view that generated code names, by index: at most {@link CpuArea#REGION_SLOTS}. Code of earlier runs names indices, too, but
 * its regions may be elsewhere in this run: an index of stored code is <em>open</em> until the region is met that it is for. See
 * docs/regions.md, "Later runs".
 */
public final class HotRegions {
    /** A region that has an index gets one of stored code as well, or one that is lent to another, when so many checks in a row say so. */
    static final int ENOUGH_MET = 16;
    /** So often a region that stored code may have moved from elsewhere is given no index of its own. */
    static final int MOST_PUT_OFF = 64;

    private final IntConsumer publish;
    private final IntPredicate absentEverywhere;
    private final int[] hot = new int[CpuArea.REGION_SLOTS];
    /** The region that was there in the run that stored code is of, or NO_REGION. */
    private final int[] stored = new int[CpuArea.REGION_SLOTS];
    /** The region has another index, too: this one will go to the region that stored code has it for. */
    private final boolean[] lent = new boolean[CpuArea.REGION_SLOTS];
    /** While the index is open: the region that checks naming it have met last, and how often in a row. */
    private final int[] met = new int[CpuArea.REGION_SLOTS];
    private final int[] timesMet = new int[CpuArea.REGION_SLOTS];
    private int putOff;
    private int count;
    private int hand;

    /**
     * @param publish tells all CPUs of the region at an index
     * @param absentEverywhere whether no CPU's current space has a slot for the region at an index
     */
    HotRegions(IntConsumer publish, IntPredicate absentEverywhere) {
        this.publish = publish;
        this.absentEverywhere = absentEverywhere;
        Arrays.fill(hot, CpuArea.NO_REGION);
        Arrays.fill(stored, CpuArea.NO_REGION);
    }

    /** How many indices may have regions. */
    public int count() {
        return count;
    }

    /** True if a region could still get an index. */
    public boolean hasRoom() {
        return count < CpuArea.REGION_SLOTS;
    }

    /** The region at an index, or {@link CpuArea#NO_REGION}. */
    int region(int index) {
        return hot[index];
    }

    /** Index of a region, or -1. */
    public int index(int region) {
        for (int i = 0; i < count; i++) {
            if (hot[i] == region) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Index of a region, which is entered if it is not there: where stored code has it, at the end, or in the place of one that no CPU's current
     * space has. -1 when there is no such place, or when a check may still meet the region that names an open index.
     */
    public int indexOrAdd(int region) {
        int index = index(region);
        if (index >= 0) {
            return index;
        }
        index = storedIndex(region);
        if (index >= 0) {
            if (hot[index] != CpuArea.NO_REGION) {
                return -1;
            }
        } else if (hasOpen() && putOff < MOST_PUT_OFF) {
            putOff++;
            return -1;
        } else {
            index = count < CpuArea.REGION_SLOTS ? count : absent();
        }
        if (index >= 0) {
            give(index, region);
        }
        return index;
    }

    private int absent() {
        for (int n = 0; n < CpuArea.REGION_SLOTS; n++) {
            int index = hand++ & CpuArea.REGION_SLOTS - 1;
            if (absentEverywhere.test(index)) {
                return index;
            }
        }
        return -1;
    }

    /** Index that stored code has for a region, if it is open; or -1. */
    private int storedIndex(int region) {
        for (int i = 0; i < count; i++) {
            if (stored[i] == region && isOpen(i)) {
                return i;
            }
        }
        return -1;
    }

    private boolean isOpen(int index) {
        return hot[index] == CpuArea.NO_REGION || lent[index];
    }

    private boolean hasOpen() {
        for (int i = 0; i < count; i++) {
            if (isOpen(i)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A check has met a region, which may be elsewhere than it was when the code was made. If it has no index, it gets the one that stored code
     * has for it, or the one that the check names if nothing is there. If many checks in a row that name an open index meet a region, that is not
     * code which works on all kinds of memory: the region gets this index, too.
     *
     * @return an index that is to be taken from another region by {@link #give}; or -1
     */
    public int met(int index, int region) {
        if (index(region) < 0) {
            int known = storedIndex(region);
            int place = known >= 0 ? known : index;
            if (hot[place] == CpuArea.NO_REGION) {
                give(place, region);
                return -1;
            }
            if (known >= 0) {
                return known;
            }
        }
        if (!isOpen(index) || hot[index] == region) {
            return -1;
        }
        if (met[index] != region) {
            met[index] = region;
            timesMet[index] = 0;
        }
        if (++timesMet[index] < ENOUGH_MET) {
            return -1;
        }
        timesMet[index] = 0;
        if (hot[index] == CpuArea.NO_REGION) {
            give(index, region);
            return -1;
        }
        return index;
    }

    /** A check that has met a region goes on naming an index: it must have a region, or the check would come to Java for ever. */
    public void settle(int index, int region) {
        if (hot[index] == CpuArea.NO_REGION) {
            give(index, region);
        }
    }

    /** Gives an index to a region. If another one has it, no CPU has a K in a register, or goes on within generated code. */
    public void give(int index, int region) {
        lent[index] = index(region) >= 0;
        hot[index] = region;
        count = Math.max(count, index + 1);
        publish.accept(index);
    }

    /** Makes an index known that stored code has for a region: the region gets it when it is met. */
    public void reserve(int index, int region) {
        stored[index] = region;
        count = Math.max(count, index + 1);
    }

    /** What {@link #reserve} wants to know in later runs: the region at an index, or the one that stored code has there. */
    public int toStore(int index) {
        return hot[index] == CpuArea.NO_REGION ? stored[index] : hot[index];
    }
}
