package io.stele.arm64;

import io.stele.arm64.generated.Disassembler;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.generated.Translator;
import io.stele.arm64.hooks.CodeMode;
import io.stele.arm64.hooks.LeaveReason;
import io.stele.arm64.hooks.LevelSwitch;
import io.stele.arm64.hooks.TranslatorHooks;
import io.stele.arm64.mmu.AddressSpaces;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.CpuFeature;
import io.stele.arm64.system.CpuFeatures;
import io.stele.arm64.system.DebugRegisters;
import io.stele.arm64.system.EventRegister;
import io.stele.arm64.system.Exceptions;
import io.stele.arm64.system.FirmwareCalls;
import io.stele.arm64.system.FloatRegisters;
import io.stele.arm64.system.IdRegisters;
import io.stele.arm64.system.LentInterrupts;
import io.stele.arm64.system.PendingInvalidation;
import io.stele.arm64.system.RegisterTable;
import io.stele.arm64.system.SystemOperations;
import io.stele.arm64.system.SystemRegisterDevice;
import io.stele.arm64.system.SystemRegisters;
import io.stele.arm64.system.UndefinedLog;
import io.stele.arm64.system.VirtualTimer;
import io.stele.guest.EntryPattern;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.PageInvalidation;
import io.stele.guest.RuntimeHooks;
import io.stele.guest.Walk;
import io.stele.ir.IrBuilder;
import io.stele.memory.RawMemory;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/** The Arm64 guest: an Armv8-A CPU with EL0 and EL1, as {@link IdRegisters} describes it. */
public final class Arm64Isa implements GuestIsa {
    private static final int PAGE_BYTES = 4096;
    /** What the stack pointer is a multiple of when it is a base (Arm ARM D1.3.10, "Stack pointer alignment checking"). */
    private static final int STACK_ALIGNMENT = 16;

    /** Kinds of the hook {@code exceptionCall}: opc in bits 23:21 and LL in bits 1:0 of the instruction word. */
    private static final int CALL_MASK = 0x00e0_0003;
    private static final int CALL_SVC = 0x0000_0001;
    private static final int CALL_HVC = 0x0000_0002;
    private static final int CALL_SMC = 0x0000_0003;
    private static final int CALL_BRK = 0x0020_0000;

    /** CRm and op2 of a hint. */
    private static final int WAIT_MASK = 0xfe0;
    private static final int WAIT_YIELD = 1 << 5;

    private final InstructionSet instructions;
    private final GuestBus bus;
    private final boolean branchTypes;
    private final RuntimeHooks hooks;
    private final FirmwareCalls firmware;
    private final UndefinedLog log;
    private final Exceptions exceptions;
    private final EventRegister events;
    private final DebugRegisters debug;
    private final AddressSpaces spaces;
    private final Stage1Walker walker;
    private final SystemRegisters registers;
    private final SystemOperations operations;
    /** By CPU number. */
    private volatile Interpretation[] interpretations = new Interpretation[0];

    /**
     * @param features what the CPU has beyond the base architecture
     * @param bus guest physical memory
     * @param hooks what the runtime is told about
     * @param devices owner of the interrupt controller's and the timer's system registers
     * @param firmware answers HVC and SMC
     * @param logSink receives one line per undefined instruction or register that the guest uses at EL1
     */
    public Arm64Isa(CpuFeatures features, GuestBus bus, RuntimeHooks hooks, SystemRegisterDevice devices, FirmwareCalls firmware,
            Consumer<String> logSink) {
        instructions = new InstructionSet(features);
        this.bus = bus;
        this.hooks = hooks;
        this.firmware = firmware;
        log = new UndefinedLog(logSink);
        branchTypes = features.has(CpuFeature.BTI);
        exceptions = new Exceptions(hooks, branchTypes);
        events = new EventRegister(hooks, devices);
        debug = new DebugRegisters(hooks);
        spaces = new AddressSpaces(hooks);
        walker = new Stage1Walker(bus, features.has(CpuFeature.HAFDBS), branchTypes);
        registers = new SystemRegisters(new RegisterTable(), features, hooks, exceptions, spaces, debug, devices, log);
        operations = new SystemOperations(features, hooks, exceptions, registers, spaces, walker, log);
    }

