package io.stele.platform.sp805;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.TestClock;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.timer.GenericTimer;
import org.junit.jupiter.api.Test;

class Sp805Test {
    private static final long SECOND = GenericTimer.FREQUENCY;

    private final TestClock clock = new TestClock();
    private boolean line;
    private int resets;
    private final Sp805 watchdog =
        new Sp805(clock, GenericTimer.FREQUENCY, new InterruptOutput((intid, cpu, level) -> line = level, 42, 0), () -> resets++);

    private void pass(double seconds) {
        clock.ticks += (long) (seconds * SECOND);
        if (Long.compareUnsigned(clock.ticks, watchdog.nextDeadline()) >= 0) {
            watchdog.poll(clock.ticks);
        }
    }

    private void startWithOneSecond() {
        watchdog.write(Sp805.LOCK, 4, Sp805.UNLOCK_WORD);
        watchdog.write(Sp805.LOAD, 4, Sp805.CLOCK_HZ);
        watchdog.write(Sp805.INTCLR, 4, 1);
        watchdog.write(Sp805.CONTROL, 4, Sp805.INTEN | Sp805.RESEN);
        watchdog.write(Sp805.LOCK, 4, 0);
    }

    @Test
    void isAnSp805() {
        int id = 0;
        for (int i = 0; i < 4; i++) {
            id |= (int) watchdog.read(0xfe0 + 4 * i, 4) << 8 * i;
        }
        assertEquals(0x0014_1805, id);
        assertEquals(-1, watchdog.nextDeadline());
    }

    @Test
    void interruptsFirstAndResetsThen() {
        startWithOneSecond();
        pass(0.9);
        assertFalse(line);
        pass(0.2);
        assertTrue(line);
        assertEquals(0, resets);
        pass(1.1);
        assertEquals(1, resets);
        pass(5);
        assertEquals(1, resets);
    }

    @Test
    void aPingKeepsItQuiet() {
        startWithOneSecond();
        for (int i = 0; i < 10; i++) {
            pass(0.8);
            watchdog.write(Sp805.LOCK, 4, Sp805.UNLOCK_WORD);
            watchdog.write(Sp805.INTCLR, 4, 1);
            watchdog.write(Sp805.LOCK, 4, 0);
        }
        assertFalse(line);
        assertEquals(0, resets);
        assertEquals(Sp805.CLOCK_HZ, watchdog.read(Sp805.VALUE, 4), 10);
        pass(0.5);
        assertEquals(Sp805.CLOCK_HZ / 2, watchdog.read(Sp805.VALUE, 4), 10);
    }

    @Test
    void whatIsLockedCannotBeStopped() {
        startWithOneSecond();
        watchdog.write(Sp805.CONTROL, 4, 0);
        assertEquals(Sp805.INTEN | Sp805.RESEN, watchdog.read(Sp805.CONTROL, 4));
        watchdog.write(Sp805.LOCK, 4, Sp805.UNLOCK_WORD);
        watchdog.write(Sp805.CONTROL, 4, 0);
        assertEquals(-1, watchdog.nextDeadline());
    }
}
