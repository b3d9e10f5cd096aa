package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Disassembler;
import io.stele.arm64.generated.Translator;
import io.stele.arm64.hooks.CodeMode;
import io.stele.arm64.system.FloatRegisters;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The generated translator over words of every row of the description. */
class TranslatorTest {
    private static final int SAMPLES = 60;
    private static final int MODES = 8;
    private static final int PAGE_BYTES = 4096;
    private static final int FORMS = 400;

    @Test
    void everyInstructionBecomesIntermediateCode() {
        SplittableRandom random = new SplittableRandom(5);
        IrBuilder builder = new IrBuilder();
        int translated = 0;
        for (Pattern pattern : Pattern.all()) {
            for (int i = 0; i < SAMPLES; i++) {
                int word = pattern.sample(random);
                int index = Decoder.decode(word);
                if (index < 0) {
                    continue;
                }
                int offset = 4 * random.nextInt(PAGE_BYTES / 4);
                builder.reset(offset, random.nextInt(MODES), random.nextInt(2));
                translate(builder, offset, index, word);
                translated++;
                String state = Coverage.STATE[index];
                assertTrue(!state.equals("todo") || builder.ended(), () -> pattern.name + " is not done, but its block goes on");
            }
        }
        assertTrue(translated > 10_000, "words translated: " + translated);
    }

    @Test
    void blocksOfRandomInstructionsEndByThemselvesOrStayOpen() {
        SplittableRandom random = new SplittableRandom(6);
        IrBuilder builder = new IrBuilder();
        Pattern[] patterns = Pattern.all().toArray(Pattern[]::new);
        for (int block = 0; block < 500; block++) {
            builder.reset(0, 1, 1);
            for (int offset = 0; offset < PAGE_BYTES && !builder.ended() && !builder.full(); offset += 4) {
                int word = patterns[random.nextInt(patterns.length)].sample(random);
                int index = Decoder.decode(word);
                if (index >= 0 && Coverage.STATE[index].equals("jit")) {
                    translate(builder, offset, index, word);
                }
            }
            assertTrue(builder.count > 1, "operations of a block");
        }
    }

    @Test
    void noRowIsInterpreted() {
        assertEquals(Set.of(), interpreted(IrBuilder.FLOAT_DEFAULT));
    }

    @Test
    void noRowIsInterpretedWhereFpcrAsksForFlushing() {
        assertEquals(Set.of(), interpreted(IrBuilder.FLOAT_FLUSHING));
        assertEquals(Set.of(), interpreted(IrBuilder.FLOAT_WATCHED));
    }

    /** Some forms of a row may be interpreted and others not. */
    private static Set<String> interpreted(int floatControl) {
        SplittableRandom random = new SplittableRandom(7);
        IrBuilder builder = new IrBuilder();
        Set<String> interpreted = new TreeSet<>();
        for (Pattern pattern : Pattern.all()) {
            for (int i = 0; i < FORMS; i++) {
                int word = pattern.sample(random);
                int index = Decoder.decode(word);
                if (index >= 0 && !Coverage.STATE[index].equals("todo")) {
                    builder.reset(0, CodeMode.ofFloatControl(floatControl), 0);
                    FloatRegisters.tell(builder, floatControl);
                    translate(builder, 0, index, word);
                    if (builder.ended() && builder.op[builder.endOperation()] == Opcode.INTERPRET) {
                        interpreted.add(Coverage.NAMES[index]);
                    }
                }
            }
        }
        return interpreted;
    }

    private static void translate(IrBuilder builder, int offset, int index, int word) {
        try {
            builder.beginInstruction(offset, word);
            Translator.translate(builder, index, word);
            builder.endInstruction();
        } catch (RuntimeException e) {
            throw new AssertionError("0x" + Integer.toHexString(word) + " " + Disassembler.disassemble(word, offset), e);
        }
    }
}
