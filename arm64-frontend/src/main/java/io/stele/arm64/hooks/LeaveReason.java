package io.stele.arm64.hooks;


/**
 * Reasons for which generated or interpreted code gives control to {@link io.stele.guest.GuestIsa#handleLeave}. The argument is the instruction
 * word.
 */
public final class LeaveReason {
    /** Unallocated, or without behaviour. */
    public static final int UNDEFINED = 1;
    /** FP or SIMD instruction while CPACR_EL1 traps it. */
    public static final int FP_TRAP = 2;
    /** PSTATE.IL is set. */
    public static final int ILLEGAL_STATE = 3;
    public static final int SYSTEM_READ = 4;
    public static final int SYSTEM_WRITE = 5;
    public static final int SYSTEM_OPERATION = 6;
    public static final int PSTATE_IMMEDIATE = 7;
    /** SVC, HVC, SMC, BRK, HLT. */
    public static final int EXCEPTION_CALL = 8;
    public static final int EXCEPTION_RETURN = 9;
    public static final int WAIT = 10;
    /** SEV. */
    public static final int SEND_EVENT = 11;

    private LeaveReason() {}
}
