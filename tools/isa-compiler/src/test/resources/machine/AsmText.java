package io.stele.arm64.hooks;

public final class AsmText {
    private AsmText() {}

    public static String reg(long sf, long n) {
        return (sf != 0 ? "x" : "w") + n;
    }
}
