package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.FakeIsa;
import io.stele.runtime.RuntimeVm;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which slot a region gets, and what the K values say about it. */
class RegionMapTest {
    private static final int VIEW = 1;
    private static final int REGION = 0x12_3456;
    private static final int GUEST_SLOTS = VmLayout.WINDOW_SLOT - VmLayout.FIRST_SLOT;

    private final FakeIsa isa = new FakeIsa();
    private RuntimeVm vm;
    private RegionMap regions;
    private long area;

    @BeforeEach
    void createMap() {
        vm = new RuntimeVm();
        area = vm.cpu.area();
        regions = new RegionMap(isa, new VirtualCpu[] {vm.cpu});
        regions.initialise(area);
    }

    @AfterEach
    void closeVm() {
        if (vm != null) {
            vm.close();
        }
    }

    private long k(int index) {
        return RawMemory.getLong(area + CpuArea.regionK(VIEW, index));
    }

    private static int slotThrough(long k, int region, long offset) {
        return RegionMap.slotOf(((long) region << VmLayout.SLOT_SHIFT | offset) + k);
    }

    @Test
    void aRegionKeepsItsSlotAndSpacesDoNotShareOne() {
        int slot = regions.assign(area, VIEW, REGION);
        assertEquals(slot, regions.assign(area, VIEW, REGION));
        assertNotEquals(slot, regions.assign(area, VIEW, REGION + 1));
        assertNotEquals(slot, regions.assign(area, 1 - VIEW, REGION));
        isa.space = 2;
        assertNotEquals(slot, regions.assign(area, VIEW, REGION));
        isa.space = 1;
        assertEquals(slot, regions.assign(area, VIEW, REGION));
        assertEquals(4, regions.slotsInUse());
        assertEquals((long) REGION << VmLayout.SLOT_SHIFT | 0x1234, regions.guestAddress(RegionMap.slotBase(slot) + 0x1234));
    }

    @Test
    void kLeadsToThePoisonSlotUntilTheRegionHasOne() {
        int index = regions.hotIndexOrAdd(VIEW, REGION);
        assertEquals(index, regions.hotIndexOrAdd(VIEW, REGION));
        assertEquals(VmLayout.POISON_SLOT, slotThrough(k(index), REGION, 0x8000));
        int slot = regions.assign(area, VIEW, REGION);
        regions.publish(area, VIEW, REGION, slot);
        assertEquals(slot, slotThrough(k(index), REGION, 0x8000));
        assertEquals(slot, slotThrough(k(index), REGION, VmLayout.SLOT_BYTES - 1));
    }

    @Test
    void kFollowsTheCurrentSpace() {
        int index = regions.hotIndexOrAdd(VIEW, REGION);
        int first = regions.assign(area, VIEW, REGION);
        regions.publish(area, VIEW, REGION, first);
        isa.space = 2;
        regions.reload(area, VIEW);
        assertEquals(VmLayout.POISON_SLOT, slotThrough(k(index), REGION, 0));
        int second = regions.assign(area, VIEW, REGION);
        regions.publish(area, VIEW, REGION, second);
        isa.space = 1;
        regions.reload(area, VIEW);
        assertEquals(first, slotThrough(k(index), REGION, 0));
        isa.space = 2;
        regions.reload(area, VIEW);
        assertEquals(second, slotThrough(k(index), REGION, 0));
    }

    @Test
    void theHotListEndsWhenItIsFull() {
        for (int i = 0; i < CpuArea.REGION_SLOTS; i++) {
            assertEquals(i, regions.hotIndexOrAdd(VIEW, i));
        }
        assertEquals(-1, regions.hotIndexOrAdd(VIEW, CpuArea.REGION_SLOTS));
        assertEquals(CpuArea.REGION_SLOTS, regions.hotCount(VIEW));
        assertEquals(0, regions.hotIndexOrAdd(1 - VIEW, 77));
    }

    @Test
    void theSlotUnusedForLongestIsTheVictimButNoneOfTheCurrentSpace() {
        for (int i = 0; i < GUEST_SLOTS; i++) {
            isa.space = 1 + i;
            assertTrue(regions.assign(area, VIEW, REGION) > 0);
        }
        isa.space = 1 + GUEST_SLOTS;
        assertEquals(-1, regions.assign(area, VIEW, REGION));
        isa.space = 1;
        int first = regions.assign(area, VIEW, REGION);
        isa.space = 3;
        int third = regions.assign(area, VIEW, REGION);
        isa.space = 2;
        int victim = regions.victim(area);
        assertFalse(victim == first || victim == third, "used last");
        assertNotEquals(isa.spaceKey(area, VIEW, 0), regions.key(victim), "a slot of the current space");
        assertEquals(4L << 1 | VIEW, regions.key(victim));
        regions.release(victim);
        assertFalse(regions.isGuestSlot(victim));
        isa.space = 1 + GUEST_SLOTS;
        assertEquals(victim, regions.assign(area, VIEW, REGION));
    }
}
