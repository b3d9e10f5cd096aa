package io.stele.x86;

import static io.stele.x86.Form.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.stele.zydis.Zydis;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every form of every row of {@link Op} is emitted through the public methods of {@link Assembler} over its registers, memory operands,
 * widths and immediates, and read back by Zydis, which must print the same operands and must not know a shorter encoding. The test
 * runs over the table, so a row cannot be without it. (The one exception to shortness: the one-byte xchg with the accumulator is not
 * offered.)
 */
final class EncodingTest {
    private static final long BASE = 0x7f12_3400_0000L;
    private static final int[] DISPLACEMENTS = {0, 1, -1, 0x7f, -0x80, 0x80, -0x81, 0x7f0, 0x800, -0x800, -0x810, 0x1234_5678,
        Integer.MIN_VALUE};
    private static final int[] SOME_REGISTERS = {0, 3, 4, 5, 7, 8, 11, 12, 13, 15};
    private static final int[] BYTE_VALUES = {0, 1, 2, 0x7f, -0x80, 0xff};
    private static final long[] VALUES = {0, 1, -1, 0x7f, -0x80, 0x80, -0x81, 0x7fff, 0x1234_5678, -0x8000_0000L, 0x7fff_ffff};

    private static ZydisOracle oracle;
    private final Assembler asm = new Assembler();
    private Op op;
    private int turn;
    private int checked;
    private int memoryBits;

    @BeforeAll
    static void needsZydis() {
        Assumptions.assumeTrue(Zydis.unavailableReason() == null, Zydis.unavailableReason());
        oracle = new ZydisOracle();
    }

    @ParameterizedTest
    @EnumSource(Op.class)
    void everyFormReadsBackAsWrittenAndIsShortest(Op row) {
        op = row;
        int forms = 0;
        for (int slot = 1; slot < SLOTS; slot++) {
            long form = row.form(slot);
            if (form == 0) {
                continue;
            }
            forms++;
            int before = checked;
            if (widths(form) == 0) {
                form(form, 0);
            } else {
                for (int w = 8; w <= 64; w *= 2) {
                    if ((widths(form) & w >> 3) != 0) {
                        form(form, w);
                    }
                }
            }
            assertTrue(checked > before, row + ": slot " + slot + " was not emitted");
        }
        assertTrue(forms > 0, row + " has no form");
    }

    private void form(long f, int w) {
        memoryBits = IntelText.memoryBits(f, w);
        switch (slot(f)) {
            case (int) (RM >>> SLOT) -> rm(f, w);
            case (int) (MR >>> SLOT) -> mr(f, w);
            case (int) (MI >>> SLOT) -> mi(f, w);
            case (int) (M >>> SLOT) -> m(f, w);
            case (int) (RVM >>> SLOT) -> rvm(f, w);
            case (int) (RMI >>> SLOT) -> rmi(f, w);
            case (int) (MRI >>> SLOT) -> mri(f, w);
            case (int) (RVMI >>> SLOT) -> rvmi(f);
            case (int) (ZO >>> SLOT) -> zo(w);
            case (int) (O >>> SLOT) -> o(f, w);
            case (int) (OI >>> SLOT) -> oi(w);
            case (int) (ACC >>> SLOT) -> acc(f, w);
            case (int) (ONE >>> SLOT) -> one(f, w);
            case (int) (I >>> SLOT) -> i(f, w);
            case (int) (RVMR >>> SLOT) -> rvmr(f);
            default -> fail(op + ": no test for slot " + slot(f));
        }
    }

    // One method per kind of form.

    private void rm(long f, int w) {
        int destination = is(f, VD) ? vClass(f) : regClass(f);
        int conditions = is(f, CC) ? 16 : 1;
        for (int cc = 0; cc < conditions; cc++) {
            String mnemonic = is(f, CC) ? "cmov" + IntelText.CONDITIONS[cc] : op.mnemonic();
            int c = cc;
            if (!is(f, MEM_ONLY)) {
                for (int a : registers(destination)) {
                    for (int b : registers(rmClass(f))) {
                        start();
                        if (is(f, CC)) {
                            asm.cmov(cc, w, a, b);
                        } else if (w == 0) {
                            asm.rr(op, a, b);
                        } else {
                            asm.rr(op, w, a, b);
                        }
                        check(mnemonic + " " + IntelText.register(destination, w, a) + ", " + IntelText.register(rmClass(f), w, b));
                    }
                }
            }
            if (!is(f, REG_ONLY)) {
                memory(mem -> {
                    int a = next(16);
                    if (is(f, CC)) {
                        asm.cmovMem(c, w, a, mem);
                    } else if (w == 0) {
                        asm.rm(op, a, mem);
                    } else {
                        asm.rm(op, w, a, mem);
                    }
                    return a;
                }, (a, address) -> mnemonic + " " + IntelText.register(destination, w, a) + ", " + address);
            }
        }
    }

