package io.stele.runtime.common;

/** Which translators are at work: the property {@code stele.tier}, "1", "2" or "all". */
public enum Tiers {
    /** Blocks only. */
    FIRST,
    /** Clusters of blocks where samples say that the guest spends its time. */
    SECOND,
    /** Clusters of blocks wherever there is a loop, before it is executed: for tests. */
    ALL;

    private static final String PROPERTY = "stele.tier";

    /** What the property says; {@link #SECOND} by default. */
    public static Tiers chosen() {
        return switch (System.getProperty(PROPERTY, "2")) {
            case "1" -> FIRST;
            case "all" -> ALL;
            default -> SECOND;
        };
    }
}
