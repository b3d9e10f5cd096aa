package io.stele.arm64.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.TestMachine;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.AddressSpaces;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.guest.Walk;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SystemOperationsTest {
    private static final int RT = 5;
    private static final long TABLE = TestMachine.RAM + 0x1000;

    private final TestMachine machine = new TestMachine(1 << 20);
    private final long state = machine.state;
    private final AddressSpaces spaces = new AddressSpaces(machine);
    private final Exceptions exceptions = new Exceptions(machine, true);
    private final Stage1Walker walker = new Stage1Walker(machine, false, true);
    private final Walk walk = new Walk();
    private final UndefinedLog log = new UndefinedLog(machine.log::add);
    private final SystemRegisters registers = new SystemRegisters(new RegisterTable(), CpuFeatures.DEFAULT, machine, exceptions, spaces,
        new DebugRegisters(machine), machine, log);
    private final SystemOperations operations = new SystemOperations(CpuFeatures.DESCRIBED, machine, exceptions, registers, spaces, walker, log);

    @BeforeEach
    void reset() {
        registers.reset(state);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static int word(int op1, int crn, int crm, int op2) {
        return 0xd508_0000 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | RT;
    }

    private int execute(int op1, int crn, int crm, int op2, long argument) {
        CpuState.setX(state, RT, argument);
        return operations.execute(state, word(op1, crn, crm, op2), walk);
    }

    /** 1 GiB blocks: 0 for both levels, 1 GiB read-only, 2 absent. */
    private void turnOn() {
        machine.put(TABLE, TestMachine.RAM | 1 << 10 | 1 << 6 | 1 << 2 | 3 << 8 | 1);
        machine.put(TABLE + 8, TestMachine.RAM | 1 << 10 | 1 << 7 | 1 << 2 | 1);
        machine.set(GuestState.TCR_EL1_OFFSET, 64 - 36 | 2L << 32);
        machine.set(GuestState.TTBR0_EL1_OFFSET, TABLE);
        machine.set(GuestState.MAIR_EL1_OFFSET, 0xff00);
        machine.set(GuestState.SCTLR_EL1_OFFSET, 1);
        spaces.updateRegime(state);
    }

    @Test
    void exactlyTheTlbiFormsOfEl1AreDefined() {
        for (int op1 = 0; op1 < 8; op1++) {
            for (int crm = 0; crm < 16; crm++) {
                for (int op2 = 0; op2 < 8; op2++) {
                    CpuState.setPstate(state, Pstate.EL1H);
                    int before = machine.invalidations;
                    boolean defined = op1 == 0 && (crm == 1 || crm == 3 || crm == 7) && op2 != 4 && op2 != 6;
                    int expected = defined ? SystemOperations.DONE : SystemOperations.EXCEPTION;
                    assertEquals(expected, execute(op1, 8, crm, op2, 0), op1 + " " + crm + " " + op2);
                    assertEquals(before + (defined ? 1 : 0), machine.invalidations);
                    CpuState.setPstate(state, 0);
                    assertEquals(SystemOperations.EXCEPTION, execute(op1, 8, crm, op2, 0));
                    assertEquals(0x0200_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
                }
            }
        }
    }

    @Test
    void tlbiPassesAddressesAndAsids() {
        turnOn();
        assertEquals(SystemOperations.DONE, execute(0, 8, 7, 1, 0x12L << 48 | 0x345));
        assertEquals(0x34_5000L, machine.invalidatedVa);
        assertEquals(SystemOperations.DONE, execute(0, 8, 3, 7, 0xfff_ffff_ffffL));
        assertEquals(-4096, machine.invalidatedVa);
        assertEquals(SystemOperations.DONE, execute(0, 8, 1, 0, 0));
        assertEquals(-1, machine.invalidatedBytes);
        assertTrue(machine.invalidatedSpaces.test(12345));
    }

    @Test
    void instructionCacheMaintenanceNamesThePhysicalPage() {
        turnOn();
        assertEquals(SystemOperations.DONE, execute(3, 7, 5, 1, 0x5678));
        assertEquals(TestMachine.RAM + 0x5000, machine.codePhysical);
        assertEquals(4096, machine.codeBytes);
        assertEquals(SystemOperations.DONE, execute(0, 7, 5, 0, 0));
        assertEquals(SystemOperations.DONE, execute(0, 7, 1, 0, 0));
        assertEquals(2, machine.allCode);
    }

    @Test
    void cacheMaintenanceFaultsAreMarked() {
        turnOn();
        assertEquals(SystemOperations.EXCEPTION, execute(3, 7, 5, 1, 2L << 30));
        assertEquals(0x9600_0145L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(2L << 30, machine.get(GuestState.FAR_EL1_OFFSET));
        machine.set(GuestState.SCTLR_EL1_OFFSET, 1 | SystemControl.UCI);
        CpuState.setPstate(state, 0);
        assertEquals(SystemOperations.EXCEPTION, execute(3, 7, 11, 1, 1L << 30));
        assertEquals(0x9200_014dL, machine.get(GuestState.ESR_EL1_OFFSET));
        CpuState.setPstate(state, 0);
        assertEquals(SystemOperations.DONE, execute(3, 7, 11, 1, 64));
    }

    @Test
    void el0NeedsPermissionForCacheOperations() {
        int[][] clean = {{10, 1}, {11, 1}, {14, 1}, {5, 1}};
        for (int[] op : clean) {
            machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.DZE);
            CpuState.setPstate(state, 0);
            assertEquals(SystemOperations.EXCEPTION, execute(3, 7, op[0], op[1], TestMachine.RAM));
            long iss = 1 << 20 | op[1] << 17 | 3 << 14 | 7 << 10 | RT << 5 | op[0] << 1;
            assertEquals(0x18L << 26 | 1 << 25 | iss, machine.get(GuestState.ESR_EL1_OFFSET));
            CpuState.setPstate(state, 0);
            machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.UCI);
            assertEquals(SystemOperations.DONE, execute(3, 7, op[0], op[1], TestMachine.RAM));
        }
        assertEquals(SystemOperations.EXCEPTION, execute(3, 7, 4, 1, TestMachine.RAM));
        CpuState.setPstate(state, 0);
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.DZE);
        assertEquals(SystemOperations.ZERO_BLOCK, execute(3, 7, 4, 1, TestMachine.RAM));
        assertEquals(SystemOperations.EXCEPTION, execute(0, 7, 6, 1, TestMachine.RAM));
    }

    @Test
    void addressTranslationReportsInPar() {
        turnOn();
        CpuState.setPstate(state, Pstate.EL1H | Pstate.PAN);
        execute(0, 7, 8, 0, 0x1234);
        assertEquals(0xffL << 56 | TestMachine.RAM + 0x1000 | 1 << 11 | 3 << 7, machine.get(GuestState.PAR_EL1_OFFSET));
        execute(0, 7, 8, 3, 0x1234);
        assertEquals(0, machine.get(GuestState.PAR_EL1_OFFSET) & 1);
        execute(0, 7, 8, 1, 1L << 30);
        assertEquals(1 << 11 | 0xd << 1 | 1, machine.get(GuestState.PAR_EL1_OFFSET));
        execute(0, 7, 8, 0, 1L << 30);
        assertEquals(0, machine.get(GuestState.PAR_EL1_OFFSET) & 1);
        execute(0, 7, 8, 2, 1L << 30);
        assertEquals(1 << 11 | 0xd << 1 | 1, machine.get(GuestState.PAR_EL1_OFFSET));
        execute(0, 7, 8, 0, 2L << 30);
        assertEquals(1 << 11 | 5 << 1 | 1, machine.get(GuestState.PAR_EL1_OFFSET));
        machine.set(GuestState.TTBR0_EL1_OFFSET, 0x1000);
        assertEquals(SystemOperations.EXCEPTION, execute(0, 7, 8, 0, 0));
        assertEquals(0x9600_0155L, machine.get(GuestState.ESR_EL1_OFFSET));
    }
}
