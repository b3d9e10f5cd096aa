package io.stele.x86;

/**
 * One encoding of an instruction, packed into a {@code long}. All names here are compile-time constants, so that a row of {@link Op} is
 * a number in the class file and the table costs nothing to set up.
 *
 * <p>The terms are those of the Intel SDM vol. 2, section 3.1.1.1: ModRM.reg, ModRM.rm, VEX.vvvv, {@code /digit}.
 */
final class Form {
    // Bits 7..0: the opcode byte.
    /** Opcode maps 0F, 0F 38 and 0F 3A; the numbers are those of VEX.mmmmm. */
    static final int MAP = 8;
    static final long E0F = 1L << MAP;
    static final long E38 = 2L << MAP;
    static final long E3A = 3L << MAP;

    /** Mandatory prefix; the numbers are those of VEX.pp. */
    static final int PREFIX = 10;
    static final long P66 = 1L << PREFIX;
    static final long PF3 = 2L << PREFIX;
    static final long PF2 = 3L << PREFIX;

    /** ModRM.reg as an opcode extension. */
    static final int DIGIT = 12;
    static final long D0 = 0L << DIGIT;
    static final long D1 = 1L << DIGIT;
    static final long D2 = 2L << DIGIT;
    static final long D3 = 3L << DIGIT;
    static final long D4 = 4L << DIGIT;
    static final long D5 = 5L << DIGIT;
    static final long D6 = 6L << DIGIT;
    static final long D7 = 7L << DIGIT;

    static final long VEX = 1L << 15;
    static final long W1 = 1L << 16;
    /** With none of these, and operands of 32 or 64 bits, only a REX prefix may stand in front of the opcode. */
    static final long LONG_HEAD = VEX | W1 | 3L << MAP | 3L << PREFIX;
    /** The lowest opcode bit is 0 for 8-bit operands; the table holds the opcode with 1. */
    static final long WBIT = 1L << 17;
    /** The low four opcode bits are a condition. */
    static final long CC = 1L << 18;
    /** ModRM.rm cannot be a register. */
    static final long MEM_ONLY = 1L << 19;
    /** ModRM.rm cannot be memory. */
    static final long REG_ONLY = 1L << 20;

    /** Immediate: one byte. */
    static final long IB = 1L << 21;
    /** Immediate: two bytes. */
    static final long IW = 2L << 21;
    /** Immediate: operand width, at most four bytes. */
    static final long IZ = 3L << 21;
    /** Immediate: one sign-extended byte with bit 1 of the opcode set if that is enough, else as IZ. */
    static final long ISX = 4L << 21;
    static final long IMMEDIATE = 7L << 21;

    /** Operand widths that the caller chooses from; none: the width is part of the form. */
    static final int WIDTHS = 24;
    static final long S8 = 1L << WIDTHS;
    static final long S16 = 2L << WIDTHS;
    static final long S32 = 4L << WIDTHS;
    static final long S64 = 8L << WIDTHS;

    /** Where the form stands in the table, and by that which operands it takes. */
    static final int SLOT = 28;
    /** reg, rm. */
    static final long RM = 1L << SLOT;
    /** rm, reg. */
    static final long MR = 2L << SLOT;
    /** rm, immediate. */
    static final long MI = 3L << SLOT;
    /** rm. */
    static final long M = 4L << SLOT;
    /** reg, vvvv, rm. */
    static final long RVM = 5L << SLOT;
    /** reg, rm, immediate. */
    static final long RMI = 6L << SLOT;
    /** rm, reg, immediate. */
    static final long MRI = 7L << SLOT;
    /** reg, vvvv, rm, immediate. */
    static final long RVMI = 8L << SLOT;
    /** No operands. */
    static final long ZO = 9L << SLOT;
    /** Register in the low opcode bits. */
    static final long O = 10L << SLOT;
    /** Register in the low opcode bits, immediate of the full width. */
    static final long OI = 11L << SLOT;
    /** al/ax/eax/rax, immediate: the short form of MI. */
    static final long ACC = 12L << SLOT;
    /** rm, 1: the short form of MI. */
    static final long ONE = 13L << SLOT;
    /** Immediate. */
    static final long I = 14L << SLOT;
    /** reg, vvvv, rm, register in bits 7..4 of an immediate byte. */
    static final long RVMR = 15L << SLOT;
    static final int SLOTS = 16;

    /** With RM and RMI: vvvv is the destination and ModRM.reg the digit. */
    static final long VD = 1L << 32;
    /** With RVM: vvvv is the last operand, rm the middle one. */
    static final long V3 = 1L << 33;
    /** cl is a further operand. */
    static final long CL = 1L << 34;
    static final long LOCKABLE = 1L << 35;

    /** Operand classes, for ModRM.reg, ModRM.rm as a register, and VEX.vvvv. */
    static final int REG_CLASS = 36;
    static final int RM_CLASS = 40;
    static final int V_CLASS = 44;
    /** General-purpose register of the operand width. */
    static final int GW = 1;
    static final int G8 = 2;
    static final int G16 = 3;
    static final int G32 = 4;
    static final int G64 = 5;
    /** 64-bit register if the operand width is 64, else a 32-bit one. */
    static final int GY = 6;
    static final int X = 7;
    static final int CR = 8;
    static final long RG_W = (long) GW << REG_CLASS;
    static final long RG_32 = (long) G32 << REG_CLASS;
    static final long RG_64 = (long) G64 << REG_CLASS;
    static final long RG_Y = (long) GY << REG_CLASS;
    static final long RG_X = (long) X << REG_CLASS;
    static final long RG_CR = (long) CR << REG_CLASS;
    static final long RM_W = (long) GW << RM_CLASS;
    static final long RM_8 = (long) G8 << RM_CLASS;
    static final long RM_16 = (long) G16 << RM_CLASS;
    static final long RM_32 = (long) G32 << RM_CLASS;
    static final long RM_64 = (long) G64 << RM_CLASS;
    static final long RM_X = (long) X << RM_CLASS;
    static final long V_W = (long) GW << V_CLASS;
    static final long V_X = (long) X << V_CLASS;

