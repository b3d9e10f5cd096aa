package io.stele.runtime.memory;

import io.stele.codegen.CpuArea;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;

/**
 * Which region of which translation space lives in which slot, and the K values through which generated code gets there.
 *
 * <p>A region is {@code va >>> 40} (24 bits). Per view there is one machine-wide list of the regions that generated code names ("hot"
 * regions, at most {@link CpuArea#REGION_SLOTS}); every vCPU has a K for each of them that is right for its current space, or leads into the
 * poison slot.
 */
public final class RegionMap {
    /** Key of slots whose space is gone; equal to no key of a guest ISA. */
    private static final long RETIRED = -1;

    private final GuestIsa isa;
    private final long[] slotKey = new long[VmLayout.POISON_SLOT + 1];
    private final int[] slotRegion = new int[VmLayout.POISON_SLOT + 1];
    private final byte[] slotView = new byte[VmLayout.POISON_SLOT + 1];
    private final boolean[] slotUsed = new boolean[VmLayout.POISON_SLOT + 1];
    private final long[] slotStamp = new long[VmLayout.POISON_SLOT + 1];
    /** Slots from here on were never used. */
    private int slotLimit = VmLayout.FIRST_SLOT;
    private long clock;

    private final int[][] hot = new int[2][CpuArea.REGION_SLOTS];
    private final int[] hotCount = new int[2];

    private final VirtualCpu[] cpus;

    public RegionMap(GuestIsa isa, VirtualCpu[] cpus) {
        this.isa = isa;
        this.cpus = cpus;
    }

    public static long slotBase(int slot) {
        return (long) slot << VmLayout.SLOT_SHIFT;
    }

    public static int slotOf(long hostVa) {
        return (int) (hostVa >>> VmLayout.SLOT_SHIFT);
    }

    public static int regionOf(long va) {
        return (int) (va >>> VmLayout.SLOT_SHIFT);
    }

    private static long k(int slot, int region) {
        return slotBase(slot) - ((long) region << VmLayout.SLOT_SHIFT);
    }

    /** Behind the last slot that was ever used. */
    int slotLimit() {
        return slotLimit;
    }

    public boolean isGuestSlot(int slot) {
        return slot >= VmLayout.FIRST_SLOT && slot < VmLayout.WINDOW_SLOT && slotUsed[slot];
    }

    public int view(int slot) {
        return slotView[slot];
    }

    public long key(int slot) {
        return slotKey[slot];
    }

    public int region(int slot) {
        return slotRegion[slot];
    }

    /** Guest virtual address of a host address inside a guest slot. */
    public long guestAddress(long hostVa) {
        return ((long) slotRegion[slotOf(hostVa)] << VmLayout.SLOT_SHIFT) | (hostVa & (VmLayout.SLOT_BYTES - 1));
    }

    private int find(long key, int region) {
        for (int slot = VmLayout.FIRST_SLOT; slot < slotLimit; slot++) {
            if (slotKey[slot] == key && slotRegion[slot] == region && slotUsed[slot]) {
                return slot;
            }
        }
        return -1;
    }

    /** A slot not in use, or -1. */
    private int findFree() {
        for (int slot = VmLayout.FIRST_SLOT; slot < VmLayout.WINDOW_SLOT; slot++) {
            if (!slotUsed[slot]) {
                return slot;
            }
        }
        return -1;
    }

    /** The least recently activated slot of another space than this CPU's; if there is none, of its own. */
    int victim(long area) {
        int victim = -1;
        boolean victimActive = true;
        for (int slot = VmLayout.FIRST_SLOT; slot < VmLayout.WINDOW_SLOT; slot++) {
            if (!slotUsed[slot] || slotKey[slot] == RETIRED) {
                continue;
            }
            boolean active = isActive(area, slot);
            if (victim < 0 || victimActive && !active || victimActive == active && slotStamp[slot] < slotStamp[victim]) {
                victim = slot;
                victimActive = active;
            }
        }
        return victim;
    }

    /** True if the slot belongs to the CPU's current space, so that a K may name it. */
    boolean isActive(long area, int slot) {
        return slotKey[slot] == isa.spaceKey(area, slotView[slot], (long) slotRegion[slot] << VmLayout.SLOT_SHIFT);
    }

    public void release(int slot) {
        slotUsed[slot] = false;
    }

    /** The space is gone: nothing finds the slot any more, but its mappings are still there. */
    public void retire(int slot) {
        slotKey[slot] = RETIRED;
    }

    boolean isRetired(int slot) {
        return slotUsed[slot] && slotKey[slot] == RETIRED;
    }

    /** The slot of a region in the current space; -1 when all slots are taken (release {@link #victim} and try again). */
    public int assign(long area, int view, int region) {
        long key = isa.spaceKey(area, view, (long) region << VmLayout.SLOT_SHIFT);
        int slot = find(key, region);
        if (slot < 0) {
            slot = findFree();
            if (slot < 0) {
                return -1;
            }
            slotUsed[slot] = true;
            slotLimit = Math.max(slotLimit, slot + 1);
            slotKey[slot] = key;
            slotRegion[slot] = region;
            slotView[slot] = (byte) view;
        }
        slotStamp[slot] = ++clock;
        return slot;
    }

