package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;

/**
 * Bases of memory accesses as what they are made of: a guest register's value at the start of a block, or the sum of two, the second shifted; or
 * an address relative to the page, which is one base, whatever the distance, since these do not change. Equal bases of the blocks of a cluster
 * have the same number; sets of them are longs.
 */
final class BaseExpressions {
    private static final int MAX = 64;
    private static final int NONE = -1;
    private static final int UNSEEN = -1;
    private static final int SEVERAL = -2;
    /** A base that moves by no more in an instruction meets the unmapped space between slots before it meets another one. */
    private static final long SHORT = 1 << 15;

    private final int[] first = new int[MAX];
    private final int[] second = new int[MAX];
    private final int[] shift = new int[MAX];
    /** Region number of all checks of the base, UNSEEN or SEVERAL. */
    private final int[] region = new int[MAX];
    /** View of all checks of the base that nothing else is known of, UNSEEN or SEVERAL. */
    private final int[] view = new int[MAX];
    private int count;
    /** Number of the base that is relative to the page, or NONE; the least and the largest distance. */
    private int page = NONE;
    private long lowest;
    private long highest;

    void clear() {
        count = 0;
        page = NONE;
    }

    int count() {
        return count;
    }

    /** Number of a base, which is added if it is not known; NONE if it is nothing of the kind, or there are too many. */
    int add(IrBuilder ir, int base) {
        if (ir.op[base] == PAGE_ADDRESS) {
            return addPage(ir.imm[base]);
        }
        int known = find(ir, base);
        if (known != NONE || count == MAX || !isExpression(ir, base)) {
            return known;
        }
        boolean sum = ir.op[base] != READ_REG;
        first[count] = slot(ir, sum ? ir.a[base] : base);
        second[count] = sum ? slot(ir, ir.b[base]) : NONE;
        shift[count] = ir.op[base] == ADD_SHIFTED ? ir.x[base] : 0;
        region[count] = UNSEEN;
        view[count] = UNSEEN;
        return count++;
    }

    private int addPage(long distance) {
        if (page == NONE) {
            if (count == MAX) {
                return NONE;
            }
            first[count] = NONE;
            second[count] = NONE;
            region[count] = UNSEEN;
            view[count] = UNSEEN;
            page = count++;
            lowest = distance;
            highest = distance;
        }
        lowest = Math.min(lowest, distance);
        highest = Math.max(highest, distance);
        return page;
    }

    /** Number of a base, or NONE. */
    int find(IrBuilder ir, int base) {
        if (ir.op[base] == PAGE_ADDRESS) {
            return page;
        }
        if (isExpression(ir, base)) {
            boolean sum = ir.op[base] != READ_REG;
            int a = slot(ir, sum ? ir.a[base] : base);
            int b = sum ? slot(ir, ir.b[base]) : NONE;
            int s = ir.op[base] == ADD_SHIFTED ? ir.x[base] : 0;
            for (int e = 0; e < count; e++) {
                if (first[e] == a && second[e] == b && shift[e] == s) {
                    return e;
                }
            }
        }
        return NONE;
    }

    private static boolean isExpression(IrBuilder ir, int base) {
        int op = ir.op[base];
        return op == READ_REG || (op == ADD || op == ADD_SHIFTED) && ir.w[base] == 64 && ir.op[ir.a[base]] == READ_REG && ir.op[ir.b[base]] == READ_REG;
    }

    private static int slot(IrBuilder ir, int read) {
        return (int) ir.imm[read] >> 3;
    }

    /** A check of the base wants a region, by its number; negative: it is not known which. */
    void note(int e, int wanted) {
        region[e] = wanted >= 0 && (region[e] == UNSEEN || region[e] == wanted) ? wanted : SEVERAL;
    }

    /** A check of the base, in a view, of which it is not known what region it meets: the one of other checks, or where the base is at present. */
    void noteUnknown(int e, int viewOfCheck) {
        view[e] = view[e] == UNSEEN || view[e] == viewOfCheck ? viewOfCheck : SEVERAL;
    }

    /** All checks are noted: bases that nothing is known of are in the regions that they are in at present. */
    void settle(ClusterPages pages) {
        for (int e = 0; e < count; e++) {
            if (view[e] == SEVERAL) {
                region[e] = SEVERAL;
            } else if (region[e] == UNSEEN && view[e] >= 0 && e != page) {
                region[e] = present(pages, e, view[e]);
            } else if (region[e] >= 0 && e != page && pages.isCautious() && present(pages, e, Homes.view(region[e])) != region[e]) {
                region[e] = SEVERAL;
            }
        }
    }

    /** Region number of what a base is at present, or SEVERAL. */
    private int present(ClusterPages pages, int e, int viewOfCheck) {
        int slot = pages.present(viewOfCheck, first[e], second[e], shift[e]);
        return slot < 0 ? SEVERAL : Homes.region(viewOfCheck, slot);
    }

    /** Region number of all checks of the base, or negative. */
    int region(int e) {
        return region[e];
    }

    /** The bases that are relative to the page, as a set. */
    long pages() {
        return page == NONE ? 0 : 1L << page;
    }

    /** The base is relative to the page. */
    boolean isPage(int e) {
        return e == page;
    }

    /** Of the base that is relative to the page. */
    long lowest() {
        return lowest;
    }

    long highest() {
        return highest;
    }

    int first(int e) {
        return first[e];
    }

    /** Guest register slot of the second summand, or negative. */
    int second(int e) {
        return second[e];
    }

    int shift(int e) {
        return shift[e];
    }

    /** The bases that a write of a guest register changes. */
    long changed(int slot) {
        long changed = 0;
        for (int e = 0; e < count; e++) {
            changed |= first[e] == slot || second[e] == slot ? 1L << e : 0;
        }
        return changed;
    }

    /** Those among them that move by a short distance. */
    long moved(IrBuilder ir, int slot, int value) {
        long moved = 0;
        for (int e = 0; e < count; e++) {
            boolean a = first[e] == slot;
            boolean b = second[e] == slot;
            if (a != b && movesShort(ir, slot, value, b ? shift[e] : 0)) {
                moved |= 1L << e;
            }
        }
        return moved;
    }

    private static boolean movesShort(IrBuilder ir, int slot, int value, int scale) {
        int a = ir.a[value];
        int b = ir.b[value];
        if (ir.op[value] != ADD || ir.w[value] != 64 || ir.op[a] != READ_REG || slot(ir, a) != slot || ir.op[b] != CONST) {
            return false;
        }
        long distance = ir.imm[b];
        return distance > -SHORT && distance < SHORT && Math.abs(distance) << scale < SHORT;
    }
}
