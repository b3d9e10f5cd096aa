package io.stele.arm64.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.TestMachine;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExceptionsTest {
    private static final long VBAR = 0xffff_8000_1000_0800L;
    private static final long PC = 0xffff_8000_0000_1234L;
    private static final long EL0_STACK = 0x1000;
    private static final long EL1_STACK = 0x2000;
    private static final long[] MODES = {Pstate.EL0T, Pstate.EL1T, Pstate.EL1H};
    private static final int[] GROUPS = {0x400, 0x000, 0x200};

    private final TestMachine machine = new TestMachine(4096);
    private final Exceptions exceptions = new Exceptions(machine, true);
    private final long state = machine.state;

    @BeforeEach
    void prepare() {
        machine.set(GuestState.VBAR_EL1_OFFSET, VBAR);
        mode(Pstate.EL1H);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void mode(long pstate) {
        machine.set(GuestState.PSTATE_OFFSET, pstate);
        boolean el1Stack = (pstate & Pstate.MODE) == Pstate.EL1H;
        machine.set(GuestState.SP_EL0_OFFSET, EL0_STACK);
        machine.set(GuestState.SP_EL1_OFFSET, EL1_STACK);
        machine.set(GuestState.SP_OFFSET, el1Stack ? EL1_STACK : EL0_STACK);
        CpuState.setPc(state, PC);
        CpuState.setNzcv(state, 0xa000_0000L);
    }

    private void assertEntered(int vector, long savedPstate, long returnAddress) {
        assertEquals(VBAR + vector, CpuState.pc(state));
        assertEquals(savedPstate | 0xa000_0000L, machine.get(GuestState.SPSR_EL1_OFFSET));
        assertEquals(returnAddress, machine.get(GuestState.ELR_EL1_OFFSET));
        assertEquals(Pstate.EL1H | Pstate.DAIF, CpuState.pstate(state) & (Pstate.MODE | Pstate.DAIF | Pstate.IL | Pstate.SS));
        assertEquals(EL1_STACK, machine.get(GuestState.SP_OFFSET));
    }

    @Test
    void synchronousExceptionsUseTheVectorOfTheirOriginAndBankTheStack() {
        for (int i = 0; i < MODES.length; i++) {
            mode(MODES[i] | Pstate.A);
            exceptions.supervisorCall(state, 0x123);
            assertEntered(GROUPS[i], MODES[i] | Pstate.A, PC + 4);
            assertEquals(0x15L << 26 | 1 << 25 | 0x123, machine.get(GuestState.ESR_EL1_OFFSET));
            assertEquals(EL0_STACK, machine.get(GuestState.SP_EL0_OFFSET));
        }
    }

    @Test
    void abortsSayWhetherTheLevelChangedAndCarryTheAddress() {
        mode(Pstate.EL0T);
        exceptions.dataAbort(state, 7 | Syndrome.WNR, 0x1234);
        assertEntered(0x400, Pstate.EL0T, PC);
        assertEquals(0x9200_0047L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(0x1234, machine.get(GuestState.FAR_EL1_OFFSET));
        mode(Pstate.EL1H);
        exceptions.dataAbort(state, 7, 0x5678);
        assertEquals(0x9600_0007L, machine.get(GuestState.ESR_EL1_OFFSET));
        mode(Pstate.EL0T);
        exceptions.instructionAbort(state, 0xf, PC);
        assertEquals(0x8200_000fL, machine.get(GuestState.ESR_EL1_OFFSET));
        mode(Pstate.EL1H);
        exceptions.instructionAbort(state, 0xf, PC);
        assertEquals(0x8600_000fL, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(PC, machine.get(GuestState.FAR_EL1_OFFSET));
    }

    @Test
    void otherSynchronousExceptionsHaveTheirClass() {
        exceptions.undefined(state);
        assertEquals(0x0200_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        exceptions.floatingPointTrap(state);
        assertEquals(0x1fe0_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        exceptions.illegalState(state);
        assertEquals(0x3a00_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        exceptions.spAlignment(state);
        assertEquals(0x9a00_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        CpuState.setPc(state, 0x1002);
        exceptions.pcAlignment(state);
        assertEquals(0x8a00_0000L, machine.get(GuestState.ESR_EL1_OFFSET));
        assertEquals(0x1002, machine.get(GuestState.FAR_EL1_OFFSET));
        mode(Pstate.EL0T);
        exceptions.softwareStep(state, 0);
        assertEquals(0xca00_0022L, machine.get(GuestState.ESR_EL1_OFFSET));
    }

    @Test
    void panIsSetUnlessSpanForbidsAndIsKept() {
        mode(Pstate.EL0T);
        exceptions.undefined(state);
        assertTrue((CpuState.pstate(state) & Pstate.PAN) != 0);
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.SPAN);
        mode(Pstate.EL0T);
        exceptions.undefined(state);
        assertFalse((CpuState.pstate(state) & Pstate.PAN) != 0);
        mode(Pstate.EL1H | Pstate.PAN);
        exceptions.undefined(state);
        assertTrue((CpuState.pstate(state) & Pstate.PAN) != 0);
    }

    @Test
    void interruptsAreTakenWhenAssertedAndUnmasked() {
        for (int i = 0; i < MODES.length; i++) {
            for (int lines = 0; lines < 4; lines++) {
                for (int masks = 0; masks < 4; masks++) {
                    long pstate = MODES[i] | (long) masks << 6;
                    mode(pstate);
                    RawMemory.putInt(state + CpuArea.INTERRUPT_LINE, lines);
                    boolean fiq = (lines & 2) != 0 && (masks & 1) == 0;
                    boolean irq = (lines & 1) != 0 && (masks & 2) == 0;
                    assertEquals(fiq || irq, Exceptions.interruptDue(state));
                    assertEquals(fiq || irq, exceptions.takeInterrupt(state));
                    if (fiq || irq) {
                        assertEntered(GROUPS[i] + (fiq ? 0x100 : 0x80), pstate, PC);
                    } else {
                        assertEquals(PC, CpuState.pc(state));
                    }
                }
            }
        }
    }

    @Test
    void exceptionReturnRestoresStateForEveryLegalMode() {
        for (long target : MODES) {
            mode(Pstate.EL1H | Pstate.DAIF);
            machine.set(GuestState.ELR_EL1_OFFSET, 0x4444);
            machine.set(GuestState.SPSR_EL1_OFFSET, target | Pstate.PAN | Pstate.I | 0x6000_0000L);
            RawMemory.putLong(state + CpuArea.MONITOR_ADDRESS, 0x8000);
            exceptions.exceptionReturn(state);
            assertEquals(target | Pstate.PAN | Pstate.I, CpuState.pstate(state));
            assertEquals(0x6000_0000L, CpuState.nzcv(state));
            assertEquals(0x4444, CpuState.pc(state));
            assertEquals(target == Pstate.EL1H ? EL1_STACK : EL0_STACK, machine.get(GuestState.SP_OFFSET));
            assertEquals(-1, RawMemory.getLong(state + CpuArea.MONITOR_ADDRESS));
        }
    }

    @Test
    void illegalExceptionReturnKeepsTheLevelAndSetsIl() {
        for (long mode = 0; mode < 32; mode++) {
            if (mode == Pstate.EL0T || mode == Pstate.EL1T || mode == Pstate.EL1H) {
                continue;
            }
            mode(Pstate.EL1H | Pstate.DAIF);
            machine.set(GuestState.ELR_EL1_OFFSET, 0x4444);
            machine.set(GuestState.SPSR_EL1_OFFSET, mode | Pstate.F | 0x9000_0000L);
            exceptions.exceptionReturn(state);
            assertEquals(Pstate.EL1H | Pstate.F | Pstate.IL, CpuState.pstate(state), "mode " + mode);
            assertEquals(0x9000_0000L, CpuState.nzcv(state));
            assertEquals(0x4444, CpuState.pc(state));
        }
    }

    @Test
    void returningLetsInterruptsThrough() {
        RawMemory.putInt(state + CpuArea.INTERRUPT_LINE, 1);
        machine.set(GuestState.SPSR_EL1_OFFSET, Pstate.EL0T | Pstate.I);
        exceptions.exceptionReturn(state);
        assertFalse(Exceptions.interruptDue(state));
        mode(Pstate.EL1H);
        machine.set(GuestState.SPSR_EL1_OFFSET, Pstate.EL0T);
        exceptions.exceptionReturn(state);
        assertTrue(Exceptions.interruptDue(state));
    }

    @Test
    void softwareStepBecomesActiveByExceptionReturnOnly() {
        machine.set(GuestState.MDSCR_EL1_OFFSET, 1);
        machine.set(GuestState.SPSR_EL1_OFFSET, Pstate.EL0T | Pstate.SS);
        exceptions.exceptionReturn(state);
        assertTrue((CpuState.pstate(state) & Pstate.SS) != 0);
        assertTrue(Exceptions.stepEnabled(state, CpuState.pstate(state)));
        exceptions.supervisorCall(state, 0);
        assertEquals(Pstate.EL0T, machine.get(GuestState.SPSR_EL1_OFFSET) & (Pstate.SS | Pstate.MODE));
        assertFalse(Exceptions.stepEnabled(state, CpuState.pstate(state)));
    }
}
