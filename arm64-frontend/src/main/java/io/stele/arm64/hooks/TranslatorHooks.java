package io.stele.arm64.hooks;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.BranchTargets;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.EventRegister;
import io.stele.arm64.system.FloatRegisters;
import io.stele.arm64.system.IdRegisters;
import io.stele.arm64.system.PendingInvalidation;
import io.stele.arm64.system.RegisterTable;
import io.stele.arm64.system.SystemOperations;
import io.stele.arm64.system.SystemRegister;
import io.stele.codegen.CpuArea;
import io.stele.codegen.IdleMaintenance;
import io.stele.ir.IrBuilder;

/**
 * The description's hooks for the translator. What is plain state is done by generated code; the rest leaves for
 * {@link io.stele.guest.GuestIsa#handleLeave}, which takes operands from the instruction word.
 */
public final class TranslatorHooks {
    private static final RegisterTable TABLE = new RegisterTable();
    /** Constants of builtins.isa. */
    private static final int WAIT_EVENT = 0;
    private static final int WAIT_INTERRUPT = 1;
    private static final int WAIT_OTHERS = 4;
    private static final int EVENT_ALL = 0;
    private static final int CALL_SVC = 0;
    private static final int PAGE_BITS = 12;
    /** Pauses of the host processor that an event is waited for. */
    private static final int EVENT_PAUSES = 4;

    private TranslatorHooks() {}

    private static boolean has(IrBuilder b, int modeBit) {
        return (b.codeMode() & modeBit) != 0;
    }

    private static void leave(IrBuilder b, int reason) {
        b.leave(reason, b.word() & 0xffff_ffffL);
    }

    private static int pstateBits(IrBuilder b, long mask) {
        return b.and(64, b.loadState(8, GuestState.PSTATE_OFFSET), b.constant(64, mask));
    }

    /** N, Z, C, V in bits 31:28. */
    static int nzcv(IrBuilder b) {
        return b.shl(64, b.zext(32, 64, b.nzcvFromFlags(b.readFlags())), b.constant(64, 28));
    }

    /** Sets the flags from bits 31:28. */
    static void setNzcv(IrBuilder b, int v) {
        b.writeFlags(b.flagsFromNzcv(b.trunc(b.ubfx(64, v, 28, 4))));
    }

    /** FPSR, whose parts are in three places. */
    private static int floatingPointStatus(IrBuilder b) {
        int status = b.or(64, b.loadState(8, GuestState.FPSR_OFFSET), b.floatStatus());
        if (CodeMode.floatControl(b.codeMode()) != IrBuilder.FLOAT_DEFAULT) {
            status = b.or(64, status, bitIfNotZero(b, FloatRegisters.DENORMALS, FloatRegisters.IDC_BIT));
        }
        return b.or(64, status, bitIfNotZero(b, FloatRegisters.SATURATION, FloatRegisters.QC_BIT));
    }

    private static int bitIfNotZero(IrBuilder b, int register, int bit) {
        int v = b.readVec(register);
        int any = b.or(64, b.vextract(64, v, 0), b.vextract(64, v, 1));
        return b.shl(64, b.condToBits(64, b.isNonZero(64, any)), b.constant(64, bit));
    }

    /** Where FPCR asks for flushing, FPSR.IXC and the code mode belong together. */
    private static void writeFloatingPointStatus(IrBuilder b, int v) {
        if (CodeMode.floatControl(b.codeMode()) != IrBuilder.FLOAT_DEFAULT) {
            b.interpretIf(b.isNonZero(64, b.and(64, b.readReg(64, GuestState.FPCR_OFFSET), b.constant(64, FloatRegisters.FPCR_SPECIAL))));
        }
        b.storeState(8, GuestState.FPSR_OFFSET, b.and(64, v, b.constant(64, RegisterTable.FPSR_MASK)));
        b.writeVec(FloatRegisters.SATURATION, b.vzero());
        b.clearFloatStatus();
    }

