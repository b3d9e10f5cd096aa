package io.stele.arm64.hooks;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.EventRegister;
import io.stele.arm64.system.Exceptions;
import io.stele.codegen.CpuArea;
import io.stele.ir.IrBuilder;

/**
 * SVC from EL0 and ERET to EL0 in generated code (Arm ARM D1.3 and D1.4), which makes a system call without leaving the VM, and instruction aborts.
 * Whatever is not the usual case is left to the interpreter, that is to {@link Exceptions}.
 */
public final class LevelSwitch {
    /** Levels of {@link io.stele.guest.GuestIsa#levelMode}. */
    public static final int EL0 = 0;
    public static final int EL1 = 1;
    /** Synchronous exception from a lower level in AArch64 state. */
    private static final int VECTOR_LOWER_SYNCHRONOUS = 0x400;
    private static final int LAST_LEVEL = 3;
    /** Bit 55 of an address tells the halves of the address space apart. */
    private static final int HALF_TO_SIGN = 63 - 55;

    private LevelSwitch() {}

    /**
     * True if generated code may switch: SVC sets PSTATE.PAN, so that the privileged view is the same at EL0 and behind SVC, and nothing is
     * single-stepped. PSTATE.SSBS is clear behind SVC.
     */
    public static boolean allowed(long state) {
        return (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & (SystemControl.SPAN | SystemControl.DSSBS)) == 0
                && !Exceptions.stepEnabled(state, Pstate.EL0T) && !Exceptions.stepEnabled(state, Pstate.EL1H);
    }

    /** SVC at EL0. */
    public static void supervisorCall(IrBuilder b, int immediate) {
        int tag = b.loadState(8, CpuArea.levelTag(EL1));
        b.interpretIf(b.isZero(64, tag));
        enterEl1(b, tag, b.pageAddress(b.pcOffset() + 4L), Syndrome.esr(Syndrome.EC_SVC, immediate));
    }

    /** Instruction abort at EL0, a translation fault of level 3; see {@link io.stele.guest.GuestIsa#fetchAbort}. */
    public static void fetchAbort(IrBuilder b) {
        int pc = b.loadState(8, GuestState.PC_OFFSET);
        b.storeState(8, GuestState.FAR_EL1_OFFSET, pc);
        enterEl1(b, b.loadState(8, CpuArea.levelTag(EL1)), pc,
            Syndrome.esr(Syndrome.EC_INSTRUCTION_ABORT_LOWER, Syndrome.FSC_TRANSLATION | LAST_LEVEL));
    }

    /** Takes a synchronous exception from EL0, with PSTATE.BTYPE = 0. */
    private static void enterEl1(IrBuilder b, int tag, int returnAddress, long syndrome) {
        b.storeState(8, GuestState.SPSR_EL1_OFFSET, b.or(64, b.loadState(8, GuestState.PSTATE_OFFSET), TranslatorHooks.nzcv(b)));
        b.storeState(8, GuestState.ELR_EL1_OFFSET, returnAddress);
        b.storeState(8, GuestState.ESR_EL1_OFFSET, b.constant(64, syndrome));
        b.storeState(8, GuestState.PSTATE_OFFSET, b.constant(64, Pstate.EL1H | Pstate.DAIF | Pstate.PAN));
        exchangeStackPointer(b, GuestState.SP_EL0_OFFSET, GuestState.SP_EL1_OFFSET);
        enterContext(b, tag);
        b.jumpIndirect(b.add(64, b.loadState(8, GuestState.VBAR_EL1_OFFSET), b.constant(64, VECTOR_LOWER_SYNCHRONOUS)), IrBuilder.HINT_CONTEXT);
    }

    /**
     * ERET at EL1 with SP_EL1. Goes on here if it leads to EL0 in the lower half of the address space, or to EL1 with SP_EL1 in the half of the
     * vectors with PSTATE.PAN set, PSTATE.PAN is set (see {@link #allowed}) and no interrupt waits.
     */
    public static void exceptionReturn(IrBuilder b) {
        int spsr = b.loadState(8, GuestState.SPSR_EL1_OFFSET);
        int elr = b.loadState(8, GuestState.ELR_EL1_OFFSET);
        int pstate = b.loadState(8, GuestState.PSTATE_OFFSET);
        int zero = b.constant(64, 0);
        int mode = b.and(64, spsr, b.constant(64, Pstate.MODE | Pstate.AARCH32 | Pstate.IL | Pstate.BTYPE));
        int lower = b.isZero(64, mode);
        int tag = b.select(64, lower, b.loadState(8, CpuArea.levelTag(EL0)), b.loadState(8, CpuArea.levelTag(EL1)));
        int half = b.select(64, lower, zero, b.loadState(8, GuestState.VBAR_EL1_OFFSET));
        int pan = b.select(64, lower, pstate, b.and(64, pstate, spsr));
        b.interpretIf(b.isNonZero(64, b.select(64, lower, zero, b.xor(64, mode, b.constant(64, Pstate.EL1H)))));
        b.interpretIf(b.bitSet(64, b.or(64, b.not(64, tag), b.shl(64, b.xor(64, elr, half), b.constant(64, HALF_TO_SIGN))), 63));
        b.interpretIf(b.isZero(64, b.and(64, pan, b.constant(64, Pstate.PAN))));
        TranslatorHooks.interpretIfInterruptAsserted(b);
        b.storeState(8, GuestState.PSTATE_OFFSET, b.and(64, spsr, b.constant(64, Pstate.MODE | Pstate.DAIF | Pstate.PAN | Pstate.SSBS)));
        TranslatorHooks.setNzcv(b, spsr);
        int current = b.readReg(64, GuestState.SP_OFFSET);
        int userStack = b.loadState(8, GuestState.SP_EL0_OFFSET);
        b.storeState(8, GuestState.SP_EL1_OFFSET, current);
        b.writeReg(64, GuestState.SP_OFFSET, b.select(64, lower, userStack, current));
        b.clearExclusive();
        b.storeState(8, GuestState.EVENT_OFFSET, b.constant(64, EventRegister.SET));
        enterContext(b, tag);
        b.jumpIndirect(elr, IrBuilder.HINT_CONTEXT);
    }

    /** @param tag what {@link CpuArea#LEVEL_TAGS} has of the level */
    private static void enterContext(IrBuilder b, int tag) {
        b.storeState(4, CpuArea.CONTEXT, tag);
        b.storeState(8, CpuArea.NEXT_CONTEXT, tag);
    }

    private static void exchangeStackPointer(IrBuilder b, int current, int next) {
        b.storeState(8, current, b.readReg(64, GuestState.SP_OFFSET));
        b.writeReg(64, GuestState.SP_OFFSET, b.loadState(8, next));
    }
}
