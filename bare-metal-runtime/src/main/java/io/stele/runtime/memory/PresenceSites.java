package io.stele.runtime.memory;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.util.LongIntMap;
import java.util.Arrays;

/**
 * Which accesses check ({@link PresenceThunk}): those that have faulted some times, for as long as that spares more than it costs. Thunks count their
 * executions; what they spare is counted by whoever serves their traps.
 */
final class PresenceSites {
    /** Faults of an access after which it checks. */
    static final int FAULTS = 3;
    /** The same after it was put back, because it had hardly faulted any more; four times as many each time. */
    static final int LATER_FAULTS = 64;
    /** A fault takes as long as so many executions of a thunk. */
    static final int WORTH = 2000;
    private static final int MOST_TIMES_BACK = 8;

    private final long host;
    /** By site: faults until it checks. */
    private final LongIntMap faultsLeft = new LongIntMap(64);
    private int count;
    private final long[] site = new long[VmLayout.PRESENCE_THUNKS];
    private final boolean[] active = new boolean[VmLayout.PRESENCE_THUNKS];
    private final int[] timesBack = new int[VmLayout.PRESENCE_THUNKS];
    /** Faults spared since the last look, executions at the last look. */
    private final int[] spared = new int[VmLayout.PRESENCE_THUNKS];
    private final int[] executed = new int[VmLayout.PRESENCE_THUNKS];
    /** Where the present look has come to. */
    private int next;

    /** @param host host address of guest physical address 0 of the runtime's memory */
    PresenceSites(long host) {
        this.host = host;
    }

    /** Counts a fault; true if the access should check from now on. */
    boolean faulted(long address) {
        int left = faultsLeft.get(address);
        left = left < 0 ? FAULTS : left;
        faultsLeft.put(address, Math.max(left - 1, 0));
        return left <= 1;
    }

    boolean hasRoom() {
        return count < VmLayout.PRESENCE_THUNKS;
    }

    /** The number of a new one, which does not check yet. There is room. */
    int add(long address) {
        site[count] = address;
        timesBack[count] = 0;
        return count++;
    }

    /** It checks from now on. */
    void begin(int number) {
        active[number] = true;
        spared[number] = 0;
        executed[number] = executions(number);
    }

    /** It was put back. */
    void end(int number) {
        if (active[number]) {
            active[number] = false;
            faultsLeft.put(site[number], LATER_FAULTS << 2 * timesBack[number]);
            timesBack[number] = Math.min(timesBack[number] + 1, MOST_TIMES_BACK);
        }
    }

    void spared(int number) {
        spared[number]++;
    }

    /**
     * Looks for one that took more time since the last look than it spared. A look is over when none is found; one that is found is to be put back
     * before the next call.
     *
     * @return its access, or 0
     */
    long useless() {
        while (next < count) {
            int number = next++;
            if (active[number]) {
                int now = executions(number);
                boolean useful = Integer.compareUnsigned(now - executed[number], (spared[number] + 1) * WORTH) <= 0;
                executed[number] = now;
                spared[number] = 0;
                if (!useful) {
                    return site[number];
                }
            }
        }
        next = 0;
        return 0;
    }

    private int executions(int number) {
        return RawMemory.getInt(host + VmLayout.presenceWords(number) + PresenceThunk.EXECUTIONS);
    }

    /** All code was dropped. */
    void clear() {
        faultsLeft.clear();
        Arrays.fill(active, 0, count, false);
        count = 0;
        next = 0;
    }
}
