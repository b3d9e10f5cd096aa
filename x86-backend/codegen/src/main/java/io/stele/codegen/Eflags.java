package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * Which flags value EFLAGS contain, and how to get one there or into a register.
 *
 * <p>C after a subtraction is the opposite of x86's carry, so EFLAGS hold a flags value in one of two ways: as after a subtraction
 * (CF = not C) or as after an addition (CF = C).
 */
final class Eflags {
    /** Predicates of vcmp. */
    private static final int UNORDERED = 3;
    private static final int EQUAL_OR_UNORDERED = 8;

    private final Assembler asm;
    private final Registers regs;
    private final Liveness live;
    private IrBuilder ir;
    private int position;
    /** The value whose flags EFLAGS hold (a flags value itself, or what FLAGS_OF refers to); 0 = none. */
    private int key;
    private boolean subtraction;
    /** The floating-point comparison whose result EFLAGS hold; 0 = none. */
    private int comparison;

    Eflags(Assembler asm, Registers regs, Liveness live) {
        this.asm = asm;
        this.regs = regs;
        this.live = live;
    }

    void start(IrBuilder block) {
        ir = block;
        key = 0;
        comparison = 0;
    }

    void begin(int i) {
        position = i;
    }

    private int key(int flags) {
        return ir.op[flags] == FLAGS_OF ? ir.a[flags] : flags;
    }

    boolean holds(int flags) {
        return key != 0 && key == key(flags);
    }

    boolean subtraction() {
        return subtraction;
    }

    /** EFLAGS now hold the flags of {@code v}. */
    void set(int v, boolean isSubtraction) {
        key = v;
        comparison = 0;
        subtraction = isSubtraction;
    }

    /** The next instruction may not change EFLAGS: something still needs them. */
    boolean precious() {
        return key != 0 && live.flagsLast[key] > position;
    }

    /** To be called before an instruction that changes EFLAGS. Flags that are needed and cannot be computed again are saved. */
    void clobber() {
        comparison = 0;
        if (key == 0) {
            return;
        }
        int v = key;
        if (live.flagsLast[v] > position && live.recipeLast[v] < live.flagsLast[v]) {
            int f = live.flagsValue[v];
            if (f != 0 && regs.registerOf(f) < 0 && regs.spillOf(f) < 0 && regs.homeOf(f) < 0) {
                save(f);
            }
        }
        key = 0;
    }

    /** Stores EFLAGS as the flags value {@code f} in a spill slot, leaving all registers as they are. */
    private void save(int f) {
        boolean busy = !regs.isFree(Reg.RAX);
        int t = busy ? regs.temp() : Reg.RAX;
        if (busy) {
            asm.rr(Op.MOV, 64, t, Reg.RAX);
        }
        packIntoRax();
        regs.spillFrom(f, Reg.RAX);
        if (busy) {
            asm.rr(Op.MOV, 64, Reg.RAX, t);
        }
    }

    /** ax = the flags in EFLAGS in host flag format. */
    private void packIntoRax() {
        if (subtraction) {
            asm.op(Op.CMC);
            subtraction = false;
        }
        asm.op(Op.LAHF);
        asm.setcc(Cond.O, Reg.RAX);
    }

    /** Materialises the flags of the operation just emitted, which are in EFLAGS, as the flags value {@code f}. */
    void materialise(int f) {
        save(f);
    }

    /** A flags value in a general register in host flag format. */
    int use(int f) {
        if (!isComputed(f)) {
            return regs.use(f);
        }
        regs.take(Reg.RAX);
        load(f);
        packIntoRax();
        regs.defineIn(f, Reg.RAX);
        return Reg.RAX;
    }

    /** EFLAGS hold the flags afterwards. */
    private void load(int f) {
        if (holds(f)) {
            return;
        }
        if (isComputed(f)) {
            clobber();
            compute(ir.a[f]);
            return;
        }
        int r = regs.use(f);
        clobber();
        regs.take(Reg.RAX);
        if (regs.registerOf(f) != Reg.RAX) {
            asm.rr(Op.MOV, 32, Reg.RAX, regs.registerOf(f) >= 0 ? regs.registerOf(f) : r);
        }
        asm.ri(Op.SHL, 8, Reg.RAX, 7);
        asm.rr(Op.ADD, 8, Reg.RAX, Reg.RAX);
        asm.op(Op.SAHF);
        set(key(f), false);
    }

