package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.tools.ProcessMemory;
import io.stele.runtime.common.Tiers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small programs on the whole machine: what they print must be what they print under QEMU, to the last address and syndrome. */
class GuestProgramsTest {
    /** What one machine may take of the heap: translations, mostly. */
    private static final long HEAP_GROWTH = 12L << 20;

    /** What one machine may take of the host's memory: guest RAM and 512 MiB. */
    private static final long RESIDENT_GROWTH = GuestProgram.MEMORY_BYTES + (512L << 20);

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

    /** Rewritten code; exceptions at EL1 and EL0; breakpoints and watchpoints; devices; interrupts and timers; regions of the address space; TLBI of many pages. */
    @ParameterizedTest
    @ValueSource(strings = {"selfmodify", "faults", "debug", "devices", "timer", "regions", "tlbi"})
    void printsWhatItPrintsUnderQemu(String name) throws IOException, InterruptedException {
        new GuestProgram(directory, name).assertSameConsole(GuestProgram.CORTEX_A57);
    }

    /** More code pages than there is room for: those that are not used any more are dropped, and the others stay. */
    @Test
    void aFullCodeCacheDropsWhatIsNotUsed() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "pressure");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(program.counter("code cache evictions") > 0);
        assertEquals(0, program.counter("code cache flushes"));
    }

    /** Copy on write: what the guest's handler invalidates is carried out in the VM where that is certain to be enough. */
    @Test
    void pagesThatAreCopiedWhenTheyAreWrittenTo() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "copies", "ROUNDS=40");
        program.assertSameConsole(GuestProgram.CORTEX_A76);
        assertTrue(program.counter("invalidations by VM code") > 1000, () -> program.counter("invalidations by VM code") + " by VM code");
        assertTrue(program.counter("mailbox: page fault") < 4500, () -> program.counter("mailbox: page fault") + " page faults");
    }

    /** A kernel's accesses to a program's pages: what its handler has mapped is filled in the VM when it returns to them. */
    @ParameterizedTest
    @ValueSource(strings = {"FLAGS=0", "FLAGS=1"})
    void accessesWithTheRightsOfProgramsAreRepeatedWithoutRequests(String flags) throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "uaccess", "ROUNDS=40", flags);
        program.assertSameConsole(GuestProgram.CORTEX_A76);
        assertTrue(program.counter("fills by VM code") > 2000, () -> program.counter("fills by VM code") + " fills by VM code");
        assertTrue(program.counter("invalidations by VM code") > 1000, () -> program.counter("invalidations by VM code") + " by VM code");
    }

    /** Accesses of all kinds that look for their page first, as they have met none some times: what they do is the same, also where it was there before. */
    @Test
    void accessesThatOftenFindNoPageLookForItFirst() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "touches", "ROUNDS=200");
        program.assertSameConsole(GuestProgram.CORTEX_A76);
        assertTrue(program.counter("mailbox: absent pages") > 20_000, () -> program.counter("mailbox: absent pages") + " absent pages");
        assertTrue(program.counter("mailbox: page fault") < 10_000, () -> program.counter("mailbox: page fault") + " page faults");
    }

    /** Known code in pages that are mapped where others were: VM code finds it by the physical page, and none that was taken away or rewritten. */
    @ParameterizedTest
    @ValueSource(strings = {"FLAGS=0", "FLAGS=1"})
    void codeOfPagesThatAreMappedAnewIsFoundInTheVm(String flags) throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "lookups", "ROUNDS=100", flags);
        program.assertSameConsole(GuestProgram.CORTEX_A76);
        assertTrue(program.counter("code pages found in VM") > 3000, () -> program.counter("code pages found in VM") + " pages");
        assertTrue(program.counter("fetch aborts by VM code") > 1300, () -> program.counter("fetch aborts by VM code") + " aborts");
    }

    /** Flash, which is known by another address than its own, beside RAM and devices in one table, and as the place of tables. */
    @Test
    void pagesOfFlashAreMappedLikeOthers() throws IOException, InterruptedException {
        new GuestProgram(directory, "flash", "FLAT=1").inFlash().assertSameConsole(GuestProgram.CORTEX_A57);
    }

    /** 3200 interrupts that the guest sends to itself: each is taken where it is raised or unmasked, and returns in generated code. */
    @Test
    void anInterruptIsAskedForOnceAndReturnsInGeneratedCode() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "returns");
        program.assertSameConsole(GuestProgram.CORTEX_A76);
        assertTrue(program.counter("mailbox: interrupt") < 100, () -> program.counter("mailbox: interrupt") + " requests for interrupts");
        assertTrue(program.counter("mailbox: interpret") < 2000, () -> program.counter("mailbox: interpret") + " instructions were interpreted");
    }

    /** The second tier: faults, interrupts, rewritten code and new mappings in the middle of loops that keep all registers of the host busy. */
    @Test
    void loopsThatAreTranslatedAgainStayExact() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "loops", "COUNT=4000000");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(Tiers.chosen() == Tiers.FIRST || program.counter("clusters") > 0);
    }

    /** The same with what the loops call in other pages, and indices. */
    @Test
    void loopsThatAreTranslatedWithWhatTheyCallStayExact() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "calls", "COUNT=4000000");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(Tiers.chosen() == Tiers.FIRST || program.counter("clusters over several pages") > 0);
    }

    /** The same with flags that are not stored where one round leads to the next. */
    @Test
    void loopsThatAreTranslatedAsAWholeKeepTheirFlags() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "flags", "COUNT=8000000");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(Tiers.chosen() == Tiers.FIRST || program.counter("clusters") > 10, () -> program.counter("clusters") + " clusters");
    }

    /** The same with blocks that begin with looking at flags. */
    @Test
    void blocksThatBeginWithLookingAtFlagsCompareAgain() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "readers", "COUNT=600000");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(Tiers.chosen() != Tiers.ALL || program.counter("clusters") > 80, () -> program.counter("clusters") + " clusters");
    }

    /** The same with jumps behind conditional comparisons. */
    @Test
    void conditionalComparisonsOfLoopsThatAreTranslatedAsAWhole() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "chains", "COUNT=600000");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(Tiers.chosen() == Tiers.FIRST || program.counter("clusters") > 10, () -> program.counter("clusters") + " clusters");
    }

    /** The same with several arrays and one index, whose sum with K they share: also where an access finds no page. */
    @Test
    void loopsOverSeveralArraysStayExact() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "arrays", "COUNT=20000");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(Tiers.chosen() == Tiers.FIRST || program.counter("clusters") > 1, () -> program.counter("clusters") + " clusters");
    }

    /** Device registers that the guest polls and fills: in order with all else, and hardly ever by a request. */
    @Test
    void aConsoleNeedsNoRequestForEachCharacter() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "console");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(program.counter("mailbox: access thunks") < 3000, () -> program.counter("mailbox: access thunks") + " accesses made requests");
    }

    @Test
    @Timeout(60)
    void whatAGuestHasPrintedAppearsThoughItNeverAsksForAnythingAgain() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "console", "SPIN=1");
        long[] last = new long[1];
        program.input(GuestProgram.NO_INPUT, value -> last[0] = System.nanoTime());
        long limit = 5000;
        long start = System.nanoTime();
        String console = program.onStele(Outcome.STOPPED, limit);
        assertTrue(console.endsWith("end\n"), console);
        assertTrue(program.statistics().contains("\n  CPU 0 runs, at 0x4008"), program.statistics());
        assertTrue(last[0] - start < TimeUnit.MILLISECONDS.toNanos(limit - 1000), () -> "the end came after " + (last[0] - start) + " ns");
    }

    @Test
    @Timeout(60)
    void aGuestThatAbortsForeverCanBeStopped() throws IOException, InterruptedException {
        String console = new GuestProgram(directory, "lost").onStele(Outcome.STOPPED, 5000);
        assertTrue("lost\n".startsWith(console), console);
    }

    /** A program whose stack ends at the end of a region of 1 TiB: without address space randomisation that is where Linux puts it. */
    @Test
    void accessesAtTheEdgesOfARegionAreNotEmulated() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "edge");
        program.assertSameConsole(GuestProgram.CORTEX_A57);
        assertTrue(program.counter("emulated accesses") < 200, () -> program.counter("emulated accesses") + " accesses were emulated");
    }

    /** More address spaces than slots: no access thunk may remember a page of another one. */
    @Test
    void addressSpacesThatShareASlotOneAfterTheOtherSeeTheirOwnMemory() throws IOException, InterruptedException {
        new GuestProgram(directory, "spaces", "COUNT=500", "GIB=1").assertSameConsole(GuestProgram.CORTEX_A57);
    }

    @Test
    @Timeout(300)
    void whatAGuestDoesWithItsTablesDoesNotMakeJavaGrow() throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "spaces", "COUNT=10000", "GIB=8");
        long heap = ProcessMemory.heap();
        long resident = ProcessMemory.resident();
        long[] growth = new long[2];
        program.whenReady(() -> {
            growth[0] = ProcessMemory.heap() - heap;
            growth[1] = ProcessMemory.resident() - resident;
        });
        assertEquals("spaces: wrong 0\nattributes: wrong 0\ntags: wrong 0\nsparse: 0\nready\n", program.onStele());
        assertTrue(growth[0] != 0 && growth[0] < HEAP_GROWTH, () -> growth[0] + " bytes more of the heap");
        assertTrue(growth[1] < RESIDENT_GROWTH, () -> growth[1] + " bytes more in RAM");
    }

    @Test
    void exclusivesAndAtomics() throws IOException, InterruptedException {
        new GuestProgram(directory, "atomics").assertSameConsole(GuestProgram.CORTEX_A76);
    }

    @Test
    void branchTargetsInGuardedPages() throws IOException, InterruptedException {
        new GuestProgram(directory, "bti").branchTypes().assertSameConsole(GuestProgram.MAX);
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
