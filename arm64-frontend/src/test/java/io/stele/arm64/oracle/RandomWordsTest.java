package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generated code and the generated interpreter against qemu-aarch64, on sequences of random words. {@code -Dfuzz.words=N} says how many,
 * {@code -Dfuzz.seed=N} the first batch; {@code dev/fuzz words} sets both. A difference is one line, which names its batch.
 */
class RandomWordsTest {
    private static final long DEFAULT_WORDS = 20_000;
    private static final int BATCH = 4000;
    private static final long FPSR_FLAGS = 0x0800_009f;
    private static final int REPORTED = 200;
    private static final long WORDS_BETWEEN_LINES = 1_000_000;

    @TempDir
    Path directory;

    @BeforeEach
    void needsTools() {
        QemuExecutor.requireTools();
    }

    @Test
    void sequencesOfRandomWordsEndAsUnderQemu() throws IOException, InterruptedException {
        long words = Long.getLong("fuzz.words", DEFAULT_WORDS);
        long seed = Long.getLong("fuzz.seed", 1);
        boolean report = System.getProperty("fuzz.words") != null;
        QemuExecutor qemu = new QemuExecutor(directory);
        long done = 0;
        int differences = 0;
        for (long batch = seed; done < words && differences < REPORTED; batch++) {
            Cases cases = RandomWords.cases(batch, BATCH);
            differences += check(qemu, cases, batch);
            long before = done;
            done += cases.instructions();
            if (report && done / WORDS_BETWEEN_LINES != before / WORDS_BETWEEN_LINES) {
                System.out.println(done + " words, " + differences + " differences");
            }
        }
        if (report) {
            System.out.println(done + " words, " + differences + " differences, batches from " + seed);
        }
        assertEquals(0, differences, "differences, each in a line above");
    }

    private int check(QemuExecutor qemu, Cases cases, long batch) throws IOException, InterruptedException {
        int[][] words = cases.words();
        CpuImage[] expected = cases.states();
        CpuImage[] interpreted = cases.states();
        CpuImage[] generated = cases.states();
        qemu.execute(words, expected);
        try (NativeExecutor generatedCode = new NativeExecutor(); InterpreterExecutor interpreter = new InterpreterExecutor()) {
            interpreter.execute(words, interpreted);
            generatedCode.execute(words, generated);
        }
        int differences = 0;
        for (int i = 0; i < words.length; i++) {
            differences += difference(cases, batch, i, "interpreter", expected[i], interpreted[i]);
            differences += difference(cases, batch, i, "generated code", interpreted[i], generated[i]);
        }
        return differences;
    }

    private static int difference(Cases cases, long batch, int i, String subject, CpuImage expected, CpuImage actual) {
        String difference = expected.difference(actual, FPSR_FLAGS);
        if (difference.isEmpty()) {
            return 0;
        }
        String vectors = System.getProperty("stele.vectors");
        System.out.println("dev/fuzz words " + BATCH + " --seed " + batch + (vectors == null ? "" : " --vectors " + vectors) + ": case " + i + ", "
            + subject + ": " + cases.describe(i) + ":" + difference);
        return 1;
    }
}
