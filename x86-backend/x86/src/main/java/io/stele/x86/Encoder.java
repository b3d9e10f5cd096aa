package io.stele.x86;

import static io.stele.x86.Form.*;

/** From a {@link Form} and operands to bytes: the one encoder of all instructions. */
abstract class Encoder {
    /** EVEX.R' and EVEX.V', which are inverted: the vector registers are among the lower sixteen. */
    private static final int EVEX_LOW_REGISTERS = 0x10;
    /** Last byte of EVEX: V', neither length, mask, zeroing nor broadcast. */
    private static final byte EVEX_128 = 8;

    final CodeBuffer code;
    final Labels labels;

    Encoder(CodeBuffer code) {
        this.code = code;
        labels = new Labels(code);
    }

    /** The form of {@code op} in the slot of {@code kind}. */
    static long form(Op op, long kind, int w) {
        long f = TABLE[op.ordinal() * SLOTS + slot(kind)];
        checkWidth(op, f, w);
        return f;
    }

    /** A form with a condition in its opcode. */
    static long conditional(Op op, long kind, int w, int cc) {
        checkCondition(cc);
        return form(op, kind, w) | cc;
    }

    static void checkCondition(int cc) {
        if ((cc & 15) != cc) {
            throw new IllegalArgumentException("condition " + cc);
        }
    }

    static void checkWidth(Op op, long f, int w) {
        int widths = widths(f);
        if (f == 0 || (w == 0 ? widths != 0 : (w & w - 1) != 0 || (widths & w >>> 3) == 0)) {
            throw missing(op, f == 0 ? "these operands" : "this operand width", w);
        }
    }

    static IllegalArgumentException missing(Op op, String what, int w) {
        return new IllegalArgumentException(op + " has no form with " + what + (w == 0 ? "" : ", width " + w));
    }

    /** Checks that the immediate fits and returns its low 32 bits, sign-extended from the operand width. */
    static int immediate(long f, int w, long imm) {
        long kind = f & IMMEDIATE;
        int bits = kind == IB ? 8 : kind == IW ? 16 : w == 0 || w > 32 ? 32 : w;
        boolean fits = bits == 32 && w != 32 ? imm == (int) imm : imm >= -1L << bits - 1 && imm < 1L << bits;
        if (!fits) {
            throw new IllegalArgumentException("immediate 0x" + Long.toHexString(imm) + " does not fit in " + bits + " bits");
        }
        return bits == 8 ? (byte) imm : bits == 16 ? (short) imm : (int) imm;
    }

    /** The form with the sign-extended 8-bit immediate if the value allows. */
    static long narrowed(long f, int w, int value) {
        return (f & IMMEDIATE) == ISX && w != 8 && value == (byte) value ? f | 2 : f;
    }

    static int immediateBytes(long f, int w, int value) {
        long kind = f & IMMEDIATE;
        if (kind == IB || w == 8 || kind == ISX && value == (byte) value) {
            return 1;
        }
        return kind == IW || w == 16 ? 2 : 4;
    }

    final void putImmediate(long f, int w, int value) {
        switch (immediateBytes(f, w, value)) {
            case 1 -> code.put8(value);
            case 2 -> code.put16(value);
            default -> code.put32(value);
        }
    }

    static int displacement(long target, long from) {
        long distance = target - from;
        if (distance != (int) distance) {
            throw new IllegalArgumentException(
                    "0x" + Long.toHexString(target) + " is out of reach of a 32-bit displacement at 0x" + Long.toHexString(from));
        }
        return (int) distance;
    }

    /** The union of register numbers must be one. */
    static void checkRegisters(int registers) {
        if ((registers & 15) != registers) {
            throw new IllegalArgumentException("no such register");
        }
    }

    /** Prefixes, opcode and a ModRM byte that names the register {@code rm}. */
    final void register(long f, int w, int reg, int v, int rm) {
        checkRegisters(reg | v | rm);
        if (is(f, MEM_ONLY)) {
            throw new IllegalArgumentException("opcode 0x" + Integer.toHexString(opcode(f)) + " needs a memory operand");
        }
        byte[] b = code.room();
        int p = code.position;
        if ((f & LONG_HEAD) == 0 & w >= 32 & rmClass(f) != G8) {
            int rex = (w & 64) >> 3 | (reg & 8) >> 1 | (rm & 8) >> 3;
            if (rex != 0) {
                b[p++] = (byte) (0x40 | rex);
            }
            b[p++] = (byte) f;
        } else {
            p = head(b, p, f, w, reg, v, 0, rm, needsRex(f, w, reg, rm));
        }
        b[p] = (byte) (0xc0 | (reg & 7 | digit(f)) << 3 | rm & 7);
        code.position = p + 1;
    }

