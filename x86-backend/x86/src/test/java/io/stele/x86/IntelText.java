package io.stele.x86;

import static io.stele.x86.Form.*;

/** Operands in the text that Zydis prints, made from operand classes and not from the encoder. */
final class IntelText {
    static final String[] CONDITIONS = {"o", "no", "b", "nb", "z", "nz", "be", "nbe", "s", "ns", "p", "np", "l", "nl", "le", "nle"};

    private static final String[] OLD = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    private static final String[] OLD_BYTE = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};

    private IntelText() {}

    static String gpr(int width, int n) {
        if (n > 7) {
            return "r" + n + switch (width) {
                case 8 -> "b";
                case 16 -> "w";
                case 32 -> "d";
                default -> "";
            };
        }
        return switch (width) {
            case 8 -> OLD_BYTE[n];
            case 16 -> OLD[n];
            case 32 -> "e" + OLD[n];
            default -> "r" + OLD[n];
        };
    }

    static String register(int operandClass, int w, int n) {
        return switch (operandClass) {
            case X -> "xmm" + n;
            case CR -> "cr" + n;
            default -> gpr(bits(operandClass, w), n);
        };
    }

    /** Bits of an operand class with operand width {@code w}. */
    static int bits(int operandClass, int w) {
        return switch (operandClass) {
            case GW -> w;
            case G8 -> 8;
            case G16 -> 16;
            case G32 -> 32;
            case G64, CR -> 64;
            case GY -> w == 64 ? 64 : 32;
            case X -> 128;
            default -> throw new AssertionError("operand class " + operandClass);
        };
    }

    /** Bits of the memory operand of a form; 0: the operand has no size. */
    static int memoryBits(long form, int w) {
        int code = memBytes(form);
        return code == 7 ? 0 : code == 0 ? w : 8 << code - 1;
    }

    static String hex(long value) {
        String digits = Long.toHexString(value).toUpperCase(java.util.Locale.ROOT);
        return "0x" + (digits.length() < 2 ? "0" : "") + digits;
    }

    static String immediate(int bits, long value) {
        return hex(bits == 64 ? value : value & (1L << bits) - 1);
    }

    static String displacement(int disp) {
        return disp == 0 ? "" : disp < 0 ? "-" + hex(-(long) disp) : "+" + hex(disp);
    }

    static String address(long value) {
        String digits = Long.toHexString(value).toUpperCase(java.util.Locale.ROOT);
        return "0x" + "0".repeat(16 - digits.length()) + digits;
    }
}
