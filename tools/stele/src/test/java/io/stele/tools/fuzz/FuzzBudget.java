package io.stele.tools.fuzz;

/**
 * How long a fuzz test goes on, and with which numbers: {@code -Dfuzz.seconds=N} for each test, {@code -Dfuzz.seed=N} for the first case. By
 * default seconds and a fixed seed, so that continuous integration does the same each time; {@code dev/fuzz} sets both.
 */
final class FuzzBudget {
    private static final int DEFAULT_SECONDS = 6;
    private static final long DEFAULT_SEED = 1;

    private final long end = System.nanoTime() + Integer.getInteger("fuzz.seconds", DEFAULT_SECONDS) * 1_000_000_000L;
    private long seed = Long.getLong("fuzz.seed", DEFAULT_SEED) - 1;
    private int cases;

    /** False when the time is over, but not before the first case. */
    boolean more() {
        if (cases > 0 && System.nanoTime() - end >= 0) {
            return false;
        }
        cases++;
        seed++;
        return true;
    }

    /** The number of the present case; the same number makes the same case. */
    long seed() {
        return seed;
    }

    int cases() {
        return cases;
    }

    /** What to run to see the present case again. */
    String reproduce(String test) {
        return "dev/fuzz --only " + test + " --seed " + seed + " --seconds 0";
    }
}