    /** Prefixes, opcode, ModRM, SIB and displacement; {@code trailing} bytes of immediate follow. */
    final void memory(long f, int w, int reg, int v, long mem, int trailing) {
        checkRegisters(reg | v);
        if (is(f, REG_ONLY)) {
            throw new IllegalArgumentException("opcode 0x" + Integer.toHexString(opcode(f)) + " needs a register operand");
        }
        byte[] b = code.room();
        int p = code.position;
        if ((f & LONG_HEAD) != 0 | w < 32 | mem >>> Mem.SEGMENT != (long) Mem.KIND_BASE << Mem.KIND - Mem.SEGMENT) {
            anyMemory(b, f, w, reg, v, mem, trailing);
            return;
        }
        // What most instructions are: at most REX, one byte of opcode, a base register and a displacement.
        int base = (int) (mem >>> Mem.BASE) & 15;
        int disp = (int) mem;
        int rex = (w & 64) >> 3 | (reg & 8) >> 1 | (base & 8) >> 3;
        if (rex != 0) {
            b[p++] = (byte) (0x40 | rex);
        }
        b[p] = (byte) f;
        int mod = mod(base, disp, 0);
        b[p + 1] = (byte) (mod | (reg & 7 | digit(f)) << 3 | base & 7);
        p += 2;
        if ((base & 7) == Reg.RSP) {
            b[p++] = 0x24;
        }
        code.position = displacement(b, p, mod, disp, 0);
    }

    private void anyMemory(byte[] b, long f, int w, int reg, int v, long mem, int trailing) {
        int p = code.position;
        int segment = (int) (mem >>> Mem.SEGMENT) & 3;
        if (segment != 0) {
            b[p++] = (byte) (0x63 + segment);
        }
        boolean bareRex = needsRex(f, w, reg, 0);
        int regBits = (reg & 7 | digit(f)) << 3;
        int base = (int) (mem >>> Mem.BASE) & 15;
        int index = (int) (mem >>> Mem.INDEX) & 15;
        int disp = (int) mem;
        int scale = displacementScale(f);
        switch ((int) (mem >>> Mem.KIND)) {
            case Mem.KIND_BASE -> {
                p = head(b, p, f, w, reg, v, 0, base, bareRex);
                int mod = mod(base, disp, scale);
                b[p++] = (byte) (mod | regBits | base & 7);
                if ((base & 7) == Reg.RSP) {
                    b[p++] = 0x24;
                }
                p = displacement(b, p, mod, disp, scale);
            }
            case Mem.KIND_BASE_INDEX -> {
                p = head(b, p, f, w, reg, v, index, base, bareRex);
                int mod = mod(base, disp, scale);
                b[p++] = (byte) (mod | regBits | 4);
                b[p++] = (byte) (mem >>> Mem.SCALE << 6 | (index & 7) << 3 | base & 7);
                p = displacement(b, p, mod, disp, scale);
            }
            case Mem.KIND_INDEX -> {
                p = head(b, p, f, w, reg, v, index, 0, bareRex);
                b[p++] = (byte) (regBits | 4);
                b[p++] = (byte) (mem >>> Mem.SCALE << 6 | (index & 7) << 3 | 5);
                CodeBuffer.write32(b, p, disp);
                p += 4;
            }
            case Mem.KIND_ABSOLUTE -> {
                p = head(b, p, f, w, reg, v, 0, 0, bareRex);
                b[p++] = (byte) (regBits | 4);
                b[p++] = 0x25;
                CodeBuffer.write32(b, p, disp);
                p += 4;
            }
            case Mem.KIND_RIP -> {
                p = head(b, p, f, w, reg, v, 0, 0, bareRex);
                b[p++] = (byte) (regBits | 5);
                CodeBuffer.write32(b, p, displacement(mem << 16 >> 16, code.baseAddress() + p + 4 + trailing));
                p += 4;
            }
            case Mem.KIND_LABEL -> {
                p = head(b, p, f, w, reg, v, 0, 0, bareRex);
                b[p++] = (byte) (regBits | 5);
                CodeBuffer.write32(b, p, disp - trailing);
                code.position = p + 4;
                labels.refer((int) (mem >>> Mem.BASE) & Mem.LABELS, p, Labels.REL32);
                return;
            }
            default -> throw new IllegalArgumentException("not a memory operand: 0x" + Long.toHexString(mem));
        }
        code.position = p;
    }

