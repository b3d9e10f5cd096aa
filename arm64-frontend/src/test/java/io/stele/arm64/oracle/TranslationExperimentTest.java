package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.TestMachine;
import io.stele.arm64.system.CpuFeatures;
import io.stele.codegen.BlockTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.Stubs;
import io.stele.memory.RawMemory;
import io.stele.zydis.Zydis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Translates the code of a kernel image and says how fast that went and what it became: one line for {@code dev/isac-experiment}, which builds the
 * translator at each level. Done where {@code -Dexperiment.code=FILE} names the image.
 */
class TranslationExperimentTest {
    private static final int PAGE = 4096;
    private static final int FIRST_PAGE = 16;
    private static final int PAGES = 600;
    private static final int WARM_UP = 3;
    private static final int ROUNDS = 5;
    private static final int DISASSEMBLED_PAGES = 40;
    private static final long CODE = 0x180_0000;
    private static final Stubs STUBS = new Stubs(0x10_0100, 0x10_0100, 0x10_0100, 0x10_0100, 0x10_0100, 0x10_0100, 0x10_0100, 0x10_0200, 0x180_0000);

    private final TestMachine machine = new TestMachine((long) PAGES * PAGE);
    private final Arm64Isa isa = new Arm64Isa(CpuFeatures.DESCRIBED, machine, machine, machine, machine, machine.log::add);
    private final BlockTranslator translator = new BlockTranslator(isa, NativeProcess.hostFeatures(), line -> { });
    private final CompiledBlock block = new CompiledBlock();
    private long guestInstructions;
    private long operations;
    private long bytes;
    private long bodyBytes;
    private long sampledGuest;
    private long sampledHost;

    @Test
    void kernelImage() throws IOException {
        String image = System.getProperty("experiment.code");
        Assumptions.assumeTrue(image != null, "no image was named");
        byte[] code = Files.readAllBytes(Path.of(image));
        RawMemory.copy(code, FIRST_PAGE * PAGE, machine.host(TestMachine.RAM), PAGES * PAGE);
        isa.reset(machine.state, 0, TestMachine.RAM, 0);
        for (int i = 0; i < WARM_UP; i++) {
            translate(0);
        }
        long start = cpuNanos();
        for (int i = 0; i < ROUNDS; i++) {
            translate(0);
        }
        long nanos = (cpuNanos() - start) / ROUNDS;
        translate(Zydis.unavailableReason() == null ? DISASSEMBLED_PAGES : 0);
        assertTrue(guestInstructions > 0, "no code");
        System.out.println(String.format(Locale.ROOT, "experiment %.2f M instructions/s, %.2f operations, %.2f host instructions, %.1f bytes (%.1f in line)",
            guestInstructions * 1e3 / nanos, (double) operations / guestInstructions, (double) sampledHost / Math.max(1, sampledGuest),
            (double) bytes / guestInstructions, (double) bodyBytes / guestInstructions));
        machine.close();
    }

    /** Of the whole process: others may use the cores, too. */
    private static long cpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    /** All pages, block behind block. */
    private void translate(int disassembled) {
        guestInstructions = 0;
        operations = 0;
        bytes = 0;
        bodyBytes = 0;
        int mode = isa.codeMode(machine.state);
        for (int page = 0; page < PAGES; page++) {
            for (int offset = 0; offset < PAGE; offset += 4 * block.instructions) {
                translator.translate(machine.host(TestMachine.RAM) + (long) page * PAGE, offset, mode, CODE, STUBS, NativeProcess.REGION_ZERO, block);
                guestInstructions += block.instructions;
                operations += translator.builder().endOperation();
                bytes += block.length;
                bodyBytes += block.bodyLength;
                if (page < disassembled) {
                    sampledGuest += block.instructions;
                    sampledHost += hostInstructions();
                }
            }
        }
    }

    /** In line. */
    private int hostInstructions() {
        int count = 0;
        byte[] code = translator.compiler().code();
        for (int at = 0; at < block.bodyLength; count++) {
            Zydis.Instruction instruction = Zydis.disassemble(code, at, block.bodyLength - at, CODE);
            at += instruction == null ? 1 : instruction.length();
        }
        return count;
    }
}
