package io.stele.arm64;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.generated.Interpreter;
import io.stele.arm64.hooks.LeaveReason;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.BranchTargets;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.DebugRegisters;
import io.stele.arm64.system.Exceptions;
import io.stele.arm64.system.FirmwareCalls;
import io.stele.arm64.system.FloatRegisters;
import io.stele.arm64.system.IdRegisters;
import io.stele.codegen.CpuArea;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.RuntimeHooks;
import io.stele.guest.Walk;
import io.stele.ir.Evaluator;
import io.stele.memory.RawMemory;

/** Executes single instructions of one CPU with the generated interpreter: the reference, and the way for everything rare. */
final class Interpretation {
    private static final long PAGE_MASK = -4096;
    /** C in the layout of SPSR. */
    private static final int CARRY_BIT = 29;

    private final Arm64Isa isa;
    private final InstructionSet instructions;
    private final Stage1Walker walker;
    private final GuestBus bus;
    private final Exceptions exceptions;
    private final RuntimeHooks hooks;
    private final boolean branchTypes;
    private final DebugRegisters debug;
    private final InterpreterMemory memory;
    private final Evaluator evaluator;
    private final Walk fetch = new Walk();
    private int lastWord;
    private int stepped;
    private long steppedTo;

    final InterpretedRows rows = new InterpretedRows();
    /** For walks on behalf of this CPU outside of {@link #step}. */
    final Walk scratch = new Walk();
    final FirmwareCalls.Registers firmwareRegisters = new FirmwareCalls.Registers();

    Interpretation(Arm64Isa isa, InstructionSet instructions, Stage1Walker walker, GuestBus bus, RuntimeHooks hooks, Exceptions exceptions,
            DebugRegisters debug, boolean branchTypes) {
        this.branchTypes = branchTypes;
        this.hooks = hooks;
        this.isa = isa;
        this.instructions = instructions;
        this.walker = walker;
        this.bus = bus;
        this.exceptions = exceptions;
        this.debug = debug;
        memory = new InterpreterMemory(walker, bus, exceptions, debug, hooks);
        evaluator = new Evaluator(GuestState.NZCV_OFFSET, CpuArea.MONITOR_ADDRESS, memory);
    }

    /** The instruction that {@link #step} executed last was stepped, and the exception is to be taken at {@code pc}. */
    void noteStepped(long pc) {
        stepped = InstructionClass.isLoadExclusive(lastWord) ? Syndrome.STEPPED_EXCLUSIVE : Syndrome.STEPPED;
        steppedTo = pc;
    }

    /** Syndrome of the instruction that was stepped to {@code pc}; 0 if there was none. Forgets it. */
    int takeStepped(long pc) {
        int result = pc == steppedTo ? stepped : 0;
        stepped = 0;
        return result;
    }