    /** Computes the flags of {@code v} (adds, subs, ands) again from the operands that were kept. */
    private void compute(int v) {
        int w = ir.w[v];
        int left = live.recipeLeft(v);
        int right = live.recipeRight(v);
        boolean fromResult = live.recipeFromResult(v);
        switch (ir.op[v]) {
            case SUBS -> {
                int l = regs.use(left);
                if (fromResult) {
                    int t = sum(l, right);
                    compare(Op.CMP, w, t, right);
                } else {
                    compare(Op.CMP, w, l, right);
                }
                set(v, true);
            }
            case ADDS -> {
                int l = regs.use(left);
                int t = regs.temp();
                asm.rr(Op.MOV, 64, t, l);
                if (fromResult) {
                    compare(Op.SUB, w, t, right);
                }
                compare(Op.ADD, w, t, right);
                set(v, false);
            }
            case ANDS -> {
                int l = regs.use(left);
                if (right == 0) {
                    asm.rr(Op.TEST, w, l, l);
                } else {
                    test(w, l, right);
                }
                set(v, false);
            }
            default -> throw new IllegalStateException("flags of operation " + v + " cannot be computed again");
        }
    }

    /** The flags have no place of their own: they are computed from kept operands. */
    boolean isComputed(int f) {
        return ir.op[f] == FLAGS_OF && regs.registerOf(f) < 0 && regs.spillOf(f) < 0;
    }

    /** Brings what {@link #computeIntoRax} reads into registers. */
    void prepare(int f) {
        int v = ir.a[f];
        int right = live.recipeRight(v);
        regs.use(live.recipeLeft(v));
        if (right != 0 && !regs.isImmediate(ir.w[v], right)) {
            regs.use(right);
        }
    }

    /** Computes flags into ax (host flag format), with no other register changed. EFLAGS are lost. */
    void computeIntoRax(int f) {
        computeByRax(f);
        packIntoRax();
    }

    /** {@link #computeByRax} changes rax. */
    boolean computesByRax(int f) {
        int v = ir.a[f];
        return ir.op[v] == ADDS || ir.op[v] == SUBS && live.recipeFromResult(v);
    }

    /** EFLAGS hold flags afterwards that {@link #prepare} has seen, with no register changed but rax. */
    void computeByRax(int f) {
        int v = ir.a[f];
        int w = ir.w[v];
        int l = regs.use(live.recipeLeft(v));
        int right = live.recipeRight(v);
        boolean fromResult = live.recipeFromResult(v);
        int op = ir.op[v];
        if (op == ANDS) {
            if (right == 0) {
                asm.rr(Op.TEST, w, l, l);
            } else {
                test(w, l, right);
            }
        } else if (op == SUBS && !fromResult) {
            operate(Op.CMP, w, l, right);
        } else {
            asm.rr(Op.MOV, 64, Reg.RAX, l);
            if (fromResult) {
                operate(op == SUBS ? Op.ADD : Op.SUB, w, Reg.RAX, right);
            }
            operate(op == SUBS ? Op.CMP : Op.ADD, w, Reg.RAX, right);
        }
        set(v, op == SUBS);
    }

    private void operate(Op op, int w, int l, int v) {
        if (regs.isImmediate(w, v)) {
            asm.ri(op, w, l, regs.immediate(w, v));
        } else {
            asm.rr(op, w, l, regs.use(v));
        }
    }

    /** EFLAGS have been changed by an operation that is known to do so. */
    void forget() {
        key = 0;
        comparison = 0;
    }

    /** EFLAGS now hold the result of FCOMPARE {@code v}. */
    void compared(int v) {
        forget();
        comparison = v;
    }

    private int sum(int l, int right) {
        if (regs.isImmediate(32, right) && ir.imm[right] == (int) ir.imm[right]) {
            int t = regs.temp();
            asm.rm(Op.LEA, 64, t, Mem.at(l, (int) ir.imm[right]));
            return t;
        }
        int r = regs.use(right);
        int t = regs.temp();
        asm.rm(Op.LEA, 64, t, Mem.at(l, r, 1, 0));
        return t;
    }

    /** {@code op l, v} with v as immediate, register or memory. */
    void compare(Op op, int w, int l, int v) {
        if (regs.isImmediate(w, v)) {
            long n = regs.immediate(w, v);
            if (n == 0 && op == Op.CMP) {
                asm.rr(Op.TEST, w, l, l);
            } else {
                asm.ri(op, w, l, n);
            }
        } else if (regs.prefersMemory(v)) {
            asm.rm(op, w, l, regs.memory(v));
        } else {
            asm.rr(op, w, l, regs.use(v));
        }
    }

