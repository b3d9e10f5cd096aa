package io.stele.arm64.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.TestMachine;
import io.stele.arm64.generated.GuestState;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class Stage1WalkerTest {
    private static final long AF = 1L << 10;
    private static final long NG = 1L << 11;
    private static final long CONTIGUOUS = 1L << 52;
    private static final int[] GRANULES = {12, 14, 16};
    private static final int[] INPUT_BITS = {25, 30, 36, 39, 42, 47, 48};
    /** MAIR: 0 device, 1 normal write-back, 2 normal non-cacheable. */
    private static final long MAIR = 0x44_ff_04L;

    private final TestMachine machine = new TestMachine(8 << 20);
    private final Stage1Walker walker = new Stage1Walker(machine, true, true);
    private final Walk walk = new Walk();

    @AfterEach
    void close() {
        machine.close();
    }

    private static long tg(int granule, boolean high) {
        if (high) {
            return (granule == 12 ? 2L : granule == 14 ? 1L : 3L) << 30;
        }
        return (granule == 12 ? 0L : granule == 14 ? 2L : 1L) << 14;
    }

    private TableBuilder enable(int granule, int inputBits, boolean high, long extraTcr) {
        for (long p = TestMachine.RAM; p < TestMachine.RAM + (8 << 20); p += 8) {
            machine.put(p, 0);
        }
        TableBuilder tables = new TableBuilder(machine, granule, inputBits, TestMachine.RAM + (1 << 20));
        long tcr = (long) (64 - inputBits) << (high ? 16 : 0) | tg(granule, high) | 2L << 32 | extraTcr;
        machine.set(GuestState.TCR_EL1_OFFSET, tcr);
        machine.set(high ? GuestState.TTBR1_EL1_OFFSET : GuestState.TTBR0_EL1_OFFSET, tables.root | 0x1234L << 48 | 1);
        machine.set(GuestState.MAIR_EL1_OFFSET, MAIR);
        machine.set(GuestState.SCTLR_EL1_OFFSET, 1);
        return tables;
    }

    private static long base(int inputBits, boolean high) {
        return high ? -1L << inputBits : 0;
    }

    private void ok(boolean privileged, long va, int access) {
        walker.walk(machine.state, privileged, false, va, access, walk);
        assertTrue(walk.ok, () -> "fault 0x" + Long.toHexString(walk.fault) + " at " + Long.toHexString(va));
    }

    private void fault(int expected, boolean privileged, long va, int access) {
        walker.walk(machine.state, privileged, false, va, access, walk);
        assertFalse(walk.ok);
        assertEquals(expected, walk.fault, () -> "at " + Long.toHexString(va));
    }

    private static boolean leafAllowed(int granule, int level) {
        return level == 3 || level == 2 || level == 1 && granule == 12;
    }

    @Test
    void translatesThroughEveryLevelOfEveryGranuleInBothHalves() {
        for (int granule : GRANULES) {
            for (int inputBits : INPUT_BITS) {
                for (boolean high : new boolean[] {false, true}) {
                    for (int level = 1; level <= 3; level++) {
                        TableBuilder tables = enable(granule, inputBits, high, 0);
                        if (level < tables.startLevel || !leafAllowed(granule, level)) {
                            continue;
                        }
                        int bits = tables.entryBits(level);
                        long va = base(inputBits, high) + (0x5a5a_5a5a_5a5aL & (1L << inputBits) - 1);
                        long physical = 0xa5_5a5a_5000L & -1L << bits & (1L << 40) - 1;
                        machine.put(tables.entry(va, level, 0), physical | AF | 1 << 2 | (level == 3 ? 3 : 1));
                        ok(true, va, Walk.WRITE);
                        assertEquals(physical | va & (1L << bits) - 1, walk.physical);
                        assertEquals(1L << bits, walk.blockBytes);
                        assertTrue(walk.writable && walk.executable && walk.global && !walk.device);
                    }
                }
            }
        }
    }

    @Test
    void reportsTheLevelOfAMissingOrReservedEntry() {
        for (int granule : GRANULES) {
            for (int inputBits : INPUT_BITS) {
                TableBuilder tables = enable(granule, inputBits, false, 0);
                for (int level = tables.startLevel; level <= 3; level++) {
                    long va = (long) level << 20 & (1L << inputBits) - 1;
                    tables = enable(granule, inputBits, false, 0);
                    long entry = tables.entry(va, level, 0);
                    machine.put(entry, 0x4000_0000L | 2);
                    fault(4 + level, true, va, Walk.READ);
                    if (!leafAllowed(granule, level) || level == 3) {
                        machine.put(entry, AF | 1);
                        fault(4 + level, true, va, Walk.READ);
                    }
                }
            }
        }
    }

    @Test
    void reportsAnAccessFlagFaultBeforePermissions() {
        TableBuilder tables = enable(12, 48, false, 0);
        for (int level = 1; level <= 3; level++) {
            long va = (long) level << 39;
            machine.put(tables.entry(va, level, 0), level == 3 ? 3 : 1);
            fault(8 + level, false, va, Walk.WRITE);
        }
    }

    /** The rights by AP[2:1] as the manual's table gives them: EL1 then EL0. */
    private static final String[] RIGHTS = {"rw --", "rw rw", "r- --", "r- r-"};

    private static boolean allowed(boolean privileged, int ap, int apTable, boolean xn, boolean pxn, boolean wxn, boolean pan, int access) {
        int effective = ap;
        if ((apTable & 2) != 0) {
            effective |= 2;
        }
        if ((apTable & 1) != 0) {
            effective &= ~1;
        }
        String rights = RIGHTS[effective];
        boolean el1Writes = rights.charAt(1) == 'w';
        boolean el0Reads = rights.charAt(3) == 'r';
        boolean el0Writes = rights.charAt(4) == 'w';
        if (access == Walk.EXECUTE) {
            if (privileged) {
                return !pxn && !el0Writes && !(wxn && el1Writes);
            }
            return !xn && !(wxn && el0Writes);
        }
        if (privileged) {
            return !(pan && el0Reads) && (access == Walk.READ || el1Writes);
        }
        return access == Walk.READ ? el0Reads : el0Writes;
    }

    @Test
    void grantsExactlyTheRightsOfTheManual() {
        for (int bits = 0; bits < 1 << 11; bits++) {
            int ap = bits & 3;
            int apTable = bits >> 2 & 3;
            boolean xn = (bits >> 4 & 1) != 0;
            boolean pxn = (bits >> 5 & 1) != 0;
            boolean xnTable = (bits >> 6 & 1) != 0;
            boolean pxnTable = (bits >> 7 & 1) != 0;
            boolean wxn = (bits >> 8 & 1) != 0;
            boolean pan = (bits >> 9 & 1) != 0;
            boolean hpd = (bits >> 10 & 1) != 0;
            long root = TestMachine.RAM + 0x1000;
            long second = TestMachine.RAM + 0x2000;
            machine.set(GuestState.TCR_EL1_OFFSET, 64 - 36 | 2L << 32 | (hpd ? 1L << 41 : 0));
            machine.set(GuestState.TTBR0_EL1_OFFSET, root);
            machine.set(GuestState.MAIR_EL1_OFFSET, MAIR);
            machine.set(GuestState.SCTLR_EL1_OFFSET, 1 | (wxn ? 1 << 19 : 0));
            machine.put(root, second | 3 | (long) apTable << 61 | (xnTable ? 1L << 60 : 0) | (pxnTable ? 1L << 59 : 0));
            machine.put(second, AF | 1 | 1 << 2 | ap << 6 | (xn ? 1L << 54 : 0) | (pxn ? 1L << 53 : 0));
            for (int access = Walk.READ; access <= Walk.EXECUTE; access++) {
                for (boolean privileged : new boolean[] {false, true}) {
                    int tableRights = hpd ? 0 : apTable;
                    boolean never = xn || xnTable && !hpd;
                    boolean privilegedNever = pxn || pxnTable && !hpd;
                    boolean expected = allowed(privileged, ap, tableRights, never, privilegedNever, wxn, pan, access);
                    walker.walk(machine.state, privileged, pan, 0x1234, access, walk);
                    assertEquals(expected, walk.ok, "case " + bits + " access " + access + (privileged ? " EL1" : " EL0"));
                    if (expected) {
                        assertEquals(allowed(privileged, ap, tableRights, xn, pxn, wxn, pan, Walk.WRITE), walk.writable, "case " + bits);
                    } else {
                        assertEquals(0xe, walk.fault);
                    }
                }
            }
        }
    }

    private static final long HA = 1L << 39;
    private static final long HD = 1L << 40;
    private static final long DBM = 1L << 51;
    private static final long READ_ONLY = 1L << 7;
    private static final long USER = 1L << 6;

    @Test
    void setsTheAccessFlagWhereTheRegisterAsksForItAndTheAccessIsAllowed() {
        for (int granule : GRANULES) {
            for (int level = 2; level <= 3; level++) {
                TableBuilder tables = enable(granule, 42, false, 0);
                long va = 3L << tables.entryBits(level);
                long entry = tables.entry(va, level, 0);
                long old = 1L << 32 | (level == 3 ? 3 : 1) | READ_ONLY;
                machine.put(entry, old);
                fault(8 + level, true, va, Walk.READ);
                machine.set(GuestState.TCR_EL1_OFFSET, machine.get(GuestState.TCR_EL1_OFFSET) | HA | HD);
                fault(12 + level, true, va, Walk.WRITE);
                fault(12 + level, false, va, Walk.READ);
                assertEquals(old, RawMemory.getLong(machine.host(entry)));
                ok(true, va, Walk.READ);
                assertEquals(old | AF, RawMemory.getLong(machine.host(entry)));
            }
        }
    }

    @Test
    void aWriteMakesACleanPageDirtyAndUntilThenItIsNotWritable() {
        for (boolean privileged : new boolean[] {false, true}) {
            TableBuilder tables = enable(12, 39, false, HA | HD);
            long entry = tables.entry(0x5000, 3, 0);
            long clean = 1L << 32 | 3 | READ_ONLY | DBM | USER;
            machine.put(entry, clean);
            ok(privileged, 0x5000, Walk.READ);
            assertFalse(walk.writable);
            assertEquals(clean | AF, RawMemory.getLong(machine.host(entry)));
            ok(privileged, 0x5000, Walk.WRITE);
            assertTrue(walk.writable);
            assertEquals((clean | AF) & ~READ_ONLY, RawMemory.getLong(machine.host(entry)));
            assertEquals(walk.entryAttributes, (clean | AF) & ~READ_ONLY & ~0x0000_ffff_ffff_f000L);
        }
    }

    @Test
    void cleanPagesStayCleanWithoutTheRightOrTheBitOrTheFeature() {
        TableBuilder tables = enable(12, 39, false, HA | HD);
        long entry = tables.entry(0x5000, 3, 0);
        machine.put(entry, 1L << 32 | AF | 3 | READ_ONLY | DBM);
        fault(15, false, 0x5000, Walk.WRITE);
        tables.entry(0x5000, 3, 1L << 62);
        fault(15, true, 0x5000, Walk.WRITE);
        tables = enable(12, 39, false, HA);
        entry = tables.entry(0x5000, 3, 0);
        machine.put(entry, 1L << 32 | AF | 3 | READ_ONLY | DBM);
        fault(15, true, 0x5000, Walk.WRITE);
        machine.set(GuestState.TCR_EL1_OFFSET, machine.get(GuestState.TCR_EL1_OFFSET) | HD);
        new Stage1Walker(machine, false, false).walk(machine.state, true, false, 0x5000, Walk.WRITE, walk);
        assertEquals(15, walk.fault);
        assertEquals(1L << 32 | AF | 3 | READ_ONLY | DBM, RawMemory.getLong(machine.host(entry)));
    }

    @Test
    void joinsContiguousEntriesUnlessTheyContradict() {
        int[][] cases = {{12, 3, 4}, {12, 2, 4}, {12, 1, 4}, {14, 3, 7}, {14, 2, 5}, {16, 3, 5}, {16, 2, 5}};
        for (int[] c : cases) {
            TableBuilder tables = enable(c[0], 48, false, 0);
            int bits = tables.entryBits(c[1]);
            long va = 5L << bits;
            long entry = tables.entry(va, c[1], 0);
            machine.put(entry, (5L << bits & (1L << 40) - 1) | AF | CONTIGUOUS | NG | (c[1] == 3 ? 3 : 1));
            ok(true, va, Walk.READ);
            if (5L << bits < 1L << 40) {
                assertEquals(1L << bits + c[2], walk.blockBytes);
            }
            assertFalse(walk.global);
            machine.put(entry, 0x8L << bits & (1L << 40) - 1 | AF | CONTIGUOUS | (c[1] == 3 ? 3 : 1));
            ok(true, va, Walk.READ);
            assertEquals(1L << bits, walk.blockBytes);
        }
    }

    @Test
    void refusesDisabledHalvesAndAddressesOutsideTheRange() {
        for (boolean high : new boolean[] {false, true}) {
            TableBuilder tables = enable(12, 39, high, 0);
            long va = base(39, high) + 0x1000;
            machine.put(tables.entry(va, 3, 0), 0x4000_0000L | AF | 3 | 1 << 6);
            ok(false, va, Walk.READ);
            fault(4, true, high ? (-1L << 39) - 0x1000 : 1L << 39, Walk.READ);
            fault(4, true, va ^ 1L << 60, Walk.READ);
            long tcr = machine.get(GuestState.TCR_EL1_OFFSET);
            machine.set(GuestState.TCR_EL1_OFFSET, tcr | 1L << (high ? 38 : 37));
            ok(false, va ^ 0x5a00_0000_0000_0000L, Walk.READ);
            assertEquals(0x4000_0000L, walk.physical);
            fault(4, true, va ^ 1L << 50, Walk.READ);
            machine.set(GuestState.TCR_EL1_OFFSET, tcr | 1L << (high ? 23 : 7));
            fault(4, true, va, Walk.READ);
            machine.set(GuestState.TCR_EL1_OFFSET, tcr | 1L << (high ? 56 : 55));
            fault(4, false, va, Walk.READ);
            ok(true, va, Walk.READ);
        }
    }

    @Test
    void reportsAddressesBeyondTheOutputSizeWithTheirLevel() {
        TableBuilder tables = enable(12, 39, false, 0);
        long va = 0x12_3456_7000L & (1L << 39) - 1;
        long leaf = tables.entry(va, 3, 0);
        machine.put(leaf, 1L << 40 | AF | 3);
        fault(3, true, va, Walk.READ);
        machine.put(leaf, 1L << 32 | AF | 3);
        ok(true, va, Walk.READ);
        long tcr = machine.get(GuestState.TCR_EL1_OFFSET);
        machine.set(GuestState.TCR_EL1_OFFSET, tcr & ~(7L << 32));
        fault(3, true, va, Walk.READ);
        machine.set(GuestState.TCR_EL1_OFFSET, tcr);
        machine.put(tables.entry(va, 2, 0), 1L << 44 | 3);
        fault(2, true, va, Walk.READ);
        machine.set(GuestState.TTBR0_EL1_OFFSET, 1L << 41);
        fault(0, true, va, Walk.READ);
    }

    @Test
    void reportsTablesOutsideRamAsExternalAbortOnTheWalk() {
        TableBuilder tables = enable(12, 48, false, 0);
        long va = 0x1234_5678_9000L;
        for (int level = 2; level >= 0; level--) {
            machine.put(tables.entry(va, level, 0), 0x1000L | 3);
            fault(0x15 + level, true, va, Walk.EXECUTE);
        }
        machine.set(GuestState.TTBR0_EL1_OFFSET, 0x1000);
        fault(0x14, true, va, Walk.READ);
    }

    @Test
    void takesMemoryTypesFromMair() {
        TableBuilder tables = enable(12, 48, false, 0);
        long leaf = tables.entry(0, 3, 0);
        machine.put(leaf, AF | 3 | 3 << 8);
        ok(true, 0, Walk.READ);
        assertTrue(walk.device);
        assertEquals(4L << 56 | 2 << 7, walk.fault);
        machine.put(leaf, AF | 3 | 3 << 8 | 1 << 2);
        ok(true, 0, Walk.READ);
        assertFalse(walk.device);
        assertEquals(0xffL << 56 | 3 << 7, walk.fault);
        machine.put(leaf, AF | 3 | 3 << 8 | 2 << 2);
        ok(true, 0, Walk.READ);
        assertFalse(walk.device);
        assertEquals(0x44L << 56 | 2 << 7, walk.fault);
    }

    @Test
    void isFlatWhileTheMmuIsOff() {
        machine.set(GuestState.SCTLR_EL1_OFFSET, 0);
        ok(true, TestMachine.RAM + 5, Walk.EXECUTE);
        assertEquals(TestMachine.RAM + 5, walk.physical);
        assertTrue(walk.writable && walk.executable && walk.global && !walk.device);
        ok(true, TestMachine.DEVICE, Walk.READ);
        assertTrue(walk.device);
        fault(0, true, 1L << 40, Walk.READ);
        fault(0, true, -1L, Walk.WRITE);
    }
}
