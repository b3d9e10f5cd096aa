package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.Arrays;

/**
 * Where every value is while code is emitted: in a host register, in a spill slot, in the home of a guest register, or nowhere because it can be
 * made again. Hands out registers; when none is free, the value whose next use is farthest goes to memory.
 *
 * <p>Protocol of one operation: {@link #begin}, then {@link #use} for operands (which pins their registers), then {@link #define} or
 * {@link #defineFrom} for the result.
 */
final class Registers {
    static final int STATE_WORDS = 512;
    /** The slot number that stands for the guest's flags, wherever their home is. */
    static final int FLAGS_SLOT = STATE_WORDS - 1;
    private static final int GPRS = 0xffff & ~(1 << Reg.RSP | 1 << Reg.RBP | 1 << Reg.R14);
    private static final int XMMS = 0xffff;
    private static final int XMM = 16;
    /** Spill slots for values that a {@link StateRecords} record may name; the code of exits uses two more. */
    static final int SPILLS = CpuArea.VALUE_SPILL_SLOTS;
    static final int VECTOR_SPILLS = CpuArea.VECTOR_SPILL_SLOTS;
    /** The rest is for the K of regions, which no record names. */
    private static final int ALL_SPILLS = SPILLS + VECTOR_SPILLS + CpuArea.REGION_SPILL_SLOTS;

    private static final int[] NO_VALUES = new int[Math.max(ALL_SPILLS, 32)];
    private static final int[] FOR_EVER = new int[32];

    static {
        Arrays.fill(FOR_EVER, Integer.MAX_VALUE);
    }

    final Assembler asm;
    final Liveness live;
    private IrBuilder ir;
    private int flagsOffset;
    private int position;

    /** Register of a value (0..15 general, 16..31 xmm), -1 = none. */
    private byte[] register = new byte[0];
    private byte[] spill = new byte[0];
    /** Guest register slot + 1 whose home may hold the value, 0 = none. */
    private short[] homeOf = new short[0];
    private byte[] nowhere = new byte[0];
    private short[] noHomes = new short[0];
    /** Value in a register, 0 = none. */
    private final int[] holder = new int[32];
    private int free;
    private int pinned;
    private final int[] spillHolder = new int[ALL_SPILLS];

    private Homes homes = Homes.NONE;
    /** Per host register that is a home: last position where it must hold the committed value of its guest register. */
    private final int[] homeUntil = new int[32];
    /** The present operation may take homes that are not needed behind this position. */
    private int homeLimit;

    /** Per guest register slot: its committed value (0 = as at entry) and the value its home holds (0 = unknown). */
    private final int[] committed = new int[STATE_WORDS];
    private final int[] homeHolder = new int[STATE_WORDS];
    private final int[] touched = new int[STATE_WORDS];
    private int touchedCount;
    /** Slots whose home is stale, in no order, and where each is in the list + 1. */
    final int[] dirty = new int[STATE_WORDS];
    int dirtyCount;
    private final int[] dirtyIndex = new int[STATE_WORDS];

    Registers(Assembler asm, Liveness live) {
        this.asm = asm;
        this.live = live;
    }

