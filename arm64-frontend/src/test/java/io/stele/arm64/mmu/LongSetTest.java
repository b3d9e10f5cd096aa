package io.stele.arm64.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LongSetTest {
    @Test
    void behavesAsASetOfTheLibrary() {
        Random random = new Random(1);
        LongSet set = new LongSet();
        Set<Long> model = new HashSet<>();
        for (int i = 0; i < 200_000; i++) {
            long key = 1 + random.nextInt(300);
            switch (random.nextInt(i / 1000 % 2 == 0 ? 3 : 2)) {
                case 0 -> assertEquals(model.remove(key), set.remove(key));
                case 1 -> assertEquals(model.contains(key), set.contains(key));
                default -> assertEquals(model.add(key), set.add(key));
            }
            if (i % 5000 == 0) {
                set.removeIf(value -> value % 3 == 0);
                model.removeIf(value -> value % 3 == 0);
            }
            assertEquals(model.size(), set.size());
        }
    }
}
