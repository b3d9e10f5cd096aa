package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.AddressSpaces;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.guest.RuntimeHooks;
import java.security.SecureRandom;

/** MRS, MSR (register) and MSR (immediate), with their traps and side effects. */
public final class SystemRegisters {
    /** MRS and MSR (register). */
    private static final int REGISTER_MOVE = 0xd510_0000;
    private static final int REGISTER_MOVE_MASK = 0xffd0_0000;
    private static final long CLAIM_TAGS = 0xff;
    /** MSR (immediate) has op0 = 0 and CRn = 4. */
    private static final int IMMEDIATE_CRN = 4 << 7;
    private static final int ZERO_REGISTER = 31;

    private final RegisterTable table;
    private final CpuFeatures features;
    private final RuntimeHooks hooks;
    private final Exceptions exceptions;
    private final AddressSpaces spaces;
    private final DebugRegisters debug;
    private final SystemRegisterDevice devices;
    private final UndefinedLog log;

    private SecureRandom randomNumbers;

    public SystemRegisters(RegisterTable table, CpuFeatures features, RuntimeHooks hooks, Exceptions exceptions, AddressSpaces spaces,
            DebugRegisters debug, SystemRegisterDevice devices, UndefinedLog log) {
        this.table = table;
        this.features = features;
        this.hooks = hooks;
        this.exceptions = exceptions;
        this.spaces = spaces;
        this.debug = debug;
        this.devices = devices;
        this.log = log;
    }

    /** Sets every stored register to its reset value. */
    public void reset(long state) {
        for (int i = 0; i < table.size(); i++) {
            SystemRegister row = table.row(i);
            if (row.kind == SystemRegister.STORED) {
                CpuState.set(state, row.offset, row.reset);
            }
        }
        VirtualTimer.reset(state);
        LentInterrupts.reset(state);
        PerformanceMonitor.reset(state);
        CpuState.set(state, GuestState.OSLK_OFFSET, 2);
        CpuState.set(state, GuestState.DBGCLAIM_EL1_OFFSET, 0);
        CpuState.set(state, GuestState.TLBI_COUNT_OFFSET, 0);
        FloatRegisters.setControl(state, 0);
        FloatRegisters.setStatus(state, 0);
        derive(state);
    }

    /** Tells devices what generated code has done for them. */
    public void synchronise(long state) {
        VirtualTimer.synchronise(state, devices);
        recall(state);
    }

    /** Takes back from generated code what {@link #lend} has left to it. */
    public void recall(long state) {
        LentInterrupts.takeBack(state, devices);
    }

    /** Tells the virtual timer of a CPU that may run what generated code has done to it. */
    public void lookAtTimer(long state) {
        VirtualTimer.look(state, devices);
    }

    /** Leaves to generated code what it may do for devices. */
    public void lend(long state) {
        LentInterrupts.lend(state, devices);
    }

    /** Recomputes what is derived from other registers. */
    public void derive(long state) {
        deriveRegime(state);
        debug.update(state);
    }

    private void deriveRegime(long state) {
        spaces.updateRegime(state);
        PointerAuthentication.update(state);
    }

    /** MRS at the pc: the register's value goes to X[Rt], or an exception is taken. True if it was read. */
    public boolean read(long state, int word) {
        int encoding = word >>> 5 & 0xffff;
        int rt = word & 31;
        SystemRegister row = table.find(encoding);
        if (!allowed(state, row, encoding, rt, false)) {
            return false;
        }
        CpuState.setX(state, rt, row == null ? devices.read(CpuState.cpu(state), encoding) : value(state, row));
        return true;
    }

