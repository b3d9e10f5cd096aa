package io.stele.x86;

/** Vector registers that VEX can name. */
public final class Xmm {
    public static final int XMM0 = 0;
    public static final int XMM1 = 1;
    public static final int XMM2 = 2;
    public static final int XMM3 = 3;
    public static final int XMM4 = 4;
    public static final int XMM5 = 5;
    public static final int XMM6 = 6;
    public static final int XMM7 = 7;
    public static final int XMM8 = 8;
    public static final int XMM9 = 9;
    public static final int XMM10 = 10;
    public static final int XMM11 = 11;
    public static final int XMM12 = 12;
    public static final int XMM13 = 13;
    public static final int XMM14 = 14;
    public static final int XMM15 = 15;

    private Xmm() {}
}