    /** The register exists. */
    public static int sysRead(IrBuilder b, long enc) {
        int encoding = (int) enc;
        boolean privileged = has(b, CodeMode.PRIVILEGED);
        SystemRegister row = TABLE.find(encoding);
        if (row != null && row.accessible(privileged, false) && (privileged || !row.trappable())) {
            if (row.kind == SystemRegister.CONSTANT) {
                return b.constant(64, row.reset);
            }
            if (row.kind == SystemRegister.STORED) {
                return b.loadState(8, row.offset);
            }
            if (encoding == RegisterTable.NZCV) {
                return nzcv(b);
            }
            if (encoding == RegisterTable.DAIF) {
                return pstateBits(b, Pstate.DAIF);
            }
            if (encoding == RegisterTable.PAN) {
                return pstateBits(b, Pstate.PAN);
            }
            if (encoding == RegisterTable.CURRENT_EL) {
                return b.constant(64, Pstate.EL1);
            }
            if (encoding == RegisterTable.SPSEL) {
                return b.constant(64, has(b, CodeMode.STACK_EL1) ? 1 : 0);
            }
            if (encoding == RegisterTable.SP_EL0 && has(b, CodeMode.STACK_EL1)) {
                return b.loadState(8, GuestState.SP_EL0_OFFSET);
            }
            if (encoding == RegisterTable.FPCR && !CodeMode.floatingPointTrapped(b.codeMode())) {
                return b.readReg(64, GuestState.FPCR_OFFSET);
            }
            if (encoding == RegisterTable.FPSR && !CodeMode.floatingPointTrapped(b.codeMode())) {
                return floatingPointStatus(b);
            }
        }
        if (encoding == RegisterTable.CNTVCT_EL0 && (privileged || has(b, CodeMode.COUNTER))) {
            return b.readCounter();
        }
        if (privileged && TimerHooks.handles(encoding)) {
            return TimerHooks.read(b, encoding);
        }
        if (privileged && encoding == RegisterTable.ICC_IAR1_EL1) {
            return InterruptHooks.acknowledge(b);
        }
        leave(b, LeaveReason.SYSTEM_READ);
        return b.constant(64, 0);
    }

    /** The register exists. */
    public static void sysWrite(IrBuilder b, long enc, int v) {
        int encoding = (int) enc;
        boolean privileged = has(b, CodeMode.PRIVILEGED);
        SystemRegister row = TABLE.find(encoding);
        if (row != null && row.accessible(privileged, true) && (privileged || !row.trappable())) {
            if (row.plain()) {
                b.storeState(8, row.offset, masked(b, v, row.mask, row.ones));
                return;
            }
            if (encoding == RegisterTable.NZCV) {
                setNzcv(b, v);
                return;
            }
            if (encoding == RegisterTable.DAIF) {
                interpretIfInterruptTaken(b, v);
                int other = pstateBits(b, ~Pstate.DAIF);
                b.storeState(8, GuestState.PSTATE_OFFSET, b.or(64, other, b.and(64, v, b.constant(64, Pstate.DAIF))));
                return;
            }
            if (encoding == RegisterTable.SP_EL0 && has(b, CodeMode.STACK_EL1)) {
                b.storeState(8, GuestState.SP_EL0_OFFSET, v);
                return;
            }
            if (encoding == RegisterTable.FPSR && !CodeMode.floatingPointTrapped(b.codeMode())) {
                writeFloatingPointStatus(b, v);
                return;
            }
            if (encoding == RegisterTable.FPCR && !CodeMode.floatingPointTrapped(b.codeMode())) {
                // A change of FPCR changes the code mode; usually the value is the one that is there.
                b.interpretIf(b.isNonZero(64, b.xor(64, v, b.readReg(64, GuestState.FPCR_OFFSET))));
                return;
            }
        }
        if (privileged && TimerHooks.handles(encoding)) {
            TimerHooks.write(b, encoding, v);
            return;
        }
        if (privileged && encoding == RegisterTable.ICC_EOIR1_EL1) {
            InterruptHooks.end(b, v);
            return;
        }
        leave(b, LeaveReason.SYSTEM_WRITE);
    }

    private static int masked(IrBuilder b, int v, long mask, long ones) {
        int kept = mask == -1 ? v : b.and(64, v, b.constant(64, mask));
        return ones == 0 ? kept : b.or(64, kept, b.constant(64, ones));
    }

    /** The interpreter's way takes the interrupt that unmasking lets through. */
    static void interpretIfInterruptAsserted(IrBuilder b) {
        b.interpretIf(b.isNonZero(32, b.loadState(4, CpuArea.INTERRUPT_LINE)));
    }

    /** The same for new mask bits I (7) and F (6): the interrupt line's bits 0 and 1 are let through where they are 0. */
    private static void interpretIfInterruptTaken(IrBuilder b, int masks) {
        int line = InterruptHooks.lines(b);
        int irq = b.and(32, b.shl(32, line, b.constant(32, 7)), b.constant(32, Pstate.I));
        int fiq = b.and(32, b.shl(32, line, b.constant(32, 5)), b.constant(32, Pstate.F));
        b.interpretIf(b.isNonZero(32, b.and(32, b.or(32, irq, fiq), b.not(32, b.trunc(masks)))));
    }

