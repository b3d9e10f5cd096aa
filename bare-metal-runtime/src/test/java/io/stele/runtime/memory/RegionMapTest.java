package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.CpuArea;
import io.stele.codegen.RegionLookup;
import io.stele.ir.IrBuilder;
import io.stele.memory.RawMemory;
import io.stele.runtime.FakeIsa;
import io.stele.runtime.RuntimeVm;
import io.stele.runtime.common.VmLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which slot a region or granule gets, and what a CPU knows about it. */
class RegionMapTest {
    private static final int VIEW = 1;
    private static final long TIB = 1L << RegionLookup.REGION_SHIFT;
    private static final long GIB = 1L << RegionLookup.GRANULE_SHIFT;
    private static final int REGION = 0x12;
    private static final long VA = REGION * TIB;

    private final FakeIsa isa = new FakeIsa();
    private RuntimeVm vm;
    private RegionMap regions;
    private long area;

    @BeforeEach
    void createMap() {
        vm = new RuntimeVm();
        area = vm.cpu.area();
        regions = new RegionMap(isa, vm.cpus);
        regions.initialise(vm.cpu);
    }

    @AfterEach
    void closeVm() {
        if (vm != null) {
            vm.close();
        }
    }

    /** Host address by way of the region of a K number; -1 when the check would fail. */
    private long checked(int index, long va) {
        return RawMemory.getInt(area + CpuArea.regionId(VIEW, index)) == RegionMap.regionOf(va)
                ? va + RawMemory.getLong(area + CpuArea.regionK(VIEW, index)) : -1;
    }

    /** Host address by way of the table; -1 when it is not there. */
    private long lookedUp(long va) {
        for (long key : new long[] {RegionLookup.regionKey(VIEW, va), RegionLookup.granuleKey(VIEW, va)}) {
            for (int way = 0; way < RegionLookup.WAYS; way++) {
                long entry = area + CpuArea.REGION_TABLE + RegionLookup.set(key) + way * RegionLookup.ENTRY_BYTES;
                if (RawMemory.getLong(entry) == key) {
                    return va + RawMemory.getLong(entry + 8);
                }
            }
        }
        return -1;
    }

    @Test
    void slotsDoNotOverlapAndAddressesFindTheirSlot() {
        long end = VmLayout.BYTES;
        for (int slot = 0; slot < VmLayout.SLOTS; slot++) {
            long first = VmLayout.slotStart(slot) - VmLayout.SLOT_EDGE;
            // An index below 2^FAR_BITS and displacements lead from a slot for a region to where nothing is.
            assertTrue(first >= end + (slot < VmLayout.REGION_SLOTS ? (1L << IrBuilder.FAR_BITS) + (1 << 18) : 0), "slot " + slot);
            end = VmLayout.slotStart(slot) + VmLayout.slotBytes(slot) + VmLayout.SLOT_EDGE;
            assertEquals(slot, VmLayout.slotOf(first));
            assertEquals(slot, VmLayout.slotOf(VmLayout.slotStart(slot)));
            assertEquals(slot, VmLayout.slotOf(end - 1));
            assertEquals(-1, VmLayout.slotOf(first - 1));
            assertEquals(-1, VmLayout.slotOf(end));
            assertEquals(0, VmLayout.slotStart(slot) & (2L << 20) - 1);
        }
        assertTrue(VmLayout.RAM_WINDOW - VmLayout.slotStart(VmLayout.REGION_SLOTS - 1) - TIB > (1L << IrBuilder.FAR_BITS) + (1 << 18));
        assertTrue(VmLayout.TABLE_WINDOW >= end && VmLayout.TABLE_WINDOW + TIB < 1L << 47);
        assertEquals(-1, VmLayout.slotOf(VmLayout.RAM_WINDOW));
        assertEquals(-1, VmLayout.slotOf(VmLayout.TABLE_WINDOW));
        assertEquals(-1, VmLayout.slotOf(0));
    }

    @Test
    void aRegionKeepsItsSlotAndSpacesDoNotShareOne() {
        int slot = regions.assign(area, VIEW, VA + 5, true);
        assertEquals(slot, regions.find(area, VIEW, VA + TIB - 1));
        assertEquals(-1, regions.find(area, VIEW, VA + TIB));
        assertEquals(-1, regions.find(area, 1 - VIEW, VA));
        isa.space = 2;
        assertEquals(-1, regions.find(area, VIEW, VA));
        int second = regions.assign(area, VIEW, VA, true);
        assertNotEquals(slot, second);
        isa.space = 1;
        assertEquals(slot, regions.find(area, VIEW, VA));
        assertEquals(2, regions.slotsInUse());
        assertEquals(VA + 0x1234, regions.guestAddress(VmLayout.slotStart(slot) + 0x1234));
        assertEquals(VA - 16, regions.guestAddress(VmLayout.slotStart(slot) - 16));
        regions.release(slot);
        assertEquals(-1, regions.find(area, VIEW, VA));
        isa.space = 2;
        assertEquals(second, regions.find(area, VIEW, VA));
    }

