package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;

/**
 * Accesses of a block of a cluster at several bases and one index, as those of a loop over several arrays: the index plus K is computed once, and each
 * base is an operand of its access. Otherwise each of them adds base and index first.
 */
final class IndexSums {
    /** So many accesses of a block are looked at. */
    private static final int MOST_ACCESSES = 64;
    /** Bases that a sum is made for. */
    private static final int LEAST_BASES = 2;

    private final int[] access = new int[MOST_ACCESSES];
    /** Host register that is the home of the access' K. */
    private final int[] home = new int[MOST_ACCESSES];
    private int count;

    /** Changes the accesses of a block whose check has no code. */
    void share(IrBuilder ir, Cluster cluster) {
        collect(ir, cluster);
        int sums = 0;
        while (sums < IrBuilder.MOST_SUMS && makeSum(ir)) {
            sums++;
        }
    }

    private void collect(IrBuilder ir, Cluster cluster) {
        count = 0;
        int place = 0;
        int end = ir.endOperation();
        for (int i = 1; i < end && count < MOST_ACCESSES; i++) {
            int op = ir.op[i];
            if (op == BEGIN) {
                place = ir.place(i);
            } else if (op >= LOAD && op <= STORE_VEC && (ir.x[i] & INDEXED) == 0 && isSum(ir, ir.a[i]) && ir.op[ir.b[i]] == REGION
                    && ir.a[ir.b[i]] == ir.a[i]) {
                home[count] = cluster.homeOfUnchecked(ir, ir.b[i], place);
                access[count] = i;
                count += home[count] >= 0 ? 1 : 0;
            }
        }
        removeOtherwiseUsed(ir, end);
    }

    private static boolean isSum(IrBuilder ir, int v) {
        return (ir.op[v] == ADD || ir.op[v] == ADD_SHIFTED) && ir.w[v] == 64 && ir.a[v] != ir.b[v];
    }

    /** A base that is needed for something else has to be computed anyway. */
    private void removeOtherwiseUsed(IrBuilder ir, int end) {
        int kept = 0;
        for (int n = 0; n < count; n++) {
            if (!isOtherwiseUsed(ir, ir.a[access[n]], end)) {
                access[kept] = access[n];
                home[kept++] = home[n];
            }
        }
        count = kept;
    }

    private boolean isOtherwiseUsed(IrBuilder ir, int base, int end) {
        for (int i = base + 1; i <= end; i++) {
            boolean uses = ir.a[i] == base || ir.b[i] == base || ir.c[i] == base;
            if (uses && ir.op[i] != REGION && !(isAccess(i) && ir.c[i] != base) && !(ir.op[i] == ADD && ir.refs[i] == 0)) {
                return true;
            }
        }
        return false;
    }

    private boolean isAccess(int i) {
        for (int n = 0; n < count; n++) {
            if (access[n] == i) {
                return true;
            }
        }
        return false;
    }

    /** Makes the sum that most bases share. False if it would be too few. */
    private boolean makeSum(IrBuilder ir) {
        int best = -1;
        boolean second = false;
        int most = LEAST_BASES - 1;
        for (int n = 0; n < count; n++) {
            for (int side = 0; side < 2; side++) {
                int bases = side == 0 && ir.op[ir.a[access[n]]] == ADD_SHIFTED ? 0 : bases(ir, n, side == 1);
                if (bases > most) {
                    most = bases;
                    best = n;
                    second = side == 1;
                }
            }
        }
        if (best < 0) {
            return false;
        }
        int base = ir.a[access[best]];
        int index = second ? ir.b[base] : ir.a[base];
        int shift = shift(ir, base);
        int k = home[best];
        int sum = 0;
        int kept = 0;
        for (int n = 0; n < count; n++) {
            int i = access[n];
            int other = home[n] == k ? other(ir, ir.a[i], index, shift) : 0;
            if (other == 0) {
                access[kept] = i;
                home[kept++] = home[n];
            } else {
                sum = sum == 0 ? ir.sumBehindEnd(index, shift, ir.b[i], i) : sum;
                ir.useSum(i, other, sum);
            }
        }
        count = kept;
        return true;
    }

    /** How many bases share the index of an access. */
    private int bases(IrBuilder ir, int n, boolean second) {
        int base = ir.a[access[n]];
        int index = second ? ir.b[base] : ir.a[base];
        int bases = 0;
        for (int m = 0; m < count; m++) {
            int b = ir.a[access[m]];
            if (home[m] == home[n] && other(ir, b, index, shift(ir, base)) != 0 && !isBefore(ir, m, b)) {
                bases++;
            }
        }
        return bases;
    }

    /** An earlier access has the same base. */
    private boolean isBefore(IrBuilder ir, int m, int base) {
        for (int n = 0; n < m; n++) {
            if (ir.a[access[n]] == base) {
                return true;
            }
        }
        return false;
    }

    private static int shift(IrBuilder ir, int base) {
        return ir.op[base] == ADD_SHIFTED ? ir.x[base] : 0;
    }

    /** What a base adds to an index, shifted; 0 if it is not made of that. */
    private static int other(IrBuilder ir, int base, int index, int shift) {
        if (shift(ir, base) != shift) {
            return 0;
        }
        return ir.b[base] == index ? ir.a[base] : shift == 0 && ir.a[base] == index ? ir.b[base] : 0;
    }
}
