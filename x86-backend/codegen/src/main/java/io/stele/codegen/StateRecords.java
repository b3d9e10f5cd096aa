package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Reg;
import java.util.Arrays;

/**
 * Descriptions of where the guest registers are at a site: for code that stores them out of line, and for Java after a fault.
 *
 * <p>A record is a sequence of 16-bit words: number of entries; per stale guest register {@code slot << 7 | location} ({@link #CONST} is
 * followed by an index into the constants, with {@link #RELATIVE} for addresses relative to the code page); a flags word; for
 * {@link #FLAGS_RECIPE} a kind and two operands, each a location and an index into the constants; what is no constant may have the index,
 * plus 1, of one that is to be added, or 0.
 */
final class StateRecords {
    /** Locations: 0..15 general registers, 16..31 xmm. */
    static final int XMM = 16;
    static final int SPILL = 32;
    static final int VECTOR_SPILL = 64;
    static final int CONST = 96;
    static final int LOCATIONS = 128;
    /** In operands of a recipe: home of a guest register, slot in the low bits; no operand. */
    static final int HOME = 0x200;
    static final int NONE = 0xffff;
    static final int RELATIVE = 0x8000;

    static final int FLAGS_CLEAN = 0;
    /** In EFLAGS, carry as after a subtraction (C = not CF) or an addition. */
    static final int FLAGS_SUB = 1;
    static final int FLAGS_ADD = 2;
    static final int FLAGS_RECIPE = 3;

    static final int RECIPE_SUB = 0;
    static final int RECIPE_ADD = 1;
    static final int RECIPE_AND = 2;
    static final int RECIPE_OP = 3;
    static final int RECIPE_64 = 4;
    /** The first operand is the result. */
    static final int RECIPE_RESULT = 8;

    private final Registers regs;
    private final Liveness live;
    private final Eflags eflags;
    private IrBuilder ir;
    private FlagsRecipe before;
    char[] words = new char[1024];
    int count;
    long[] constants = new long[32];
    int constantCount;
    private int lastRecord;

    StateRecords(Registers regs, Liveness live, Eflags eflags) {
        this.regs = regs;
        this.live = live;
        this.eflags = eflags;
    }

    /** Begins new code. */
    void start() {
        count = 0;
        constantCount = 0;
        lastRecord = -1;
    }

    /** @param flagsBefore the comparison that the flags from before the block follow from; null if they are in memory */
    void startBlock(IrBuilder block, FlagsRecipe flagsBefore) {
        ir = block;
        before = flagsBefore;
    }

    /** Describes the present state; returns the record's index. */
    int capture() {
        return capture(true, true, true, null);
    }

    /** Describes what has to be in memory where another block of the cluster begins: the guest registers without homes. */
    int captureEdge(boolean withFlags) {
        return capture(false, true, withFlags, null);
    }

    /** Describes the guest registers with homes. @param flags what the guest's flags follow from; null if they are in memory */
    int captureHomes(FlagsRecipe flags) {
        return capture(true, false, false, flags);
    }

    private int capture(boolean withHomes, boolean withOthers, boolean withFlags, FlagsRecipe given) {
        int start = count;
        if (words.length < start + 2 * regs.dirtyCount + 8) {
            words = Arrays.copyOf(words, Math.max(words.length * 2, start + 2 * regs.dirtyCount + 8));
        }
        int p = start + 1;
        int entries = 0;
        int flags = 0;
        for (int i = 0; i < regs.dirtyCount; i++) {
            int slot = regs.dirty[i];
            int home = regs.homeRegister(slot);
            if (!(home >= 0 ? withHomes : slot == Registers.FLAGS_SLOT ? withFlags : withOthers)) {
                continue;
            }
            int v = regs.committed(slot);
            int location = home >= 0 ? home : location(v);
            if (location < 0) {
                if (slot != Registers.FLAGS_SLOT) {
                    throw new IllegalStateException("guest register at " + (slot << 3) + " is nowhere");
                }
                flags = v;
                continue;
            }
            words[p++] = (char) (slot << 7 | location & 127);
            if ((location & 127) == CONST) {
                words[p++] = (char) (location >>> 7);
            }
            entries++;
        }
        words[start] = (char) entries;
        boolean old = withFlags && regs.committed(Registers.FLAGS_SLOT) == 0;
        FlagsRecipe recipe = old ? before : given;
        p = recipe != null ? put(p, recipe, old) : flags == 0 ? put(p, FLAGS_CLEAN) : captureFlags(p, flags);
        return finish(start, p);
    }

