package io.stele.arm64.oracle;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Index;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Cases for underflow: operations whose exact result lies just below the smallest normal number, where tininess before and after rounding
 * differ, and next to it.
 */
public final class TinyCases {
    /** Rows that multiply, divide or narrow, scalar and vector, by element, too. */
    private static final List<String> ROWS = List.of("FMUL", "FDIV", "FNMUL", "FMADD", "FMSUB", "FNMADD", "FNMSUB", "FCVT", "FMLA", "FMLS", "FMULX",
        "FCVTN", "FCVTXN", "FRECPS", "FRSQRTS", "FSQRT", "FADD", "FSUB");
    private static final int FZ = 1 << 24;
    private static final int RMODE = 3 << 22;
    /** FZ16, DN, AHP. */
    private static final int OTHER_CONTROLS = 1 << 19 | 1 << 25 | 1 << 26;
    private static final int MRS_FPSR = 0xd53b4420;
    private static final int MSR_FPSR = 0xd51b4420;
    private static final int MSR_FPCR = 0xd51b4400;
    private static final int FPSR_FIELDS = 0x0800_009f;
    private static final int NEAR = 4;

    private TinyCases() {}

    private static boolean isNarrowing(Pattern row) {
        return row.name.startsWith("FCVT");
    }

    private static Pattern[] rows() {
        return Pattern.all().stream().filter(row -> ROWS.stream().anyMatch(row.name::startsWith)
            && !row.name.contains("int") && !row.name.contains("fixed")
            && (row.file.startsWith("fp/") || row.file.startsWith("simd/"))).toArray(Pattern[]::new);
    }

    /** @param count words of each row */
    static Cases results(long seed, int count) {
        Cases cases = new Cases(seed);
        for (Pattern row : rows()) {
            for (int i = 0; i < count; i++) {
                int word = row.sample(cases.random());
                if (described(word)) {
                    cases.add(state(cases, i % 2 == 0, isNarrowing(row), i % 4 < 3), word);
                }
            }
        }
        return cases;
    }

    /** Operations between reads and writes of FPSR, the same ones before and behind them. */
    static Cases status(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        Pattern[] rows = rows();
        Pattern[] saturating = Pattern.all().stream().filter(row -> row.name.matches("[SU]Q(ADD|SUB).*")).toArray(Pattern[]::new);
        for (int i = 0; i < count; i++) {
            Pattern[] among = random.nextInt(4) == 0 ? saturating : rows;
            int word = among[random.nextInt(among.length)].sample(random);
            if (described(word)) {
                boolean wide = random.nextBoolean();
                CpuImage state = state(cases, wide, false, true);
                state.x(1, random.nextBoolean() ? 0 : random.nextLong() & FPSR_FIELDS);
                cases.add(state, word, MRS_FPSR | 2, MSR_FPSR | 1, word, MRS_FPSR | 3);
            }
        }
        return cases;
    }

    /** Rows of scalar and vector floating point, conversions included. */
    private static Pattern[] floatingPointRows() {
        return Pattern.all().stream().filter(row -> row.name.matches("(F|BF|SCVTF|UCVTF).*") && !VectorCases.accessesMemory(row)
            && (row.file.startsWith("fp/") || row.file.startsWith("simd/"))).toArray(Pattern[]::new);
    }

    /** Sequences of floating-point instructions on few registers while results and operands are flushed, in every rounding mode. */
    public static Cases flushed(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        Pattern[] rows = floatingPointRows();
        int[] words = new int[5];
        for (int i = 0; i < count; i++) {
            for (int n = 0; n < words.length; n++) {
                do {
                    Pattern row = rows[random.nextInt(rows.length)];
                    words[n] = fewRegisters(random, row, row.sample(random));
                } while (!described(words[n]) || isDifferentInQemu(words[n]));
            }
            CpuImage state = random.nextInt(3) == 0 ? VectorCases.state(cases, 1 + 2 * random.nextInt(2), true)
                : state(cases, random.nextBoolean(), random.nextInt(4) == 0, true);
            state.fpcr(FZ | random.nextInt() & RMODE | (random.nextInt(8) == 0 ? random.nextInt() & OTHER_CONTROLS : 0));
            cases.add(state, words.clone());
        }
        return cases;
    }

    /** Operations between reads and writes of FPSR and writes of FPCR, with and without flushing. */
    public static Cases controls(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        Pattern[] rows = floatingPointRows();
        for (int i = 0; i < count; i++) {
            int word = rows[random.nextInt(rows.length)].sample(random);
            int other = rows[random.nextInt(rows.length)].sample(random);
            if (described(word) && described(other) && !isDifferentInQemu(word) && !isDifferentInQemu(other) && !isGeneral(word) && !isGeneral(other)) {
                CpuImage state = state(cases, random.nextBoolean(), false, true);
                state.fpcr(random.nextInt(3) == 0 ? 0 : FZ);
                state.x(1, random.nextBoolean() ? 0 : random.nextLong() & FPSR_FIELDS);
                state.x(4, random.nextBoolean() ? 0 : FZ);
                cases.add(state, word, random.nextBoolean() ? MSR_FPSR | 1 : MRS_FPSR | 2, other, MSR_FPCR | 4, word);
            }
        }
        return cases;
    }

    private static final long FZ16 = 1 << 19;
    private static final long AHP = 1 << 26;

