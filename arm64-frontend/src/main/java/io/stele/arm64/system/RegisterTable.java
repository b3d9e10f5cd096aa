package io.stele.arm64.system;

import static io.stele.arm64.system.SystemRegister.CONTEXT;
import static io.stele.arm64.system.SystemRegister.DEBUG;
import static io.stele.arm64.system.SystemRegister.NOTHING;
import static io.stele.arm64.system.SystemRegister.R0;
import static io.stele.arm64.system.SystemRegister.R1;
import static io.stele.arm64.system.SystemRegister.REGIME;
import static io.stele.arm64.system.SystemRegister.RO;
import static io.stele.arm64.system.SystemRegister.RW0;
import static io.stele.arm64.system.SystemRegister.RW;
import static io.stele.arm64.system.SystemRegister.W0;
import static io.stele.arm64.system.SystemRegister.WO;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;

/** All system registers of the CPU: one row each. What has no row is undefined, and so is an access that the row does not allow. */
public final class RegisterTable {
    private static final long ALL = -1L;

    /** Registers that {@link SystemRegisters} computes, by encoding. */
    public static final int MPIDR_EL1 = enc(3, 0, 0, 0, 5);
    public static final int ISR_EL1 = enc(3, 0, 12, 1, 0);
    public static final int SP_EL0 = enc(3, 0, 4, 1, 0);
    public static final int SPSEL = enc(3, 0, 4, 2, 0);
    public static final int CURRENT_EL = enc(3, 0, 4, 2, 2);
    public static final int SCXTNUM_EL0 = enc(3, 3, 13, 0, 7);
    public static final int SSBS = enc(3, 3, 4, 2, 6);
    public static final int RNDR = enc(3, 3, 2, 4, 0);
    public static final int RNDRRS = enc(3, 3, 2, 4, 1);
    public static final int PAN = enc(3, 0, 4, 2, 3);
    public static final int NZCV = enc(3, 3, 4, 2, 0);
    public static final int DAIF = enc(3, 3, 4, 2, 1);
    public static final int FPCR = enc(3, 3, 4, 4, 0);
    public static final int FPSR = enc(3, 3, 4, 4, 1);
    static final int OSLAR_EL1 = enc(2, 0, 1, 0, 4);
    static final int OSLSR_EL1 = enc(2, 0, 1, 1, 4);
    static final int DBGCLAIMSET_EL1 = enc(2, 0, 7, 8, 6);
    static final int DBGCLAIMCLR_EL1 = enc(2, 0, 7, 9, 6);
    public static final int CNTVCT_EL0 = enc(3, 3, 14, 0, 2);
    public static final int CNTV_TVAL_EL0 = enc(3, 3, 14, 3, 0);
    public static final int CNTV_CTL_EL0 = enc(3, 3, 14, 3, 1);
    public static final int CNTV_CVAL_EL0 = enc(3, 3, 14, 3, 2);
    public static final int ICC_IAR1_EL1 = enc(3, 0, 12, 12, 0);
    public static final int ICC_EOIR1_EL1 = enc(3, 0, 12, 12, 1);

    /** FPCR: AHP, DN, FZ, RMode; and of half-precision arithmetic FZ16. */
    static final long FPCR_MASK = 0x07c0_0000L;
    static final long FPCR_FZ16 = 1L << 19;
    /** FPSR: QC and the cumulative flags. */
    public static final long FPSR_MASK = 0x0800_009fL;

    private final SystemRegister[] rows = new SystemRegister[255];
    /** Row number + 1 by the low 15 bits of the encoding: op0 is 2 or 3, so bit 15 is always set. */
    private final byte[] index = new byte[1 << 15];
    private int count;

    public RegisterTable() {
        identification();
        memory();
        exceptions();
        threads();
        debug();
        timer();
        performanceMonitor();
        interruptController();
    }

    /** The row of an encoding, or null. */
    public SystemRegister find(int encoding) {
        if ((encoding & 0x8000) == 0) {
            return null;
        }
        int i = index[encoding & 0x7fff] & 0xff;
        return i == 0 ? null : rows[i - 1];
    }