    /**
     * @param registerHomes where guest registers are at the start, and have to be at each site and at the end
     * @param dirtyHomes guest registers with homes whose homes in memory are stale at the start
     */
    void start(IrBuilder block, GuestLayout layout, Homes registerHomes, int[] dirtyHomes, int dirtyHomeCount) {
        ir = block;
        homes = registerHomes;
        flagsOffset = layout.flagsOffset();
        int n = ir.lastOperation() + 1;
        if (register.length < n) {
            int size = Math.max(n, 2 * register.length);
            register = new byte[size];
            spill = new byte[size];
            homeOf = new short[size];
            nowhere = new byte[size];
            noHomes = new short[size];
            Arrays.fill(nowhere, (byte) -1);
        }
        // Copied, not filled: the first compiler tier makes loops of fills.
        System.arraycopy(nowhere, 0, register, 0, n);
        System.arraycopy(nowhere, 0, spill, 0, n);
        System.arraycopy(noHomes, 0, homeOf, 0, n);
        System.arraycopy(NO_VALUES, 0, holder, 0, holder.length);
        System.arraycopy(NO_VALUES, 0, spillHolder, 0, spillHolder.length);
        free = (GPRS | XMMS << XMM) & ~homes.mask();
        pinned = 0;
        for (int i = 0; i < touchedCount; i++) {
            int slot = touched[i];
            committed[slot] = 0;
            homeHolder[slot] = 0;
            dirtyIndex[slot] = 0;
        }
        touchedCount = 0;
        dirtyCount = 0;
        System.arraycopy(FOR_EVER, 0, homeUntil, 0, homeUntil.length);
        for (int i = 0; i < homes.count; i++) {
            homeUntil[homes.register(homes.slots[i])] = live.entryUntil(homes.slots[i]);
        }
        for (int i = 0; i < dirtyHomeCount; i++) {
            touch(dirtyHomes[i]);
            markDirty(dirtyHomes[i]);
        }
    }

    /** Starts the operation at {@code i}: nothing is pinned. */
    void begin(int i) {
        position = i;
        pinned = 0;
        int op = ir.op[i];
        homeLimit = OpInfo.isSite(op) && op != LOAD && op != LOAD_VEC ? i - 1 : i;
    }

    private boolean isHome(int r) {
        return (homes.mask() >> r & 1) != 0;
    }

    /** The value, a K, is in a home. */
    void defineHome(int v, int r) {
        register[v] = (byte) r;
    }

    /** Host register that always holds the guest register, or -1. */
    int homeRegister(int slot) {
        return homes.register(slot);
    }

    /** Registers that code out of line may use as it likes: all but the homes. */
    int scratch() {
        return GPRS & ~homes.mask();
    }

    // Where values are.

    /** Byte offset from rbp of a field of the CPU area. */
    static long area(int offset) {
        return Mem.at(Reg.RBP, offset - CpuArea.BASE_BIAS);
    }

    static long spillSlot(int n) {
        if (n < SPILLS) {
            return area(CpuArea.spill(n));
        }
        int m = n - SPILLS;
        return m < VECTOR_SPILLS ? area(CpuArea.vectorSpill(m)) : area(CpuArea.regionSpill(m - VECTOR_SPILLS));
    }

    boolean isConst(int v) {
        return ir.op[v] == CONST || ir.op[v] == FLAGS_CONST;
    }

    /** Constant that fits the sign-extended 32-bit immediate of an instruction of width {@code w}. */
    boolean isImmediate(int w, int v) {
        return ir.op[v] == CONST && (w < 64 || ir.imm[v] == (int) ir.imm[v]);
    }

    /** The value of {@link #isImmediate} as the assembler wants it. */
    long immediate(int w, int v) {
        return w == 64 ? ir.imm[v] : (int) ir.imm[v];
    }

    private boolean isRemade(int v) {
        int op = ir.op[v];
        return op == CONST || op == FLAGS_CONST || op == PAGE_ADDRESS;
    }

    private boolean isVector(int v) {
        return ir.type(v) == 3;
    }

    /** Register of the value (0..15 in its class), or -1. */
    int registerOf(int v) {
        int r = register[v];
        return r < 0 ? -1 : r & 15;
    }

    /** Spill slot of the value, or -1. */
    int spillOf(int v) {
        return spill[v];
    }

    /** Guest register slot whose home holds the value, or -1. */
    int homeOf(int v) {
        int slot = homeOf[v] - 1;
        return slot >= 0 && homeHolder[slot] == v ? slot : -1;
    }

    /** True if the value ends here: no use after this operation, and its register may be used for something else. */
    boolean dies(int v) {
        int r = register[v];
        return live.last[v] <= position && (r < 0 || !isHome(r) || homeUntil[r] <= homeLimit && live.last[v] <= homeLimit);
    }

    /** The value is in memory only and this operation is the last to use it, so that a memory operand serves best. */
    boolean prefersMemory(int v) {
        return register[v] < 0 && !isRemade(v) && live.nextUse(v, position + 1) == Integer.MAX_VALUE && (spill[v] >= 0 || homeOf(v) >= 0);
    }

