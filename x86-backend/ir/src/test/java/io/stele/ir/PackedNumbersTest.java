package io.stele.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Packed numbers come back as they were, and small ones are small. */
final class PackedNumbersTest {
    private final PackedNumbers numbers = new PackedNumbers();

    @Test
    void numbersOfAllSizesComeBack() {
        long[] edges = {0, 1, -1, 63, -64, 64, -65, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE};
        Random random = new Random(5);
        long[] values = new long[10_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < edges.length ? edges[i] : random.nextLong() >> random.nextInt(64);
            numbers.put(values[i]);
        }
        for (long value : values) {
            assertEquals(value, numbers.get());
        }
    }

    @Test
    void rowsComeBack() {
        int[] row = {3, -70_000, 0};
        byte[] bytes = new byte[100_000];
        new Random(6).nextBytes(bytes);
        numbers.put(row);
        numbers.put(bytes, 99_999);
        numbers.put(7);
        assertArrayEquals(row, numbers.getInts());
        assertArrayEquals(Arrays.copyOf(bytes, 99_999), numbers.getBytes());
        assertEquals(7, numbers.getInt());
    }

    @Test
    void smallNumbersTakeOneByte() {
        numbers.put(63);
        numbers.put(-64);
        assertEquals(2, numbers.length());
    }
}
