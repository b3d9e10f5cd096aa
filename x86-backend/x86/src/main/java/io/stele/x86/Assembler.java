package io.stele.x86;

import static io.stele.x86.Form.*;

import java.util.Arrays;

/**
 * Writes x86-64 machine code into a {@link CodeBuffer}, always in the shortest encoding of the instruction asked for. Allocates nothing per
 * instruction.
 *
 * <p><b>Naming.</b> A method's name spells its operands in the order of Intel syntax: {@code r} register, {@code m} memory (a {@link Mem}),
 * {@code i} immediate. Integer instructions take the operand width {@code w} in bits (8, 16, 32, 64) first; instructions whose width is
 * part of their name, among them nearly all vector instructions, take none. Example: {@code rm(Op.MOV, 64, Reg.RAX, Mem.at(Reg.RBP, 8))}.
 *
 * <p><b>Immediates</b> may be given signed or zero-extended. With 64-bit operands they must fit in 32 signed bits, except for {@code mov}.
 *
 * <p><b>Labels</b> are small numbers from {@link #newLabel}. A jump back takes the short form when it reaches; a jump forward has a 32-bit
 * displacement unless the {@code Short} variant is called, which fails at {@link #bind} when the target is too far.
 *
 * <p>An operand combination that the instruction does not have throws {@link IllegalArgumentException}, naming it.
 */
public final class Assembler extends Encoder {
    private static final byte DATA_SEGMENT = 0x3e;

    private final Relocations relocations = new Relocations();

    public Assembler(CodeBuffer code) {
        super(code);
    }

    public Assembler() {
        this(new CodeBuffer(4096));
    }

    /** The buffer that is written to. */
    public CodeBuffer code() {
        return code;
    }

    /** Starts anew, without code and labels; the first byte will be executed at {@code baseAddress}. */
    public void reset(long baseAddress) {
        code.reset(baseAddress);
        labels.reset();
        relocations.reset();
    }

    /** What {@link Relocations#apply} has to change if the code is executed at another address: its jumps and calls to VM addresses outside of it. */
    public int[] relocations() {
        return relocations.toArray();
    }

    /** Offset of the next byte. */
    public int position() {
        return code.position;
    }

    /** VM address of the next byte. */
    public long address() {
        return code.address();
    }

    /** Overwrites four bytes at {@code offset}. */
    public void patch32(int offset, int value) {
        code.patch32(offset, value);
    }

    /** Copies a fragment. Returns the offset of its first byte; offsets in it count from there. */
    public int append(Fragment fragment) {
        return code.put(fragment.bytes);
    }

    /** Points the 32-bit displacement at {@code offset}, which ends its instruction and is 0, to a label. */
    public void refer(int label, int offset) {
        labels.refer(label, offset, Labels.REL32);
    }

    // Labels.

    /** A new label, to be placed with {@link #bind}. */
    public int newLabel() {
        return labels.create();
    }

    /** A new label at the next byte. */
    public int here() {
        int label = labels.create();
        labels.bind(label);
        return label;
    }

    /** Places the label at the next byte and resolves the jumps to it. */
    public void bind(int label) {
        labels.bind(label);
    }

    public boolean isBound(int label) {
        return labels.isBound(label);
    }

    /** Offset of a bound label in the code. */
    public int offsetOf(int label) {
        return labels.offsetOf(label);
    }

    /** VM address of a bound label. */
    public long addressOf(int label) {
        return code.baseAddress() + labels.offsetOf(label);
    }

    /** Fails when a label that something refers to was never bound. To be called when the code is complete. */
    public void checkLabels() {
        labels.check();
    }

    // Jumps and calls.

    /** {@code jcc label}. Returns the offset of the displacement. */
    public int jcc(int cc, int label) {
        checkCondition(cc);
        if (reachesBack(label)) {
            return shortBranch(0x70 | cc, label);
        }
        byte[] b = code.room();
        int p = code.position;
        b[p] = 0x0f;
        b[p + 1] = (byte) (0x80 | cc);
        return longBranch(p + 2, label);
    }

    /** {@code jcc label} with an 8-bit displacement. */
    public int jccShort(int cc, int label) {
        checkCondition(cc);
        return shortBranch(0x70 | cc, label);
    }

