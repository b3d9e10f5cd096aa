package io.stele.runtime.vcpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
        assertFalse(pays(1, 0, 1));
        assertFalse(polling.isOpen(now));
        busy--;
        assertTrue(polling.isOpen(now));
    }

    @Test
    void lostTimeEndsPollingUnlessTheExitsWouldCostMore() {
        polling.begin(now);
        assertTrue(pays(5 * MILLI, 3 * MILLI, 200));
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

    private long pause() {
        long began = now;
        while (!polling.isOpen(now)) {
            now += MILLI;
            assertTrue(now - began < 10_000 * MILLI, "never again");
        }
        return now - began;
    }

    @Test
    void coresThatStayBusyAreLeftAloneLongerAndLonger() {
        long last = 0;
        for (int i = 0; i < 6; i++) {
            polling.begin(now);
            assertFalse(pays(5 * MILLI, 4 * MILLI, 1));
            long pause = pause();
            assertTrue(pause > last);
            last = pause;
        }
        for (int i = 0; i < 10; i++) {
            polling.begin(now);
            pays(5 * MILLI, 4 * MILLI, 1);
            last = pause();
        }
        assertTrue(last < 1100 * MILLI);
        polling.begin(now);
        for (int i = 0; i < 80; i++) {
            assertTrue(pays(5 * MILLI, 0, 1));
        }
        assertFalse(pays(5 * MILLI, 4 * MILLI, 1));
        assertEquals(8, pause() / MILLI);
    }
}