    /** A test of seven bits sets the same flags at any width, and is shortest at that of a byte. */
    private static int testWidth(int w, long n) {
        return n >= 0 && n <= Byte.MAX_VALUE ? Byte.SIZE : w;
    }

    private void test(int w, int l, int v) {
        if (regs.isImmediate(w, v)) {
            long n = regs.immediate(w, v);
            asm.ri(Op.TEST, testWidth(w, n), l, n);
        } else {
            asm.rr(Op.TEST, w, l, regs.use(v));
        }
    }

    /** Sets CF to C ({@code inverted}: to not C) of a flags value. Other flags are undefined. */
    void carry(int f, boolean inverted) {
        if (holds(f)) {
            if (subtraction != inverted) {
                asm.op(Op.CMC);
                subtraction = inverted;
            }
            return;
        }
        if (ir.op[f] == FLAGS_CONST) {
            clobber();
            asm.op((ir.imm[f] >> 8 & 1) != 0 != inverted ? Op.STC : Op.CLC);
            return;
        }
        if (isComputed(f)) {
            load(f);
            carry(f, inverted);
            return;
        }
        bit(f, 8);
        if (inverted) {
            asm.op(Op.CMC);
        }
    }

    /** CF = bit of a materialised flags value. */
    private void bit(int f, int n) {
        clobber();
        if (regs.prefersMemory(f)) {
            asm.mi(Op.BT, 32, regs.memory(f), n);
        } else {
            asm.ri(Op.BT, 32, regs.use(f), n);
        }
    }

    // Conditions.

    /** Puts a condition into EFLAGS; returns the x86 condition code that holds exactly when it does. */
    int condition(int c) {
        int w = ir.w[c];
        switch (ir.op[c]) {
            case COND_FLAGS -> {
                return flagsCondition(ir.x[c], ir.a[c]);
            }
            case COND_CMP -> {
                return compareCondition(c, w);
            }
            case COND_TEST -> {
                clobber();
                testCondition(w, ir.a[c], ir.b[c]);
                return ir.x[c];
            }
            case COND_BIT -> {
                clobber();
                return bitCondition(w, ir.a[c], ir.x[c], ir.imm[c] != 0);
            }
            case COND_FCMP -> {
                int v = comparison;
                if (v != 0 && ir.w[v] == w && ir.a[v] == ir.a[c] && ir.b[v] == ir.b[c]) {
                    return ir.x[c];
                }
                int x = regs.useVector(ir.a[c]);
                int y = regs.useVector(ir.b[c]);
                clobber();
                asm.rr(w == 64 ? Op.VUCOMISD : Op.VUCOMISS, x, y);
                return ir.x[c];
            }
            case COND_NAN -> {
                return nanCondition(c, w);
            }
            case COND_VEC -> {
                int x = regs.useVector(ir.a[c]);
                clobber();
                asm.rr(Op.VPTEST, x, x);
                return ir.x[c];
            }
            default -> throw new IllegalStateException("operation " + ir.op[c] + " is not a condition");
        }
    }

    private int compareCondition(int c, int w) {
        int a = ir.a[c];
        int b = ir.b[c];
        int cc = ir.x[c];
        if (regs.isConst(a) && !regs.isConst(b)) {
            int l = regs.use(b);
            clobber();
            compare(Op.CMP, w, l, a);
            return swapped(cc);
        }
        int l = regs.use(a);
        clobber();
        compare(Op.CMP, w, l, b);
        return cc;
    }

    private static int swapped(int cc) {
        return switch (cc) {
            case Cond.B -> Cond.A;
            case Cond.AE -> Cond.BE;
            case Cond.L -> Cond.G;
            case Cond.GE -> Cond.LE;
            default -> cc;
        };
    }

    private void testCondition(int w, int a, int b) {
        if (regs.prefersMemory(a)) {
            if (a == b) {
                asm.mi(Op.CMP, w, regs.memory(a), 0);
                return;
            }
            if (regs.isImmediate(w, b)) {
                long n = regs.immediate(w, b);
                asm.mi(Op.TEST, testWidth(w, n), regs.memory(a), n);
                return;
            }
        }
        int l = regs.use(a);
        if (a == b) {
            asm.rr(Op.TEST, w, l, l);
        } else {
            test(w, l, b);
        }
    }

