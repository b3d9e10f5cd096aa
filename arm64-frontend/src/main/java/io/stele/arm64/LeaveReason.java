package io.stele.arm64;

/** Reasons for which generated or interpreted code gives control to {@link Arm64Isa#handleLeave}. The argument is the instruction word. */
final class LeaveReason {
    /** Unallocated, or without behaviour. */
    static final int UNDEFINED = 1;
    /** FP or SIMD instruction while CPACR_EL1 traps it. */
    static final int FP_TRAP = 2;
    /** PSTATE.IL is set. */
    static final int ILLEGAL_STATE = 3;
    static final int SYSTEM_READ = 4;
    static final int SYSTEM_WRITE = 5;
    static final int SYSTEM_OPERATION = 6;
    static final int PSTATE_IMMEDIATE = 7;
    /** SVC, HVC, SMC, BRK, HLT. */
    static final int EXCEPTION_CALL = 8;
    static final int EXCEPTION_RETURN = 9;
    static final int WAIT = 10;

    private LeaveReason() {}
}
