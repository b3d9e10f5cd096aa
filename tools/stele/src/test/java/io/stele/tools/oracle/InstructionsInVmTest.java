package io.stele.tools.oracle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.oracle.BaseCases;
import io.stele.arm64.oracle.Cases;
import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.oracle.Executor;
import io.stele.arm64.oracle.QemuExecutor;
import io.stele.arm64.oracle.TinyCases;
import io.stele.arm64.oracle.VectorCases;
import io.stele.arm64.state.SystemControl;
import io.stele.kvm.KvmSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every described instruction in the virtual machine: generated code under the runtime, with the MMU on, at EL0 and EL1, against the
 * generated interpreter (registers, flags, FPSR, memory; the syndrome, address and return address of the exception) and qemu-aarch64 (the
 * same, with the signal instead of the syndrome).
 */
class InstructionsInVmTest {
    private static final int TESTS = 12;
    private static final int CASES = 30;
    private static final int PRIVILEGED_CASES = 10;
    /** The monitor's accesses are interpreted, too. */
    private static final int STRICT_CASES = 2;
    private static final int SEQUENCES = 500;
    private static final int FLUSHED = 1500;
    private static final int CONVERSIONS = 400;
    private static final int SYSTEM_CASES = 20;
    private static final int PROGRAMS = 400;
    private static final int VARIANTS = 4;
    private static final int MEMORY_COPIES = 300;

    private static final long STACK_ALIGNMENT = SystemControl.SA | SystemControl.SA0;
    private static final long FPSR_FLAGS = 0x0800_009f;

    /** Rows that always end with an exception: that is their behaviour, or the only one that can be seen. */
    private static final Set<String> ONLY_EXCEPTIONS = Set.of("UDF", "SVC", "BRK", "HLT", "DRPS", "DCPS", "SYSL", "ERET", "ERETAA", "ERETAB", "WFI");

    @TempDir
    static Path directory;
    private static byte[] monitor;
    private static final BitSet EXECUTED = new BitSet();
    private static final BitSet COMPLETED = new BitSet();
    private static int tests;
    private static int cases;

