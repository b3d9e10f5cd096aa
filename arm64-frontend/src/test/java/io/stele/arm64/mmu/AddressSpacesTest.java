package io.stele.arm64.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.TestMachine;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.PendingInvalidation;
import io.stele.arm64.system.SystemRegister;
import io.stele.guest.PageInvalidation;
import io.stele.guest.Walk;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AddressSpacesTest {
    private static final long LOW = 0x1234_5000L;
    private static final long HIGH = 0xffff_8000_1234_5000L;
    /** 48-bit halves of 4 KiB pages, 16-bit ASIDs from TTBR1. */
    private static final long TCR = 16 | 16 << 16 | 2L << 30 | 1L << 22 | 1L << 36 | 2L << 32;

    private final TestMachine machine = new TestMachine(4096);
    private final AddressSpaces spaces = new AddressSpaces(machine);

    @BeforeEach
    void turnOn() {
        machine.set(GuestState.TCR_EL1_OFFSET, TCR);
        machine.set(GuestState.SCTLR_EL1_OFFSET, 1);
        space(0x4100_0000L, 7);
        spaces.updateRegime(machine.state);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void space(long table, long asid) {
        machine.set(GuestState.TTBR0_EL1_OFFSET, table);
        machine.set(GuestState.TTBR1_EL1_OFFSET, 0x4200_0000L | asid << 48);
    }

    private long key(int view, long va) {
        return spaces.spaceKey(machine.state, view, va);
    }

    private void note(long va, long blockBytes, boolean global) {
        Walk walk = new Walk();
        walk.ok = true;
        walk.blockBytes = blockBytes;
        walk.global = global;
        spaces.note(machine.state, va, walk);
    }

    private static long argument(long va, long asid) {
        return va >>> 12 & (1L << 44) - 1 | asid << 48;
    }

    @Test
    void keysFollowTableAndAsidBelowAndOnlyTheTableAbove() {
        long low = key(0, LOW);
        long high = key(1, HIGH);
        assertNotEquals(low, key(1, LOW));
        assertNotEquals(low, key(0, HIGH));
        space(0x4100_0000L, 8);
        assertNotEquals(low, key(0, LOW));
        assertEquals(high, key(1, HIGH));
        space(0x4100_1000L, 7);
        assertNotEquals(low, key(0, LOW));
        space(0x4100_0000L, 7);
        assertEquals(low, key(0, LOW));
        machine.set(GuestState.TTBR1_EL1_OFFSET, 0x4200_1000L | 7L << 48);
        assertNotEquals(high, key(1, HIGH));
    }

    @Test
    void keysFollowTheRegimeAndReturnWithIt() {
        long low = key(0, LOW);
        machine.set(GuestState.TCR_EL1_OFFSET, TCR + 1);
        spaces.updateRegime(machine.state);
        long other = key(0, LOW);
        assertNotEquals(low, other);
        machine.set(GuestState.SCTLR_EL1_OFFSET, 0);
        spaces.updateRegime(machine.state);
        assertNotEquals(low, key(0, LOW));
        assertEquals(key(0, LOW), key(0, HIGH));
        machine.set(GuestState.SCTLR_EL1_OFFSET, 1);
        machine.set(GuestState.TCR_EL1_OFFSET, TCR);
        spaces.updateRegime(machine.state);
        assertEquals(low, key(0, LOW));
    }

    @Test
    void panChangesOnlyThePrivilegedViewBelow() {
        CpuState.setPstate(machine.state, Pstate.EL1H);
        long user = key(0, LOW);
        long kernel = key(1, LOW);
        long high = key(1, HIGH);
        long context = spaces.fetchKey(machine.state, 1, LOW);
        CpuState.setPstate(machine.state, Pstate.EL1H | Pstate.PAN);
        assertEquals(user, key(0, LOW));
        assertNotEquals(kernel, key(1, LOW));
        assertEquals(high, key(1, HIGH));
        assertEquals(context, spaces.fetchKey(machine.state, 1, LOW));
    }

    @Test
    void aSystemCallLeavesThePrivilegedViewAsItIs() {
        machine.enterEl0();
        long user = key(1, LOW);
        CpuState.setPstate(machine.state, Pstate.EL1H | Pstate.PAN);
        assertEquals(user, key(1, LOW));
        machine.set(GuestState.SCTLR_EL1_OFFSET, 1 | SystemControl.SPAN);
        CpuState.setPstate(machine.state, Pstate.EL1H);
        long without = key(1, LOW);
        assertNotEquals(user, without);
        machine.enterEl0();
        assertEquals(without, key(1, LOW));
    }

    @Test
    void asidComesFromTheSelectedRegisterWithTheSelectedWidth() {
        machine.set(GuestState.TTBR0_EL1_OFFSET, 0xabcdL << 48);
        machine.set(GuestState.TTBR1_EL1_OFFSET, 0x1234L << 48);
        assertEquals(0x1234, AddressSpaces.asid(machine.state));
        machine.set(GuestState.TCR_EL1_OFFSET, TCR & ~(1L << 22) & ~(1L << 36));
        assertEquals(0xcd, AddressSpaces.asid(machine.state));
    }

    @Test
    void invalidationByAddressNamesItsPageAsidAndHalf() {
        long mine = key(0, LOW);
        long high = key(1, HIGH);
        space(0x4100_0000L, 8);
        long others = key(0, LOW);
        spaces.invalidateAddress(machine.state, argument(LOW, 7), false);
        assertTrue(machine.invalidatedSpaces.test(mine));
        assertFalse(machine.invalidatedSpaces.test(others));
        assertFalse(machine.invalidatedSpaces.test(high));
        assertEquals(LOW, machine.invalidatedVa);
        assertEquals(4096, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(LOW, 7), true);
        assertTrue(machine.invalidatedSpaces.test(others));
        spaces.invalidateAddress(machine.state, argument(HIGH, 7), true);
        assertTrue(machine.invalidatedSpaces.test(high));
        assertFalse(machine.invalidatedSpaces.test(mine));
        assertEquals(HIGH, machine.invalidatedVa);
    }

    @Test
    void invalidationByAddressCoversTheWholeMappingThatWasWalked() {
        note(LOW, 2 << 20, false);
        note(HIGH, 1 << 30, true);
        note(0x7000_0000L, 1 << 16, false);
        spaces.invalidateAddress(machine.state, argument(LOW + 0x3000, 7), false);
        assertEquals(LOW & -(2 << 20), machine.invalidatedVa);
        assertEquals(2 << 20, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(HIGH, 0), true);
        assertEquals(HIGH & -(1 << 30), machine.invalidatedVa);
        assertEquals(1 << 30, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(0x7000_f000L, 7), false);
        assertEquals(0x7000_0000L, machine.invalidatedVa);
        assertEquals(1 << 16, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(0x7001_0000L, 7), false);
        assertEquals(4096, machine.invalidatedBytes);
        spaces.invalidateAll();
        assertEquals(-1, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(LOW, 7), false);
        assertEquals(4096, machine.invalidatedBytes);
    }

    @Test
    void aLargeMappingThatIsNotWalkedAgainIsForgotten() {
        note(LOW, 2 << 20, false);
        spaces.invalidateAddress(machine.state, argument(LOW, 8), false);
        assertEquals(4096, machine.invalidatedBytes);
        spaces.invalidatePages(machine.state, argument(LOW, 7), 2, false, true);
        assertEquals(2 << 20, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(LOW, 7), false);
        assertEquals(LOW, machine.invalidatedVa);
        assertEquals(4096, machine.invalidatedBytes);
        note(LOW, 2 << 20, false);
        spaces.invalidateAsid(machine.state, 7L << 48);
        spaces.invalidateAddress(machine.state, argument(LOW, 7), false);
        assertEquals(4096, machine.invalidatedBytes);
        note(HIGH, 2 << 20, true);
        spaces.invalidateAddress(machine.state, argument(HIGH, 7), false);
        assertEquals(2 << 20, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(HIGH, 7), false);
        assertEquals(4096, machine.invalidatedBytes);
    }

    @Test
    void anInvalidationOfAllAsidsCoversTheMappingOfAny() {
        space(0x4100_0000L, 0xabcd);
        note(LOW, 2 << 20, false);
        spaces.invalidateAddress(machine.state, argument(LOW, 7), true);
        assertEquals(2 << 20, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(LOW, 0xabce), false);
        assertEquals(4096, machine.invalidatedBytes);
        spaces.invalidateAddress(machine.state, argument(LOW, 0xabcd), false);
        assertEquals(2 << 20, machine.invalidatedBytes);
    }

    @Test
    void invalidationOfAsidZeroLeavesTheHalfAboveAlone() {
        long high = key(1, HIGH);
        long mine = key(0, LOW);
        space(0x4100_0000L, 0);
        long reserved = key(0, LOW);
        spaces.invalidateAsid(machine.state, 0);
        assertTrue(machine.invalidatedSpaces.test(reserved));
        assertFalse(machine.invalidatedSpaces.test(mine));
        assertFalse(machine.invalidatedSpaces.test(high));
    }

    @Test
    void pagesOfTheGranuleAreTheSmallestInvalidation() {
        machine.set(GuestState.TCR_EL1_OFFSET, TCR | 1 << 14);
        note(0x10_0000, 1 << 16, false);
        spaces.invalidateAddress(machine.state, argument(0x10_5000, 7), false);
        assertEquals(0x10_0000, machine.invalidatedVa);
        assertEquals(1 << 16, machine.invalidatedBytes);
    }

    @Test
    void globalPagesBelowAndPrivatePagesAboveWidenInvalidation() {
        long mine = key(0, LOW);
        long high = key(1, HIGH);
        spaces.invalidateAsid(machine.state, 7L << 48);
        assertTrue(machine.invalidatedSpaces.test(mine));
        assertFalse(machine.invalidatedSpaces.test(high));
        spaces.invalidateAsid(machine.state, 8L << 48);
        assertFalse(machine.invalidatedSpaces.test(mine));
        note(LOW, 4096, true);
        spaces.invalidateAddress(machine.state, argument(LOW, 8), false);
        assertTrue(machine.invalidatedSpaces.test(mine));
        note(HIGH, 4096, false);
        assertNotEquals(high, key(1, HIGH));
        spaces.invalidateAsid(machine.state, 7L << 48);
        assertTrue(machine.invalidatedSpaces.test(high));
    }

    /** The runtime carries such an invalidation out by itself: it may reach no further than the page and its ASID. */
    @Test
    void theOperandForAPageIsKnownWhereItReachesNoFurther() {
        assertEquals(argument(LOW, 7), spaces.pageOperand(machine.state, LOW + 0xabc));
        assertEquals(AddressSpaces.NO_OPERAND, spaces.pageOperand(machine.state, HIGH));
        note(LOW, 2 << 20, false);
        assertEquals(AddressSpaces.NO_OPERAND, spaces.pageOperand(machine.state, LOW));
        assertEquals(argument(LOW + (2 << 20), 7), spaces.pageOperand(machine.state, LOW + (2 << 20)));
        space(0x4100_0000L, 8);
        assertEquals(argument(LOW, 8), spaces.pageOperand(machine.state, LOW));
        long key = key(0, LOW);
        assertTrue(AddressSpaces.invalidatedTogether(key, key(1, LOW)));
        assertFalse(AddressSpaces.invalidatedTogether(key, key(0, HIGH)));
        space(0x4100_1000L, 8);
        assertTrue(AddressSpaces.invalidatedTogether(key, key(0, LOW)));
        space(0x4100_0000L, 7);
        assertFalse(AddressSpaces.invalidatedTogether(key, key(0, LOW)));
        space(0x4100_0000L, 8);
        note(LOW, 4096, true);
        assertEquals(AddressSpaces.NO_OPERAND, spaces.pageOperand(machine.state, LOW));
        machine.set(GuestState.TCR_EL1_OFFSET, TCR | 2 << 14);
        spaces.invalidateAll();
        assertEquals(AddressSpaces.NO_OPERAND, spaces.pageOperand(machine.state, LOW));
    }

    @Test
    void whatIsPendingStandsInThreeLongsInARow() {
        PageInvalidation pending = new PageInvalidation();
        PendingInvalidation.describe(argument(LOW, 7), pending);
        assertEquals(GuestState.TLBI_KIND_OFFSET, pending.offset);
        assertEquals(GuestState.TLBI_FIRST_OFFSET, pending.offset + 8);
        assertEquals(GuestState.TLBI_COUNT_OFFSET, pending.offset + 16);
        int vale1is = SystemRegister.encode(1, 0, 8, 3, 5);
        assertTrue(PendingInvalidation.isByAddress(vale1is) && PendingInvalidation.isLastLevel(vale1is));
        assertEquals(PendingInvalidation.kind(vale1is), pending.first);
        assertEquals(argument(LOW, 7), pending.second);
        assertEquals(1, pending.count);
    }

    @Test
    void whenRegimesRunOutTheOthersAreForgottenAndNothingOfTheirsSurvives() {
        long first = key(0, LOW);
        Set<Long> keys = new HashSet<>();
        for (int i = 1; machine.invalidations == 0; i++) {
            assertTrue(i < 2000, "never");
            machine.set(GuestState.MAIR_EL1_OFFSET, i);
            spaces.updateRegime(machine.state);
            assertTrue(machine.invalidations != 0 || keys.add(key(0, LOW)), "two regimes have one name");
        }
        assertTrue(machine.invalidatedSpaces.test(first) && machine.invalidatedBytes < 0);
        for (int i = 0; i < 5000; i++) {
            machine.set(GuestState.MAIR_EL1_OFFSET, 10_000 + i);
            spaces.updateRegime(machine.state);
        }
        assertTrue(machine.invalidations < 10, () -> machine.invalidations + " times");
    }

    @Test
    void soManyLargeMappingsThatTheyAreNotRememberedMayBeAnywhere() {
        for (int i = 0; i < 100_000; i++) {
            note((long) i << 21, 2 << 20, false);
        }
        assertTrue(spaces.remembered() <= 4096);
        for (long va : new long[] {0, 50_000L << 21, 1L << 40}) {
            spaces.invalidateAddress(machine.state, argument(va + 0x3000, 7), false);
            assertEquals(va, machine.invalidatedVa);
            assertEquals(2 << 20, machine.invalidatedBytes);
        }
        spaces.invalidateAll();
        spaces.invalidateAddress(machine.state, argument(LOW, 7), false);
        assertEquals(4096, machine.invalidatedBytes);
    }

    @Test
    void fetchKeysTellLevelsAndSpacesApart() {
        long kernel = spaces.fetchKey(machine.state, 1, HIGH);
        long kernelLow = spaces.fetchKey(machine.state, 1, LOW);
        long user = spaces.fetchKey(machine.state, 0, LOW);
        assertNotEquals(kernel, kernelLow);
        assertNotEquals(user, kernelLow);
        space(0x4300_0000L, 9);
        assertNotEquals(user, spaces.fetchKey(machine.state, 0, LOW));
        space(0x4100_0000L, 7);
        assertEquals(user, spaces.fetchKey(machine.state, 0, LOW));
        assertEquals(kernel, spaces.fetchKey(machine.state, 1, HIGH));
    }
}
