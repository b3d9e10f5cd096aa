package io.stele.codegen;

import io.stele.ir.IrBuilder;

/**
 * What generated code may use of the host processor beyond x86-64 with AVX, SSE4.2, POPCNT and CMPXCHG16B, which are required.
 *
 * @param bmi1 ANDN, TZCNT, ...
 * @param bmi2 SHLX, SHRX, SARX, RORX, MULX
 * @param lzcnt LZCNT
 * @param avx2 AVX2: broadcasts from registers, variable shifts
 * @param fma FMA3
 * @param aes AES-NI
 * @param pclmulqdq PCLMULQDQ
 * @param sha SHA extensions
 * @param gfni GFNI: bits of bytes by a matrix
 * @param avx512 AVX-512 F, CD, BW, DQ and VL, of which vectors of 128 bits in the lower sixteen registers are used
 * @param vbmi AVX512_VBMI: bytes of two registers
 * @param bitalg AVX512_BITALG: counts of bits
 */
public record HostFeatures(boolean bmi1, boolean bmi2, boolean lzcnt, boolean avx2, boolean fma, boolean aes, boolean pclmulqdq,
                           boolean sha, boolean gfni, boolean avx512, boolean vbmi, boolean bitalg) {
    /** Required features only. */
    public static final HostFeatures BASELINE = new HostFeatures(false, false, false, false, false, false, false, false,
        false, false, false, false);

    /** The property that leaves GFNI and AVX-512 alone, for tests: "avx2". */
    private static final String PROPERTY = "stele.vectors";
    private static final String[] AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"};
    /** XCR0: the mask registers, bits 511 to 256 of the lower sixteen vector registers, the upper sixteen. */
    private static final long AVX512_STATE = 0xe0;

    /** Features by the names of {@code /proc/cpuinfo}, blank-separated, as far as {@code stele.vectors} allows. */
    public static HostFeatures fromFlags(String flags) {
        String padded = " " + flags.trim() + " ";
        boolean avx512 = true;
        for (String part : AVX512) {
            avx512 &= has(padded, part);
        }
        HostFeatures all = new HostFeatures(has(padded, "bmi1"), has(padded, "bmi2"), has(padded, "abm") || has(padded, "lzcnt"),
            has(padded, "avx2"), has(padded, "fma"), has(padded, "aes"), has(padded, "pclmulqdq"), has(padded, "sha_ni"),
            has(padded, "gfni"), avx512, avx512 && has(padded, "avx512vbmi"), avx512 && has(padded, "avx512_bitalg"));
        return "avx2".equals(System.getProperty(PROPERTY)) ? all.withAvx2() : all;
    }

    /** Those that can be used with the extended state that XCR0 turns on. */
    public HostFeatures within(long xcr0) {
        return (xcr0 & AVX512_STATE) == AVX512_STATE ? this : withVectors(gfni, false, false, false);
    }

    /** The same without GFNI and AVX-512. */
    public HostFeatures withAvx2() {
        return withVectors(false, false, false, false);
    }

    private HostFeatures withVectors(boolean matrices, boolean basis, boolean permutes, boolean counts) {
        return new HostFeatures(bmi1, bmi2, lzcnt, avx2, fma, aes, pclmulqdq, sha, matrices, basis, permutes, counts);
    }

    /** Tells a builder which operations it may make of the guest's instructions. */
    public void tell(IrBuilder builder) {
        builder.fusedMultiplyAdd(fma);
        builder.hostCryptography(aes, pclmulqdq, sha);
        builder.hostVectors(gfni, avx512, vbmi);
    }

    /** Differs where anything does. Written out, because the JVM generates classes for what a record brings along. */
    @Override
    public String toString() {
        return "bmi1 " + bmi1 + " bmi2 " + bmi2 + " lzcnt " + lzcnt + " avx2 " + avx2 + " fma " + fma + " aes " + aes + " pclmulqdq " + pclmulqdq
            + " sha " + sha + " gfni " + gfni + " avx512 " + avx512 + " vbmi " + vbmi + " bitalg " + bitalg;
    }

    private static boolean has(String flags, String name) {
        return flags.contains(" " + name + " ");
    }
}