    /** Memory operand of a value that is in memory. */
    long memory(int v) {
        if (spill[v] >= 0) {
            return spillSlot(spill[v]);
        }
        int slot = homeOf(v);
        if (slot < 0) {
            throw new IllegalStateException("value " + v + " is lost at " + position);
        }
        return home(slot);
    }

    /** The home of a guest register slot. */
    long home(int slot) {
        return area(slot == FLAGS_SLOT ? flagsOffset : slot << 3);
    }

    // Operands and results.

    /** The value in a general register, which stays its until the operation ends. Never changes EFLAGS. */
    int use(int v) {
        if (ir.op[v] == PAGE_ADDRESS && ir.imm[v] == 0) {
            return Reg.R14;
        }
        int r = register[v];
        if (r < 0) {
            r = allocate(GPRS);
            load(v, r);
            assign(v, r);
        }
        pinned |= 1 << r;
        return r;
    }

    /** The value in an xmm register (0..15). */
    int useVector(int v) {
        int r = register[v];
        if (r < 0) {
            r = allocate(XMMS << XMM);
            loadVector(v, r & 15);
            assign(v, r);
        }
        pinned |= 1 << r;
        return r & 15;
    }

    private void assign(int v, int r) {
        register[v] = (byte) r;
        holder[r] = v;
        free &= ~(1 << r);
    }

    /** The home that a value is made for, if it can be made there already; else -1. */
    private int ownHome(int v) {
        int slot = live.homeSlot[v] - 1;
        if (slot < 0) {
            return -1;
        }
        int r = homes.register(slot);
        int old = holder[r];
        boolean held = old != 0 && register[old] == r;
        if ((pinned >> r & 1) != 0 || homeUntil[r] > homeLimit) {
            return -1;
        }
        if (held) {
            int other = otherHome(old, r);
            if (other < 0 && live.last[old] > homeLimit) {
                return -1;
            }
            register[old] = (byte) other;
        }
        holder[r] = 0;
        return r;
    }

    /** Another home than {@code r} that has the value, or -1. */
    private int otherHome(int v, int r) {
        for (int i = 0; i < homes.count; i++) {
            int other = homes.register(homes.slots[i]);
            if (other != r && holder[other] == v) {
                return other;
            }
        }
        return -1;
    }

    private void load(int v, int r) {
        switch (ir.op[v]) {
            case CONST, FLAGS_CONST -> asm.ri(Op.MOV, 64, r, ir.imm[v]);
            case PAGE_ADDRESS -> loadPageAddress(asm, r, ir.imm[v]);
            case READ_FLAGS -> asm.rm(Op.MOV, 32, r, memory(v));
            default -> asm.rm(Op.MOV, 64, r, memory(v));
        }
    }

    static void loadPageAddress(Assembler asm, int r, long offset) {
        if (offset == (int) offset) {
            asm.rm(Op.LEA, 64, r, Mem.at(Reg.R14, (int) offset));
        } else {
            asm.ri(Op.MOV, 64, r, offset);
            asm.rm(Op.LEA, 64, r, Mem.at(Reg.R14, r, 1, 0));
        }
    }

    private void loadVector(int v, int x) {
        asm.rm(Op.VMOVDQU, x, memory(v));
    }

    /** A register for the result. */
    int define(int v) {
        int r = ownHome(v);
        if (r < 0) {
            r = allocate(GPRS);
        }
        assign(v, r);
        pinned |= 1 << r;
        return r;
    }

    int defineVector(int v) {
        int r = ownHome(v);
        if (r < 0) {
            r = allocate(XMMS << XMM);
        }
        assign(v, r);
        pinned |= 1 << r;
        return r & 15;
    }

