package io.stele.ir;

import java.util.function.ToIntFunction;

/**
 * Builds the IR of one extended basic block: guest state, memory and control flow on top of the value operations it inherits.
 *
 * <p>Use: {@link #reset}, then per guest instruction {@link #beginInstruction}, operations, {@link #endInstruction}, until {@link #ended}.
 * After the block has ended, further operations are accepted and ignored. Memory is reused from block to block.
 */
public final class IrBuilder extends BfloatOps {
    public static final int VIEW_CURRENT = -1;

    public static final int RMW_ADD = 0;
    public static final int RMW_CLR = 1;
    public static final int RMW_XOR = 2;
    public static final int RMW_SET = 3;
    public static final int RMW_SMAX = 4;
    public static final int RMW_SMIN = 5;
    public static final int RMW_UMAX = 6;
    public static final int RMW_UMIN = 7;
    public static final int RMW_SWAP = 8;

    public static final int FENCE_FULL = 0;
    public static final int FENCE_LOAD = 1;
    public static final int FENCE_STORE = 2;
    /** Orders nothing: a loop that waits for another CPU pauses for a moment. */
    public static final int FENCE_PAUSE = 3;

    public static final int HINT_NONE = 0;
    public static final int HINT_CALL = 1;
    public static final int HINT_RETURN = 2;
    /** To code of another context: translation of addresses, or level. */
    public static final int HINT_CONTEXT = 3;

    public static final int ROUND_NEAREST = 0;
    public static final int ROUND_UP = 1;
    public static final int ROUND_DOWN = 2;
    public static final int ROUND_ZERO = 3;
    public static final int ROUND_TIES_AWAY = 4;
    public static final int ROUND_CONTROL = -1;

    private JoinPoints joins;
    private ToIntFunction<IrBuilder> flagsBefore;
    private boolean far = true;

    private static final int STATE_WORDS = 512;
    private static final int PAGE_BYTES = 4096;
    /** The host's memory operands shift an index by up to this. */
    private static final int LARGEST_SHIFT = 3;
    /** Displacements that share the region check of their base. */
    private static final int SHARED_REACH = 1 << 16;
    /** log2 of the indices that do so. */
    public static final int FAR_BITS = 35;
    private static final int MAX_OPERATIONS = 3000;
    /** How many {@link #sumBehindEnd} may append. */
    public static final int MOST_SUMS = 2;

    private int codeMode;
    private int dataView;
    private int start;
    private int instructions;
    private int pageOffset;
    private int word;
    private boolean inside;
    private int end;
    /** The last operation that counts. */
    private int last;
    /** By operation behind the final exit. */
    private final int[] firstAccess = new int[MOST_SUMS];

    /** Committed values by state offset / 8; valid when stamp matches. */
    private final int[] current = new int[STATE_WORDS];
    private final int[] stamp = new int[STATE_WORDS];
    private int block;
    private int currentFlags;

    private int pendingCount;
    private final int[] pendingOffset = new int[64];
    private final int[] pendingValue = new int[64];
    private final byte[] pendingKind = new byte[64];

    private int regionCount;
    private final int[] regionBase = new int[32];
    private final int[] regionView = new int[32];
    private final int[] regionValue = new int[32];
    private int addressBase;
    private long addressDisplacement;
    /** The summand of the base that decides about its region; the base itself if it is no sum. */
    private int addressPointer;
    private boolean indices;
    /** Of the plain access being made: {@link Opcode#INDEXED} and the shift, or 0. */
    private int index;
    /** A value of which a multiple of {@link #alignment} is known to be this far away; no value: 0 bytes. */
    private int alignedBase;
    private long alignedDisplacement;
    private int alignment;

    public IrBuilder() {}

    /**
     * A builder that neither folds constants, shares equal values, nor knows what a register has been set to: shows, in dumps, what the other
     * one had to start from. Not to be compiled.
     */
    public static IrBuilder plain() {
        IrBuilder builder = new IrBuilder();
        builder.plain = true;
        return builder;
    }

