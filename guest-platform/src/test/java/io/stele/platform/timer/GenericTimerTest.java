package io.stele.platform.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.Lines;
import io.stele.platform.TestClock;
import io.stele.platform.layout.VirtInterrupts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GenericTimerTest {
    private final TestClock clock = new TestClock();
    private final Lines lines = new Lines();
    private final GenericTimer timer = new GenericTimer(2, clock, lines);

    private boolean virtual(int cpu) {
        return lines.isHigh(VirtInterrupts.TIMER_VIRTUAL, cpu);
    }

    private boolean physical(int cpu) {
        return lines.isHigh(VirtInterrupts.TIMER_PHYSICAL, cpu);
    }

    @Test
    void timerFiresWhenTheCounterReachesTheCompareValue() {
        clock.ticks = 1000;
        timer.write(0, GenericTimer.CNTV_CVAL_EL0, 1500);
        timer.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        assertEquals(1500, timer.nextDeadline());
        timer.poll(1499);
        assertFalse(virtual(0));
        clock.ticks = 1500;
        timer.poll(1500);
        assertTrue(virtual(0));
        assertFalse(physical(0));
        assertFalse(virtual(1));
        assertEquals(5, timer.read(0, GenericTimer.CNTV_CTL_EL0));
        assertEquals(GenericTimer.NO_DEADLINE, timer.nextDeadline(), "a timer that has fired waits for nothing");
        timer.write(0, GenericTimer.CNTV_CVAL_EL0, 2000);
        assertFalse(virtual(0), "a new compare value lowers the interrupt at once");
        assertEquals(1, timer.read(0, GenericTimer.CNTV_CTL_EL0));
    }

    @Test
    void whoSeesThatTheTimerHasFiredFindsTheInterruptPendingThoughNobodyHasPolled() {
        clock.ticks = 1000;
        timer.setVirtualTimer(0, 1, 1500);
        timer.write(1, GenericTimer.CNTP_CVAL_EL0, 1500);
        timer.write(1, GenericTimer.CNTP_CTL_EL0, 3);
        clock.ticks = 1500;
        assertEquals(7, timer.read(1, GenericTimer.CNTP_CTL_EL0));
        assertFalse(physical(1), "masked");
        assertEquals(5, timer.read(0, GenericTimer.CNTV_CTL_EL0));
        assertTrue(virtual(0));
        assertEquals(GenericTimer.NO_DEADLINE, timer.nextDeadline());
    }

    @Test
    void aCpuGetsTheEventThatItWaitsForOnce() {
        clock.ticks = 1000;
        timer.waitForEvent(1, 1500);
        assertEquals(1500, timer.nextDeadline());
        assertEquals(1, clock.earlierDeadlines);
        timer.poll(1499);
        assertEquals(0, clock.timerEvents[1]);
        timer.poll(1501);
        assertEquals(1, clock.timerEvents[1]);
        assertEquals(GenericTimer.NO_DEADLINE, timer.nextDeadline());
        timer.waitForEvent(0, 900);
        assertEquals(1, clock.timerEvents[0], "one of the past comes at once");
        timer.waitForEvent(0, 1600);
        timer.reset();
        assertEquals(GenericTimer.NO_DEADLINE, timer.nextDeadline());
    }

    @Test
    void compareValueInThePastFiresAtOnce() {
        clock.ticks = 1000;
        timer.write(0, GenericTimer.CNTP_CVAL_EL0, 10);
        timer.write(0, GenericTimer.CNTP_CTL_EL0, 1);
        assertTrue(physical(0));
    }

    @Test
    void timerValueIsSignedAndRelative() {
        clock.ticks = 1L << 40;
        timer.write(0, GenericTimer.CNTV_TVAL_EL0, 100);
        assertEquals((1L << 40) + 100, timer.read(0, GenericTimer.CNTV_CVAL_EL0));
        clock.ticks += 150;
        assertEquals(0xffff_ffceL, timer.read(0, GenericTimer.CNTV_TVAL_EL0));
        timer.write(0, GenericTimer.CNTV_TVAL_EL0, 0xffff_ffffL);
        assertEquals(clock.ticks - 1, timer.read(0, GenericTimer.CNTV_CVAL_EL0));
    }

    @Test
    void compareIsUnsigned() {
        timer.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        timer.write(0, GenericTimer.CNTV_CVAL_EL0, Long.MIN_VALUE);
        assertFalse(virtual(0));
        assertEquals(Long.MIN_VALUE, timer.nextDeadline());
    }

    @Test
    void maskHidesTheInterruptButNotTheStatus() {
        clock.ticks = 20;
        timer.write(0, GenericTimer.CNTV_CVAL_EL0, 10);
        timer.write(0, GenericTimer.CNTV_CTL_EL0, 3);
        assertFalse(virtual(0));
        assertEquals(7, timer.read(0, GenericTimer.CNTV_CTL_EL0));
        assertEquals(GenericTimer.NO_DEADLINE, timer.nextDeadline());
        timer.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        assertTrue(virtual(0));
        timer.write(0, GenericTimer.CNTV_CTL_EL0, 0);
        assertFalse(virtual(0));
    }

    @Test
    void deadlineIsTheEarliestOfAllTimersAndEarlierOnesAreAnnounced() {
        timer.write(0, GenericTimer.CNTV_CVAL_EL0, 500);
        timer.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        assertEquals(1, clock.earlierDeadlines);
        timer.write(1, GenericTimer.CNTP_CVAL_EL0, 800);
        timer.write(1, GenericTimer.CNTP_CTL_EL0, 1);
        assertEquals(500, timer.nextDeadline());
        timer.write(1, GenericTimer.CNTP_CVAL_EL0, 300);
        assertEquals(300, timer.nextDeadline());
        clock.ticks = 300;
        timer.poll(300);
        assertTrue(physical(1));
        assertEquals(500, timer.nextDeadline());
    }

    @Test
    void counterAndFrequencyAreReadable() {
        clock.ticks = 77;
        assertEquals(77, timer.read(1, GenericTimer.CNTVCT_EL0));
        assertEquals(77, timer.read(1, GenericTimer.CNTPCT_EL0));
        assertEquals(62_500_000, timer.read(0, GenericTimer.CNTFRQ_EL0));
        timer.write(0, GenericTimer.CNTKCTL_EL1, 0x2d6);
        assertEquals(0x2d6, timer.read(0, GenericTimer.CNTKCTL_EL1));
        assertEquals(0, timer.read(1, GenericTimer.CNTKCTL_EL1));
    }

    @Test
    void encodingsAreThoseOfTheArchitecture() {
        assertTrue(timer.handles(0b11_011_1110_0011_010), "CNTV_CVAL_EL0");
        assertTrue(timer.handles(0b11_011_1110_0000_010), "CNTVCT_EL0");
        assertTrue(timer.handles(0b11_000_1110_0001_000), "CNTKCTL_EL1");
        assertFalse(timer.handles(0b11_011_1110_0000_110), "CNTVCTSS_EL0 belongs to FEAT_ECV");
    }

    @Test
    void stateSurvivesSavingAndRestoring() throws IOException {
        timer.write(1, GenericTimer.CNTV_CVAL_EL0, 500);
        timer.write(1, GenericTimer.CNTV_CTL_EL0, 1);
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        timer.save(new DataOutputStream(saved));
        timer.reset();
        assertEquals(GenericTimer.NO_DEADLINE, timer.nextDeadline());
        timer.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        assertEquals(500, timer.nextDeadline());
        timer.poll(500);
        assertTrue(virtual(1));
    }
}