    /**
     * Puts a CPU into the state that the arm64 boot protocol wants: EL1 with its own stack pointer, MMU and caches off, all interrupts
     * masked,
     * x0 = {@code x0} (the device tree, or the context of CPU_ON), the other registers zero.
     *
     * @param cpu number of the CPU
     */
    public void reset(long state, int cpu, long pc, long x0) {
        for (int n = 0; n < 31; n++) {
            CpuState.setX(state, n, 0);
        }
        for (int i = 0; i < 64; i++) {
            RawMemory.putLong(state + GuestState.V_OFFSET + 8L * i, 0);
        }
        CpuState.setX(state, 0, x0);
        CpuState.set(state, GuestState.SP_OFFSET, 0);
        CpuState.set(state, GuestState.SP_EL0_OFFSET, 0);
        CpuState.set(state, GuestState.SP_EL1_OFFSET, 0);
        CpuState.set(state, GuestState.CPU_INDEX_OFFSET, cpu);
        CpuState.set(state, GuestState.PSTATE_OFFSET, Pstate.EL1H | Pstate.DAIF);
        CpuState.setNzcv(state, 0);
        CpuState.setPc(state, pc);
        CpuState.clearMonitor(state);
        events.reset(state);
        registers.reset(state);
    }

    /** The timer's event stream, or whatever else wakes a CPU, sends it an event; by the thread that serves. */
    public void sendEvent(int cpu) {
        events.sendTo(cpu);
    }

    /** Must be called after a state block was loaded from elsewhere: recomputes what is derived. */
    public void restored(long state) {
        registers.derive(state);
    }

    @Override
    public void synchronise(long state) {
        registers.synchronise(state);
        operations.synchronise(state);
        EventRegister.resumed(state);
    }

    @Override
    public void release(long state) {
        registers.lend(state);
    }

    /**
     * The timer will look at what generated code has done to it when the counter has this value, at the latest: {@link #lookAtTimer}. It
     * looks once more after a later time was promised. By the thread that serves.
     */
    public void promiseTimerLook(long state, long counter) {
        VirtualTimer.promise(state, counter);
    }

    /** The virtual timer hears of what generated code has done to it; the CPU may run. By the thread that serves. */
    public void lookAtTimer(long state) {
        registers.lookAtTimer(state);
    }

    /** Takes back what generated code may do for the interrupt controller; the CPU stands still, and need not be the one that is served. */
    public void recall(long state) {
        registers.recall(state);
    }

    /** True if a CPU that may run has acknowledged the interrupt that it could without Java; by the thread that serves. */
    public boolean hasAcknowledged(long state) {
        return LentInterrupts.has(state, LentInterrupts.ACKNOWLEDGED);
    }

    /** True if a CPU that may run has ended the interrupt that it could without Java; by the thread that serves. */
    public boolean hasEnded(long state) {
        return LentInterrupts.has(state, LentInterrupts.ENDED);
    }

    @Override
    public int pcOffset() {
        return GuestState.PC_OFFSET;
    }

    @Override
    public int flagsOffset() {
        return GuestState.NZCV_OFFSET;
    }

    @Override
    public int codeMode(long state) {
        long pstate = CpuState.pstate(state);
        int mode = CodeMode.of(state, pstate);
        return debug.breaksInPage(state, pstate, CpuState.pc(state)) ? CodeMode.withBreakpoints(mode) : mode;
    }

    @Override
    public boolean isCodeModeOfSpace(long state) {
        return CpuState.get(state, GuestState.DEBUG_BREAKS_OFFSET) == 0;
    }

    @Override
    public int dataView(int codeMode) {
        return (codeMode & CodeMode.PRIVILEGED) != 0 ? PRIVILEGED : UNPRIVILEGED;
    }

    @Override
    public int pageMode(int codeMode, Walk walk) {
        return codeMode | (branchTypes ? CodeMode.BRANCH_TYPES : 0) | (walk.codeAttributes != 0 ? CodeMode.GUARDED : 0);
    }

