package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PresenceSitesTest {
    private static final long SITE = VmLayout.CODE + 0x1230;

    private final Arena arena = Arena.ofConfined();
    private final long host = arena.allocate(VmLayout.TAKEN_AWAY_BYTES).address() - VmLayout.TAKEN_AWAY;
    private final PresenceSites sites = new PresenceSites(host);

    @AfterEach
    void close() {
        arena.close();
    }

    private void fault(int times) {
        for (int i = 0; i < times; i++) {
            assertFalse(sites.faulted(SITE));
        }
    }

    private int begin() {
        int number = sites.add(SITE);
        sites.begin(number);
        return number;
    }

    private void execute(int number, int times) {
        long count = host + VmLayout.presenceWords(number) + PresenceThunk.EXECUTIONS;
        RawMemory.putInt(count, RawMemory.getInt(count) + times);
    }

    @Test
    void anAccessChecksAfterItsThirdFault() {
        fault(PresenceSites.FAULTS - 1);
        assertFalse(sites.faulted(SITE + 8));
        assertTrue(sites.faulted(SITE));
    }

    @Test
    void whatSparesFewFaultsForItsExecutionsIsUseless() {
        sites.add(SITE - 16);
        int number = begin();
        execute(number, 3 * PresenceSites.WORTH);
        sites.spared(number);
        sites.spared(number);
        assertEquals(0, sites.useless());
        execute(number, PresenceSites.WORTH + 1);
        assertEquals(SITE, sites.useless());
        sites.end(number);
        assertEquals(0, sites.useless());
    }

    @Test
    void executionsBeforeItBeginsDoNotCountNorDoOnesThatOverflow() {
        int number = sites.add(SITE);
        execute(number, Integer.MAX_VALUE);
        sites.begin(number);
        execute(number, PresenceSites.WORTH);
        assertEquals(0, sites.useless());
    }

    @Test
    void whatWasPutBackHasToFaultMoreOftenEachTime() {
        int number = begin();
        for (int times = 0; times < 3; times++) {
            sites.end(number);
            fault((PresenceSites.LATER_FAULTS << 2 * times) - 1);
            assertTrue(sites.faulted(SITE));
            sites.begin(number);
        }
    }

    @Test
    void nothingIsKnownOfCodeThatWasDropped() {
        int number = begin();
        execute(number, 10 * PresenceSites.WORTH);
        sites.clear();
        assertEquals(0, sites.useless());
        fault(PresenceSites.FAULTS - 1);
        assertTrue(sites.faulted(SITE));
        assertEquals(number, sites.add(SITE));
    }
}
