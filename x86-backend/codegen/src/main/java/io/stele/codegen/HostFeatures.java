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
 */
public record HostFeatures(boolean bmi1, boolean bmi2, boolean lzcnt, boolean avx2, boolean fma, boolean aes, boolean pclmulqdq, boolean sha) {
    /** Required features only. */
    public static final HostFeatures BASELINE = new HostFeatures(false, false, false, false, false, false, false, false);

    /** Features by the names of {@code /proc/cpuinfo}, blank-separated. */
    public static HostFeatures fromFlags(String flags) {
        String padded = " " + flags.trim() + " ";
        return new HostFeatures(has(padded, "bmi1"), has(padded, "bmi2"), has(padded, "abm") || has(padded, "lzcnt"), has(padded, "avx2"),
            has(padded, "fma"), has(padded, "aes"), has(padded, "pclmulqdq"), has(padded, "sha_ni"));
    }

    /** Tells a builder which operations it may make of the guest's instructions. */
    public void tell(IrBuilder builder) {
        builder.fusedMultiplyAdd(fma);
        builder.hostCryptography(aes, pclmulqdq, sha);
        builder.roundingControl(CpuArea.MXCSR);
    }

    /** Differs where anything does. Written out, because the JVM generates classes for what a record brings along. */
    @Override
    public String toString() {
        return "bmi1 " + bmi1 + " bmi2 " + bmi2 + " lzcnt " + lzcnt + " avx2 " + avx2 + " fma " + fma + " aes " + aes + " pclmulqdq " + pclmulqdq
            + " sha " + sha;
    }

    private static boolean has(String flags, String name) {
        return flags.contains(" " + name + " ");
    }
}
