package io.stele.codegen;

import io.stele.ir.IrBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A random straight-line guest program with side exits, kept as data so that it can be sent to the builder and the evaluator. */
final class RandomProgram {
    static final int REGISTERS = 31;
    static final int X = 0;
    static final int V = 288;
    static final int VECTORS = 32;
    /** Registers that hold addresses of data and are never written. */
    static final int DATA_REGISTERS = 3;

    /** Operations: name, result (R bits of width W, S bits(64), F flags, C cond, V vec), parameters. Lower case parameters are fixed. */
    private static final String[] INTEGER = {
        "add R wRR", "sub R wRR", "mul R wRR", "and R wRR", "or R wRR", "xor R wRR", "andn R wRR", "not R wR", "neg R wR",
        "shl R wRR", "lshr R wRR", "ashr R wRR", "ror R wRR", "umulh S SS", "smulh S SS", "udiv R wRR", "sdiv R wRR", "clz R wR", "cls R wR",
        "rbit R wR", "add R wRR", "sub R wRR", "and R wRR", "pageAddress S o",
    };
    private static final String[] VECTOR = {
        "vand V VV", "vor V VV", "vxor V VV", "vandn V VV", "vorn V VV", "vnot V V", "vbsl V VVV", "vadd V eVV", "vsub V eVV", "vneg V eV",
        "vabs V eV", "vmul V dVV", "vsmax V dVV", "vsmin V dVV", "vumax V dVV", "vumin V dVV", "vcmpeq V eVV", "vcmpgt V eVV", "vcmpge V eVV",
        "vcmphi V eVV", "vcmphs V eVV", "vcmptst V eVV", "vsqadd V eVV", "vuqadd V eVV", "vsqsub V eVV", "vuqsub V eVV", "vurhadd V hVV",
        "vuabd V dVV", "vsabd V dVV", "vaddp V eVV", "vumaxp V dVV", "vuminp V dVV", "vsmaxp V dVV", "vsminp V dVV", "vzip1 V eVV",
        "vzip2 V eVV", "vuzp1 V eVV", "vuzp2 V eVV", "vtrn1 V eVV", "vtrn2 V eVV", "vcnt V V", "vnarrow V dV", "vwidenU V dV",
        "vwidenS V dV", "vhigh64 V V", "vlow64 V V", "vcombine V VV", "vmullU V dVV", "vmullS V dVV", "vdup V eS", "vscalar V eS",
        "vushl V eVV", "vsshl V eVV", "vurshl V eVV", "vsrshl V eVV", "vuqshl V eVV", "vsqshl V eVV", "vuqrshl V eVV", "vsqrshl V eVV",
        "vsuqadd V eVV", "vusqadd V eVV", "vsqabs V eV", "vsqneg V eV", "vsqdmulh V gVV", "vsqrdmulh V gVV", "vsqdmull V gVV",
        "vsqnarrow V dV", "vsqnarrowU V dV", "vuqnarrow V dV", "vclz V dV", "vcls V dV", "vrbit V V", "vpmul V VV", "vpmull V bVV",
    };

    private static final String[] CRYPTO = {
        "vaese V VV", "vaesd V VV", "vaesmc V V", "vaesimc V V", "vxor V VV", "vclmul V VVz", "vsha1 V kVVV", "vsha256h V VVV", "vsha256h2 V VVV",
        "vsha256su0 V VV", "vsha256su1 V VVV", "vsm4sub V V",
    };
    /** So few that instructions often go on with the result of the one before. */
    private static final int CRYPTO_VECTORS = 4;

    private static final String[] FLOAT = {
        "fadd", "fsub", "fmul", "fdiv", "fmax", "fmin", "fmaxnm", "fminnm", "fnmul", "fsqrt", "fabs", "fneg", "fmadd", "fcompare", "fcvt",
        "fround", "fToInt", "intToF", "fselect", "vfadd", "vfsub", "vfmul", "vfdiv", "vfmax", "vfmin", "vfsqrt", "vfabs", "vfneg", "vfmadd",
        "vfcmpeq", "vfcmpge", "vfcmpgt", "vintToF", "vfToInt", "vfround", "vfwiden", "vfnarrow", "vfrecpe", "vfrsqrte", "vfrecps",
        "vfrsqrts", "vfmulx", "vfrecpx", "vurecpe", "vursqrte", "vdupLane",
    };

