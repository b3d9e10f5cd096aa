package io.stele.runtime.memory;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.VirtualCpu;

/**
 * Takes page table entries away: collects them and has the VM clear them and flush.
 *
 * <p>Only stores executed inside the VM, followed by {@code invlpg} or {@code mov cr3}, are certain to reach the shadow tables of a host
 * without hardware paging for guests; hardware KVM takes the same protocol.
 */
public final class Shootdown {
    /** Up to this many entries are flushed one by one; beyond, one {@code mov cr3} is cheaper. */
    private static final int SINGLE_FLUSHES = 2;

    private final Statistics statistics;
    private VirtualCpu cpu;
    private int count;

    public Shootdown(Statistics statistics) {
        this.statistics = statistics;
    }

    /** From now on this vCPU, whose request is being served, executes what is queued. */
    public void by(VirtualCpu served) {
        cpu = served;
    }

    /**
     * Queues an entry.
     *
     * @param entry guest physical address of the leaf entry
     * @param va an address that it maps
     */
    public void add(long entry, long va) {
        if (count == Mailbox.LIST_CAPACITY) {
            flush();
        }
        long item = cpu.area() + Mailbox.LIST + (long) count * Mailbox.LIST_ENTRY_BYTES;
        RawMemory.putLong(item, VmLayout.TABLE_WINDOW + entry);
        RawMemory.putLong(item + 8, 0);
        RawMemory.putLong(item + 16, va);
        count++;
    }

    /** Executes what is queued; on return no vCPU sees the old entries any more. */
    public void flush() {
        if (count == 0) {
            return;
        }
        statistics.shootdowns++;
        statistics.entriesShotDown += count;
        RawMemory.putInt(cpu.area() + Mailbox.LIST_COUNT, count);
        RawMemory.putInt(cpu.area() + Mailbox.LIST_RELOAD, count > SINGLE_FLUSHES ? 1 : 0);
        count = 0;
        cpu.command(Mailbox.COMMAND_LIST);
    }
}