    public int size() {
        return count;
    }

    public SystemRegister row(int i) {
        return rows[i];
    }

    private void identification() {
        constant("MIDR_EL1", enc(3, 0, 0, 0, 0), RO, IdRegisters.MIDR_EL1);
        special("MPIDR_EL1", MPIDR_EL1, RO);
        constant("REVIDR_EL1", enc(3, 0, 0, 0, 6), RO, 0);
        for (int crm = 1; crm < 8; crm++) {
            for (int op2 = 0; op2 < 8; op2++) {
                // The space of the feature registers; those that are not allocated or describe AArch32 read as zero.
                special(idName(crm, op2), enc(3, 0, 0, crm, op2), RO);
            }
        }
        constant("CCSIDR_EL1", enc(3, 1, 0, 0, 0), RO, IdRegisters.CCSIDR_EL1);
        constant("CLIDR_EL1", enc(3, 1, 0, 0, 1), RO, IdRegisters.CLIDR_EL1);
        constant("AIDR_EL1", enc(3, 1, 0, 0, 7), RO, 0);
        stored("CSSELR_EL1", enc(3, 2, 0, 0, 0), RW, GuestState.CSSELR_EL1_OFFSET, 0, 15, 0, NOTHING);
        add(new SystemRegister("CTR_EL0", enc(3, 3, 0, 0, 1), SystemRegister.CONSTANT, R1 | R0, 0, IdRegisters.CTR_EL0, 0, 0, NOTHING,
                SystemControl.UCT, null));
        constant("DCZID_EL0", enc(3, 3, 0, 0, 7), R1 | R0, IdRegisters.DCZID_EL0);
    }

    private static String idName(int crm, int op2) {
        return switch (crm << 3 | op2) {
            case 0x20 -> "ID_AA64PFR0_EL1";
            case 0x21 -> "ID_AA64PFR1_EL1";
            case 0x24 -> "ID_AA64ZFR0_EL1";
            case 0x25 -> "ID_AA64SMFR0_EL1";
            case 0x28 -> "ID_AA64DFR0_EL1";
            case 0x29 -> "ID_AA64DFR1_EL1";
            case 0x2c -> "ID_AA64AFR0_EL1";
            case 0x2d -> "ID_AA64AFR1_EL1";
            case 0x30 -> "ID_AA64ISAR0_EL1";
            case 0x31 -> "ID_AA64ISAR1_EL1";
            case 0x32 -> "ID_AA64ISAR2_EL1";
            case 0x38 -> "ID_AA64MMFR0_EL1";
            case 0x39 -> "ID_AA64MMFR1_EL1";
            case 0x3a -> "ID_AA64MMFR2_EL1";
            default -> SystemRegister.genericName(enc(3, 0, 0, crm, op2));
        };
    }

    /** True for the registers that describe the CPU's features. */
    static boolean isFeatureRegister(int encoding) {
        return encoding >= enc(3, 0, 0, 1, 0) && encoding <= enc(3, 0, 0, 7, 7);
    }

