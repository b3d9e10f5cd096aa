package io.stele.platform.gicv3;

/** Offsets and bits of the memory-mapped registers and encodings of the system registers (Arm IHI 0069, chapter 12). */
final class GicRegisters {
    /** Distributor. */
    static final int GICD_CTLR = 0x0000;
    static final int GICD_TYPER = 0x0004;
    static final int GICD_IIDR = 0x0008;
    static final int GICD_IROUTER = 0x6000;
    static final int CTLR_ENABLE_GROUP0 = 1;
    static final int CTLR_ENABLE_GROUP1 = 1 << 1;
    static final int CTLR_ARE = 1 << 4;
    static final int CTLR_DS = 1 << 6;
    static final int CTLR_E1NWF = 1 << 7;

    /** Redistributor, RD frame. */
    static final int GICR_IIDR = 0x0004;
    static final int GICR_TYPER = 0x0008;
    static final int GICR_WAKER = 0x0014;
    static final int WAKER_PROCESSOR_SLEEP = 1 << 1;
    static final int WAKER_CHILDREN_ASLEEP = 1 << 2;

    /** Interrupt state, at the same offsets in the distributor and in the SGI frame of a redistributor. */
    static final int IGROUPR = 0x0080;
    static final int ISENABLER = 0x0100;
    static final int ICENABLER = 0x0180;
    static final int ISPENDR = 0x0200;
    static final int ICPENDR = 0x0280;
    static final int ISACTIVER = 0x0300;
    static final int ICACTIVER = 0x0380;
    static final int IPRIORITYR = 0x0400;
    static final int IPRIORITYR_END = 0x0800;
    static final int ICFGR = 0x0c00;
    static final int ICFGR_END = 0x0d00;

    /** Identification registers end both 64 KiB frames. */
    static final int ID_REGISTERS = 0xffd0;
    static final int ID_REGISTERS_END = 0x1_0000;
    /** Implementer Arm. */
    static final int IIDR = 0x43b;

    static final int ICC_PMR_EL1 = 3 << 14 | 4 << 7 | 6 << 3;
    static final int ICC_IAR0_EL1 = 3 << 14 | 12 << 7 | 8 << 3;
    static final int ICC_EOIR0_EL1 = 3 << 14 | 12 << 7 | 8 << 3 | 1;
    static final int ICC_HPPIR0_EL1 = 3 << 14 | 12 << 7 | 8 << 3 | 2;
    static final int ICC_BPR0_EL1 = 3 << 14 | 12 << 7 | 8 << 3 | 3;
    static final int ICC_AP0R0_EL1 = 3 << 14 | 12 << 7 | 8 << 3 | 4;
    static final int ICC_AP1R0_EL1 = 3 << 14 | 12 << 7 | 9 << 3;
    static final int ICC_DIR_EL1 = 3 << 14 | 12 << 7 | 11 << 3 | 1;
    static final int ICC_RPR_EL1 = 3 << 14 | 12 << 7 | 11 << 3 | 3;
    static final int ICC_SGI1R_EL1 = 3 << 14 | 12 << 7 | 11 << 3 | 5;
    static final int ICC_ASGI1R_EL1 = 3 << 14 | 12 << 7 | 11 << 3 | 6;
    static final int ICC_SGI0R_EL1 = 3 << 14 | 12 << 7 | 11 << 3 | 7;
    static final int ICC_IAR1_EL1 = 3 << 14 | 12 << 7 | 12 << 3;
    static final int ICC_EOIR1_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 1;
    static final int ICC_HPPIR1_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 2;
    static final int ICC_BPR1_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 3;
    static final int ICC_CTLR_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 4;
    static final int ICC_SRE_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 5;
    static final int ICC_IGRPEN0_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 6;
    static final int ICC_IGRPEN1_EL1 = 3 << 14 | 12 << 7 | 12 << 3 | 7;

    static final int ICC_CTLR_CBPR = 1;
    static final int ICC_CTLR_EOIMODE = 1 << 1;

    /** First of the INTIDs with a special meaning, and "no interrupt". */
    static final int SPECIAL = 1020;
    static final int SPURIOUS = 1023;

    private GicRegisters() {}

    /** PIDR4..7, PIDR0..3, CIDR0..3; {@code part} is the low byte of the part number. PIDR2 names architecture revision 3. */
    static int identification(int offset, int part) {
        return switch (offset) {
            case 0xffd0 -> 0x44;
            case 0xffe0 -> part;
            case 0xffe4 -> 0xb4;
            case 0xffe8 -> 0x3b;
            case 0xfff0 -> 0x0d;
            case 0xfff4 -> 0xf0;
            case 0xfff8 -> 0x05;
            case 0xfffc -> 0xb1;
            default -> 0;
        };
    }
}
