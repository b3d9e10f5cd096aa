package io.stele.arm64.state;

/** Values of ESR_EL1: exception classes and fault status codes (Arm ARM D17.2.37, "ESR_EL1"). */
public final class Syndrome {
    /** Exception classes. Aborts and debug exceptions from the same level have the next number. */
    public static final int EC_UNKNOWN = 0x00;
    public static final int EC_WFX = 0x01;
    public static final int EC_FP_ACCESS = 0x07;
    public static final int EC_BRANCH_TARGET = 0x0d;
    public static final int EC_ILLEGAL_STATE = 0x0e;
    public static final int EC_SVC = 0x15;
    public static final int EC_SYSTEM_REGISTER = 0x18;
    public static final int EC_INSTRUCTION_ABORT_LOWER = 0x20;
    public static final int EC_PC_ALIGNMENT = 0x22;
    public static final int EC_DATA_ABORT_LOWER = 0x24;
    public static final int EC_SP_ALIGNMENT = 0x26;
    public static final int EC_MEMORY_COPY = 0x27;
    public static final int EC_BREAKPOINT_LOWER = 0x30;
    public static final int EC_SOFTWARE_STEP_LOWER = 0x32;
    public static final int EC_WATCHPOINT_LOWER = 0x34;
    public static final int EC_BRK = 0x3c;

    /** Fault status codes; the first four and the table walk have the level in bits 1:0. */
    public static final int FSC_ADDRESS_SIZE = 0x00;
    public static final int FSC_TRANSLATION = 0x04;
    public static final int FSC_ACCESS_FLAG = 0x08;
    public static final int FSC_PERMISSION = 0x0c;
    public static final int FSC_EXTERNAL = 0x10;
    public static final int FSC_EXTERNAL_ON_WALK = 0x14;
    public static final int FSC_ALIGNMENT = 0x21;
    public static final int FSC_DEBUG = 0x22;

    /** The abort was caused by a write. */
    public static final int WNR = 1 << 6;
    /** The abort was caused by cache maintenance or address translation. */
    public static final int CM = 1 << 8;

    /** Software step: an instruction was stepped; it was a load exclusive. */
    public static final int STEPPED = 1 << 24;
    public static final int STEPPED_EXCLUSIVE = STEPPED | 1 << 6;

    private static final long IL = 1L << 25;

    private Syndrome() {}

    /** ESR_EL1 for an exception of A64 code: every one of them has IL set. */
    public static long esr(int exceptionClass, int iss) {
        return (long) exceptionClass << 26 | IL | iss;
    }

    /** ISS of a trapped MRS, MSR or SYS. */
    public static int systemRegisterIss(int encoding, int rt, boolean read) {
        int op0 = encoding >>> 14 & 3;
        int op1 = encoding >>> 11 & 7;
        int crn = encoding >>> 7 & 15;
        int crm = encoding >>> 3 & 15;
        int op2 = encoding & 7;
        return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | (read ? 1 : 0);
    }

    /** ISS of a trapped FP or SIMD instruction, WFI or WFE: condition "always", valid. */
    public static int conditionIss() {
        return 1 << 24 | 14 << 20;
    }

    /** What the ISS of WFET and WFIT has in addition: RN, RV and TI[1]. */
    public static int waitTimed(int register) {
        return register << 5 | 1 << 2 | 1 << 1;
    }
}
