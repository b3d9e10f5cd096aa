package io.stele.runtime.vcpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private static final long MILLI = 1_000_000;

    private final Patience patience = new Patience(0);
    private long now;

    @BeforeEach
    void needsTwoCores() {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one core never spins");
    }

    private boolean after(long nanos) {
        now += nanos;
        return patience.observe(now);
    }

    @Test
    void busyCoresEndTheSpinningForAWhile() {
        int spins = patience.vmSpins();
        for (int i = 0; i < 3; i++) {
            assertFalse(after(3 * MILLI));
        }
        assertTrue(after(3 * MILLI));
        assertEquals(1, patience.vmSpins());
        assertEquals(0, patience.idleNanos());
        assertFalse(after(3 * MILLI));
        assertTrue(after(2 * MILLI));
        assertEquals(spins, patience.vmSpins());
    }

    private long contendedTime() {
        long began = now;
        while (!after(MILLI / 2)) {
            assertTrue(now - began < 1000 * MILLI, "never ends");
        }
        return now - began;
    }

    private void starve() {
        for (int i = 0; i < 8; i++) {
            patience.slept(now, 20_000, 1);
        }
        assertTrue(after(1000));
    }

    @Test
    void coresThatStayBusyAreLeftLongerAndLonger() {
        starve();
        long first = contendedTime();
        starve();
        long second = contendedTime();
        assertTrue(second > first * 3 / 2, first + " then " + second);
        for (int i = 0; i < 10; i++) {
            starve();
            assertTrue(contendedTime() < 300 * MILLI);
        }
        for (int i = 0; i < 100; i++) {
            after(MILLI / 2);
        }
        starve();
        assertEquals(first, contendedTime());
    }

    @Test
    void singleGapsAndSleepDoNot() {
        for (int i = 0; i < 100; i++) {
            assertFalse(after(20 * MILLI));
            now += 50 * MILLI;
            patience.slept(now, 50 * MILLI, 10);
            for (int k = 0; k < 100; k++) {
                assertFalse(after(MILLI / 10));
            }
        }
    }

    @Test
    void requestsThatOnlyComeWhileTheServiceThreadSleepsEndTheSpinning() {
        int spins = patience.vmSpins();
        for (int i = 0; i < 7; i++) {
            now += 250_000;
            patience.slept(now, 20_000, 1);
            assertFalse(after(1000));
        }
        patience.slept(now, 20_000, 50);
        for (int i = 0; i < 7; i++) {
            patience.slept(now, 20_000, 1);
        }
        assertFalse(after(1000));
        patience.slept(now, 20_000, 2);
        assertTrue(after(1000));
        assertEquals(1, patience.vmSpins());
        contendedTime();
        assertEquals(spins, patience.vmSpins());
    }
}