    /** A register for the result that already contains the value {@code from}; takes over its register when it ends here. */
    int defineFrom(int v, int from) {
        int r = register[from];
        if (r >= 0 && dies(from) && !prefersOwnHome(v, r)) {
            register[from] = -1;
            assign(v, r);
            pinned |= 1 << r;
            return r;
        }
        if (r >= 0) {
            int d = define(v);
            asm.rr(Op.MOV, 64, d, r);
            return d;
        }
        if (ir.op[from] != PAGE_ADDRESS && live.nextUse(from, position + 1) != Integer.MAX_VALUE) {
            int s = use(from);
            int d = define(v);
            asm.rr(Op.MOV, 64, d, s);
            return d;
        }
        int d = define(v);
        load(from, d);
        return d;
    }

    /** A value is in the home that another one is made for. */
    boolean isInHomeOf(int v, int value) {
        int slot = live.homeSlot[v] - 1;
        return slot >= 0 && register[value] == homes.register(slot);
    }

    /** A value moves between homes sooner or later: better at once. */
    private boolean prefersOwnHome(int v, int r) {
        return isHome(r) && live.homeSlot[v] != 0 && homes.register(live.homeSlot[v] - 1) != r;
    }

    /** The same for vectors. */
    int defineVectorFrom(int v, int from) {
        int r = useVector(from);
        if (dies(from) && !prefersOwnHome(v, r + XMM)) {
            register[from] = -1;
            assign(v, r + XMM);
            return r;
        }
        int d = defineVector(v);
        asm.rr(Op.VMOVDQA, d, r);
        return d;
    }

    /** Lets the result share the register of an operand that ends here. The operand is read before the result is written. */
    void release(int v) {
        int r = register[v];
        if (r >= 0 && dies(v)) {
            register[v] = -1;
            holder[r] = 0;
            free |= 1 << r & ~homes.mask();
            pinned &= ~(1 << r);
        }
    }

    /** A scratch register until the end of the operation. */
    int temp() {
        int r = allocate(GPRS);
        pinned |= 1 << r;
        return r;
    }

    int tempVector() {
        int r = allocate(XMMS << XMM);
        pinned |= 1 << r;
        return r & 15;
    }

    /** Makes a particular register scratch; a value in it moves. To be called before the operands are used. Never changes EFLAGS. */
    void take(int r) {
        take(r, GPRS);
    }

    /** The same for an xmm register (0..15). */
    void takeVector(int x) {
        take(x + XMM, XMMS << XMM);
    }

    private void take(int r, int kind) {
        if (isHome(r)) {
            throw new IllegalStateException("register " + r + " is a home");
        }
        int v = holder[r];
        int operand = pinned >> r & 1;
        pinned |= 1 << r;
        if (v == 0) {
            return;
        }
        if (live.last[v] < position) {
            forget(r);
            return;
        }
        sweep(kind);
        int candidates = free & kind & ~pinned;
        if (candidates != 0) {
            int to = pick(candidates);
            if (r < XMM) {
                asm.rr(Op.MOV, 64, to, r);
            } else {
                asm.rr(Op.VMOVDQA, to & 15, r & 15);
            }
            holder[r] = 0;
            free |= 1 << r;
            assign(v, to);
            pinned |= operand << to;
        } else {
            evict(r);
        }
    }

    /** Makes the taken scratch register {@code r} the register of {@code v}. */
    void defineIn(int v, int r) {
        assign(v, r);
    }

    boolean isFree(int r) {
        return (free & ~pinned) >> r << 31 != 0;
    }

    // Allocation.

    private static int pick(int candidates) {
        int preferred = candidates & ~(1 << Reg.RAX);
        return Integer.numberOfTrailingZeros(preferred != 0 ? preferred : candidates);
    }

    private int allocate(int kind) {
        int candidates = free & kind & ~pinned;
        if (candidates == 0) {
            sweep(kind);
            candidates = free & kind & ~pinned;
            if (candidates == 0) {
                int r = victim(kind);
                evict(r);
                return r;
            }
        }
        return pick(candidates);
    }

    /** Frees the registers of values that are not needed any more. */
    private void sweep(int kind) {
        int used = kind & ~free & ~pinned & ~homes.mask();
        while (used != 0) {
            int r = Integer.numberOfTrailingZeros(used);
            used &= used - 1;
            if (holder[r] == 0 || live.last[holder[r]] < position) {
                forget(r);
            }
        }
    }

