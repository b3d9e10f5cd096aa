package io.stele.platform.gicv3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.layout.VirtMemoryMap;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GicV3Test {
    private static final int UART = 33;
    private static final int DISK = 48;
    private static final int TIMER = 27;
    private static final int SPURIOUS = 1023;

    private final GicGuest guest = GicGuest.ready(1);

    @Test
    void levelInterruptIsSignalledUntilAcknowledgedAndAgainAfterItsEndWhileTheLineIsHigh() {
        guest.line(UART, true);
        assertTrue(guest.irq[0]);
        assertEquals(UART, guest.acknowledge());
        assertFalse(guest.irq[0]);
        assertEquals(SPURIOUS, guest.acknowledge());
        guest.end(UART);
        assertTrue(guest.irq[0], "the line is still high");
        assertEquals(UART, guest.acknowledge());
        guest.line(UART, false);
        guest.end(UART);
        assertFalse(guest.irq[0]);
    }

    @Test
    void levelInterruptIsWithdrawnWithItsLine() {
        guest.line(UART, true);
        guest.line(UART, false);
        assertFalse(guest.irq[0]);
        assertEquals(SPURIOUS, guest.acknowledge());
    }

    @Test
    void edgeInterruptIsLatchedAndSignalledOnce() {
        guest.edge(DISK);
        guest.line(DISK, true);
        guest.line(DISK, false);
        assertTrue(guest.irq[0]);
        assertEquals(DISK, guest.acknowledge());
        guest.end(DISK);
        assertFalse(guest.irq[0]);
    }

    @Test
    void edgeDuringHandlingIsNotLost() {
        guest.edge(DISK);
        guest.line(DISK, true);
        assertEquals(DISK, guest.acknowledge());
        guest.line(DISK, false);
        guest.line(DISK, true);
        assertFalse(guest.irq[0], "active interrupts are not signalled");
        guest.end(DISK);
        assertEquals(DISK, guest.acknowledge());
        guest.end(DISK);
        assertFalse(guest.irq[0]);
    }

    @Test
    void pendingCanBeSetAndClearedBySoftware() {
        guest.distributor(GicRegisters.ISPENDR + 4, 1 << 1);
        assertTrue(guest.irq[0]);
        assertEquals(1 << 1, guest.distributor(GicRegisters.ICPENDR + 4));
        guest.distributor(GicRegisters.ICPENDR + 4, 1 << 1);
        assertFalse(guest.irq[0]);
        guest.line(UART, true);
        guest.distributor(GicRegisters.ICPENDR + 4, 1 << 1);
        assertTrue(guest.irq[0], "clearing does not lower a level");
    }

    @Test
    void disabledInterruptsGroupsAndClosedMasksSignalNothing() {
        guest.line(UART, true);
        guest.distributor(GicRegisters.ICENABLER + 4, 1 << 1);
        assertFalse(guest.irq[0]);
        guest.distributor(GicRegisters.ISENABLER + 4, 1 << 1);
        assertTrue(guest.irq[0]);
        guest.distributor(GicRegisters.GICD_CTLR, 0);
        assertFalse(guest.irq[0]);
        guest.distributor(GicRegisters.GICD_CTLR, 2);
        assertTrue(guest.irq[0]);
        guest.write(0, GicRegisters.ICC_IGRPEN1_EL1, 0);
        assertFalse(guest.irq[0]);
        guest.write(0, GicRegisters.ICC_IGRPEN1_EL1, 1);
        guest.write(0, GicRegisters.ICC_PMR_EL1, 0xa0);
        assertFalse(guest.irq[0], "priority must be higher than the mask");
        assertEquals(SPURIOUS, guest.acknowledge());
        assertEquals(UART, guest.read(0, GicRegisters.ICC_HPPIR1_EL1));
        guest.write(0, GicRegisters.ICC_PMR_EL1, 0xa8);
        assertTrue(guest.irq[0]);
    }

    @Test
    void highestPriorityWinsThenLowestNumber() {
        guest.line(DISK, true);
        guest.line(UART, true);
        guest.line(TIMER, true);
        guest.priority(DISK, 0x40);
        assertEquals(DISK, guest.acknowledge());
        guest.end(DISK);
        guest.line(DISK, false);
        assertEquals(TIMER, guest.acknowledge());
        guest.line(TIMER, false);
        guest.end(TIMER);
        assertEquals(UART, guest.acknowledge());
    }

    @Test
    void higherPriorityPreemptsAndEndsNest() {
        guest.line(UART, true);
        assertEquals(UART, guest.acknowledge());
        assertEquals(0xa0, guest.read(0, GicRegisters.ICC_RPR_EL1));
        guest.line(TIMER, true);
        assertFalse(guest.irq[0], "equal priority does not preempt");
        guest.priority(TIMER, 0x20);
        assertTrue(guest.irq[0]);
        assertEquals(TIMER, guest.acknowledge());
        assertEquals(0x20, guest.read(0, GicRegisters.ICC_RPR_EL1));
        assertEquals(1 << (0x20 >> 3) | 1 << (0xa0 >> 3), guest.read(0, GicRegisters.ICC_AP1R0_EL1));
        guest.line(TIMER, false);
        guest.end(TIMER);
        assertEquals(0xa0, guest.read(0, GicRegisters.ICC_RPR_EL1));
        guest.line(UART, false);
        guest.end(UART);
        assertEquals(0xff, guest.read(0, GicRegisters.ICC_RPR_EL1));
    }

    @Test
    void binaryPointDecidesWhatPreempts() {
        guest.write(0, GicRegisters.ICC_BPR1_EL1, 7);
        guest.line(UART, true);
        guest.acknowledge();
        guest.line(TIMER, true);
        guest.priority(TIMER, 0x80);
        assertFalse(guest.irq[0], "0x80 and 0xa0 are in one preemption group");
        guest.priority(TIMER, 0x78);
        assertTrue(guest.irq[0]);
        guest.write(0, GicRegisters.ICC_BPR1_EL1, 0);
        assertEquals(3, guest.read(0, GicRegisters.ICC_BPR1_EL1), "smallest value with 5 priority bits");
    }

    @Test
    void endModeOneSeparatesPriorityDropAndDeactivation() {
        guest.write(0, GicRegisters.ICC_CTLR_EL1, GicRegisters.ICC_CTLR_EOIMODE);
        guest.line(UART, true);
        assertEquals(UART, guest.acknowledge());
        guest.end(UART);
        assertEquals(0xff, guest.read(0, GicRegisters.ICC_RPR_EL1));
        assertFalse(guest.irq[0], "still active");
        assertEquals(1 << 1, guest.distributor(GicRegisters.ISACTIVER + 4));
        guest.line(TIMER, true);
        assertEquals(TIMER, guest.acknowledge(), "priority was dropped, so others come through");
        guest.line(TIMER, false);
        guest.end(TIMER);
        guest.write(0, GicRegisters.ICC_DIR_EL1, UART);
        assertTrue(guest.irq[0]);
    }

    @Test
    void endOfWrongGroupOrSpecialNumberChangesNothing() {
        guest.line(UART, true);
        guest.acknowledge();
        guest.write(0, GicRegisters.ICC_EOIR0_EL1, UART);
        guest.end(SPURIOUS);
        assertEquals(0xa0, guest.read(0, GicRegisters.ICC_RPR_EL1));
        assertEquals(1 << 1, guest.distributor(GicRegisters.ISACTIVER + 4));
        guest.end(UART);
        guest.end(UART);
        assertEquals(0xff, guest.read(0, GicRegisters.ICC_RPR_EL1));
    }

    @Test
    void groupZeroIsSignalledAsFiqAndAcknowledgedApart() {
        guest.distributor(GicRegisters.IGROUPR + 4, ~(1 << 1));
        guest.write(0, GicRegisters.ICC_IGRPEN0_EL1, 1);
        guest.line(UART, true);
        assertTrue(guest.fiq[0]);
        assertFalse(guest.irq[0]);
        assertEquals(SPURIOUS, guest.acknowledge());
        assertEquals(UART, guest.read(0, GicRegisters.ICC_IAR0_EL1));
        guest.write(0, GicRegisters.ICC_EOIR0_EL1, UART);
        assertTrue(guest.fiq[0]);
    }

    @Test
    void disabledGroupDoesNotHideTheOther() {
        guest.distributor(GicRegisters.IGROUPR + 4, ~(1 << 1));
        guest.priority(UART, 0);
        guest.line(UART, true);
        guest.line(DISK, true);
        assertTrue(guest.irq[0]);
        assertEquals(DISK, guest.acknowledge());
    }

    @Test
    void softwareInterruptsReachTheListedCpus() {
        GicGuest many = GicGuest.ready(18);
        many.write(0, GicRegisters.ICC_SGI1R_EL1, 5L << 24 | 0b110);
        assertFalse(many.irq[0]);
        assertTrue(many.irq[1]);
        assertTrue(many.irq[2]);
        assertFalse(many.irq[17]);
        assertEquals(5, many.read(1, GicRegisters.ICC_IAR1_EL1));
        many.write(1, GicRegisters.ICC_EOIR1_EL1, 5);
        assertFalse(many.irq[1]);
        many.write(0, GicRegisters.ICC_SGI1R_EL1, 1L << 16 | 6L << 24 | 0b10);
        assertTrue(many.irq[17], "CPU 17 is number 1 of cluster 1");
        assertEquals(6, many.read(17, GicRegisters.ICC_IAR1_EL1));
    }

    @Test
    void softwareInterruptToAllOthersSparesTheSender() {
        GicGuest many = GicGuest.ready(3);
        many.write(1, GicRegisters.ICC_SGI1R_EL1, 1L << 40 | 3L << 24);
        assertArrayEquals(new boolean[] {true, false, true}, many.irq);
    }

    @Test
    void softwareInterruptOfTheOtherGroupIsNotSent() {
        guest.write(0, GicRegisters.ICC_SGI0R_EL1, 1);
        assertEquals(0, guest.redistributor(0, GicRegisters.ISPENDR));
        guest.write(0, GicRegisters.ICC_SGI1R_EL1, 1);
        assertEquals(1, guest.redistributor(0, GicRegisters.ISPENDR));
    }

    @Test
    void sharedInterruptFollowsItsRoute() {
        GicGuest many = GicGuest.ready(2);
        many.line(UART, true);
        assertArrayEquals(new boolean[] {true, false}, many.irq);
        many.gic.distributor().write(GicRegisters.GICD_IROUTER + 8 * UART, 8, 1);
        assertArrayEquals(new boolean[] {false, true}, many.irq);
        assertEquals(1, many.gic.distributor().read(GicRegisters.GICD_IROUTER + 8 * UART, 8));
        assertEquals(UART, many.read(1, GicRegisters.ICC_IAR1_EL1));
        many.gic.distributor().write(GicRegisters.GICD_IROUTER + 8 * UART, 4, 9);
        many.write(1, GicRegisters.ICC_EOIR1_EL1, UART);
        assertArrayEquals(new boolean[] {false, false}, many.irq, "no CPU has this affinity");
    }

    @Test
    void privateInterruptsBelongToOneCpu() {
        GicGuest many = GicGuest.ready(2);
        many.gic.setLine(TIMER, 1, true);
        assertArrayEquals(new boolean[] {false, true}, many.irq);
        assertEquals(0, many.redistributor(0, GicRegisters.ISPENDR));
        assertEquals(1 << TIMER, many.redistributor(1, GicRegisters.ISPENDR));
    }

    @Test
    void identificationSaysGicV3WithOneSecurityState() {
        assertEquals(GicRegisters.CTLR_DS | GicRegisters.CTLR_ARE, new GicGuest(1).distributor(GicRegisters.GICD_CTLR));
        assertEquals(8, guest.distributor(GicRegisters.GICD_TYPER) & 31, "288 interrupts");
        assertEquals(0x3b, guest.distributor(0xffe8));
        assertEquals(0x3b, (int) guest.gic.redistributors().read(0xffe8, 4));
        assertEquals(7, guest.read(0, GicRegisters.ICC_SRE_EL1));
        assertEquals(4, guest.read(0, GicRegisters.ICC_CTLR_EL1) >> 8 & 7, "five priority bits");
        guest.write(0, GicRegisters.ICC_PMR_EL1, 1 << 3);
        assertEquals(8, guest.read(0, GicRegisters.ICC_PMR_EL1));
        guest.write(0, GicRegisters.ICC_PMR_EL1, 0xff);
        assertEquals(0xf8, guest.read(0, GicRegisters.ICC_PMR_EL1));
    }

    @Test
    void redistributorsTellTheirCpuAndTheLastOne() {
        GicGuest many = GicGuest.ready(17);
        assertEquals(0, many.gic.redistributors().read(0x8, 8));
        assertEquals(1L << 32 | 1 << 8, many.gic.redistributors().read(VirtMemoryMap.GICR_CPU_BYTES + 8, 8));
        assertEquals(0x100L << 32 | 16 << 8 | 1 << 4, many.gic.redistributors().read(16 * VirtMemoryMap.GICR_CPU_BYTES + 8, 8));
    }

    @Test
    void wakingARedistributorWakesItsChildren() {
        assertEquals(6, guest.gic.redistributors().read(GicRegisters.GICR_WAKER, 4));
        guest.gic.redistributors().write(GicRegisters.GICR_WAKER, 4, 0);
        assertEquals(0, guest.gic.redistributors().read(GicRegisters.GICR_WAKER, 4));
    }

    @Test
    void configurationRegistersHaveTwoBitsAnInterrupt() {
        guest.edge(33);
        guest.edge(63);
        assertEquals(2 << 2, guest.distributor(GicRegisters.ICFGR + 8));
        assertEquals(2 << 30, guest.distributor(GicRegisters.ICFGR + 12));
        assertEquals(0xaaaa_aaaa, guest.redistributor(0, GicRegisters.ICFGR), "software interrupts are edges");
        guest.redistributor(0, GicRegisters.ICFGR, 0);
        assertEquals(0xaaaa_aaaa, guest.redistributor(0, GicRegisters.ICFGR));
    }

    @Test
    void distributorHidesPrivateInterruptsAndReservedSpace() {
        guest.distributor(GicRegisters.ICENABLER, -1);
        assertEquals(-1, guest.redistributor(0, GicRegisters.ISENABLER));
        assertEquals(0, guest.distributor(GicRegisters.ISENABLER));
        assertEquals(0, guest.distributor(GicRegisters.ISENABLER + 4 * 9), "behind the last interrupt");
        for (int offset = 0; offset < 0x1_0000; offset += 4) {
            guest.gic.distributor().write(offset, 4, -1);
            guest.gic.distributor().write(offset, 2, -1);
            guest.gic.distributor().read(offset, 8);
            guest.gic.redistributors().write(offset, 8, -1);
            guest.gic.redistributors().read(0x1_0000 + offset, 1);
        }
    }

    @Test
    void unknownRegistersAreNotClaimed() {
        assertFalse(guest.gic.cpuInterface().handles(3 << 14 | 12 << 7 | 9 << 3 | 1), "ICC_AP1R1_EL1 needs more priority bits");
        assertTrue(guest.gic.cpuInterface().handles(0b11_000_1100_1100_000), "ICC_IAR1_EL1");
        assertThrows(IllegalArgumentException.class, () -> guest.line(288, true));
    }

    @Test
    void stateSurvivesSavingAndRestoring() throws IOException {
        guest.line(UART, true);
        guest.acknowledge();
        guest.edge(DISK);
        guest.priority(DISK, 0x10);
        guest.line(DISK, true);
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        guest.gic.save(new DataOutputStream(saved));

        GicGuest other = new GicGuest(1);
        other.gic.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        assertTrue(other.irq[0]);
        assertEquals(DISK, other.acknowledge());
        other.end(DISK);
        other.end(UART);
        assertEquals(UART, other.acknowledge());
        IOException refused = assertThrows(IOException.class,
            () -> new GicGuest(2).gic.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray()))));
        assertEquals("saved state: number of CPUs is 1, expected 2", refused.getMessage());
    }

    @Test
    void resetForgetsEverythingButTheInputs() {
        guest.line(UART, true);
        guest.acknowledge();
        guest.gic.reset();
        assertFalse(guest.irq[0]);
        assertEquals(1 << 1, guest.distributor(GicRegisters.ISPENDR + 4));
        assertEquals(0, guest.distributor(GicRegisters.ISENABLER + 4));
    }
}
