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

/** Small programs on the whole machine: what they print must be what they print under QEMU, to the last address and syndrome. */
class GuestProgramsTest {
    @TempDir
    Path directory;

    @Test
    void consoleAndPowerOff() throws IOException, InterruptedException {
        assertEquals("hello\nsum 2d7987f0d4c0\nlevel 4\n", new GuestProgram(directory, "hello").onStele());
    }

    @Test
    void filesWithoutImageHeader() throws IOException, InterruptedException {
        new GuestProgram(directory, "hello", "FLAT=1").assertSameConsole(GuestProgram.CORTEX_A57);
        new GuestProgram(directory, "hello", "FLAT=1").positionIndependent("hello").assertSameConsole(GuestProgram.CORTEX_A57);
    }

    /** Rewritten code; exceptions at EL1 and EL0; breakpoints and watchpoints; devices; interrupts and timers; regions of the address space; a full code cache. */
    @ParameterizedTest
    @ValueSource(strings = {"selfmodify", "faults", "debug", "devices", "timer", "regions", "pressure"})
    void printsWhatItPrintsUnderQemu(String name) throws IOException, InterruptedException {
        new GuestProgram(directory, name).assertSameConsole(GuestProgram.CORTEX_A57);
    }

    @Test
    @Timeout(60)
    void aGuestThatAbortsForeverCanBeStopped() throws IOException, InterruptedException {
        String console = new GuestProgram(directory, "lost").onStele(Outcome.STOPPED, 5000);
        assertTrue("lost\n".startsWith(console), console);
    }

    @Test
    void exclusivesAndAtomics() throws IOException, InterruptedException {
        new GuestProgram(directory, "atomics").assertSameConsole(GuestProgram.CORTEX_A76);
    }

    /** Requests served by the vCPU's own thread alone, and by the thread that polls as far as it can. */
    @ParameterizedTest
    @CsvSource({"own, timer", "own, selfmodify", "own, regions", "poll, timer", "poll, selfmodify", "poll, regions"})
    void itDoesNotMatterWhoServes(String service, String name) throws IOException, InterruptedException {
        System.setProperty("stele.service", service);
        try {
            new GuestProgram(directory, name).assertSameConsole(GuestProgram.CORTEX_A57);
        } finally {
            System.clearProperty("stele.service");
        }
    }

    /** @param granule log2 of the page size */
    @ParameterizedTest
    @ValueSource(ints = {12, 14, 16})
    void memoryManagement(int granule) throws IOException, InterruptedException {
        new GuestProgram(directory, "mmu", "GRANULE=" + granule).assertSameConsole(GuestProgram.CORTEX_A76);
    }
}
