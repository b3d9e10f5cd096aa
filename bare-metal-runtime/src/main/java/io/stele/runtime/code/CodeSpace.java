package io.stele.runtime.code;

import io.stele.runtime.common.VmLayout;
import java.util.Arrays;

/**
 * The room for code in VM memory: free ranges, which are used up one after the other from the lowest address on. So code that is made later
 * lies higher, until {@link #leaveTo} finds out anew what is free.
 */
final class CodeSpace {
    /** Code begins at multiples of this. */
    static final int ALIGNMENT = 16;
    /** Bytes of a cache line: the alignment of code whose speed is not to depend on where it lies. */
    static final int LINE = 64;
    /** What is left of a range, or between blocks, is not looked at if it has less. */
    private static final int LEAST = 4096;
    private static final long END = VmLayout.CODE + VmLayout.CODE_BYTES;

    private long[] starts = new long[1];
    private long[] ends = new long[1];
    /** Size of the largest range from each one on. */
    private long[] largest = new long[1];
    private int ranges;
    private int range;
    /** Where the next code goes. */
    private long next;
    private long used;
    /** Behind all code. */
    private long top;

    CodeSpace() {
        clear();
    }

    private static long aligned(long address, int alignment) {
        return address + alignment - 1 & -alignment;
    }

    /** Whether {@link #moveTo} finds room for so many bytes. */
    boolean has(int bytes) {
        return fits(bytes) || range + 1 < ranges && largest[range + 1] >= bytes;
    }

    /** Goes on to a range that has so many bytes left, unless this one has. */
    void moveTo(int bytes) {
        while (range < ranges && ends[range] - next < bytes) {
            range++;
            next = range < ranges ? starts[range] : END;
        }
    }

    /** VM address of the next code. */
    long next() {
        return next;
    }

    /** Whether so much code fits where the next one goes. */
    boolean fits(int bytes) {
        return range < ranges && next + bytes <= ends[range];
    }

    /** The next code goes to a multiple of {@code alignment}, which is not behind the end of the range. */
    void align(int alignment) {
        long start = aligned(next, alignment);
        used += start - next;
        next = start;
    }

    /** Code was put at {@link #next}. */
    void take(int bytes) {
        long end = aligned(next + bytes, ALIGNMENT);
        used += end - next;
        next = end;
        top = Math.max(top, end);
        moveTo(LEAST);
    }

    /** VM address behind all code. */
    long top() {
        return top;
    }

    /** Bytes of code. */
    long used() {
        return used;
    }

    /** All of it is free. */
    void clear() {
        ranges = 0;
        used = 0;
        top = VmLayout.CODE;
        addRange(VmLayout.CODE, END);
        begin();
    }

    /** What is between the blocks is free; they are in address order. */
    void leaveTo(CodeBlocks blocks) {
        ranges = 0;
        used = 0;
        long free = VmLayout.CODE;
        for (int block = 0; block < blocks.count(); block++) {
            addRange(free, blocks.start(block));
            free = aligned(blocks.end(block), ALIGNMENT);
            used += free - blocks.start(block);
        }
        top = free;
        addRange(free, END);
        begin();
    }

    private void addRange(long start, long end) {
        if (end - start < LEAST) {
            return;
        }
        if (ranges == starts.length) {
            starts = Arrays.copyOf(starts, 2 * ranges);
            ends = Arrays.copyOf(ends, 2 * ranges);
            largest = new long[2 * ranges];
        }
        starts[ranges] = start;
        ends[ranges++] = end;
    }

    private void begin() {
        range = 0;
        next = ranges == 0 ? END : starts[0];
        for (int i = ranges - 1; i >= 0; i--) {
            largest[i] = Math.max(ends[i] - starts[i], i + 1 < ranges ? largest[i + 1] : 0);
        }
    }
}
