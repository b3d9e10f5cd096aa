package io.stele.toy.hooks;

/** Its assembly text. */
public final class AsmText {
    private AsmText() {}

    public static String reg(long n) {
        return "r" + n;
    }
}