    private int bitCondition(int w, int a, int bit, boolean wanted) {
        if (bit < 8 || bit < 31 && regs.prefersMemory(a)) {
            if (regs.prefersMemory(a)) {
                asm.mi(Op.TEST, 8, Mem.plus(regs.memory(a), bit >> 3), 1 << (bit & 7));
            } else {
                asm.ri(Op.TEST, 8, regs.use(a), 1 << bit);
            }
            return wanted ? Cond.NE : Cond.E;
        }
        if (bit == w - 1 || bit == 31) {
            int l = regs.use(a);
            asm.rr(Op.TEST, bit + 1, l, l);
            return wanted ? Cond.S : Cond.NS;
        }
        if (bit < 31) {
            // Other than BT, it is one operation with the jump behind it.
            asm.ri(Op.TEST, 32, regs.use(a), 1 << bit);
            return wanted ? Cond.NE : Cond.E;
        }
        asm.ri(Op.BT, w, regs.use(a), bit);
        return wanted ? Cond.B : Cond.AE;
    }

    private int nanCondition(int c, int w) {
        int lanes = ir.x[c];
        int x = regs.useVector(ir.a[c]);
        if (ir.imm[c] != 0) {
            return tinyCondition(x, lanes, w == 64);
        }
        int y = regs.useVector(ir.b[c]);
        clobber();
        if (lanes == 1) {
            asm.rr(w == 64 ? Op.VUCOMISD : Op.VUCOMISS, x, y);
            return Cond.P;
        }
        int t = regs.tempVector();
        asm.rrri(w == 64 ? Op.VCMPPD : Op.VCMPPS, t, x, y, UNORDERED);
        return someLane(t, w == 64);
    }

    /** Some lane of {@code x} is all ones. */
    private int someLane(int x, boolean wide) {
        int signs = regs.temp();
        asm.rr(wide ? Op.VMOVMSKPD : Op.VMOVMSKPS, signs, x);
        asm.rr(Op.TEST, 32, signs, signs);
        return Cond.NE;
    }

    /** Some lane is a NaN or the smallest normal number: the host's "equal" includes "unordered". */
    private int tinyCondition(int x, int lanes, boolean wide) {
        int t = regs.tempVector();
        clobber();
        long smallest = Registers.area(wide ? CpuArea.SMALLEST_NORMAL_64 : CpuArea.SMALLEST_NORMAL_32);
        asm.rrm(wide ? Op.VANDPD : Op.VANDPS, t, x, Registers.area(wide ? CpuArea.MAGNITUDE_64 : CpuArea.MAGNITUDE_32));
        if (lanes == 1) {
            asm.rm(wide ? Op.VUCOMISD : Op.VUCOMISS, t, smallest);
            return Cond.E;
        }
        asm.rrmi(wide ? Op.VCMPPD : Op.VCMPPS, t, t, smallest, EQUAL_OR_UNORDERED);
        return someLane(t, wide);
    }

    /** As {@link #condition(int)} of a COND_FLAGS, but of these flags instead of its own, which EFLAGS hold. */
    int condition(int c, int flags) {
        return flagsCondition(ir.x[c], flags);
    }

    private int flagsCondition(int cc, int f) {
        if (!holds(f)) {
            if (!isComputed(f) && cc < 8) {
                bit(f, cc < 2 ? 14 : cc < 4 ? 8 : cc < 6 ? 15 : 0);
                return (cc & 1) == 0 ? Cond.B : Cond.AE;
            }
            load(f);
        }
        if (cc >= 2 && cc < 4) {
            return subtraction ? cc == 2 ? Cond.AE : Cond.B : cc == 2 ? Cond.B : Cond.AE;
        }
        if (cc == 8 || cc == 9) {
            if (!subtraction) {
                asm.op(Op.CMC);
                subtraction = true;
            }
            return cc == 8 ? Cond.A : Cond.BE;
        }
        return X86_CONDITION[cc];
    }

    /** By {@link io.stele.ir.Condition}, for those that do not look at C. */
    private static final int[] X86_CONDITION = {
        Cond.E, Cond.NE, -1, -1, Cond.S, Cond.NS, Cond.O, Cond.NO, -1, -1, Cond.GE, Cond.L, Cond.G, Cond.LE,
    };
}
