package io.stele.runtime.code;

import io.stele.runtime.common.VmLayout;
import java.util.Arrays;

/** The direct exits of blocks whose targets, in the same page, have no code yet: they are linked when it is made. */
final class WaitingExits {
    private static final int FEW = 8;

    /** Per code page: pairs of target page offset and VM address of the displacement. */
    private final int[][] waiting = new int[VmLayout.ENTRY_TABLE_COUNT][];
    private final int[] count = new int[VmLayout.ENTRY_TABLE_COUNT];

    /** @param patch VM address of the exit's 32-bit displacement */
    void add(int page, int target, long patch) {
        int n = count[page];
        int[] list = waiting[page];
        if (list == null) {
            list = new int[2 * FEW];
            waiting[page] = list;
        } else if (n == list.length) {
            list = Arrays.copyOf(list, 2 * n);
            waiting[page] = list;
        }
        list[n] = target;
        list[n + 1] = (int) patch;
        count[page] = n + 2;
    }

    /** Takes out an exit that waits for a page offset: VM address of its displacement, or 0 if there is none. */
    long take(int page, int target) {
        int[] list = waiting[page];
        for (int i = count[page] - 2; i >= 0; i -= 2) {
            if (list[i] == target) {
                int patch = list[i + 1];
                count[page] -= 2;
                list[i] = list[count[page]];
                list[i + 1] = list[count[page] + 1];
                return patch;
            }
        }
        return 0;
    }

    /** The blocks of a page are not entered any more. */
    void forget(int page) {
        count[page] = 0;
    }

    /** All code was dropped. */
    void clear() {
        Arrays.fill(waiting, null);
        Arrays.fill(count, 0);
    }
}
