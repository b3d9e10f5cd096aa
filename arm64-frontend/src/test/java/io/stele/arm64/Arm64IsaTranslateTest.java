package io.stele.arm64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.hooks.LeaveReason;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.CpuFeatures;
import io.stele.codegen.BlockTranslator;
import io.stele.codegen.CpuArea;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import io.stele.memory.RawMemory;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the translator makes of system instructions, and where blocks end. */
class Arm64IsaTranslateTest {
    private static final int NOP = 0xd503201f;
    private static final int SVC = 0xd4000241;
    private static final int ERET = 0xd69f03e0;
    private static final int WFE = 0xd503205f;
    private static final int WFI = 0xd503207f;
    private static final int TLBI_VALE1IS_X1 = 0xd50883a1;
    private static final int DSB_ISH = 0xd5033b9f;
    private static final int B_SELF = 0x14000000;
    private static final int CBZ_X1_8 = 0xb4000041;
    private static final int FADD = 0x1e622820;
    private static final int LDR_X1_X0 = 0xf9400001;
    private static final int DC_ZVA_X0 = 0xd50b7420;
    private static final int DC_CVAC_X0 = 0xd50b7a20;
    private static final int IC_IVAU_X0 = 0xd50b7520;
    private static final int IC_IALLU = 0xd508751f;
    private static final int DAIFSET_15 = 0xd5034fdf;
    private static final int DAIFCLR_2 = 0xd50342ff;
    private static final int MSR_DAIF_X1 = 0xd51b4221;
    private static final int MRS_X1_DAIF = 0xd53b4221;
    private static final int MRS_X1_CNTVCT = 0xd53be041;
    private static final int MRS_X1_TPIDR_EL0 = 0xd53bd041;
    private static final int MSR_TPIDR_EL0_X1 = 0xd51bd041;
    private static final int MSR_TTBR0_X1 = 0xd5182001;
    private static final int MRS_X1_MPIDR = 0xd53800a1;
    private static final int MRS_X1_CTR = 0xd53b0021;
    private static final int MSR_APIAKEYLO_X1 = 0xd5182101;
    private static final int MSR_FPCR_X1 = 0xd51b4401;

    private static final long CODE = TestMachine.RAM;

    private final TestMachine machine = new TestMachine(8192);
    private final Arm64Isa isa = new Arm64Isa(CpuFeatures.DESCRIBED, machine, machine, machine, machine, machine.log::add);
    private final IrBuilder builder = new IrBuilder();

