package io.stele.tools.oracle;

import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.oracle.QemuExecutor;

/**
 * What was found in the records after a batch, and in the exception registers after each case.
 *
 * @param pages the page with the memory block and its neighbour after the last case
 */
record Results(CpuImage[] states, long[] spsr, long[] esr, long[] far, long[] elr, byte[] pages) {
    /** Outcome that {@link CpuImage} has no name for: SIGTRAP, and exceptions that are no signals. */
    static final int SIGTRAP = 5;
    private static final int OTHER = -1;

    private static final int UNKNOWN = 0x00;
    private static final int SVC = 0x15;
    private static final int SYSTEM_REGISTER = 0x18;
    private static final int INSTRUCTION_ABORT = 0x20;
    private static final int PC_ALIGNMENT = 0x22;
    private static final int DATA_ABORT = 0x24;
    private static final int SP_ALIGNMENT = 0x26;
    private static final int BRK = 0x3c;
    private static final int FSC_MASK = 0x3f;
    private static final int FSC_ALIGNMENT = 0x21;

    static Results allocate(int count) {
        return new Results(CpuImage.allocate(count), new long[count], new long[count], new long[count], new long[count],
            new byte[2 * GuestImage.PAGE]);
    }

    /** What Linux makes of the exception that ended the case. */
    int outcome(int i) {
        int iss = (int) esr[i] & 0x1ff_ffff;
        return switch ((int) (esr[i] >>> 26)) {
            case SVC -> {
                boolean exit = elr[i] == QemuExecutor.HARNESS_BASE + 4 * iss + 4;
                yield exit && iss == 0 ? CpuImage.NEXT : exit && iss == 1 ? CpuImage.TAKEN : OTHER;
            }
            case UNKNOWN, SYSTEM_REGISTER -> CpuImage.SIGILL;
            case INSTRUCTION_ABORT, INSTRUCTION_ABORT + 1 -> CpuImage.SIGSEGV;
            case DATA_ABORT, DATA_ABORT + 1 -> (iss & FSC_MASK) == FSC_ALIGNMENT ? CpuImage.SIGBUS : CpuImage.SIGSEGV;
            case PC_ALIGNMENT, SP_ALIGNMENT -> CpuImage.SIGBUS;
            case BRK -> SIGTRAP;
            default -> OTHER;
        };
    }

    /** What differs between case {@code i} here and there; empty when nothing does. */
    String difference(Results other, int i, long fpsrMask) {
        StringBuilder text = new StringBuilder(states[i].difference(other.states[i], fpsrMask));
        differs(text, "spsr", spsr[i], other.spsr[i]);
        differs(text, "esr", esr[i], other.esr[i]);
        differs(text, "far", far[i], other.far[i]);
        differs(text, "elr", elr[i], other.elr[i]);
        return text.toString();
    }

    private static void differs(StringBuilder text, String name, long a, long b) {
        if (a != b) {
            text.append(' ').append(name).append(" 0x").append(Long.toHexString(a)).append(" / 0x").append(Long.toHexString(b));
        }
    }
}
