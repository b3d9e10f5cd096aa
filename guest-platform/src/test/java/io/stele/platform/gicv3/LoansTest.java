package io.stele.platform.gicv3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.system.SystemRegisterDevice;
import org.junit.jupiter.api.Test;

/** What the controller lends to CPUs that run, and how it gets it back: nothing is lost, nothing comes twice. */
class LoansTest {
    private static final int DISK = 48;
    private static final int UART = 33;
    private static final int SPURIOUS = 1023;

    private final GicGuest guest = GicGuest.ready(2);
    private final SystemRegisterDevice cpu = guest.gic.cpuInterface();

    private void sgi(int intid) {
        guest.write(1, GicRegisters.ICC_SGI1R_EL1, intid << 24 | 1);
    }

    private static long both(long intid) {
        return intid + 1 | intid + 1 << SystemRegisterDevice.LENT_END_SHIFT;
    }

    @Test
    void theOnlyInterruptIsAcknowledgedAndEnded() {
        sgi(3);
        assertEquals(both(3), cpu.lend(0, true));
        assertFalse(guest.irq[0]);
        cpu.takeBack(0, true, true);
        assertFalse(guest.irq[0]);
        assertEquals(SPURIOUS, guest.acknowledge());
        assertEquals(0, guest.redistributor(0, GicRegisters.ISACTIVER));
        assertEquals(0, cpu.lend(0, true), "nothing is left");
    }

    @Test
    void whatWasNotAcknowledgedIsSignalledAgain() {
        sgi(3);
        cpu.lend(0, true);
        cpu.takeBack(0, false, false);
        assertTrue(guest.irq[0]);
        assertEquals(3, guest.acknowledge());
    }

    @Test
    void whatWasNotEndedIsActiveAndMayBeEndedLater() {
        sgi(3);
        cpu.lend(0, true);
        cpu.takeBack(0, true, false);
        assertEquals(1 << 3, guest.redistributor(0, GicRegisters.ISACTIVER));
        assertEquals(4L << SystemRegisterDevice.LENT_END_SHIFT, cpu.lend(0, true));
        cpu.takeBack(0, false, true);
        assertEquals(0, guest.redistributor(0, GicRegisters.ISACTIVER));
    }

    @Test
    void anotherInterruptIsSeenAtTheEndOrAtOnceIfItMayPreempt() {
        sgi(3);
        cpu.lend(0, true);
        sgi(4);
        assertTrue(guest.atEnd[0], "it cannot come before");
        cpu.takeBack(0, true, true);
        assertTrue(guest.irq[0]);
        assertEquals(4, guest.acknowledge());
        guest.end(4);
        guest.priority(5, 0x40);
        sgi(3);
        guest.atEnd[0] = false;
        cpu.lend(0, true);
        sgi(5);
        assertTrue(guest.irq[0]);
        assertFalse(guest.atEnd[0]);
    }

    @Test
    void theSameInterruptComesAgainOnlyIfTheFirstIsAcknowledged() {
        sgi(3);
        cpu.lend(0, true);
        sgi(3);
        cpu.takeBack(0, true, true);
        assertFalse(guest.irq[0], "one, as it was pending still");
        sgi(3);
        cpu.lend(0, true);
        guest.acknowledged[0] = true;
        sgi(3);
        cpu.takeBack(0, true, true);
        assertTrue(guest.irq[0], "two");
        assertEquals(3, guest.acknowledge());
        guest.end(3);
        assertFalse(guest.irq[0]);
    }

    @Test
    void theSameInterruptComesAgainBehindAnEnd() {
        sgi(3);
        guest.acknowledge();
        cpu.lend(0, true);
        sgi(3);
        assertTrue(guest.atEnd[0]);
        cpu.takeBack(0, false, true);
        assertTrue(guest.irq[0]);
        assertEquals(3, guest.acknowledge());
    }

    @Test
    void levelsThatStayAreEndedByTheController() {
        guest.line(UART, true);
        assertEquals(UART + 1, cpu.lend(0, true));
        cpu.takeBack(0, true, false);
        assertEquals(0, cpu.lend(0, true), "the level is still there");
        guest.line(UART, false);
        assertEquals(UART + 1L << SystemRegisterDevice.LENT_END_SHIFT, cpu.lend(0, true));
        guest.line(UART, true);
        assertTrue(guest.atEnd[0]);
        cpu.takeBack(0, false, true);
        assertTrue(guest.irq[0]);
    }

    @Test
    void nothingIsLentThatNeedsTheController() {
        sgi(3);
        assertEquals(0, cpu.lend(0, false), "not masked: it is taken by the controller's signal");
        sgi(4);
        assertEquals(0, cpu.lend(0, true), "two");
        guest.acknowledge();
        assertEquals(0, cpu.lend(0, true), "one is pending behind it");
        guest.write(0, GicRegisters.ICC_CTLR_EL1, GicRegisters.ICC_CTLR_EOIMODE);
        guest.acknowledge();
        assertEquals(0, cpu.lend(0, true), "priority drop only");
    }

    @Test
    void registersOfTheDistributorRecallWhatIsLent() {
        guest.edge(DISK);
        guest.line(DISK, true);
        cpu.lend(0, true);
        guest.done[0] = true;
        assertEquals(1 << DISK - 32, guest.distributor(GicRegisters.ISACTIVER + 4), "the CPU had acknowledged it");
        assertEquals(0, guest.distributor(GicRegisters.ISPENDR + 4));
        guest.done[0] = false;
        guest.end(DISK);
        sgi(3);
        cpu.lend(0, true);
        guest.redistributor(0, GicRegisters.ICENABLER, 1 << 3);
        assertFalse(guest.irq[0], "disabled, and the CPU cannot acknowledge it any more");
    }
}