    @Override
    public void translate(long codePage, int offset, int codeMode, int maxInstructions, IrBuilder builder) {
        builder.reset(offset, codeMode, dataView(codeMode));
        FloatRegisters.tell(builder, CodeMode.floatControl(codeMode));
        int at = offset;
        int end = (offset & -PAGE_BYTES) + PAGE_BYTES;
        for (int n = 0; n < maxInstructions && at < end && !builder.full() && (n == 0 || !builder.isJoin(at)); n++) {
            int word = RawMemory.getInt(codePage + at);
            builder.beginInstruction(at, word);
            if ((codeMode & CodeMode.BREAK) == CodeMode.BREAK) {
                builder.interpretIf(builder.bitSet(64, builder.loadState(8, GuestState.DEBUG_BREAKS_OFFSET), at >>> 2 & 63));
            }
            if (n == 0 && (codeMode & CodeMode.GUARDED) != 0) {
                TranslatorHooks.landing(builder, word, at);
            }
            translate(word, codeMode, builder);
            builder.endInstruction();
            if (builder.ended()) {
                return;
            }
            at += 4;
        }
        builder.jump(at);
    }

    private void translate(int word, int codeMode, IrBuilder builder) {
        int special = codeMode & (CodeMode.ILLEGAL | CodeMode.STEP);
        if (special == CodeMode.STEP) {
            builder.interpret();
            return;
        }
        if (special == CodeMode.ILLEGAL) {
            builder.leave(LeaveReason.ILLEGAL_STATE, word & 0xffff_ffffL);
            return;
        }
        int index = instructions.decode(word);
        if (index < 0) {
            builder.leave(LeaveReason.UNDEFINED, word & 0xffff_ffffL);
        } else if (registers.lacksRegister(word)) {
            builder.interpret();
        } else if (CodeMode.floatingPointTrapped(codeMode) && InstructionClass.isFloatingPoint(word)) {
            builder.leave(LeaveReason.FP_TRAP, word & 0xffff_ffffL);
        } else if ((codeMode & CodeMode.STRICT_ALIGNMENT) != 0 && InstructionClass.isLoadStore(word)) {
            builder.interpret();
        } else {
            if (InstructionClass.usesStackPointer(word)) {
                // The interpreter knows whether it is checked.
                builder.requireAlignedRegister(GuestState.SP_OFFSET, STACK_ALIGNMENT);
            }
            Translator.translate(builder, index, word);
        }
    }

    @Override
    public String disassemble(int word, long address) {
        return Disassembler.disassemble(word, address);
    }

    @Override
    public String instructionClass(int word) {
        return InstructionClass.name(word);
    }

    @Override
    public boolean isInstruction(int word) {
        return instructions.decode(word) >= 0;
    }

    @Override
    public String stateName(int offset) {
        return offset == FloatRegisters.SATURATION ? "saturation" : offset == FloatRegisters.DENORMALS ? "denormals" : GuestState.name(offset).toLowerCase(Locale.ROOT);
    }

    @Override
    public long spaceKey(long state, int view, long va) {
        return spaces.spaceKey(state, view, va);
    }

    @Override
    public long fetchSpaceKey(long state, int view, long va) {
        return spaces.fetchKey(state, view, va);
    }

    @Override
    public int levelMode(long state, int level) {
        return LevelSwitch.allowed(state) ? CodeMode.of(state, level == LevelSwitch.EL0 ? Pstate.EL0T : Pstate.EL1H) : -1;
    }

    @Override
    public long levelAddress(long state, int level) {
        return level == LevelSwitch.EL0 ? 0 : CpuState.get(state, GuestState.VBAR_EL1_OFFSET);
    }

    @Override
    public boolean tagsIgnored(long state, long va) {
        return Stage1Walker.tagsIgnored(CpuState.get(state, GuestState.TCR_EL1_OFFSET), (va >>> 55 & 1) != 0);
    }

    @Override
    public void walk(long state, int view, long va, int access, Walk result) {
        boolean privileged = view == PRIVILEGED;
        walker.walk(state, privileged, privileged && Stage1Walker.panActive(state), va, access, result);
        if (result.ok) {
            spaces.note(state, va, result);
            if (access != Walk.EXECUTE && debug.watching()) {
                debug.hideWatched(va, result);
            }
        }
    }

    @Override
    public boolean entryPattern(long state, EntryPattern pattern) {
        return !debug.watching() && walker.pattern(state, pattern);
    }

