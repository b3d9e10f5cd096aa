package io.stele.ir;

import java.util.Arrays;

/**
 * The operations of one block in program order, as parallel arrays; a value is the index of the operation that makes it. One instance is
 * reused for many blocks. The arrays are public to the code generator only by convention: front ends use the methods of {@link IrBuilder}.
 */
public abstract sealed class IrBlock permits ScalarOps {
    static final byte BITS = 0;
    static final byte COND = 1;
    static final byte FLAGS = 2;
    static final byte VEC = 3;

    /** Where x of a plain access has the shift of its index. */
    static final int INDEX_SHIFT = 10;

    private static final int HASH_SIZE = 1 << 11;
    /** Values of a block, bits and vectors, that later instructions may share, and so keep alive beside the guest's registers. */
    private static final int SHARED_BITS = 16;
    private static final int SHARED_VECTORS = 16;

    /** Number of operations. Index 0 is never a value, so that 0 means none. */
    public int count;
    /** Operation codes of {@link Opcode}. */
    public short[] op = new short[1024];
    /** Width in bits, or lane size. */
    public short[] w = new short[1024];
    /** Small parameter, see {@link Opcode}. */
    public int[] x = new int[1024];
    /** Operands; 0 where the operation has none. */
    public int[] a = new int[1024];
    public int[] b = new int[1024];
    public int[] c = new int[1024];
    public int[] d = new int[1024];
    public long[] imm = new long[1024];
    /** How often the value is an operand. */
    public int[] refs = new int[1024];
    /** Number of operations up to and including this one that may change EFLAGS. */
    public int[] clobbers = new int[1024];

    /** The last operation that can leave the block or fault. */
    int lastSite;
    /** The first operation of the current instruction. */
    int instructionStart;
    /** The value is shared by several instructions. */
    private boolean[] shared = new boolean[1024];
    private int sharedBits;
    private int sharedVectors;

    private final int[] hashValue = new int[HASH_SIZE];
    private final int[] hashEpoch = new int[HASH_SIZE];
    private int epoch;
    /** Operations are neither shared nor folded: for dumps. */
    boolean plain;

    IrBlock() {}

    void clear() {
        count = 1;
        lastSite = 0;
        instructionStart = 0;
        sharedBits = 0;
        sharedVectors = 0;
        epoch++;
    }

    /** How far the index of a plain access that is {@link Opcode#INDEXED} is shifted. */
    public final int shift(int access) {
        return x[access] >> INDEX_SHIFT;
    }

    /** Page offset, in a cluster the place, of the instruction that an operation BEGIN begins. */
    public final int place(int begin) {
        return (int) imm[begin];
    }

    /** The word of the instruction that an operation BEGIN begins. */
    public final int word(int begin) {
        return (int) (imm[begin] >>> Integer.SIZE);
    }

    private void grow() {
        int size = op.length * 2;
        op = Arrays.copyOf(op, size);
        w = Arrays.copyOf(w, size);
        x = Arrays.copyOf(x, size);
        a = Arrays.copyOf(a, size);
        b = Arrays.copyOf(b, size);
        c = Arrays.copyOf(c, size);
        d = Arrays.copyOf(d, size);
        imm = Arrays.copyOf(imm, size);
        refs = Arrays.copyOf(refs, size);
        clobbers = Arrays.copyOf(clobbers, size);
        shared = Arrays.copyOf(shared, size);
    }

    /** Appends an operation and returns its number. */
    final int append(int code, int width, int small, int va, int vb, int vc, int vd, long immediate) {
        int i = count;
        if (i == op.length) {
            grow();
        }
        count = i + 1;
        op[i] = (short) code;
        w[i] = (short) width;
        x[i] = small;
        a[i] = va;
        b[i] = vb;
        c[i] = vc;
        d[i] = vd;
        imm[i] = immediate;
        shared[i] = false;
        int[] uses = refs;
        uses[i] = 0;
        uses[va]++;
        if ((vb | vc | vd) != 0) {
            uses[vb]++;
            uses[vc]++;
            uses[vd]++;
        }
        int before = clobbers[i - 1];
        int kind = OpInfo.kind(code);
        if (kind != 0) {
            if ((kind & OpInfo.CLOBBERING) != 0 || (kind & OpInfo.CONDITIONAL) != 0 && !isFlagsTest(va)) {
                before++;
            }
            if ((kind & OpInfo.LEAVING) != 0) {
                lastSite = i;
            }
        }
        clobbers[i] = before;
        return i;
    }