    /**
     * Starts a new block.
     *
     * @param startOffset page offset of its first instruction
     * @param codeMode what the guest ISA compiles it for
     * @param dataView view of ordinary data accesses in that mode
     */
    public void reset(int startOffset, int codeMode, int dataView) {
        clear();
        this.start = startOffset;
        this.codeMode = codeMode;
        this.dataView = dataView;
        pageOffset = startOffset;
        instructions = 0;
        inside = false;
        end = 0;
        block++;
        currentFlags = 0;
        pendingCount = 0;
        regionCount = 0;
        alignment = 0;
        floatControl(FLOAT_DEFAULT);
    }

    /** Tells whether the host has fused multiply-add; if not, the guest's goes to the interpreter. Default: true. */
    public void fusedMultiplyAdd(boolean value) {
        fusedMultiplyAdd = value;
    }

    /**
     * Tells whether the K of a base holds for addresses up to 2^{@link #FAR_BITS} away, as far as they are in the same region, and others meet
     * unmapped space. Default: true.
     */
    public void reachFar(boolean value) {
        far = value;
    }

    /**
     * Accesses at a base and an index that is too small to decide about its region are made with the sum of base and K, which all accesses
     * off the base share. Default: false.
     */
    public void shareBases(boolean value) {
        indices = value;
    }

    /** Names where code exists already; the front end ends blocks there instead of translating the same again. */
    public void joins(JoinPoints points) {
        joins = points;
    }

    /**
     * Blocks begin with flags that are not in the guest's state, but made from guest registers.
     *
     * @param comparison adds the operations, returns the flags; null: blocks begin with the flags in the guest's state
     */
    public void flagsBefore(ToIntFunction<IrBuilder> comparison) {
        flagsBefore = comparison;
    }

    /** True if the instruction at a page offset, which is not the block's first, has code of its own. */
    public boolean isJoin(int pageOffset) {
        return joins != null && joins.isKnown(pageOffset);
    }

    public int codeMode() {
        return codeMode;
    }

    /** Page offset of the first instruction. */
    public int startOffset() {
        return start;
    }

    /** The current instruction word. */
    public int word() {
        return word;
    }

    /** Page offset of the current instruction. */
    public int pcOffset() {
        return pageOffset;
    }

    /** Number of instructions begun. */
    public int instructions() {
        return instructions;
    }

    /** The block has its final exit. */
    public boolean ended() {
        return end != 0;
    }

    /** The final exit operation; operations behind it are to be ignored. */
    public int endOperation() {
        return end;
    }

    /** The final exit operation, or the last one of {@link #sumBehindEnd}. */
    public int lastOperation() {
        return last;
    }

    /** The block is long enough: end it with a jump before the next instruction. */
    public boolean full() {
        return count >= MAX_OPERATIONS;
    }

    // Instructions and guest state.

    public void beginInstruction(int offset, int word) {
        pageOffset = offset;
        this.word = word;
        pendingCount = 0;
        saturationBits = 0;
        beginFloats();
        if (end != 0) {
            return;
        }
        inside = true;
        instructions++;
        instructionStart = count;
        append(Opcode.BEGIN, 0, 0, 0, 0, 0, 0, offset & 0xffff_ffffL | (long) word << 32);
        if (instructions == 1 && flagsBefore != null) {
            setFlags(flagsBefore.applyAsInt(this));
        }
    }

    private void setFlags(int flags) {
        currentFlags = flags;
        append(Opcode.SET_FLAGS, 0, 0, flags, 0, 0, lastSite, 0);
    }

    /** Makes the register writes of the instruction take effect. */
    public void endInstruction() {
        inside = false;
        if (end == 0) {
            writeSaturation();
            writeDenormals();
            commit();
        }
        pendingCount = 0;
    }

    private void commit() {
        for (int i = 0; i < pendingCount; i++) {
            int offset = pendingOffset[i];
            int v = pendingValue[i];
            if (pendingKind[i] == FLAGS) {
                if (currentFlags != v) {
                    setFlags(v);
                }
                continue;
            }
            int slot = offset >> 3;
            if (stamp[slot] == block && current[slot] == v) {
                continue;
            }
            stamp[slot] = block;
            current[slot] = v;
            append(pendingKind[i] == VEC ? Opcode.SET_VEC : Opcode.SET_REG, 0, 0, v, 0, 0, lastSite, offset);
        }
    }