    /** Index of a hot region, or -1 when it is not one. */
    public int hotIndex(int view, int region) {
        int[] list = hot[view];
        for (int i = 0; i < hotCount[view]; i++) {
            if (list[i] == region) {
                return i;
            }
        }
        return -1;
    }

    /** Index of a region in the hot list of the view, entering it when there is room; -1 when the list is full. */
    public int hotIndexOrAdd(int view, int region) {
        int index = hotIndex(view, region);
        if (index < 0 && hotCount[view] < CpuArea.REGION_SLOTS) {
            index = hotCount[view]++;
            occupy(view, index, region);
        }
        return index;
    }

    /** True if checks name the K slot, but no region has it in this run. */
    public boolean isVacant(int view, int index) {
        return hot[view][index] == CpuArea.NO_REGION && index < hotCount[view];
    }

    /** Gives a K slot to a region. */
    public void occupy(int view, int index, int region) {
        hot[view][index] = region;
        for (VirtualCpu cpu : cpus) {
            RawMemory.putInt(cpu.area() + CpuArea.regionId(view, index), region);
            RawMemory.putLong(cpu.area() + CpuArea.regionK(view, index), k(VmLayout.POISON_SLOT, region));
        }
    }

    /** True if a region could still get a K slot in both views. */
    public boolean hasRoom() {
        return hotCount[0] < CpuArea.REGION_SLOTS && hotCount[1] < CpuArea.REGION_SLOTS;
    }

    /** Makes as many K slots known as another run had; which regions they are for turns out when code uses them. */
    public void reserve(int view, int count) {
        for (int i = hotCount[view]; i < count; i++) {
            hot[view][i] = CpuArea.NO_REGION;
        }
        hotCount[view] = Math.max(hotCount[view], count);
    }

    int hotRegion(int view, int index) {
        return hot[view][index];
    }

    /** True if the K of a hot region leads into the poison slot. */
    boolean isPoisoned(long area, int view, int index) {
        return RawMemory.getLong(area + CpuArea.regionK(view, index)) == k(VmLayout.POISON_SLOT, hot[view][index]);
    }

    public int hotCount(int view) {
        return hotCount[view];
    }

    /** Makes the K and the table entry of a region name its slot. */
    void publish(long area, int view, int region, int slot) {
        long k = k(slot, region);
        for (int i = 0; i < hotCount[view]; i++) {
            if (hot[view][i] == region) {
                RawMemory.putLong(area + CpuArea.regionK(view, i), k);
            }
        }
        long entry = tableEntry(area, view, region);
        RawMemory.putLong(entry, region & 0xff_ffffL);
        RawMemory.putLong(entry + 8, k);
    }

    private static long tableEntry(long area, int view, int region) {
        return area + CpuArea.REGION_TABLE + (long) view * CpuArea.REGION_TABLE_STRIDE
                + ((region ^ region >>> CpuArea.REGION_TABLE_SHIFT) & CpuArea.REGION_TABLE_ENTRIES - 1) * 16L;
    }

    /** Recomputes every K of a view for the CPU's current space. */
    public void reload(long area, int view) {
        long table = area + CpuArea.REGION_TABLE + (long) view * CpuArea.REGION_TABLE_STRIDE;
        for (int i = 0; i < CpuArea.REGION_TABLE_ENTRIES; i++) {
            RawMemory.putLong(table + i * 16L, -1);
        }
        for (int i = 0; i < hotCount[view]; i++) {
            int region = hot[view][i];
            if (region == CpuArea.NO_REGION) {
                continue;
            }
            int slot = find(isa.spaceKey(area, view, (long) region << VmLayout.SLOT_SHIFT), region);
            if (slot >= 0) {
                slotStamp[slot] = ++clock;
                publish(area, view, region, slot);
            } else {
                RawMemory.putLong(area + CpuArea.regionK(view, i), k(VmLayout.POISON_SLOT, region));
            }
        }
    }

    /** All K of a fresh CPU lead into the poison slot and its tables are empty. */
    public void initialise(long area) {
        for (int view = 0; view < 2; view++) {
            for (int i = 0; i < CpuArea.REGION_SLOTS; i++) {
                RawMemory.putInt(area + CpuArea.regionId(view, i), i < hotCount[view] ? hot[view][i] : CpuArea.NO_REGION);
                RawMemory.putLong(area + CpuArea.regionK(view, i), slotBase(VmLayout.POISON_SLOT));
            }
            reload(area, view);
        }
    }

    int slotsInUse() {
        int n = 0;
        for (boolean used : slotUsed) {
            n += used ? 1 : 0;
        }
        return n;
    }
}
