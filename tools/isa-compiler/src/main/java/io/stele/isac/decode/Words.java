package io.stele.isac.decode;

import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** Words in which some bits vary: all of them, or a sample if there are too many. */
record Words(int fixed, int varying) {
    private static final int EXHAUSTIVE_BITS = 16;
    private static final long FACTOR = 6364136223846793005L;
    private static final long STEP = 1442695040888963407L;

    /** No word is left out. */
    boolean areAll() {
        return Integer.bitCount(varying) <= EXHAUSTIVE_BITS;
    }

    /** A word among them. */
    OptionalInt find(IntPredicate wanted) {
        long tries = 1L << Math.min(Integer.bitCount(varying), EXHAUSTIVE_BITS);
        long random = 0x9e37_79b9_7f4a_7c15L;
        for (long i = 0; i < tries; i++) {
            random = random * FACTOR + STEP;
            int word = fixed & ~varying | (areAll() ? Integer.expand((int) i, varying) : (int) (random >>> 32) & varying);
            if (wanted.test(word)) {
                return OptionalInt.of(word);
            }
        }
        return OptionalInt.empty();
    }
}