    @BeforeEach
    void reset() {
        isa.reset(machine.state, 0, CODE, 0);
        machine.set(GuestState.CPACR_EL1_OFFSET, SystemControl.FPEN_MASK);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void translate(int... words) {
        for (int i = 0; i < 1024; i++) {
            RawMemory.putInt(machine.host(CODE) + 4L * i, i < words.length ? words[i] : NOP);
        }
        isa.translate(machine.host(CODE), 0, isa.codeMode(machine.state), BlockTranslator.MAX_INSTRUCTIONS, builder);
    }

    private int count(int op) {
        int n = 0;
        for (int i = 1; i <= builder.endOperation(); i++) {
            if (builder.op[i] == op) {
                n++;
            }
        }
        return n;
    }

    private void assertLeaves(int reason, int word) {
        int end = builder.endOperation();
        assertEquals(Opcode.LEAVE, builder.op[end]);
        assertEquals(reason, builder.x[end]);
        assertEquals(word & 0xffff_ffffL, builder.imm[end]);
    }

    private int endOp() {
        return builder.op[builder.endOperation()];
    }

    @Test
    void blocksGoOnBehindConditionalBranchesAndEndAtJumps() {
        translate(NOP, CBZ_X1_8, NOP, B_SELF);
        assertEquals(4, builder.instructions());
        assertEquals(1, count(Opcode.JUMP_IF));
        assertEquals(Opcode.JUMP, endOp());
    }

    @Test
    void blocksEndAtTheLimitAndAtTheEndOfThePage() {
        translate();
        assertEquals(32, builder.instructions());
        assertEquals(Opcode.JUMP, endOp());
        assertEquals(128, builder.imm[builder.endOperation()]);
        isa.translate(machine.host(CODE), 4096 - 8, isa.codeMode(machine.state), BlockTranslator.MAX_INSTRUCTIONS, builder);
        assertEquals(2, builder.instructions());
        assertEquals(4096, builder.imm[builder.endOperation()]);
    }

    @Test
    void systemCallsAndReturnsStayInGeneratedCode() {
        translate(NOP, ERET);
        assertEquals(Opcode.JUMP_INDIRECT, endOp());
        CpuState.setPstate(machine.state, Pstate.EL1T);
        translate(NOP, ERET);
        assertLeaves(LeaveReason.EXCEPTION_RETURN, ERET);
        CpuState.setPstate(machine.state, Pstate.EL0T);
        translate(NOP, SVC);
        assertEquals(Opcode.JUMP_INDIRECT, endOp());
        translate(NOP, ERET);
        assertLeaves(LeaveReason.EXCEPTION_RETURN, ERET);
    }

    @Test
    void exceptionsAndContextChangesLeave() {
        int[][] cases = {
            {SVC, LeaveReason.EXCEPTION_CALL}, {MSR_TTBR0_X1, LeaveReason.SYSTEM_WRITE},
            {MRS_X1_MPIDR, LeaveReason.SYSTEM_READ}, {IC_IALLU, LeaveReason.SYSTEM_OPERATION}, {0, LeaveReason.UNDEFINED},
            {0xffff_ffff, LeaveReason.UNDEFINED},
        };
        for (int[] c : cases) {
            translate(NOP, c[0]);
            assertEquals(2, builder.instructions());
            assertLeaves(c[1], c[0]);
        }
    }

    @Test
    void plainStateIsReachedInline() {
        translate(MRS_X1_DAIF, MRS_X1_TPIDR_EL0, MSR_TPIDR_EL0_X1, DAIFSET_15, MRS_X1_CNTVCT, MRS_X1_CTR, DC_CVAC_X0, B_SELF);
        assertEquals(8, builder.instructions());
        assertEquals(1, count(Opcode.READ_COUNTER));
        assertEquals(2, count(Opcode.STORE_STATE));
        assertEquals(0, count(Opcode.INTERPRET_IF));
    }

    /**
     * The event is cleared, and the pause counted; where there is no event, and no monitor, the interpreter waits, and it is told of some pauses. At
     * EL0 the wait may be trapped.
     */
    @Test
    void waitsForEventsThatHaveComeAreInline() {
        translate(WFE, B_SELF);
        assertEquals(2, count(Opcode.INTERPRET_IF));
        assertEquals(2, count(Opcode.STORE_STATE));
        machine.enterEl0();
        translate(WFE, B_SELF);
        assertEquals(3, count(Opcode.INTERPRET_IF));
    }

    /** TLBI by address only counts, DSB looks whether there is something to do. */
    @Test
    void invalidationsByAddressArePending() {
        translate(TLBI_VALE1IS_X1, B_SELF);
        assertEquals(1, count(Opcode.INTERPRET_IF));
        assertEquals(3, count(Opcode.STORE_STATE));
        translate(DSB_ISH, B_SELF);
        assertEquals(1, count(Opcode.INTERPRET_IF));
    }

    @Test
    void pendingInvalidationsAreCarriedOutTogether() {
        CpuState.set(machine.state, GuestState.TLBI_KIND_OFFSET, 1);
        CpuState.set(machine.state, GuestState.TLBI_FIRST_OFFSET, 0x80000);
        CpuState.set(machine.state, GuestState.TLBI_COUNT_OFFSET, 16);
        isa.synchronise(machine.state);
        assertEquals(1, machine.invalidations);
        assertEquals(0x8000_0000L, machine.invalidatedVa);
        assertEquals(16 * 4096, machine.invalidatedBytes);
        isa.synchronise(machine.state);
        assertEquals(1, machine.invalidations);
    }

    @Test
    void theVirtualTimerIsReadInlineAndWrittenWhereItCannotFire() {
        int readControl = 0xd53b_e321;
        int writeControl = 0xd51b_e321;
        int writeCompare = 0xd51b_e341;
        translate(readControl, writeControl, writeCompare, B_SELF);
        assertEquals(4, builder.instructions());
        assertEquals(1, count(Opcode.READ_COUNTER));
        assertEquals(3, count(Opcode.INTERPRET_IF), "late to look, and armed for before the look");
        CpuState.setPstate(machine.state, Pstate.EL0T);
        translate(readControl);
        assertLeaves(LeaveReason.SYSTEM_READ, readControl);
    }

    @Test
    void theTimerHearsWhatGeneratedCodeHasWritten() {
        CpuState.set(machine.state, GuestState.VTIMER_CONTROL_OFFSET, 3);
        CpuState.set(machine.state, GuestState.VTIMER_COMPARE_OFFSET, 77);
        isa.synchronise(machine.state);
        assertEquals(0, machine.deviceRegister, "nothing was written");
        CpuState.set(machine.state, GuestState.VTIMER_WRITTEN_OFFSET, 1);
        isa.synchronise(machine.state);
        assertEquals(77, machine.deviceRegister, "the compare value comes last");
        machine.deviceRegister = 0;
        isa.synchronise(machine.state);
        assertEquals(0, machine.deviceRegister, "once");
    }

    @Test
    void theTimerLooksAtWhatGeneratedCodeHasWrittenThoughTheCpuMayRun() {
        CpuState.set(machine.state, GuestState.VTIMER_CONTROL_OFFSET, 1);
        CpuState.set(machine.state, GuestState.VTIMER_COMPARE_OFFSET, 77);
        CpuState.set(machine.state, GuestState.VTIMER_WRITTEN_OFFSET, 1);
        isa.lookAtTimer(machine.state);
        assertEquals(77, machine.deviceRegister);
        assertEquals(1, CpuState.get(machine.state, GuestState.VTIMER_WRITTEN_OFFSET), "what the CPU itself comes with is told once more");
    }

    /** What is written is in place before the promise is looked at. */
    @Test
    void armingLooksAtThePromiseLast() {
        translate(0xd51b_e321, B_SELF);
        int fence = 0;
        int look = 0;
        int store = 0;
        for (int i = 1; i <= builder.endOperation(); i++) {
            if (builder.op[i] == Opcode.FENCE) {
                fence = i;
            } else if (builder.op[i] == Opcode.STORE_STATE) {
                store = i;
            } else if (builder.op[i] == Opcode.LOAD_STATE && builder.imm[i] == GuestState.VTIMER_LOOK_OFFSET) {
                look = i;
            }
        }
        assertTrue(0 < store && store < fence && fence < look);
    }

    @Test
    void interruptsAreAcknowledgedAndEndedInlineAtEl1() {
        int acknowledge = 0xd538_cc01;
        int end = 0xd518_cc21;
        translate(acknowledge, end, B_SELF);
        assertEquals(3, builder.instructions());
        machine.enterEl0();
        translate(acknowledge);
        assertLeaves(LeaveReason.SYSTEM_READ, acknowledge);
        translate(end);
        assertLeaves(LeaveReason.SYSTEM_WRITE, end);
    }

    @Test
    void tableBasesThatAreWrittenInARowAreOneRequest() {
        int ttbr1 = 0xd518_2022;
        int isb = 0xd503_3fdf;
        translate(ttbr1, isb, MSR_TTBR0_X1, isb, MSR_TTBR0_X1);
        CpuState.setX(machine.state, 1, 0x4100_0000);
        CpuState.setX(machine.state, 2, 0x4200_0000);
        isa.handleLeave(machine.state, LeaveReason.SYSTEM_WRITE, ttbr1);
        assertEquals(CODE + 16, CpuState.pc(machine.state));
        assertEquals(0x4100_0000, CpuState.get(machine.state, GuestState.TTBR0_EL1_OFFSET));
        assertEquals(0x4200_0000, CpuState.get(machine.state, GuestState.TTBR1_EL1_OFFSET));
    }

    @Test
    void unmaskingLooksAtTheInterruptLineFirst() {
        for (int word : new int[] {DAIFCLR_2, MSR_DAIF_X1}) {
            translate(word, B_SELF);
            int exit = 0;
            int store = 0;
            int line = 0;
            for (int i = 1; i <= builder.endOperation(); i++) {
                if (builder.op[i] == Opcode.INTERPRET_IF) {
                    exit = i;
                } else if (builder.op[i] == Opcode.STORE_STATE) {
                    store = i;
                } else if (builder.op[i] == Opcode.LOAD_STATE && builder.imm[i] == CpuArea.INTERRUPT_LINE) {
                    line = i;
                }
            }
            assertTrue(0 < line && line < exit && exit < store);
        }
    }

    @Test
    void el0CannotReachWhatItMayNot() {
        machine.enterEl0();
        int[][] cases = {
            {DAIFSET_15, LeaveReason.PSTATE_IMMEDIATE}, {MRS_X1_DAIF, LeaveReason.SYSTEM_READ}, {MRS_X1_CTR, LeaveReason.SYSTEM_READ},
            {MSR_TTBR0_X1, LeaveReason.SYSTEM_WRITE}, {DC_ZVA_X0, LeaveReason.SYSTEM_OPERATION}, {DC_CVAC_X0, LeaveReason.SYSTEM_OPERATION},
            {MRS_X1_CNTVCT, LeaveReason.SYSTEM_READ}, {WFI, LeaveReason.WAIT},
        };
        for (int[] c : cases) {
            translate(c[0]);
            assertLeaves(c[1], c[0]);
        }
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.DZE);
        machine.set(GuestState.CNTKCTL_EL1_OFFSET, SystemControl.EL0VCTEN);
        translate(DC_ZVA_X0, MRS_X1_CNTVCT, MRS_X1_TPIDR_EL0, B_SELF);
        assertEquals(4, builder.instructions());
        assertEquals(4, count(Opcode.STORE_VEC));
        assertEquals(1, count(Opcode.READ_COUNTER));
    }

