package io.stele.runtime.memory;

import io.stele.codegen.CpuArea;
import io.stele.codegen.RegionLookup;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/**
 * Which part of which translation space lives in which slot, and the K values through which generated code gets there.
 *
 * <p>A slot is for a region, {@code va >>> 40}, or for a granule, {@code va >>> 30}, of addresses without tag. Per view there is one
 * machine-wide list of the regions that generated code names ({@link HotRegions}); every vCPU has a region
 * and a K for each of them. The region is {@link CpuArea#ABSENT_REGION} where its current space has no slot for it. See docs/regions.md.
 */
public final class RegionMap {
    /** Key of slots whose space is gone; equal to no key of a guest ISA. */
    private static final long RETIRED = -1;
    /** A space that has this many slots for regions gets slots for granules. */
    static final int REGIONS_PER_SPACE = 64;
    private static final int BUCKETS = 1024;

    private final GuestIsa isa;
    private final long[] slotKey = new long[VmLayout.SLOTS];
    /** First guest address that the slot is for. */
    private final long[] slotGuest = new long[VmLayout.SLOTS];
    private final byte[] slotView = new byte[VmLayout.SLOTS];
    private final boolean[] slotUsed = new boolean[VmLayout.SLOTS];
    private final long[] slotStamp = new long[VmLayout.SLOTS];
    /** Slots in use by what they are for: heads and next + 1, 0 = end. */
    private final int[] bucket = new int[BUCKETS];
    private final int[] nextInBucket = new int[VmLayout.SLOTS];
    /** Slots for regions and slots for granules from here on were never used. */
    private int regionLimit;
    private int granuleLimit = VmLayout.REGION_SLOTS;
    private int freeGranules = VmLayout.GRANULE_SLOTS;
    private int granuleHand = VmLayout.REGION_SLOTS;
    private long clock;

    private final HotRegions[] hot = new HotRegions[2];
    private final VirtualCpu[] cpus;
    private final RegionTable[] tables;
    private final StaleSlots stale;

    public RegionMap(GuestIsa isa, VirtualCpus vcpus) {
        this.isa = isa;
        cpus = vcpus.all();
        stale = new StaleSlots(vcpus);
        for (int view = 0; view < 2; view++) {
            int ofView = view;
            hot[view] = new HotRegions(index -> publishHot(ofView, index), index -> isAbsentEverywhere(ofView, index));
        }
        tables = new RegionTable[cpus.length];
        for (int i = 0; i < cpus.length; i++) {
            tables[i] = new RegionTable(cpus[i].area());
        }
    }

    /** The address whose translation an access to {@code va} uses: without the tag, where tags are ignored. */
    public long untagged(long area, long va) {
        return isa.tagsIgnored(area, va) ? va << 8 >> 8 : va;
    }

    /** Number of the region of an address. */
    public static int regionOf(long va) {
        return (int) (va >>> RegionLookup.REGION_SHIFT);
    }

    private static boolean isForRegion(int slot) {
        return slot < VmLayout.REGION_SLOTS;
    }

    private static long startOf(long va, boolean region) {
        return va & -1L << (region ? RegionLookup.REGION_SHIFT : RegionLookup.GRANULE_SHIFT);
    }

    private static int bucketOf(long start, boolean region) {
        return (int) ((region ? start : start + 1) * 0x9e37_79b9_7f4a_7c15L >>> 64 - 10);
    }

    private static long k(int slot, long start) {
        return VmLayout.slotStart(slot) - start;
    }

    /** True if the number is that of a slot in use. */
    public boolean isGuestSlot(int slot) {
        return slot >= 0 && slotUsed[slot];
    }

    public int view(int slot) {
        return slotView[slot];
    }

    public long key(int slot) {
        return slotKey[slot];
    }

    /** First guest address that a slot is for. */
    long start(int slot) {
        return slotGuest[slot];
    }

    /** Guest virtual address of a host address in a slot or its edges. */
    public long guestAddress(long hostVa) {
        int slot = VmLayout.slotOf(hostVa);
        return slotGuest[slot] + (hostVa - VmLayout.slotStart(slot));
    }

    /** True if a guest address is not in what the slot is for, but in an edge of it. */
    static boolean isEdge(int slot, long hostVa) {
        long offset = hostVa - VmLayout.slotStart(slot);
        return offset < 0 || offset >= VmLayout.slotBytes(slot);
    }

    /** First host address that a slot may map, edges included. */
    static long mappedStart(int slot) {
        return VmLayout.slotStart(slot) - VmLayout.SLOT_EDGE;
    }

    /** The address behind the last one that a slot may map. */
    static long mappedEnd(int slot) {
        return VmLayout.slotStart(slot) + VmLayout.slotBytes(slot) + VmLayout.SLOT_EDGE;
    }

    /** First slot for a region or granule, of any space, or -1. */
    int firstFor(long start, boolean region) {
        return matching(bucket[bucketOf(start, region)], start, region);
    }

