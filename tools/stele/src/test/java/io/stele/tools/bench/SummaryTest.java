package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {
    @Test
    void theMedianIsTheMiddleOneOrBetweenTheMiddleTwo() {
        assertEquals(5, Summary.of(List.of(5L)).median());
        assertEquals(3, Summary.of(List.of(9L, 1L, 3L)).median());
        assertEquals(2.5, Summary.of(List.of(9L, 1L, 3L, 2L)).median());
    }

    @Test
    void theSpreadIsARatioToTheMedian() {
        Summary summary = Summary.of(List.of(80L, 100L, 130L));
        assertEquals(80, summary.least());
        assertEquals(130, summary.most());
        assertEquals(0.5, summary.spread(), 1e-9);
        assertEquals(0, Summary.of(List.of(7L)).spread());
    }

    @Test
    void nothingHasNoMedian() {
        assertTrue(Summary.of(List.of()).isEmpty());
        assertTrue(Double.isNaN(Summary.NOTHING.median()));
    }

    @Test
    void theGeometricMeanLeavesOutWhatIsNotKnown() {
        assertEquals(4, Summary.geometricMean(2, 8), 1e-9);
        assertEquals(4, Summary.geometricMean(2, Double.NaN, 8, 0, Double.POSITIVE_INFINITY), 1e-9);
        assertTrue(Double.isNaN(Summary.geometricMean()));
        assertTrue(Double.isNaN(Summary.geometricMean(Double.NaN)));
    }
}