    @Test
    void theModeNamesWhatChangesCode() {
        int kernel = isa.codeMode(machine.state);
        assertEquals(1, isa.dataView(kernel));
        CpuState.setPstate(machine.state, 0);
        int user = isa.codeMode(machine.state);
        assertEquals(0, isa.dataView(user));
        machine.set(GuestState.CPACR_EL1_OFFSET, 1 << 20);
        assertTrue(user != isa.codeMode(machine.state));
        translate(FADD);
        assertLeaves(LeaveReason.FP_TRAP, FADD);
        CpuState.setPstate(machine.state, Pstate.EL1H);
        assertEquals(kernel, isa.codeMode(machine.state));
        machine.set(GuestState.SCTLR_EL1_OFFSET, SystemControl.A);
        translate(NOP, LDR_X1_X0);
        assertEquals(2, builder.instructions());
        assertEquals(Opcode.INTERPRET, endOp());
        CpuState.setPstate(machine.state, Pstate.EL1H | Pstate.IL);
        translate(NOP);
        assertLeaves(LeaveReason.ILLEGAL_STATE, NOP);
        machine.set(GuestState.MDSCR_EL1_OFFSET, 1);
        machine.set(GuestState.OSLK_OFFSET, 0);
        CpuState.setPstate(machine.state, Pstate.SS);
        translate(NOP, NOP);
        assertEquals(1, builder.instructions());
        assertEquals(Opcode.INTERPRET, endOp());
        assertTrue(isa.codeMode(machine.state) < 256);
    }

