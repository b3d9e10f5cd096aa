package io.stele.arm64.hooks;

/** The part of {@link AsmText} for SIMD and floating-point operands. */
abstract class VectorText {
    private static final String SIZES = "bhsdq";

    VectorText() {}

    private static char letter(long bits) {
        return SIZES.charAt(Long.numberOfTrailingZeros(bits) - 3);
    }

    /** Scalar register of {@code bits} bits: {@code s3}. */
    public static String fp(long bits, long n) {
        return letter(bits) + Long.toString(n);
    }

    /** Vector register with its arrangement; {@code q} set: 128 bits, else 64. */
    public static String v(long n, long e, long q) {
        return "v" + n + "." + (q != 0 ? 128 : 64) / e + letter(e);
    }

    /** One lane of a vector register: {@code v3.s[1]}. */
    public static String lane(long n, long e, long i) {
        return "v" + n + "." + letter(e) + "[" + i + "]";
    }

    /** List of {@code count} vector registers. */
    public static String vlist(long n, long count, long e, long q) {
        return list(n, count, "." + (q != 0 ? 128 : 64) / e + letter(e));
    }

    /** List of vector registers, one lane of each. */
    public static String vlistLane(long n, long count, long e, long i) {
        return list(n, count, "." + letter(e)) + "[" + i + "]";
    }

    private static String list(long n, long count, String suffix) {
        StringBuilder text = new StringBuilder("{ ");
        for (long i = 0; i < count; i++) {
            text.append(i == 0 ? "v" : ", v").append(n + i & 31).append(suffix);
        }
        return text.append(" }").toString();
    }

    /** What follows the address of a structure access: nothing, the register or the constant that is added to the base. */
    public static String postIndex(long post, long rm, long bytes) {
        return post == 0 ? "" : rm == 31 ? ", #" + bytes : ", x" + rm;
    }

    /** Value of an 8-bit floating-point immediate (VFPExpandImm). */
    public static String floatImm(long imm8) {
        long unscaled = (16 + (imm8 & 15)) * 100_000_000L;
        int exponent = (int) ((imm8 >> 4 & 7 ^ 4) - 3);
        long scaled = exponent >= 4 ? unscaled << exponent - 4 : unscaled >> 4 - exponent;
        String fraction = Long.toString(scaled % 100_000_000L + 100_000_000L).substring(1);
        return (imm8 >= 128 ? "#-" : "#") + scaled / 100_000_000L + "." + fraction;
    }

    /** Value of the 64-bit vector immediate, at least 16 characters behind the sign. */
    public static String wideImm(long imm) {
        String digits = Long.toHexString(imm);
        String prefix = imm == 0 ? "#" : "#0x";
        return prefix + "0".repeat(Math.max(0, 17 - prefix.length() - digits.length())) + digits;
    }

    /** "2", the suffix of the forms that work on the upper half. */
    public static String two(long q) {
        return q != 0 ? "2" : "";
    }

    /** Source of FMLAL: the half-words that are widened. */
    public static String halves(long n, long q) {
        return "v" + n + (q != 0 ? ".4h" : ".2h");
    }

    /** Left shift of an immediate by bytes, left out when there is none. */
    public static String lslBytes(long count) {
        return count == 0 ? "" : ", lsl #" + 8 * count;
    }

    /** Rounding mode letter of FCVT{N,P,M,Z,A}: 0 n, 1 p, 2 m, 3 z, 4 a. */
    public static String roundLetter(long mode) {
        return "npmza".substring((int) mode, (int) mode + 1);
    }
}