    /** {@code jmp label}. Returns the offset of the displacement. */
    public int jmp(int label) {
        return reachesBack(label) ? shortBranch(0xeb, label) : jmpLong(label);
    }

    /** {@code jmp label} with an 8-bit displacement. */
    public int jmpShort(int label) {
        return shortBranch(0xeb, label);
    }

    /** {@code jrcxz label}, which reads no flags; with an 8-bit displacement, the only one that it has. */
    public int jrcxz(int label) {
        return shortBranch(0xe3, label);
    }

    /** {@code jmp label} with a 32-bit displacement even if the label is near. Returns the offset of the displacement. */
    public int jmpLong(int label) {
        byte[] b = code.room();
        int p = code.position;
        b[p] = (byte) 0xe9;
        return longBranch(p + 1, label);
    }

    /** {@code call label}. Returns the offset of the displacement. */
    public int call(int label) {
        byte[] b = code.room();
        int p = code.position;
        b[p] = (byte) 0xe8;
        return longBranch(p + 1, label);
    }

    /** {@code jcc} with a 32-bit displacement to a VM address. Returns the offset of the displacement. */
    public int jccTo(int cc, long address) {
        checkCondition(cc);
        byte[] b = code.room();
        int p = code.position;
        b[p] = 0x0f;
        b[p + 1] = (byte) (0x80 | cc);
        return branchTo(p + 2, address);
    }

    /** {@code jmp} with a 32-bit displacement to a VM address. Returns the offset of the displacement. */
    public int jmpTo(long address) {
        byte[] b = code.room();
        int p = code.position;
        b[p] = (byte) 0xe9;
        return branchTo(p + 1, address);
    }

    /** {@code call} with a 32-bit displacement to a VM address. Returns the offset of the displacement. */
    public int callTo(long address) {
        byte[] b = code.room();
        int p = code.position;
        b[p] = (byte) 0xe8;
        return branchTo(p + 1, address);
    }

    /** Points the 32-bit displacement at {@code offset}, which ends its instruction, to a VM address. */
    public void retarget(int offset, long address) {
        relocations.displacement(offset, address, code.baseAddress());
        code.patch32(offset, displacement(address, code.baseAddress() + offset + 4));
    }

    private boolean reachesBack(int label) {
        return labels.isBound(label) && labels.offsetOf(label) - (code.position + 2) >= Byte.MIN_VALUE;
    }

    private int shortBranch(int opcode, int label) {
        byte[] b = code.room();
        int p = code.position;
        b[p] = (byte) opcode;
        b[p + 1] = 0;
        code.position = p + 2;
        labels.refer(label, p + 1, Labels.REL8);
        return p + 1;
    }

    private int longBranch(int p, int label) {
        CodeBuffer.write32(code.bytes, p, 0);
        code.position = p + 4;
        labels.refer(label, p, Labels.REL32);
        return p;
    }

    private int branchTo(int p, long address) {
        relocations.displacement(p, address, code.baseAddress());
        CodeBuffer.write32(code.bytes, p, displacement(address, code.baseAddress() + p + 4));
        code.position = p + 4;
        return p;
    }

    // Data, padding, prefixes.

    /** Eight bytes: the VM address of a label, for tables. */
    public void addressOfLabel(int label) {
        int p = code.position;
        code.put64(0);
        labels.refer(label, p, Labels.ABS64);
    }

    /** Pads with nops so that the next byte's VM address is a multiple of {@code n}, a power of two. */
    public void align(int n) {
        if (Integer.bitCount(n) != 1) {
            throw new IllegalArgumentException("alignment " + n);
        }
        nops((int) -code.address() & n - 1);
    }

    /**
     * Pads with nops, if need be, so that the 32-bit displacement that begins {@code ahead} bytes behind the next byte lies within eight bytes whose
     * VM address is a multiple of eight: so it can be replaced in one store (AMD64 manual, vol. 2, 7.3.2).
     */
    public void alignDisplacement(int ahead) {
        int inside = (int) (code.address() + ahead) & Long.BYTES - 1;
        if (inside > Long.BYTES - Integer.BYTES) {
            nops(Long.BYTES - inside);
        }
    }