    private void memory() {
        stored("SCTLR_EL1", enc(3, 0, 1, 0, 0), RW, GuestState.SCTLR_EL1_OFFSET, SystemControl.SPAN, SystemControl.SCTLR_MASK,
                SystemControl.SCTLR_RES1, REGIME);
        stored("ACTLR_EL1", enc(3, 0, 1, 0, 1), RW, GuestState.ACTLR_EL1_OFFSET, 0, 0, 0, NOTHING);
        stored("CPACR_EL1", enc(3, 0, 1, 0, 2), RW, GuestState.CPACR_EL1_OFFSET, 0, SystemControl.FPEN_MASK, 0, CONTEXT);
        stored("TTBR0_EL1", enc(3, 0, 2, 0, 0), RW, GuestState.TTBR0_EL1_OFFSET, 0, ALL, 0, CONTEXT);
        stored("TTBR1_EL1", enc(3, 0, 2, 0, 1), RW, GuestState.TTBR1_EL1_OFFSET, 0, ALL, 0, CONTEXT);
        stored("TCR_EL1", enc(3, 0, 2, 0, 2), RW, GuestState.TCR_EL1_OFFSET, 0, SystemControl.TCR_MASK, 0, REGIME);
        stored("MAIR_EL1", enc(3, 0, 10, 2, 0), RW, GuestState.MAIR_EL1_OFFSET, 0, ALL, 0, REGIME);
        stored("AMAIR_EL1", enc(3, 0, 10, 3, 0), RW, GuestState.AMAIR_EL1_OFFSET, 0, 0, 0, NOTHING);
        stored("PAR_EL1", enc(3, 0, 7, 4, 0), RW, GuestState.PAR_EL1_OFFSET, 0, ALL, 0, NOTHING);
        key("APIAKEY", 1, 0, GuestState.APIAKEYLO_OFFSET, GuestState.APIAKEYHI_OFFSET);
        key("APIBKEY", 1, 2, GuestState.APIBKEYLO_OFFSET, GuestState.APIBKEYHI_OFFSET);
        key("APDAKEY", 2, 0, GuestState.APDAKEYLO_OFFSET, GuestState.APDAKEYHI_OFFSET);
        key("APDBKEY", 2, 2, GuestState.APDBKEYLO_OFFSET, GuestState.APDBKEYHI_OFFSET);
        key("APGAKEY", 3, 0, GuestState.APGAKEYLO_OFFSET, GuestState.APGAKEYHI_OFFSET);
        // No ordered regions: the registers read as zero.
        ordered("LORSA_EL1", 0);
        ordered("LOREA_EL1", 1);
        ordered("LORN_EL1", 2);
        ordered("LORC_EL1", 3);
        add(new SystemRegister("LORID_EL1", enc(3, 0, 10, 4, 7), SystemRegister.CONSTANT, RO, 0, 0, 0, 0, NOTHING, SystemRegister.NO_TRAP,
            CpuFeature.LOR));
        stored("CONTEXTIDR_EL1", enc(3, 0, 13, 0, 1), RW, GuestState.CONTEXTIDR_EL1_OFFSET, 0, 0xffff_ffffL, 0, NOTHING);
    }

    private void key(String name, int crm, int op2, int low, int high) {
        for (int half = 0; half < 2; half++) {
            add(new SystemRegister(name + (half == 0 ? "LO" : "HI") + "_EL1", enc(3, 0, 2, crm, op2 + half), SystemRegister.STORED, RW,
                half == 0 ? low : high, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP, CpuFeature.PAuth));
        }
    }

    private void ordered(String name, int op2) {
        add(new SystemRegister(name, enc(3, 0, 10, 4, op2), SystemRegister.STORED, RW, GuestState.ACTLR_EL1_OFFSET, 0, 0, 0, NOTHING,
            SystemRegister.NO_TRAP, CpuFeature.LOR));
    }

