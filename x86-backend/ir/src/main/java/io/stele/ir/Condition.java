package io.stele.ir;

/**
 * Conditions on a flags value ({@link HostFlags}). The lowest bit negates, except in {@link #ALWAYS}. A guest maps its own conditions onto these
 * numbers.
 */
public final class Condition {
    /** Z. */
    public static final int EQUAL = 0;
    public static final int NOT_EQUAL = 1;
    /** C: an addition carried, a subtraction did not borrow. */
    public static final int CARRY = 2;
    public static final int NO_CARRY = 3;
    /** N. */
    public static final int NEGATIVE = 4;
    public static final int NOT_NEGATIVE = 5;
    /** V. */
    public static final int OVERFLOW = 6;
    public static final int NO_OVERFLOW = 7;
    /** Of unsigned operands of a subtraction, as the other four are of signed ones. */
    public static final int HIGHER = 8;
    public static final int LOWER_OR_SAME = 9;
    public static final int GREATER_OR_EQUAL = 10;
    public static final int LESS = 11;
    public static final int GREATER = 12;
    public static final int LESS_OR_EQUAL = 13;
    /** This number and all above. */
    public static final int ALWAYS = 14;

    private Condition() {}

    /** True if the condition holds for a flags value. */
    public static boolean holds(int condition, int flags) {
        if (condition >= ALWAYS) {
            return true;
        }
        boolean n = (flags & HostFlags.N) != 0;
        boolean z = (flags & HostFlags.Z) != 0;
        boolean c = (flags & HostFlags.C) != 0;
        boolean v = (flags & HostFlags.V) != 0;
        boolean result = switch (condition & ~1) {
            case EQUAL -> z;
            case CARRY -> c;
            case NEGATIVE -> n;
            case OVERFLOW -> v;
            case HIGHER -> c && !z;
            case GREATER_OR_EQUAL -> n == v;
            default -> n == v && !z;
        };
        return (condition & 1) != 0 ? !result : result;
    }
}