    /** One guest instruction: an operation kind with its fixed parameters; registers are numbers. */
    record Instruction(String kind, String name, long[] p) {}

    final List<Instruction> code = new ArrayList<>();
    private final Random random;

    /** What the instructions of a program are about. */
    enum Theme { INTEGER, VECTOR, FLOAT, CRYPTO }

    RandomProgram(long seed, int length, Theme theme) {
        random = new Random(seed);
        for (int i = 0; i < length; i++) {
            code.add(next(theme));
        }
    }

    private int register() {
        return DATA_REGISTERS + random.nextInt(REGISTERS - DATA_REGISTERS);
    }

    private int source() {
        return random.nextInt(REGISTERS);
    }

    private Instruction next(Theme theme) {
        int w = random.nextBoolean() ? 64 : 32;
        int choice = random.nextInt(100);
        if (theme == Theme.VECTOR && choice < 45) {
            return vector();
        }
        if (theme == Theme.CRYPTO && choice < 80) {
            return cryptography();
        }
        if (theme == Theme.FLOAT && choice < 60) {
            return new Instruction("float", FLOAT[random.nextInt(FLOAT.length)], new long[] {random.nextBoolean() ? 64 : 32,
                random.nextInt(VECTORS), random.nextInt(VECTORS), random.nextInt(VECTORS), random.nextInt(VECTORS), register(),
                random.nextBoolean() ? 64 : 32, random.nextInt(16)});
        }
        if (choice < 50) {
            String op = INTEGER[random.nextInt(INTEGER.length)];
            return new Instruction("op", op, new long[] {w, register(), source(), source(), source(), constantOrZero(), random.nextInt(5)});
        }
        if (choice < 58) {
            String[] names = {"adds", "subs", "subs", "ands"};
            return new Instruction("flags", names[random.nextInt(4)],
                new long[] {w, random.nextInt(3) == 0 ? -1 : register(), source(), source(), 0, constantOrZero(), random.nextInt(3)});
        }
        if (choice < 62) {
            String[] names = {"adc", "sbc", "adcs", "sbcs"};
            return new Instruction("carry", names[random.nextInt(4)], new long[] {w, register(), source(), source()});
        }
        if (choice < 66) {
            return new Instruction("select", "", new long[] {w, register(), source(), source(), random.nextInt(14), random.nextInt(3)});
        }
        if (choice < 69) {
            return new Instruction("ccmp", random.nextBoolean() ? "subs" : random.nextBoolean() ? "adds" : "ands",
                new long[] {w, source(), source(), random.nextInt(14), random.nextInt(16), constantOrZero(), random.nextInt(2)});
        }
        if (choice < 73) {
            return new Instruction("field", new String[] {"ubfx", "sbfx", "bfi", "extract", "ror", "shl", "lshr", "ashr", "addShifted"}[random.nextInt(9)],
                new long[] {w, register(), source(), source(), random.nextInt(w), random.nextInt(64)});
        }
        if (choice < 76) {
            return new Instruction("extend", new String[] {"zext", "sext", "rev", "trunc"}[random.nextInt(4)],
                new long[] {w, register(), source(), random.nextInt(3)});
        }
        if (choice < 79) {
            return new Instruction("exit", "", new long[] {w, source(), source(), random.nextInt(8), random.nextInt(64), random.nextInt(14)});
        }
        if (choice < 82) {
            return new Instruction("nzcv", random.nextBoolean() ? "get" : "set", new long[] {register(), source()});
        }
        if (choice < 84) {
            return new Instruction("cset", "", new long[] {w, register(), source(), source(), random.nextInt(8)});
        }
        if (choice < 87) {
            return new Instruction("atomic", "", new long[] {1 << random.nextInt(4), register(), register(), random.nextInt(9),
                random.nextInt(DATA_REGISTERS), 8 * random.nextInt(64), random.nextInt(2)});
        }
        if (choice < 89) {
            return new Instruction("cas", "", new long[] {1 << random.nextInt(4), register(), register(), register(),
                random.nextInt(DATA_REGISTERS), 16 * random.nextInt(32), random.nextInt(4), register()});
        }
        if (choice < 91) {
            return new Instruction("exclusive", "", new long[] {1 << random.nextInt(4), register(), register(), register(),
                random.nextInt(DATA_REGISTERS), 16 * random.nextInt(32), random.nextInt(4), register()});
        }
        return new Instruction(random.nextBoolean() ? "load" : "store", "",
            new long[] {1 << random.nextInt(4), register(), random.nextInt(DATA_REGISTERS), random.nextInt(4096) - 2048, random.nextInt(2), w});
    }

