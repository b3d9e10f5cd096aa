package io.stele.codegen;

import io.stele.x86.Assembler;
import java.util.Arrays;

/** Which code belongs to which guest instruction and IR operation, for dumps; records nothing unless enabled. */
public final class ListingRanges {
    /** Ints per range: page offset of instruction, first IR operation (out of line: -1 - kind), first byte of code, 1 if out of line. */
    public static final int FIELDS = 4;
    /** Stands for the operation of what is not code: constants. */
    public static final int CONSTANTS = -1 - OutOfLine.CONSTANTS;

    private final Assembler asm;
    private boolean enabled;
    private int[] ranges = new int[64 * FIELDS];
    private int count;
    private int[] operations;
    private int operationCount;
    /** Number of the operation before the first one of the block at work. */
    private int base;

    ListingRanges(Assembler asm) {
        this.asm = asm;
    }

    void start(boolean on) {
        enabled = on;
        count = 0;
        base = 0;
        operationCount = 1;
        if (on) {
            operations = new int[] {-1};
        }
    }

    /** The operations of a block come next; in a cluster they are numbered on. @param last of them */
    void block(int last) {
        if (enabled) {
            base = operationCount - 1;
            operations = Arrays.copyOf(operations, operationCount + last);
            Arrays.fill(operations, operationCount, operationCount + last, -1);
            operationCount += last;
        }
    }

    void instruction(int pageOffset, int operation) {
        if (enabled) {
            add(pageOffset, base + operation, 0);
        }
    }

    /** The code of an IR operation comes next. */
    void operation(int i) {
        if (enabled) {
            operations[base + i] = asm.position();
        }
    }

    /** @param kind of {@link OutOfLine} */
    void outOfLine(int pageOffset, int kind) {
        if (enabled) {
            add(pageOffset, -1 - kind, 1);
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

    /** Offset of the code of each operation, -1 for those without; null when not enabled. */
    int[] operations() {
        return enabled ? operations : null;
    }
}