    private void exceptions() {
        stored("SPSR_EL1", enc(3, 0, 4, 0, 0), RW, GuestState.SPSR_EL1_OFFSET, 0, Pstate.SPSR_MASK, 0, NOTHING);
        stored("ELR_EL1", enc(3, 0, 4, 0, 1), RW, GuestState.ELR_EL1_OFFSET, 0, ALL, 0, NOTHING);
        stored("AFSR0_EL1", enc(3, 0, 5, 1, 0), RW, GuestState.AFSR0_EL1_OFFSET, 0, 0, 0, NOTHING);
        stored("AFSR1_EL1", enc(3, 0, 5, 1, 1), RW, GuestState.AFSR1_EL1_OFFSET, 0, 0, 0, NOTHING);
        stored("ESR_EL1", enc(3, 0, 5, 2, 0), RW, GuestState.ESR_EL1_OFFSET, 0, 0xffff_ffffL, 0, NOTHING);
        stored("FAR_EL1", enc(3, 0, 6, 0, 0), RW, GuestState.FAR_EL1_OFFSET, 0, ALL, 0, NOTHING);
        stored("VBAR_EL1", enc(3, 0, 12, 0, 0), RW, GuestState.VBAR_EL1_OFFSET, 0, ~0x7ffL, 0, CONTEXT);
        constant("RVBAR_EL1", enc(3, 0, 12, 0, 1), RO, 0);
        special("ISR_EL1", ISR_EL1, RO);
        special("SP_EL0", SP_EL0, RW);
        special("SPSel", SPSEL, RW);
        special("CurrentEL", CURRENT_EL, RO);
        special("PAN", PAN, RW);
        special("NZCV", NZCV, RW0);
        add(new SystemRegister("SSBS", SSBS, SystemRegister.SPECIAL, RW0, 0, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP, CpuFeature.SSBS));
        add(new SystemRegister("RNDR", RNDR, SystemRegister.SPECIAL, R1 | R0, 0, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP, CpuFeature.RNG));
        add(new SystemRegister("RNDRRS", RNDRRS, SystemRegister.SPECIAL, R1 | R0, 0, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP,
            CpuFeature.RNG));
        add(new SystemRegister("DAIF", DAIF, SystemRegister.SPECIAL, RW0, 0, 0, ALL, 0, NOTHING, SystemControl.UMA, null));
        special("FPCR", FPCR, RW0);
        special("FPSR", FPSR, RW0);
    }

    private void threads() {
        stored("TPIDR_EL1", enc(3, 0, 13, 0, 4), RW, GuestState.TPIDR_EL1_OFFSET, 0, ALL, 0, NOTHING);
        add(new SystemRegister("SCXTNUM_EL0", SCXTNUM_EL0, SystemRegister.STORED, RW0, GuestState.SCXTNUM_EL0_OFFSET, 0, ALL, 0, NOTHING,
            SystemControl.TSCXT, null));
        stored("SCXTNUM_EL1", enc(3, 0, 13, 0, 7), RW, GuestState.SCXTNUM_EL1_OFFSET, 0, ALL, 0, NOTHING);
        stored("TPIDR_EL0", enc(3, 3, 13, 0, 2), RW0, GuestState.TPIDR_EL0_OFFSET, 0, ALL, 0, NOTHING);
        stored("TPIDRRO_EL0", enc(3, 3, 13, 0, 3), RW | R0, GuestState.TPIDRRO_EL0_OFFSET, 0, ALL, 0, NOTHING);
    }

