package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.HostFeatures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The generated interpreter against qemu-aarch64, and generated code, with all that the host has and with AVX2 alone, against the
 * interpreter: floating-point and SIMD instructions over edge values of all formats, in all rounding modes, with and without flushing to
 * zero, default NaNs and alternative half precision; results and cumulative flags.
 */
class VectorInstructionsOracleTest {
    private static final int SCALAR_CASES = 500;
    private static final int CONVERSION_CASES = 4000;
    private static final int VECTOR_CASES = 150;
    private static final int MEMORY_CASES = 200;
    private static final int TINY_CASES = 1200;
    private static final int STATUS_CASES = 400;
    private static final int ROUNDING_CASES = 400;
    private static final int FLUSHED_CASES = 12_000;
    private static final long FPSR_FLAGS = 0x0800_009f;

    @TempDir
    Path directory;

    @BeforeEach
    void needsTools() {
        QemuExecutor.requireTools();
    }

    @Test
    void scalarFloatingPoint() throws IOException, InterruptedException {
        check(VectorCases.scalar(11, SCALAR_CASES));
    }

    @Test
    void conversionsToIntegers() throws IOException, InterruptedException {
        check(VectorCases.conversions(14, CONVERSION_CASES));
    }

    @Test
    void resultsAroundTheSmallestNormalNumber() throws IOException, InterruptedException {
        check(TinyCases.results(15, TINY_CASES));
    }

    @Test
    void sequencesWhoseResultsAreFlushed() throws IOException, InterruptedException {
        check(TinyCases.flushed(17, FLUSHED_CASES));
    }

    @Test
    void halvesUnderTheirOwnControls() throws IOException, InterruptedException {
        check(TinyCases.halves(18, FLUSHED_CASES));
    }

    @Test
    void ordinaryHalvesAreNotInterpretedUnderTheirControls() {
        Cases cases = new Cases(19);
        for (int word : new int[] {0x4e421420, 0x1ee22820, 0x1ee20820, 0x1ee24020, 0x1e23c020, 0x0e216820, 0x0e217820, 0x1e63c020}) {
            CpuImage state = cases.randomState();
            state.fpcr(1 << 26 | 1 << 24 | 1 << 19);
            state.fpsr(1 << 4);
            for (int n = 1; n < 3; n++) {
                long ones = word == 0x1e23c020 || word == 0x0e216820 ? 0x3f80_0000_3f80_0000L
                    : word == 0x1e63c020 ? 0x3ff0_0000_0000_0000L : 0x3c00_3c00_3c00_3c00L;
                state.v(n, 0, ones);
                state.v(n, 1, ones);
            }
            cases.add(state, word);
        }
        try (NativeExecutor generatedCode = new NativeExecutor()) {
            generatedCode.execute(cases.words(), cases.states());
            assertEquals(0, generatedCode.interpreted());
        }
    }

    /** FMADD, FMLA, FRECPS, FRSQRTS of halves, BFCVT and BFCVTN. */
    @Test
    void noRoundingModeIsInterpreted() throws IOException, InterruptedException {
        Cases cases = new Cases(20);
        for (int word : new int[] {0x1fc20c20, 0x4e420c20, 0x4f021020, 0x4e423c20, 0x4ec23c20, 0x1e634020, 0x0ea16820}) {
            for (int i = 0; i < ROUNDING_CASES; i++) {
                CpuImage state = cases.randomState();
                state.fpcr(i % 4 << 22);
                for (int n = 0; n < 4; n++) {
                    // Halves, or singles, with exponents that lead neither to the smallest nor to the largest ones.
                    for (int half = 0; half < 2; half++) {
                        state.v(n, half, cases.random().nextLong() & 0x8fff_8fff_8fff_8fffL | 0x3000_3000_3000_3000L);
                    }
                }
                cases.add(state, word);
            }
        }
        CpuImage[] generated = CpuImage.copy(cases.states());
        try (NativeExecutor generatedCode = new NativeExecutor()) {
            generatedCode.execute(cases.words(), generated);
            assertEquals(0, generatedCode.interpreted());
        }
        check(cases);
    }

    @Test
    void floatingPointStatusReadAndWritten() throws IOException, InterruptedException {
        try (NativeExecutor generatedCode = new NativeExecutor()) {
            TinyCases.status(16, STATUS_CASES).assertEqual(new QemuExecutor(directory), generatedCode, FPSR_FLAGS);
        }
    }

    @Test
    void vectors() throws IOException, InterruptedException {
        check(VectorCases.vectors(12, VECTOR_CASES));
    }

    @Test
    void loadsAndStores() throws IOException, InterruptedException {
        check(VectorCases.loadsAndStores(13, MEMORY_CASES));
    }

    private void check(Cases cases) throws IOException, InterruptedException {
        HostFeatures host = NativeProcess.hostFeatures();
        try (InterpreterExecutor interpreter = new InterpreterExecutor()) {
            cases.assertEqual(new QemuExecutor(directory), interpreter, FPSR_FLAGS);
            for (HostFeatures used : List.of(host, host.withAvx2())) {
                try (NativeExecutor generatedCode = new NativeExecutor(used)) {
                    cases.assertEqual(interpreter, generatedCode, FPSR_FLAGS);
                    assertTrue(generatedCode.interpreted() < cases.instructions(), "nothing was compiled");
                }
            }
        }
    }
}
