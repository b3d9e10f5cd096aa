package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HeatTest {
    private static final long PLACE = 0x7654_3210L;

    private final Heat heat = new Heat();

    private boolean sample(int times) {
        boolean hot = false;
        for (int i = 0; i < times; i++) {
            hot = heat.add(PLACE);
        }
        return hot;
    }

    /** Samples at places that do not come again. */
    private void elsewhere(int times) {
        for (int i = 0; i < times; i++) {
            heat.add(-2 - i);
        }
    }

    @Test
    void aLoopIsHotAtOnce() {
        assertFalse(sample(Heat.HOT - 1));
        assertTrue(sample(1));
    }

    @Test
    void aShareOfTheSamplesIsEnough() {
        boolean hot = false;
        for (int i = 0; i < 4 * Heat.HOT; i++) {
            elsewhere(Heat.PERIOD / Heat.HOT - 1);
            hot = sample(1);
        }
        assertTrue(hot);
    }

    @Test
    void whatIsPassedThroughNowAndThenNeverIs() {
        for (int i = 0; i < 100_000; i++) {
            elsewhere(Heat.PERIOD - 1);
            assertFalse(sample(1));
        }
    }

    @Test
    void aPlaceCoolsDown() {
        assertTrue(sample(2 * Heat.HOT));
        elsewhere(Heat.PERIOD);
        assertTrue(sample(1));
        elsewhere(3 * Heat.PERIOD);
        assertFalse(sample(1));
    }
}
