package io.stele.runtime.memory;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/**
 * Takes page table entries away, or the right to write: collects them and has the VM change them and flush.
 *
 * <p>Only stores executed inside the VM, followed by {@code invlpg} or {@code mov cr3}, are certain to reach the shadow tables of a host
 * without hardware paging for guests; hardware KVM takes the same protocol.
 */
public final class Shootdown {
    /** Up to this many entries are flushed one by one; beyond, one {@code mov cr3} is cheaper. */
    private static final int SINGLE_FLUSHES = 2;

    private final VirtualCpus cpus;
    private final Statistics statistics;
    private int count;
    private long concerned;

    public Shootdown(VirtualCpus cpus, Statistics statistics) {
        this.cpus = cpus;
        this.statistics = statistics;
    }

    /**
     * Names vCPUs, bits by index, that {@link #flush} has flush their TLBs, too, and leave the code that they execute, whether or not
     * anything is queued.
     */
    public void concerns(long bits) {
        concerned |= bits;
    }

    /** Number of the vCPU that clears the entries. */
    int executor() {
        return cpus.served().index();
    }

    /**
     * Queues an entry.
     *
     * @param entry guest physical address of the leaf entry
     * @param value what it becomes: 0, or less than it allows now
     * @param va an address that it maps
     */
    public void add(long entry, long value, long va) {
        if (count == Mailbox.LIST_CAPACITY) {
            execute();
        }
        long item = cpus.served().area() + Mailbox.LIST + (long) count * Mailbox.LIST_ENTRY_BYTES;
        RawMemory.putLong(item, VmLayout.TABLE_WINDOW + entry);
        RawMemory.putLong(item + 8, value);
        RawMemory.putLong(item + 16, va);
        count++;
    }

    /**
     * Executes what is queued, on the vCPU whose request is being served. On return neither that one nor those concerned use the old entries any
     * more. Those are bits by index, the result.
     */
    public long flush() {
        execute();
        long others = concerned & ~(1L << executor());
        concerned = 0;
        for (long bits = others; bits != 0; bits &= bits - 1) {
            cpus.flush(cpus.all()[Long.numberOfTrailingZeros(bits)]);
        }
        cpus.await();
        return others;
    }

    private void execute() {
        if (count == 0) {
            return;
        }
        VirtualCpu cpu = cpus.served();
        statistics.shootdowns++;
        statistics.entriesShotDown += count;
        RawMemory.putInt(cpu.area() + Mailbox.LIST_COUNT, count);
        RawMemory.putInt(cpu.area() + Mailbox.LIST_RELOAD, count > SINGLE_FLUSHES ? 1 : 0);
        count = 0;
        cpu.command(Mailbox.COMMAND_LIST);
    }
}
