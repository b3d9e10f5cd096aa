package io.stele.arm64.system;

/**
 * What the CPU says about itself: exactly what works. An Armv8 core with EL0 and EL1 in AArch64 only, FP and Advanced SIMD, PAN, hierarchical
 * permission disables, E0PD, TLBI for the outer shareable domain, system-register GIC interface; not vulnerable to Spectre v2, Meltdown and
 * branch history injection (CSV2_3, CSV3, ECBHB); and its {@link CpuFeatures}. Values of fields: Arm ARM D17.2.
 */
public final class IdRegisters {
    /**
     * Implementer 0 (reserved for software), architecture "by ID registers", part 0x570: matches no CPU model, so no workarounds for
     * errata of
     * hardware are applied.
     */
    public static final long MIDR_EL1 = 0x000f_5700L;

    /** Feature registers that {@link CpuFeature} names. */
    static final int PFR0 = 0;
    static final int PFR1 = 1;
    static final int DFR0 = 2;
    static final int ISAR0 = 3;
    static final int ISAR1 = 4;
    static final int ISAR2 = 5;
    static final int MMFR0 = 6;
    static final int MMFR1 = 7;
    static final int MMFR2 = 8;

    /** EL1 and EL0 AArch64 only, FP, AdvSIMD, GIC = 1, CSV2 = 3, CSV3 = 1. */
    private static final long PFR0_BASE = 1L << 60 | 3L << 56 | 1L << 24 | 1L << 4 | 1L;
    /** Debug architecture v8, {@link DebugRegisters} (numbers less one), the last breakpoint context-aware. */
    private static final long DFR0_BASE = DebugRegisters.WATCHPOINTS - 1L << 20 | DebugRegisters.BREAKPOINTS - 1L << 12 | 6L;
    /** TLB = 1 (outer shareable, no range operations). */
    private static final long ISAR0_BASE = 1L << 56;
    /** PARange = 40 bits, 16-bit ASIDs, granules of 16, 64 and 4 KiB. */
    private static final long MMFR0_BASE = 1L << 20 | 2L << 4 | 2L;
    /** ECBHB = 1: branch history is no way from EL0 into EL1. PAN = 1, HPDS = 1. */
    private static final long MMFR1_BASE = 1L << 60 | 1L << 20 | 1L << 12;
    /** E0PD = 1. */
    private static final long MMFR2_BASE = 1L << 60;

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

    /** A feature register of a CPU with these features: op0 = 3, op1 = 0, CRn = 0. Registers that are not allocated, or of AArch32, are 0. */
    static long feature(CpuFeatures features, int crm, int op2) {
        return switch (crm << 3 | op2) {
            case 0x20 -> PFR0_BASE | features.idFields(PFR0);
            case 0x21 -> features.idFields(PFR1);
            case 0x28 -> DFR0_BASE | features.idFields(DFR0);
            case 0x30 -> ISAR0_BASE | features.idFields(ISAR0);
            case 0x31 -> features.idFields(ISAR1);
            case 0x32 -> features.idFields(ISAR2);
            case 0x38 -> MMFR0_BASE | features.idFields(MMFR0);
            case 0x39 -> MMFR1_BASE | features.idFields(MMFR1);
            case 0x3a -> MMFR2_BASE | features.idFields(MMFR2);
            default -> 0;
        };
    }

    /** Affinity of a CPU: up to sixteen per cluster, as the GICv3 addresses them. */
    public static long mpidr(int cpu) {
        return 1L << 31 | (cpu & 15) | (cpu >>> 4 & 0xffL) << 8;
    }
}
