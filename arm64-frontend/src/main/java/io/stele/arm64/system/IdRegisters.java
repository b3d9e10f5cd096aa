package io.stele.arm64.system;

/**
 * What the CPU says about itself: exactly what works. An Armv8 core with EL0 and EL1 in AArch64 only, FP and Advanced SIMD, CRC32, LSE
 * atomics, PAN, hierarchical permission disables, E0PD, TLBI for the outer shareable domain, system-register GIC interface; not vulnerable
 * to Spectre v2 and Meltdown (CSV2, CSV3). Values of fields: Arm ARM D17.2.
 */
public final class IdRegisters {
    /**
     * Implementer 0 (reserved for software), architecture "by ID registers", part 0x570: matches no CPU model, so no workarounds for
     * errata of
     * hardware are applied.
     */
    public static final long MIDR_EL1 = 0x000f_5700L;

    /** EL1 and EL0 AArch64 only, FP, AdvSIMD, GIC = 1, CSV2 = 1, CSV3 = 1. */
    public static final long ID_AA64PFR0_EL1 = 1L << 60 | 1L << 56 | 1L << 24 | 1L << 4 | 1L;
    public static final long ID_AA64PFR1_EL1 = 0;
    /** Debug architecture v8, two breakpoints, two watchpoints, one context-aware breakpoint, no PMU. */
    public static final long ID_AA64DFR0_EL1 = 1L << 20 | 1L << 12 | 6L;
    /** CRC32 = 1, Atomic = 2, TLB = 1 (outer shareable, no range operations). */
    public static final long ID_AA64ISAR0_EL1 = 1L << 56 | 2L << 20 | 1L << 16;
    public static final long ID_AA64ISAR1_EL1 = 0;
    /** PARange = 40 bits, 16-bit ASIDs, granules of 16, 64 and 4 KiB. */
    public static final long ID_AA64MMFR0_EL1 = 1L << 20 | 2L << 4 | 2L;
    /** PAN = 1, HPDS = 1. */
    public static final long ID_AA64MMFR1_EL1 = 1L << 20 | 1L << 12;
    /** E0PD = 1. */
    public static final long ID_AA64MMFR2_EL1 = 1L << 60;

    /** IDC = 1, DIC = 0; one IC IVAU covers 4 KiB; data lines, exclusives and write-back granules of 64 bytes; PIPT instruction cache. */
    public static final long CTR_EL0 = 1L << 31 | 1L << 28 | 4L << 24 | 4L << 20 | 4L << 16 | 3L << 14 | 10L;
    /** log2 of the bytes that one IC IVAU covers. */
    public static final int INSTRUCTION_LINE_LOG = 12;
    /** DC ZVA clears 64 bytes. */
    public static final long DCZID_EL0 = 4;
    public static final int ZERO_BLOCK_BYTES = 64;
    /** Separate first-level caches, coherent at level 1. */
    public static final long CLIDR_EL1 = 1L << 24 | 3L;
    /** 32 KiB, four ways, 64-byte lines. */
    public static final long CCSIDR_EL1 = 127L << 13 | 3L << 3 | 2L;

    private IdRegisters() {}

    /** Affinity of a CPU: up to sixteen per cluster, as the GICv3 addresses them. */
    public static long mpidr(int cpu) {
        return 1L << 31 | (cpu & 15) | (cpu >>> 4 & 0xffL) << 8;
    }
}