    /** One instruction; the results of {@link Arm64Isa#execute}. */
    int step(long state, long pstate) {
        long pc = CpuState.pc(state);
        boolean privileged = (pstate & Pstate.EL_MASK) != 0;
        if ((pc & 3) != 0) {
            exceptions.pcAlignment(state);
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        walker.walk(state, privileged, false, pc, Walk.EXECUTE, fetch);
        if (!fetch.ok) {
            exceptions.instructionAbort(state, (int) fetch.fault, pc);
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        long host = bus.ramAddress(fetch.physical);
        if (host == 0) {
            exceptions.instructionAbort(state, Syndrome.FSC_EXTERNAL, pc);
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        int word = RawMemory.getInt(host);
        lastWord = word;
        if (debug.breakpoint(state, pstate, pc)) {
            exceptions.breakpoint(state);
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        if ((pstate & Pstate.IL) != 0) {
            return isa.execute(state, LeaveReason.ILLEGAL_STATE, word);
        }
        if (branchTypes && !lands(state, pc, word, privileged)) {
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        int index = instructions.decode(word);
        if (index < 0) {
            return isa.execute(state, LeaveReason.UNDEFINED, word);
        }
        boolean floatingPoint = InstructionClass.isFloatingPoint(word);
        if (floatingPoint && SystemControl.floatingPointTrapped(CpuState.get(state, GuestState.CPACR_EL1_OFFSET), privileged)) {
            return isa.execute(state, LeaveReason.FP_TRAP, word);
        }
        if (InstructionClass.usesStackPointer(word) && stackMisaligned(state, privileged)) {
            exceptions.spAlignment(state);
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        if (InstructionClass.isMemoryCopy(word)) {
            if (!privileged && (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.MSCEN) == 0) {
                exceptions.undefined(state);
                return Arm64Isa.STEP_BRANCH_EXCEPTION;
            }
            if (InstructionClass.copyStage(word) != 0 && CpuState.x(state, word >>> 5 & 31) != 0 && (CpuState.nzcv(state) >>> CARRY_BIT & 1) != 0) {
                exceptions.take(state, Syndrome.EC_MEMORY_COPY, InstructionClass.copySyndrome(word), pc);
                return Arm64Isa.STEP_BRANCH_EXCEPTION;
            }
        }
        return execute(state, pc, word, index, privileged, floatingPoint);
    }

    /** FEAT_BTI: whether PSTATE.BTYPE goes with the instruction; otherwise takes the exception. Notes the page for branches in it. */
    private boolean lands(long state, long pc, int word, boolean privileged) {
        boolean guarded = fetch.codeAttributes != 0;
        CpuState.set(state, GuestState.BRANCH_SOURCE_OFFSET, guarded ? 3 : 1);
        int type = BranchTargets.type(state, pc);
        if (guarded && type != 0) {
            int refused = BranchTargets.refused(word);
            long strict = CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & (privileged ? SystemControl.BT1 : SystemControl.BT0);
            if ((refused == BranchTargets.ALL || refused == type) && !(BranchTargets.isSigning(word) && strict == 0)) {
                exceptions.branchTarget(state, type);
                return false;
            }
        }
        return true;
    }

    private int execute(long state, long pc, int word, int index, boolean privileged, boolean floatingPoint) {
        rows.count(index, word);
        Evaluator b = evaluator;
        b.attach(state);
        b.setPage(pc & PAGE_MASK, privileged ? GuestIsa.PRIVILEGED : GuestIsa.UNPRIVILEGED);
        memory.begin(state, word);
        if (floatingPoint) {
            b.floats().setControl(FloatRegisters.control(CpuState.get(state, GuestState.FPCR_OFFSET)));
            b.floats().clearFlags();
            FloatRegisters.forgetTrial(state);
        }
        b.beginInstruction((int) (pc & ~PAGE_MASK), word);
        try {
            Interpreter.execute(b, index, word);
        } catch (GuestAbort abort) {
            return Arm64Isa.STEP_BRANCH_EXCEPTION;
        }
        if (b.leaveReason() != Evaluator.NOT_LEFT) {
            return isa.execute(state, b.leaveReason(), word);
        }
        b.endInstruction();
        if (floatingPoint && FloatRegisters.raise(state, b.floats().flags())) {
            hooks.contextChanged(state);
        }
        if (b.branched()) {
            CpuState.setPc(state, b.nextPc());
            return GuestIsa.STEP_BRANCH;
        }
        CpuState.setPc(state, pc + 4);
        return GuestIsa.STEP_NEXT;
    }

    private static boolean stackMisaligned(long state, boolean privileged) {
        long enable = privileged ? SystemControl.SA : SystemControl.SA0;
        return (CpuState.get(state, GuestState.SP_OFFSET) & 15) != 0 && (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & enable) != 0;
    }

    /** DC ZVA at the pc; true if it was done, false if an exception was taken. */
    boolean zeroBlock(long state, int word) {
        memory.begin(state, word);
        int view = CpuState.privileged(state) ? GuestIsa.PRIVILEGED : GuestIsa.UNPRIVILEGED;
        long address = CpuState.x(state, word & 31) & -IdRegisters.ZERO_BLOCK_BYTES;
        try {
            memory.zero(address, IdRegisters.ZERO_BLOCK_BYTES, view);
            return true;
        } catch (GuestAbort abort) {
            return false;
        }
    }
}