    private void debug() {
        stored("MDSCR_EL1", enc(2, 0, 0, 2, 2), RW, GuestState.MDSCR_EL1_OFFSET, 0, 0x6400_f041L, 0, DEBUG);
        stored("MDCCINT_EL1", enc(2, 0, 0, 2, 0), RW, GuestState.MDCCINT_EL1_OFFSET, 0, 3L << 29, 0, NOTHING);
        constant("MDCCSR_EL0", enc(2, 3, 0, 1, 0), R1 | R0, 0);
        stored("OSDTRRX_EL1", enc(2, 0, 0, 0, 2), RW, GuestState.DBGDTR_OFFSET, 0, 0xffff_ffffL, 0, NOTHING);
        stored("OSDTRTX_EL1", enc(2, 0, 0, 3, 2), RW, GuestState.DBGDTR_OFFSET, 0, 0xffff_ffffL, 0, NOTHING);
        stored("OSECCR_EL1", enc(2, 0, 0, 6, 2), RW, GuestState.OSECCR_EL1_OFFSET, 0, 0xffff_ffffL, 0, NOTHING);
        constant("MDRAR_EL1", enc(2, 0, 1, 0, 0), RO, 0);
        special("OSLAR_EL1", OSLAR_EL1, WO);
        special("OSLSR_EL1", OSLSR_EL1, RO);
        stored("OSDLR_EL1", enc(2, 0, 1, 3, 4), RW, GuestState.OSDLR_EL1_OFFSET, 0, 1, 0, DEBUG);
        stored("DBGPRCR_EL1", enc(2, 0, 1, 4, 4), RW, GuestState.DBGPRCR_EL1_OFFSET, 0, 1, 0, NOTHING);
        special("DBGCLAIMSET_EL1", DBGCLAIMSET_EL1, RW);
        special("DBGCLAIMCLR_EL1", DBGCLAIMCLR_EL1, RW);
        constant("DBGAUTHSTATUS_EL1", enc(2, 0, 7, 14, 6), RO, 0);
        for (int n = 0; n < DebugRegisters.BREAKPOINTS; n++) {
            stored("DBGBVR" + n + "_EL1", enc(2, 0, 0, n, 4), RW, DebugRegisters.bvr(n), 0, ALL, 0, DEBUG);
            stored("DBGBCR" + n + "_EL1", enc(2, 0, 0, n, 5), RW, DebugRegisters.bcr(n), 0, 0x00ff_e1e7L, 0, DEBUG);
        }
        for (int n = 0; n < DebugRegisters.WATCHPOINTS; n++) {
            stored("DBGWVR" + n + "_EL1", enc(2, 0, 0, n, 6), RW, DebugRegisters.wvr(n), 0, ~3L, 0, DEBUG);
            stored("DBGWCR" + n + "_EL1", enc(2, 0, 0, n, 7), RW, DebugRegisters.wcr(n), 0, 0x1f1f_ffffL, 0, DEBUG);
        }
    }

    private void timer() {
        stored("CNTKCTL_EL1", enc(3, 0, 14, 1, 0), RW, GuestState.CNTKCTL_EL1_OFFSET, 0, SystemControl.CNTKCTL_MASK, 0, CONTEXT);
        device("CNTFRQ_EL0", enc(3, 3, 14, 0, 0), RW | R0);
        device("CNTPCT_EL0", enc(3, 3, 14, 0, 1), R1 | R0);
        device("CNTVCT_EL0", CNTVCT_EL0, R1 | R0);
        device("CNTP_TVAL_EL0", enc(3, 3, 14, 2, 0), RW0);
        device("CNTP_CTL_EL0", enc(3, 3, 14, 2, 1), RW0);
        device("CNTP_CVAL_EL0", enc(3, 3, 14, 2, 2), RW0);
        device("CNTV_TVAL_EL0", CNTV_TVAL_EL0, RW0);
        device("CNTV_CTL_EL0", CNTV_CTL_EL0, RW0);
        device("CNTV_CVAL_EL0", CNTV_CVAL_EL0, RW0);
    }

    private void performanceMonitor() {
        monitor("PMCR_EL0", PerformanceMonitor.PMCR_EL0, RW0);
        monitor("PMCNTENSET_EL0", PerformanceMonitor.PMCNTENSET_EL0, RW0);
        monitor("PMCNTENCLR_EL0", PerformanceMonitor.PMCNTENCLR_EL0, RW0);
        monitor("PMOVSCLR_EL0", PerformanceMonitor.PMOVSCLR_EL0, RW0);
        monitor("PMSWINC_EL0", PerformanceMonitor.PMSWINC_EL0, WO | W0);
        monitor("PMSELR_EL0", PerformanceMonitor.PMSELR_EL0, RW0);
        monitor("PMCEID0_EL0", PerformanceMonitor.PMCEID0_EL0, R1 | R0);
        monitor("PMCEID1_EL0", PerformanceMonitor.PMCEID1_EL0, R1 | R0);
        monitor("PMCCNTR_EL0", PerformanceMonitor.PMCCNTR_EL0, RW0);
        monitor("PMXEVTYPER_EL0", PerformanceMonitor.PMXEVTYPER_EL0, RW0);
        monitor("PMXEVCNTR_EL0", PerformanceMonitor.PMXEVCNTR_EL0, RW0);
        monitor("PMUSERENR_EL0", PerformanceMonitor.PMUSERENR_EL0, RW | R0);
        monitor("PMOVSSET_EL0", PerformanceMonitor.PMOVSSET_EL0, RW0);
        monitor("PMINTENSET_EL1", PerformanceMonitor.PMINTENSET_EL1, RW);
        monitor("PMINTENCLR_EL1", PerformanceMonitor.PMINTENCLR_EL1, RW);
        monitor("PMCCFILTR_EL0", PerformanceMonitor.PMCCFILTR_EL0, RW0);
    }