    /** MSR (register) at the pc: X[Rt] goes to the register, or an exception is taken. True if it was written. */
    public boolean write(long state, int word) {
        int encoding = word >>> 5 & 0xffff;
        int rt = word & 31;
        SystemRegister row = table.find(encoding);
        if (!allowed(state, row, encoding, rt, true)) {
            return false;
        }
        long value = CpuState.x(state, rt);
        if (row == null || row.kind == SystemRegister.DEVICE) {
            devices.write(CpuState.cpu(state), encoding, value);
            if (VirtualTimer.isRegister(encoding)) {
                VirtualTimer.copy(state, devices);
            }
        } else if (row.kind == SystemRegister.STORED) {
            CpuState.set(state, row.offset, value & row.mask | row.ones);
            applyEffect(state, row.effect);
        } else if (row.feature == CpuFeature.PMU) {
            PerformanceMonitor.write(state, row.encoding, value);
        } else {
            writeSpecial(state, row.encoding, value);
        }
        return true;
    }

    private void applyEffect(long state, int effect) {
        if (effect == SystemRegister.REGIME) {
            deriveRegime(state);
        } else if (effect == SystemRegister.DEBUG) {
            debug.update(state);
        }
        if (effect != SystemRegister.NOTHING) {
            hooks.contextChanged(state);
        }
    }

    /** True if the word is an MSR or MRS of a register that the CPU lacks because of its features. */
    public boolean lacksRegister(int word) {
        if ((word & REGISTER_MOVE_MASK) != REGISTER_MOVE) {
            return false;
        }
        SystemRegister row = table.find(word >>> 5 & 0xffff);
        return row != null && lacks(row);
    }

    private boolean lacks(SystemRegister row) {
        return row.feature != null && !features.has(row.feature);
    }

    private boolean allowed(long state, SystemRegister row, int encoding, int rt, boolean write) {
        boolean privileged = CpuState.privileged(state);
        if (row == null) {
            if (privileged && devices.handles(encoding)) {
                return true;
            }
            undefined(state, encoding, write);
            return false;
        }
        if (lacks(row)) {
            exceptions.undefined(state);
            return false;
        }
        if (!row.accessible(privileged, write) || row.kind == SystemRegister.DEVICE && !devices.handles(encoding)) {
            undefined(state, encoding, write);
            return false;
        }
        if (encoding == RegisterTable.SP_EL0 && (CpuState.pstate(state) & Pstate.SP) == 0) {
            undefined(state, encoding, write);
            return false;
        }
        if (encoding == RegisterTable.FPCR || encoding == RegisterTable.FPSR) {
            if (SystemControl.floatingPointTrapped(CpuState.get(state, GuestState.CPACR_EL1_OFFSET), privileged)) {
                exceptions.floatingPointTrap(state);
                return false;
            }
            return true;
        }
        if (!privileged && trapped(state, row, write)) {
            trap(state, encoding, rt, !write);
            return false;
        }
        return true;
    }

    private static boolean trapped(long state, SystemRegister row, boolean write) {
        if (row.feature == CpuFeature.PMU) {
            return !PerformanceMonitor.allowsUser(state, row.encoding, write);
        }
        if (row.enable == SystemControl.TSCXT) {
            return (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.TSCXT) != 0;
        }
        if (row.enable != SystemRegister.NO_TRAP) {
            return (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & row.enable) == 0;
        }
        return row.kind == SystemRegister.DEVICE
                && (CpuState.get(state, GuestState.CNTKCTL_EL1_OFFSET) & timerEnable(row.encoding)) == 0;
    }

    /** Bits of CNTKCTL_EL1 that let EL0 access a timer register; one suffices. */
    static long timerEnable(int encoding) {
        return switch (encoding >>> 3 & 15) {
            case 0 -> switch (encoding & 7) {
                case 0 -> SystemControl.EL0PCTEN | SystemControl.EL0VCTEN;
                case 1 -> SystemControl.EL0PCTEN;
                default -> SystemControl.EL0VCTEN;
            };
            case 2 -> SystemControl.EL0PTEN;
            default -> SystemControl.EL0VTEN;
        };
    }

    private void undefined(long state, int encoding, boolean write) {
        int key = encoding << 5 | (write ? 1 : 0);
        SystemRegister row = table.find(encoding);
        boolean privileged = CpuState.privileged(state);
        // Linux emulates reads of the feature registers from EL0.
        boolean expected = row != null && !privileged;
        if (!expected && !log.noted(key, privileged)) {
            String name = row == null ? SystemRegister.genericName(encoding) : row.name;
            log.note(key, privileged, (write ? "write of " : "read of ") + name, CpuState.pc(state));
        }
        exceptions.undefined(state);
    }

