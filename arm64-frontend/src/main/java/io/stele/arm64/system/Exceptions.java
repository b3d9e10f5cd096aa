package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.BranchTargets;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.guest.RuntimeHooks;

/** Taking exceptions to EL1 and returning from them (Arm ARM D1.3 and D1.4). EL1 is the only level that takes exceptions. */
public final class Exceptions {
    private static final int VECTOR_SYNCHRONOUS = 0x000;
    private static final int VECTOR_IRQ = 0x080;
    private static final int VECTOR_FIQ = 0x100;
    private static final int VECTOR_CURRENT_SPX = 0x200;
    private static final int VECTOR_LOWER = 0x400;

    private final RuntimeHooks hooks;
    private final boolean branchTypes;

    /** @param branchTypes the CPU has FEAT_BTI */
    public Exceptions(RuntimeHooks hooks, boolean branchTypes) {
        this.hooks = hooks;
        this.branchTypes = branchTypes;
    }

    /** SVC: the preferred return address is behind the instruction, and the step that it was is done. */
    public void supervisorCall(long state, int immediate) {
        CpuState.set(state, GuestState.PSTATE_OFFSET, CpuState.pstate(state) & ~Pstate.SS);
        take(state, Syndrome.EC_SVC, immediate, CpuState.pc(state) + 4);
    }

    /** Synchronous exception that reports no address. */
    public void take(long state, int exceptionClass, int iss, long returnAddress) {
        CpuState.set(state, GuestState.ESR_EL1_OFFSET, Syndrome.esr(exceptionClass, iss));
        enter(state, VECTOR_SYNCHRONOUS, returnAddress);
    }

    /** Synchronous exception that reports an address. */
    public void takeWithAddress(long state, int exceptionClass, int iss, long returnAddress, long address) {
        CpuState.set(state, GuestState.FAR_EL1_OFFSET, address);
        take(state, exceptionClass, iss, returnAddress);
    }

    /** Undefined instruction at the pc. */
    public void undefined(long state) {
        take(state, Syndrome.EC_UNKNOWN, 0, CpuState.pc(state));
    }

    /** Trapped FP or SIMD instruction at the pc. */
    public void floatingPointTrap(long state) {
        take(state, Syndrome.EC_FP_ACCESS, Syndrome.conditionIss(), CpuState.pc(state));
    }

    /** Data abort of the instruction at the pc; {@code iss} is complete but for the exception class. */
    public void dataAbort(long state, int iss, long address) {
        takeWithAddress(state, forLevel(state, Syndrome.EC_DATA_ABORT_LOWER), iss, CpuState.pc(state), address);
    }

    /** Instruction abort of the fetch at the pc. */
    public void instructionAbort(long state, int iss, long address) {
        takeWithAddress(state, forLevel(state, Syndrome.EC_INSTRUCTION_ABORT_LOWER), iss, CpuState.pc(state), address);
    }

    /** The pc is not a multiple of four. */
    public void pcAlignment(long state) {
        long pc = CpuState.pc(state);
        takeWithAddress(state, Syndrome.EC_PC_ALIGNMENT, 0, pc, pc);
    }

    /** The stack pointer used as a base is not a multiple of 16, and that is checked. */
    public void spAlignment(long state) {
        take(state, Syndrome.EC_SP_ALIGNMENT, 0, CpuState.pc(state));
    }

    /** Branch Target exception: PSTATE.BTYPE does not go with the instruction at the pc. */
    public void branchTarget(long state, int type) {
        take(state, Syndrome.EC_BRANCH_TARGET, type, CpuState.pc(state));
    }

    /** An instruction was to be executed with PSTATE.IL set. */
    public void illegalState(long state) {
        take(state, Syndrome.EC_ILLEGAL_STATE, 0, CpuState.pc(state));
    }

    /** Software step exception before the instruction at the pc. {@code stepped}: syndrome of the instruction before; 0 if there is none. */
    public void softwareStep(long state, int stepped) {
        take(state, forLevel(state, Syndrome.EC_SOFTWARE_STEP_LOWER), Syndrome.FSC_DEBUG | stepped, CpuState.pc(state));
    }

    /** Breakpoint at the pc. */
    public void breakpoint(long state) {
        take(state, forLevel(state, Syndrome.EC_BREAKPOINT_LOWER), Syndrome.FSC_DEBUG, CpuState.pc(state));
    }

    /** Watchpoint that an access of the instruction at the pc meets at {@code address}. */
    public void watchpoint(long state, boolean write, long address) {
        takeWithAddress(state, forLevel(state, Syndrome.EC_WATCHPOINT_LOWER), Syndrome.FSC_DEBUG | (write ? Syndrome.WNR : 0),
            CpuState.pc(state), address);
    }

