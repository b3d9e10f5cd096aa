package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The generated interpreter against qemu-aarch64, and generated code against the interpreter: floating-point and SIMD instructions over
 * edge values of all formats, in all rounding modes, with and without flushing to zero, default NaNs and alternative half precision; results
 * and cumulative flags.
 */
class VectorInstructionsOracleTest {
    private static final int SCALAR_CASES = 500;
    private static final int VECTOR_CASES = 150;
    private static final int MEMORY_CASES = 200;
    private static final long FPSR_FLAGS = 0x0800_009f;
    /**
     * Without UFC and IXC: the host notices underflow after rounding, the guest before; and a conversion that turns out to be out of range
     * has raised the host's inexact flag when the interpreter takes over.
     */
    private static final long FPSR_OF_GENERATED_CODE = FPSR_FLAGS & ~0x18;

    @TempDir
    Path directory;

    @BeforeEach
    void needsTools() {
        QemuExecutor.requireTools();
    }

    @Test
    void scalarFloatingPoint() throws IOException, InterruptedException {
        check(cases(11, "fp/", SCALAR_CASES));
    }

    @Test
    void vectors() throws IOException, InterruptedException {
        check(cases(12, "simd/", VECTOR_CASES));
    }

    @Test
    void loadsAndStores() throws IOException, InterruptedException {
        Cases cases = new Cases(13);
        for (Pattern pattern : Pattern.all()) {
            if (VectorCases.accessesMemory(pattern)) {
                for (int i = 0; i < MEMORY_CASES; i++) {
                    int word = VectorCases.access(cases.random(), pattern);
                    if (described(word)) {
                        CpuImage state = VectorCases.state(cases, 4, true);
                        VectorCases.address(cases.random(), pattern, word, state, true);
                        cases.add(state, word);
                    }
                }
            }
        }
        check(cases);
    }

    private static Cases cases(long seed, String folder, int count) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (!pattern.file.startsWith(folder) || VectorCases.accessesMemory(pattern)) {
                continue;
            }
            for (int i = 0; i < count; i++) {
                int word = pattern.sample(cases.random());
                if (described(word)) {
                    cases.add(VectorCases.state(cases, i, i % 3 == 0), word);
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

    private void check(Cases cases) throws IOException, InterruptedException {
        NativeExecutor generatedCode = new NativeExecutor();
        try (InterpreterExecutor interpreter = new InterpreterExecutor()) {
            cases.assertEqual(new QemuExecutor(directory), interpreter, FPSR_FLAGS);
            cases.assertEqual(interpreter, generatedCode, FPSR_OF_GENERATED_CODE);
        }
        assertTrue(generatedCode.interpreted() < cases.size(), "nothing was compiled");
    }
}
