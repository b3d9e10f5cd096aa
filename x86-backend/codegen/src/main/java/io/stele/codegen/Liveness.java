package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import java.util.Arrays;

/**
 * Backward pass over a block: which operations are needed, until where each value has to be kept, where it is used next.
 *
 * <p>A <em>real</em> use needs the value in an instruction. A <em>soft</em> use needs it somewhere (register, memory, constant), because a
 * site may have to write it to the guest state. A register write that is overwritten before the next site has no use at all.
 *
 * <p>Flags of adds, subs and ands are never kept as such when EFLAGS change in between: their operands are kept, so that the comparison can be
 * done again (by code or, at a fault, by Java).
 */
final class Liveness {
    private static final int STATE_WORDS = 512;

    private IrBuilder ir;
    private Homes homes = Homes.NONE;
    private Cluster cluster;
    /**
     * Last position where the value must exist; 0 = dead. For a register write: last position where the guest register must have the value
     * before it is written again; not behind the write itself when nothing ever needs it.
     */
    int[] last = new int[0];
    /** For a value with flags: last position where its flags are used, and last where they are computed again from kept operands. */
    int[] flagsLast = new int[0];
    int[] recipeLast = new int[0];
    /** For a value with flags: the FLAGS_OF operation. */
    int[] flagsValue = new int[0];
    /** For a value with flags: the flags must be materialised where they are made. */
    boolean[] materialise = new boolean[0];
    /** For a value with flags: some use finds them in EFLAGS. */
    boolean[] direct = new boolean[0];
    /** For a conditional jump: links of the {@link ComparisonChain} that it is to be emitted as; 0 if it is none. */
    int[] links = new int[0];

    /** For a value that becomes a guest register with a home, or that such a value is made of: the slot of the register + 1. */
    int[] homeSlot = new int[0];

    /** In a cluster: how many checks up to a position have no code, and so leave EFLAGS as they are. */
    private int[] unchecked = new int[0];
    private int[] zeros = new int[0];
    private boolean[] falses = new boolean[0];
    /** In the first tier: the last conditional jump, behind which the block goes on; else 0. */
    int lastConditionalJump;

    private int[] useHead = new int[0];
    private int[] usePosition = new int[4096];
    private int[] useNext = new int[4096];
    private int uses;

    private final int[] untilOf = new int[STATE_WORDS];
    private final int[] untilStamp = new int[STATE_WORDS];
    private int stamp;

    /**
     * @param registerHomes none in the first tier
     * @param neighbours the block is one of these; null in the first tier
     * @param flagsEnd false: nobody needs the flags behind the last operation
     */
    void run(IrBuilder block, Homes registerHomes, Cluster neighbours, boolean flagsEnd) {
        ir = block;
        homes = registerHomes;
        cluster = neighbours;
        int end = ir.endOperation();
        prepare(ir.lastOperation() + 1);
        if (cluster != null) {
            countUnchecked(end);
        }
        stamp++;
        lastConditionalJump = 0;
        int flagsUntil = flagsEnd ? end : siteBefore(end);
        for (int i = end; i > 0; i--) {
            int op = ir.op[i];
            switch (op) {
                case SET_REG, SET_VEC -> {
                    int slot = (int) ir.imm[i] >> 3;
                    int until = untilStamp[slot] == stamp ? untilOf[slot] : end;
                    untilStamp[slot] = stamp;
                    untilOf[slot] = ir.d[i];
                    last[i] = until;
                    if (until > i) {
                        keep(ir.a[i], until);
                        if (homes.register(slot) >= 0) {
                            homeSlot[ir.a[i]] = slot + 1;
                        }
                    }
                }
                case READ_REG, READ_VEC -> {
                    int slot = (int) ir.imm[i] >> 3;
                    untilOf[slot] = Math.max(i, entryUntil(slot, end));
                    untilStamp[slot] = stamp;
                }
                case SET_FLAGS -> {
                    int until = lastNeed(flagsUntil, i);
                    flagsUntil = ir.d[i];
                    if (until > i) {
                        keep(ir.a[i], until);
                    }
                }
                case JUMP_IF -> {
                    lastConditionalJump = cluster == null ? Math.max(lastConditionalJump, i) : 0;
                    links[i] = dropsFlags(i) && lastNeed(flagsUntil, i) == i ? ComparisonChain.length(ir, i) : 0;
                    int condition = ir.a[i];
                    for (int n = 0; n < links[i]; n++) {
                        useAgain(ComparisonChain.flags(ir, condition), i);
                        condition = ComparisonChain.before(ir, condition);
                    }
                    use(condition, i);
                }
                default -> {
                    int kind = OpInfo.kind(op);
                    if ((kind & OpInfo.VIRTUAL) == 0 && ((kind & OpInfo.STAYING) != 0 || last[i] != 0 || flagsLast[i] != 0)) {
                        suggestHome(i);
                        useOperands(i, op);
                        int sum = ir.b[i];
                        if (ir.isFirst(i, sum)) {
                            use(ir.a[sum], i);
                            use(ir.b[sum], i);
                        }
                    }
                }
            }
        }
    }

