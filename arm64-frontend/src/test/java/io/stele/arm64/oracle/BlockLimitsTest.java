package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.system.CpuFeatures;
import io.stele.codegen.BlockTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.Stubs;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import io.stele.memory.RawMemory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * No sequence of instructions exceeds a limit of the translator. The property {@code oracle.blocks} says how many random blocks are translated,
 * {@code oracle.seed} which.
 */
class BlockLimitsTest {
    private static final int BLOCKS = Integer.getInteger("oracle.blocks", 100_000);
    private static final long SEED = Long.getLong("oracle.seed", 11);
    private static final int NOP = 0xd503201f;
    private static final int SAMPLES = 16;
    private static final String[] SOURCES = {"Rn", "Rm", "Ra", "Rt2", "Rs"};
    private static final String[] DESTINATIONS = {"Rd", "Rt"};
    private static final int PAGE_BYTES = 4096;
    private static final long FP_ENABLED = 3L << 20;
    private static final Stubs STUBS = new Stubs(0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0100, 0);
    private static final long CODE = 0x100_0000;

    /** Thirty-two fused multiply-adds of all registers in both precisions, all into one register. */
    private static final int[] ALL_REGISTERS_TWICE = {
        0x1f42003f, 0x1f450c9f, 0x1f4818ff, 0x1f4b255f, 0x1f4e31bf, 0x1f513e1f, 0x1f544a7f, 0x1f5756df,
        0x1f02003f, 0x1f050c9f, 0x1f0818ff, 0x1f0b255f, 0x1f0e31bf, 0x1f113e1f, 0x1f144a7f, 0x1f1756df,
        0x1f41081f, 0x1f44147f, 0x1f4720df, 0x1f4a2d3f, 0x1f4d399f, 0x1f5045ff, 0x1f53525f, 0x1f565ebf,
        0x1f01081f, 0x1f04147f, 0x1f0720df, 0x1f0a2d3f, 0x1f0d399f, 0x1f1045ff, 0x1f13525f, 0x1f165ebf,
    };

    private final Arena arena = Arena.ofConfined();
    private final long page = arena.allocate(PAGE_BYTES, PAGE_BYTES).address();
    private final long state = arena.allocate(CpuArea.BYTES, 64).address();
    private final List<String> log = new ArrayList<>();
    private final Arm64Isa isa = new Arm64Isa(CpuFeatures.DESCRIBED, null, null, null, null, log::add);
    private final BlockTranslator translator = new BlockTranslator(isa, NativeProcess.hostFeatures(), log::add);
    private final CompiledBlock block = new CompiledBlock();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final IrBuilder builder = new IrBuilder();
    private int next;

    @AfterEach
    void close() {
        arena.close();
    }

    private int mode(boolean privileged) {
        RawMemory.putLong(state + GuestState.PSTATE_OFFSET, privileged ? Pstate.EL1H : Pstate.EL0T);
        RawMemory.putLong(state + GuestState.CPACR_EL1_OFFSET, FP_ENABLED);
        return isa.codeMode(state);
    }

    private void translate(int... words) {
        for (int i = 0; i < words.length; i++) {
            RawMemory.putInt(page + 4L * i, words[i]);
        }
        translator.translate(page, 0, mode(random.nextBoolean()), CODE, STUBS, NativeProcess.REGION_ZERO, block);
    }

    @Test
    void aBlockThatKeepsAllRegistersInSeveralFormsIsTranslated() {
        translate(ALL_REGISTERS_TWICE);
        assertEquals(ALL_REGISTERS_TWICE.length, block.instructions);
        assertEquals(List.of(), log);
    }

    @Test
    void randomBlocksStayBelowAllLimits() {
        Pattern[] rows = Pattern.all().stream().filter(this::goesOn).toArray(Pattern[]::new);
        assertTrue(rows.length > 400, "rows: " + rows.length);
        int[] words = new int[BlockTranslator.MAX_INSTRUCTIONS];
        int longest = 0;
        long instructions = 0;
        for (int n = 0; n < BLOCKS; n++) {
            fill(words, rows);
            translate(words);
            instructions += block.instructions;
            longest = Math.max(longest, block.length);
            if (translator.shortened() != 0) {
                StringBuilder code = new StringBuilder();
                for (int word : words) {
                    code.append(String.format(" %08x", word));
                }
                throw new AssertionError(log + ":" + code);
            }
        }
        assertTrue(instructions > 30L * BLOCKS, "instructions: " + instructions);
        assertTrue(longest > BlockTranslator.MAX_CODE_BYTES / 16, "longest block: " + longest + " bytes");
    }

    /** True for rows with a translation that does not end the block, at least for some words. */
    private boolean goesOn(Pattern row) {
        if (row.file.startsWith("branch")) {
            return false;
        }
        for (int i = 0; i < SAMPLES; i++) {
            if (goesOn(row.sample(random))) {
                return true;
            }
        }
        return false;
    }

    private boolean goesOn(int word) {
        RawMemory.putInt(page, word);
        isa.translate(page, 0, mode(true), 1, builder);
        return builder.op[builder.endOperation()] == Opcode.JUMP;
    }

    /**
     * A block of a few rows, so that their operations are shared, over registers that run through all numbers, or are random, with results in
     * few registers, so that values stay alive that no register holds any more. Every second block says all twice.
     */
    private void fill(int[] words, Pattern[] rows) {
        Pattern[] some = new Pattern[1 + random.nextInt(random.nextBoolean() ? 4 : 32)];
        int first = random.nextInt(rows.length);
        int among = random.nextBoolean() ? rows.length : 1 + random.nextInt(8);
        for (int i = 0; i < some.length; i++) {
            some[i] = rows[(first + random.nextInt(among)) % rows.length];
        }
        boolean running = random.nextBoolean();
        int results = random.nextInt(4) == 0 ? 32 : 1 + random.nextInt(3);
        int period = random.nextBoolean() ? words.length : words.length / 2 - random.nextInt(4);
        for (int i = 0; i < words.length; i++) {
            if (i >= period) {
                words[i] = words[i - period];
                continue;
            }
            int tries = SAMPLES;
            do {
                words[i] = tries == 0 ? NOP : word(some[random.nextInt(some.length)], running, results);
            } while (tries-- > 0 && !goesOn(words[i]));
        }
    }

    private int word(Pattern row, boolean running, int results) {
        int word = row.sample(random);
        for (String field : SOURCES) {
            if (row.hasField(field) && row.width(field) == 5) {
                word = row.with(field, running ? next++ & 31 : random.nextInt(32), word);
            }
        }
        for (String field : DESTINATIONS) {
            if (results < 32 && row.hasField(field) && row.width(field) == 5) {
                word = row.with(field, 31 - random.nextInt(results), word);
            }
        }
        return word;
    }
}
