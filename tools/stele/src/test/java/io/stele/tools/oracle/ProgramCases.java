package io.stele.tools.oracle;

import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Disassembler;
import io.stele.arm64.oracle.BaseCases;
import io.stele.arm64.oracle.Cases;
import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.oracle.Executor;
import io.stele.arm64.oracle.Pattern;
import io.stele.arm64.oracle.QemuExecutor;
import io.stele.arm64.oracle.VectorCases;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random programs of up to 40 instructions on few registers: integer, floating-point and vector instructions, loads and stores off bases
 * in several regions of the address space, forward branches, system registers, and now and then a loop around all of it. Each one is run on
 * several states: other regions, tags, bases where an access faults, in one page or between two.
 */
final class ProgramCases {
    private static final int MAX_WORDS = 40;
    private static final int SLOT_BYTES = 256;
    /** Values are in x0 to x7 and v0 to v7. */
    private static final int VALUES = 8;
    private static final int BASE = 20;
    private static final int GOOD_BASE = 21;
    private static final int INDEX = 22;
    private static final int CONTROL = 23;
    private static final int COUNT = 24;
    private static final int STACK = 31;

    private static final int SUB_COUNT = 0xd100_0400 | COUNT << 5 | COUNT;
    private static final int CBNZ_COUNT = 0xb500_0000 | COUNT;
    /** MRS and MSR of NZCV, FPCR, FPSR, TPIDR_EL0; CLREX, DMB ISH, ISB, NOP. With a value register, except MSR FPCR. */
    private static final int[] SYSTEM = {
        0xd53b_4200, 0xd51b_4200, 0xd53b_4400, 0xd53b_4420, 0xd51b_4420, 0xd53b_d040, 0xd51b_d040,
    };
    private static final int[] PLAIN = {0xd503_3f5f, 0xd503_3bbf, 0xd503_3fdf, 0xd503_201f, 0xd51b_4400 | CONTROL};
    /** RMode, FZ, DN and AHP. */
    private static final int FPCR_FIELDS = 0x07c8_0000;

    private final Cases source;
    private final SplittableRandom random;
    private final boolean privileged;
    private final List<Pattern> integer = new ArrayList<>();
    private final List<Pattern> floats = new ArrayList<>();
    private final List<Pattern> memory = new ArrayList<>();
    private final List<Pattern> vectorMemory = new ArrayList<>();
    private final List<Pattern> branches = new ArrayList<>();
    private final int[][] programs;
    private final CpuImage[] states;

    /** @param variants states for each program */
    ProgramCases(long seed, int count, int variants, boolean privileged) {
        source = new Cases(seed);
        random = source.random();
        this.privileged = privileged;
        for (Pattern pattern : Pattern.all()) {
            if (VectorCases.accessesMemory(pattern)) {
                vectorMemory.add(pattern);
            } else if (pattern.file.startsWith("integer/")) {
                integer.add(pattern);
            } else if (pattern.file.startsWith("fp/") || pattern.file.startsWith("simd/")) {
                floats.add(pattern);
            } else if (pattern.file.startsWith("memory/")) {
                memory.add(pattern);
            } else if (pattern.name.matches("B|BL|B_cond|CBN?Z|TBN?Z")) {
                branches.add(pattern);
            }
        }
        programs = new int[count][];
        states = new CpuImage[count * variants];
        for (int i = 0; i < count; i++) {
            programs[i] = program();
            for (int k = 0; k < variants; k++) {
                states[i * variants + k] = state();
            }
        }
    }

