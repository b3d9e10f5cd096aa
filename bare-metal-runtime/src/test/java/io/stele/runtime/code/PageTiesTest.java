package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class PageTiesTest {
    private final PageTies ties = new PageTies();

    @Test
    void aTieIsOneOfBothPages() {
        ties.add(3, 5);
        ties.add(5, 3);
        ties.add(5, 7);
        assertTrue(ties.contains(3, 5) && ties.contains(5, 3) && ties.contains(7, 5));
        assertFalse(ties.contains(3, 7), "they hang together by 5 only");
        int[] numbers = {0, 1, 2, 3, 4, 5, 6, 7};
        ties.spread(numbers);
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 3, 6, 3}, numbers);
    }

    @Test
    void tiesGoWithTheirPages() {
        ties.add(3, 5);
        ties.add(4, 6);
        BitSet kept = new BitSet();
        kept.set(4);
        kept.set(6);
        ties.retain(kept);
        assertFalse(ties.contains(3, 5));
        assertTrue(ties.contains(4, 6));
    }
}
