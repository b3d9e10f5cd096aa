package io.stele.arm64.system;

import java.util.Locale;

/**
 * Extensions of the architecture that a CPU may have or lack, each with the field of an ID register that announces it (Arm ARM D23.2). Only
 * those that work are here; instructions of others are Undefined.
 */
public enum CpuFeature {
    AES(IdRegisters.ISAR0, 4, 1),
    PMULL(IdRegisters.ISAR0, 4, 2, AES),
    SHA1(IdRegisters.ISAR0, 8, 1),
    SHA256(IdRegisters.ISAR0, 12, 1),
    SHA512(IdRegisters.ISAR0, 12, 2, SHA256),
    SHA3(IdRegisters.ISAR0, 32, 1),
    SM3(IdRegisters.ISAR0, 36, 1),
    SM4(IdRegisters.ISAR0, 40, 1),
    RDM(IdRegisters.ISAR0, 28, 1),
    DotProd(IdRegisters.ISAR0, 44, 1),
    /** Two fields: FP and AdvSIMD. */
    FP16(IdRegisters.PFR0, 16, 0x11),
    FHM(IdRegisters.ISAR0, 48, 1, FP16),
    FCMA(IdRegisters.ISAR1, 16, 1),
    JSCVT(IdRegisters.ISAR1, 12, 1),
    FRINTTS(IdRegisters.ISAR1, 32, 1),
    BF16(IdRegisters.ISAR1, 44, 1),
    I8MM(IdRegisters.ISAR1, 52, 1),
    CRC32(IdRegisters.ISAR0, 16, 1),
    LSE(IdRegisters.ISAR0, 20, 2),
    LOR(IdRegisters.MMFR1, 16, 1),
    FlagM(IdRegisters.ISAR0, 52, 1),
    FlagM2(IdRegisters.ISAR0, 52, 2, FlagM),
    LRCPC(IdRegisters.ISAR1, 20, 1),
    LRCPC2(IdRegisters.ISAR1, 20, 2, LRCPC),
    SB(IdRegisters.ISAR1, 36, 1),
    /** With a code of our own: API and GPI. */
    PAuth(IdRegisters.ISAR1, 8, 1L << 20 | 1),
    /** Branch target identification: {@link io.stele.arm64.state.BranchTargets}. */
    BTI(IdRegisters.PFR1, 0, 1),
    /** Memory copy and memory set instructions. */
    MOPS(IdRegisters.ISAR2, 16, 1),
    SSBS(IdRegisters.PFR1, 4, 2),
    WFxT(IdRegisters.ISAR2, 0, 2),
    RNG(IdRegisters.ISAR0, 60, 1),
    DPB(IdRegisters.ISAR1, 0, 1),
    DPB2(IdRegisters.ISAR1, 0, 2, DPB),
    /** Access flag and dirty state are set by translation table walks. */
    HAFDBS(IdRegisters.MMFR1, 0, 2),
    /** PMUv3: {@link PerformanceMonitor}. */
    PMU(IdRegisters.DFR0, 8, 1);

    /** The number of the ID register, as {@link IdRegisters} counts them, and the field's lowest bit. */
    final int register;
    final int shift;
    /** What the field holds at least. */
    final long value;
    /** What this one is an extension of; null if of the base architecture. */
    final CpuFeature needs;

    CpuFeature(int register, int shift, long value) {
        this(register, shift, value, null);
    }

    CpuFeature(int register, int shift, long value, CpuFeature needs) {
        this.register = register;
        this.shift = shift;
        this.value = value;
        this.needs = needs;
    }

    /** As on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Ones in the four-bit fields that {@link #value} fills, the first one in any case. */
    long fields() {
        long r = 15;
        for (int i = 4; i < 64 - shift; i += 4) {
            r |= (value >>> i & 15) != 0 ? 15L << i : 0;
        }
        return r;
    }

    long bit() {
        return 1L << ordinal();
    }
}
