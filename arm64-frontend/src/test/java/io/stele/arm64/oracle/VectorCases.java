package io.stele.arm64.oracle;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Index;
import java.util.SplittableRandom;

/** Cases for floating-point and SIMD instructions: words of every row over edge values of all formats. */
public final class VectorCases {
    private static final long UNMAPPED = 0x5000;
    /** FZ16, RMode, FZ, DN and AHP. */
    private static final int FPCR_FIELDS = 0x07c8_0000;

    private static final long FPCR_FZ = 1 << 24;
    private static final long HALF_SIGN = 0x8000;

    private static final short[] HALVES = {
        0, 1, 0x3ff, 0x400, 0x401, 0x3bff, 0x3c00, 0x3c01, 0x3800, 0x4000, 0x4200, 0x4900, 0x7bff, 0x7c00, 0x7c01, 0x7dff, 0x7e00, 0x7fff,
    };
    private static final int[] SINGLES = {
        0, 1, 2, 0x007f_ffff, 0x0040_0000, 0x0080_0000, 0x0080_0001, 0x3f80_0000, 0x3f80_0001, 0x3f7f_ffff, 0x3f00_0000, 0x3fc0_0000,
        0x4000_0000, 0x4020_0000, 0x4040_0000, 0x3eff_ffff, 0x3f00_0001, 0x4b00_0000, 0x4b7f_ffff, 0x4b80_0000, 0x4eff_ffff, 0x4f00_0000,
        0x4f7f_ffff, 0x4f80_0000, 0x5eff_ffff, 0x5f00_0000, 0x5f7f_ffff, 0x5f80_0000, 0x7f7f_ffff, 0x7f00_0000, 0x7e80_0000, 0x7f80_0000,
        0x7f80_0001, 0x7fa0_1234, 0x7fc0_0000, 0x7fc0_5678, 0x7fff_ffff, 0x0000_2000, 0x3380_0000, 0x3300_0001, 0x477f_e000, 0x477f_f000,
        0x3880_0000, 0x387f_e000, 0x1f80_0000, 0x2000_0001, 0x5fc0_0001,
    };
    private static final long[] DOUBLES = {
        0, 1, 2, 0x000f_ffff_ffff_ffffL, 0x0008_0000_0000_0000L, 0x0010_0000_0000_0000L, 0x0010_0000_0000_0001L, 0x3ff0_0000_0000_0000L,
        0x3ff0_0000_0000_0001L, 0x3fef_ffff_ffff_ffffL, 0x3fe0_0000_0000_0000L, 0x3ff8_0000_0000_0000L, 0x4000_0000_0000_0000L,
        0x4004_0000_0000_0000L, 0x4008_0000_0000_0000L, 0x3fdf_ffff_ffff_ffffL, 0x41df_ffff_ffc0_0000L, 0x41df_ffff_ffe0_0000L,
        0x41e0_0000_0000_0000L, 0x41ef_ffff_ffe0_0000L, 0x41f0_0000_0000_0000L, 0x43df_ffff_ffff_ffffL, 0x43e0_0000_0000_0000L,
        0x43ef_ffff_ffff_ffffL, 0x43f0_0000_0000_0000L, 0x4330_0000_0000_0000L, 0x432f_ffff_ffff_ffffL, 0x4340_0000_0000_0001L,
        0x7fef_ffff_ffff_ffffL, 0x7fe0_0000_0000_0000L, 0x7fd0_0000_0000_0000L, 0x7ff0_0000_0000_0000L, 0x7ff0_0000_0000_0001L,
        0x7ff4_1234_5678_9abcL, 0x7ff8_0000_0000_0000L, 0x7ff8_8765_4321_0000L, 0x7fff_ffff_ffff_ffffL, 0x47ef_ffff_e000_0000L,
        0x47ef_ffff_f000_0000L, 0x3810_0000_0000_0000L, 0x380f_ffff_ffff_ffffL, 0x36a0_0000_0000_0000L, 0x3690_0000_0000_0001L,
        0x40ef_fc00_0000_0000L, 0x40ef_fe00_0000_0000L, 0x3f10_0000_0000_0000L, 0x3e70_0000_0000_0001L, 0x3ca0_0000_0000_0000L,
        0x1ff0_0000_0000_0001L, 0x2000_0000_0000_0000L,
    };

    private VectorCases() {}

    /** @param count words of each row */
    public static Cases scalar(long seed, int count) {
        return cases(seed, "fp/", count);
    }

    /** @param count words of each row */
    public static Cases vectors(long seed, int count) {
        return cases(seed, "simd/", count);
    }