    private void forget(int r) {
        int v = holder[r];
        if (v != 0) {
            register[v] = -1;
        }
        holder[r] = 0;
        free |= 1 << r;
    }

    private int victim(int kind) {
        int used = kind & ~pinned & ~homes.mask();
        if (used == 0) {
            throw new IllegalStateException("no register left at operation " + position);
        }
        int best = -1;
        long bestScore = -1;
        while (used != 0) {
            int r = Integer.numberOfTrailingZeros(used);
            used &= used - 1;
            int v = holder[r];
            long score = (long) live.nextUse(v, position) * 2 + (isRemade(v) || spill[v] >= 0 || homeOf(v) >= 0 ? 64 : 0);
            if (score > bestScore) {
                bestScore = score;
                best = r;
            }
        }
        return best;
    }

    /** Frees a register; its value stays available in memory. Emits moves only. */
    private void evict(int r) {
        int v = holder[r];
        if (live.last[v] >= position) {
            boolean owner = false;
            boolean stored = false;
            for (int i = dirtyCount - 1; i >= 0; i--) {
                int slot = dirty[i];
                if (committed[slot] != v) {
                    continue;
                }
                if (mayOverwriteHome(slot)) {
                    store(v, r, home(slot));
                    homeWritten(slot, v);
                    stored = true;
                } else {
                    owner = true;
                }
            }
            boolean safe = !owner && (stored || isRemade(v) || homeOf(v) >= 0) || spill[v] >= 0;
            if (!safe && !isRemade(v)) {
                spill(v, r);
            }
        }
        register[v] = -1;
        holder[r] = 0;
        free |= 1 << r;
    }

    private void store(int v, int r, long mem) {
        if (r >= XMM) {
            asm.mr(Op.VMOVDQU, mem, r & 15);
        } else {
            asm.mr(Op.MOV, ir.type(v) == 2 ? 32 : 64, mem, r);
        }
    }

    private void spill(int v, int r) {
        int slot = spillSlotFor(v);
        long mem = spillSlot(slot);
        if (r >= XMM) {
            asm.mr(Op.VMOVDQU, mem, r & 15);
        } else {
            asm.mr(Op.MOV, 64, mem, r);
        }
    }

    private int spillSlotFor(int v) {
        boolean region = ir.op[v] == REGION;
        int from = region ? SPILLS + VECTOR_SPILLS : isVector(v) ? SPILLS : 0;
        int to = region ? ALL_SPILLS : isVector(v) ? SPILLS + VECTOR_SPILLS : SPILLS;
        for (int s = from; s < to; s++) {
            int old = spillHolder[s];
            if (old == 0 || live.last[old] < position) {
                if (old != 0) {
                    spill[old] = -1;
                }
                spillHolder[s] = v;
                spill[v] = (byte) s;
                return s;
            }
        }
        for (int s = from; s < to; s++) {
            int old = spillHolder[s];
            if (register[old] >= 0) {
                spill[old] = -1;
                spillHolder[s] = v;
                spill[v] = (byte) s;
                return s;
            }
        }
        throw new IllegalStateException("no spill slot left at operation " + position);
    }

    /** Puts a general register's content into a spill slot of value {@code v}. */
    void spillFrom(int v, int r) {
        spill(v, r);
    }

    private boolean mayOverwriteHome(int slot) {
        int old = homeHolder[slot];
        return old == 0 || register[old] >= 0 || spill[old] >= 0 || live.last[old] < position || isRemade(old);
    }

    // Guest registers.

    private void touch(int slot) {
        if (committed[slot] == 0 && homeHolder[slot] == 0) {
            touched[touchedCount++] = slot;
        }
    }

    /** The value of a guest register that has not been read yet: it is in its home. */
    void readHome(int v, int slot) {
        int r = homes.register(slot);
        if (r >= 0) {
            assign(v, r);
            return;
        }
        touch(slot);
        homeHolder[slot] = v;
        homeOf[v] = (short) (slot + 1);
    }

