package io.stele.arm64.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.TestMachine;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.AddressSpaces;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SystemRegistersTest {
    private static final int RT = 3;
    private static final long UNDEFINED = 0x0200_0000L;
    private static final Set<String> EL0_READS = Set.of("CTR_EL0", "DCZID_EL0", "NZCV", "DAIF", "FPCR", "FPSR", "TPIDR_EL0", "TPIDRRO_EL0",
            "MDCCSR_EL0", "SCXTNUM_EL0", "SSBS", "RNDR", "RNDRRS",
            "CNTFRQ_EL0", "CNTPCT_EL0", "CNTVCT_EL0", "CNTP_TVAL_EL0", "CNTP_CTL_EL0", "CNTP_CVAL_EL0", "CNTV_TVAL_EL0",
            "CNTV_CTL_EL0", "CNTV_CVAL_EL0",
            "PMCEID0_EL0", "PMCEID1_EL0", "PMUSERENR_EL0", "PMCR_EL0", "PMCNTENSET_EL0",
            "PMCNTENCLR_EL0", "PMOVSCLR_EL0", "PMSELR_EL0", "PMCCNTR_EL0", "PMXEVTYPER_EL0",
            "PMXEVCNTR_EL0", "PMOVSSET_EL0", "PMCCFILTR_EL0");
    private static final Set<String> EL0_WRITES = Set.of("NZCV", "DAIF", "FPCR", "FPSR", "TPIDR_EL0", "SCXTNUM_EL0", "SSBS",
            "CNTP_TVAL_EL0", "CNTP_CTL_EL0",
            "CNTP_CVAL_EL0", "CNTV_TVAL_EL0", "CNTV_CTL_EL0", "CNTV_CVAL_EL0",
            "PMSWINC_EL0", "PMCR_EL0", "PMCNTENSET_EL0",
            "PMCNTENCLR_EL0", "PMOVSCLR_EL0", "PMSELR_EL0", "PMCCNTR_EL0", "PMXEVTYPER_EL0",
            "PMXEVCNTR_EL0", "PMOVSSET_EL0", "PMCCFILTR_EL0");
    private static final Set<String> WRITE_ONLY = Set.of("OSLAR_EL1", "ICC_EOIR0_EL1", "ICC_EOIR1_EL1", "ICC_DIR_EL1", "ICC_SGI1R_EL1",
            "ICC_ASGI1R_EL1", "ICC_SGI0R_EL1", "PMSWINC_EL0");
    private static final Set<String> READ_ONLY = Set.of("MIDR_EL1", "MPIDR_EL1", "REVIDR_EL1", "CCSIDR_EL1", "CLIDR_EL1", "AIDR_EL1",
            "CTR_EL0", "DCZID_EL0", "RVBAR_EL1", "ISR_EL1", "CurrentEL", "MDCCSR_EL0", "MDRAR_EL1", "OSLSR_EL1", "DBGAUTHSTATUS_EL1",
            "CNTPCT_EL0",
            "CNTVCT_EL0", "LORID_EL1", "RNDR", "RNDRRS",
            "ICC_IAR0_EL1", "ICC_IAR1_EL1", "ICC_HPPIR0_EL1", "ICC_HPPIR1_EL1", "ICC_RPR_EL1", "PMCEID0_EL0", "PMCEID1_EL0");

    private final TestMachine machine = new TestMachine(4096);
    private final long state = machine.state;
    private final RegisterTable table = new RegisterTable();
    private final AddressSpaces spaces = new AddressSpaces(machine);
    private SystemRegisters registers = withFeatures(CpuFeatures.DESCRIBED);

    private SystemRegisters withFeatures(CpuFeatures features) {
        return new SystemRegisters(table, features, machine, new Exceptions(machine, true), spaces, new DebugRegisters(machine), machine,
            new UndefinedLog(machine.log::add));
    }

    @BeforeEach
    void reset() {
        registers.reset(state);
        machine.set(GuestState.CPACR_EL1_OFFSET, SystemControl.FPEN_MASK);
        CpuState.setPc(state, 0x1000);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static int mrs(int encoding) {
        return 0xd520_0000 | encoding << 5 | RT;
    }

    private static int msr(int encoding) {
        return 0xd500_0000 | encoding << 5 | RT;
    }

    private static int enc(int op0, int op1, int crn, int crm, int op2) {
        return SystemRegister.encode(op0, op1, crn, crm, op2);
    }

    private long read(int encoding) {
        assertTrue(registers.read(state, mrs(encoding)), SystemRegister.genericName(encoding));
        return CpuState.x(state, RT);
    }

    private void write(int encoding, long value) {
        CpuState.setX(state, RT, value);
        assertTrue(registers.write(state, msr(encoding)), SystemRegister.genericName(encoding));
    }

    private int find(String name) {
        for (int i = 0; i < table.size(); i++) {
            if (table.row(i).name.equals(name)) {
                return table.row(i).encoding;
            }
        }
        throw new AssertionError(name);
    }

    @Test
    void accessRightsAreThoseOfTheManual() {
        Set<String> el0Reads = new TreeSet<>();
        Set<String> el0Writes = new TreeSet<>();
        for (int i = 0; i < table.size(); i++) {
            SystemRegister row = table.row(i);
            boolean identification = row.encoding >>> 7 == enc(3, 0, 0, 0, 0) >>> 7;
            assertEquals(!WRITE_ONLY.contains(row.name), row.accessible(true, false), row.name);
            assertEquals(!READ_ONLY.contains(row.name) && !identification, row.accessible(true, true), row.name);
            if (row.accessible(false, false)) {
                el0Reads.add(row.name);
            }
            if (row.accessible(false, true)) {
                el0Writes.add(row.name);
            }
        }
        assertEquals(new TreeSet<>(EL0_READS), el0Reads);
        assertEquals(new TreeSet<>(EL0_WRITES), el0Writes);
    }

    @Test
    void everyRegisterCanBeAccessedAsItsRowSaysAndOnlySo() {
        for (int level = 0; level < 2; level++) {
            for (int i = 0; i < table.size(); i++) {
                SystemRegister row = table.row(i);
                if (row.kind == SystemRegister.DEVICE && !machine.handles(row.encoding)) {
                    continue;
                }
                reset();
                CpuState.setPstate(state, level == 0 ? 0 : Pstate.EL1H);
                machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.UCT | SystemControl.UMA);
                machine.set(GuestState.CNTKCTL_EL1_OFFSET, SystemControl.CNTKCTL_MASK);
                machine.set(GuestState.PMUSERENR_OFFSET, 1);
                assertEquals(row.accessible(level == 1, false), registers.read(state, mrs(row.encoding)), row.name);
                reset();
                CpuState.setPstate(state, level == 0 ? 0 : Pstate.EL1H);
                machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.UCT | SystemControl.UMA);
                machine.set(GuestState.CNTKCTL_EL1_OFFSET, SystemControl.CNTKCTL_MASK);
                machine.set(GuestState.PMUSERENR_OFFSET, 1);
                assertEquals(row.accessible(level == 1, true), registers.write(state, msr(row.encoding)), row.name);
            }
        }
    }

    @Test
    void unknownRegistersAreUndefinedAndReportedOnce() {
        int unknown = enc(3, 6, 1, 1, 0);
        assertNull(table.find(unknown));
        for (int i = 0; i < 2; i++) {
            assertFalse(registers.read(state, mrs(unknown)));
            assertEquals(UNDEFINED, machine.get(GuestState.ESR_EL1_OFFSET));
        }
        assertEquals(1, machine.log.size());
        assertTrue(machine.log.get(0).contains("s3_6_c1_c1_0"), machine.log.get(0));
        assertFalse(registers.write(state, msr(enc(3, 0, 0, 0, 0))));
        assertTrue(machine.log.get(1).contains("MIDR_EL1"), machine.log.get(1));
    }

    @Test
    void el0AccessesAreTrappedWithTheirEncoding() {
        long[][] cases = {
            {enc(3, 3, 0, 0, 1), SystemControl.UCT, 0},
            {RegisterTable.DAIF, SystemControl.UMA, 0},
            {enc(3, 3, 14, 0, 2), 0, SystemControl.EL0VCTEN},
            {TestMachine.CNTV_CTL_EL0, 0, SystemControl.EL0VTEN},
        };
        for (long[] c : cases) {
            int encoding = (int) c[0];
            machine.set(GuestState.SCTLR_EL1_OFFSET, 0);
            machine.set(GuestState.CNTKCTL_EL1_OFFSET, 0);
            CpuState.setPstate(state, 0);
            assertFalse(registers.read(state, mrs(encoding)));
            int op0 = encoding >>> 14;
            int op1 = encoding >>> 11 & 7;
            int crn = encoding >>> 7 & 15;
            int crm = encoding >>> 3 & 15;
            int op2 = encoding & 7;
            long iss = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | RT << 5 | crm << 1 | 1;
            assertEquals(0x18L << 26 | 1 << 25 | iss, machine.get(GuestState.ESR_EL1_OFFSET));
            machine.set(GuestState.SCTLR_EL1_OFFSET, c[1]);
            machine.set(GuestState.CNTKCTL_EL1_OFFSET, c[2]);
            CpuState.setPstate(state, 0);
            assertTrue(registers.read(state, mrs(encoding)));
        }
    }

    @Test
    void timerRegistersAreGatedOneByOne() {
        assertEquals(SystemControl.EL0PCTEN | SystemControl.EL0VCTEN, SystemRegisters.timerEnable(find("CNTFRQ_EL0")));
        assertEquals(SystemControl.EL0PCTEN, SystemRegisters.timerEnable(find("CNTPCT_EL0")));
        assertEquals(SystemControl.EL0VCTEN, SystemRegisters.timerEnable(find("CNTVCT_EL0")));
        assertEquals(SystemControl.EL0PTEN, SystemRegisters.timerEnable(find("CNTP_TVAL_EL0")));
        assertEquals(SystemControl.EL0VTEN, SystemRegisters.timerEnable(find("CNTV_CVAL_EL0")));
    }

    @Test
    void floatingPointRegistersFollowFpen() {
        machine.set(GuestState.CPACR_EL1_OFFSET, 1L << 20);
        assertTrue(registers.read(state, mrs(RegisterTable.FPCR)));
        CpuState.setPstate(state, 0);
        assertFalse(registers.read(state, mrs(RegisterTable.FPCR)));
        assertEquals(7L << 26 | 1 << 25 | 1 << 24 | 0xe << 20, machine.get(GuestState.ESR_EL1_OFFSET));
        machine.set(GuestState.CPACR_EL1_OFFSET, 0);
        assertFalse(registers.write(state, msr(RegisterTable.FPSR)));
    }

    @Test
    void contextNumbersAreTrappedWhenTheKernelWantsIt() {
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.TSCXT);
        CpuState.setPstate(state, 0);
        assertFalse(registers.read(state, mrs(RegisterTable.SCXTNUM_EL0)));
        assertEquals(0x18L, machine.get(GuestState.ESR_EL1_OFFSET) >>> 26);
    }

    @Test
    void registersOfAbsentFeaturesAreUndefinedAndNobodyIsTold() {
        registers = withFeatures(CpuFeatures.parse("max,-rng,-ssbs,-lor"));
        for (int encoding : new int[] {RegisterTable.RNDR, RegisterTable.SSBS, find("LORID_EL1")}) {
            assertFalse(registers.read(state, mrs(encoding)));
            assertEquals(UNDEFINED, machine.get(GuestState.ESR_EL1_OFFSET));
        }
        assertEquals(0, machine.log.size());
    }

    @Test
    void randomNumbersDifferAndClearTheFlags() {
        CpuState.setNzcv(state, 0xf000_0000L);
        long first = read(RegisterTable.RNDR);
        assertEquals(0, CpuState.nzcv(state));
        assertTrue(first != read(RegisterTable.RNDRRS));
    }

    @Test
    void identificationSaysWhatThereIs() {
        registers = withFeatures(CpuFeatures.DEFAULT);
        assertEquals(0x1300_0000_0111_0011L, read(find("ID_AA64PFR0_EL1")));
        assertEquals(0, read(find("ID_AA64PFR1_EL1")));
        assertEquals(0x0000_0000_0030_5106L, read(find("ID_AA64DFR0_EL1")));
        assertEquals(0x0100_1000_1021_1120L, read(find("ID_AA64ISAR0_EL1")));
        assertEquals(0x0000_0000_0010_0001L, read(find("ID_AA64ISAR1_EL1")));
        assertEquals(0x0000_0000_0010_0022L, read(find("ID_AA64MMFR0_EL1")));
        assertEquals(0x1000_0000_0011_1002L, read(find("ID_AA64MMFR1_EL1")));
        assertEquals(0x1000_0000_0000_0000L, read(find("ID_AA64MMFR2_EL1")));
        assertEquals(0x9444_c00aL, read(find("CTR_EL0")));
        assertEquals(4, read(find("DCZID_EL0")));
        assertEquals(0x000f_5700L, read(find("MIDR_EL1")));
        machine.set(GuestState.CPU_INDEX_OFFSET, 0x12);
        assertEquals(0x8000_0102L, read(RegisterTable.MPIDR_EL1));
        for (int crm = 1; crm < 8; crm++) {
            for (int op2 = 0; op2 < 8; op2++) {
                assertNotNull(table.find(enc(3, 0, 0, crm, op2)));
            }
        }
    }

    @Test
    void writesKeepReservedBits() {
        write(find("SCTLR_EL1"), -1);
        assertEquals(0x101a_fcdd_fb9fL, read(find("SCTLR_EL1")));
        write(find("SCTLR_EL1"), 0);
        assertEquals(0x3040_0980L, read(find("SCTLR_EL1")));
        write(find("TCR_EL1"), -1);
        assertEquals(0x0180_07f7_ffff_ffbfL, read(find("TCR_EL1")));
        write(find("CPACR_EL1"), -1);
        assertEquals(3 << 20, read(find("CPACR_EL1")));
        write(find("VBAR_EL1"), -1);
        assertEquals(-0x800L, read(find("VBAR_EL1")));
        write(find("SPSR_EL1"), -1);
        assertEquals(0xf070_1fdfL, read(find("SPSR_EL1")));
        write(RegisterTable.FPCR, -1);
        assertEquals(0x07c8_0000L, read(RegisterTable.FPCR));
    }

    @Test
    void resetValuesAreThoseOfAFreshCpu() {
        write(find("TTBR0_EL1"), 0x1234);
        write(find("TPIDR_EL1"), 0x1234);
        write(find("SCTLR_EL1"), 1);
        registers.reset(state);
        assertEquals(0, read(find("TTBR0_EL1")));
        assertEquals(0, read(find("TPIDR_EL1")));
        assertEquals(0x30c0_0980L, read(find("SCTLR_EL1")));
        assertEquals(0xa, read(RegisterTable.OSLSR_EL1));
        write(RegisterTable.OSLAR_EL1, 0);
        assertEquals(8, read(RegisterTable.OSLSR_EL1));
    }

    @Test
    void stackPointersChangePlacesWithSpsel() {
        machine.set(GuestState.SP_OFFSET, 0x1111);
        write(RegisterTable.SP_EL0, 0x2222);
        write(RegisterTable.SPSEL, 0);
        assertEquals(0x2222, machine.get(GuestState.SP_OFFSET));
        assertFalse(registers.read(state, mrs(RegisterTable.SP_EL0)));
        CpuState.setPstate(state, Pstate.EL1T);
        assertTrue(registers.writeImmediate(state, 0xd500_01bf));
        assertEquals(0x1111, machine.get(GuestState.SP_OFFSET));
        assertEquals(0x2222, machine.get(GuestState.SP_EL0_OFFSET));
    }

    @Test
    void maskingAndUnmaskingWork() {
        RawMemory.putInt(state + CpuArea.INTERRUPT_LINE, 1);
        assertTrue(registers.writeImmediate(state, 0xd503_4fdf));
        assertEquals(0x3c0, read(RegisterTable.DAIF));
        assertTrue(registers.writeImmediate(state, 0xd503_41ff));
        assertEquals(0x380, read(RegisterTable.DAIF));
        assertFalse(Exceptions.interruptDue(state));
        assertTrue(registers.writeImmediate(state, 0xd503_42ff));
        assertEquals(0x300, read(RegisterTable.DAIF));
        assertTrue(Exceptions.interruptDue(state));
        assertEquals(0x80, read(RegisterTable.ISR_EL1));
        CpuState.setPstate(state, 0);
        assertFalse(registers.writeImmediate(state, 0xd503_42df));
        assertEquals(0x18L << 26 | 1 << 25 | 6 << 17 | 3 << 14 | 4 << 10 | 31 << 5 | 2 << 1, machine.get(GuestState.ESR_EL1_OFFSET));
        CpuState.setPstate(state, 0);
        assertFalse(registers.writeImmediate(state, 0xd500_419f));
        assertEquals(UNDEFINED, machine.get(GuestState.ESR_EL1_OFFSET));
        CpuState.setPstate(state, Pstate.EL1H);
        assertTrue(registers.writeImmediate(state, 0xd500_419f));
        assertEquals(Pstate.PAN, read(RegisterTable.PAN));
    }

    @Test
    void statusCollectsTheFlagsOfTheHost() {
        RawMemory.putInt(state + CpuArea.MXCSR, 0x1f80 | 0x3f);
        assertEquals(0x1f, read(RegisterTable.FPSR));
        write(RegisterTable.FPSR, 0x0800_0080L);
        assertEquals(0x0800_0080L, read(RegisterTable.FPSR));
        assertEquals(0x1f80, RawMemory.getInt(state + CpuArea.MXCSR));
        RawMemory.putInt(state + CpuArea.MXCSR, 0x1f80 | 4);
        assertEquals(0x0800_0082L, read(RegisterTable.FPSR));
    }

    @Test
    void statusHasSaturationOfGeneratedCodeUntilItIsWritten() {
        RawMemory.putLong(state + FloatRegisters.SATURATION + 8, 1L << 40);
        assertEquals(0x0800_0000L, read(RegisterTable.FPSR));
        write(RegisterTable.FPSR, 0);
        assertEquals(0, read(RegisterTable.FPSR));
    }

    @Test
    void roundingModeAndFlushingBecomeThoseOfTheHostAndFlagsStay() {
        int[] hostModes = {0, 2, 1, 3};
        for (int mode = 0; mode < 4; mode++) {
            write(RegisterTable.FPSR, 0);
            RawMemory.putInt(state + CpuArea.MXCSR, RawMemory.getInt(state + CpuArea.MXCSR) | 0x20);
            write(RegisterTable.FPCR, (long) mode << 22);
            assertEquals(0x10, read(RegisterTable.FPSR));
            assertEquals(0x1f80 | hostModes[mode] << 13, RawMemory.getInt(state + CpuArea.MXCSR));
            write(RegisterTable.FPCR, (long) mode << 22 | 1 << 24);
            assertEquals(0x10, read(RegisterTable.FPSR));
            assertEquals(0x9fc0 | hostModes[mode] << 13, RawMemory.getInt(state + CpuArea.MXCSR));
        }
        write(RegisterTable.FPCR, 0);
    }

    @Test
    void statusHasDenormalOperandsOfGeneratedCodeUntilItIsWritten() {
        RawMemory.putLong(state + FloatRegisters.DENORMALS, 2);
        assertEquals(0x80, read(RegisterTable.FPSR));
        write(RegisterTable.FPCR, 0);
        assertEquals(0x80, read(RegisterTable.FPSR));
        write(RegisterTable.FPSR, 0);
        assertEquals(0, read(RegisterTable.FPSR));
    }

    @Test
    void inexactDecidesAboutTheCodeOnlyWhereResultsAreFlushed() {
        write(RegisterTable.FPCR, 1 << 24);
        int before = machine.contextChanges;
        write(RegisterTable.FPSR, 0x10);
        write(RegisterTable.FPSR, 0x1f);
        assertEquals(before + 1, machine.contextChanges);
        write(RegisterTable.FPSR, 1);
        assertEquals(before + 2, machine.contextChanges);
        write(RegisterTable.FPCR, 0);
        write(RegisterTable.FPSR, 0x10);
        assertEquals(before + 3, machine.contextChanges);
        write(RegisterTable.FPSR, 0);
    }

    @Test
    void cyclesAreCountedWhileTheCounterIsEnabled() {
        int counter = find("PMCCNTR_EL0");
        RawMemory.putLong(state + CpuArea.ENTER_TSC, 1000);
        write(counter, 5);
        write(find("PMCNTENSET_EL0"), -1);
        assertEquals(0x8000_0000L, read(find("PMCNTENCLR_EL0")));
        RawMemory.putLong(state + CpuArea.ENTER_TSC, 1100);
        assertEquals(5, read(counter));
        write(find("PMCR_EL0"), 1);
        assertEquals(0x41, read(find("PMCR_EL0")));
        RawMemory.putLong(state + CpuArea.ENTER_TSC, 1250);
        assertEquals(155, read(counter));
        write(find("PMCNTENCLR_EL0"), -1);
        RawMemory.putLong(state + CpuArea.ENTER_TSC, 9000);
        assertEquals(155, read(counter));
        write(find("PMCR_EL0"), 4);
        assertEquals(0, read(counter));
        assertEquals(1 << 17, read(find("PMCEID0_EL0")));
    }

    @Test
    void usersReachTheCycleCounterWhenTheyMay() {
        int counter = find("PMCCNTR_EL0");
        write(find("PMUSERENR_EL0"), 4);
        CpuState.setPstate(state, 0);
        assertTrue(registers.read(state, mrs(counter)));
        assertFalse(registers.write(state, msr(counter)));
        assertEquals(0x18, machine.get(GuestState.ESR_EL1_OFFSET) >>> 26);
        CpuState.setPstate(state, 0);
        assertFalse(registers.read(state, mrs(find("PMCR_EL0"))));
        CpuState.setPstate(state, Pstate.EL1H);
        write(find("PMUSERENR_EL0"), 0);
    }

    @Test
    void writesThatChangeTheContextSaySo() {
        for (String name : new String[] {"SCTLR_EL1", "TCR_EL1", "MAIR_EL1", "TTBR0_EL1", "TTBR1_EL1", "CNTKCTL_EL1", "PAN", "FPCR",
            "CPACR_EL1"}) {
            int before = machine.contextChanges;
            write(find(name), 0);
            assertEquals(before + 1, machine.contextChanges, name);
        }
        for (String name : new String[] {"TPIDR_EL0", "ELR_EL1", "SPSR_EL1", "SP_EL0", "NZCV", "CONTEXTIDR_EL1"}) {
            int before = machine.contextChanges;
            write(find(name), 0);
            assertEquals(before, machine.contextChanges, name);
        }
    }
}
