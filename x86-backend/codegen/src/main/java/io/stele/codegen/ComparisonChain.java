package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.Condition;
import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;

/**
 * A conditional jump at the end of a row of comparisons each of which is only made if the one before it says so (CMP, CCMP, B.cond). Where
 * nobody else sees the flags, each comparison gets a jump of its own, and the flags are never put together.
 *
 * <p>A link of the chain is a condition on SELECT_FLAGS of the flags of a comparison, and constant flags; what selects is the link before it, or
 * any condition.
 */
final class ComparisonChain {
    /** Longer ones are not looked at. */
    static final int MOST = 3;

    private ComparisonChain() {
    }

    /** How many links the condition of a jump has that nobody sees up to the jump; 0: it is no chain. */
    static int length(IrBuilder ir, int jump) {
        int length = 0;
        for (int condition = ir.a[jump]; length < MOST && isLink(ir, condition, jump); condition = before(ir, condition)) {
            length++;
        }
        return length;
    }

    private static boolean isLink(IrBuilder ir, int condition, int jump) {
        int select = ir.a[condition];
        // The flags become the guest's, and are looked at here.
        return ir.op[condition] == COND_FLAGS && ir.op[select] == SELECT_FLAGS && ir.refs[condition] == 1 && ir.refs[select] == 2
            && isComparison(ir, flags(ir, condition)) && ir.op[constant(ir, condition)] == FLAGS_CONST && !isSeen(ir, select, jump);
    }

    private static boolean isComparison(IrBuilder ir, int flags) {
        int op = ir.op[ir.a[flags]];
        return ir.op[flags] == FLAGS_OF && (op == SUBS || op == ADDS || op == ANDS);
    }

    private static boolean isSeen(IrBuilder ir, int from, int jump) {
        for (int i = from + 1; i < jump; i++) {
            if (OpInfo.isSite(ir.op[i])) {
                return true;
            }
        }
        return false;
    }

    /** The condition that decides whether the comparison of a link is made. */
    static int before(IrBuilder ir, int link) {
        return ir.a[ir.a[link]];
    }

    /** The comparison of a link is made if the condition before it holds; otherwise if it does not. */
    static boolean comparesIfTrue(IrBuilder ir, int link) {
        return ir.op[ir.b[ir.a[link]]] != FLAGS_CONST;
    }

    /** The flags of the comparison of a link. */
    static int flags(IrBuilder ir, int link) {
        int select = ir.a[link];
        return comparesIfTrue(ir, link) ? ir.b[select] : ir.c[select];
    }

    private static int constant(IrBuilder ir, int link) {
        int select = ir.a[link];
        return comparesIfTrue(ir, link) ? ir.c[select] : ir.b[select];
    }

    /** Whether the condition of a link holds when the comparison is not made. */
    static boolean otherwise(IrBuilder ir, int link) {
        return Condition.holds(ir.x[link], (int) ir.imm[constant(ir, link)]);
    }
}