    /** The next one behind a slot that {@link #firstFor} or this gave. */
    int nextFor(int slot) {
        return matching(nextInBucket[slot], slotGuest[slot], isForRegion(slot));
    }

    private int matching(int link, long start, boolean region) {
        int slot = link - 1;
        while (slot >= 0 && (slotGuest[slot] != start || isForRegion(slot) != region)) {
            slot = nextInBucket[slot] - 1;
        }
        return slot;
    }

    private int find(long key, long va, boolean region) {
        int slot = firstFor(startOf(va, region), region);
        while (slot >= 0 && slotKey[slot] != key) {
            slot = nextFor(slot);
        }
        return slot;
    }

    /** The slot of an address in the current space, or -1. */
    int find(long area, int view, long va) {
        long key = isa.spaceKey(area, view, va);
        int slot = find(key, va, true);
        return slot >= 0 ? slot : find(key, va, false);
    }

    /** True if an address of the current space has no slot, and would get one for its granule only. */
    public boolean needsGranule(long state, int view, long va) {
        return find(state, view, va) < 0 && !deservesRegion(state, view, va);
    }

    /** True if an address of the current space has a slot for its region. */
    public boolean hasRegionSlot(long state, int view, long va) {
        int slot = find(state, view, va);
        return slot >= 0 && slot < VmLayout.REGION_SLOTS;
    }

    /** True if an address of the current space has a slot. */
    public boolean isActivated(long state, int view, long va) {
        return find(state, view, va) >= 0;
    }

    /** True if an address in the edge of a slot belongs to another space than the slot. */
    public boolean isForeign(long state, long hostVa) {
        int slot = VmLayout.slotOf(hostVa);
        return isa.spaceKey(state, slotView[slot], guestAddress(hostVa)) != slotKey[slot];
    }

    /** Behind the last slot for regions, or for granules, that was ever used. */
    int limit(boolean region) {
        return region ? regionLimit : granuleLimit;
    }

    /** Which vCPUs may have stale translations of a slot. */
    StaleSlots stale() {
        return stale;
    }

    /** True if a CPU's current space is that of the slot, so that a K may name it. */
    boolean isActive(int slot) {
        for (VirtualCpu cpu : cpus) {
            if (isActive(slot, cpu)) {
                return true;
            }
        }
        return false;
    }

    /** True if this CPU's current space is that of the slot. */
    boolean isActive(int slot, VirtualCpu cpu) {
        return cpu.mailbox().isOn() && slotKey[slot] == isa.spaceKey(cpu.area(), slotView[slot], slotGuest[slot]);
    }

    /** Gives back a slot whose mappings are gone. */
    void release(int slot) {
        int b = bucketOf(slotGuest[slot], isForRegion(slot));
        if (bucket[b] == slot + 1) {
            bucket[b] = nextInBucket[slot];
        } else {
            int before = bucket[b] - 1;
            while (nextInBucket[before] != slot + 1) {
                before = nextInBucket[before] - 1;
            }
            nextInBucket[before] = nextInBucket[slot];
        }
        slotUsed[slot] = false;
        if (!isForRegion(slot)) {
            freeGranules++;
        }
    }

    /** The space is gone: nothing finds the slot any more, but its mappings are still there. */
    void retire(int slot) {
        slotKey[slot] = RETIRED;
    }

    boolean isRetired(int slot) {
        return slotUsed[slot] && slotKey[slot] == RETIRED;
    }

    /** Whether the space of an address should get a slot for its region, not for its granule, if it has none. */
    boolean deservesRegion(long area, int view, long va) {
        long key = isa.spaceKey(area, view, va);
        int own = 0;
        boolean possible = false;
        for (int slot = 0; slot < VmLayout.REGION_SLOTS; slot++) {
            own += slotUsed[slot] && slotKey[slot] == key ? 1 : 0;
            possible = possible || !slotUsed[slot] || slotKey[slot] == RETIRED || !isActive(slot);
        }
        return possible && own < REGIONS_PER_SPACE;
    }

    /** Gives a free slot to an address of the current space, which has none; -1 when none of the kind is free. */
    int assign(long area, int view, long va, boolean region) {
        int slot = region ? freeRegion() : freeGranule();
        if (slot < 0) {
            return -1;
        }
        long start = startOf(va, region);
        slotUsed[slot] = true;
        slotKey[slot] = isa.spaceKey(area, view, va);
        slotGuest[slot] = start;
        slotView[slot] = (byte) view;
        slotStamp[slot] = ++clock;
        int b = bucketOf(start, region);
        nextInBucket[slot] = bucket[b];
        bucket[b] = slot + 1;
        return slot;
    }

    private int freeRegion() {
        for (int slot = 0; slot < VmLayout.REGION_SLOTS; slot++) {
            if (!slotUsed[slot]) {
                regionLimit = Math.max(regionLimit, slot + 1);
                return slot;
            }
        }
        return -1;
    }