    private void countUnchecked(int end) {
        int place = 0;
        int count = 0;
        for (int i = 1; i <= end; i++) {
            if (ir.op[i] == BEGIN) {
                place = ir.place(i);
            } else if (ir.op[i] == REGION && cluster.homeOfUnchecked(ir, i, place) >= 0) {
                count++;
            }
            unchecked[i] = count;
        }
    }

    /** No operation behind one position, up to another one, changes EFLAGS. */
    private boolean keepsEflags(int from, int to) {
        int changes = ir.clobbers[to] - ir.clobbers[from];
        return changes == (cluster == null ? 0 : unchecked[to] - unchecked[from]);
    }

    private boolean dropsFlags(int jump) {
        return cluster != null && cluster.dropsFlags(ir, jump);
    }

    /** The last position behind {@code from}, and not behind {@code until}, that the flags are needed at, or {@code from}. */
    private int lastNeed(int until, int from) {
        if (cluster == null) {
            return until;
        }
        int i = until;
        while (i > from && (!OpInfo.isSite(ir.op[i]) || ir.op[i] == JUMP_IF && dropsFlags(i))) {
            i--;
        }
        return Math.max(i, from);
    }

    /** What a value for a home is made of, and ends there, may be in the home before. */
    private void suggestHome(int i) {
        if (homeSlot[i] != 0) {
            boolean select = ir.op[i] == SELECT;
            if (!suggestHome(i, select ? ir.b[i] : ir.a[i]) && select) {
                suggestHome(i, ir.c[i]);
            }
        }
    }

    private boolean suggestHome(int i, int operand) {
        boolean ends = operand != 0 && last[operand] == 0 && homeSlot[operand] == 0 && ir.type(operand) == ir.type(i);
        if (ends) {
            homeSlot[operand] = homeSlot[i];
        }
        return ends;
    }

    private void useOperands(int i, int op) {
        if (op == REGION && cluster != null && unchecked[i] != unchecked[i - 1]) {
            return;
        }
        int a = ir.a[i];
        if (a != 0) {
            use(a, i);
        }
        if (op == SELECT_FLAGS && last[i] != 0) {
            useAgain(ir.b[i], i);
            useAgain(ir.c[i], i);
            return;
        }
        int b = ir.b[i];
        if (b != 0) {
            use(b, i);
        }
        int c = ir.c[i];
        if (c != 0) {
            use(c, i);
        }
        int d = ir.d[i];
        if (d != 0) {
            use(d, i);
        }
    }

    private int entryUntil(int slot, int end) {
        return untilStamp[slot] == stamp ? untilOf[slot] : end;
    }

    /** Last position where a guest register must have the value that it had at the start of the block. */
    int entryUntil(int slot) {
        return entryUntil(slot, ir.endOperation());
    }

    private int siteBefore(int end) {
        int i = end - 1;
        while (i > 0 && !OpInfo.isSite(ir.op[i])) {
            i--;
        }
        return i;
    }