    /** Bytes of a memory operand when they do not follow from the width: log2 + 1; ANY is an address only or a large area. */
    static final int MEM_BYTES = 48;
    static final long M8 = 1L << MEM_BYTES;
    static final long M16 = 2L << MEM_BYTES;
    static final long M32 = 3L << MEM_BYTES;
    static final long M64 = 4L << MEM_BYTES;
    static final long M128 = 5L << MEM_BYTES;
    static final long ANY = 7L << MEM_BYTES;

    /**
     * With VEX: the EVEX prefix instead, of vectors of 128 bits in the lower sixteen registers, without masks. It multiplies 8-bit
     * displacements by the bytes of the memory operand.
     */
    static final long EVEX = 1L << 51;

    /** A fixed byte behind the opcode. */
    static final int TRAILER = 56;

    /** Integer operands of all widths. */
    static final long INTB = S8 | S16 | S32 | S64 | WBIT | RG_W | RM_W;
    /** Integer operands without the 8-bit ones. */
    static final long INTW = S16 | S32 | S64 | RG_W | RM_W;
    static final long INTD = S32 | S64 | RG_W | RM_W;
    /** VEX-encoded integer instructions. */
    static final long BMI = VEX | INTD | V_W;

    /** VEX-encoded vector instructions, all registers xmm. */
    static final long V_RM = RM | VEX | RG_X | RM_X;
    static final long V_MR = MR | VEX | RG_X | RM_X;
    static final long V_RVM = RVM | VEX | RG_X | RM_X | V_X;
    static final long V_RMI = RMI | VEX | RG_X | RM_X | IB;
    static final long V_MRI = MRI | VEX | RG_X | RM_X | IB;
    static final long V_RVMI = RVMI | VEX | RG_X | RM_X | V_X | IB;
    static final long V_RVMR = RVMR | VEX | RG_X | RM_X | V_X | M128;
    /** The four instructions of a floating-point operation: packed and scalar, single and double precision. */
    static final long V_PS = V_RVM | M128 | E0F;
    static final long V_PD = V_RVM | M128 | P66 | E0F;
    static final long V_SS = V_RVM | M32 | PF3 | E0F;
    static final long V_SD = V_RVM | M64 | PF2 | E0F;
    /** The four of a fused multiply-add. */
    static final long FMA_PS = V_RVM | M128 | P66 | E38;
    static final long FMA_PD = FMA_PS | W1;
    static final long FMA_SS = V_RVM | M32 | P66 | E38;
    static final long FMA_SD = V_RVM | W1 | M64 | P66 | E38;
    /** Operations on packed integers, in the map of MMX and in that of SSSE3 and later. */
    static final long V_PI = V_RVM | M128 | P66 | E0F;
    static final long V_PI38 = V_RVM | M128 | P66 | E38;
    /** Shift by immediate: vvvv is the destination. */
    static final long V_VMI = RMI | VD | VEX | V_X | RM_X | IB | REG_ONLY;

    /** The same with EVEX prefix. */
    static final long E_RM = V_RM | EVEX;
    static final long E_RVMI = V_RVMI | EVEX | M128;
    static final long E_PI38 = V_PI38 | EVEX;
    static final long E_VMI = V_VMI | EVEX;

    /** Forms of all instructions: SLOTS entries for each {@link Op}, by ordinal; 0 where there is no such form. */
    static final long[] TABLE = new long[512 * SLOTS];

    private Form() {}

    static int slot(long form) {
        return (int) (form >>> SLOT) & 15;
    }

    static int opcode(long form) {
        return (int) form & 0xff;
    }

    static int map(long form) {
        return (int) (form >>> MAP) & 3;
    }

    static int prefix(long form) {
        return (int) (form >>> PREFIX) & 3;
    }

    static int digit(long form) {
        return (int) (form >>> DIGIT) & 7;
    }

    static int widths(long form) {
        return (int) (form >>> WIDTHS) & 15;
    }

    static int regClass(long form) {
        return (int) (form >>> REG_CLASS) & 15;
    }

    static int rmClass(long form) {
        return (int) (form >>> RM_CLASS) & 15;
    }

    static int vClass(long form) {
        return (int) (form >>> V_CLASS) & 15;
    }

    /** log2 + 1 of the bytes of the memory operand, 0 when they follow from the width, 7 for an operand without a size. */
    static int memBytes(long form) {
        return (int) (form >>> MEM_BYTES) & 7;
    }

    /** log2 of what an 8-bit displacement is multiplied by. */
    static int displacementScale(long form) {
        return is(form, EVEX) ? memBytes(form) - 1 : 0;
    }

    static int trailer(long form) {
        return (int) (form >>> TRAILER) & 0xff;
    }

    static boolean is(long form, long flag) {
        return (form & flag) != 0;
    }
}