    @Test
    void aRegionIsAbsentUntilItHasASlotInTheCurrentSpace() {
        int index = regions.hot(VIEW).indexOrAdd(REGION);
        assertEquals(index, regions.hot(VIEW).indexOrAdd(REGION));
        assertEquals(-1, checked(index, VA));
        int first = regions.assign(area, VIEW, VA, true);
        regions.publish(vm.cpu, first);
        assertEquals(VmLayout.slotStart(first) + 0x8000, checked(index, VA + 0x8000));
        assertEquals(VmLayout.slotStart(first) + 0x8000, lookedUp(VA + 0x8000));
        isa.space = 2;
        regions.reload(vm.cpu, VIEW);
        assertEquals(-1, checked(index, VA));
        assertEquals(-1, lookedUp(VA));
        int second = regions.assign(area, VIEW, VA, true);
        regions.publish(vm.cpu, second);
        assertEquals(VmLayout.slotStart(second), checked(index, VA));
        isa.space = 1;
        regions.reload(vm.cpu, VIEW);
        assertEquals(VmLayout.slotStart(first), checked(index, VA));
    }

    @Test
    void aGranuleIsFoundByTheTableAlone() {
        int index = regions.hot(VIEW).indexOrAdd(REGION);
        int slot = regions.assign(area, VIEW, VA + 3 * GIB + 7, false);
        regions.publish(vm.cpu, slot);
        assertEquals(VA + 3 * GIB, regions.start(slot));
        assertEquals(-1, checked(index, VA + 3 * GIB));
        assertEquals(VmLayout.slotStart(slot) + 9, lookedUp(VA + 3 * GIB + 9));
        assertEquals(-1, lookedUp(VA + 4 * GIB));
    }

    @Test
    void aSpaceWithManyRegionsGetsGranules() {
        for (int i = 0; i < RegionMap.REGIONS_PER_SPACE; i++) {
            assertTrue(regions.deservesRegion(area, VIEW, i * TIB));
            regions.assign(area, VIEW, i * TIB, true);
        }
        assertFalse(regions.deservesRegion(area, VIEW, 0x7f * TIB));
        isa.space = 2;
        assertTrue(regions.deservesRegion(area, VIEW, 0));
    }

    @Test
    void aHotRegionThatNoCurrentSpaceHasMakesRoomForAnother() {
        for (int i = 0; i < CpuArea.REGION_SLOTS; i++) {
            assertEquals(i, regions.hot(VIEW).indexOrAdd(i));
            if (i != 5 && i < RegionMap.REGIONS_PER_SPACE) {
                regions.publish(vm.cpu, regions.assign(area, VIEW, i * TIB, true));
            }
        }
        assertEquals(5, regions.hot(VIEW).indexOrAdd(1000));
        regions.publish(vm.cpu, regions.assign(area, VIEW, 1000 * TIB, true));
        assertEquals(-1, regions.hot(VIEW).indexOrAdd(1001));
        isa.space = 2;
        regions.reload(vm.cpu, VIEW);
        assertTrue(regions.hot(VIEW).indexOrAdd(1001) >= 0);
        assertEquals(CpuArea.REGION_SLOTS, regions.hot(VIEW).count());
    }

    @Test
    void theSlotUnusedForLongestIsTheVictimButNoneOfTheCurrentSpace() {
        for (int i = 0; i < VmLayout.REGION_SLOTS; i++) {
            isa.space = 1 + i;
            assertTrue(regions.assign(area, VIEW, VA, true) >= 0);
        }
        isa.space = 1 + VmLayout.REGION_SLOTS;
        assertEquals(-1, regions.assign(area, VIEW, VA, true));
        isa.space = 1;
        regions.publish(vm.cpu, regions.find(area, VIEW, VA));
        isa.space = 3;
        regions.publish(vm.cpu, regions.find(area, VIEW, VA));
        isa.space = 2;
        int victim = regions.victim(true);
        assertEquals(4L << 1 | VIEW, regions.key(victim));
        regions.release(victim);
        assertFalse(regions.isGuestSlot(victim));
        isa.space = 1 + VmLayout.REGION_SLOTS;
        assertEquals(victim, regions.assign(area, VIEW, VA, true));
    }

    @Test
    void granuleSlotsAreGivenAwayInTurn() {
        for (int i = 0; i < VmLayout.GRANULE_SLOTS; i++) {
            assertEquals(VmLayout.REGION_SLOTS + i, regions.assign(area, VIEW, i * GIB, false));
        }
        assertEquals(-1, regions.assign(area, VIEW, VA, false));
        for (int i = 0; i < 3; i++) {
            int victim = regions.victim(false);
            assertEquals(VmLayout.REGION_SLOTS + i, victim);
            regions.release(victim);
            assertEquals(victim, regions.assign(area, VIEW, VA + i * GIB, false));
        }
    }

    @Test
    void tagsAreTakenOffWhereTheGuestIgnoresThem() {
        assertEquals(0x5a00_1234_5678_9abcL, regions.untagged(area, 0x5a00_1234_5678_9abcL));
        isa.tagsIgnored = true;
        assertEquals(0x1234_5678_9abcL, regions.untagged(area, 0x5a00_1234_5678_9abcL));
        assertEquals(0xffff_8234_5678_9abcL, regions.untagged(area, 0x5aff_8234_5678_9abcL));
    }
}