    private void mr(long f, int w) {
        String cl = is(f, CL) ? ", cl" : "";
        if (!is(f, MEM_ONLY)) {
            for (int a : registers(rmClass(f))) {
                for (int b : registers(regClass(f))) {
                    start();
                    if (w == 0) {
                        asm.rr(op, a, b);
                    } else {
                        asm.rr(op, w, a, b);
                    }
                    check(op.mnemonic() + " " + IntelText.register(rmClass(f), w, a) + ", " + IntelText.register(regClass(f), w, b) + cl);
                }
            }
        }
        if (is(f, REG_ONLY)) {
            return;
        }
        for (int locked = 0; locked <= (is(f, LOCKABLE) ? 1 : 0); locked++) {
            boolean lock = locked == 1;
            memory(mem -> {
                int b = next(16);
                if (lock) {
                    asm.lock();
                }
                if (w == 0) {
                    asm.mr(op, mem, b);
                } else {
                    asm.mr(op, w, mem, b);
                }
                return b;
            }, (b, address) -> lock(lock) + op.mnemonic() + " " + address + ", "
                    + IntelText.register(regClass(f), w, b) + cl);
        }
    }

    private void mi(long f, int w) {
        for (int a : registers(rmClass(f))) {
            for (long value : immediates(f, w)) {
                start();
                asm.ri(op, w, a, value);
                if (op != Op.MOV || w != 64 || value < 0) {
                    check(op.mnemonic() + " " + IntelText.register(rmClass(f), w, a) + ", " + immediate(f, w, value));
                } else {
                    check("mov " + IntelText.gpr(32, a) + ", " + IntelText.hex(value));
                }
            }
        }
        for (int locked = 0; locked <= (is(f, LOCKABLE) ? 1 : 0); locked++) {
            boolean lock = locked == 1;
            long[] values = immediates(f, w);
            memory(mem -> {
                int k = next(values.length);
                if (lock) {
                    asm.lock();
                }
                asm.mi(op, w, mem, values[k]);
                return k;
            }, (k, address) -> lock(lock) + op.mnemonic() + " " + address + ", " + immediate(f, w, values[k]));
        }
    }

    private void m(long f, int w) {
        String cl = is(f, CL) ? ", cl" : "";
        int conditions = is(f, CC) ? 16 : 1;
        for (int cc = 0; cc < conditions; cc++) {
            String mnemonic = is(f, CC) ? "set" + IntelText.CONDITIONS[cc] : op.mnemonic();
            int c = cc;
            if (!is(f, MEM_ONLY)) {
                for (int a : registers(rmClass(f))) {
                    start();
                    if (is(f, CC)) {
                        asm.setcc(cc, a);
                    } else if (w == 0) {
                        asm.r(op, a);
                    } else {
                        asm.r(op, w, a);
                    }
                    check(mnemonic + " " + IntelText.register(rmClass(f), w, a) + cl);
                }
            }
            if (is(f, REG_ONLY)) {
                continue;
            }
            for (int locked = 0; locked <= (is(f, LOCKABLE) ? 1 : 0); locked++) {
                boolean lock = locked == 1;
                memory(mem -> {
                    if (lock) {
                        asm.lock();
                    }
                    if (is(f, CC)) {
                        asm.setccMem(c, mem);
                    } else if (w == 0) {
                        asm.m(op, mem);
                    } else {
                        asm.m(op, w, mem);
                    }
                    return 0;
                }, (k, address) -> lock(lock) + mnemonic + " " + address + cl);
            }
        }
    }

    private void rvm(long f, int w) {
        boolean rmLast = !is(f, V3);
        if (!is(f, MEM_ONLY)) {
            for (int d : SOME_REGISTERS) {
                for (int a : SOME_REGISTERS) {
                    for (int b : SOME_REGISTERS) {
                        start();
                        if (w == 0) {
                            asm.rrr(op, d, a, b);
                        } else {
                            asm.rrr(op, w, d, a, b);
                        }
                        check(op.mnemonic() + " " + IntelText.register(regClass(f), w, d) + ", "
                                + IntelText.register(rmLast ? vClass(f) : rmClass(f), w, a) + ", "
                                + IntelText.register(rmLast ? rmClass(f) : vClass(f), w, b));
                    }
                }
            }
        }
        if (is(f, REG_ONLY)) {
            return;
        }
        memory(mem -> {
            int k = next(256);
            if (!rmLast) {
                asm.rmr(op, w, k >> 4, mem, k & 15);
            } else if (w == 0) {
                asm.rrm(op, k >> 4, k & 15, mem);
            } else {
                asm.rrm(op, w, k >> 4, k & 15, mem);
            }
            return k;
        }, (k, address) -> {
            String d = op.mnemonic() + " " + IntelText.register(regClass(f), w, k >> 4) + ", ";
            String v = IntelText.register(vClass(f), w, k & 15);
            return rmLast ? d + v + ", " + address : d + address + ", " + v;
        });
    }