    private int freeGranule() {
        if (freeGranules == 0) {
            return -1;
        }
        while (slotUsed[granuleHand]) {
            advanceHand();
        }
        int slot = granuleHand;
        advanceHand();
        freeGranules--;
        granuleLimit = Math.max(granuleLimit, slot + 1);
        return slot;
    }

    private void advanceHand() {
        granuleHand = granuleHand + 1 < VmLayout.SLOTS ? granuleHand + 1 : VmLayout.REGION_SLOTS;
    }

    /**
     * The slot to give away when none of a kind is free: for regions the one that was used longest ago, and none of a current space if
     * there is another; for granules the one that got its slot longest ago.
     */
    int victim(boolean region) {
        if (!region) {
            return granuleHand;
        }
        int victim = -1;
        boolean victimActive = true;
        for (int slot = 0; slot < VmLayout.REGION_SLOTS; slot++) {
            boolean active = isActive(slot);
            if (victim < 0 || victimActive && !active || victimActive == active && slotStamp[slot] < slotStamp[victim]) {
                victim = slot;
                victimActive = active;
            }
        }
        return victim;
    }

    /** The regions of a view that generated code names. */
    public HotRegions hot(int view) {
        return hot[view];
    }

    private void publishHot(int view, int index) {
        for (VirtualCpu cpu : cpus) {
            publishHot(cpu, view, index);
        }
    }

    private boolean isAbsentEverywhere(int view, int index) {
        boolean absent = true;
        for (VirtualCpu cpu : cpus) {
            absent &= RawMemory.getInt(cpu.area() + CpuArea.regionId(view, index)) == CpuArea.ABSENT_REGION;
        }
        return absent;
    }

    /**
     * Tells the CPU which slot, if any, the current space has for a hot region. It may run, if no check in its code can be passed by the region
     * that was there before.
     */
    private void publishHot(VirtualCpu cpu, int view, int index) {
        long area = cpu.area();
        int region = hot[view].region(index);
        int told = CpuArea.NO_REGION;
        if (region != CpuArea.NO_REGION) {
            long va = (long) region << RegionLookup.REGION_SHIFT;
            int slot = find(isa.spaceKey(area, view, va), va, true);
            told = CpuArea.ABSENT_REGION;
            if (slot >= 0 && stale.publish(slot, cpu)) {
                told = region;
                slotStamp[slot] = ++clock;
                RawMemory.putLong(area + CpuArea.regionK(view, index), k(slot, va));
            }
        }
        // Generated code reads the region first, then the K.
        RawMemory.putIntRelease(area + CpuArea.regionId(view, index), told);
    }

    /** Lets the CPU, which does not run, find a slot of its current space. */
    void publish(VirtualCpu cpu, int slot) {
        int view = slotView[slot];
        long start = slotGuest[slot];
        slotStamp[slot] = ++clock;
        stale.publish(slot, cpu);
        for (int i = 0; isForRegion(slot) && i < hot[view].count(); i++) {
            if (hot[view].region(i) == regionOf(start)) {
                publishHot(cpu, view, i);
            }
        }
        long key = isForRegion(slot) ? RegionLookup.regionKey(view, start) : RegionLookup.granuleKey(view, start);
        tables[cpu.index()].put(key, k(slot, start));
    }

    /** Makes all that a CPU, which does not run, knows about a view right for its current space, which may have slots from before. */
    void reload(VirtualCpu cpu, int view) {
        RegionTable table = tables[cpu.index()];
        table.clear(view);
        long low = isa.spaceKey(cpu.area(), view, 0);
        long high = isa.spaceKey(cpu.area(), view, -1);
        for (int slot = 0; slot < regionLimit; slot++) {
            long start = slotGuest[slot];
            if (slotUsed[slot] && slotView[slot] == view && slotKey[slot] == (start < 0 ? high : low) && stale.publish(slot, cpu)) {
                slotStamp[slot] = ++clock;
                table.put(RegionLookup.regionKey(view, start), k(slot, start));
            }
        }
        for (int i = 0; i < hot[view].count(); i++) {
            publishHot(cpu, view, i);
        }
    }

    /** Tells the CPU whether tags take part in the translation of its addresses. */
    void publishTags(long area) {
        for (int half = 0; half < 2; half++) {
            RawMemory.putInt(area + CpuArea.TAGS_SIGNIFICANT + 4L * half, isa.tagsIgnored(area, -half) ? 0 : 1);
        }
    }

    /** A fresh CPU knows no region. */
    void initialise(VirtualCpu cpu) {
        for (int view = 0; view < 2; view++) {
            for (int i = 0; i < CpuArea.REGION_SLOTS; i++) {
                RawMemory.putInt(cpu.area() + CpuArea.regionId(view, i), CpuArea.NO_REGION);
            }
            reload(cpu, view);
        }
        publishTags(cpu.area());
    }

    int slotsInUse() {
        int n = 0;
        for (boolean used : slotUsed) {
            n += used ? 1 : 0;
        }
        return n;
    }
}