    private void monitor(String name, int encoding, int access) {
        add(new SystemRegister(name, encoding, SystemRegister.SPECIAL, access, 0, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP, CpuFeature.PMU));
    }

    private void interruptController() {
        device("ICC_PMR_EL1", enc(3, 0, 4, 6, 0), RW);
        device("ICC_IAR0_EL1", enc(3, 0, 12, 8, 0), RO);
        device("ICC_EOIR0_EL1", enc(3, 0, 12, 8, 1), WO);
        device("ICC_HPPIR0_EL1", enc(3, 0, 12, 8, 2), RO);
        device("ICC_BPR0_EL1", enc(3, 0, 12, 8, 3), RW);
        for (int n = 0; n < 4; n++) {
            device("ICC_AP0R" + n + "_EL1", enc(3, 0, 12, 8, 4 + n), RW);
            device("ICC_AP1R" + n + "_EL1", enc(3, 0, 12, 9, n), RW);
        }
        device("ICC_DIR_EL1", enc(3, 0, 12, 11, 1), WO);
        device("ICC_RPR_EL1", enc(3, 0, 12, 11, 3), RO);
        device("ICC_SGI1R_EL1", enc(3, 0, 12, 11, 5), WO);
        device("ICC_ASGI1R_EL1", enc(3, 0, 12, 11, 6), WO);
        device("ICC_SGI0R_EL1", enc(3, 0, 12, 11, 7), WO);
        device("ICC_IAR1_EL1", ICC_IAR1_EL1, RO);
        device("ICC_EOIR1_EL1", ICC_EOIR1_EL1, WO);
        device("ICC_HPPIR1_EL1", enc(3, 0, 12, 12, 2), RO);
        device("ICC_BPR1_EL1", enc(3, 0, 12, 12, 3), RW);
        device("ICC_CTLR_EL1", enc(3, 0, 12, 12, 4), RW);
        device("ICC_SRE_EL1", enc(3, 0, 12, 12, 5), RW);
        device("ICC_IGRPEN0_EL1", enc(3, 0, 12, 12, 6), RW);
        device("ICC_IGRPEN1_EL1", enc(3, 0, 12, 12, 7), RW);
    }

    private static int enc(int op0, int op1, int crn, int crm, int op2) {
        return SystemRegister.encode(op0, op1, crn, crm, op2);
    }

    private void constant(String name, int encoding, int access, long value) {
        add(new SystemRegister(name, encoding, SystemRegister.CONSTANT, access, 0, value, 0, 0, NOTHING, SystemRegister.NO_TRAP, null));
    }

    private void stored(String name, int encoding, int access, int offset, long reset, long mask, long ones, int effect) {
        add(new SystemRegister(name, encoding, SystemRegister.STORED, access, offset, reset | ones, mask, ones, effect,
                SystemRegister.NO_TRAP, null));
    }

    private void special(String name, int encoding, int access) {
        add(new SystemRegister(name, encoding, SystemRegister.SPECIAL, access, 0, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP, null));
    }

    private void device(String name, int encoding, int access) {
        add(new SystemRegister(name, encoding, SystemRegister.DEVICE, access, 0, 0, ALL, 0, NOTHING, SystemRegister.NO_TRAP, null));
    }

    private void add(SystemRegister register) {
        if (index[register.encoding & 0x7fff] != 0) {
            throw new IllegalStateException(register.name + " has the encoding of another register");
        }
        rows[count++] = register;
        index[register.encoding & 0x7fff] = (byte) count;
    }
}
