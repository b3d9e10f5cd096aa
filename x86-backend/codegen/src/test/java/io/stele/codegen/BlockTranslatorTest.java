package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import io.stele.zydis.Zydis;
import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A block that exceeds a limit gets shorter, at last one interpreted instruction, and one line says so, once. */
class BlockTranslatorTest {
    private static final int REGISTERS = 30;
    private static final Stubs STUBS = new Stubs(0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0000, 0x10_0100, 0);
    private static final long CODE = 0x100_0000;

    private interface Instruction {
        /** @param n number of the instruction in its block */
        void build(IrBuilder b, int n);
    }

    private final List<String> log = new ArrayList<>();
    private final CompiledBlock block = new CompiledBlock();

    private BlockTranslator translator(Instruction instruction) {
        return new BlockTranslator(isa(instruction), HostFeatures.BASELINE, log::add);
    }

    private static GuestIsa isa(Instruction instruction) {
        return (GuestIsa) Proxy.newProxyInstance(GuestIsa.class.getClassLoader(), new Class<?>[] {GuestIsa.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "pcOffset" -> NativeCode.LAYOUT.pcOffset();
                case "flagsOffset" -> NativeCode.LAYOUT.flagsOffset();
                case "dataView" -> 0;
                case "instructionClass" -> "additions";
                case "isInstruction" -> true;
                case "translate" -> {
                    build((int) arguments[3], (IrBuilder) arguments[4], instruction);
                    yield null;
                }
                default -> throw new UnsupportedOperationException(method.getName());
            });
    }

    private static void build(int instructions, IrBuilder b, Instruction instruction) {
        b.reset(0, 0, 0);
        for (int n = 0; n < instructions; n++) {
            b.beginInstruction(4 * n, 0);
            instruction.build(b, n);
            b.endInstruction();
        }
        b.jump(4L * instructions);
    }

    private void translate(BlockTranslator translator) {
        translator.translate(0, 0, 0, CODE, STUBS, NativeCode.IDENTITY, block);
    }

    /** {@code count} values that are all needed at the end. */
    private static void keepAlive(IrBuilder b, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = b.mul(64, b.readReg(64, 8 * (i % REGISTERS)), b.readReg(64, 8 * (i / REGISTERS)));
        }
        int sum = b.readReg(64, 0);
        for (int value : values) {
            sum = b.xor(64, sum, b.mul(64, sum, value));
        }
        b.writeReg(64, 0, sum);
    }

    @Test
    void tooManyValuesInABlockMakeItShorter() {
        BlockTranslator translator = translator((b, n) -> keepAlive(b, n < 8 ? 1 : 100));
        translate(translator);
        assertEquals(8, block.instructions);
        assertEquals(1, log.size());
        translate(translator);
        assertEquals(1, log.size());
        assertEquals(2, translator.shortened());
    }

    @Test
    void tooManyValuesInAnInstructionHaveItInterpreted() {
        BlockTranslator translator = translator((b, n) -> keepAlive(b, 100));
        translate(translator);
        assertEquals(1, block.instructions);
        assertEquals(Opcode.INTERPRET, translator.builder().op[translator.builder().endOperation()]);
        assertEquals(1, log.size());
    }

    @Test
    void tooManyBytesOfCodeMakeABlockShorter() {
        translate(translator((b, n) -> {
            for (int i = 0; i < REGISTERS; i++) {
                b.writeReg(64, 8 * i, b.mul(64, b.readReg(64, 8 * i), b.readReg(64, 8 * ((i + 1) % REGISTERS))));
            }
            for (int i = 0; i < 30; i++) {
                b.interpretIf(b.bitSet(64, b.readReg(64, 8 * i), i));
            }
        }));
        assertTrue(block.length <= BlockTranslator.MAX_CODE_BYTES, block.length + " bytes");
        assertTrue(block.instructions > 1 && block.instructions < BlockTranslator.MAX_INSTRUCTIONS, block.instructions + " instructions");
        assertEquals(1, log.size());
    }

    @Test
    void aFaultOfTheTranslatorHasTheInstructionInterpreted() {
        BlockTranslator translator = translator((b, n) -> {
            if (n == 3) {
                throw new IllegalStateException("fault");
            }
            b.writeReg(64, 0, b.neg(64, b.readReg(64, 0)));
        });
        translate(translator);
        assertEquals(2, block.instructions);
        assertEquals(List.of("a block of 4 instructions is translated in parts: fault"), log);
        translator = translator((b, n) -> {
            throw new IllegalStateException("fault");
        });
        translate(translator);
        assertEquals(1, block.instructions);
        assertEquals(Opcode.INTERPRET, translator.builder().op[translator.builder().endOperation()]);
    }

    @Test
    void aCensusCountsWhatBecomesOfInstructions() {
        GuestIsa isa = isa((b, n) -> b.writeReg(64, 0, b.add(64, b.readReg(64, 0), b.readReg(64, 8))));
        BlockTranslator translator = new BlockTranslator(isa, HostFeatures.BASELINE, log::add);
        CodeCensus census = new CodeCensus(isa);
        translator.countFor(census);
        try (Arena arena = Arena.ofConfined()) {
            translator.translate(arena.allocate(4096).address(), 0, 0, CODE, STUBS, NativeCode.IDENTITY, block);
        }
        assertNull(block.listing);
        Map<String, Long> counts = census.classes().get("additions");
        assertEquals(BlockTranslator.MAX_INSTRUCTIONS, counts.get("instructions"));
        assertTrue(counts.get("bytes in line") >= 3 * BlockTranslator.MAX_INSTRUCTIONS, counts::toString);
        if (Zydis.unavailableReason() == null) {
            assertTrue(counts.get("x86 instructions in line") >= BlockTranslator.MAX_INSTRUCTIONS, counts::toString);
            assertTrue(counts.get("memory operands") > 0, counts::toString);
        }
        assertTrue(census.report().contains("additions"), census::report);
    }
}