    private void rmi(long f, int w) {
        int destination = is(f, VD) ? vClass(f) : regClass(f);
        long[] values = immediates(f, w);
        for (int a : registers(destination)) {
            for (int b : registers(rmClass(f))) {
                for (long value : values) {
                    start();
                    if (w == 0) {
                        asm.rri(op, a, b, (int) value);
                    } else {
                        asm.rri(op, w, a, b, (int) value);
                    }
                    check(op.mnemonic() + " " + IntelText.register(destination, w, a) + ", " + IntelText.register(rmClass(f), w, b) + ", "
                            + immediate(f, w, value));
                }
            }
        }
        if (is(f, REG_ONLY)) {
            return;
        }
        memory(mem -> {
            int k = next(16 * values.length);
            if (w == 0) {
                asm.rmi(op, k & 15, mem, (int) values[k >> 4]);
            } else {
                asm.rmi(op, w, k & 15, mem, (int) values[k >> 4]);
            }
            return k;
        }, (k, address) -> op.mnemonic() + " " + IntelText.register(destination, w, k & 15) + ", " + address + ", "
                + immediate(f, w, values[k >> 4]));
    }

    private void mri(long f, int w) {
        long[] values = immediates(f, w);
        boolean registerForm = op.form((int) (RMI >>> SLOT)) == 0;
        for (int a : registers(rmClass(f))) {
            for (int b : registers(regClass(f))) {
                for (long value : values) {
                    if (!registerForm) {
                        continue;
                    }
                    start();
                    if (w == 0) {
                        asm.rri(op, a, b, (int) value);
                    } else {
                        asm.rri(op, w, a, b, (int) value);
                    }
                    check(op.mnemonic() + " " + IntelText.register(rmClass(f), w, a) + ", " + IntelText.register(regClass(f), w, b) + ", "
                            + immediate(f, w, value));
                }
            }
        }
        memory(mem -> {
            int k = next(16 * values.length);
            if (w == 0) {
                asm.mri(op, mem, k & 15, (int) values[k >> 4]);
            } else {
                asm.mri(op, w, mem, k & 15, (int) values[k >> 4]);
            }
            return k;
        }, (k, address) -> op.mnemonic() + " " + address + ", "
                + IntelText.register(regClass(f), w, k & 15) + ", " + immediate(f, w, values[k >> 4]));
    }

    private void rvmi(long f) {
        for (int d : SOME_REGISTERS) {
            for (int a : SOME_REGISTERS) {
                for (int b : SOME_REGISTERS) {
                    int imm = next(256);
                    start();
                    asm.rrri(op, d, a, b, imm);
                    String last = IntelText.register(rmClass(f), 0, b) + ", " + IntelText.hex(imm);
                    check(op.mnemonic() + " xmm" + d + ", xmm" + a + ", " + last);
                }
            }
        }
        memory(mem -> {
            int k = next(1 << 16);
            asm.rrmi(op, k >> 12, k >> 8 & 15, mem, k & 255);
            return k;
        }, (k, address) -> op.mnemonic() + " xmm" + (k >> 12) + ", xmm" + (k >> 8 & 15) + ", " + address + ", " + IntelText.hex(k & 255));
    }

    private void rvmr(long f) {
        for (int d : SOME_REGISTERS) {
            for (int a : SOME_REGISTERS) {
                for (int b : SOME_REGISTERS) {
                    int c = next(16);
                    start();
                    asm.rrrr(op, d, a, b, c);
                    check(op.mnemonic() + " xmm" + d + ", xmm" + a + ", xmm" + b + ", xmm" + c);
                }
            }
        }
        memory(mem -> {
            int k = next(1 << 12);
            asm.rrmr(op, k >> 8, k >> 4 & 15, mem, k & 15);
            return k;
        }, (k, address) -> op.mnemonic() + " xmm" + (k >> 8) + ", xmm" + (k >> 4 & 15) + ", " + address + ", xmm" + (k & 15));
    }

