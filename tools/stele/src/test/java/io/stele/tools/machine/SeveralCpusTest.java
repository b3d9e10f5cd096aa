package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs on machines of several CPUs. */
@Timeout(240)
class SeveralCpusTest {
    private static final int ROUNDS = 2000;

    @TempDir
    Path directory;

    /**
     * PSCI on and off, atomic counters, interrupts from CPU to CPU, events, the end by another CPU than the first. Not beside QEMU 7.2, under
     * which it hangs now and then.
     */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void cpusComeAndGoCountTogetherAndInterruptEachOther(int cpus) throws IOException, InterruptedException {
        String counted = Long.toHexString(2000L * cpus);
        String expected = "states before and after:" + " 1 0 0 fffffffffffffffc".repeat(cpus - 1) + "\nno such CPU: fffffffffffffffe\n"
            + "counted " + counted + " " + counted + " " + counted + " " + Long.toHexString(-2000L * cpus) + "\nanswers "
            + Integer.toHexString(50 * (cpus - 1)) + "\nup again, all of them\noff by the last CPU\n";
        assertEquals(expected, new GuestProgram(directory, "smp", "CPUS=" + cpus).cpus(cpus).onStele());
    }

    /**
     * At any moment: while the same or another interrupt is acknowledged or ended, is about to be unmasked, or waited for; timers that come
     * closer.
     */
    @ParameterizedTest
    @CsvSource({"2, 3000", "4, 1000"})
    void noInterruptIsLost(int cpus, int rounds) throws IOException, InterruptedException {
        assertEquals("timers " + Integer.toHexString(rounds * (cpus - 1)) + " early 0 too many interrupts 0\n",
            new GuestProgram(directory, "interrupts", "CPUS=" + cpus, "ROUNDS=" + rounds).cpus(cpus).onStele());
    }

    /** No event is lost, and each wait lasts until there is one. */
    @Test
    void eventsEndWaitsForThem() throws IOException, InterruptedException {
        assertEquals("own events\nwaited for the stream 1\nwoken by interrupts\nwoken by the other CPU\n",
            new GuestProgram(directory, "events").cpus(2).onStele());
    }

    /** More CPUs than cores: those that wait in loops give way to those that they wait for. */
    @Test
    void cpusThatWaitForEachOtherInLoopsGiveWay() throws IOException, InterruptedException {
        int cpus = 4 * Math.max(2, Runtime.getRuntime().availableProcessors());
        int rounds = 200;
        GuestProgram program = new GuestProgram(directory, "barrier", "CPUS=" + cpus, "ROUNDS=" + rounds).cpus(cpus);
        assertEquals("met " + Integer.toHexString(cpus * rounds) + "\n", program.onStele());
        assertTrue(program.counter("pauses for other CPUs") > 0, "nobody gave way");
    }

    /** Functions and loops that one CPU rewrites and others execute; more versions of a page than there are code pages, too. */
    @ParameterizedTest
    @CsvSource({"3, 2000", "2, 13000"})
    void rewrittenCodeIsExecutedByAllCpus(int cpus, int rounds) throws IOException, InterruptedException {
        String expected = "called 1 wrong 0\n".repeat(cpus - 1) + "left the loop every time\n";
        assertEquals(expected, new GuestProgram(directory, "recode", "CPUS=" + cpus, "ROUNDS=" + rounds).cpus(cpus).onStele());
    }

    /** Pages that are mapped when programs touch them, and taken away by another CPU meanwhile. */
    @ParameterizedTest
    @CsvSource({"2, 5000", "3, 5000"})
    void noCpuWritesToAPageThatWasTakenAwayFromIt(int cpus, int rounds) throws IOException, InterruptedException {
        assertEquals("pages that changed 0\n",
            new GuestProgram(directory, "ondemand", "CPUS=" + cpus, "ROUNDS=" + rounds).cpus(cpus).onStele());
    }

    /** Against a model: loads, stores and calls of other CPUs while pages are remapped, protected and unmapped. */
    @ParameterizedTest
    @CsvSource({"2, 10000", "4, 10000"})
    void noCpuUsesATranslationAfterItsInvalidation(int cpus, int rounds) throws IOException, InterruptedException {
        new GuestProgram(directory, "shootdown", "CPUS=" + cpus, "ROUNDS=" + rounds).cpus(cpus).assertSameConsole(GuestProgram.CORTEX_A76);
    }

    /** The same of programs, whose pages VM code finds by itself. */
    @ParameterizedTest
    @CsvSource({"2, 10000", "3, 10000"})
    void noProgramUsesATranslationAfterItsInvalidation(int cpus, int rounds) throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "shootdown", "CPUS=" + cpus, "ROUNDS=" + rounds, "USER=1").cpus(cpus);
        program.assertSameConsole(GuestProgram.CORTEX_A76);
        assertTrue(program.counter("code pages found in VM") > 500, () -> program.counter("code pages found in VM") + " pages");
    }

    /** The thread of a CPU that is woken serves nobody who waits for that CPU. */
    @Test
    void aCpuIsWokenWhileAnotherOneTakesItsPagesAway() throws IOException, InterruptedException {
        assertEquals("woken " + Integer.toHexString(ROUNDS) + "\n", new GuestProgram(directory, "wakes", "ROUNDS=" + ROUNDS).cpus(3).onStele());
    }
}