    /** The guest register has the value {@code v} from now on. */
    void commit(int slot, int v) {
        if (homes.register(slot) >= 0) {
            commitHome(slot, homes.register(slot), v);
            return;
        }
        touch(slot);
        committed[slot] = v;
        if (homeHolder[slot] == v) {
            clean(slot);
        } else {
            markDirty(slot);
            if (live.lastConditionalJump > position && live.last[position] == ir.endOperation()) {
                storeEarly(slot, v);
            }
        }
        if (register[v] < 0 && spill[v] < 0 && homeHolder[slot] != v && homeOf(v) >= 0 && live.last[v] >= position) {
            if (isVector(v)) {
                useVector(v);
            } else {
                use(v);
            }
        }
    }

    /**
     * Stores a value that a guest register keeps until the block ends, so that no conditional jump before that has to; but not between a
     * comparison and its jump, which are one operation to the processor.
     */
    private void storeEarly(int slot, int v) {
        if (slot == FLAGS_SLOT || live.direct[v] || !mayOverwriteHome(slot)) {
            return;
        }
        if (register[v] >= 0) {
            store(v, register[v], home(slot));
            homeWritten(slot, v);
        } else if (isImmediate(64, v)) {
            asm.mi(Op.MOV, 64, home(slot), ir.imm[v]);
            homeWritten(slot, v);
        }
    }

    private void markDirty(int slot) {
        if (dirtyIndex[slot] == 0) {
            dirty[dirtyCount++] = slot;
            dirtyIndex[slot] = dirtyCount;
        }
    }

    /** The home {@code r} gets the value. What it held until now moves if something still needs it. */
    private void commitHome(int slot, int r, int v) {
        int until = live.last[position];
        if (until <= position) {
            return;
        }
        homeUntil[r] = until;
        touch(slot);
        markDirty(slot);
        int old = holder[r];
        if (old == v) {
            if (register[v] < 0) {
                register[v] = (byte) r;
            }
            return;
        }
        int from = register[v];
        if (from >= 0) {
            pinned |= 1 << from;
        }
        pinned |= 1 << r;
        if (old != 0 && register[old] == r) {
            moveOut(old, r);
        }
        if (from < 0) {
            if (r < XMM) {
                load(v, r);
            } else {
                loadVector(v, r & 15);
            }
        } else if (r < XMM) {
            asm.rr(Op.MOV, 64, r, from);
        } else {
            asm.rr(Op.VMOVDQA, r & 15, from & 15);
        }
        holder[r] = v;
        if (from < 0 || !isHome(from)) {
            if (from >= 0) {
                holder[from] = 0;
                free |= 1 << from;
            }
            register[v] = (byte) r;
        }
    }

    /** The value in home {@code r} is about to be overwritten. */
    private void moveOut(int v, int r) {
        register[v] = -1;
        if (live.last[v] <= position) {
            return;
        }
        register[v] = (byte) otherHome(v, r);
        if (register[v] >= 0) {
            return;
        }
        if (isRemade(v) || spill[v] >= 0 || homeOf(v) >= 0) {
            return;
        }
        int to = allocate(r < XMM ? GPRS : XMMS << XMM);
        if (r < XMM) {
            asm.rr(Op.MOV, 64, to, r);
        } else {
            asm.rr(Op.VMOVDQA, to & 15, r & 15);
        }
        assign(v, to);
    }

    /** The value of a guest register without a home since it was written; 0 if it is as at entry. */
    int committed(int slot) {
        return committed[slot];
    }

    /** The value in a host register, or 0. */
    int heldBy(int r) {
        return holder[r];
    }

    /** The home of the guest register in memory is stale. */
    boolean isDirty(int slot) {
        return dirtyIndex[slot] != 0;
    }

    private void homeWritten(int slot, int v) {
        homeHolder[slot] = v;
        homeOf[v] = (short) (slot + 1);
        clean(slot);
    }

    private void clean(int slot) {
        int index = dirtyIndex[slot];
        if (index == 0) {
            return;
        }
        int moved = dirty[--dirtyCount];
        dirty[index - 1] = moved;
        dirtyIndex[moved] = index;
        dirtyIndex[slot] = 0;
    }
}