    private void zo(int w) {
        String accumulator = w == 0 ? "" : IntelText.gpr(w, Reg.RAX);
        String suffix = switch (w) {
            case 8 -> "b";
            case 16 -> "w";
            case 32 -> "d";
            default -> "q";
        };
        start();
        if (w == 0) {
            asm.op(op);
        } else {
            asm.op(op, w);
        }
        check(switch (op) {
            case IN_DX -> "in " + accumulator + ", dx";
            case OUT_DX -> "out dx, " + accumulator;
            case MOVS, STOS -> op.mnemonic() + suffix;
            default -> op.mnemonic();
        });
        if (op == Op.MOVS || op == Op.STOS) {
            start();
            asm.rep().op(op, w);
            check("rep " + op.mnemonic() + suffix);
        }
    }

    private void o(long f, int w) {
        for (int a = 0; a < 16; a++) {
            start();
            if (w == 0) {
                asm.r(op, a);
            } else {
                asm.r(op, w, a);
            }
            check(op.mnemonic() + " " + IntelText.register(rmClass(f), w, a));
        }
    }

    private void oi(int w) {
        long[] wide = {0x8000_0000L, 0xffff_ffffL, 0x1_0000_0000L, -0x8000_0001L, 0x1234_5678_9abc_def0L, Long.MIN_VALUE, Long.MAX_VALUE};
        for (int a = 0; a < 16; a++) {
            for (long value : w == 64 ? wide : immediates(op.form((int) (MI >>> SLOT)), w)) {
                start();
                asm.ri(op, w, a, value);
                int shown = w == 64 && value >>> 32 == 0 ? 32 : w;
                check("mov " + IntelText.gpr(shown, a) + ", " + IntelText.immediate(shown, value));
            }
        }
    }

    private void acc(long f, int w) {
        long value = w == 8 ? 5 : 0x1234;
        start();
        asm.ri(op, w, Reg.RAX, value);
        check(op.mnemonic() + " " + IntelText.gpr(w, Reg.RAX) + ", " + IntelText.hex(value));
        int prefixes = w == 16 || w == 64 ? 1 : 0;
        assertEquals(w == 8 ? opcode(f) & ~1 : opcode(f), asm.code().array()[prefixes] & 0xff, op + ": short form not used");
    }

    private void one(long f, int w) {
        start();
        asm.ri(op, w, Reg.RAX, 1);
        int prefixes = w == 16 || w == 64 ? 1 : 0;
        assertEquals(w == 8 ? opcode(f) & ~1 : opcode(f), asm.code().array()[prefixes] & 0xff, op + ": short form not used");
        check(op.mnemonic() + " " + IntelText.gpr(w, Reg.RAX) + ", 0x01");
    }

    private void i(long f, int w) {
        for (long value : immediates(f, w)) {
            start();
            if (w == 0) {
                asm.i(op, (int) value);
            } else {
                asm.i(op, w, (int) value);
            }
            String accumulator = IntelText.gpr(w, Reg.RAX);
            String shown = op == Op.PUSH ? IntelText.hex(value) : immediate(f, w, value);
            check(switch (op) {
                case IN -> "in " + accumulator + ", " + shown;
                case OUT -> "out " + shown + ", " + accumulator;
                default -> op.mnemonic() + " " + shown;
            });
        }
    }

    // Operands.

    private interface Emit {
        /** Emits the instruction with a memory operand and some choice of the other operands, which is returned as a number. */
        int emit(long mem);
    }

    private interface Text {
        String of(int choice, String address);
    }