    /** System-register trap from EL0. */
    void trap(long state, int encoding, int rt, boolean read) {
        exceptions.take(state, Syndrome.EC_SYSTEM_REGISTER, Syndrome.systemRegisterIss(encoding, rt, read), CpuState.pc(state));
    }

    private long value(long state, SystemRegister row) {
        return switch (row.kind) {
            case SystemRegister.CONSTANT -> row.reset;
            case SystemRegister.STORED -> CpuState.get(state, row.offset);
            case SystemRegister.DEVICE -> devices.read(CpuState.cpu(state), row.encoding);
            default -> row.feature == CpuFeature.PMU ? PerformanceMonitor.read(state, row.encoding) : readSpecial(state, row.encoding);
        };
    }

    private long readSpecial(long state, int encoding) {
        long pstate = CpuState.pstate(state);
        if (encoding == RegisterTable.DAIF) {
            return pstate & Pstate.DAIF;
        }
        if (encoding == RegisterTable.NZCV) {
            return CpuState.nzcv(state);
        }
        if (encoding == RegisterTable.SP_EL0) {
            return CpuState.get(state, GuestState.SP_EL0_OFFSET);
        }
        if (encoding == RegisterTable.CURRENT_EL) {
            return pstate & Pstate.EL_MASK;
        }
        if (encoding == RegisterTable.SPSEL) {
            return pstate & Pstate.SP;
        }
        if (encoding == RegisterTable.PAN) {
            return pstate & Pstate.PAN;
        }
        if (encoding == RegisterTable.FPCR) {
            return CpuState.get(state, GuestState.FPCR_OFFSET);
        }
        if (encoding == RegisterTable.FPSR) {
            return FloatRegisters.status(state);
        }
        if (RegisterTable.isFeatureRegister(encoding)) {
            return IdRegisters.feature(features, encoding >>> 3 & 15, encoding & 7);
        }
        if (encoding == RegisterTable.MPIDR_EL1) {
            return IdRegisters.mpidr(CpuState.cpu(state));
        }
        if (encoding == RegisterTable.ISR_EL1) {
            int lines = CpuState.interruptLines(state);
            return (lines & 1) << 7 | (lines & 2) << 5;
        }
        if (encoding == RegisterTable.SSBS) {
            return pstate & Pstate.SSBS;
        }
        if (encoding == RegisterTable.RNDR || encoding == RegisterTable.RNDRRS) {
            // Always successful.
            CpuState.setNzcv(state, 0);
            return random();
        }
        if (encoding == RegisterTable.OSLSR_EL1) {
            return 8 | CpuState.get(state, GuestState.OSLK_OFFSET);
        }
        if (encoding == RegisterTable.DBGCLAIMSET_EL1) {
            return CLAIM_TAGS;
        }
        if (encoding == RegisterTable.DBGCLAIMCLR_EL1) {
            return CpuState.get(state, GuestState.DBGCLAIM_EL1_OFFSET);
        }
        throw new IllegalStateException("no read of " + SystemRegister.genericName(encoding));
    }

