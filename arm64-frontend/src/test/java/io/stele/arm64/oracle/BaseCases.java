package io.stele.arm64.oracle;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Cases for integer, branch and load/store instructions: words of every row over edge values. */
public final class BaseCases {
    private static final int REGISTERS = 5;
    private static final long UNMAPPED = 0x5000;
    /** Above are the bits that hold the size of an exclusive access. */
    private static final int SIZE_MASK = 1 << 30;

    /** Rows of {@code branch/} that are not for EL0 or have effects outside the state. */
    public static final Set<String> SYSTEM = Set.of("SVC", "BRK", "HLT", "HVC", "SMC", "YIELD", "WFE", "SEV", "SEVL", "WFI", "WFET", "WFIT",
        "MSR_imm", "SYS", "SYSL", "MSR_reg", "MRS");
    /** Hints that do nothing on any CPU. */
    private static final int[] HINTS = {0, 20, 34, 127};

    private BaseCases() {}

    /** @param count words of each row */
    public static Cases integer(long seed, int count) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (pattern.file.startsWith("integer/")) {
                for (int i = 0; i < count; i++) {
                    int word = pattern.sample(cases.random());
                    if (described(word)) {
                        CpuImage state = cases.randomState();
                        state.x(pattern.field("Rm", word), Cases.edge(i / Cases.edges()));
                        state.x(pattern.field("Rn", word), Cases.edge(i));
                        cases.add(state, word);
                    }
                }
            }
        }
        return cases;
    }

    /** Its codes are of our own, so QEMU cannot be asked. */
    private static boolean isPointerAuthentication(int index) {
        return index >= 0 && Coverage.FEATURE[index].equals("FEAT_PAuth");
    }

    private static boolean isMemoryCopy(int index) {
        return index >= 0 && Coverage.FEATURE[index].equals("FEAT_MOPS");
    }

    /**
     * Memory copies and sets: prologue, main part and epilogue, source and destination overlapping or not, up to the whole memory block. What is
     * done by which of the three is for the implementation to say, so only what they do together can be compared with another one.
     *
     * @param faults also ranges that leave the memory block, single main parts and epilogues on any registers, and flags of the other option
     */
    public static Cases memoryCopies(long seed, int count, boolean faults) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        for (Pattern pattern : Pattern.all()) {
            if (!pattern.name.matches("CPYF?|SET")) {
                continue;
            }
            for (int i = 0; i < count; i++) {
                int word = pattern.with("stage", 0, distinct(pattern, pattern.sample(random)));
                word = pattern.with("Rd", pattern.field("Rd", word) % 10, word);
                word = pattern.with("Rs", 10 + pattern.field("Rs", word) % 10, word);
                word = pattern.with("Rn", 20 + pattern.field("Rn", word) % 10, word);
                CpuImage state = cases.randomState();
                int most = random.nextInt(4) == 0 ? CpuImage.MEMORY_BYTES : 40;
                int bytes = random.nextInt(most + 1);
                int room = CpuImage.MEMORY_BYTES - bytes;
                int to = room == 0 ? 0 : random.nextInt(room + 1);
                int from = random.nextInt(3) == 0 ? Math.clamp(to + random.nextInt(-8, 9), 0, room) : room == 0 ? 0 : random.nextInt(room + 1);
                // What a copy that always goes up makes of a destination within its source is for the implementation to say.
                from = pattern.name.equals("CPYF") && from < to && from + bytes > to ? to : from;
                state.x(pattern.field("Rd", word), CpuImage.MEMORY_BASE + to);
                if (!pattern.name.equals("SET")) {
                    state.x(pattern.field("Rs", word), CpuImage.MEMORY_BASE + from);
                }
                state.x(pattern.field("Rn", word), bytes);
                int main = pattern.with("stage", 1, word);
                int epilogue = pattern.with("stage", 2, word);
                if (faults && random.nextBoolean()) {
                    switch (random.nextInt(4)) {
                        case 0 -> state.x(pattern.field("Rn", word), random.nextBoolean() ? -1L >>> random.nextInt(64) : 8192);
                        case 1 -> state.x(pattern.field("Rd", word), UNMAPPED);
                        case 2 -> state.x(pattern.field("Rs", word), UNMAPPED);
                        default -> state.x(pattern.field("Rn", word), -bytes);
                    }
                    boolean up = pattern.name.equals("CPYF") || pattern.name.equals("CPY") && state.x(pattern.field("Rn", word)) < 0;
                    if (up && state.x(pattern.field("Rs", word)) != UNMAPPED) {
                        state.x(pattern.field("Rs", word), CpuImage.MEMORY_BASE + Math.max(from, to));
                    }
                    cases.add(state, random.nextInt(3) == 0 ? new int[] {main} : random.nextBoolean() ? new int[] {epilogue} : new int[] {word, main, epilogue});
                } else {
                    cases.add(state, word, main, epilogue);
                }
            }
        }
        return cases;
    }

    /** Pointer authentication: pointers of both halves with good and bad upper bits; branches to the exits; loads. */
    public static Cases pointerAuthentication(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        for (Pattern pattern : Pattern.all()) {
            for (int i = 0; i < count; i++) {
                int word = pattern.sample(random);
                if (!isPointerAuthentication(Decoder.decode(word)) || pattern.name.startsWith("ERET")) {
                    continue;
                }
                CpuImage state = cases.randomState();
                for (String field : new String[] {"Rd", "Rn"}) {
                    if (pattern.hasField(field)) {
                        state.x(pattern.field(field, word), pointer(cases, pattern));
                    }
                }
                state.x(17, pointer(cases, pattern));
                state.x(30, pointer(cases, pattern));
                cases.add(state, word);
            }
        }
        return cases;
    }

    private static long pointer(Cases cases, Pattern pattern) {
        SplittableRandom random = cases.random();
        if (pattern.name.matches("B.*|RET.*")) {
            return cases.nextAddress() + 4 + 4 * random.nextInt(2);
        }
        if (pattern.name.startsWith("LDR")) {
            return CpuImage.MEMORY_BASE + 8 * random.nextInt(CpuImage.MEMORY_BYTES / 8);
        }
        long low = random.nextLong() >>> 16;
        return switch (random.nextInt(4)) {
            case 0 -> low;
            case 1 -> low | -1L << 48;
            case 2 -> random.nextLong();
            default -> low | random.nextLong() & 0x00ff_0000_0000_0000L;
        };
    }

    /** Few registers, so that the instructions depend on each other; branches skip some of them. */
    public static Cases sequences(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        List<Pattern> rows = new ArrayList<>();
        for (Pattern pattern : Pattern.all()) {
            if (pattern.file.startsWith("integer/") || pattern.name.matches("B_cond|CBN?Z|TBN?Z")) {
                rows.add(pattern);
            }
        }
        for (int i = 0; i < count; i++) {
            int[] words = new int[Executor.MAX_WORDS];
            for (int n = 0; n < words.length;) {
                Pattern pattern = rows.get(random.nextInt(rows.size()));
                int word = pattern.sample(random);
                for (String field : new String[] {"Rd", "Rn", "Rm", "Ra", "Rt"}) {
                    if (pattern.hasField(field)) {
                        int register = random.nextInt(REGISTERS + 1);
                        word = pattern.with(field, register == REGISTERS ? 31 : register, word);
                    }
                }
                for (String field : new String[] {"imm14", "imm19"}) {
                    if (pattern.hasField(field)) {
                        word = pattern.with(field, 1 + random.nextInt(words.length - n), word);
                    }
                }
                if (Decoder.decode(word) >= 0 && described(word)) {
                    words[n++] = word;
                }
            }
            cases.add(cases.randomState(), words);
        }
        return cases;
    }

    /** Branches to near targets, hints, barriers, flag instructions, and what is undefined. */
    public static Cases branchesAndHints(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        for (Pattern pattern : Pattern.all()) {
            if (!pattern.file.startsWith("branch/") || SYSTEM.contains(pattern.name)) {
                continue;
            }
            for (int i = 0; i < count; i++) {
                int word = pattern.sample(random);
                for (String field : new String[] {"imm14", "imm19", "imm26"}) {
                    if (pattern.hasField(field)) {
                        word = pattern.with(field, 1 + random.nextInt(2), word);
                    }
                }
                if (pattern.name.equals("HINT")) {
                    int hint = HINTS[random.nextInt(HINTS.length)];
                    word = pattern.with("CRm", hint >> 3, pattern.with("op2", hint & 7, word));
                }
                CpuImage state = cases.randomState();
                if (pattern.name.matches("BR|BLR|RET")) {
                    int target = random.nextInt(31);
                    word = pattern.with("Rn", target, word);
                    state.x(target, cases.nextAddress() + 4 + 4 * random.nextInt(2));
                }
                if (described(word)) {
                    cases.add(state, word);
                }
            }
        }
        return cases;
    }

    public static Cases loadsStoresAndAtomics(long seed, int count) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (pattern.file.startsWith("memory/")) {
                for (int i = 0; i < count; i++) {
                    addAccess(cases, pattern);
                }
            }
        }
        return cases;
    }

    /**
     * One case whose address is in the memory block, or now and then nowhere. Whether a store exclusive that fails anyhow checks its
     * address is for the implementation to say.
     */
    static void addAccess(Cases cases, Pattern pattern) {
        SplittableRandom random = cases.random();
        boolean ordered = pattern.file.endsWith("ordered.isa");
        int word = distinct(pattern, access(random, pattern));
        if (!described(word) || writesStackPointerInQemu(pattern, word)) {
            return;
        }
        CpuImage state = cases.randomState();
        if (pattern.hasField("Rm")) {
            long upper = pattern.field("option", word) == 2 || pattern.field("option", word) == 6 ? random.nextLong() << 32 : 0;
            long index = random.nextInt(-10, 30);
            state.x(pattern.field("Rm", word), upper == 0 ? index : upper | index & 0xffff_ffffL);
        }
        if (pattern.hasField("Rn")) {
            long base = CpuImage.MEMORY_BASE + 256 + 16 * random.nextInt(-2, 3);
            boolean unaligned = !ordered && !pattern.file.endsWith("atomic.isa");
            boolean mayFault = !pattern.name.matches("STX[RP]");
            state.x(pattern.field("Rn", word), mayFault && random.nextInt(16) == 0 ? UNMAPPED : base + (unaligned ? random.nextInt(8) : 0));
        }
        cases.add(state, word);
    }

    /** A word of the row whose displacement stays near the base. */
    public static int access(SplittableRandom random, Pattern pattern) {
        int word = pattern.sample(random);
        word = limit(pattern, "imm12", random.nextInt(16), word);
        word = limit(pattern, "imm7", random.nextInt(-16, 16) & 127, word);
        word = limit(pattern, "imm19", random.nextInt(-64, 256) & 0x7ffff, word);
        return pattern.file.endsWith("ordered.isa") ? limit(pattern, "imm9", random.nextInt(32) << 4, word) : word;
    }

    /** CASP with the zero register as second register of the result: QEMU 7.2 writes the stack pointer. */
    private static boolean writesStackPointerInQemu(Pattern pattern, int word) {
        return pattern.name.equals("CASP") && pattern.field("Rs", word) == 30;
    }

    private static int limit(Pattern pattern, String field, int value, int word) {
        return pattern.hasField(field) ? pattern.with(field, value, word) : word;
    }

    /** Makes the registers of an access different from each other: combinations of equal ones are unpredictable. */
    private static int distinct(Pattern pattern, int word) {
        int result = word;
        int used = 0;
        for (String field : new String[] {"Rn", "Rt", "Rt2", "Rs", "Rm"}) {
            if (pattern.hasField(field)) {
                boolean pair = pattern.name.equals("CASP") && !field.equals("Rn");
                int n = pattern.field(field, result) & (pair ? 30 : 31);
                while ((used >> n & 1) != 0 || pair && (used >> n + 1 & 1) != 0) {
                    n = n + (pair ? 2 : 1) & 31;
                }
                used |= (pair ? 3 : 1) << n;
                result = pattern.with(field, n, result);
            }
        }
        return result;
    }

    /** A load exclusive, the store that belongs to it, and perhaps the same store again, which must fail. */
    public static Cases exclusivePairs(long seed, int count) {
        Cases cases = new Cases(seed);
        Pattern[] rows = new Pattern[4];
        for (Pattern pattern : Pattern.all()) {
            switch (pattern.name) {
                case "LDXR" -> rows[0] = pattern;
                case "STXR" -> rows[1] = pattern;
                case "LDXP" -> rows[2] = pattern;
                case "STXP" -> rows[3] = pattern;
                default -> { }
            }
        }
        SplittableRandom random = cases.random();
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(2) * 2;
            int load = distinct(rows[kind], rows[kind].sample(random));
            int store = rows[kind + 1].sample(random);
            int base = rows[kind].field("Rn", load);
            store = rows[kind + 1].with("Rn", base, store);
            store = store & SIZE_MASK - 1 | load & ~(SIZE_MASK - 1);
            int status = (base + 1) % 31;
            store = rows[kind + 1].with("Rs", status, store);
            for (String field : new String[] {"Rt", "Rt2"}) {
                if (rows[kind + 1].hasField(field)) {
                    int register = rows[kind + 1].field(field, store);
                    store = rows[kind + 1].with(field, register == status || register == base ? (base + 2) % 31 : register, store);
                }
            }
            boolean overwritesBase = base != 31 && (rows[kind].field("Rt", load) == base
                || rows[kind].hasField("Rt2") && rows[kind].field("Rt2", load) == base);
            if (overwritesBase) {
                continue;
            }
            CpuImage state = cases.randomState();
            state.x(base, CpuImage.MEMORY_BASE + 16 * random.nextInt(30));
            cases.add(state, load, store);
            cases.add(state, load, store, store);
        }
        return cases;
    }

    /** Unallocated words count as described: they are Undefined. */
    public static boolean described(int word) {
        int index = Decoder.decode(word);
        return index < 0 || !Coverage.STATE[index].equals("todo") && !isPointerAuthentication(index) && !isMemoryCopy(index);
    }
}