    @Override
    public boolean pageInvalidation(long state, long va, PageInvalidation result) {
        long operand = spaces.pageOperand(state, va);
        PendingInvalidation.describe(operand, result);
        return operand != AddressSpaces.NO_OPERAND;
    }

    @Override
    public boolean invalidatedTogether(long key, long other) {
        return AddressSpaces.invalidatedTogether(key, other);
    }

    @Override
    public void raiseAbort(long state, int view, long va, int access, Walk walk) {
        int status = (int) walk.fault;
        if (access == Walk.EXECUTE) {
            exceptions.instructionAbort(state, status, va);
            return;
        }
        boolean write = access == Walk.WRITE;
        Walk refetch = interpretation(state).scratch;
        if (write && atPc(state, refetch) && InstructionClass.readsFirst(RawMemory.getInt(bus.ramAddress(refetch.physical)))) {
            boolean privileged = view == PRIVILEGED;
            walker.walk(state, privileged, privileged && Stage1Walker.panActive(state), va, Walk.READ, refetch);
            if (!refetch.ok) {
                write = false;
                status = (int) refetch.fault;
            }
        }
        exceptions.dataAbort(state, status | (write ? Syndrome.WNR : 0), va);
    }

    /** Where branches have types, the saved program status would need that of the one that led to the pc. */
    @Override
    public boolean fetchAbort(IrBuilder builder) {
        if (branchTypes) {
            return false;
        }
        builder.reset(0, 0, UNPRIVILEGED);
        builder.beginInstruction(0, 0);
        LevelSwitch.fetchAbort(builder);
        builder.endInstruction();
        return true;
    }

    /** Finds the instruction at the pc; false if it cannot be fetched any more. */
    private boolean atPc(long state, Walk fetch) {
        walker.walk(state, CpuState.privileged(state), false, CpuState.pc(state), Walk.EXECUTE, fetch);
        return fetch.ok && bus.ramAddress(fetch.physical) != 0;
    }

    @Override
    public int step(long state) {
        long pstate = CpuState.pstate(state);
        Interpretation interpretation = interpretation(state);
        boolean stepping = Exceptions.stepEnabled(state, pstate);
        if (stepping && (pstate & Pstate.SS) == 0) {
            exceptions.softwareStep(state, interpretation.takeStepped(CpuState.pc(state)));
            return STEP_BRANCH;
        }
        int result = interpretation.step(state, pstate);
        if (stepping && result != STEP_BRANCH_EXCEPTION) {
            CpuState.set(state, GuestState.PSTATE_OFFSET, CpuState.pstate(state) & ~Pstate.SS);
            interpretation.noteStepped(CpuState.pc(state));
        }
        return result == STEP_BRANCH_EXCEPTION ? STEP_BRANCH : result;
    }

    /** What programs used at EL0 that does not exist here: several lines. */
    public String undefinedReport() {
        return log.report();
    }

    /** How many instructions were interpreted, and which rows lead: several lines. */
    public String interpretedReport() {
        InterpretedRows sum = new InterpretedRows();
        for (Interpretation each : interpretations) {
            each.rows.addTo(sum);
        }
        return sum.report();
    }

    private Interpretation interpretation(long state) {
        int cpu = CpuState.cpu(state);
        Interpretation[] all = interpretations;
        return cpu < all.length ? all[cpu] : addInterpretations(cpu);
    }

    private synchronized Interpretation addInterpretations(int cpu) {
        int known = interpretations.length;
        if (cpu >= known) {
            Interpretation[] all = Arrays.copyOf(interpretations, cpu + 1);
            for (int i = known; i <= cpu; i++) {
                all[i] = new Interpretation(this, instructions, walker, bus, hooks, exceptions, debug, branchTypes);
            }
            interpretations = all;
        }
        return interpretations[cpu];
    }

    /** ISB and writes of table bases that are carried out behind the first. */
    private static final int TABLE_BASE_WRITES = 3;

    /** Result of {@link #execute}, besides those of {@link #step}: an exception was taken. */
    static final int STEP_BRANCH_EXCEPTION = 3;

    @Override
    public int handleLeave(long state, int reason, long argument) {
        int result = execute(state, reason, (int) argument);
        return result == STEP_BRANCH_EXCEPTION ? STEP_BRANCH : result;
    }