    private void writeSpecial(long state, int encoding, long value) {
        long pstate = CpuState.pstate(state);
        if (encoding == RegisterTable.DAIF) {
            setMasks(state, value & Pstate.DAIF);
        } else if (encoding == RegisterTable.SSBS) {
            CpuState.set(state, GuestState.PSTATE_OFFSET, pstate & ~Pstate.SSBS | value & Pstate.SSBS);
        } else if (encoding == RegisterTable.NZCV) {
            CpuState.setNzcv(state, value);
        } else if (encoding == RegisterTable.SP_EL0) {
            CpuState.set(state, GuestState.SP_EL0_OFFSET, value);
        } else if (encoding == RegisterTable.SPSEL) {
            setPstate(state, pstate & ~Pstate.SP | value & Pstate.SP);
        } else if (encoding == RegisterTable.PAN) {
            setPstate(state, pstate & ~Pstate.PAN | value & Pstate.PAN);
        } else if (encoding == RegisterTable.FPCR) {
            long fields = RegisterTable.FPCR_MASK | (features.has(CpuFeature.FP16) ? RegisterTable.FPCR_FZ16 : 0);
            FloatRegisters.setControl(state, value & fields);
            hooks.contextChanged(state);
        } else if (encoding == RegisterTable.FPSR) {
            int kind = FloatRegisters.kind(state);
            FloatRegisters.setStatus(state, value & RegisterTable.FPSR_MASK);
            if (FloatRegisters.kind(state) != kind) {
                hooks.contextChanged(state);
            }
        } else if (encoding == RegisterTable.OSLAR_EL1) {
            CpuState.set(state, GuestState.OSLK_OFFSET, (value & 1) << 1);
            applyEffect(state, SystemRegister.DEBUG);
        } else if (encoding == RegisterTable.DBGCLAIMSET_EL1) {
            claim(state, value & CLAIM_TAGS, 0);
        } else if (encoding == RegisterTable.DBGCLAIMCLR_EL1) {
            claim(state, 0, value & CLAIM_TAGS);
        } else {
            throw new IllegalStateException("no write of " + SystemRegister.genericName(encoding));
        }
    }

    /** From the host's generator. */
    private long random() {
        if (randomNumbers == null) {
            randomNumbers = new SecureRandom();
        }
        return randomNumbers.nextLong();
    }

    private static void claim(long state, long set, long clear) {
        long tags = CpuState.get(state, GuestState.DBGCLAIM_EL1_OFFSET);
        CpuState.set(state, GuestState.DBGCLAIM_EL1_OFFSET, (tags | set) & ~clear);
    }

    private void setPstate(long state, long value) {
        CpuState.setPstate(state, value);
        hooks.contextChanged(state);
    }

    /** Sets PSTATE.DAIF. An interrupt that comes through by it is taken before the guest goes on. */
    private static void setMasks(long state, long daif) {
        long pstate = CpuState.pstate(state) & ~Pstate.DAIF | daif;
        CpuState.set(state, GuestState.PSTATE_OFFSET, pstate);
    }

    /** MSR (immediate) at the pc. True if it was done, false if an exception was taken. */
    public boolean writeImmediate(long state, int word) {
        int op1 = word >>> 16 & 7;
        int crm = word >>> 8 & 15;
        int op2 = word >>> 5 & 7;
        boolean privileged = CpuState.privileged(state);
        long pstate = CpuState.pstate(state);
        if (op1 == 3 && (op2 == 6 || op2 == 7)) {
            if (!privileged && (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.UMA) == 0) {
                trap(state, op1 << 11 | IMMEDIATE_CRN | crm << 3 | op2, ZERO_REGISTER, false);
                return false;
            }
            long masks = (long) crm << 6;
            setMasks(state, (op2 == 6 ? pstate | masks : pstate & ~masks) & Pstate.DAIF);
            return true;
        }
        if (op1 == 0 && op2 == 4 && privileged) {
            setPstate(state, pstate & ~Pstate.PAN | ((crm & 1) != 0 ? Pstate.PAN : 0));
            return true;
        }
        if (op1 == 3 && op2 == 1 && features.has(CpuFeature.SSBS)) {
            CpuState.set(state, GuestState.PSTATE_OFFSET, pstate & ~Pstate.SSBS | ((crm & 1) != 0 ? Pstate.SSBS : 0));
            return true;
        }
        if (op1 == 0 && op2 == 5 && privileged) {
            setPstate(state, pstate & ~Pstate.SP | crm & 1);
            return true;
        }
        if (!log.noted(word, privileged)) {
            log.note(word, privileged, "MSR (immediate) with op1 " + op1 + ", op2 " + op2, CpuState.pc(state));
        }
        exceptions.undefined(state);
        return false;
    }
}