    /** {@code bytes} bytes of padding in as few instructions as possible (Intel SDM vol. 2, NOP, recommended multi-byte sequences). */
    public void nops(int bytes) {
        int left = bytes;
        while (left > 0) {
            int n = Math.min(left, 9);
            byte[] b = code.room();
            System.arraycopy(NOPS, n * (n - 1) / 2, b, code.position, n);
            code.position += n;
            left -= n;
        }
    }

    /**
     * Makes the last instruction longer by prefixes without meaning: the data segment is the one that counts anyway (Intel SDM vol. 2, 2.1.1).
     * Unlike a nop, they take no place in the pipeline. The instruction must not be relative to its own address.
     *
     * @param start offset of its first byte, as {@link #position} was
     */
    public void lengthen(int start, int bytes) {
        byte[] b = code.room();
        System.arraycopy(b, start, b, start + bytes, code.position - start);
        Arrays.fill(b, start, start + bytes, DATA_SEGMENT);
        code.position += bytes;
    }

    /** The sequences of 1 to 9 bytes, one behind the other. */
    private static final byte[] NOPS = {
        (byte) 0x90,
        0x66, (byte) 0x90,
        0x0f, 0x1f, 0,
        0x0f, 0x1f, 0x40, 0,
        0x0f, 0x1f, 0x44, 0, 0,
        0x66, 0x0f, 0x1f, 0x44, 0, 0,
        0x0f, 0x1f, (byte) 0x80, 0, 0, 0, 0,
        0x0f, 0x1f, (byte) 0x84, 0, 0, 0, 0, 0,
        0x66, 0x0f, 0x1f, (byte) 0x84, 0, 0, 0, 0, 0,
    };

    /** Lock prefix for the next instruction. */
    public Assembler lock() {
        code.put8(0xf0);
        return this;
    }

    /** Repeat prefix for the next string instruction. */
    public Assembler rep() {
        code.put8(0xf3);
        return this;
    }

    // Instructions, by operands.

    /** No operands. */
    public void op(Op op) {
        noOperands(op, 0);
    }

    /** No explicit operands, but a width. */
    public void op(Op op, int w) {
        noOperands(op, w);
    }

    public void r(Op op, int reg) {
        single(op, 0, reg);
    }

    public void r(Op op, int w, int reg) {
        single(op, w, reg);
    }

    public void m(Op op, long mem) {
        memory(form(op, M, 0), 0, 0, 0, mem, 0);
    }

    public void m(Op op, int w, long mem) {
        memory(form(op, M, w), w, 0, 0, mem, 0);
    }

    /** One immediate: push, ret, int. */
    public void i(Op op, int imm) {
        onlyImmediate(op, 0, imm);
    }

    /** The accumulator of width {@code w} and an immediate port: in, out. */
    public void i(Op op, int w, int imm) {
        onlyImmediate(op, w, imm);
    }

    public void rr(Op op, int dst, int src) {
        twoRegisters(op, 0, dst, src);
    }

    public void rr(Op op, int w, int dst, int src) {
        twoRegisters(op, w, dst, src);
    }

    public void rm(Op op, int dst, long mem) {
        registerMemory(op, 0, dst, mem);
    }

    public void rm(Op op, int w, int dst, long mem) {
        registerMemory(op, w, dst, mem);
    }

    public void mr(Op op, long mem, int src) {
        memory(form(op, MR, 0), 0, src, 0, mem, 0);
    }

    public void mr(Op op, int w, long mem, int src) {
        memory(form(op, MR, w), w, src, 0, mem, 0);
    }

    /** Register and immediate; {@code mov} takes any 64-bit value. */
    public void ri(Op op, int w, int dst, long imm) {
        if (op.form(slot(OI)) != 0) {
            loadImmediate(op, w, dst, imm);
            return;
        }
        long f = form(op, MI, w);
        int value = immediate(f, w, imm);
        long kind = f & IMMEDIATE;
        if (kind == IB) {
            long one = op.form(slot(ONE));
            if (value == 1 && one != 0) {
                register(one, w, 0, 0, dst);
                return;
            }
        } else if (dst == Reg.RAX && (w == 8 || kind == IZ || value != (byte) value)) {
            accumulator(op.form(slot(ACC)), w, value);
            return;
        }
        register(narrowed(f, w, value), w, 0, 0, dst);
        putImmediate(f, w, value);
    }