    private void write(byte kind, int offset, int v) {
        for (int i = 0; i < pendingCount; i++) {
            if (pendingKind[i] == kind && pendingOffset[i] == offset) {
                pendingValue[i] = v;
                return;
            }
        }
        pendingOffset[pendingCount] = offset;
        pendingValue[pendingCount] = v;
        pendingKind[pendingCount++] = kind;
    }

    @Override
    public int readReg(int width, int offset) {
        int slot = offset >> 3;
        if (stamp[slot] != block || plain) {
            stamp[slot] = block;
            current[slot] = append(Opcode.READ_REG, 64, 0, 0, 0, 0, 0, offset);
        }
        int v = current[slot];
        return width == 32 ? trunc(v) : v;
    }

    /** Takes effect at {@link #endInstruction}. A 32-bit value is zero-extended. */
    public void writeReg(int width, int offset, int v) {
        write(BITS, offset, width == 32 ? trunc(v) : v);
    }

    @Override
    public int readVec(int offset) {
        int slot = offset >> 3;
        if (stamp[slot] != block || plain) {
            stamp[slot] = block;
            current[slot] = append(Opcode.READ_VEC, 64, 0, 0, 0, 0, 0, offset);
        }
        return current[slot];
    }

    @Override
    public void writeVec(int offset, int v) {
        write(VEC, offset, v);
    }

    public int readFlags() {
        if (currentFlags == 0 || plain) {
            currentFlags = append(Opcode.READ_FLAGS, 0, 0, 0, 0, 0, 0, 0);
        }
        return currentFlags;
    }

    public void writeFlags(int flags) {
        write(FLAGS, 0, flags);
    }

    /** Reads a field that is not a register, zero-extended to 64 bits. */
    public int loadState(int size, int offset) {
        return append(Opcode.LOAD_STATE, size == 8 ? 64 : 32, size, 0, 0, 0, 0, offset);
    }

    /** Writes a field that is not a register, at once. */
    public void storeState(int size, int offset, int v) {
        append(Opcode.STORE_STATE, 64, size, v, 0, 0, 0, offset);
    }

    /** Guest virtual address of the current code page plus {@code offset}. */
    public int pageAddress(long offset) {
        return pure(Opcode.PAGE_ADDRESS, 64, 0, 0, 0, 0, offset);
    }

    // Memory.

    private int view(int view) {
        return view == VIEW_CURRENT ? dataView : view;
    }

    /**
     * Appends, behind the block's end, the sum of an index, shifted, and a K. The code generator makes code for it where it is used first.
     *
     * @param first the access that uses it first
     */
    public int sumBehindEnd(int index, int shift, int k, int first) {
        if (last == end) {
            count = end + 1;
        }
        last = count;
        firstAccess[last - end - 1] = first;
        return shift == 0 ? append(Opcode.ADD, 64, 0, index, k, 0, 0, 0) : append(Opcode.ADD_SHIFTED, 64, shift, k, index, 0, 0, 0);
    }

    /** The access is the first to use a sum that {@link #sumBehindEnd} has appended. */
    public boolean isFirst(int access, int sum) {
        return sum > end && firstAccess[sum - end - 1] == access;
    }

    /** The K in a sum that {@link #sumBehindEnd} or a shared base has made. */
    public int kOf(int sum) {
        return op[sum] == Opcode.ADD_SHIFTED ? a[sum] : b[sum];
    }

    /** Makes an access one at a base and a sum. */
    public void useSum(int access, int base, int sum) {
        a[access] = base;
        b[access] = sum;
        x[access] |= Opcode.INDEXED;
    }

    /** Splits an address into {@link #addressBase} and {@link #addressDisplacement}, which is below {@link #SHARED_REACH}. */
    private void split(int address) {
        int base = address;
        long disp = 0;
        while (op[base] == Opcode.ADD && w[base] == 64 && isConst(b[base])) {
            long sum = disp + imm[b[base]];
            if (sum <= -SHARED_REACH || sum >= SHARED_REACH) {
                break;
            }
            disp = sum;
            base = a[base];
        }
        addressBase = base;
        addressDisplacement = disp;
    }

