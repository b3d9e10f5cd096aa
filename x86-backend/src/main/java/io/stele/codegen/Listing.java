package io.stele.codegen;

import java.util.Arrays;

/** Which code belongs to which guest instruction, for dumps; records nothing unless enabled. */
public final class Listing {
    /** Ints per range: page offset of the instruction, first IR operation, first byte of code, 1 if out of line. */
    public static final int FIELDS = 4;

    private boolean enabled;
    private int[] ranges = new int[64 * FIELDS];
    private int count;
    private final io.stele.x86.Assembler asm;

    Listing(io.stele.x86.Assembler asm) {
        this.asm = asm;
    }

    void start(boolean on) {
        enabled = on;
        count = 0;
    }

    void instruction(int pageOffset, int operation) {
        if (enabled) {
            add(pageOffset, operation, 0);
        }
    }

    void outOfLine(int pageOffset) {
        if (enabled) {
            add(pageOffset, -1, 1);
        }
    }

    private void add(int pageOffset, int operation, int ool) {
        int p = count * FIELDS;
        if (p == ranges.length) {
            ranges = Arrays.copyOf(ranges, p * 2);
        }
        ranges[p] = pageOffset;
        ranges[p + 1] = operation;
        ranges[p + 2] = asm.position();
        ranges[p + 3] = ool;
        count++;
    }

    /** The ranges in code order, each up to the start of the next; null when not enabled. */
    int[] toArray() {
        return enabled ? Arrays.copyOf(ranges, count * FIELDS) : null;
    }
}