    /** @param old the guest registers are those that were there when the block began */
    private int put(int at, FlagsRecipe recipe, boolean old) {
        int p = put(at, FLAGS_RECIPE);
        p = put(p, recipe.kind());
        p = putRegister(p, recipe.left(), old);
        return switch (recipe.right()) {
            case FlagsRecipe.NONE -> put(put(p, NONE), 0);
            case FlagsRecipe.CONSTANT -> put(put(p, CONST), constant(recipe.constant(), 0));
            default -> putRegister(p, recipe.right(), old);
        };
    }

    /** Where the value is that a guest register has at an edge, or had when the block began: see {@link FlagsRecipe#isDisplaced}. */
    private int putRegister(int at, int slot, boolean old) {
        int home = regs.homeRegister(slot);
        int v = !old ? 0 : home >= 0 ? regs.heldBy(home) : regs.committed(slot);
        int location = home >= 0 ? home : v != 0 && regs.isDirty(slot) ? location(v) : HOME | slot;
        boolean same = v == 0 || ir.op[v] == READ_REG;
        if (!same && !FlagsRecipe.isDisplaced(ir, v, (long) slot << 3)) {
            throw new IllegalStateException("operand in " + (slot << 3) + " of flags is lost");
        }
        return put(put(at, location), same ? 0 : 1 + constant(-(int) ir.imm[ir.b[v]], 0));
    }

    private int put(int p, int word) {
        words[p] = (char) word;
        return p + 1;
    }

    private int captureFlags(int at, int flags) {
        int v = ir.a[flags];
        if (ir.op[flags] == FLAGS_OF && eflags.holds(flags)) {
            return put(at, eflags.subtraction() ? FLAGS_SUB : FLAGS_ADD);
        }
        int op = ir.op[v];
        if (ir.op[flags] != FLAGS_OF || op != ADDS && op != SUBS && op != ANDS) {
            throw new IllegalStateException("flags " + flags + " are nowhere");
        }
        int kind = op == SUBS ? RECIPE_SUB : op == ADDS ? RECIPE_ADD : RECIPE_AND;
        int p = put(at, FLAGS_RECIPE);
        p = put(p, kind | (ir.w[v] == 64 ? RECIPE_64 : 0) | (live.recipeFromResult(v) ? RECIPE_RESULT : 0));
        p = operand(p, live.recipeLeft(v));
        return operand(p, live.recipeRight(v));
    }

    private int operand(int p, int v) {
        if (v == 0) {
            return put(put(p, NONE), 0);
        }
        int location = location(v);
        if (location < 0) {
            int slot = regs.homeOf(v);
            if (slot < 0) {
                throw new IllegalStateException("operand " + v + " of flags is lost");
            }
            location = HOME | slot;
            return put(put(p, location), 0);
        }
        return put(put(p, location & 127), location >>> 7);
    }

    /** Location code, for constants with the index above bit 7; -1 when the value is in a home or nowhere. */
    private int location(int v) {
        int op = ir.op[v];
        if (op == io.stele.ir.Opcode.CONST || op == FLAGS_CONST) {
            return CONST | constant(ir.imm[v], 0) << 7;
        }
        int r = regs.registerOf(v);
        if (r >= 0) {
            return ir.type(v) == 3 ? XMM + r : r;
        }
        if (op == PAGE_ADDRESS) {
            return ir.imm[v] == 0 ? Reg.R14 : CONST | constant(ir.imm[v], RELATIVE) << 7;
        }
        int s = regs.spillOf(v);
        return s < 0 ? -1 : SPILL + s;
    }

    private int constant(long value, int relative) {
        for (int i = 0; i < constantCount; i++) {
            if (constants[i] == value) {
                return i | relative;
            }
        }
        if (constantCount == constants.length) {
            constants = Arrays.copyOf(constants, constantCount * 2);
        }
        constants[constantCount] = value;
        return constantCount++ | relative;
    }

    /** Keeps the new record unless it equals the one before. */
    private int finish(int start, int end) {
        if (lastRecord >= 0 && end - start == start - lastRecord && Arrays.equals(words, lastRecord, start, words, start, end)) {
            return lastRecord;
        }
        lastRecord = start;
        count = end;
        return start;
    }
}
