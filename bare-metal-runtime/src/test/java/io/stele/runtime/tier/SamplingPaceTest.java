package io.stele.runtime.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When samples are taken, and how often. */
class SamplingPaceTest {
    private static final long MS = 1_000_000;
    /** {@link System#nanoTime} may be anything. */
    private static final long START = Long.MAX_VALUE - 500 * MS;

    @Test
    void profilesAreSampledAlikeFromTheStartOn() {
        SamplingPace pace = SamplingPace.steady();
        pace.begin(START);
        assertTrue(pace.hasBegun(START));
        assertEquals(MS, pace.period(START));
        assertEquals(MS, pace.period(START + 5000 * MS));
    }

    @Test
    void theSecondTierWaitsForTheJvmToSettle() {
        SamplingPace pace = SamplingPace.following(() -> 0);
        pace.begin(START);
        assertFalse(pace.hasBegun(START));
        assertFalse(pace.hasBegun(START + 999 * MS));
        assertTrue(pace.hasBegun(START + 1000 * MS));
    }

    @Test
    void samplesAreTakenOftenForAWhileAfterEachCluster() {
        AtomicLong clusters = new AtomicLong();
        SamplingPace pace = SamplingPace.following(clusters::get);
        pace.begin(START);
        assertEquals(4 * MS, pace.period(START));
        clusters.incrementAndGet();
        assertEquals(MS, pace.period(START + 2000 * MS));
        assertEquals(MS, pace.period(START + 2255 * MS));
        assertEquals(4 * MS, pace.period(START + 2256 * MS));
        clusters.incrementAndGet();
        assertEquals(MS, pace.period(START + 3000 * MS));
    }
}