    public static void pstateImm(IrBuilder b, long op1, long op2, long crm) {
        if (has(b, CodeMode.PRIVILEGED) && op1 == 3 && op2 == 6) {
            int pstate = b.loadState(8, GuestState.PSTATE_OFFSET);
            b.storeState(8, GuestState.PSTATE_OFFSET, b.or(64, pstate, b.constant(64, crm << 6)));
        } else if (has(b, CodeMode.PRIVILEGED) && op1 == 3 && op2 == 7) {
            interpretIfInterruptTaken(b, b.constant(64, ~(crm << 6)));
            b.storeState(8, GuestState.PSTATE_OFFSET, pstateBits(b, ~(crm << 6)));
        } else {
            leave(b, LeaveReason.PSTATE_IMMEDIATE);
        }
    }

    public static void sysOp(IrBuilder b, long enc, int v) {
        int encoding = (int) enc;
        boolean privileged = has(b, CodeMode.PRIVILEGED);
        if (privileged && !SystemOperations.isOptional(encoding) && (SystemOperations.isCleanOperation(encoding)
                || SystemOperations.isPrivilegedCacheOperation(encoding))) {
            return;
        }
        if (encoding == SystemOperations.DC_ZVA && has(b, CodeMode.ZERO_BLOCK)) {
            int address = b.and(64, v, b.constant(64, -IdRegisters.ZERO_BLOCK_BYTES));
            int zero = b.vzero();
            for (int i = 0; i < IdRegisters.ZERO_BLOCK_BYTES; i += 16) {
                b.storeVec(16, b.add(64, address, b.constant(64, i)), zero, IrBuilder.VIEW_CURRENT);
            }
            return;
        }
        if (privileged && encoding == SystemOperations.IC_IVAU) {
            int different = different(b, b.and(64, v, b.constant(64, -1L << PAGE_BITS)), IdleMaintenance.code(0));
            int offset = b.sub(64, v, b.loadState(8, IdleMaintenance.codeRange()));
            int inRange = b.lessUnsigned(64, offset, b.loadState(8, IdleMaintenance.codeRange() + 8));
            b.interpretIf(b.isNonZero(64, b.select(64, inRange, b.constant(64, 0), different)));
            return;
        }
        if (privileged && PendingInvalidation.isByAddress(encoding)) {
            invalidateLater(b, encoding, v);
            return;
        }
        leave(b, LeaveReason.SYSTEM_OPERATION);
    }

    /** TLBI by address: counted if it follows the pending ones, see {@link PendingInvalidation}. The interpreter carries out all others. */
    private static void invalidateLater(IrBuilder b, int encoding, int v) {
        int kind = b.constant(64, PendingInvalidation.kind(encoding));
        int zero = b.constant(64, 0);
        int pending = b.loadState(8, GuestState.TLBI_COUNT_OFFSET);
        int first = b.loadState(8, GuestState.TLBI_FIRST_OFFSET);
        int pendingKind = b.loadState(8, GuestState.TLBI_KIND_OFFSET);
        int apart = b.or(64, b.xor(64, b.sub(64, v, first), pending), b.xor(64, kind, pendingKind));
        int wrong = b.select(64, b.isZero(64, pending), zero, apart);
        int more = b.constant(64, 1);
        if (PendingInvalidation.isLastLevel(encoding)) {
            int different = different(b, v, IdleMaintenance.translation(0));
            wrong = b.select(64, b.isZero(64, different), zero, wrong);
            kind = b.select(64, b.isZero(64, different), pendingKind, kind);
            more = b.select(64, b.isZero(64, different), zero, more);
        }
        b.interpretIf(b.isNonZero(64, wrong));
        b.storeState(8, GuestState.TLBI_FIRST_OFFSET, b.select(64, b.isZero(64, pending), v, first));
        b.storeState(8, GuestState.TLBI_KIND_OFFSET, kind);
        b.storeState(8, GuestState.TLBI_COUNT_OFFSET, b.add(64, pending, more));
    }

    /** DSB: pending invalidations are complete behind it. */
    public static void completeMaintenance(IrBuilder b) {
        b.interpretIf(b.isNonZero(64, b.loadState(8, GuestState.TLBI_COUNT_OFFSET)));
    }