    /** True if an interrupt is asserted and not masked. */
    public static boolean interruptDue(long state) {
        int lines = CpuState.interruptLines(state);
        long pstate = CpuState.pstate(state);
        return (lines & 1) != 0 && (pstate & Pstate.I) == 0 || (lines & 2) != 0 && (pstate & Pstate.F) == 0;
    }

    /** Takes an asserted interrupt that is not masked; FIQ goes first. */
    public boolean takeInterrupt(long state) {
        int lines = CpuState.interruptLines(state);
        if (lines == 0) {
            return false;
        }
        long pstate = CpuState.pstate(state);
        if ((lines & 2) != 0 && (pstate & Pstate.F) == 0) {
            enter(state, VECTOR_FIQ, CpuState.pc(state));
            return true;
        }
        if ((lines & 1) != 0 && (pstate & Pstate.I) == 0) {
            enter(state, VECTOR_IRQ, CpuState.pc(state));
            return true;
        }
        return false;
    }

    /** ERET at EL1, legal or not (Arm ARM D1.4.1 "Illegal exception returns"). */
    public void exceptionReturn(long state) {
        long spsr = CpuState.get(state, GuestState.SPSR_EL1_OFFSET);
        long pstate = CpuState.pstate(state);
        long next = spsr & (Pstate.DAIF | Pstate.PAN | Pstate.SSBS);
        if (illegalReturn(spsr)) {
            next |= pstate & Pstate.MODE | Pstate.IL;
        } else {
            next |= spsr & (Pstate.MODE | Pstate.IL);
        }
        if (stepSelected(state) && !DebugRegisters.enabled(state, pstate) && DebugRegisters.enabled(state, next)) {
            next |= spsr & Pstate.SS;
        }
        CpuState.setNzcv(state, spsr);
        setPstate(state, next);
        long target = CpuState.get(state, GuestState.ELR_EL1_OFFSET);
        long type = branchTypes ? (spsr & Pstate.BTYPE) >>> Pstate.BTYPE_BIT : 0;
        CpuState.set(state, GuestState.BRANCH_TARGET_OFFSET, type == 0 ? 0 : target | type);
        CpuState.setPc(state, target);
        CpuState.clearMonitor(state);
        CpuState.set(state, GuestState.EVENT_OFFSET, EventRegister.SET);
    }

    /** True if a software step exception can be taken from {@code pstate} (MDSCR_EL1.SS set, debug exceptions enabled there). */
    public static boolean stepEnabled(long state, long pstate) {
        return stepSelected(state) && DebugRegisters.enabled(state, pstate);
    }

    /** The same if PSTATE.D did not matter: the next instruction may clear it. */
    public static boolean stepPossible(long state, long pstate) {
        return stepSelected(state) && DebugRegisters.possible(state, pstate);
    }

    private static boolean stepSelected(long state) {
        return (CpuState.get(state, GuestState.MDSCR_EL1_OFFSET) & 1) != 0;
    }

    private static boolean illegalReturn(long spsr) {
        if ((spsr & Pstate.AARCH32) != 0) {
            return true;
        }
        long mode = spsr & Pstate.MODE;
        return mode != Pstate.EL0T && mode != Pstate.EL1T && mode != Pstate.EL1H;
    }

    private static int forLevel(long state, int lowerLevelClass) {
        return CpuState.privileged(state) ? lowerLevelClass + 1 : lowerLevelClass;
    }

    private void enter(long state, int vector, long returnAddress) {
        long pstate = CpuState.pstate(state);
        long type = BranchTargets.type(state, CpuState.pc(state));
        CpuState.set(state, GuestState.SPSR_EL1_OFFSET, CpuState.savedProgramStatus(state) | type << Pstate.BTYPE_BIT);
        CpuState.set(state, GuestState.BRANCH_TARGET_OFFSET, 0);
        CpuState.set(state, GuestState.ELR_EL1_OFFSET, returnAddress);
        int offset = vector;
        if ((pstate & Pstate.EL_MASK) == 0) {
            offset += VECTOR_LOWER;
        } else if ((pstate & Pstate.SP) != 0) {
            offset += VECTOR_CURRENT_SPX;
        }
        long next = Pstate.EL1H | Pstate.DAIF | pstate & Pstate.PAN;
        if ((CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.SPAN) == 0) {
            next |= Pstate.PAN;
        }
        if ((CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.DSSBS) != 0) {
            next |= Pstate.SSBS;
        }
        setPstate(state, next);
        CpuState.setPc(state, CpuState.get(state, GuestState.VBAR_EL1_OFFSET) + offset);
    }

    /** Changes the level. The spaces stay the same but for PAN; the code mode is asked for at each entry anyway. */
    private void setPstate(long state, long value) {
        boolean pan = Stage1Walker.panActive(state);
        CpuState.setPstate(state, value);
        if (pan != Stage1Walker.panActive(state)) {
            hooks.contextChanged(state);
        }
    }
}