    /** Does what generated or interpreted code left for. */
    int execute(long state, int reason, int word) {
        switch (reason) {
            case LeaveReason.SYSTEM_READ -> {
                return next(state, registers.read(state, word));
            }
            case LeaveReason.SYSTEM_WRITE -> {
                int step = next(state, registers.write(state, word));
                return InstructionClass.writesTableBase(word) && step == STEP_NEXT ? finishTableBases(state) : step;
            }
            case LeaveReason.PSTATE_IMMEDIATE -> {
                return next(state, registers.writeImmediate(state, word));
            }
            case LeaveReason.SYSTEM_OPERATION -> {
                int outcome = operations.execute(state, word, interpretation(state).scratch);
                if (outcome == SystemOperations.ZERO_BLOCK) {
                    return next(state, interpretation(state).zeroBlock(state, word));
                }
                return next(state, outcome == SystemOperations.DONE);
            }
            case LeaveReason.EXCEPTION_CALL -> {
                return exceptionCall(state, word);
            }
            case LeaveReason.EXCEPTION_RETURN -> {
                if (!CpuState.privileged(state)) {
                    return undefined(state, word);
                }
                exceptions.exceptionReturn(state);
                return STEP_BRANCH;
            }
            case LeaveReason.WAIT -> {
                return waitFor(state, word);
            }
            case LeaveReason.SEND_EVENT -> {
                sendEvents(state, word);
                return next(state, true);
            }
            case LeaveReason.UNDEFINED -> {
                return undefined(state, word);
            }
            case LeaveReason.FP_TRAP -> {
                exceptions.floatingPointTrap(state);
                return STEP_BRANCH_EXCEPTION;
            }
            case LeaveReason.ILLEGAL_STATE -> {
                exceptions.illegalState(state);
                return STEP_BRANCH_EXCEPTION;
            }
            default -> throw new IllegalArgumentException("leave reason " + reason);
        }
    }

    /** Kernels write both table bases in a row, with ISB between them; one request will do. */
    private int finishTableBases(long state) {
        Walk fetch = interpretation(state).scratch;
        long pstate = CpuState.pstate(state);
        if (Exceptions.stepEnabled(state, pstate)) {
            return STEP_NEXT;
        }
        int step = STEP_NEXT;
        for (int n = 0; n < TABLE_BASE_WRITES && step == STEP_NEXT && atPc(state, fetch); n++) {
            int word = RawMemory.getInt(bus.ramAddress(fetch.physical));
            boolean write = InstructionClass.writesTableBase(word);
            if (!write && word != InstructionClass.ISB || debug.breaksInPage(state, pstate, CpuState.pc(state))) {
                break;
            }
            step = next(state, !write || registers.write(state, word));
        }
        return step;
    }

    private static int next(long state, boolean done) {
        if (!done) {
            return STEP_BRANCH_EXCEPTION;
        }
        CpuState.setPc(state, CpuState.pc(state) + 4);
        return STEP_NEXT;
    }

    /** Programs may try instructions that the ID registers do not announce; nobody has to be told. */
    private int undefined(long state, int word) {
        boolean privileged = CpuState.privileged(state);
        if (!instructions.lacksInstruction(word) && !log.noted(word, privileged)) {
            long pc = CpuState.pc(state);
            log.note(word, privileged, "0x" + Integer.toHexString(word) + " " + Disassembler.disassemble(word, pc), pc);
        }
        exceptions.undefined(state);
        return STEP_BRANCH_EXCEPTION;
    }

    private int exceptionCall(long state, int word) {
        int immediate = word >>> 5 & 0xffff;
        int call = word & CALL_MASK;
        if (call == CALL_SVC) {
            exceptions.supervisorCall(state, immediate);
            return STEP_BRANCH_EXCEPTION;
        }
        if (call == CALL_BRK) {
            exceptions.take(state, Syndrome.EC_BRK, immediate, CpuState.pc(state));
            return STEP_BRANCH_EXCEPTION;
        }
        if (call != CALL_HVC && call != CALL_SMC || !CpuState.privileged(state)) {
            return undefined(state, word);
        }
        FirmwareCalls.Registers firmwareRegisters = interpretation(state).firmwareRegisters;
        firmwareRegisters.x0 = CpuState.x(state, 0);
        firmwareRegisters.x1 = CpuState.x(state, 1);
        firmwareRegisters.x2 = CpuState.x(state, 2);
        firmwareRegisters.x3 = CpuState.x(state, 3);
        int outcome = firmware.call(CpuState.cpu(state), call == CALL_SMC, firmwareRegisters);
        CpuState.setX(state, 0, firmwareRegisters.x0);
        CpuState.setX(state, 1, firmwareRegisters.x1);
        CpuState.setX(state, 2, firmwareRegisters.x2);
        CpuState.setX(state, 3, firmwareRegisters.x3);
        CpuState.setPc(state, CpuState.pc(state) + 4);
        return outcome == FirmwareCalls.CONTINUE ? STEP_NEXT : outcome == FirmwareCalls.WAIT ? STEP_WAIT : STEP_STOP;
    }

