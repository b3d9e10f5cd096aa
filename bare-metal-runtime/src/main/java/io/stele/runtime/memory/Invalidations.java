package io.stele.runtime.memory;

import io.stele.codegen.RegionLookup;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.function.LongPredicate;

/** Takes away what is mapped when the guest has invalidated translations, but not what its tables still say. */
final class Invalidations {
    private static final long LARGE = PageTables.LARGE_BYTES;

    private final PageTables tables;
    private final RegionMap regions;
    private final VirtualCpus cpus;
    private final KnownSpaces knownSpaces;
    private final EntryRemoval removal;
    private final PreparedFills prepared;
    private final Churn churn;
    private final IdleLists idle;
    private final PageWalks walks;
    /** About the range that is being invalidated: there is a slot that does not map it because it is churning; one that may. */
    private boolean churningSomewhere;
    private boolean mappableSomewhere;

    Invalidations(GuestIsa isa, GuestBus bus, PageTables tables, RegionMap regions, VirtualCpus cpus, KnownSpaces knownSpaces, EntryRemoval removal,
            PreparedFills prepared, Churn churn, IdleLists idle) {
        this.tables = tables;
        this.regions = regions;
        this.cpus = cpus;
        this.knownSpaces = knownSpaces;
        this.removal = removal;
        this.prepared = prepared;
        this.churn = churn;
        this.idle = idle;
        walks = new PageWalks(isa, bus);
    }

    /**
     * The guest invalidated translations; see {@link io.stele.guest.RuntimeHooks#invalidateTranslations}.
     *
     * @return true if the addresses are mapped nowhere and will not be, whatever their translation is
     */
    boolean invalidate(LongPredicate spaces, long va, long bytes, boolean lastLevel) {
        prepared.cancelOthers();
        removal.forgetThunks(lastLevel);
        churningSomewhere = false;
        mappableSomewhere = false;
        if (bytes >= 0) {
            invalidateRange(spaces, va, bytes, true);
            invalidateRange(spaces, va, bytes, false);
        } else {
            invalidateSlots(spaces, true);
            invalidateSlots(spaces, false);
        }
        removal.flush();
        if (churningSomewhere || bytes < 0) {
            prepared.cancel(cpus.served());
        }
        return churningSomewhere && !mappableSomewhere;
    }

    private void invalidateSlots(LongPredicate spaces, boolean region) {
        for (int slot = region ? 0 : VmLayout.REGION_SLOTS; slot < regions.limit(region); slot++) {
            if (!regions.isGuestSlot(slot) || regions.isRetired(slot) || !spaces.test(regions.key(slot))) {
                continue;
            }
            if (current(slot) == 0) {
                regions.retire(slot);
            } else if (isDead(slot)) {
                regions.retire(slot);
                knownSpaces.forget(cpus.served());
            } else {
                recheck(slot, regions.start(slot) - VmLayout.SLOT_EDGE, VmLayout.slotBytes(slot) + 2 * VmLayout.SLOT_EDGE, false);
            }
        }
    }

    /**
     * True if what a slot of the current space maps is not in the guest's tables any more, as at the end of a process: then it need not be taken away
     * now, provided that nobody but the vCPU that is served, whose registers hold no K, can find it. One page of each host table is looked at: what the
     * others map is mapped again if it is needed after all.
     */
    private boolean isDead(int slot) {
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served() && regions.isActive(slot, cpu)) {
                return false;
            }
        }
        walks.begin(cpus.served().area(), regions.view(slot), Walk.READ);
        long end = RegionMap.mappedEnd(slot);
        long first = tables.nextMapping(RegionMap.mappedStart(slot), end);
        for (long hostVa = first; hostVa < end; hostVa = tables.nextMapping((hostVa & -LARGE) + LARGE, end)) {
            if (maps(walks.at(regions.guestAddress(hostVa)), hostVa, tables.leafEntry(hostVa))) {
                return false;
            }
        }
        return first < end;
    }

    /** Slots whose edges reach into the range are concerned, too. */
    private void invalidateRange(LongPredicate spaces, long va, long bytes, boolean region) {
        int shift = region ? RegionLookup.REGION_SHIFT : RegionLookup.GRANULE_SHIFT;
        long last = va + bytes + VmLayout.SLOT_EDGE - 1 >> shift;
        for (long unit = va - VmLayout.SLOT_EDGE >> shift; unit <= last; unit++) {
            for (int slot = regions.firstFor(unit << shift, region); slot >= 0; slot = regions.nextFor(slot)) {
                if (regions.isRetired(slot)) {
                    continue;
                }
                boolean never = churn.isChurning(VmLayout.slotStart(slot) + (va - regions.start(slot)));
                churningSomewhere |= never;
                mappableSomewhere |= !never;
                if (spaces.test(regions.key(slot))) {
                    recheck(slot, va, bytes, true);
                }
            }
        }
    }

    /**
     * Takes away what is mapped in a range of guest addresses, but not what the guest's tables still say.
     *
     * @param alone the guest invalidated this range, not a space
     */
    private void recheck(int slot, long va, long bytes, boolean alone) {
        long state = current(slot);
        long slotStart = VmLayout.slotStart(slot);
        long first = slotStart + Math.max(va - regions.start(slot), -VmLayout.SLOT_EDGE);
        long end = slotStart + Math.min(va + bytes - regions.start(slot), VmLayout.slotBytes(slot) + VmLayout.SLOT_EDGE);
        if (state != 0) {
            walks.begin(state, regions.view(slot), Walk.READ);
        }
        for (long hostVa = tables.nextMapping(first, end); hostVa < end; hostVa = tables.nextMapping(behind(hostVa), end)) {
            long entry = tables.leafEntry(hostVa);
            Walk walk = state == 0 ? null : walks.at(regions.guestAddress(hostVa));
            boolean known = walk != null && maps(walk, hostVa, entry);
            if (known && (walk.writable || !tables.isWritable(entry))) {
                continue;
            }
            if (alone && regions.view(slot) == GuestIsa.PRIVILEGED) {
                countChurn(Math.max(hostVa, first));
            }
            if (known) {
                removal.makeReadOnly(slot, hostVa);
            } else {
                removal.remove(slot, hostVa);
            }
        }
    }

    private void countChurn(long hostVa) {
        if (churn.count(hostVa, System.nanoTime() / 1_000_000)) {
            idle.forget();
        }
    }

    /** First address behind the mapping at an address. */
    private long behind(long hostVa) {
        return hostVa + (tables.isLarge(tables.leafEntry(hostVa)) ? LARGE : 4096);
    }

    /** Area of a CPU whose current space is that of the slot, or 0. */
    private long current(int slot) {
        for (VirtualCpu cpu : cpus.all()) {
            if (regions.isActive(slot, cpu)) {
                return cpu.area();
            }
        }
        return 0;
    }

    /** Would a fault at this address, whose walk is given, produce the entry that is there, rights to write aside? */
    private boolean maps(Walk walk, long hostVa, long entry) {
        if (!walk.ok || walk.device) {
            return false;
        }
        if (!tables.isLarge(entry)) {
            return (walk.physical & ~4095L) == tables.physical(entry);
        }
        long offset = hostVa & (LARGE - 1);
        return walk.blockBytes >= LARGE && walk.physical - (walk.physical & 4095) - (offset & ~4095L) == tables.physical(entry);
    }
}
