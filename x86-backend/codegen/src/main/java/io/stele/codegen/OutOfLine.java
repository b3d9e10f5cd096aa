package io.stele.codegen;

import java.util.Arrays;

/** Code that is to be emitted behind the body of the block: a queue, emptied by {@link ExitLowering}. */
final class OutOfLine {
    /** Parameter: number of the region check. */
    static final int REGION_MISS = 0;
    /** Side exit to a page offset; parameter 1: look for interrupts. */
    static final int JUMP = 1;
    /** Parameter 1: hardly ever, so that the runtime may find out the guest's state. */
    static final int INTERPRET = 2;
    /** An interrupt is pending; leave with pc = target. The guest registers are stored already, but those of the record. */
    static final int INTERRUPT = 3;
    /** Not linked yet; parameter: number of the exit. */
    static final int LINK = 4;
    /** To another block of the cluster; parameter: number of the label. */
    static final int EDGE = 5;
    /** For listings only: not code, but what {@link ConstantPool} emits. */
    static final int CONSTANTS = 6;
    /** For listings only: where control comes into a cluster; in front of its body. */
    static final int ENTRY = 7;
    /** Nothing is found in the page probe table for the target in another page; everything is stored. */
    static final int ABSENT = 8;

    private static final int FIELDS = 5;
    private int[] items = new int[16 * FIELDS];
    private long[] targets = new long[16];
    private int count;
    private final Sites sites;

    OutOfLine(Sites sites) {
        this.sites = sites;
    }

    void start() {
        count = 0;
    }

    private void add(int kind, int label, int record, int parameter, long target) {
        if (count == targets.length) {
            targets = Arrays.copyOf(targets, count * 2);
            items = Arrays.copyOf(items, items.length * 2);
        }
        int p = count * FIELDS;
        items[p] = kind;
        items[p + 1] = label;
        items[p + 2] = record;
        items[p + 3] = parameter;
        items[p + 4] = sites.instruction;
        targets[count++] = target;
    }

    void regionMiss(int label, int record, int region) {
        add(REGION_MISS, label, record, region, 0);
    }

    void jump(int label, int record, boolean check, long target) {
        add(JUMP, label, record, check ? 1 : 0, target);
    }

    void interpret(int label, int record, boolean seldom) {
        add(INTERPRET, label, record, seldom ? 1 : 0, sites.instruction);
    }

    /** @param record what is not stored yet, or -1 */
    void interrupt(int label, int record, long target) {
        add(INTERRUPT, label, record, 0, target);
    }

    void absent(int label) {
        add(ABSENT, label, -1, 0, 0);
    }

    void edge(int label, int record, int to) {
        add(EDGE, label, record, to, 0);
    }

    void link(int label, int exit, long target) {
        add(LINK, label, -1, exit, target);
    }

    int count() {
        return count;
    }

    int kind(int n) {
        return items[n * FIELDS];
    }

    int label(int n) {
        return items[n * FIELDS + 1];
    }

    int record(int n) {
        return items[n * FIELDS + 2];
    }

    int parameter(int n) {
        return items[n * FIELDS + 3];
    }

    int instruction(int n) {
        return items[n * FIELDS + 4];
    }

    long target(int n) {
        return targets[n];
    }
}
