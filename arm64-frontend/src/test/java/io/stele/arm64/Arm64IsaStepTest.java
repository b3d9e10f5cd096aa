package io.stele.arm64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Disassembler;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.CpuFeatures;
import io.stele.arm64.system.FirmwareCalls;
import io.stele.codegen.CpuArea;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Small programs through {@link Arm64Isa#step}: exceptions, aborts, system instructions as a guest sees them. */
class Arm64IsaStepTest {
    private static final int SVC = 0xd4000241;
    private static final int HVC = 0xd4000002;
    private static final int BRK = 0xd4200ee0;
    private static final int HLT = 0xd4400020;
    private static final int NOP = 0xd503201f;
    private static final int WFI = 0xd503207f;
    private static final int YIELD = 0xd503_203f;
    private static final int WFE = 0xd503205f;
    private static final int SEV = 0xd503209f;
    private static final int SEVL = 0xd50320bf;
    private static final int ERET = 0xd69f03e0;
    private static final int LDR_X1_X0 = 0xf9400001;
    private static final int STR_X1_X0 = 0xf9000001;
    private static final int LDTR_X1_X0 = 0xf8400801;
    private static final int LDXR_X1_X0 = 0xc85f7c01;
    private static final int STXR_W2_X1_X0 = 0xc8027c01;
    private static final int LDADD_X1_X2_X0 = 0xf8210002;
    private static final int CAS_X1_X2_X0 = 0xc8a17c02;
    private static final int DC_ZVA_X0 = 0xd50b7420;
    private static final int LDR_X1_SP = 0xf94003e1;
    private static final int FMOV_D0_X1 = 0x9e670020;
    private static final int MRS_X1_MPIDR = 0xd53800a1;
    private static final int MSR_TTBR0_X1 = 0xd5182001;
    private static final int MRS_UNKNOWN = 0xd53e1101;
    private static final int MOV_X1_5 = 0xd28000a1;
    private static final int ADD_X1_X1_1 = 0x91000421;
    private static final int BR_X0 = 0xd61f0000;
    private static final int BLR_X0 = 0xd63f0000;
    private static final int RET_X0 = 0xd65f0000;
    private static final int UDF = 0;
    private static final int SVE_CNTB_X0 = 0x0420e3e0;
    private static final int SVE_MRS_X1_ZCR = 0xd5381201;
    private static final int SME_RDSVL_X0_1 = 0x04bf5820;
    private static final int SME_SMSTART = 0xd503477f;
    private static final int SYS_UNKNOWN = 0xd50b7f40;
    /** Words whose fields that should be one are not: Ra, then Rs and Rt2. */
    private static final int SMULH_RA_0 = 0x9b420020;
    private static final int UMULH_RA_30 = 0x9bc27820;
    private static final int LDAR_RS_5 = 0x88c5fc20;
    private static final int STLRB_RT2_7 = 0x089f9c20;
    private static final int LDLARH_RS_0 = 0x48c07c20;
    private static final int STLLR_RT2_0 = 0xc89f0020;

    private static final long CODE = TestMachine.RAM + 0x1000;
    private static final long VECTORS = TestMachine.RAM + 0x4000;
    private static final long TABLES = TestMachine.RAM + 0x1_0000;
    /** Pages of the test address space. */
    private static final long USER = 0x10_0000;
    private static final long READ_ONLY = 0x10_1000;
    private static final long ABSENT = 0x10_2000;
    private static final long KERNEL = 0x10_3000;
    private static final long DEVICE = 0x10_4000;
    private static final long USER_PHYSICAL = TestMachine.RAM + 0x8000;

    private final TestMachine machine = new TestMachine(1 << 20);
    private final long state = machine.state;
    private final Arm64Isa isa = new Arm64Isa(CpuFeatures.DESCRIBED, machine, machine, machine, machine, machine.log::add);

    @BeforeEach
    void reset() {
        isa.reset(state, 0, CODE, 0x1234);
        machine.set(GuestState.VBAR_EL1_OFFSET, VECTORS);
        machine.set(GuestState.CPACR_EL1_OFFSET, SystemControl.FPEN_MASK);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void program(int... words) {
        for (int i = 0; i < words.length; i++) {
            RawMemory.putInt(machine.host(CODE) + 4L * i, words[i]);
        }
        CpuState.setPc(state, CODE);
    }

    private int run(int... words) {
        program(words);
        int result = GuestIsa.STEP_NEXT;
        for (int i = 0; i < words.length; i++) {
            result = isa.step(state);
        }
        return result;
    }

    /** 4 KiB granule, 39-bit addresses: 1 GiB of RAM flat and executable by both levels, the pages above, nothing else. */
    private void turnOn() {
        long second = TABLES + 0x1000;
        long third = TABLES + 0x2000;
        machine.put(TABLES, second | 3);
        machine.put(TABLES + 8, TestMachine.RAM | 1 << 10 | 1 << 7 | 1 << 6 | 1 << 2 | 1);
        machine.put(second, third | 3);
        page(third, USER, USER_PHYSICAL | 1 << 6 | 1 << 2);
        page(third, READ_ONLY, USER_PHYSICAL + 0x1000 | 1 << 7 | 1 << 6 | 1 << 2);
        page(third, KERNEL, USER_PHYSICAL + 0x3000 | 1 << 2);
        page(third, DEVICE, TestMachine.DEVICE | 1 << 6);
        machine.set(GuestState.TCR_EL1_OFFSET, 25 | 2L << 32 | 1 << 23);
        machine.set(GuestState.TTBR0_EL1_OFFSET, TABLES);
        machine.set(GuestState.MAIR_EL1_OFFSET, 0xff00);
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.M | SystemControl.SPAN | SystemControl.SA | SystemControl.SA0);
        isa.restored(state);
    }

    private static void page(long table, long va, long descriptor, TestMachine machine) {
        machine.put(table + (va >>> 12 & 511) * 8, descriptor | 1 << 10 | 3);
    }

    private void page(long table, long va, long descriptor) {
        page(table, va, descriptor, machine);
    }

    private void assertAbort(long esr, long far) {
        assertEquals(Long.toHexString(esr), Long.toHexString(machine.get(GuestState.ESR_EL1_OFFSET)));
        assertEquals(far, machine.get(GuestState.FAR_EL1_OFFSET));
        assertEquals(CODE, machine.get(GuestState.ELR_EL1_OFFSET));
    }

    @Test
    void resetFollowsTheBootProtocol() {
        assertEquals(CODE, CpuState.pc(state));
        assertEquals(0x1234, CpuState.x(state, 0));
        for (int n = 1; n < 31; n++) {
            assertEquals(0, CpuState.x(state, n));
        }
        assertEquals(Pstate.EL1H | Pstate.DAIF, CpuState.pstate(state));
        assertEquals(0, machine.get(GuestState.SCTLR_EL1_OFFSET) & SystemControl.M);
    }

    @Test
    void stepsThroughStraightCodeAndBranches() {
        assertEquals(GuestIsa.STEP_NEXT, run(MOV_X1_5, ADD_X1_X1_1));
        assertEquals(6, CpuState.x(state, 1));
        assertEquals(CODE + 8, CpuState.pc(state));
        CpuState.setX(state, 0, 0x4000_2000);
        assertEquals(GuestIsa.STEP_BRANCH, run(BR_X0));
        assertEquals(0x4000_2000, CpuState.pc(state));
    }

    @Test
    void supervisorCallAndReturn() {
        turnOn();
        program(SVC);
        machine.enterEl0();
        CpuState.setNzcv(state, 0x6000_0000L);
        RawMemory.putInt(machine.host(VECTORS + 0x400), ERET);
        assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
        assertEquals(VECTORS + 0x400, CpuState.pc(state));
        assertEquals(0x5600_0012L, machine.get(GuestState.ESR_EL1_OFFSET));
        CpuState.setNzcv(state, 0);
        // EL1 may not execute what EL0 may write, and the flat block is read-only: the handler runs.
        assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
        assertEquals(CODE + 4, CpuState.pc(state));
        assertEquals(0, CpuState.pstate(state));
        assertEquals(0x6000_0000L, CpuState.nzcv(state));
    }

    @Test
    void breakpointsAndHaltsAndUnallocatedWords() {
        run(BRK);
        assertEquals(0xf200_0077L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(CODE, machine.get(GuestState.ELR_EL1_OFFSET));
        for (int word : new int[] {HLT, UDF, MRS_UNKNOWN, ERET, SMULH_RA_0, UMULH_RA_30, LDAR_RS_5, STLRB_RT2_7, LDLARH_RS_0,
            STLLR_RT2_0}) {
            program(word);
            CpuState.setPstate(state, word == ERET ? 0 : Pstate.EL1H);
            assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
            assertEquals(0x0200_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
            assertEquals(CODE, machine.get(GuestState.ELR_EL1_OFFSET));
        }
        assertEquals(9, machine.log.size());
    }

    /** Programs find out what a CPU has by trying; ZCR and SVCR are registers of SVE and SME. */
    @Test
    void whatProgramsTryIsSaidInTheStatisticsAlone() {
        for (int word : new int[] {SVE_CNTB_X0, SME_RDSVL_X0_1, SME_SMSTART, SVE_MRS_X1_ZCR, SYS_UNKNOWN, UDF, HLT, SVE_CNTB_X0}) {
            program(word);
            CpuState.setPstate(state, 0);
            assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
            assertEquals(0x0200_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        }
        assertEquals(List.of(), machine.log);
        String[] lines = isa.undefinedReport().split(System.lineSeparator());
        assertEquals("7", lines[0].substring(lines[0].lastIndexOf(' ') + 1));
        assertEquals(8, lines.length);
        assertEquals("  0x" + Long.toHexString(CODE) + ": 0x420e3e0 .inst 0x420e3e0", lines[1]);
        program(SVE_CNTB_X0);
        CpuState.setPstate(state, Pstate.EL1H);
        isa.step(state);
        assertEquals(1, machine.log.size());
    }

    @Test
    void abortsOfPlainAccessesAreExact() {
        turnOn();
        Object[][] cases = {
            {LDR_X1_X0, ABSENT, true, 0x9600_0007L},
            {STR_X1_X0, ABSENT, true, 0x9600_0047L},
            {STR_X1_X0, READ_ONLY, true, 0x9600_004fL},
            {STR_X1_X0, READ_ONLY, false, 0x9200_004fL},
            {LDR_X1_X0, KERNEL, false, 0x9200_000fL},
            {LDTR_X1_X0, KERNEL, true, 0x9600_000fL},
            {LDR_X1_X0, 1L << 45, false, 0x9200_0004L},
            {LDR_X1_X0, -8L, true, 0x9600_0004L},
            {LDADD_X1_X2_X0, ABSENT, true, 0x9600_0007L},
            {LDADD_X1_X2_X0, READ_ONLY, true, 0x9600_004fL},
            {CAS_X1_X2_X0, READ_ONLY, false, 0x9200_004fL},
            {CAS_X1_X2_X0, KERNEL, false, 0x9200_000fL},
            {STXR_W2_X1_X0, ABSENT, true, 0x9600_0047L},
            {LDXR_X1_X0, USER + 4, true, 0x9600_0021L},
            {STXR_W2_X1_X0, USER + 4, true, 0x9600_0061L},
            {LDADD_X1_X2_X0, USER + 4, true, 0x9600_0021L},
            {LDXR_X1_X0, DEVICE, true, 0x9600_0035L},
            {LDR_X1_X0, DEVICE + 4, true, 0x9600_0021L},
            {STR_X1_X0, DEVICE + 4, true, 0x9600_0061L},
            {DC_ZVA_X0, ABSENT, true, 0x9600_0047L},
        };
        for (Object[] c : cases) {
            program((int) c[0]);
            long va = (long) c[1];
            CpuState.setX(state, 0, va);
            CpuState.setX(state, 1, 0x55);
            CpuState.setPstate(state, (boolean) c[2] ? Pstate.EL1H : 0);
            assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
            assertAbort((long) c[3], va);
            assertEquals(0x55, CpuState.x(state, 1));
        }
    }

    @Test
    void abortsOfGeneratedCodeAreReportedLikeThoseOfTheInterpreter() {
        turnOn();
        int[] words = {LDADD_X1_X2_X0, LDADD_X1_X2_X0, STR_X1_X0, LDR_X1_X0};
        long[] addresses = {ABSENT, READ_ONLY, ABSENT, ABSENT};
        long[] syndromes = {0x9600_0007L, 0x9600_004fL, 0x9600_0047L, 0x9600_0007L};
        Walk walk = new Walk();
        for (int i = 0; i < words.length; i++) {
            program(words[i]);
            CpuState.setPstate(state, Pstate.EL1H);
            int access = words[i] == LDR_X1_X0 ? Walk.READ : Walk.WRITE;
            isa.walk(state, GuestIsa.PRIVILEGED, addresses[i], access, walk);
            assertFalse(walk.ok);
            isa.raiseAbort(state, GuestIsa.PRIVILEGED, addresses[i], access, walk);
            assertAbort(syndromes[i], addresses[i]);
        }
        CpuState.setPstate(state, 0);
        CpuState.setPc(state, KERNEL);
        isa.walk(state, GuestIsa.UNPRIVILEGED, ABSENT, Walk.EXECUTE, walk);
        isa.raiseAbort(state, GuestIsa.UNPRIVILEGED, ABSENT, Walk.EXECUTE, walk);
        assertEquals(0x8200_0007L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(ABSENT, machine.get(GuestState.FAR_EL1_OFFSET));
    }

    @Test
    void panStopsOrdinaryButNotUnprivilegedAccesses() {
        turnOn();
        CpuState.setX(state, 0, USER);
        CpuState.setPstate(state, Pstate.EL1H | Pstate.PAN);
        run(LDR_X1_X0);
        assertAbort(0x9600_000fL, USER);
        CpuState.setPstate(state, Pstate.EL1H | Pstate.PAN);
        assertEquals(GuestIsa.STEP_NEXT, run(LDTR_X1_X0));
    }

    @Test
    void anAccessAcrossAPageBoundaryIsAllOrNothing() {
        turnOn();
        long physical = USER_PHYSICAL + 0x1000 - 8;
        machine.put(physical, 0x1111_2222_3333_4444L);
        CpuState.setX(state, 0, READ_ONLY - 4);
        CpuState.setX(state, 1, -1);
        run(STR_X1_X0);
        assertAbort(0x9600_004fL, READ_ONLY);
        assertEquals(0x1111_2222_3333_4444L, RawMemory.getLong(machine.host(physical)));
        machine.put(USER_PHYSICAL + 0x1000, 0x5555_6666_7777_8888L);
        CpuState.setPstate(state, Pstate.EL1H);
        assertEquals(GuestIsa.STEP_NEXT, run(LDR_X1_X0));
        assertEquals(0x7777_8888_1111_2222L, CpuState.x(state, 1));
    }

    @Test
    void alignmentIsCheckedWhenAsked() {
        turnOn();
        CpuState.setX(state, 0, USER + 1);
        assertEquals(GuestIsa.STEP_NEXT, run(LDR_X1_X0));
        machine.set(GuestState.SCTLR_EL1_OFFSET, machine.get(GuestState.SCTLR_EL1_OFFSET) | SystemControl.A);
        run(LDR_X1_X0);
        assertAbort(0x9600_0021L, USER + 1);
    }

    /** LD1 to LD4 and ST1 to ST4, multiple and single structures: word of the instruction off x0, bytes of its elements; then LDR and STR of Q. */
    private static final int[][] STRUCTURES = {
        {0x4c407000, 1}, {0x4c407400, 2}, {0x4c407800, 4}, {0x4c407c00, 8}, {0x0c002000, 1}, {0x4c004c00, 8}, {0x4c008800, 4},
        {0x0c404000, 1}, {0x4c404400, 2}, {0x4c400800, 4}, {0x4c000c00, 8},
        {0x0d400400, 1}, {0x0d004800, 2}, {0x0d009000, 4}, {0x0d60a400, 8}, {0x0d606000, 2}, {0x4d40c400, 2}, {0x4d60e800, 4}, {0x4d60ec00, 8},
        {0x3dc00000, 16}, {0x3d800000, 16},
    };

    /** Target of the branch, TCR_EL1.TBI1 and TBI0, where the pc is then. */
    private static final long[][] TAGGED = {
        {0x5a00_0000_4000_2000L, 0, 0x5a00_0000_4000_2000L}, {0x5a00_0000_4000_2000L, 1, 0x4000_2000L}, {0x5a00_0000_4000_2000L, 2, 0x5a00_0000_4000_2000L},
        {0x5aff_ffff_f000_2000L, 1, 0x5aff_ffff_f000_2000L}, {0x5aff_ffff_f000_2000L, 2, 0xffff_ffff_f000_2000L},
        {0xff7f_0000_0000_2000L, 1, 0x007f_0000_0000_2000L}, {0x0080_0000_0000_2000L, 3, 0xff80_0000_0000_2000L},
    };

    @Test
    void branchesAndReturnsDropTheTagOfTheirTarget() {
        for (long[] row : TAGGED) {
            for (int word : new int[] {BR_X0, BLR_X0, RET_X0, ERET}) {
                machine.set(GuestState.TCR_EL1_OFFSET, row[1] << 37);
                CpuState.setPstate(state, Pstate.EL1H);
                machine.set(GuestState.SPSR_EL1_OFFSET, Pstate.EL0T);
                machine.set(GuestState.ELR_EL1_OFFSET, row[0]);
                CpuState.setX(state, 0, row[0]);
                run(word);
                isa.settlePc(state);
                assertEquals(Long.toHexString(row[2]), Long.toHexString(CpuState.pc(state)), Integer.toHexString(word));
            }
        }
    }

    @Test
    void structuresAreCheckedForTheAlignmentOfTheirElements() {
        turnOn();
        machine.set(GuestState.CPACR_EL1_OFFSET, SystemControl.FPEN_MASK);
        machine.set(GuestState.SCTLR_EL1_OFFSET, machine.get(GuestState.SCTLR_EL1_OFFSET) | SystemControl.A);
        for (int[] row : STRUCTURES) {
            String name = Disassembler.disassemble(row[0], 0);
            int fault = 0x9600_0021 | ((row[0] & 0x0040_0000) == 0 ? 0x40 : 0);
            for (int offset : new int[] {row[1], row[1] / 2}) {
                CpuState.setPstate(state, Pstate.EL1H);
                CpuState.setX(state, 0, USER + offset);
                int result = run(row[0]);
                if (offset % row[1] == 0) {
                    assertEquals(GuestIsa.STEP_NEXT, result, name + " off " + offset);
                } else {
                    assertAbort(fault & 0xffff_ffffL, USER + offset);
                }
            }
        }
        CpuState.setPstate(state, Pstate.EL1H);
        CpuState.setX(state, 0, USER + 0x1000 - 8);
        run(0x3dc00000);
        assertAbort(0x9600_0021L, USER + 0x1000 - 8);
    }

    @Test
    void misalignedStackAndPcRaiseTheirOwnFaults() {
        turnOn();
        machine.set(GuestState.SP_OFFSET, USER + 8);
        run(LDR_X1_SP);
        assertEquals(0x9a00_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        CpuState.setPstate(state, Pstate.EL1H);
        machine.set(GuestState.SP_OFFSET, USER + 16);
        assertEquals(GuestIsa.STEP_NEXT, run(LDR_X1_SP));
        CpuState.setPc(state, CODE + 2);
        isa.step(state);
        assertEquals(0x8a00_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(CODE + 2, machine.get(GuestState.FAR_EL1_OFFSET));
    }

    @Test
    void devicesAndTheirAbsenceAreReached() {
        turnOn();
        machine.deviceValue = 0x77;
        CpuState.setX(state, 0, DEVICE);
        assertEquals(GuestIsa.STEP_NEXT, run(LDR_X1_X0));
        assertEquals(0x77, CpuState.x(state, 1));
        CpuState.setX(state, 1, 0x99);
        assertEquals(GuestIsa.STEP_NEXT, run(STR_X1_X0));
        assertEquals(0x99, machine.deviceValue);
        page(TABLES + 0x2000, ABSENT, 0x0a00_0000L);
        CpuState.setX(state, 0, ABSENT);
        run(LDR_X1_X0);
        assertAbort(0x9600_0010L, ABSENT);
    }

    @Test
    void fetchesFaultWithTheirLevel() {
        turnOn();
        for (boolean privileged : new boolean[] {false, true}) {
            CpuState.setPstate(state, privileged ? Pstate.EL1H : 0);
            CpuState.setPc(state, ABSENT);
            isa.step(state);
            assertEquals(privileged ? 0x8600_0007L : 0x8200_0007L, machine.get(GuestState.ESR_EL1_OFFSET));
            assertEquals(ABSENT, machine.get(GuestState.FAR_EL1_OFFSET));
        }
        CpuState.setPc(state, USER);
        isa.step(state);
        assertEquals(0x8600_000fL, machine.get(GuestState.ESR_EL1_OFFSET));
    }

    @Test
    void zeroBlockClearsItsLine() {
        turnOn();
        for (int i = 0; i < 256; i += 8) {
            machine.put(USER_PHYSICAL + i, -1);
        }
        CpuState.setX(state, 0, USER + 64 + 17);
        assertEquals(GuestIsa.STEP_NEXT, run(DC_ZVA_X0));
        for (int i = 0; i < 256; i += 8) {
            assertEquals(i >= 64 && i < 128 ? 0 : -1, RawMemory.getLong(machine.host(USER_PHYSICAL + i)));
        }
    }

    @Test
    void floatingPointIsTrappedAsCpacrSays() {
        machine.set(GuestState.CPACR_EL1_OFFSET, 0);
        run(FMOV_D0_X1);
        assertEquals(0x1fe0_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        machine.set(GuestState.CPACR_EL1_OFFSET, 1 << 20);
        CpuState.setX(state, 1, 0x1234_5678L);
        assertEquals(GuestIsa.STEP_NEXT, run(FMOV_D0_X1));
        assertEquals(0x1234_5678L, machine.get(GuestState.V_OFFSET));
        program(FMOV_D0_X1);
        machine.enterEl0();
        isa.step(state);
        assertEquals(0x1fe0_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
    }

    @Test
    void anIllegalReturnMakesTheNextInstructionIllegal() {
        machine.set(GuestState.SPSR_EL1_OFFSET, 9);
        machine.set(GuestState.ELR_EL1_OFFSET, CODE + 4);
        run(ERET, NOP);
        assertEquals(0x3a00_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(CODE + 4, machine.get(GuestState.ELR_EL1_OFFSET));
        assertTrue((machine.get(GuestState.SPSR_EL1_OFFSET) & Pstate.IL) != 0);
    }

    @Test
    void firmwareAnswersInRegistersAndCanSuspendOrStopTheCpu() {
        CpuState.setX(state, 0, 7);
        CpuState.setX(state, 3, 4);
        assertEquals(GuestIsa.STEP_NEXT, run(HVC));
        assertEquals(11, CpuState.x(state, 0));
        assertFalse(machine.firmwareSecure);
        machine.firmwareOutcome = FirmwareCalls.WAIT;
        assertEquals(GuestIsa.STEP_WAIT, run(HVC));
        machine.firmwareOutcome = FirmwareCalls.STOP;
        assertEquals(GuestIsa.STEP_STOP, run(HVC));
        assertEquals(CODE + 4, CpuState.pc(state));
        program(HVC);
        machine.enterEl0();
        assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
        assertEquals(0x0200_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
    }

    @Test
    void waitingEndsAtOnceWhenAnInterruptIsAsserted() {
        assertEquals(GuestIsa.STEP_WAIT, run(WFI));
        assertEquals(CODE + 4, CpuState.pc(state));
        RawMemory.putInt(state + CpuArea.INTERRUPT_LINE, 1);
        assertEquals(GuestIsa.STEP_NEXT, run(WFI));
        program(WFI);
        machine.enterEl0();
        assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
        assertEquals(0x07e0_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
    }

    @Test
    void waitingForAnEventEndsByOneThatHasCome() {
        assertEquals(GuestIsa.STEP_WAIT, run(WFE));
        assertEquals(CODE + 4, CpuState.pc(state));
        assertEquals(GuestIsa.STEP_NEXT, run(SEVL, WFE));
        assertEquals(GuestIsa.STEP_WAIT, run(WFE), "the event has been taken");
        assertEquals(GuestIsa.STEP_NEXT, run(SEV, WFE));
        CpuState.setX(state, 0, TestMachine.RAM + 0x8000);
        assertEquals(GuestIsa.STEP_PAUSE, run(LDXR_X1_X0, WFE), "the monitored location may have been written");
        CpuState.clearMonitor(state);
        machine.set(GuestState.ELR_EL1_OFFSET, CODE + 4);
        machine.set(GuestState.SPSR_EL1_OFFSET, Pstate.EL1H | Pstate.DAIF);
        assertEquals(GuestIsa.STEP_NEXT, run(ERET, WFE));
    }

    @Test
    void yieldingIsAPause() {
        assertEquals(GuestIsa.STEP_PAUSE, run(YIELD));
        assertEquals(CODE + 4, CpuState.pc(state));
        program(YIELD);
        machine.enterEl0();
        assertEquals(GuestIsa.STEP_PAUSE, isa.step(state));
    }

    @Test
    void anUnmaskedInterruptEndsAWaitForEvents() {
        RawMemory.putInt(state + CpuArea.INTERRUPT_LINE, 1);
        assertEquals(GuestIsa.STEP_WAIT, run(WFE), "masked");
        CpuState.setPstate(state, Pstate.EL1H);
        assertEquals(GuestIsa.STEP_NEXT, run(WFE));
    }

    @Test
    void waitsForEventsOfTheTimerAreToldToIt() {
        run(WFE);
        assertEquals(0, machine.eventAt);
        machine.set(GuestState.CNTKCTL_EL1_OFFSET, 1 << 2 | 7 << 4);
        machine.counter = 1000;
        assertEquals(GuestIsa.STEP_WAIT, run(WFE));
        assertEquals(1024 + 128, machine.eventAt);
        machine.set(GuestState.CNTKCTL_EL1_OFFSET, 1 << 2 | 1 << 3 | 7 << 4);
        assertEquals(GuestIsa.STEP_WAIT, run(WFE));
        assertEquals(1024, machine.eventAt);
        isa.sendEvent(0);
        assertEquals(1, machine.endedWaits);
        assertEquals(GuestIsa.STEP_NEXT, run(WFE), "it had not begun to wait");
        machine.waiting = true;
        assertEquals(GuestIsa.STEP_WAIT, run(WFE));
        isa.sendEvent(0);
        assertEquals(GuestIsa.STEP_WAIT, run(WFE), "the first wait took the event");
        isa.synchronise(state);
        isa.sendEvent(0);
        assertEquals(2, machine.endedWaits, "no CPU that asks for something waits");
        assertEquals(GuestIsa.STEP_NEXT, run(WFE));
    }

    @Test
    void systemRegistersAreReachedFromInstructions() {
        assertEquals(GuestIsa.STEP_NEXT, run(MRS_X1_MPIDR));
        assertEquals(0x8000_0000L, CpuState.x(state, 1));
        CpuState.setX(state, 1, 0x4200_0000L);
        int before = machine.contextChanges;
        assertEquals(GuestIsa.STEP_NEXT, run(MSR_TTBR0_X1));
        assertEquals(0x4200_0000L, machine.get(GuestState.TTBR0_EL1_OFFSET));
        assertEquals(before + 1, machine.contextChanges);
    }

    @Test
    void softwareStepStopsBehindOneInstruction() {
        program(MOV_X1_5, ADD_X1_X1_1);
        machine.set(GuestState.MDSCR_EL1_OFFSET, 1);
        machine.set(GuestState.OSLK_OFFSET, 0);
        CpuState.setPstate(state, Pstate.SS);
        assertEquals(GuestIsa.STEP_NEXT, isa.step(state));
        assertEquals(5, CpuState.x(state, 1));
        assertEquals(GuestIsa.STEP_BRANCH, isa.step(state));
        assertEquals(0xcb00_0022L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(CODE + 4, machine.get(GuestState.ELR_EL1_OFFSET));
        assertEquals(5, CpuState.x(state, 1));
    }

    private static final int PACIA_X0_X1 = 0xdac1_0020;
    private static final int AUTIA_X0_X1 = 0xdac1_1020;
    private static final int AUTIB_X0_X1 = 0xdac1_1420;
    private static final int XPACI_X0 = 0xdac1_43e0;

    /** 48-bit addresses, a key, and no ignored top bytes unless {@code tcr} says so. */
    private void authenticate(long tcr) {
        machine.set(GuestState.TCR_EL1_OFFSET, 16 | 16 << 16 | tcr);
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.ENIA | SystemControl.ENIB);
        machine.set(GuestState.APIAKEYLO_OFFSET, 0x0123_4567_89ab_cdefL);
        machine.set(GuestState.APIBKEYHI_OFFSET, 5);
        isa.restored(state);
    }

    @Test
    void aPointerIsAuthenticatedByTheCodeThatWasAdded() {
        for (long pointer : new long[] {0x1234_5678_9abcL, -0x1234_5678_9abcL}) {
            for (long tcr : new long[] {0, 3L << 37}) {
                authenticate(tcr);
                CpuState.setX(state, 1, 77);
                CpuState.setX(state, 0, pointer);
                run(PACIA_X0_X1);
                long signed = CpuState.x(state, 0);
                assertTrue(signed != pointer);
                assertEquals(pointer >>> 55 & 1, signed >>> 55 & 1);
                assertEquals(0, (signed ^ pointer) & (1L << 48) - 1);
                if (tcr != 0) {
                    assertEquals(pointer >>> 56, signed >>> 56);
                }
                run(AUTIA_X0_X1);
                assertEquals(pointer, CpuState.x(state, 0));
                CpuState.setX(state, 0, signed);
                run(XPACI_X0);
                assertEquals(pointer, CpuState.x(state, 0));
                CpuState.setX(state, 0, signed ^ 1L << 50);
                run(AUTIA_X0_X1);
                int errorBit = tcr != 0 ? 53 : 61;
                assertEquals(pointer & ~(3L << errorBit) | 1L << errorBit, CpuState.x(state, 0));
                CpuState.setX(state, 0, signed);
                run(AUTIB_X0_X1);
                assertEquals(pointer & ~(3L << errorBit) | 2L << errorBit, CpuState.x(state, 0));
            }
        }
    }

    @Test
    void pointersStayAsTheyAreWhenTheKeyIsNotEnabled() {
        authenticate(0);
        machine.set(GuestState.SCTLR_EL1_OFFSET, 0);
        CpuState.setX(state, 0, 0x1234);
        run(PACIA_X0_X1);
        assertEquals(0x1234, CpuState.x(state, 0));
    }
}