    private void prepare(int n) {
        if (last.length < n) {
            int size = Math.max(n, 2 * last.length);
            last = new int[size];
            flagsLast = new int[size];
            recipeLast = new int[size];
            flagsValue = new int[size];
            materialise = new boolean[size];
            direct = new boolean[size];
            links = new int[size];
            useHead = new int[size];
            homeSlot = new int[size];
            unchecked = new int[size];
            zeros = new int[size];
            falses = new boolean[size];
        } else {
            // Copied, not filled: the first compiler tier makes loops of fills.
            System.arraycopy(zeros, 0, last, 0, n);
            System.arraycopy(zeros, 0, flagsLast, 0, n);
            System.arraycopy(zeros, 0, recipeLast, 0, n);
            System.arraycopy(zeros, 0, useHead, 0, n);
            System.arraycopy(zeros, 0, homeSlot, 0, n);
            System.arraycopy(falses, 0, materialise, 0, n);
            System.arraycopy(falses, 0, direct, 0, n);
        }
        uses = 1;
    }

    /** A real use at {@code position}. */
    private void use(int v, int position) {
        int op = ir.op[v];
        if ((OpInfo.kind(op) & OpInfo.VIRTUAL) == 0) {
            useValue(v, position);
            return;
        }
        switch (op) {
            case FLAGS_OF -> useFlags(v, position, position - 1);
            case COND_FLAGS -> use(ir.a[v], position);
            case COND_CMP, COND_TEST, COND_BIT, COND_NAN, COND_FCMP, COND_VEC, PACK -> {
                use(ir.a[v], position);
                if (ir.b[v] != 0) {
                    use(ir.b[v], position);
                }
            }
            default -> useValue(v, position);
        }
    }

    private void useValue(int v, int position) {
        if (last[v] < position) {
            last[v] = position;
        }
        int n = uses++;
        if (n == usePosition.length) {
            usePosition = Arrays.copyOf(usePosition, n * 2);
            useNext = Arrays.copyOf(useNext, n * 2);
        }
        usePosition[n] = position;
        useNext[n] = useHead[v];
        useHead[v] = n;
    }

    /** A real use of flags that have to be computed again, because the operation changes EFLAGS first. */
    private void useAgain(int f, int position) {
        if (ir.op[f] == FLAGS_OF) {
            useFlags(f, position, -1);
        } else {
            use(f, position);
        }
    }

    /** A soft use. */
    private void keep(int v, int position) {
        if (ir.op[v] == FLAGS_OF) {
            useFlags(v, position, position);
        } else if (last[v] < position) {
            last[v] = position;
        }
    }

    /**
     * @param f the FLAGS_OF operation
     * @param before last operation whose change of EFLAGS comes before the use
     */
    private void useFlags(int f, int position, int before) {
        int v = ir.a[f];
        flagsValue[v] = f;
        if (flagsLast[v] < position) {
            flagsLast[v] = position;
        }
        if (last[f] < position) {
            last[f] = position;
        }
        if (before >= v && keepsEflags(v, before)) {
            direct[v] = true;
            return;
        }
        int op = ir.op[v];
        if (op == ADCS || op == SBCS) {
            materialise[v] = true;
            return;
        }
        if (recipeLast[v] < position) {
            recipeLast[v] = position;
            keepOperand(recipeLeft(v), position);
            int right = recipeRight(v);
            if (right != 0) {
                keepOperand(right, position);
            }
        }
    }

    private void keepOperand(int v, int position) {
        if (last[v] < position) {
            last[v] = position;
        }
    }

    /** The result itself serves to compute the flags again, because it is used anyway. */
    boolean recipeFromResult(int v) {
        return ir.refs[v] > 1;
    }

    /** First kept operand of the comparison that gives the flags of v. */
    int recipeLeft(int v) {
        return recipeFromResult(v) ? v : ir.a[v];
    }

    /** Second kept operand, or 0 if the result alone is enough (ands). */
    int recipeRight(int v) {
        return ir.op[v] == ANDS && recipeFromResult(v) ? 0 : ir.b[v];
    }

    /** Position of the first real use at or behind {@code position}, or a large number. */
    int nextUse(int v, int position) {
        int n = useHead[v];
        while (n != 0 && usePosition[n] < position) {
            n = useNext[n];
        }
        useHead[v] = n;
        return n == 0 ? Integer.MAX_VALUE : usePosition[n];
    }
}