    @BeforeAll
    static void needsToolsAndKvm() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isReadable(Path.of(KvmSystem.DEVICE)), KvmSystem.DEVICE + " is not there");
        QemuExecutor.requireTools();
        VmExecutor.requireTools();
        monitor = VmExecutor.monitor(directory);
    }

    @Test
    void integerInstructions() throws IOException, InterruptedException {
        check(BaseCases.integer(21, CASES), Batch.Setting.user(false), true);
        check(BaseCases.integer(31, PRIVILEGED_CASES), Batch.Setting.kernel(false), true);
    }

    @Test
    void branchesHintsAndSequences() throws IOException, InterruptedException {
        check(BaseCases.branchesAndHints(22, CASES), Batch.Setting.user(false), true);
        check(BaseCases.sequences(32, SEQUENCES), Batch.Setting.user(false), true);
        check(BaseCases.sequences(42, SEQUENCES), Batch.Setting.kernel(false), true);
    }

    @Test
    void loadsStoresAndAtomics() throws IOException, InterruptedException {
        check(BaseCases.loadsStoresAndAtomics(23, CASES), Batch.Setting.user(false), true);
        check(BaseCases.loadsStoresAndAtomics(33, PRIVILEGED_CASES), Batch.Setting.kernel(false), true);
        check(BaseCases.exclusivePairs(43, CASES), Batch.Setting.user(false), true);
        check(BaseCases.loadsStoresAndAtomics(63, PRIVILEGED_CASES), Batch.Setting.user(false).with(STACK_ALIGNMENT), false);
        check(BaseCases.loadsStoresAndAtomics(53, STRICT_CASES), Batch.Setting.user(false).with(SystemControl.A), false);
    }

    @Test
    void scalarFloatingPoint() throws IOException, InterruptedException {
        check(VectorCases.scalar(24, CASES), Batch.Setting.user(true), true);
        check(VectorCases.scalar(34, PRIVILEGED_CASES), Batch.Setting.kernel(true), true);
        check(VectorCases.conversions(44, CONVERSIONS), Batch.Setting.user(true), true);
    }

    @Test
    void flushedFloatingPoint() throws IOException, InterruptedException {
        check(TinyCases.flushed(54, FLUSHED), Batch.Setting.user(true), true);
        check(TinyCases.flushed(64, FLUSHED), Batch.Setting.kernel(true), true);
        check(TinyCases.controls(74, FLUSHED), Batch.Setting.user(true), true);
        check(TinyCases.controls(84, FLUSHED), Batch.Setting.kernel(true), true);
        check(TinyCases.halves(94, FLUSHED), Batch.Setting.user(true), true);
    }

    @Test
    void vectors() throws IOException, InterruptedException {
        check(VectorCases.vectors(25, CASES), Batch.Setting.user(true), true);
        check(VectorCases.vectors(35, PRIVILEGED_CASES), Batch.Setting.kernel(true), true);
    }

    @Test
    void loadsAndStoresOfVectors() throws IOException, InterruptedException {
        check(VectorCases.loadsAndStores(26, 2 * CASES), Batch.Setting.user(false), true);
        check(VectorCases.loadsAndStores(36, 2 * PRIVILEGED_CASES), Batch.Setting.kernel(false), true);
        check(VectorCases.loadsAndStores(46, 2 * PRIVILEGED_CASES), Batch.Setting.kernel(false).with(STACK_ALIGNMENT), false);
    }

    @Test
    void trappedFloatingPoint() throws IOException, InterruptedException {
        check(VectorCases.scalar(27, 1), Batch.Setting.user(false).trapping(), false);
        check(VectorCases.vectors(37, 1), Batch.Setting.user(false).trapping(), false);
    }

    @Test
    void pointerAuthentication() throws IOException, InterruptedException {
        long enabled = SystemControl.ENIA | SystemControl.ENIB | SystemControl.ENDA | SystemControl.ENDB;
        check(BaseCases.pointerAuthentication(30, CASES), Batch.Setting.user(false), false);
        check(BaseCases.pointerAuthentication(40, CASES), Batch.Setting.user(false).with(enabled), false);
        check(BaseCases.pointerAuthentication(50, PRIVILEGED_CASES), Batch.Setting.kernel(false).with(enabled), false);
    }

    @Test
    void memoryCopiesAndSets() throws IOException, InterruptedException {
        check(BaseCases.memoryCopies(31, MEMORY_COPIES, true), Batch.Setting.user(false).with(SystemControl.MSCEN), false);
        check(BaseCases.memoryCopies(41, PRIVILEGED_CASES, true), Batch.Setting.kernel(false).with(SystemControl.MSCEN), false);
        check(BaseCases.memoryCopies(51, PRIVILEGED_CASES, false), Batch.Setting.user(false), false);
    }

    @Test
    void systemInstructions() throws IOException, InterruptedException {
        check(SystemCases.cases(28, SYSTEM_CASES, false), Batch.Setting.user(true), false);
        check(SystemCases.cases(38, SYSTEM_CASES, false), Batch.Setting.user(true).with(SystemControl.UCT | SystemControl.UCI
            | SystemControl.DZE | SystemControl.UMA | SystemControl.NTWE), false);
        check(SystemCases.cases(48, SYSTEM_CASES, true), Batch.Setting.kernel(true), false);
    }

    @Test
    void programs() {
        check(new ProgramCases(29, PROGRAMS, VARIANTS, false), Batch.Setting.user(true).with(STACK_ALIGNMENT));
        check(new ProgramCases(39, PROGRAMS, VARIANTS, true), Batch.Setting.kernel(true).with(STACK_ALIGNMENT));
    }

    @AfterEach
    void countTest() {
        tests++;
    }

    /** If all tests have run, and not only some that were asked for. */
    @AfterAll
    static void everyDescribedRowWasExecuted() {
        if (tests < TESTS) {
            return;
        }
        Set<String> missing = new TreeSet<>();
        Set<String> neverCompleted = new TreeSet<>();
        int rows = 0;
        for (int i = 0; i < Decoder.COUNT; i++) {
            if (!Coverage.STATE[i].equals("todo")) {
                rows++;
                if (!EXECUTED.get(i)) {
                    missing.add(Coverage.NAMES[i]);
                }
                if (!COMPLETED.get(i)) {
                    neverCompleted.add(Coverage.NAMES[i]);
                }
            }
        }
        System.out.println(rows + " rows were executed in the virtual machine, in " + cases + " cases");
        assertTrue(missing.isEmpty(), () -> "rows that were not executed: " + missing);
        assertEquals(ONLY_EXCEPTIONS, neverCompleted, "rows that always ended with an exception");
    }

    /** @param user the instructions do under qemu-aarch64 what they do here */
    private static void check(Cases group, Batch.Setting setting, boolean user) throws IOException, InterruptedException {
        int[][] words = group.words();
        long[] entries = new long[words.length];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = Executor.address(i);
        }
        Batch batch = new Batch(QemuExecutor.code(words), entries, group.states(), setting);
        Results expected = StepExecutor.run(batch, monitor);
        Results actual = inVm(batch);
        CpuImage[] qemu = group.states();
        if (user) {
            new QemuExecutor(directory).execute(words, qemu);
        }
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < entries.length; i++) {
            String difference = expected.difference(actual, i, FPSR_FLAGS);
            if (difference.isEmpty() && user) {
                difference = qemu[i].difference(actual.states()[i], FPSR_FLAGS);
                difference = difference.isEmpty() ? "" : " QEMU:" + difference;
            }
            if (!difference.isEmpty()) {
                failures.add(group.describe(i) + ":" + difference);
            }
            for (int word : words[i]) {
                count(word, actual.outcome(i));
            }
        }
        group.assertNone(failures);
        cases += entries.length;
    }

    /** The property {@code oracle.report} shows the time, the exceptions that ended the cases, and the runtime's counters. */
    private static Results inVm(Batch batch) {
        StringBuilder report = new StringBuilder();
        long start = System.nanoTime();
        Results results = VmExecutor.run(batch, monitor, report);
        if (Boolean.getBoolean("oracle.report")) {
            long millis = (System.nanoTime() - start) / 1_000_000;
            Map<Integer, Integer> classes = new TreeMap<>();
            for (long esr : results.esr()) {
                classes.merge((int) (esr >>> 26), 1, Integer::sum);
            }
            System.out.println(batch.size() + " cases, " + batch.setting() + ": " + millis + " ms, exception classes " + classes + "\n" + report);
        }
        return results;
    }

    private static void count(int word, int outcome) {
        int index = Decoder.decode(word);
        if (index >= 0) {
            EXECUTED.set(index);
            if (outcome == CpuImage.NEXT || outcome == CpuImage.TAKEN) {
                COMPLETED.set(index);
            }
        }
    }

    private static void check(ProgramCases programs, Batch.Setting setting) {
        Batch batch = programs.batch(setting);
        Results expected = StepExecutor.run(batch, monitor);
        Results actual = inVm(batch);
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < programs.size(); i++) {
            String difference = expected.difference(actual, i, FPSR_FLAGS);
            if (!difference.isEmpty()) {
                failures.add(programs.describe(i) + ":" + difference);
            }
        }
        assertTrue(failures.isEmpty(), () -> failures.size() + " of " + programs.size() + " programs differ (expected / actual):"
            + String.join("\n", failures.subList(0, Math.min(failures.size(), Integer.getInteger("oracle.failures", 10)))));
        assertArrayEquals(expected.pages(), actual.pages(), "the memory at the end");
        cases += programs.size();
    }
}