    /** Instructions of half precision, and conversions from and to it, under the controls that concern it alone; halves around their limits. */
    public static Cases halves(long seed, int count) {
        Cases cases = new Cases(seed);
        SplittableRandom random = cases.random();
        Pattern[] rows = floatingPointRows();
        for (int i = 0; i < count;) {
            int word = rows[random.nextInt(rows.length)].sample(random);
            boolean half = described(word) && !isDifferentInQemu(word)
                && (Coverage.FEATURE[Decoder.decode(word)].equals("FEAT_FP16") || Coverage.NAMES[Decoder.decode(word)].startsWith("FCVT"));
            if (half) {
                CpuImage state = state(cases, false, false, true);
                state.fpcr((random.nextBoolean() ? FZ16 : 0) | (random.nextBoolean() ? AHP : 0) | (random.nextInt(4) == 0 ? FZ : 0)
                    | (random.nextInt(4) == 0 ? random.nextInt() & RMODE : 0));
                for (int n = 0; n < 32; n++) {
                    boolean single = random.nextInt(4) == 0;
                    for (int lane = 0; lane < 2; lane++) {
                        long v = 0;
                        for (int at = 0; at < 64; at += single ? 32 : 16) {
                            v |= (single ? nearHalf(random) & 0xffff_ffffL : half(random) & 0xffffL) << at;
                        }
                        state.v(n, lane, v);
                    }
                }
                cases.add(state, word);
                i++;
            }
        }
        return cases;
    }

    private static int half(SplittableRandom random) {
        int near = random.nextInt(-3, 4);
        int v = switch (random.nextInt(8)) {
            case 0 -> 0x0400 + near;
            case 1 -> 0x7c00 + near;
            case 2 -> near & 3;
            case 3 -> 0x7bff - random.nextInt(64);
            case 4 -> 0x1400 + near;
            default -> random.nextInt(0x2800, 0x5000);
        };
        return v ^ random.nextInt() & 0x8000;
    }

    /** Singles around what halves can hold. */
    private static int nearHalf(SplittableRandom random) {
        int near = random.nextInt(-2, 3) << random.nextInt(14);
        int v = switch (random.nextInt(5)) {
            case 0 -> 0x3880_0000 + near;
            case 1 -> 0x477f_e000 + near;
            case 2 -> 0x3300_0000 + near;
            case 3 -> 0x47ff_e000 + near;
            default -> 0x3f80_0000 + near;
        };
        return v ^ random.nextInt() & Integer.MIN_VALUE;
    }

    /** To or from a general-purpose register. */
    private static boolean isGeneral(int word) {
        return (word & 0x7f20_0000) == 0x1e20_0000 && (word & 0xfc00) == 0 || (word & 0x7f20_0000) == 0x1e00_0000;
    }

    /** See docs/testing.md. */
    private static boolean isDifferentInQemu(int word) {
        int index = Decoder.decode(word);
        return index == Index.FJCVTZS || index == Index.FCVTZS_fixed_scalar_h;
    }

    private static int fewRegisters(SplittableRandom random, Pattern row, int word) {
        for (String field : List.of("Rd", "Rn", "Ra", "Rm")) {
            if (row.hasField(field)) {
                word = row.with(field, random.nextInt(6), word);
            }
        }
        return word;
    }

    private static boolean described(int word) {
        int index = Decoder.decode(word);
        return index >= 0 && !Coverage.STATE[index].equals("todo");
    }

    static CpuImage state(Cases cases, boolean wide, boolean narrowing, boolean defaultControl) {
        SplittableRandom random = cases.random();
        CpuImage state = cases.randomState();
        state.fpcr(defaultControl ? 0 : (random.nextBoolean() ? FZ : 0) | random.nextInt() & RMODE);
        for (int n = 0; n < 32; n++) {
            for (int half = 0; half < 2; half++) {
                state.v(n, half, narrowing ? wider(random) : wide ? tiny64(random)
                    : tiny32(random) & 0xffff_ffffL | (long) tiny32(random) << 32);
            }
        }
        return state;
    }

    private static int tiny32(SplittableRandom random) {
        int near = random.nextInt(NEAR);
        int v = switch (random.nextInt(9)) {
            case 0 -> 0x3f80_0000 + near;
            case 1 -> 0x0080_0000 - near;
            case 2 -> 0x0080_0000 + near;
            case 3 -> 0x3f7f_ffff - near;
            case 4 -> 0x4480_0000 + near;
            case 5 -> 0x057f_ffff - near;
            case 6 -> 0x3a80_0000 + near;
            case 7 -> near;
            default -> random.nextInt() & 0x0fff_ffff;
        };
        return v ^ random.nextInt() & Integer.MIN_VALUE;
    }

    private static long tiny64(SplittableRandom random) {
        int near = random.nextInt(NEAR);
        long v = switch (random.nextInt(9)) {
            case 0 -> 0x3ff0_0000_0000_0000L + near;
            case 1 -> 0x0010_0000_0000_0000L - near;
            case 2 -> 0x0010_0000_0000_0000L + near;
            case 3 -> 0x3fef_ffff_ffff_ffffL - near;
            case 4 -> 0x4090_0000_0000_0000L + near;
            case 5 -> 0x00af_ffff_ffff_ffffL - near;
            case 6 -> 0x3f50_0000_0000_0000L + near;
            case 7 -> near;
            default -> random.nextLong() & 0x01ff_ffff_ffff_ffffL;
        };
        return v ^ random.nextLong() & Long.MIN_VALUE;
    }

    /** Doubles around the smallest normal single and half precision numbers. */
    private static long wider(SplittableRandom random) {
        long v = (random.nextBoolean() ? 0x3810_0000_0000_0000L : 0x3f10_0000_0000_0000L) + (random.nextInt(-NEAR, NEAR) << random.nextInt(28));
        return v ^ random.nextLong() & Long.MIN_VALUE;
    }
}
