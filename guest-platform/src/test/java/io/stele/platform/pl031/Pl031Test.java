package io.stele.platform.pl031;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.Lines;
import io.stele.platform.TestClock;
import org.junit.jupiter.api.Test;

class Pl031Test {
    private static final int IRQ = 34;

    private final TestClock clock = new TestClock();
    private final Lines lines = new Lines();
    private final Pl031 rtc = new Pl031(clock, lines.output(IRQ));

    @Test
    void timeIsTheHostsUntilTheGuestSetsIt() {
        clock.seconds = 1_700_000_000L;
        assertEquals(1_700_000_000L, rtc.read(Pl031.DR, 4));
        rtc.write(Pl031.LR, 4, 1000);
        clock.seconds += 5;
        assertEquals(1005, rtc.read(Pl031.DR, 4));
        clock.seconds = 4_000_000_000L;
        rtc.reset();
        assertEquals(4_000_000_000L, rtc.read(Pl031.DR, 4), "32 bits, unsigned");
    }

    @Test
    void alarmRaisesTheInterruptInItsSecond() {
        clock.seconds = 100;
        rtc.write(Pl031.IMSC, 4, 1);
        rtc.write(Pl031.MR, 4, 103);
        assertTrue(rtc.alarmArmed());
        assertEquals(1, clock.earlierDeadlines);
        clock.seconds = 102;
        rtc.poll();
        assertFalse(lines.isHigh(IRQ, 0));
        clock.seconds = 104;
        rtc.poll();
        assertTrue(lines.isHigh(IRQ, 0));
        assertFalse(rtc.alarmArmed());
        assertEquals(1, rtc.read(Pl031.MIS, 4));
        rtc.write(Pl031.ICR, 4, 1);
        assertFalse(lines.isHigh(IRQ, 0));
    }

    @Test
    void alarmForThePresentSecondFiresAtOnceAndMaskedOnesShowInRawStatusOnly() {
        clock.seconds = 100;
        rtc.write(Pl031.MR, 4, 100);
        assertEquals(1, rtc.read(Pl031.RIS, 4));
        assertEquals(0, rtc.read(Pl031.MIS, 4));
        assertFalse(lines.isHigh(IRQ, 0));
    }

    @Test
    void identifiesAsPl031() {
        int part = 0;
        for (int i = 0; i < 4; i++) {
            part |= (int) rtc.read(0xfe0 + 4 * i, 4) << 8 * i;
        }
        assertEquals(0x00141031, part);
    }
}