    /** All kinds of memory operand, with all registers. */
    private void memory(Emit emit, Text text) {
        for (int base = 0; base < 16; base++) {
            for (int disp : DISPLACEMENTS) {
                memory(emit, text, Mem.at(base, disp), "[" + IntelText.gpr(64, base) + IntelText.displacement(disp) + "]");
            }
            for (int index = 0; index < 16; index++) {
                int scale = index == Reg.RSP ? 1 : 1 << next(4);
                if (index == Reg.RSP && base == Reg.RSP) {
                    continue;
                }
                int disp = DISPLACEMENTS[next(DISPLACEMENTS.length)];
                String b = IntelText.gpr(64, base);
                String i = IntelText.gpr(64, index);
                String direct = "[" + b + "+" + i + "*" + scale + IntelText.displacement(disp) + "]";
                String swapped = scale == 1 ? "[" + i + "+" + b + "*1" + IntelText.displacement(disp) + "]" : direct;
                start();
                int choice = emit.emit(Mem.at(base, index, scale, disp));
                check(text.of(choice, direct), text.of(choice, swapped));
            }
        }
        for (int index = 0; index < 16; index++) {
            if (index != Reg.RSP) {
                int scale = 2 << next(3);
                int disp = DISPLACEMENTS[next(DISPLACEMENTS.length)];
                String address = "[" + IntelText.gpr(64, index) + "*" + scale + IntelText.displacement(disp) + "]";
                memory(emit, text, Mem.index(index, scale, disp), address);
            }
        }
        for (int disp : new int[] {0, 0x1000, -8}) {
            memory(emit, text, Mem.absolute(disp), "[" + IntelText.address(disp) + "]");
        }
        if (op != Op.LEA) {
            memory(emit, text, Mem.fs(Mem.absolute(-8)), "fs:[" + IntelText.address(-8) + "]");
            memory(emit, text, Mem.gs(Mem.at(Reg.R13, 8)), "gs:[r13+0x08]");
            memory(emit, text, Mem.fs(Mem.at(Reg.RBX, Reg.R9, 4, 8)), "fs:[rbx+r9*4+0x08]");
        }
        memory(emit, text, Mem.plus(Mem.at(Reg.RBX, 4), 4), "[rbx+0x08]");
        for (int distance : new int[] {0, -0x1000, 0x7000_0000}) {
            memory(emit, text, Mem.rip(BASE + distance), "[" + IntelText.address(BASE + distance) + "]");
        }
        start();
        int label = asm.newLabel();
        int choice = emit.emit(Mem.label(label, 3));
        int end = asm.position();
        asm.bind(label);
        check(end, text.of(choice, "[" + IntelText.address(BASE + end + 3) + "]"));
    }

    private void memory(Emit emit, Text text, long mem, String address) {
        start();
        int choice = emit.emit(mem);
        check(text.of(choice, address));
    }

    private static int[] registers(int operandClass) {
        if (operandClass == CR) {
            return new int[] {0, 2, 3, 4, 8};
        }
        int[] all = new int[16];
        for (int i = 0; i < 16; i++) {
            all[i] = i;
        }
        return all;
    }

    private static long[] immediates(long f, int w) {
        long kind = f & IMMEDIATE;
        int bits = kind == IB ? 8 : kind == IW ? 16 : w == 0 ? 32 : w;
        if (bits == 8) {
            long[] values = new long[BYTE_VALUES.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = BYTE_VALUES[i];
            }
            return values;
        }
        int n = 0;
        long[] values = new long[VALUES.length];
        for (long value : VALUES) {
            if (bits > 16 || value == (short) value) {
                values[n++] = value;
            }
        }
        return java.util.Arrays.copyOf(values, n);
    }

    private static String immediate(long f, int w, long value) {
        long kind = f & IMMEDIATE;
        return IntelText.immediate(kind == IB ? 8 : kind == IW ? 16 : w, value);
    }

    private static String lock(boolean lock) {
        return lock ? "lock " : "";
    }

    /** Numbers below {@code n}, in turn. */
    private int next(int n) {
        turn = turn * 1664525 + 1013904223;
        return (turn >>> 8) % n;
    }

    // Comparison.

    private void start() {
        asm.reset(BASE);
    }

    private void check(String expected) {
        check(asm.position(), expected);
    }

    private void check(int length, String expected) {
        check(length, expected, expected);
    }

    private void check(String expected, String alternative) {
        check(asm.position(), expected, alternative);
    }

    private void check(int length, String expected, String alternative) {
        byte[] bytes = asm.code().array();
        Zydis.Instruction read = Zydis.disassemble(bytes, 0, length, BASE);
        assertNotNull(read, () -> "no instruction, wanted " + expected);
        String text = withoutSize(read.text());
        if (!text.equals(alternative)) {
            assertEquals(expected, text);
        }
        assertEquals(length, read.length(), expected);
        oracle.decode(bytes, length);
        if (expected.endsWith("]") || expected.contains("],")) {
            int readBits = oracle.memoryBits();
            assertEquals(memoryBits == 0 ? readBits : memoryBits, readBits, expected + ": bits of the memory operand");
        } else {
            assertEquals(-1, oracle.memoryBits(), expected);
        }
        int shortest = oracle.shortest();
        if (shortest != 0 && length > shortest && op != Op.XCHG) {
            fail(expected + " takes " + length + " bytes, Zydis needs " + shortest);
        }
        checked++;
    }

    /** The text without the size of the memory operand: Zydis shows it by rules of its own. */
    private static String withoutSize(String text) {
        int ptr = text.indexOf(" ptr ");
        return ptr < 0 ? text : text.substring(0, text.lastIndexOf(' ', ptr - 1) + 1) + text.substring(ptr + 5);
    }
}
