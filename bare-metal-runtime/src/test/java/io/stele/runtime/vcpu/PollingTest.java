package io.stele.runtime.vcpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PollingTest {
    private static final long MILLI = 1_000_000;

    private final Polling polling = new Polling(() -> this.busy, () -> this.delay, () -> this.exit);
    private long delay;
    private long exit = 30_000;
    private long now;
    private int busy = 1;

    @BeforeEach
    void needsTwoCores() {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "with one core nobody polls");
        Assumptions.assumeTrue(System.getProperty(Polling.PROPERTY) == null, "the choice is forced");
    }

    /** Time passes, of which the threads did not run for some. */
    private boolean pays(long nanos, long lost, int requests) {
        now += nanos;
        delay += lost;
        return polling.pays(now, requests, 0);
    }

    @Test
    void quietCoresArePolled() {
        assertTrue(polling.isOpen(now));
        polling.begin(now);
        for (int i = 0; i < 100; i++) {
            assertTrue(pays(5 * MILLI, MILLI / 10, 1));
        }
    }

    @Test
    void cheapExitsAreNotPolledFor() {
        exit = 2_000;
        assertFalse(polling.isOpen(now));
    }

    @Test
    void nobodyPollsWhileTheVcpusWantAllCores() {
        polling.begin(now);
        assertTrue(pays(1, 0, 1));
        busy = Runtime.getRuntime().availableProcessors();
        assertFalse(polling.isOpen(now));
        assertFalse(pays(1, 0, 1));
        busy--;
        assertTrue(polling.isOpen(now));
        polling.begin(now);
        assertTrue(pays(1, 0, 1));
    }

    @Test
    void pollingThatGoesOnAgainAndAgainKeepsItsAccount() {
        for (int i = 0; i < 9; i++) {
            assertTrue(polling.isOpen(now));
            polling.resume(now);
            assertTrue(pays(MILLI, MILLI / 10, 2));
            polling.pause(now, 2);
        }
        for (int i = 0; i < 100 && polling.isOpen(now); i++) {
            polling.resume(now);
            pays(MILLI, MILLI, 1);
            polling.pause(now, 1);
        }
        assertFalse(polling.isOpen(now));
        now += 1000 * MILLI;
        delay += 1000 * MILLI;
        assertTrue(polling.isOpen(now));
        polling.resume(now);
        assertTrue(pays(5 * MILLI, 0, 1));
    }

    @Test
    void lostTimeEndsPollingUnlessTheExitsWouldCostMore() {
        polling.begin(now);
        assertTrue(pays(5 * MILLI, 3 * MILLI, 90));
        assertFalse(pays(5 * MILLI, 3 * MILLI, 20));
        assertFalse(polling.isOpen(now));
    }

    @Test
    void requestsThatNobodyLooksAtInTimeEndPolling() {
        polling.begin(now);
        now += 5 * MILLI;
        assertTrue(polling.pays(now, 60, 20));
        now += 5 * MILLI;
        assertFalse(polling.pays(now, 20, 60));
    }

    @Test
    void whatWasGainedBeforeMakesUpForLosses() {
        polling.begin(now);
        assertTrue(pays(5 * MILLI, 0, 1000));
        assertTrue(pays(5 * MILLI, 4 * MILLI, 0));
        assertTrue(pays(5 * MILLI, 4 * MILLI, 0));
        assertFalse(pays(5 * MILLI, 4 * MILLI, 0));
    }

    @Test
    void periodsTooShortToJudgeCountAllTheSame() {
        for (int i = 0; i < 50; i++) {
            polling.begin(now);
            assertTrue(pays(MILLI, 0, 10));
            polling.end(now);
            delay += 20 * MILLI;
        }
        polling.begin(now);
        assertTrue(pays(5 * MILLI, 4 * MILLI, 0));
        polling.end(now);
        assertTrue(polling.isOpen(now));
        for (int i = 0; i < 50; i++) {
            polling.begin(now);
            assertTrue(pays(MILLI, MILLI, 1));
            polling.end(now);
        }
        assertFalse(polling.isOpen(now));
    }

    @Test
    void trialsOnBusyCoresLoseASmallPartOfTheTime() {
        long lost = 0;
        for (int i = 0; i < 100; i++) {
            polling.begin(now);
            assertFalse(pays(5 * MILLI, 4 * MILLI, 1));
            lost += 4 * MILLI;
            while (!polling.isOpen(now)) {
                now += MILLI;
                assertTrue(lost > 0 && now < 60_000 * MILLI, "never again");
            }
        }
        assertTrue(lost * 20 < now, lost + " of " + now);
    }

    @Test
    void aShortDisturbanceDoesNotKeepPollingAwayForLong() {
        polling.begin(now);
        for (int i = 0; i < 10; i++) {
            pays(5 * MILLI, 4 * MILLI, 1);
            polling.begin(now);
        }
        long ended = now;
        while (!polling.isOpen(now)) {
            now += MILLI;
        }
        assertTrue(now - ended < 200 * MILLI, now - ended + " ns");
    }
}
