package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.AddressSpaces;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.codegen.IdleMaintenance;
import io.stele.guest.RuntimeHooks;
import io.stele.guest.Walk;

/** SYS: cache maintenance, address translation, TLB maintenance (Arm ARM C5.3 to C5.5). */
public final class SystemOperations {
    /** What {@link #execute} did. */
    public static final int DONE = 0;
    public static final int EXCEPTION = 1;
    /** DC ZVA: the caller stores {@link IdRegisters#ZERO_BLOCK_BYTES} zero bytes at X[Rt], rounded down. */
    public static final int ZERO_BLOCK = 2;

    public static final int IC_IALLUIS = operation(0, 7, 1, 0);
    public static final int IC_IALLU = operation(0, 7, 5, 0);
    public static final int IC_IVAU = operation(3, 7, 5, 1);
    public static final int DC_IVAC = operation(0, 7, 6, 1);
    public static final int DC_ISW = operation(0, 7, 6, 2);
    public static final int DC_CSW = operation(0, 7, 10, 2);
    public static final int DC_CISW = operation(0, 7, 14, 2);
    public static final int DC_ZVA = operation(3, 7, 4, 1);
    public static final int DC_CVAC = operation(3, 7, 10, 1);
    public static final int DC_CVAU = operation(3, 7, 11, 1);
    public static final int DC_CIVAC = operation(3, 7, 14, 1);
    /** FEAT_DPB and FEAT_DPB2: to the point of persistence and deep persistence. */
    public static final int DC_CVAP = operation(3, 7, 12, 1);
    public static final int DC_CVADP = operation(3, 7, 13, 1);
    private static final int AT_S1E1R = operation(0, 7, 8, 0);
    private static final int AT_S1E0W = operation(0, 7, 8, 3);

    private static final int LINE_BYTES = 1 << IdRegisters.INSTRUCTION_LINE_LOG;
    /** Of so many addresses, at their multiples, IC IVAU tells at once which do nothing: what Linux maps around a fault. */
    private static final long RANGE_BYTES = 16L * LINE_BYTES;
    private static final int OUTER_SHAREABLE = 1;
    static final int INNER_SHAREABLE = 3;
    static final int LOCAL = 7;

    private static final long PAR_FAULT = 1;
    private static final long PAR_RES1 = 1 << 11;

    private final CpuFeatures features;
    private final RuntimeHooks hooks;
    private final Exceptions exceptions;
    private final SystemRegisters registers;
    private final AddressSpaces spaces;
    private final Stage1Walker walker;
    private final UndefinedLog log;

    public SystemOperations(CpuFeatures features, RuntimeHooks hooks, Exceptions exceptions, SystemRegisters registers, AddressSpaces spaces,
            Stage1Walker walker, UndefinedLog log) {
        this.features = features;
        this.hooks = hooks;
        this.exceptions = exceptions;
        this.registers = registers;
        this.spaces = spaces;
        this.walker = walker;
        this.log = log;
    }

    private static int operation(int op1, int crn, int crm, int op2) {
        return SystemRegister.encode(1, op1, crn, crm, op2);
    }

    /** Carries out what generated code has only counted. */
    public void synchronise(long state) {
        PendingInvalidation.synchronise(state, spaces);
    }

    /** DC operations to the point of coherency, unification or persistence: nothing to do, as caches are coherent and transparent. */
    public static boolean isCleanOperation(int encoding) {
        return encoding == DC_CVAC || encoding == DC_CVAU || encoding == DC_CIVAC || encoding == DC_CVAP || encoding == DC_CVADP;
    }

    /** Operations that some CPUs lack. */
    public static boolean isOptional(int encoding) {
        return encoding == DC_CVAP || encoding == DC_CVADP;
    }

    /** DC operations that only EL1 may use; they have nothing to do, either. */
    public static boolean isPrivilegedCacheOperation(int encoding) {
        return encoding == DC_IVAC || encoding == DC_ISW || encoding == DC_CSW || encoding == DC_CISW;
    }

