package io.stele.arm64.hooks;

import io.stele.arm64.generated.GuestState;
import io.stele.ir.Evaluator;

/**
 * The description's hooks for the interpreter: each leaves for {@link io.stele.guest.GuestIsa#handleLeave}, which does the work and takes
 * operands from the instruction word.
 */
public final class InterpreterHooks {
    private InterpreterHooks() {}

    public static long sysRead(Evaluator b, long enc) {
        b.leave(LeaveReason.SYSTEM_READ, b.word());
        return 0;
    }

    public static void sysWrite(Evaluator b, long enc, long v) {
        b.leave(LeaveReason.SYSTEM_WRITE, b.word());
    }

    public static void sysOp(Evaluator b, long enc, long v) {
        b.leave(LeaveReason.SYSTEM_OPERATION, b.word());
    }

    public static void pstateImm(Evaluator b, long op1, long op2, long crm) {
        b.leave(LeaveReason.PSTATE_IMMEDIATE, b.word());
    }

    public static void exceptionCall(Evaluator b, long kind, long imm) {
        b.leave(LeaveReason.EXCEPTION_CALL, b.word());
    }

    public static void eret(Evaluator b) {
        b.leave(LeaveReason.EXCEPTION_RETURN, b.word());
    }

    /** What PSTATE.BTYPE becomes, see the field. */
    public static void branchType(Evaluator b, long target, long kind) {
        long source = b.loadState(8, GuestState.BRANCH_SOURCE_OFFSET);
        if (source != 0) {
            b.storeState(8, GuestState.BRANCH_TARGET_OFFSET, target | (kind == CodeMode.BRANCH_JUMP ? source : kind));
        }
    }

    /** Done already: whatever is pending when an instruction is interpreted is carried out first. */
    public static void completeMaintenance(Evaluator b) {}

    public static void waitFor(Evaluator b, long kind) {
        b.leave(LeaveReason.WAIT, b.word());
    }

    public static void sendEvent(Evaluator b, long kind) {
        b.leave(LeaveReason.SEND_EVENT, b.word());
    }

    public static void undefined(Evaluator b) {
        b.leave(LeaveReason.UNDEFINED, b.word());
    }
}