    /**
     * Leaves the instruction to the interpreter unless a register is a multiple of {@code bytes}, a power of two. Values that differ from a
     * checked one by a multiple of it are not checked again.
     */
    public void requireAlignedRegister(int offset, int bytes) {
        int value = readReg(64, offset);
        split(value);
        if (alignment == bytes && alignedBase == addressBase && (alignedDisplacement - addressDisplacement & bytes - 1) == 0) {
            return;
        }
        alignment = bytes;
        alignedBase = addressBase;
        alignedDisplacement = addressDisplacement;
        requireAligned((addressDisplacement & bytes - 1) == 0 ? addressBase : value, bytes);
    }

    /** Splits an address into a base and a displacement; returns the base's K. */
    private int region(int address, int view) {
        split(address);
        int base = addressBase;
        long disp = addressDisplacement;
        if (op[base] == Opcode.PAGE_ADDRESS && disp == 0) {
            base = pageRoot(base);
            disp = imm[addressBase] - imm[base];
        }
        int pointer = far ? pointer(base) : base;
        addressPointer = pointer;
        if (pointer != base) {
            split(pointer);
            pointer = op[addressBase] == Opcode.PAGE_ADDRESS ? pageRoot(addressBase) : addressBase;
        }
        addressBase = base;
        addressDisplacement = disp;
        return check(pointer, view);
    }

    /** What a plain access adds to its base, which is an index in the end where there is one. */
    private int place(int address, int view) {
        int k = region(address, view);
        int base = addressBase;
        int pointer = addressPointer;
        int shift = op[base] == Opcode.ADD_SHIFTED ? x[base] : 0;
        index = 0;
        if (!indices || pointer == base || shift > LARGEST_SHIFT) {
            return k;
        }
        index = Opcode.INDEXED | shift << INDEX_SHIFT;
        addressBase = a[base] == pointer ? b[base] : a[base];
        return pure(Opcode.ADD, 64, 0, pointer, k, 0, 0);
    }

    /** An address relative to the page that others nearby share. */
    private int pageRoot(int address) {
        return pageAddress(imm[address] + 0x8000 & -0x10000L);
    }

    /** The summand of a base that decides about its region, where the other one is an index that is too small to. */
    private int pointer(int base) {
        if (op[base] != Opcode.ADD && op[base] != Opcode.ADD_SHIFTED || w[base] != 64) {
            return base;
        }
        int shift = op[base] == Opcode.ADD_SHIFTED ? x[base] : 0;
        if (bits(b[base], SIZE_DEPTH) + shift <= FAR_BITS) {
            return a[base];
        }
        return shift == 0 && bits(a[base], SIZE_DEPTH) <= FAR_BITS ? b[base] : base;
    }

    /** A number of bits so that the value, taken as signed, is not larger than 2^bits. */
    private int bits(int v, int depth) {
        int size = unsignedBits(v, depth);
        if (depth == 0) {
            return size;
        }
        int known = switch (op[v]) {
            case Opcode.CONST -> 64 - Long.numberOfLeadingZeros(Math.abs(imm[v]));
            case Opcode.SEXT -> x[v];
            case Opcode.SBFX -> (int) imm[v];
            case Opcode.LOAD -> 8 * (x[v] & 0xff);
            case Opcode.SHLI -> bits(a[v], depth - 1) + x[v];
            case Opcode.ADD, Opcode.SUB -> 1 + Math.max(bits(a[v], depth - 1), bits(b[v], depth - 1));
            default -> size;
        };
        return w[v] == 64 ? Math.min(size, known) : size;
    }

