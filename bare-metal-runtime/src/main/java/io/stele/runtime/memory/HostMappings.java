package io.stele.runtime.memory;

import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.function.LongPredicate;

/**
 * Keeps the host page tables of the guest slots in step with the guest's own: has them filled at faults ({@link FaultFills}) and ahead of them
 * ({@link PreparedFills}), has entries taken away when the guest invalidates ({@link Invalidations}), recycles slots.
 */
public final class HostMappings {
    private final RegionMap regions;
    private final VirtualCpus cpus;
    private final KnownSpaces known;
    private final IdleLists idle;
    private final EntryRemoval removal;
    private final FaultFills fills;
    private final PreparedFills prepared;
    private final Invalidations invalidations;
    /** Pages that are not mapped any more. */
    private final Churn churn = new Churn();
    /** Stops the other vCPUs and makes their states precise: no register of theirs holds a K then. */
    private final Runnable quiesce;

    public HostMappings(GuestIsa isa, GuestBus bus, PageTables tables, RegionMap regions, VirtualCpus cpus, Shootdown shootdown,
            Runnable quiesce, Statistics statistics) {
        this.regions = regions;
        this.cpus = cpus;
        this.quiesce = quiesce;
        known = new KnownSpaces(isa, regions, cpus);
        idle = new IdleLists(cpus);
        removal = new EntryRemoval(cpus, regions, tables, shootdown);
        fills = new FaultFills(isa, bus, tables, regions, removal, churn, idle, statistics);
        prepared = new PreparedFills(isa, tables, regions, cpus, removal, churn, statistics);
        invalidations = new Invalidations(isa, bus, tables, regions, cpus, known, removal, prepared, churn, idle);
    }

    /** What makes entries when accesses have faulted. */
    public FaultFills fills() {
        return fills;
    }

    /** What has VM code make entries. */
    public PreparedFills prepared() {
        return prepared;
    }

    /**
     * Finds or makes the slot of an address in the current space and lets the vCPU find it.
     *
     * @param va without tag
     * @return true if another slot of a current space was given away for it: host registers may hold the K of that one, so the code that
     *     trapped must not go on where it was
     */
    public boolean activate(long state, int view, long va) {
        boolean recycled = false;
        VirtualCpu cpu = cpus.of(state);
        int slot = regions.find(state, view, va);
        if (slot < 0) {
            boolean region = regions.deservesRegion(state, view, va);
            slot = regions.assign(state, view, va, region);
            while (slot < 0) {
                recycled |= makeRoom(region);
                slot = regions.assign(state, view, va, region);
            }
            if (recycled) {
                known.updateAll();
            }
        }
        idle.forget();
        regions.publish(cpu, slot);
        return recycled;
    }

    /** Empties all slots of a kind whose space is gone, or else a victim. Returns true if that was of a current space. */
    private boolean makeRoom(boolean region) {
        prepared.cancelAll();
        boolean found = false;
        boolean active = false;
        for (int slot = region ? 0 : VmLayout.REGION_SLOTS; slot < regions.limit(region); slot++) {
            if (regions.isRetired(slot)) {
                empty(slot);
                found = true;
            }
        }
        if (!found) {
            int victim = regions.victim(region);
            active = regions.isActive(victim);
            if (active) {
                quiesce.run();
            }
            empty(victim);
        }
        removal.flush();
        return active;
    }

    /** Drops all slots and their page tables. */
    public void reset() {
        quiesce.run();
        prepared.cancelAll();
        removal.forgetThunks(false);
        for (int slot = 0; slot < VmLayout.SLOTS; slot++) {
            if (regions.isGuestSlot(slot)) {
                regions.release(slot);
            }
        }
        removal.clearTables();
        churn.clear();
        idle.forget();
        known.updateAll();
    }

    /** Queues all mappings of a slot for shootdown and gives it back. */
    private void empty(int slot) {
        removal.forgetThunks(false);
        removal.removeAll(slot);
        regions.release(slot);
    }

    /**
     * The guest invalidated translations; see {@link io.stele.guest.RuntimeHooks#invalidateTranslations}.
     *
     * @return true if the addresses are mapped nowhere and will not be, whatever their translation is
     */
    public boolean invalidate(LongPredicate spaces, long va, long bytes, boolean lastLevel) {
        return invalidations.invalidate(spaces, va, bytes, lastLevel);
    }

    /** What was taken for maintenance that would do nothing may do something from now on. */
    public void forgetIdle() {
        idle.forget();
    }

    /** Registers that decide about the spaces of a vCPU, which does not run, were written. */
    public void contextChanged(VirtualCpu cpu) {
        known.update(cpu, false);
    }

    /** A fresh vCPU names no slots. */
    public void initialise(VirtualCpu cpu) {
        regions.initialise(cpu);
        known.update(cpu, true);
    }
}
