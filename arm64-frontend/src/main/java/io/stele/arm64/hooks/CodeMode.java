package io.stele.arm64.hooks;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.Exceptions;
import io.stele.arm64.system.FloatRegisters;
import io.stele.ir.IrBuilder;

/** The state bits that change generated code, as a number of eight bits, and above them what changes it of the page and of the CPU. */
public final class CodeMode {
    /** Code of EL1. */
    public static final int PRIVILEGED = 1;
    /** FP and SIMD instructions are trapped. */
    public static final int FP_TRAPPED = 1 << 1;
    /** At EL0: FPCR asks for flushing to zero or alternative half precision. */
    public static final int FP_CONTROL = 1 << 2;
    /** Both: FPCR asks for flushing to zero, and FPSR.IXC is not set. */
    private static final int FP_WATCHED = FP_TRAPPED | FP_CONTROL;
    /** At EL1: the stack pointer is SP_EL1, so that SP_EL0 is a register of its own. */
    public static final int STACK_EL1 = 1 << 3;
    /** At EL0: CNTVCT_EL0 may be read. */
    public static final int COUNTER = 1 << 3;
    /** DC ZVA may be used. */
    public static final int ZERO_BLOCK = 1 << 4;
    /** PSTATE.IL: every instruction raises Illegal Execution state. */
    public static final int ILLEGAL = 1 << 5;
    /** Software step is active, but for PSTATE.D: one instruction at a time, interpreted. */
    public static final int STEP = 1 << 6;
    /** Both: the page has breakpoints. */
    public static final int BREAK = ILLEGAL | STEP;
    /** SCTLR_EL1.A: loads and stores are interpreted, which checks their alignment. */
    public static final int STRICT_ALIGNMENT = 1 << 7;

    /** The page is guarded: what indirect branches lead to is looked at (FEAT_BTI). */
    public static final int GUARDED = 1 << 8;
    /** Indirect branches tell where they go (FEAT_BTI). */
    public static final int BRANCH_TYPES = 1 << 9;

    /** BTYPE of a BR in a guarded page. */
    static final int BRANCH_JUMP = 3;

    private CodeMode() {}

    /** The part of an EL0 mode that says what {@link #floatControl} does. */
    public static int ofFloatControl(int kind) {
        return kind == IrBuilder.FLOAT_FLUSHING ? FP_CONTROL : kind == IrBuilder.FLOAT_WATCHED ? FP_WATCHED : 0;
    }

    /** FP and SIMD instructions are trapped in a mode. */
    public static boolean floatingPointTrapped(int mode) {
        return (mode & FP_WATCHED) == FP_TRAPPED;
    }

    /**
     * What is known about FPCR in a mode: a kind of {@link IrBuilder#floatControl}. The kernel has its users' FPCR and hardly any arithmetic, so
     * its code is the same for all.
     */
    public static int floatControl(int mode) {
        return (mode & PRIVILEGED) != 0 ? IrBuilder.FLOAT_UNKNOWN
            : (mode & FP_CONTROL) == 0 ? IrBuilder.FLOAT_DEFAULT
            : (mode & FP_TRAPPED) == 0 ? IrBuilder.FLOAT_FLUSHING : IrBuilder.FLOAT_WATCHED;
    }

    /** The code mode that the CPU has when PSTATE is {@code pstate}. */
    public static int of(long state, long pstate) {
        long sctlr = CpuState.get(state, GuestState.SCTLR_EL1_OFFSET);
        boolean privileged = (pstate & Pstate.EL_MASK) != 0;
        int mode;
        if (privileged) {
            mode = PRIVILEGED | ZERO_BLOCK | ((pstate & Pstate.SP) != 0 ? STACK_EL1 : 0);
        } else {
            mode = (sctlr & SystemControl.DZE) != 0 ? ZERO_BLOCK : 0;
            if ((CpuState.get(state, GuestState.CNTKCTL_EL1_OFFSET) & SystemControl.EL0VCTEN) != 0) {
                mode |= COUNTER;
            }
        }
        if (SystemControl.floatingPointTrapped(CpuState.get(state, GuestState.CPACR_EL1_OFFSET), privileged)) {
            mode |= FP_TRAPPED;
        } else if (!privileged) {
            mode |= ofFloatControl(FloatRegisters.kind(state));
        }
        if ((sctlr & SystemControl.A) != 0) {
            mode |= STRICT_ALIGNMENT;
        }
        if (Exceptions.stepPossible(state, pstate)) {
            mode |= STEP;
        } else if ((pstate & Pstate.IL) != 0) {
            mode |= ILLEGAL;
        }
        return mode;
    }

    /** A mode in a page with breakpoints. */
    public static int withBreakpoints(int mode) {
        return (mode & BREAK) == 0 ? mode | BREAK : mode & ~BREAK | STEP;
    }
}
