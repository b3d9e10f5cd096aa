package io.stele.runtime;

/**
 * How long the two sides of the mailbox spin before they give their core away. Both threads float: the scheduler keeps two busy threads on
 * two cores by itself, and threads bound to a core would wait for whatever else runs there.
 *
 * @param vmSpins looks of VM code, each one {@code pause}, before it exits to user space
 * @param javaSpins looks of Java before it reads the clock or yields
 * @param idleNanos the service thread sleeps after this long without a request
 */
record Patience(int vmSpins, int javaSpins, long idleNanos) {
    private static final Patience TWO_CORES = new Patience(4000, 64, 200_000);
    /** The other side cannot run while this one spins. */
    private static final Patience ONE_CORE = new Patience(1, 1, 0);

    static Patience ofThisHost() {
        return Runtime.getRuntime().availableProcessors() > 1 ? TWO_CORES : ONE_CORE;
    }
}
