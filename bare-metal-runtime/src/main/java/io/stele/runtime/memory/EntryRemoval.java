package io.stele.runtime.memory;

import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/** Takes entries of the host page tables away from all vCPUs that may use them: those are queued, and {@link #flush} has it done. */
final class EntryRemoval {
    private final VirtualCpus cpus;
    private final RegionMap regions;
    private final PageTables tables;
    private final Shootdown shootdown;
    /** Slots whose entries have been queued for shootdown. */
    private final int[] touched = new int[16];
    private int touchedCount;

    EntryRemoval(VirtualCpus cpus, RegionMap regions, PageTables tables, Shootdown shootdown) {
        this.cpus = cpus;
        this.regions = regions;
        this.tables = tables;
        this.shootdown = shootdown;
    }

    /** Queues a mapping of a slot, which goes. */
    void remove(int slot, long hostVa) {
        queue(slot, tables.leafEntry(hostVa), 0, hostVa);
        tables.forget(hostVa);
    }

    /** What the guest may only read from now on, as all that a process shares with its parent after a fork, stays there to be read. */
    void makeReadOnly(int slot, long hostVa) {
        long entry = tables.leafEntry(hostVa);
        queue(slot, entry, tables.readOnly(entry), hostVa);
    }

    /** Queues all mappings of a slot, edges included. */
    void removeAll(int slot) {
        if (!cpus.alone()) {
            touch(slot);
        }
        long end = RegionMap.mappedEnd(slot);
        for (long va = tables.nextMapping(RegionMap.mappedStart(slot), end); va < end;
                va = tables.nextMapping((va & -PageTables.LARGE_BYTES) + PageTables.LARGE_BYTES, end)) {
            tables.drop(va, end, shootdown);
        }
    }

    /** Clears the page tables of all slots, while no vCPU runs. */
    void clearTables() {
        tables.clear(shootdown);
        shootdown.flush();
        touchedCount = 0;
        regions.stale().reset();
        tables.cleared();
    }

    private void queue(int slot, long entry, long value, long hostVa) {
        if (!cpus.alone()) {
            touch(slot);
        }
        shootdown.add(entry, value, hostVa);
    }

    /** Those whose current space is that of the slot use its entries. */
    private void touch(int slot) {
        if (touchedCount != 0 && touched[touchedCount - 1] == slot) {
            return;
        }
        if (touchedCount == touched.length) {
            flush();
        }
        touched[touchedCount++] = slot;
        long active = 0;
        for (VirtualCpu cpu : cpus.all()) {
            active |= regions.isActive(slot, cpu) ? 1L << cpu.index() : 0;
        }
        shootdown.concerns(active);
    }

    /** Takes what was queued away from all vCPUs. */
    void flush() {
        long others = shootdown.flush();
        long flushed = others | 1L << shootdown.executor();
        for (int i = 0; i < touchedCount; i++) {
            regions.stale().shotDown(touched[i], flushed);
        }
        touchedCount = 0;
        regions.stale().flushedAll(others);
    }

    /** No thunk may know pages whose slot got another meaning, or whose translation changed. */
    void forgetThunks(boolean lastLevel) {
        VirtualCpu served = cpus.served();
        for (VirtualCpu cpu : cpus.all()) {
            if (WindowThunk.clearTables(cpu.area(), lastLevel && cpu == served) && cpu != served) {
                // It may be in the middle of a thunk.
                shootdown.concerns(1L << cpu.index());
            }
        }
    }
}