    /**
     * Appends the operations to a row of numbers.
     *
     * @param last the last one that counts
     */
    public final void pack(int last, PackedNumbers to) {
        to.put(last);
        for (int i = 1; i <= last; i++) {
            to.put(op[i]);
            to.put(w[i]);
            to.put(x[i]);
            // Operands are near.
            to.put(a[i] == 0 ? 0 : i - a[i]);
            to.put(b[i] == 0 ? 0 : i - b[i]);
            to.put(c[i] == 0 ? 0 : i - c[i]);
            to.put(d[i] == 0 ? 0 : i - d[i]);
            to.put(imm[i]);
        }
    }

    /** Becomes the operations that {@link #pack} wrote: to be read, not to be continued. */
    public final void unpack(PackedNumbers from) {
        clear();
        int last = from.getInt();
        for (int i = 1; i <= last; i++) {
            append(from.getInt(), from.getInt(), from.getInt(), operand(i, from), operand(i, from), operand(i, from), operand(i, from), from.get());
        }
    }

    /** Appends the operations of another block, up to one of them, with new numbers: to be read, not to be continued. */
    public final void append(IrBlock other, int last) {
        int base = count - 1;
        for (int i = 1; i <= last; i++) {
            append(other.op[i], other.w[i], other.x[i], moved(other.a[i], base), moved(other.b[i], base), moved(other.c[i], base),
                moved(other.d[i], base), other.imm[i]);
        }
    }

    private static int moved(int operand, int base) {
        return operand == 0 ? 0 : operand + base;
    }

    private static int operand(int i, PackedNumbers from) {
        int distance = from.getInt();
        return distance == 0 ? 0 : i - distance;
    }

    /** A condition on the flags of an operation, which may still be in EFLAGS. */
    private boolean isFlagsTest(int cond) {
        return op[cond] == Opcode.COND_FLAGS && op[a[cond]] == Opcode.FLAGS_OF;
    }

    /** Appends a pure operation, or returns the number of an equal one, unless too many are shared already. */
    final int pure(int code, int width, int small, int va, int vb, int vc, long immediate) {
        if (plain) {
            return append(code, width, small, va, vb, vc, 0, immediate);
        }
        int h = code * 0x9e3779b1 + va * 0x85ebca6b + vb * 0xc2b2ae35 + vc * 0x27d4eb2f + small * 0x165667b1 + width;
        h += (int) immediate * 0x2c1b3c6d + (int) (immediate >>> 32) * 0x297a2d39;
        h ^= h >>> 15;
        h *= 0x85ebca6b;
        int slot = h >>> 21;
        if (hashEpoch[slot] == epoch) {
            int v = hashValue[slot];
            if (op[v] == code && w[v] == width && x[v] == small && a[v] == va && b[v] == vb && c[v] == vc && imm[v] == immediate
                && (v >= instructionStart || share(v))) {
                return v;
            }
        }
        int v = append(code, width, small, va, vb, vc, 0, immediate);
        hashEpoch[slot] = epoch;
        hashValue[slot] = v;
        return v;
    }

    /** From now on no operation equals an earlier one. */
    final void forgetEqual() {
        epoch++;
    }

    /**
     * True if an instruction may use a value that an earlier one made. The allocator has room for the guest's registers and a number of such
     * values. Constants need no room, and flags are not made twice.
     */
    private boolean share(int v) {
        int code = op[v];
        if (shared[v] || code == Opcode.CONST || code == Opcode.PAGE_ADDRESS || code == Opcode.FLAGS_CONST || code == Opcode.FLAGS_OF || code == Opcode.COND_CONST) {
            return true;
        }
        byte type = OpInfo.type(code);
        if (type == COND || (type == VEC ? sharedVectors == SHARED_VECTORS : sharedBits == SHARED_BITS)) {
            return false;
        }
        shared[v] = true;
        if (type == VEC) {
            sharedVectors++;
        } else {
            sharedBits++;
        }
        return true;
    }

    final boolean isConst(int v) {
        return op[v] == Opcode.CONST && !plain;
    }

    /** BITS, COND, FLAGS or VEC. */
    public final byte type(int v) {
        return OpInfo.type(op[v]);
    }
}
