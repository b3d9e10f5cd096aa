package io.stele.runtime.util;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The map behaves like one of boxed keys, also while it grows. */
class LongIntMapTest {
    @Test
    void behavesLikeAHashMap() {
        LongIntMap map = new LongIntMap(4);
        Map<Long, Integer> reference = new HashMap<>();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100_000; i++) {
            long key = random.nextInt(4) == 0 ? random.nextLong(50) << 12 : random.nextLong(20_000);
            if (random.nextBoolean()) {
                map.put(key, i);
                reference.put(key, i);
            }
            assertEquals(reference.getOrDefault(key, -1), map.get(key));
            assertEquals(reference.size(), map.size());
        }
        map.clear();
        assertEquals(0, map.size());
        assertEquals(-1, map.get(0));
    }
}
