package io.stele.x86;

/**
 * A memory operand packed into a {@code long}, so that naming one allocates nothing.
 *
 * <p>Layout: bits 62..60 kind (0 is no operand, which catches a number passed by mistake), 59..58 segment (0 none, 1 fs, 2 gs).
 * With a base or an index: 31..0 displacement, 35..32 base, 39..36 index, 41..40 log2 of the scale. Relative to rip: 47..0 target address.
 * Relative to a label: 31..0 addend, 57..32 label.
 */
public final class Mem {
    static final int KIND = 60;
    static final int SEGMENT = 58;
    static final int BASE = 32;
    static final int INDEX = 36;
    static final int SCALE = 40;

    static final int KIND_BASE = 1;
    static final int KIND_BASE_INDEX = 2;
    static final int KIND_INDEX = 3;
    static final int KIND_ABSOLUTE = 4;
    static final int KIND_RIP = 5;
    static final int KIND_LABEL = 6;

    private static final long FS = 1L << SEGMENT;
    private static final long GS = 2L << SEGMENT;
    private static final long SEGMENTS = 3L << SEGMENT;
    private static final long DISP = 0xffff_ffffL;
    private static final long ADDRESS = (1L << 48) - 1;
    static final int LABELS = (1 << SEGMENT - BASE) - 1;

    private Mem() {}

    /** {@code [base]}. */
    public static long at(int base) {
        return at(base, 0);
    }

    /** {@code [base + disp]}. */
    public static long at(int base, int disp) {
        return (long) KIND_BASE << KIND | (long) register(base) << BASE | disp & DISP;
    }

    /** {@code [base + index * scale + disp]}; scale is 1, 2, 4 or 8. rsp cannot be scaled. */
    public static long at(int base, int index, int scale, int disp) {
        boolean swap = scale == 1 && (index == Reg.RSP || disp == 0 && (base & 7) == Reg.RBP && (index & 7) != Reg.RBP);
        int b = swap ? index : base;
        int i = swap ? base : index;
        if (i == Reg.RSP) {
            throw new IllegalArgumentException("rsp cannot be an index");
        }
        long registers = (long) register(i) << INDEX | (long) register(b) << BASE;
        return (long) KIND_BASE_INDEX << KIND | (long) log2(scale) << SCALE | registers | disp & DISP;
    }

    /** {@code [index * scale + disp]}. */
    public static long index(int index, int scale, int disp) {
        if (scale == 1) {
            return at(index, disp);
        }
        if (index == Reg.RSP) {
            throw new IllegalArgumentException("rsp cannot be an index");
        }
        return (long) KIND_INDEX << KIND | (long) log2(scale) << SCALE | (long) register(index) << INDEX | disp & DISP;
    }

    /** {@code [disp32]}, sign-extended to 64 bits. */
    public static long absolute(int disp) {
        return (long) KIND_ABSOLUTE << KIND | disp & DISP;
    }

    /** rip-relative operand at a VM address (48 bits, sign-extended) that must be within 2 GiB of the instruction. */
    public static long rip(long address) {
        if (address << 16 >> 16 != address) {
            throw new IllegalArgumentException("not a canonical address: 0x" + Long.toHexString(address));
        }
        return (long) KIND_RIP << KIND | address & ADDRESS;
    }

    /** rip-relative operand at a label of the same assembler. */
    public static long label(int label) {
        return label(label, 0);
    }

    /** rip-relative operand {@code addend} bytes behind a label of the same assembler. */
    public static long label(int label, int addend) {
        if (label < 0 || label > LABELS) {
            throw new IllegalArgumentException("label " + label);
        }
        return (long) KIND_LABEL << KIND | (long) label << BASE | addend & DISP;
    }

    /** The same operand relative to the fs base. */
    public static long fs(long mem) {
        return mem & ~SEGMENTS | FS;
    }

    /** The same operand relative to the gs base. */
    public static long gs(long mem) {
        return mem & ~SEGMENTS | GS;
    }

    /** The same operand {@code bytes} further on. */
    public static long plus(long mem, int bytes) {
        int kind = (int) (mem >>> KIND) & 7;
        if (kind == KIND_RIP) {
            return mem & ~ADDRESS | mem + bytes & ADDRESS;
        }
        return mem & ~DISP | (int) mem + bytes & DISP;
    }

    private static int register(int number) {
        Encoder.checkRegisters(number);
        return number;
    }

    private static int log2(int scale) {
        return switch (scale) {
            case 1 -> 0;
            case 2 -> 1;
            case 4 -> 2;
            case 8 -> 3;
            default -> throw new IllegalArgumentException("scale " + scale);
        };
    }
}
