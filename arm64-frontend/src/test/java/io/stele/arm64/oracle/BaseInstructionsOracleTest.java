package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generated interpreter and translated code against qemu-aarch64: integer, branch and load/store instructions over edge values. */
class BaseInstructionsOracleTest {
    private static final int INTEGER_CASES = 420;
    private static final int BRANCH_CASES = 80;
    private static final int MEMORY_CASES = 150;
    private static final int EXCLUSIVE_CASES = 100;
    private static final int SEQUENCES = 4000;
    private static final int MEMORY_COPIES = 1000;

    @TempDir
    Path directory;

    @BeforeEach
    void needsTools() {
        QemuExecutor.requireTools();
    }

    @Test
    void integerInstructions() throws IOException, InterruptedException {
        check(BaseCases.integer(1, INTEGER_CASES));
    }

    @Test
    void sequences() throws IOException, InterruptedException {
        check(BaseCases.sequences(5, SEQUENCES));
    }

    @Test
    void branchesAndHints() throws IOException, InterruptedException {
        check(BaseCases.branchesAndHints(2, BRANCH_CASES));
    }

    @Test
    void loadsStoresAndAtomics() throws IOException, InterruptedException {
        check(BaseCases.loadsStoresAndAtomics(3, MEMORY_CASES));
    }

    @Test
    void exclusivePairsOfLoadAndStore() throws IOException, InterruptedException {
        check(BaseCases.exclusivePairs(4, EXCLUSIVE_CASES));
    }

    @Test
    void memoryCopiesAndSets() throws IOException, InterruptedException {
        QemuExecutor.requireVersion(directory, 9);
        check(BaseCases.memoryCopies(6, MEMORY_COPIES, false));
    }

    private void check(Cases cases) throws IOException, InterruptedException {
        Executor qemu = new QemuExecutor(directory);
        try (InterpreterExecutor interpreter = new InterpreterExecutor()) {
            cases.assertEqual(qemu, interpreter, -1);
        }
        try (NativeExecutor generatedCode = new NativeExecutor()) {
            cases.assertEqual(qemu, generatedCode, -1);
            assertTrue(generatedCode.interpreted() < cases.size() / 4, () -> generatedCode.interpreted() + " of " + cases.size()
                + " cases were left to the interpreter");
        }
    }
}
