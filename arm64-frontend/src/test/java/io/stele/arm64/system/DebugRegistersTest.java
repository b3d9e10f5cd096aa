package io.stele.arm64.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.TestMachine;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.guest.Walk;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the guest program debug.S compares with QEMU is not repeated here: the rest of the matching, and what the runtime is told. */
class DebugRegistersTest {
    private static final long KDE = 1 << 13;
    private static final long MDE = 1 << 15;
    private static final long BREAK = 0x1e1;
    private static final long AT_EL1 = 1 << 1;
    private static final long AT_EL0 = 1 << 2;
    private static final long LOADS_AND_STORES = 3 << 3;
    private static final long CODE = 0xffff_8000_1234_5678L;
    private static final long DATA = 0xffff_8000_2234_5000L;

    private final TestMachine machine = new TestMachine(4096);
    private final long state = machine.state;
    private final DebugRegisters debug = new DebugRegisters(machine);

    @BeforeEach
    void enable() {
        machine.set(GuestState.MDSCR_EL1_OFFSET, KDE | MDE);
        CpuState.setPstate(state, Pstate.EL1H);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void breakAt(int n, long address, long control) {
        machine.set(DebugRegisters.bvr(n), address);
        machine.set(DebugRegisters.bcr(n), control);
        debug.update(state);
    }

    private void watch(int n, long address, long bytes, long control) {
        machine.set(DebugRegisters.wvr(n), address);
        machine.set(DebugRegisters.wcr(n), bytes << 5 | control | LOADS_AND_STORES | 1);
        debug.update(state);
    }

    private long watchpoint(long va, long bytes) {
        return debug.watchpoint(state, va, bytes, true, false);
    }

    @Test
    void registersOfEachKindAreFieldsOfTheirOwn() {
        long offsets = 0;
        for (int n = 0; n < DebugRegisters.BREAKPOINTS; n++) {
            offsets |= bit(DebugRegisters.bvr(n)) | bit(DebugRegisters.bcr(n));
        }
        for (int n = 0; n < DebugRegisters.WATCHPOINTS; n++) {
            offsets |= bit(DebugRegisters.wvr(n)) | bit(DebugRegisters.wcr(n));
        }
        assertEquals(2 * (DebugRegisters.BREAKPOINTS + DebugRegisters.WATCHPOINTS), Long.bitCount(offsets));
        assertEquals("DBGBCR5_EL1", GuestState.name(DebugRegisters.bcr(5)));
        assertEquals("DBGWVR3_EL1", GuestState.name(DebugRegisters.wvr(3)));
    }

    private static long bit(int offset) {
        return 1L << (offset - GuestState.DBGBVR0_EL1_OFFSET) / 8;
    }

    @Test
    void breakpointsMatchTheirInstructionWhateverTheTag() {
        breakAt(0, CODE, BREAK | AT_EL1);
        assertTrue(debug.breakpoint(state, Pstate.EL1H, CODE));
        assertFalse(debug.breakpoint(state, Pstate.EL1H, CODE + 4));
        breakAt(0, 0x0000_7fff_1234_5678L, BREAK | AT_EL0);
        assertTrue(debug.breakpoint(state, Pstate.EL0T, 0x5a00_7fff_1234_5678L));
        assertFalse(debug.breakpoint(state, Pstate.EL1H, 0x0000_7fff_1234_5678L));
        breakAt(0, CODE, BREAK | AT_EL1 | 2 << 14);
        assertFalse(debug.breakpoint(state, Pstate.EL1H, CODE), "secure state only");
    }

    /** The page keeps its mode while PSTATE.D masks, so that nothing has to happen when the guest clears it. */
    @Test
    void maskedBreakpointsDoNotFireButKeepTheirPage() {
        breakAt(3, CODE, BREAK | AT_EL1);
        assertTrue(debug.breaksInPage(state, Pstate.EL1H | Pstate.D, CODE | 0xffc));
        assertFalse(debug.breakpoint(state, Pstate.EL1H | Pstate.D, CODE));
        assertFalse(debug.breaksInPage(state, Pstate.EL1H, CODE + 4096));
        assertFalse(debug.breaksInPage(state, Pstate.EL0T, CODE));
        machine.set(GuestState.OSLK_OFFSET, 2);
        debug.update(state);
        assertFalse(debug.breaksInPage(state, Pstate.EL1H, CODE));
    }

    @Test
    void codeOfAPageIsLookedUpAgainWhenABreakpointMovesThereOrChangesItsLevel() {
        breakAt(0, CODE, BREAK | AT_EL0);
        assertEquals(CODE & -4096L, machine.invalidatedVa);
        assertEquals(4096, machine.invalidatedBytes);
        int before = machine.invalidations;
        breakAt(0, CODE, BREAK | AT_EL1);
        assertEquals(before + 1, machine.invalidations);
        breakAt(0, CODE, 0);
        assertEquals(before + 1, machine.invalidations);
    }

    @Test
    void anAccessIsReportedFromItsFirstWatchedByteOn() {
        watch(0, DATA, 0xff, AT_EL1);
        assertEquals(DebugRegisters.NO_MATCH, watchpoint(DATA - 4, 4));
        assertEquals(DATA, watchpoint(DATA - 4, 5));
        assertEquals(DATA + 7, watchpoint(DATA + 7, 8));
        assertEquals(DebugRegisters.NO_MATCH, watchpoint(DATA + 8, 8));
        assertEquals(DATA, watchpoint(DATA - 56, 64));
        assertEquals(DATA & ~(0xffL << 56) | 0x7cL << 56, watchpoint(DATA & ~(0xffL << 56) | 0x7cL << 56, 1), "a tagged address keeps its tag");
        watch(0, DATA + 4, 0xf2, AT_EL1);
        assertEquals(DATA + 5, watchpoint(DATA, 16));
        assertEquals(DebugRegisters.NO_MATCH, watchpoint(DATA + 8, 8), "four bytes only");
        watch(0, DATA, 0, AT_EL1);
        assertEquals(DebugRegisters.NO_MATCH, watchpoint(DATA, 8), "no byte is selected");
        watch(0, DATA + 0x123 & ~3L, 0xff, AT_EL1 | 12 << 24);
        assertEquals(DATA + 4095, watchpoint(DATA + 4095, 1));
    }

    /** LDTR at EL1 is an access of EL0. */
    @Test
    void theLevelIsThatOfTheAccess() {
        watch(0, DATA, 0xff, AT_EL0);
        assertEquals(DebugRegisters.NO_MATCH, watchpoint(DATA, 8));
        assertEquals(DATA, debug.watchpoint(state, DATA, 8, false, true));
        machine.set(GuestState.MDSCR_EL1_OFFSET, MDE);
        assertEquals(DebugRegisters.NO_MATCH, debug.watchpoint(state, DATA, 8, false, true), "debug exceptions of EL1 are off");
    }

    @Test
    void watchedPagesAreHiddenAndBlocksAroundThemSmaller() {
        watch(2, DATA + 0x10, 0x0f, AT_EL0);
        assertEquals(DATA, machine.invalidatedVa);
        assertTrue(debug.watching());
        assertHidden(true, 4096, DATA + 0xff8);
        assertHidden(false, 0x2000, DATA + 0x1000);
        assertHidden(false, 0x4000, DATA & -0x8000L | (DATA & 0x4000 ^ 0x4000));
        assertHidden(false, 0x20_0000, DATA + 0x20_0000);
        watch(2, DATA + 0x10, 0, AT_EL0);
        assertFalse(debug.watching());
    }

    private void assertHidden(boolean hidden, long blockBytes, long va) {
        Walk walk = new Walk();
        walk.ok = true;
        walk.blockBytes = 0x20_0000;
        debug.hideWatched(va, walk);
        assertEquals(hidden, walk.device);
        assertEquals(blockBytes, walk.blockBytes);
    }

    /** Pages are mapped for all CPUs. */
    @Test
    void whatOneCpuWatchesIsHiddenFromAll() {
        watch(0, DATA, 0xff, AT_EL1);
        try (TestMachine other = new TestMachine(4096)) {
            other.set(GuestState.CPU_INDEX_OFFSET, 3);
            debug.update(other.state);
            assertHidden(true, 4096, DATA);
            assertEquals(DebugRegisters.NO_MATCH, debug.watchpoint(other.state, DATA, 8, true, false));
        }
    }
}
