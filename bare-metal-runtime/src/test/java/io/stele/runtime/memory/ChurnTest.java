package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ChurnTest {
    private static final long PAGE = 0x71_2345_6000L;
    private static final long LATE = (1L << 27) - 3;

    private final Churn churn = new Churn();

    private void count(int times, long first, long distance) {
        for (int i = 0; i < times; i++) {
            churn.count(PAGE, first + i * distance);
        }
    }

    @Test
    void manyRemappingsAtOnceAreChurn() {
        count(Churn.LIMIT - 1, LATE, 1);
        assertFalse(churn.isChurning(PAGE));
        count(1, LATE + Churn.LIMIT, 0);
        assertTrue(churn.isChurning(PAGE));
        assertFalse(churn.isChurning(PAGE + 4096));
    }

    @Test
    void asManyOverALongerTimeAreNot() {
        count(1000, LATE, Churn.MILLIS / (Churn.LIMIT - 2));
        assertFalse(churn.isChurning(PAGE));
        count(1000, LATE, Churn.MILLIS + 1);
        assertFalse(churn.isChurning(PAGE));
    }

    @Test
    void whatChurnsGoesOnUntilTheCountsAreForgotten() {
        count(Churn.LIMIT, 0, 0);
        count(3, 1_000_000, 1000);
        assertTrue(churn.isChurning(PAGE));
        int forgotten = 0;
        for (int page = 1; page <= Churn.PAGES; page++) {
            forgotten += churn.count(page * 4096L, 0) ? 1 : 0;
        }
        assertEquals(1, forgotten);
        assertFalse(churn.isChurning(PAGE));
    }
}