    @Test
    void aChangedFpcrIsInterpretedAndChangesTheModeOfUsers() {
        translate(MSR_FPCR_X1, B_SELF);
        assertEquals(1, count(Opcode.INTERPRET_IF));
        CpuState.setPstate(machine.state, Pstate.EL0T);
        int mode = isa.codeMode(machine.state);
        machine.set(GuestState.FPCR_OFFSET, 1 << 24);
        int watched = isa.codeMode(machine.state);
        machine.set(GuestState.FPSR_OFFSET, 1 << 4);
        int flushing = isa.codeMode(machine.state);
        assertEquals(3, Set.of(mode, watched, flushing).size());
        machine.set(GuestState.FPCR_OFFSET, 0);
        assertEquals(mode, isa.codeMode(machine.state));
    }

    @Test
    void codeOfTheKernelIsTheSameForAllFpcrAndLooksAtIt() {
        translate(FADD, FADD, B_SELF);
        int guards = count(Opcode.INTERPRET_IF);
        int mode = isa.codeMode(machine.state);
        machine.set(GuestState.FPCR_OFFSET, 1 << 24);
        assertEquals(mode, isa.codeMode(machine.state));
        CpuState.setPstate(machine.state, Pstate.EL0T);
        machine.set(GuestState.FPCR_OFFSET, 0);
        translate(FADD, FADD, B_SELF);
        assertEquals(count(Opcode.INTERPRET_IF) + 1, guards);
    }

    @Test
    void keysOfPointerAuthenticationAreWrittenInPlaceByCpusThatHaveThem() {
        translate(MSR_APIAKEYLO_X1, B_SELF);
        assertEquals(Opcode.JUMP, endOp());
        assertEquals(1, count(Opcode.STORE_STATE));
        Arm64Isa lacking = new Arm64Isa(CpuFeatures.parse("max,-pauth"), machine, machine, machine, machine, machine.log::add);
        lacking.translate(machine.host(CODE), 0, lacking.codeMode(machine.state), BlockTranslator.MAX_INSTRUCTIONS, builder);
        assertEquals(Opcode.INTERPRET, endOp());
    }

    @Test
    void wordsAreNamed() {
        assertEquals("svc #0x12", isa.disassemble(SVC, 0));
    }
}