    /** ModRM.mod in place for a base register and a displacement, whose byte counts 1 << scale. */
    private static int mod(int base, int disp, int scale) {
        if (disp == 0 && (base & 7) != Reg.RBP) {
            return 0;
        }
        return disp == (byte) (disp >> scale) << scale ? 0x40 : 0x80;
    }

    private static int displacement(byte[] b, int p, int mod, int disp, int scale) {
        if (mod == 0x40) {
            b[p] = (byte) (disp >> scale);
            return p + 1;
        }
        if (mod == 0x80) {
            CodeBuffer.write32(b, p, disp);
            return p + 4;
        }
        return p;
    }

    /** Everything up to the opcode, including it: legacy prefixes and REX, VEX or EVEX. Registers extend it with their bit 3. */
    static int head(byte[] b, int position, long f, int w, int reg, int v, int index, int rm, boolean bareRex) {
        int p = position;
        if ((f & LONG_HEAD) == 0 & w >= 32) {
            int rex = (w & 64) >> 3 | (reg & 8) >> 1 | (index & 8) >> 2 | (rm & 8) >> 3;
            if (rex != 0) {
                b[p++] = (byte) (0x40 | rex);
            }
            b[p++] = (byte) f;
            return p;
        }
        boolean wide = w == 64 | is(f, W1);
        int map = map(f);
        if (is(f, VEX)) {
            int last = (~v & 15) << 3 | prefix(f);
            if (is(f, EVEX)) {
                b[p++] = 0x62;
                b[p++] = (byte) ((~reg & 8) << 4 | (~index & 8) << 3 | (~rm & 8) << 2 | EVEX_LOW_REGISTERS | map);
                b[p++] = (byte) (wide ? last | 0x84 : last | 4);
                b[p++] = EVEX_128;
            } else if (!wide & map == 1 & (index | rm) < 8) {
                b[p++] = (byte) 0xc5;
                b[p++] = (byte) ((~reg & 8) << 4 | last);
            } else {
                b[p++] = (byte) 0xc4;
                b[p++] = (byte) ((~reg & 8) << 4 | (~index & 8) << 3 | (~rm & 8) << 2 | map);
                b[p++] = (byte) (wide ? last | 0x80 : last);
            }
            b[p++] = (byte) f;
            return p;
        }
        if (w == 16) {
            b[p++] = 0x66;
        }
        int prefix = prefix(f);
        if (prefix != 0) {
            b[p++] = (byte) (prefix == 1 ? 0x66 : prefix == 2 ? 0xf3 : 0xf2);
        }
        int rex = (wide ? 8 : 0) | (reg & 8) >> 1 | (index & 8) >> 2 | (rm & 8) >> 3;
        if (rex != 0 | bareRex) {
            b[p++] = (byte) (0x40 | rex);
        }
        if (map != 0) {
            b[p++] = 0x0f;
            if (map != 1) {
                b[p++] = (byte) (map == 2 ? 0x38 : 0x3a);
            }
        }
        b[p++] = (byte) (w == 8 & is(f, WBIT) ? f & ~1 : f);
        return p;
    }

    /**
     * True if the registers in ModRM.reg and ModRM.rm include spl, bpl, sil or dil: without REX their numbers mean ah, ch, dh, bh. Memory
     * operands pass 0 for rm.
     */
    static boolean needsRex(long f, int w, int reg, int rm) {
        int rmClass = rmClass(f);
        if (w >= 32 & rmClass != G8) {
            return false;
        }
        int regClass = regClass(f);
        return (reg & 12) == 4 & w == 8 & regClass == GW || (rm & 12) == 4 & (rmClass == G8 | w == 8 & rmClass == GW);
    }