    /** SEV (op2 = 4) and SEVL (op2 = 5). */
    private void sendEvents(long state, int word) {
        if ((word >>> 5 & 1) == 0) {
            events.sendToAll();
        } else {
            events.send(state);
        }
    }

    /** YIELD (op2 = 1), WFE (op2 = 2), WFI (op2 = 3); WFET and WFIT (CRm = 1, op2 = 0 and 1), which complete at once. */
    private int waitFor(long state, int word) {
        if ((word & WAIT_MASK) == WAIT_YIELD) {
            CpuState.setPc(state, CpuState.pc(state) + 4);
            return STEP_PAUSE;
        }
        boolean event = (word >>> 5 & 1) == 0;
        boolean timed = (word >>> 12 & 15) == 1;
        if (!CpuState.privileged(state)) {
            long enable = event ? SystemControl.NTWE : SystemControl.NTWI;
            if ((CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & enable) == 0) {
                int iss = Syndrome.conditionIss() | (timed ? Syndrome.waitTimed(word & 31) : 0) | (event ? 1 : 0);
                exceptions.take(state, Syndrome.EC_WFX, iss, CpuState.pc(state));
                return STEP_BRANCH_EXCEPTION;
            }
        }
        CpuState.setPc(state, CpuState.pc(state) + 4);
        boolean waits = !timed && (event ? events.waits(state) : CpuState.interruptLines(state) == 0);
        return waits ? STEP_WAIT : event && CpuState.monitors(state) ? STEP_PAUSE : STEP_NEXT;
    }

    @Override
    public boolean takeInterrupt(long state) {
        boolean taken = exceptions.takeInterrupt(state);
        if (taken) {
            interpretation(state).takeStepped(0);
        }
        return taken;
    }

    /** Arm ARM J1.1.3, AArch64.BranchAddr: where tags are ignored, the pc has none. */
    @Override
    public void settlePc(long state) {
        long pc = CpuState.pc(state);
        long settled = Stage1Walker.withoutTag(CpuState.get(state, GuestState.TCR_EL1_OFFSET), pc);
        if (settled != pc) {
            CpuState.setPc(state, settled);
        }
    }

    @Override
    public String describe(long state) {
        StringBuilder text = new StringBuilder(900);
        long pstate = CpuState.pstate(state);
        text.append("pc=").append(Long.toHexString(CpuState.pc(state)));
        text.append(" EL").append(pstate >>> 2 & 3);
        text.append(" spsr=").append(Long.toHexString(CpuState.savedProgramStatus(state)));
        text.append(" sp=").append(Long.toHexString(CpuState.get(state, GuestState.SP_OFFSET)));
        for (int n = 0; n < 31; n++) {
            text.append(" x").append(n).append('=').append(Long.toHexString(CpuState.x(state, n)));
        }
        text.append(" esr=").append(Long.toHexString(CpuState.get(state, GuestState.ESR_EL1_OFFSET)));
        text.append(" far=").append(Long.toHexString(CpuState.get(state, GuestState.FAR_EL1_OFFSET)));
        text.append(" elr=").append(Long.toHexString(CpuState.get(state, GuestState.ELR_EL1_OFFSET)));
        text.append(" ttbr0=").append(Long.toHexString(CpuState.get(state, GuestState.TTBR0_EL1_OFFSET)));
        text.append(" sctlr=").append(Long.toHexString(CpuState.get(state, GuestState.SCTLR_EL1_OFFSET)));
        return text.toString();
    }
}