    Batch batch(Batch.Setting setting) {
        long[] entries = new long[states.length];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = Executor.CODE_BASE + (long) SLOT_BYTES * program(i) + 4;
        }
        return new Batch(QemuExecutor.code(programs, SLOT_BYTES), entries, CpuImage.copy(states), setting);
    }

    private int program(int i) {
        return i / (states.length / programs.length);
    }

    String describe(int i) {
        StringBuilder text = new StringBuilder();
        long address = Executor.CODE_BASE + (long) SLOT_BYTES * program(i) + 4;
        for (int word : programs[program(i)]) {
            text.append("\n    ").append(Long.toHexString(address)).append(": ").append(Disassembler.disassemble(word, address));
            address += 4;
        }
        CpuImage state = states[i];
        text.append("\n    x20=").append(Long.toHexString(state.x(BASE))).append(" x21=").append(Long.toHexString(state.x(GOOD_BASE)))
            .append(" x22=").append(Long.toHexString(state.x(INDEX))).append(" sp=").append(Long.toHexString(state.sp())).append(' ');
        return text.toString();
    }

    private int[] program() {
        int[] words = new int[random.nextInt(3, MAX_WORDS)];
        boolean loop = random.nextInt(4) == 0;
        int end = loop ? words.length - 2 : words.length;
        for (int n = 0; n < end;) {
            int word = instruction(end - n);
            if (Decoder.decode(word) >= 0 && BaseCases.described(word)) {
                words[n++] = word;
            }
        }
        if (loop) {
            words[end] = SUB_COUNT;
            words[end + 1] = CBNZ_COUNT | (-end - 1 & 0x7ffff) << 5;
        }
        return words;
    }

    /** @param left words up to the end of the program */
    private int instruction(int left) {
        int kind = random.nextInt(100);
        if (kind < 40) {
            return values(any(integer), true);
        }
        if (kind < 65) {
            return access(any(memory));
        }
        if (kind < 75) {
            return vectorAccess(any(vectorMemory));
        }
        if (kind < 88) {
            return values(any(floats), false);
        }
        if (kind < 95) {
            Pattern pattern = any(branches);
            int word = values(pattern, false);
            for (String field : new String[] {"imm14", "imm19", "imm26"}) {
                word = pattern.hasField(field) ? pattern.with(field, 1 + random.nextInt(Math.min(left, 5)), word) : word;
            }
            return word;
        }
        return kind == 99 ? PLAIN[random.nextInt(PLAIN.length)] : SYSTEM[random.nextInt(SYSTEM.length)] | random.nextInt(VALUES);
    }

    private Pattern any(List<Pattern> rows) {
        return rows.get(random.nextInt(rows.size()));
    }

    /** A word with all registers among the values, or now and then a source that is register 31. */
    private int values(Pattern pattern, boolean zero) {
        int word = pattern.sample(random);
        for (String field : new String[] {"Rd", "Rn", "Rm", "Ra", "Rt"}) {
            if (pattern.hasField(field)) {
                boolean special = zero && !field.equals("Rd") && random.nextInt(8) == 0;
                word = pattern.with(field, special ? STACK : random.nextInt(VALUES), word);
            }
        }
        return word;
    }

    private int access(Pattern pattern) {
        int word = BaseCases.access(random, pattern);
        boolean pair = pattern.name.equals("CASP");
        int next = random.nextInt(VALUES) & (pair ? 6 : 7);
        for (String field : new String[] {"Rt", "Rt2", "Rs"}) {
            if (pattern.hasField(field)) {
                word = pattern.with(field, next, word);
                next = (next + (pair ? 2 : 1 + random.nextInt(2))) % VALUES;
            }
        }
        if (pattern.hasField("Rm")) {
            word = pattern.with("Rm", INDEX, word);
        }
        // Whether a store exclusive that fails anyhow checks its address is for the implementation to say.
        boolean exclusive = pattern.name.matches("STX[RP]");
        boolean aligned = pattern.file.matches(".*(atomic|ordered).isa") && random.nextInt(8) != 0;
        return base(pattern, exclusive || aligned, word);
    }

    private int vectorAccess(Pattern pattern) {
        int word = VectorCases.access(random, pattern);
        if (pattern.hasField("Rm") && (!pattern.hasField("post") || pattern.field("post", word) == 1 && pattern.field("Rm", word) != STACK)) {
            word = pattern.with("Rm", INDEX, word);
        }
        int first = random.nextInt(VALUES);
        for (String field : new String[] {"Rt", "Rt2"}) {
            if (pattern.hasField(field)) {
                word = pattern.with(field, first, word);
                first = (first + 1) % VALUES;
            }
        }
        return base(pattern, false, word);
    }

    private int base(Pattern pattern, boolean good, int word) {
        if (!pattern.hasField("Rn")) {
            return word;
        }
        int register = switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> good ? GOOD_BASE : BASE;
            case 4 -> good ? GOOD_BASE : STACK;
            default -> GOOD_BASE;
        };
        return pattern.with("Rn", register, word);
    }

    private CpuImage state() {
        CpuImage state = VectorCases.state(source, random.nextInt(5), random.nextInt(8) != 0);
        state.x(GOOD_BASE, view() + 16 * random.nextInt(16, 24));
        state.x(BASE, random.nextInt(6) == 0 ? bad() : view() + random.nextInt(0x80, 0x180));
        state.sp(view() + 16 * random.nextInt(8, 24) + (random.nextInt(8) == 0 ? random.nextInt(16) : 0));
        state.x(INDEX, random.nextInt(-8, 24));
        state.x(CONTROL, random.nextBoolean() ? 0 : random.nextInt() & FPCR_FIELDS);
        state.x(COUNT, random.nextInt(1, 5));
        return state;
    }

    /** An address of the page with the memory block. */
    private long view() {
        int k = random.nextInt(2 * GuestImage.ALIASES.length + 2);
        if (k < GuestImage.ALIASES.length) {
            return GuestImage.ALIASES[k];
        }
        if (k == GuestImage.ALIASES.length && privileged) {
            return GuestImage.LINEAR + GuestImage.MEMORY;
        }
        // With a tag, now and then.
        return CpuImage.MEMORY_BASE | (random.nextInt(3) == 0 ? (long) random.nextInt(256) << 56 : 0);
    }

    /** An address near which some or all accesses fault, or are split between pages. */
    private long bad() {
        int delta = random.nextInt(-24, 24);
        return delta + switch (random.nextInt(7)) {
            case 0 -> CpuImage.MEMORY_BASE;
            case 1 -> CpuImage.MEMORY_BASE + GuestImage.PAGE;
            case 2, 3 -> GuestImage.ALIASES[random.nextInt(GuestImage.ALIASES.length)];
            case 4 -> random.nextLong();
            case 5 -> 1L << 48;
            default -> 0x5000;
        };
    }

    int size() {
        return states.length;
    }
}