    /** Conversions to integers of all sizes with FPCR = 0, which generated code makes with the host's: around the ends of their ranges. */
    public static Cases conversions(long seed, int count) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (pattern.name.equals("FCVT_int")) {
                for (int i = 0; i < count; i++) {
                    int word = pattern.sample(cases.random());
                    cases.add(state(cases, pattern.field("d", word) == 1 ? 3 : 1, true), word);
                }
            }
        }
        return cases;
    }

    private static Cases cases(long seed, String folder, int count) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (!pattern.file.startsWith(folder) || accessesMemory(pattern)) {
                continue;
            }
            for (int i = 0; i < count; i++) {
                int word = pattern.sample(cases.random());
                if (described(word)) {
                    CpuImage state = state(cases, i, i % 3 == 0);
                    avoidKnownDifferences(word, state);
                    cases.add(state, word);
                }
            }
        }
        return cases;
    }

    /** What QEMU does otherwise than the manual says: docs/testing.md. */
    private static void avoidKnownDifferences(int word, CpuImage state) {
        int index = Decoder.decode(word);
        if (index == Index.FJCVTZS) {
            state.fpcr(state.fpcr() & ~FPCR_FZ);
        } else if (index == Index.FCVTZS_fixed_scalar_h) {
            int n = word >>> 5 & 31;
            state.v(n, 0, state.v(n, 0) & ~HALF_SIGN);
        }
    }

    /** @param count words of each row */
    public static Cases loadsAndStores(long seed, int count) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (accessesMemory(pattern)) {
                for (int i = 0; i < count; i++) {
                    int word = access(cases.random(), pattern);
                    if (described(word)) {
                        CpuImage state = state(cases, 4, true);
                        address(cases.random(), pattern, word, state, true);
                        cases.add(state, word);
                    }
                }
            }
        }
        return cases;
    }

    /** Words that only look like the row are left to the disassembler's test: qemu executes some that are unallocated. */
    private static boolean described(int word) {
        int index = Decoder.decode(word);
        return index >= 0 && !Coverage.STATE[index].equals("todo");
    }

    /** Vector registers full of edge values of one format, mostly; {@code i} selects it. */
    public static CpuImage state(Cases cases, int i, boolean defaultControl) {
        SplittableRandom random = cases.random();
        CpuImage state = cases.randomState();
        state.fpcr(defaultControl ? 0 : random.nextInt() & FPCR_FIELDS);
        int format = i % 5;
        for (int n = 0; n < 32; n++) {
            for (int half = 0; half < 2; half++) {
                state.v(n, half, half(random, random.nextInt(8) == 0 ? random.nextInt(5) : format));
            }
        }
        return state;
    }

    private static long half(SplittableRandom random, int format) {
        long value = 0;
        switch (format) {
            case 0 -> {
                for (int i = 0; i < 4; i++) {
                    value = value << 16 | (HALVES[random.nextInt(HALVES.length)] | random.nextInt() & 0x8000) & 0xffff;
                }
            }
            case 1, 2 -> {
                for (int i = 0; i < 2; i++) {
                    value = value << 32 | single(random) & 0xffff_ffffL;
                }
            }
            case 3 -> value = random.nextInt(6) == 0 ? random.nextLong()
                : DOUBLES[random.nextInt(DOUBLES.length)] ^ random.nextLong() & Long.MIN_VALUE;
            default -> {
                for (int i = 0; i < 8; i++) {
                    value = value << 8 | integerByte(random);
                }
            }
        }
        return value;
    }

    private static int single(SplittableRandom random) {
        return random.nextInt(6) == 0 ? random.nextInt() : SINGLES[random.nextInt(SINGLES.length)] ^ random.nextInt() & Integer.MIN_VALUE;
    }

    private static int integerByte(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> 0xff;
            case 2 -> 0x80;
            case 3 -> 0x7f;
            case 4 -> 1;
            default -> random.nextInt(256);
        };
    }

    public static boolean accessesMemory(Pattern pattern) {
        return pattern.file.equals("simd/memory.isa") || pattern.file.equals("simd/structures.isa");
    }

    /** A word of the row whose displacements stay near the base and whose registers may not be combined in an unpredictable way. */
    public static int access(SplittableRandom random, Pattern pattern) {
        int word = pattern.sample(random);
        word = limit(pattern, "imm12", random.nextInt(16), word);
        word = limit(pattern, "imm7", random.nextInt(-12, 12) & 127, word);
        word = limit(pattern, "imm19", random.nextInt(-64, 256) & 0x7ffff, word);
        if (pattern.hasField("Rm") && pattern.field("post", word) == 0 && pattern.hasField("post")) {
            word = pattern.with("Rm", 0, word);
        }
        if (pattern.hasField("Rm") && pattern.field("Rm", word) == pattern.field("Rn", word)) {
            word = pattern.with("Rn", pattern.field("Rm", word) ^ 1, word);
        }
        if (pattern.hasField("Rt2") && pattern.field("Rt2", word) == pattern.field("Rt", word)) {
            word = pattern.with("Rt2", pattern.field("Rt", word) ^ 1, word);
        }
        return word;
    }

    /** Gives the registers that make the address values: in the memory block, or if {@code faults} now and then nowhere. */
    static void address(SplittableRandom random, Pattern pattern, int word, CpuImage state, boolean faults) {
        if (pattern.hasField("Rm")) {
            long upper = pattern.hasField("option") && (pattern.field("option", word) & 1) == 0 ? random.nextLong() << 32 : 0;
            long index = random.nextInt(-6, 10);
            state.x(pattern.field("Rm", word), upper == 0 ? index : upper | index & 0xffff_ffffL);
        }
        if (pattern.hasField("Rn")) {
            long base = CpuImage.MEMORY_BASE + 256 + random.nextInt(-16, 16);
            state.x(pattern.field("Rn", word), faults && random.nextInt(16) == 0 ? UNMAPPED : base);
        }
    }

    private static int limit(Pattern pattern, String field, int value, int word) {
        return pattern.hasField(field) ? pattern.with(field, value, word) : word;
    }
}
