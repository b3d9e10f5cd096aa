package io.stele.arm64;

/** Properties of instruction words that their place in the top-level encoding tables tells (Arm ARM C4.1). */
final class InstructionClass {
    static final int ISB = 0xd503_3fdf;

    private InstructionClass() {}

    /** MSR TTBR0_EL1, MSR TTBR1_EL1. */
    static boolean writesTableBase(int word) {
        return (word & 0xffff_ffc0) == 0xd518_2000;
    }

    /** FP, SIMD, and loads and stores of their registers: what CPACR_EL1.FPEN traps. */
    static boolean isFloatingPoint(int word) {
        return (word & 0x0c00_0000) == 0x0c00_0000;
    }

    /** Name of the class, for statistics. */
    static String name(int word) {
        if (isLoadStore(word)) {
            return (word & 1 << 26) != 0 ? "vector loads and stores" : "loads and stores";
        }
        if (isFloatingPoint(word)) {
            return (word & 0x5e00_0000) == 0x1e00_0000 ? "floating point" : "vectors";
        }
        return (word & 0x1c00_0000) == 0x1400_0000 ? "branches and system" : "integer";
    }

    /** The group "Loads and stores". */
    static boolean isLoadStore(int word) {
        return (word & 0x0a00_0000) == 0x0800_0000;
    }

    /**
     * Loads and stores whose base register is the stack pointer, except prefetches and literals: their SP is checked for alignment.
     */
    static boolean usesStackPointer(int word) {
        boolean literal = (word & 0x3b00_0000) == 0x1800_0000;
        boolean prefetch = (word & 0xffc0_0000) == 0xf980_0000
                || (word & 0xffe0_0c00) == 0xf880_0000
                || (word & 0xffe0_0c00) == 0xf8a0_0800;
        return isLoadStore(word) && (word >>> 5 & 31) == 31 && !literal && !prefetch;
    }

    /**
     * Bytes of the element that the address of an access must be a multiple of where alignment is checked: less than the access in loads and
     * stores of structures (Arm ARM B2.8.2 "Alignment of data accesses"), which move many elements at a time; {@link Integer#MAX_VALUE} for
     * the others, whose accesses are elements. Memory copies move bytes.
     */
    static int elementBytes(int word) {
        if (isMemoryCopy(word)) {
            return 1;
        }
        if ((word & 0xbe00_0000) != 0x0c00_0000) {
            return Integer.MAX_VALUE;
        }
        boolean multiple = (word & 0x0100_0000) == 0;
        int scale = word >>> 14 & 3;
        if (multiple || scale == 3) {
            return 1 << (word >>> 10 & 3);
        }
        return scale == 2 && (word >>> 10 & 1) != 0 ? 8 : 1 << scale;
    }

    /**
     * The read-modify-write instructions of FEAT_LSE: a fault that the read alone would raise is reported as one of a read (Arm ARM,
     * ESR_EL1,
     * "WnR"). Exclusive stores are stores.
     */
    static boolean readsFirst(int word) {
        return (word & 0x3f20_0c00) == 0x3820_0000      // LDADD, LDCLR, LDEOR, LDSET, LDSMAX, ..., SWP
                || (word & 0x3fa0_7c00) == 0x08a0_7c00  // CAS
                || (word & 0xbfa0_7c00) == 0x0820_7c00; // CASP
    }

    /** CPYF, CPY and SET, of any stage. */
    static boolean isMemoryCopy(int word) {
        return (word & 0x3b20_0c00) == 0x1900_0400 && (word >>> 30) == 0;
    }

    /** Stage of such an instruction: 0 prologue, 1 main part, 2 epilogue. */
    static int copyStage(int word) {
        return isMemorySet(word) ? word >>> 14 & 3 : word >>> 22 & 3;
    }

    private static boolean isMemorySet(int word) {
        return (word >>> 22 & 3) == 3;
    }

    /** Syndrome of a main part or epilogue that finds the registers as the other option leaves them (Arm ARM, ESR_EL1, "Memory Copy and Set"). */
    static int copySyndrome(int word) {
        boolean set = isMemorySet(word);
        int options = set ? word >>> 12 & 3 : word >>> 12 & 15;
        return (set ? 1 << 24 : 0) | options << 19 | (copyStage(word) == 2 ? 1 << 18 : 0) | 1 << 17 | 1 << 16 | (word & 31) << 10
            | (word >>> 16 & 31) << 5 | word >>> 5 & 31;
    }

    /** LDXR, LDXP and their acquire forms. */
    static boolean isLoadExclusive(int word) {
        boolean single = (word & 0x3fe0_0000) == 0x0840_0000;
        boolean pair = (word & 0xbfe0_0000) == 0x8860_0000;
        return single || pair;
    }
}