    private int check(int base, int view) {
        int v = view(view);
        for (int i = 0; i < regionCount && !plain; i++) {
            if (regionBase[i] == base && regionView[i] == v) {
                return regionValue[i];
            }
        }
        long origin = -1;
        if (op[base] == Opcode.READ_REG) {
            origin = imm[base];
        }
        int k = append(Opcode.REGION, 64, v, base, 0, 0, 0, origin);
        int slot = regionCount < regionBase.length ? regionCount++ : k % regionBase.length;
        regionBase[slot] = base;
        regionView[slot] = v;
        regionValue[slot] = k;
        return k;
    }

    private void requireAligned(int address, int bytes) {
        if (bytes > 1) {
            interpretIf(isNonZero(64, and(64, address, constant(64, bytes - 1))), true);
        }
    }

    public int load(int size, boolean signed, int width, int address, int view) {
        int k = place(address, view);
        int result = signed && size * 8 < width ? width : size == 8 ? 64 : 32;
        int small = size | (signed && size * 8 < width ? Opcode.SIGNED : 0) | index;
        return append(Opcode.LOAD, result, small, addressBase, k, 0, 0, addressDisplacement);
    }

    public void store(int size, int address, int v, int view) {
        int k = place(address, view);
        append(Opcode.STORE, size * 8, size | index, addressBase, k, low(size == 8 ? 64 : 32, v), 0, addressDisplacement);
    }

    /** Loads 1, 2, 4, 8 or 16 bytes; the rest of the vector is zero. */
    public int loadVec(int size, int address, int view) {
        int k = place(address, view);
        return append(Opcode.LOAD_VEC, 64, size | index, addressBase, k, 0, 0, addressDisplacement);
    }

    public void storeVec(int size, int address, int v, int view) {
        int k = place(address, view);
        append(Opcode.STORE_VEC, 64, size | index, addressBase, k, v, 0, addressDisplacement);
    }

    public int loadAcquire(int size, boolean signed, int width, int address, int view) {
        requireAligned(address, size);
        return load(size, signed, width, address, view);
    }

    public void storeRelease(int size, int address, int v, int view) {
        requireAligned(address, size);
        int k = region(address, view);
        append(Opcode.STORE_RELEASE, size * 8, size, addressBase, k, low(size == 8 ? 64 : 32, v), 0, addressDisplacement);
    }

    public void fence(int kind) {
        append(Opcode.FENCE, 0, kind, 0, 0, 0, 0, 0);
    }

    /** Returns the old value, zero-extended. */
    public int atomicRmw(int rmw, int size, int address, int v, int view) {
        requireAligned(address, size);
        int k = region(address, view);
        return append(Opcode.ATOMIC_RMW, size == 8 ? 64 : 32, size | rmw << 8, addressBase, k, v, 0, addressDisplacement);
    }

    /** Returns the old value, zero-extended. */
    public int compareAndSwap(int size, int address, int expected, int v, int view) {
        requireAligned(address, size);
        int k = region(address, view);
        return append(Opcode.CAS, size == 8 ? 64 : 32, size, addressBase, k, expected, v, addressDisplacement);
    }

    /** {@code size} is that of one element (4 or 8); the old pair is read with pairLow and pairHigh. */
    public int compareAndSwapPair(int size, int address, int expectedLow, int expectedHigh, int low, int high, int view) {
        requireAligned(address, 2 * size);
        int k = region(address, view);
        int expected = append(Opcode.PACK, size * 8, 0, expectedLow, expectedHigh, 0, 0, 0);
        int wanted = append(Opcode.PACK, size * 8, 0, low, high, 0, 0, 0);
        return pair(append(Opcode.CAS_PAIR, size * 8, size, addressBase, k, expected, wanted, addressDisplacement));
    }

    /** The two halves stand directly behind the operation that makes them. */
    private int pair(int v) {
        append(Opcode.PAIR_LOW, w[v], 0, v, 0, 0, 0, 0);
        append(Opcode.PAIR_HIGH, w[v], 0, v, 0, 0, 0, 0);
        return v;
    }

    public int pairLow(int pair) {
        return pair + 1;
    }

    public int pairHigh(int pair) {
        return pair + 2;
    }

    public int loadExclusive(int size, int address, int view) {
        requireAligned(address, size);
        int k = region(address, view);
        return append(Opcode.LOAD_EXCLUSIVE, size == 8 ? 64 : 32, size, addressBase, k, 0, 0, addressDisplacement);
    }