    /**
     * SYS at the pc: {@link #DONE}, {@link #EXCEPTION} or {@link #ZERO_BLOCK}.
     *
     * @param walk scratch of the calling CPU
     */
    public int execute(long state, int word, Walk walk) {
        int encoding = word >>> 5 & 0xffff;
        int rt = word & 31;
        boolean privileged = CpuState.privileged(state);
        long argument = CpuState.x(state, rt);
        if (encoding == DC_CVAP && !features.has(CpuFeature.DPB) || encoding == DC_CVADP && !features.has(CpuFeature.DPB2)) {
            exceptions.undefined(state);
            return EXCEPTION;
        }
        if (encoding == IC_IVAU || encoding == DC_ZVA || isCleanOperation(encoding)) {
            long enable = encoding == DC_ZVA ? SystemControl.DZE : SystemControl.UCI;
            if (!privileged && (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & enable) == 0) {
                registers.trap(state, encoding, rt, false);
                return EXCEPTION;
            }
            return encoding == DC_ZVA ? ZERO_BLOCK : maintain(state, encoding, argument, privileged, walk);
        }
        if (!privileged) {
            return undefined(state, encoding);
        }
        if (encoding == IC_IALLU || encoding == IC_IALLUIS) {
            hooks.allCodeModified();
            return DONE;
        }
        if (isPrivilegedCacheOperation(encoding)) {
            return DONE;
        }
        if (encoding >= AT_S1E1R && encoding <= AT_S1E0W) {
            return translateAddress(state, argument, (encoding & 2) == 0, (encoding & 1) != 0, walk);
        }
        if (invalidateTranslations(state, encoding, argument)) {
            return DONE;
        }
        return undefined(state, encoding);
    }

    private int undefined(long state, int encoding) {
        int key = encoding << 5;
        boolean privileged = CpuState.privileged(state);
        if (!log.noted(key, privileged)) {
            log.note(key, privileged, "SYS operation " + SystemRegister.genericName(encoding), CpuState.pc(state));
        }
        exceptions.undefined(state);
        return EXCEPTION;
    }

    /** IC IVAU, and DC CVAC, CVAU, CVAP, CVADP and CIVAC where they can fault. PAN does not apply. */
    private int maintain(long state, int encoding, long va, boolean privileged, Walk walk) {
        if (privileged && encoding != IC_IVAU) {
            return DONE;
        }
        walker.walk(state, privileged, false, va, Walk.READ, walk);
        if (!walk.ok) {
            exceptions.dataAbort(state, (int) walk.fault | Syndrome.CM | Syndrome.WNR, va);
            return EXCEPTION;
        }
        if (encoding == IC_IVAU) {
            hooks.codeModified(walk.physical & -LINE_BYTES, LINE_BYTES);
            if (privileged && va < 0 && !hooks.isIdleElsewhere(state, va)) {
                IdleMaintenance.addCode(state, va);
                noteRange(state, va & -LINE_BYTES, walk);
            }
        }
        return DONE;
    }

    /** Linux goes through all pages of a file that it maps: the next ones are nothing to Java either as long as they have no code. */
    private void noteRange(long state, long va, Walk walk) {
        long end = va + RANGE_BYTES & -RANGE_BYTES;
        long page = va;
        do {
            page += LINE_BYTES;
            if (page >= end || IdleMaintenance.isTranslationIdle(state, page) || hooks.isIdleElsewhere(state, page)) {
                break;
            }
            walker.walk(state, true, false, page, Walk.READ, walk);
        } while (walk.ok && !hooks.hasCode(walk.physical));
        if (!IdleMaintenance.isTranslationIdle(state, va)) {
            IdleMaintenance.setCodeRange(state, va, Math.min(page, end) - va);
        }
    }

    private int translateAddress(long state, long va, boolean privileged, boolean write, Walk walk) {
        walker.walk(state, privileged, false, va, write ? Walk.WRITE : Walk.READ, walk);
        if (walk.ok) {
            CpuState.set(state, GuestState.PAR_EL1_OFFSET, walk.fault | walk.physical & 0x0000_ffff_ffff_f000L | PAR_RES1);
            return DONE;
        }
        int status = (int) walk.fault;
        if ((status & ~3) == Syndrome.FSC_EXTERNAL_ON_WALK) {
            exceptions.dataAbort(state, status | Syndrome.CM | Syndrome.WNR, va);
            return EXCEPTION;
        }
        CpuState.set(state, GuestState.PAR_EL1_OFFSET, (long) status << 1 | PAR_FAULT | PAR_RES1);
        return DONE;
    }

    /** TLBI for the EL1&amp;0 regime, local, inner and outer shareable: all of them reach every CPU. */
    private boolean invalidateTranslations(long state, int encoding, long argument) {
        int crm = encoding >>> 3 & 15;
        if ((encoding >>> 7 & 0x1ff) != SystemRegister.encode(1, 0, 8, 0, 0) >>> 7
                || crm != OUTER_SHAREABLE && crm != INNER_SHAREABLE && crm != LOCAL) {
            return false;
        }
        switch (encoding & 7) {
            case 0 -> spaces.invalidateAll();
            case 1 -> spaces.invalidateAddress(state, argument, false);
            case 2 -> spaces.invalidateAsid(state, argument);
            case 3 -> spaces.invalidateAddress(state, argument, true);
            case 5 -> spaces.invalidatePages(state, argument, 1, false, true);
            case 7 -> spaces.invalidatePages(state, argument, 1, true, true);
            default -> {
                return false;
            }
        }
        return true;
    }
}