    // From operands to forms. They are inlined into the assembler's methods, which are not inlined themselves.

    final void noOperands(Op op, int w) {
        long f = form(op, ZO, w);
        byte[] b = code.room();
        int p = head(b, code.position, f, w, 0, 0, 0, 0, false);
        int trailer = trailer(f);
        if (trailer != 0) {
            b[p++] = (byte) trailer;
        }
        code.position = p;
    }

    final void single(Op op, int w, int reg) {
        checkRegisters(reg);
        long f = op.form(slot(O));
        if (f == 0) {
            register(form(op, M, w), w, 0, 0, reg);
            return;
        }
        checkWidth(op, f, w);
        byte[] b = code.room();
        code.position = head(b, code.position, f | reg & 7, w, 0, 0, 0, reg, false);
    }

    final void onlyImmediate(Op op, int w, int imm) {
        long f = form(op, I, w);
        int value = immediate(f, w, imm);
        byte[] b = code.room();
        code.position = head(b, code.position, narrowed(f, w, value), w, 0, 0, 0, 0, false);
        putImmediate(f, w, value);
    }

    final void accumulator(long f, int w, int value) {
        byte[] b = code.room();
        code.position = head(b, code.position, f, w, 0, 0, 0, 0, false);
        putImmediate(f, w, value);
    }

    final void loadImmediate(Op op, int w, int dst, long imm) {
        checkRegisters(dst);
        long f = op.form(slot(OI));
        checkWidth(op, f, w);
        int value = (int) imm;
        if (w == 64 && value == imm && value < 0) {
            register(op.form(slot(MI)), 64, 0, 0, dst);
            code.put32(value);
            return;
        }
        byte[] b = code.room();
        if (w == 64 && imm >>> 32 != 0) {
            code.position = head(b, code.position, f | dst & 7, 64, 0, 0, 0, dst, false);
            code.put64(imm);
            return;
        }
        int width = w == 64 ? 32 : w;
        immediate(op.form(slot(MI)), width, imm);
        code.position = head(b, code.position, (w == 8 ? f ^ 8 : f) | dst & 7, width, 0, 0, 0, dst, needsRex(f, w, 0, dst));
        putImmediate(op.form(slot(MI)), width, value);
    }

    final void twoRegisters(Op op, int w, int dst, int src) {
        long f = op.form(slot(RM));
        boolean shorter = src > 7 && dst < 8 && is(f, VEX) && op.form(slot(MR)) != 0;
        if (f == 0 || is(f, MEM_ONLY) || shorter) {
            register(form(op, MR, w), w, src, 0, dst);
            return;
        }
        checkWidth(op, f, w);
        if (is(f, VD)) {
            register(f, w, 0, dst, src);
        } else {
            register(f, w, dst, 0, src);
        }
    }

    final void registerMemory(Op op, int w, int dst, long mem) {
        long f = op.form(slot(RM));
        checkWidth(op, f, w);
        if (is(f, VD)) {
            memory(f, w, 0, dst, mem, 0);
        } else {
            memory(f, w, dst, 0, mem, 0);
        }
    }

    final void twoRegistersImmediate(Op op, int w, int dst, int src, int imm) {
        long f = op.form(slot(RMI));
        if (f == 0) {
            f = form(op, MRI, w);
            int value = immediate(f, w, imm);
            register(f, w, src, 0, dst);
            putImmediate(f, w, value);
            return;
        }
        checkWidth(op, f, w);
        int value = immediate(f, w, imm);
        if (is(f, VD)) {
            register(f, w, 0, dst, src);
        } else {
            register(narrowed(f, w, value), w, dst, 0, src);
        }
        putImmediate(f, w, value);
    }

    final void threeRegisters(Op op, int w, int dst, int a, int b) {
        long f = form(op, RVM, w);
        long store = op.form(slot(MR));
        if (is(f, V3)) {
            register(f, w, dst, b, a);
        } else if (store != 0 && is(f, REG_ONLY) && b > 7 && dst < 8) {
            register(store & ~MEM_ONLY, w, b, a, dst);
        } else {
            register(f, w, dst, a, b);
        }
    }
}