    private long constantOrZero() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextInt(256);
            case 1 -> random.nextInt();
            case 2 -> random.nextLong();
            case 3 -> 1L << random.nextInt(64);
            default -> (1L << random.nextInt(64)) - 1;
        };
    }

    private Instruction cryptography() {
        long[] p = new long[7];
        for (int i = 0; i < 4; i++) {
            p[i] = random.nextInt(CRYPTO_VECTORS);
        }
        p[4] = random.nextInt(6);
        p[5] = random.nextInt(4);
        p[6] = register();
        return random.nextInt(8) == 0 ? new Instruction("crc32", "", p)
            : new Instruction("vop", CRYPTO[random.nextInt(CRYPTO.length)], p);
    }

    private Instruction vector() {
        int kind = random.nextInt(10);
        long[] p = new long[8];
        p[0] = random.nextInt(VECTORS);
        p[1] = random.nextInt(VECTORS);
        p[2] = random.nextInt(VECTORS);
        p[3] = random.nextInt(VECTORS);
        p[4] = random.nextInt(4);
        p[5] = random.nextInt(128);
        p[6] = register();
        p[7] = random.nextInt(128);
        if (kind < 6) {
            return new Instruction("vop", VECTOR[random.nextInt(VECTOR.length)], p);
        }
        if (kind < 8) {
            String[] names = {"vshl", "vushr", "vsshr", "vurshr", "vsrshr", "vsqshlu", "vext", "vextract", "vextractSigned", "vinsert", "vinsertLane", "vdupLane", "vrev",
                "vaddAcross", "vumaxAcross", "vuminAcross", "vsmaxAcross", "vsminAcross", "vconst", "vtable"};
            return new Instruction("vimm", names[random.nextInt(names.length)], p);
        }
        return new Instruction(kind == 8 ? "vload" : "vstore", "", p);
    }

    /** Makes a block of it. */
    void build(IrBuilder builder) {
        Machine toBuilder = new Machine(builder);
        builder.reset(0, 0, 1);
        for (int i = 0; i < code.size() && !builder.ended(); i++) {
            emit(i, toBuilder);
        }
        if (!builder.ended()) {
            builder.beginInstruction(4 * code.size(), 0);
            builder.jump(4 * code.size() + 4000);
        }
    }

    /** Sends instruction number {@code index} to a machine. */
    void emit(int index, Machine m) {
        Instruction ins = code.get(index);
        long[] p = ins.p();
        m.call("beginInstruction", 4 * index, index);
        switch (ins.kind()) {
            case "op" -> operation(m, ins);
            case "flags" -> flags(m, ins);
            case "carry" -> {
                Object r = m.call(ins.name(), p[0], reg(m, p[0], p[2]), reg(m, p[0], p[3]), m.call("readFlags"));
                write(m, p[0], p[1], r);
                if (ins.name().endsWith("s")) {
                    m.call("writeFlags", m.call("flagsOf", r));
                }
            }
            case "select" -> {
                Object a = reg(m, p[0], p[2]);
                Object b = reg(m, p[0], p[3]);
                Object c = m.call("test", p[4], m.call("readFlags"));
                if (p[5] == 1) {
                    b = m.call("add", p[0], b, m.call("constant", p[0], 1));
                } else if (p[5] == 2) {
                    b = m.call("not", p[0], b);
                }
                write(m, p[0], p[1], m.call("select", p[0], c, a, b));
            }
            case "ccmp" -> {
                Object c = m.call("test", p[3], m.call("readFlags"));
                Object b = p[6] == 0 ? reg(m, p[0], p[2]) : m.call("constant", p[0], p[5]);
                Object r = m.call(ins.name(), p[0], reg(m, p[0], p[1]), b);
                m.call("writeFlags", m.call("selectFlags", c, m.call("flagsOf", r), m.call("constantFlags", p[4])));
            }
            case "field" -> field(m, ins);
            case "extend" -> extend(m, ins);
            case "exit" -> m.call("jumpIf", condition(m, p[0], p[1], p[2], p[3], p[4], p[5]), 4 * (index % 7 == 0 ? 2000 : index + 500));
            case "nzcv" -> {
                if (ins.name().equals("get")) {
                    write(m, 64, p[0], m.call("nzcvFromFlags", m.call("readFlags")));
                } else {
                    Object v = m.call("and", 64, reg(m, 64, p[1]), m.call("constant", 64, 15));
                    m.call("writeFlags", m.call("flagsFromNzcv", v));
                }
            }
            case "cset" -> write(m, p[0], p[1], m.call("condToBits", p[0], condition(m, p[0], p[2], p[3], p[4], 5, 3)));
            case "atomic" -> {
                Object old = m.call("atomicRmw", p[3], p[0], address(m, p[4], p[5]), reg(m, p[0] == 8 ? 64 : 32, p[2]), 1);
                if (p[6] == 0) {
                    write(m, p[0] == 8 ? 64 : 32, p[1], old);
                }
            }
            case "cas" -> compareAndSwap(m, p);
            case "exclusive" -> exclusive(m, p);
            case "load" -> load(m, p);
            case "store" -> m.call("store", p[0], address(m, p[2], p[3]), reg(m, p[0] == 8 ? 64 : 32, p[1]), p[4]);
            case "float" -> floatOperation(m, ins);
            case "vop" -> vectorOperation(m, ins);
            case "vimm" -> vectorImmediate(m, ins);
            case "crc32" -> write(m, 32, p[6], m.call("crc32", p[4] == 0, 1 << p[5], reg(m, 32, p[0]), reg(m, 64, p[6])));
            case "vload" -> writeVec(m, p[0], m.call("loadVec", 1 << p[5] % 5, address(m, p[4] % DATA_REGISTERS, 16 * p[7]), 1));
            case "vstore" -> m.call("storeVec", 1 << p[5] % 5, address(m, p[4] % DATA_REGISTERS, 16 * p[7] + 1), vec(m, p[0]), 1);
            default -> throw new IllegalArgumentException(ins.kind());
        }
        m.call("endInstruction");
    }

    private static Object reg(Machine m, long w, long n) {
        return m.call("readReg", w, X + 8 * n);
    }

    private static void write(Machine m, long w, long n, Object v) {
        m.call("writeReg", w, X + 8 * n, v);
    }

    private static Object vec(Machine m, long n) {
        return m.call("readVec", V + 16 * n);
    }

    private static void writeVec(Machine m, long n, Object v) {
        m.call("writeVec", V + 16 * n, v);
    }

    private static Object address(Machine m, long base, long disp) {
        return m.call("add", 64, reg(m, 64, base), m.call("constant", 64, disp));
    }

    private static void operation(Machine m, Instruction ins) {
        long[] p = ins.p();
        String[] parts = ins.name().split(" ");
        Object[] args = new Object[parts[2].length()];
        int next = 2;
        for (int i = 0; i < args.length; i++) {
            switch (parts[2].charAt(i)) {
                case 'w' -> args[i] = p[0];
                case 'o' -> args[i] = p[5];
                case 'R' -> {
                    boolean constant = p[6] == next;
                    args[i] = constant ? m.call("constant", p[0], p[5]) : reg(m, p[0], p[next]);
                    next++;
                }
                default -> args[i] = reg(m, 64, p[next++]);
            }
        }
        write(m, parts[1].equals("R") ? p[0] : 64, p[1], m.call(parts[0], args));
    }

    private static void flags(Machine m, Instruction ins) {
        long[] p = ins.p();
        Object b = p[6] == 0 ? m.call("constant", p[0], p[5]) : reg(m, p[0], p[3]);
        Object r = m.call(ins.name(), p[0], reg(m, p[0], p[2]), b);
        m.call("writeFlags", m.call("flagsOf", r));
        if (p[1] >= 0) {
            write(m, p[0], p[1], r);
        }
    }

    private static void field(Machine m, Instruction ins) {
        long[] p = ins.p();
        long w = p[0];
        long width = 1 + p[5] % (w - p[4]);
        Object a = reg(m, w, p[2]);
        Object b = reg(m, w, p[3]);
        write(m, w, p[1], switch (ins.name()) {
            case "addShifted" -> m.call("add", w, a, m.call("shl", w, b, m.call("constant", w, p[5] % 5)));
            case "ubfx", "sbfx" -> m.call(ins.name(), w, a, p[4], width);
            case "bfi" -> m.call("bfi", w, a, b, p[4], width);
            case "extract" -> m.call("extract", w, a, b, p[4]);
            default -> m.call(ins.name(), w, a, m.call("constant", w, p[4]));
        });
    }

    private static void extend(Machine m, Instruction ins) {
        long[] p = ins.p();
        long w = p[0];
        long from = 8L << p[3];
        switch (ins.name()) {
            case "zext", "sext" -> write(m, w, p[1], m.call(ins.name(), from, w, reg(m, from == 32 || w == 32 ? 32 : w, p[2])));
            case "rev" -> {
                long e = w == 32 ? 16L << p[3] % 2 : 16L << p[3];
                write(m, w, p[1], m.call("rev", w, e, reg(m, w, p[2])));
            }
            default -> write(m, 32, p[1], m.call("trunc", reg(m, 64, p[2])));
        }
    }

    private static Object condition(Machine m, long w, long a, long b, long kind, long bit, long cc) {
        return switch ((int) kind) {
            case 0 -> m.call("isZero", w, reg(m, w, a));
            case 1 -> m.call("bitSet", w, reg(m, w, a), bit % w);
            case 2 -> m.call("less", w, reg(m, w, a), reg(m, w, b));
            case 3 -> m.call("condNot", m.call("lessUnsigned", w, reg(m, w, a), reg(m, w, b)));
            case 6 -> m.call("less", w, m.call("constant", w, bit), reg(m, w, b));
            case 7 -> m.call("condNot", m.call("lessUnsigned", w, m.call("constant", w, bit), reg(m, w, b)));
            case 4 -> m.call("equal", w, reg(m, w, a), m.call("constant", w, bit));
            default -> m.call("test", cc, m.call("readFlags"));
        };
    }

    private static void load(Machine m, long[] p) {
        boolean signed = p[4] == 1 && p[0] < 8;
        long w = p[0] == 8 ? 64 : p[0] == 4 && !signed ? 32 : p[5];
        if (p[0] == 4 && signed) {
            w = 64;
        }
        write(m, w, p[1], m.call("load", p[0], signed, w, address(m, p[2], p[3]), 1));
    }

    private static void compareAndSwap(Machine m, long[] p) {
        long w = p[0] == 8 ? 64 : 32;
        Object at = address(m, p[4], p[5]);
        if (p[6] == 0 && p[0] >= 4) {
            Object pair = m.call("compareAndSwapPair", p[0], at, reg(m, w, p[1]), reg(m, w, p[2]), reg(m, w, p[3]), reg(m, w, p[7]), 1);
            write(m, w, p[1], m.call("pairLow", pair));
            write(m, w, p[2], m.call("pairHigh", pair));
            return;
        }
        Object expected = p[6] == 1 ? m.call("load", p[0], false, w, at, 1) : reg(m, w, p[2]);
        write(m, w, p[1], m.call("compareAndSwap", p[0], at, expected, reg(m, w, p[3]), 1));
    }

    private static void exclusive(Machine m, long[] p) {
        long w = p[0] == 8 ? 64 : 32;
        Object at = address(m, p[4], p[5]);
        switch ((int) p[6]) {
            case 0 -> {
                write(m, w, p[1], m.call("loadExclusive", p[0], at, 1));
                write(m, 32, p[2], m.call("storeExclusive", p[0], at, reg(m, w, p[3]), 1));
            }
            case 1 -> {
                long size = Math.max(4, p[0]);
                Object pair = m.call("loadExclusivePair", size, at, 1);
                write(m, size * 8, p[1], m.call("pairLow", pair));
                write(m, size * 8, p[2], m.call("pairHigh", pair));
                write(m, 32, p[3], m.call("storeExclusivePair", size, at, reg(m, size * 8, p[7]), reg(m, size * 8, p[3]), 1));
            }
            case 2 -> write(m, 32, p[2], m.call("storeExclusive", p[0], at, reg(m, w, p[3]), 1));
            default -> {
                m.call("storeRelease", p[0], at, reg(m, w, p[3]), 1);
                m.call("clearExclusive");
            }
        }
    }

    private static void vectorOperation(Machine m, Instruction ins) {
        long[] p = ins.p();
        String[] parts = ins.name().split(" ");
        Object[] args = new Object[parts[2].length()];
        int next = 1;
        for (int i = 0; i < args.length; i++) {
            args[i] = switch (parts[2].charAt(i)) {
                case 'e' -> (Object) (8L << p[4]);
                case 'd' -> 8L << p[4] % 3;
                case 'h' -> 8L << p[4] % 2;
                case 'g' -> 16L << p[4] % 2;
                case 'b' -> 8L;
                case 'z' -> p[4] % 2;
                case 'k' -> p[4] % 3;
                case 'S' -> reg(m, 64, p[6]);
                default -> vec(m, p[next++]);
            };
        }
        writeVec(m, p[0], m.call(parts[0], args));
    }

    private static void vectorImmediate(Machine m, Instruction ins) {
        long[] p = ins.p();
        long e = 8L << p[4];
        long lanes = 128 / e;
        Object a = vec(m, p[1]);
        String name = ins.name();
        switch (name) {
            case "vshl" -> writeVec(m, p[0], m.call(name, e, a, p[5] % e));
            case "vushr", "vsshr", "vurshr", "vsrshr" -> writeVec(m, p[0], m.call(name, e, a, 1 + p[5] % e));
            case "vsqshlu" -> writeVec(m, p[0], m.call(name, e, a, m.call("vdup", e, m.call("constant", 64, p[5] % e))));
            case "vext" -> writeVec(m, p[0], m.call(name, a, vec(m, p[2]), p[5] % 16));
            case "vextract", "vextractSigned" -> write(m, 64, p[6], m.call(name, e, a, p[5] % lanes));
            case "vinsert" -> writeVec(m, p[0], m.call(name, e, a, p[5] % lanes, reg(m, 64, p[6])));
            case "vinsertLane" -> writeVec(m, p[0], m.call(name, e, a, p[5] % lanes, vec(m, p[2]), p[7] % lanes));
            case "vdupLane" -> writeVec(m, p[0], m.call(name, e, a, p[5] % lanes));
            case "vrev" -> writeVec(m, p[0], m.call(name, 64, Math.min(e, 32), a));
            case "vconst" -> writeVec(m, p[0], m.call(name, p[5] * 0x123456789abcdefL, p[7] % 3 == 0 ? 0 : p[7] * 0xfedcba987654321L));
            case "vtable" -> writeVec(m, p[0], m.call(name, 1 + p[5] % 4, a, vec(m, p[2]), vec(m, p[3]), vec(m, p[4]),
                vec(m, p[7] % VECTORS), p[7] % 3 == 0 ? m.call("vzero") : vec(m, p[3])));
            default -> {
                long f = Math.min(e, name.equals("vaddAcross") ? 64 : 32);
                long count = 128 / f;
                write(m, 64, p[6], m.call(name, f, count > 2 && p[5] % 2 == 0 ? count / 2 : count, a));
            }
        }
    }

    /** A floating-point register as scalar: upper bits zero. */
    private static Object scalar(Machine m, long fw, long n) {
        return m.call("vscalar", fw, m.call("vextract", fw, vec(m, n), 0));
    }

    private static void floatOperation(Machine m, Instruction ins) {
        long[] p = ins.p();
        long fw = p[0];
        String name = ins.name();
        Object a = name.startsWith("v") ? vec(m, p[2]) : scalar(m, fw, p[2]);
        switch (name) {
            case "fsqrt", "fabs", "fneg", "vfsqrt", "vfabs", "vfneg", "vfrecpe", "vfrsqrte", "vfrecpx" -> writeVec(m, p[1], m.call(name, fw, a));
            case "vdupLane" -> writeVec(m, p[1], m.call(name, fw, a, p[7] % (128 / fw)));
            case "fmadd" -> writeVec(m, p[1], m.call(name, fw, scalar(m, fw, p[4]), a, scalar(m, fw, p[3]), (p[7] & 1) != 0, (p[7] & 2) != 0));
            case "vfmadd" -> writeVec(m, p[1], m.call(name, fw, vec(m, p[4]), a, vec(m, p[3]), (p[7] & 1) != 0, (p[7] & 2) != 0));
            case "fcompare" -> {
                Object f = m.call(name, fw, a, scalar(m, fw, p[3]), (p[7] & 1) != 0);
                m.call("writeFlags", f);
                write(m, 64, p[5], m.call("condToBits", 64, m.call("test", p[4] % 14, f)));
            }
            case "fcvt" -> {
                long[] formats = {16, 32, 64};
                int from = (int) p[7] % 3;
                writeVec(m, p[1], m.call(name, formats[from], formats[(from + 1 + (int) p[7] / 8) % 3], scalar(m, formats[from], p[2])));
            }
            case "fround", "vfround" -> writeVec(m, p[1], m.call(name, fw, p[7] % 5, (p[7] & 4) != 0, a));
            case "fToInt" -> write(m, p[6], p[5], m.call(name, fw, p[6], (p[7] & 8) != 0, p[4] % 6 - 1, p[3] % 3 == 0 ? p[3] % p[6] : 0, a));
            case "vfToInt" -> writeVec(m, p[1], m.call(name, fw, (p[7] & 8) != 0, p[4] % 6 - 1, p[3] % 3 == 0 ? p[3] % fw : 0, a));
            case "intToF" -> writeVec(m, p[1], m.call(name, p[6], (p[7] & 8) != 0, fw, p[3] % 3 == 0 ? p[3] % p[6] : 0, reg(m, p[6], p[5])));
            case "vfwiden" -> writeVec(m, p[1], m.call(name, fw / 2, a));
            case "vfnarrow" -> writeVec(m, p[1], m.call(name, fw / 2, fw == 64 && p[7] % 2 == 0 ? 5 : -1, a));
            case "vurecpe", "vursqrte" -> writeVec(m, p[1], m.call(name, a));
            case "fselect" -> writeVec(m, p[1],
                m.call(name, fw, m.call("test", p[7] % 14, m.call("readFlags")), a, scalar(m, fw, p[3])));
            case "vintToF" -> writeVec(m, p[1], m.call(name, fw, (p[7] & 8) != 0, p[3] % 3 == 0 ? p[3] % fw : 0, a));
            default -> writeVec(m, p[1], m.call(name, fw, a, name.startsWith("v") ? vec(m, p[3]) : scalar(m, fw, p[3])));
        }
    }
}