    public void mi(Op op, int w, long mem, long imm) {
        long f = form(op, MI, w);
        int value = immediate(f, w, imm);
        if ((f & IMMEDIATE) == IB && value == 1 && op.form(slot(ONE)) != 0) {
            memory(op.form(slot(ONE)), w, 0, 0, mem, 0);
            return;
        }
        memory(narrowed(f, w, value), w, 0, 0, mem, immediateBytes(f, w, value));
        putImmediate(f, w, value);
    }

    public void rri(Op op, int dst, int src, int imm) {
        twoRegistersImmediate(op, 0, dst, src, imm);
    }

    public void rri(Op op, int w, int dst, int src, int imm) {
        twoRegistersImmediate(op, w, dst, src, imm);
    }

    public void rmi(Op op, int dst, long mem, int imm) {
        rmi(op, 0, dst, mem, imm);
    }

    public void rmi(Op op, int w, int dst, long mem, int imm) {
        long f = form(op, RMI, w);
        int value = immediate(f, w, imm);
        memory(narrowed(f, w, value), w, dst, 0, mem, immediateBytes(f, w, value));
        putImmediate(f, w, value);
    }

    public void mri(Op op, long mem, int src, int imm) {
        mri(op, 0, mem, src, imm);
    }

    public void mri(Op op, int w, long mem, int src, int imm) {
        long f = form(op, MRI, w);
        int value = immediate(f, w, imm);
        memory(f, w, src, 0, mem, 1);
        putImmediate(f, w, value);
    }

    public void rrr(Op op, int dst, int a, int b) {
        threeRegisters(op, 0, dst, a, b);
    }

    public void rrr(Op op, int w, int dst, int a, int b) {
        threeRegisters(op, w, dst, a, b);
    }

    public void rrm(Op op, int dst, int a, long mem) {
        rrm(op, 0, dst, a, mem);
    }

    public void rrm(Op op, int w, int dst, int a, long mem) {
        long f = form(op, RVM, w);
        if (is(f, V3)) {
            throw missing(op, "register, register, memory", w);
        }
        memory(f, w, dst, a, mem, 0);
    }

    /** Middle operand in memory: bextr, bzhi, shlx, sarx, shrx. */
    public void rmr(Op op, int w, int dst, long mem, int b) {
        long f = form(op, RVM, w);
        if (!is(f, V3)) {
            throw missing(op, "register, memory, register", w);
        }
        memory(f, w, dst, b, mem, 0);
    }

    public void rrri(Op op, int dst, int a, int b, int imm) {
        long f = form(op, RVMI, 0);
        int value = immediate(f, 0, imm);
        register(f, 0, dst, a, b);
        code.put8(value);
    }

    public void rrmi(Op op, int dst, int a, long mem, int imm) {
        long f = form(op, RVMI, 0);
        int value = immediate(f, 0, imm);
        memory(f, 0, dst, a, mem, 1);
        code.put8(value);
    }

    public void rrrr(Op op, int dst, int a, int b, int c) {
        checkRegisters(c);
        register(form(op, RVMR, 0), 0, dst, a, b);
        code.put8(c << 4);
    }

    public void rrmr(Op op, int dst, int a, long mem, int c) {
        checkRegisters(c);
        memory(form(op, RVMR, 0), 0, dst, a, mem, 1);
        code.put8(c << 4);
    }

    /** {@code setcc reg8}. */
    public void setcc(int cc, int reg) {
        register(conditional(Op.SETCC, M, 0, cc), 0, 0, 0, reg);
    }

    /** {@code setcc byte [mem]}. */
    public void setccMem(int cc, long mem) {
        memory(conditional(Op.SETCC, M, 0, cc), 0, 0, 0, mem, 0);
    }

    public void cmov(int cc, int w, int dst, int src) {
        register(conditional(Op.CMOVCC, RM, w, cc), w, dst, 0, src);
    }

    public void cmovMem(int cc, int w, int dst, long mem) {
        memory(conditional(Op.CMOVCC, RM, w, cc), w, dst, 0, mem, 0);
    }
}
