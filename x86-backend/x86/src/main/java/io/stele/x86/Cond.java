package io.stele.x86;

/** Condition codes of jcc, setcc and cmovcc (Intel SDM vol. 1, appendix B). {@code cc ^ 1} is the opposite condition. */
public final class Cond {
    public static final int O = 0;
    public static final int NO = 1;
    /** Unsigned less; carry set. */
    public static final int B = 2;
    /** Unsigned greater or equal; carry clear. */
    public static final int AE = 3;
    public static final int E = 4;
    public static final int NE = 5;
    /** Unsigned less or equal. */
    public static final int BE = 6;
    /** Unsigned greater. */
    public static final int A = 7;
    public static final int S = 8;
    public static final int NS = 9;
    public static final int P = 10;
    public static final int NP = 11;
    /** Signed less. */
    public static final int L = 12;
    public static final int GE = 13;
    public static final int LE = 14;
    public static final int G = 15;

    private Cond() {}
}