    /** 0 when the store was done, 1 when not. */
    public int storeExclusive(int size, int address, int v, int view) {
        requireAligned(address, size);
        int k = region(address, view);
        return append(Opcode.STORE_EXCLUSIVE, 32, size, addressBase, k, v, 0, addressDisplacement);
    }

    public int loadExclusivePair(int size, int address, int view) {
        requireAligned(address, 2 * size);
        int k = region(address, view);
        return pair(append(Opcode.LOAD_EXCLUSIVE_PAIR, size * 8, size, addressBase, k, 0, 0, addressDisplacement));
    }

    public int storeExclusivePair(int size, int address, int low, int high, int view) {
        requireAligned(address, 2 * size);
        int k = region(address, view);
        return append(Opcode.STORE_EXCLUSIVE_PAIR, 32, size, addressBase, k, low, high, addressDisplacement);
    }

    /**
     * Copies bytes. Source and destination are in one page each and do not overlap; else it is not said what is copied. After a fault, which seldom
     * comes but before the first byte, the whole may be done again.
     *
     * @param number how many, 64 bits
     */
    public void copyBytes(int to, int from, int number, int viewTo, int viewFrom) {
        int sourceK = region(from, viewFrom);
        int source = append(Opcode.PACK, 64, 0, addressBase, sourceK, 0, 0, 0);
        int sourceDisplacement = (int) addressDisplacement;
        int k = region(to, viewTo);
        append(Opcode.COPY_BYTES, 64, sourceDisplacement, addressBase, k, source, number, addressDisplacement);
    }

    /** Fills bytes of one page with the low byte of a value; otherwise as {@link #copyBytes}. */
    public void fillBytes(int to, int v, int number, int view) {
        int k = region(to, view);
        append(Opcode.FILL_BYTES, 64, 0, addressBase, k, v, number, addressDisplacement);
    }

    public void clearExclusive() {
        append(Opcode.CLEAR_EXCLUSIVE, 0, 0, 0, 0, 0, 0, 0);
    }

    // Leaving.

    private void end(int code, int small, int va, long immediate) {
        if (end == 0) {
            end = append(code, 0, small, va, 0, 0, 0, immediate);
            last = end;
        }
    }

    /** Final exit to a page offset, in this page or not. Register writes of the instruction take effect first. */
    public void jump(long offset) {
        if (end == 0) {
            commit();
            end(Opcode.JUMP, needsCheck(offset) ? 1 : 0, 0, offset);
        }
    }

    private boolean needsCheck(long offset) {
        return offset <= pageOffset || offset < 0 || offset >= PAGE_BYTES;
    }

    /** Side exit; no register write of the instruction may precede it. */
    public void jumpIf(int cond, long offset) {
        if (end != 0) {
            return;
        }
        if (op[cond] == Opcode.COND_CONST) {
            if (imm[cond] != 0) {
                jump(offset);
            }
            return;
        }
        append(Opcode.JUMP_IF, 0, needsCheck(offset) ? 1 : 0, cond, 0, 0, 0, offset);
    }

    /** Final exit to a guest virtual address. Register writes of the instruction take effect first. */
    public void jumpIndirect(int v, int hint) {
        if (end == 0) {
            commit();
            end(Opcode.JUMP_INDIRECT, hint, v, 0);
        }
    }

    @Override
    public void interpret() {
        end(Opcode.INTERPRET, 0, 0, pageOffset);
    }

    @Override
    public void interpretIf(int cond) {
        interpretIf(cond, false);
    }

    private void interpretIf(int cond, boolean seldom) {
        if (op[cond] == Opcode.COND_CONST) {
            if (imm[cond] != 0) {
                interpret();
            }
            return;
        }
        append(Opcode.INTERPRET_IF, 0, seldom ? 1 : 0, cond, 0, 0, 0, pageOffset);
    }

    /** Final exit with pc = this instruction; register writes of the instruction are dropped. */
    public void leave(int reason, long argument) {
        end(Opcode.LEAVE, reason, 0, argument);
    }
}