    /**
     * Not 0 if a value is not in a list.
     *
     * @param list offset of the values for which the operation would do nothing
     */
    private static int different(IrBuilder b, int v, int list) {
        int different = b.constant(64, -1L);
        for (int n = 0; n < IdleMaintenance.ENTRIES; n++) {
            int difference = b.xor(64, v, b.loadState(8, list + 8 * n));
            different = b.and(64, different, b.or(64, difference, b.sub(64, b.constant(64, 0), difference)));
        }
        return b.and(64, different, b.constant(64, Long.MIN_VALUE));
    }

    public static void exceptionCall(IrBuilder b, long kind, long imm) {
        if (kind == CALL_SVC && !has(b, CodeMode.PRIVILEGED)) {
            LevelSwitch.supervisorCall(b, (int) imm);
        } else {
            leave(b, LeaveReason.EXCEPTION_CALL);
        }
    }

    public static void eret(IrBuilder b) {
        if (has(b, CodeMode.PRIVILEGED) && has(b, CodeMode.STACK_EL1)) {
            LevelSwitch.exceptionReturn(b);
        } else {
            leave(b, LeaveReason.EXCEPTION_RETURN);
        }
    }

    /** What PSTATE.BTYPE becomes: nothing is done on a CPU without FEAT_BTI. */
    public static void branchType(IrBuilder b, int target, long kind) {
        if (has(b, CodeMode.BRANCH_TYPES)) {
            long type = kind == CodeMode.BRANCH_JUMP && !has(b, CodeMode.GUARDED) ? 1 : kind;
            b.storeState(8, GuestState.BRANCH_TARGET_OFFSET, b.or(64, target, b.constant(64, type)));
        }
    }

    /**
     * At an instruction of a guarded page that a branch may lead to: leaves it to the interpreter if PSTATE.BTYPE does not go with it, which is
     * known by the address that the last BR or BLR went to. Once it has gone with it, it does so again: the address needs not be forgotten.
     */
    public static void landing(IrBuilder b, int word, int pageOffset) {
        int refused = BranchTargets.refused(word);
        if (refused == 0) {
            return;
        }
        int type = b.xor(64, b.loadState(8, GuestState.BRANCH_TARGET_OFFSET), b.pageAddress(pageOffset));
        b.interpretIf(refused == BranchTargets.ALL ? b.lessUnsigned(64, type, b.constant(64, 4)) : b.equal(64, type, b.constant(64, refused)));
    }

    /**
     * All but WFI may complete at any time. A WFE whose event has come, or that may wait for a plain store to the monitored address, which
     * nobody announces, does so after a moment; any other one waits in Java. At EL0 they may be trapped. Who pauses again and again, as in
     * YIELD, asks Java now and then, which may give the core to the one that is waited for.
     */
    public static void waitFor(IrBuilder b, long kind) {
        if (kind == WAIT_INTERRUPT || kind != WAIT_EVENT && kind != WAIT_OTHERS && !has(b, CodeMode.PRIVILEGED)) {
            leave(b, LeaveReason.WAIT);
            return;
        }
        if (kind == WAIT_EVENT) {
            if (!has(b, CodeMode.PRIVILEGED)) {
                int control = b.loadState(8, GuestState.SCTLR_EL1_OFFSET);
                b.interpretIf(b.isZero(64, b.and(64, control, b.constant(64, SystemControl.NTWE))));
            }
            int unmonitored = b.add(64, b.loadState(8, CpuArea.MONITOR_ADDRESS), b.constant(64, 1));
            b.interpretIf(b.isZero(64, b.or(64, b.loadState(8, GuestState.EVENT_OFFSET), unmonitored)));
        }
        int left = b.sub(64, b.loadState(8, CpuArea.PAUSES), b.constant(64, 1));
        b.interpretIf(b.bitSet(64, left, 63));
        b.storeState(8, CpuArea.PAUSES, left);
        if (kind == WAIT_EVENT) {
            b.storeState(8, GuestState.EVENT_OFFSET, b.constant(64, EventRegister.CLEAR));
            // What an event announces is seen after the event is taken.
            b.fence(IrBuilder.FENCE_FULL);
        }
        for (int i = 0; i < EVENT_PAUSES; i++) {
            b.fence(IrBuilder.FENCE_PAUSE);
        }
    }

    /** Other CPUs' event registers are set in Java. */
    public static void sendEvent(IrBuilder b, long kind) {
        if (kind == EVENT_ALL) {
            b.interpretIf(b.isNonZero(64, b.loadState(8, GuestState.EVENT_OTHERS_OFFSET)));
        }
        b.storeState(8, GuestState.EVENT_OFFSET, b.constant(64, EventRegister.SET));
    }

    public static void undefined(IrBuilder b) {
        leave(b, LeaveReason.UNDEFINED);
    }
}
