package io.stele.runtime.vcpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WaitsTest {
    private static final long SHORT = Waits.SHORT_NANOS / 4;
    private static final long LONG = 100 * Waits.SHORT_NANOS;

    private final Waits waits = new Waits();
    private long now;

    private void waited(long nanos, int times) {
        for (int i = 0; i < times; i++) {
            waits.begin(now);
            now += nanos;
            waits.end(now);
        }
    }

    private boolean beginsShort() {
        now++;
        waits.begin(now);
        boolean isShort = waits.isShort(now);
        waits.end(now);
        return isShort;
    }

    @Test
    void nothingIsKnownAtFirst() {
        assertFalse(beginsShort());
    }

    @Test
    void shortOnesAreFollowedByShortOnes() {
        waited(SHORT, 10);
        assertTrue(beginsShort());
    }

    @Test
    void anIdleGuestsWaitsAreLong() {
        waited(LONG, 1000);
        assertFalse(beginsShort());
        waited(SHORT, 1);
        assertFalse(beginsShort());
    }

    @Test
    void aSingleLongOneIsForgottenSoon() {
        waited(SHORT, 10);
        waited(LONG, 1);
        assertFalse(beginsShort());
        waited(SHORT, 5);
        assertTrue(beginsShort());
    }

    @Test
    void oneThatBeganLongAgoIsNotShortAnyMore() {
        waited(SHORT, 10);
        waits.begin(now);
        assertTrue(waits.isShort(now + SHORT));
        assertFalse(waits.isShort(now + Waits.SHORT_NANOS));
    }
}
