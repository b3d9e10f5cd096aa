package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;

/**
 * How the guest's flags follow from what guest registers hold: the comparison that made them, where its operands, or its result and an operand,
 * are still there.
 *
 * @param kind see {@link StateRecords#RECIPE_OP}
 * @param left slot of the guest register that has the first operand, or the result
 * @param right the same of the second operand; {@link #CONSTANT} or {@link #NONE}
 */
record FlagsRecipe(int kind, int left, int right, long constant) {
    static final int CONSTANT = -1;
    static final int NONE = -2;
    /** The flags are those from before the block. */
    static final FlagsRecipe BEFORE = new FlagsRecipe(0, NONE, NONE, 0);

    /** The flags at an operation of a block, or {@link #BEFORE}; null if they do not follow from guest registers. */
    static FlagsRecipe at(IrBuilder ir, int position) {
        int set = position - 1;
        while (set > 0 && ir.op[set] != SET_FLAGS) {
            set--;
        }
        if (set == 0) {
            return BEFORE;
        }
        int flags = ir.a[set];
        int v = ir.a[flags];
        int op = ir.op[v];
        if (ir.op[flags] != FLAGS_OF || op != ADDS && op != SUBS && op != ANDS) {
            return null;
        }
        int kind = (op == SUBS ? StateRecords.RECIPE_SUB : op == ADDS ? StateRecords.RECIPE_ADD : StateRecords.RECIPE_AND)
            | (ir.w[v] == 64 ? StateRecords.RECIPE_64 : 0);
        FlagsRecipe recipe = of(ir, kind, ir.a[v], ir.b[v], position);
        if (recipe != null) {
            return recipe;
        }
        return of(ir, kind | StateRecords.RECIPE_RESULT, v, op == ANDS ? 0 : ir.b[v], position);
    }

    private static FlagsRecipe of(IrBuilder ir, int kind, int left, int right, int position) {
        int leftSlot = slotOf(ir, left, position);
        if (leftSlot < 0) {
            return null;
        }
        if (right == 0) {
            return new FlagsRecipe(kind, leftSlot, NONE, 0);
        }
        if (ir.op[right] == CONST) {
            return new FlagsRecipe(kind, leftSlot, CONSTANT, ir.imm[right]);
        }
        int rightSlot = slotOf(ir, right, position);
        return rightSlot < 0 ? null : new FlagsRecipe(kind, leftSlot, rightSlot, 0);
    }

    /** One that has the same Z and N, and looks at a single guest register if this one knows the result. */
    FlagsRecipe ofResult() {
        boolean known = (kind & StateRecords.RECIPE_RESULT) != 0;
        return known ? new FlagsRecipe(StateRecords.RECIPE_AND | kind & StateRecords.RECIPE_64 | StateRecords.RECIPE_RESULT, left, NONE, 0) : this;
    }

    /** Makes the comparison again in a block that begins; returns the flags. */
    int compare(IrBuilder ir) {
        int width = isWide() ? 64 : 32;
        int a = ir.readReg(width, left << 3);
        int b = right == NONE ? a : right == CONSTANT ? ir.constant(width, constant) : ir.readReg(width, right << 3);
        boolean result = (kind & StateRecords.RECIPE_RESULT) != 0;
        return ir.flagsOf(switch (kind & StateRecords.RECIPE_OP) {
            case StateRecords.RECIPE_ADD -> ir.adds(width, result ? ir.sub(width, a, b) : a, b);
            case StateRecords.RECIPE_SUB -> ir.subs(width, result ? ir.add(width, a, b) : a, b);
            default -> ir.ands(width, a, b);
        });
    }

    /** A set with the guest register of a slot; those from 64 on are in none, and in no recipe. */
    static long bit(int slot) {
        return slot >= 0 && slot < Long.SIZE ? 1L << slot : 0;
    }

    /** The guest registers that the flags follow from. */
    long slots() {
        return bit(left) | bit(right);
    }

    /** The comparison looks at the upper halves of its operands. */
    boolean isWide() {
        return (kind & StateRecords.RECIPE_64) != 0;
    }

    /**
     * The value, which becomes that of a guest register, differs by a constant from what the register had when the block began. If it is 32
     * bits wide, that is so for the lower halves.
     */
    static boolean isDisplaced(IrBuilder ir, int v, long offset) {
        int from = ir.a[v];
        int by = ir.b[v];
        return ir.op[v] == ADD && ir.op[from] == READ_REG && ir.imm[from] == offset && ir.op[by] == CONST
            && (ir.w[v] == 32 || ir.imm[by] == (int) ir.imm[by]);
    }

    /** How often a block sets the flags before a position. */
    static int settings(IrBuilder ir, int position) {
        int count = 0;
        for (int i = 1; i < position; i++) {
            count += ir.op[i] == SET_FLAGS ? 1 : 0;
        }
        return count;
    }

    /** None of the guest registers is written in a block before a position. */
    boolean staysUntil(IrBuilder ir, int position) {
        for (int i = 1; i < position; i++) {
            if (ir.op[i] == SET_REG && (bit((int) ir.imm[i] >> 3) & slots()) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Slot of a guest register that has the value at a position, or -1. */
    private static int slotOf(IrBuilder ir, int v, int position) {
        if (ir.op[v] == READ_REG && isLastWrite(ir, 0, ir.imm[v], position)) {
            return (int) ir.imm[v] >> 3;
        }
        for (int i = position - 1; i > 0; i--) {
            if (ir.op[i] == SET_REG && ir.a[i] == v && isLastWrite(ir, i, ir.imm[i], position)) {
                return (int) ir.imm[i] >> 3;
            }
        }
        return -1;
    }

    /** The guest register at an offset is not written between two positions, and can be in a recipe. */
    private static boolean isLastWrite(IrBuilder ir, int from, long offset, int position) {
        int i = position - 1;
        while (i > from && !(ir.op[i] == SET_REG && ir.imm[i] == offset)) {
            i--;
        }
        return i == from && bit((int) offset >> 3) != 0;
    }
}
