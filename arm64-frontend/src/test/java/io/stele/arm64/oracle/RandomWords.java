package io.stele.arm64.oracle;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Index;
import java.util.List;
import java.util.SplittableRandom;

/** Sequences of random words: of rows, with few registers, so that they depend on each other; and any words at all. */
final class RandomWords {
    private static final int REGISTERS = 7;
    private static final int ANY_WORD_IN = 8;
    private static final int ACCESS_IN = 5;
    /** Bits 28:25: SME and reserved, SVE; the loads and stores have bits 27 and 25 as 1 and 0. */
    private static final int CLASS_MASK = 0x1e00_0000;
    private static final int CLASS_SVE = 0x0400_0000;
    private static final int LOAD_STORE_MASK = 0x0a00_0000;
    private static final int LOAD_STORE = 0x0800_0000;
    private static final int BRANCH_MASK = 0x1c00_0000;
    private static final int BRANCH = 0x1400_0000;

    private static final List<Pattern> ROWS = Pattern.all().stream().filter(row -> row.file.matches("(integer|fp|simd)/.*")
        && !VectorCases.accessesMemory(row)).toList();
    private static final List<Pattern> ACCESSES = Pattern.all().stream().filter(row -> row.file.startsWith("memory/")
        || VectorCases.accessesMemory(row)).toList();

    private RandomWords() {}

    /** The same number makes the same cases. */
    static Cases cases(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        while (cases.size() < count) {
            if (random.nextInt(ACCESS_IN) == 0) {
                addAccess(cases);
            } else {
                addSequence(cases);
            }
        }
        return cases;
    }

    private static void addAccess(Cases cases) {
        SplittableRandom random = cases.random();
        Pattern row = ACCESSES.get(random.nextInt(ACCESSES.size()));
        if (row.file.startsWith("memory/")) {
            BaseCases.addAccess(cases, row);
            return;
        }
        int word = VectorCases.access(random, row);
        if (described(word)) {
            CpuImage state = VectorCases.state(cases, random.nextInt(5), true);
            VectorCases.address(random, row, word, state, true);
            cases.add(state, word);
        }
    }

    private static void addSequence(Cases cases) {
        SplittableRandom random = cases.random();
        int[] words = new int[1 + random.nextInt(Executor.MAX_WORDS)];
        for (int n = 0; n < words.length;) {
            int word = random.nextInt(ANY_WORD_IN) == 0 ? random.nextInt() : row(random);
            if (isComparable(word)) {
                words[n++] = word;
            }
        }
        CpuImage state = random.nextInt(3) == 0 ? TinyCases.state(cases, random.nextBoolean(), random.nextInt(3) == 0, random.nextBoolean())
            : VectorCases.state(cases, random.nextInt(5), random.nextInt(3) != 0);
        cases.add(state, words);
    }

    private static int row(SplittableRandom random) {
        Pattern row = ROWS.get(random.nextInt(ROWS.size()));
        int word = row.sample(random);
        for (String field : List.of("Rd", "Rn", "Ra", "Rm")) {
            if (row.hasField(field) && random.nextInt(4) != 0) {
                word = row.with(field, random.nextInt(REGISTERS), word);
            }
        }
        return word;
    }

    private static boolean described(int word) {
        int index = Decoder.decode(word);
        return index >= 0 && !Coverage.STATE[index].equals("todo");
    }

    /**
     * Words without an instruction that QEMU 7.2 executes, or by which it ends: SMULH and UMULH with any Ra; comparisons with zero with any Rm;
     * modified immediates with o2 = 1; scalar pairwise operations of half precision with any size, and the class of two registers; largest and smallest lanes
     * of halves with bit 22 = 1.
     */
    private static boolean isWrongButExecutedByQemu(int word) {
        return (word & 0xff60_8000) == 0x9b40_0000 || (word & 0xff20_fc0f) == 0x1e20_2008 || (word & 0x9ff8_0c00) == 0x0f00_0c00
            || (word & 0xff3e_0c00) == 0x5e30_0800 || (word & 0x8f7e_0c00) == 0x0e78_0800
            || (word & 0xbf7f_cc00) == 0x0e70_c800;
    }

    /** Instructions whose effect is in the state, and words that are Undefined; not what QEMU executes otherwise: docs/testing.md. */
    private static boolean isComparable(int word) {
        if ((word & LOAD_STORE_MASK) == LOAD_STORE || (word & BRANCH_MASK) == BRANCH || (word & CLASS_MASK) == 0
            || (word & CLASS_MASK) == CLASS_SVE) {
            return false;
        }
        int index = Decoder.decode(word);
        return index < 0 ? !isWrongButExecutedByQemu(word) : !Coverage.STATE[index].equals("todo") && !Coverage.FEATURE[index].equals("FEAT_PAuth") && index != Index.FJCVTZS
            && index != Index.FCVTZS_fixed_scalar_h;
    }
}
