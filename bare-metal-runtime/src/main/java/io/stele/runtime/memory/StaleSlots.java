package io.stele.runtime.memory;

import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.Arrays;

/**
 * Which vCPUs may have translations of a slot in their TLBs that were taken away meanwhile. Only the ones whose current space has the slot are
 * waited for at a shootdown; another one flushes before it gets to know a K of the slot again.
 */
final class StaleSlots {
    private final VirtualCpus cpus;
    /** By slot, bits by vCPU: it was told a K since its entries were last flushed; it is stale if its last flush was before the number. */
    private final long[] seen = new long[VmLayout.SLOTS];
    private final long[] staleCpus = new long[VmLayout.SLOTS];
    private final long[] staleSince = new long[VmLayout.SLOTS];
    private long shootdowns;

    StaleSlots(VirtualCpus cpus) {
        this.cpus = cpus;
    }

    /**
     * A vCPU is about to be told a K of the slot. One that does not run flushes first if it must.
     *
     * @return false if it may not be told, as it runs and would have to flush
     */
    boolean publish(int slot, VirtualCpu cpu) {
        if (cpus.alone()) {
            return true;
        }
        long bit = 1L << cpu.index();
        if ((staleCpus[slot] & bit) != 0) {
            if (staleSince[slot] > cpu.flushedAt) {
                if (cpu.mailbox().state() == Mailbox.NONE) {
                    return false;
                }
                cpu.mailbox().askFlush();
                cpu.flushedAt = shootdowns;
            }
            staleCpus[slot] &= ~bit;
        }
        seen[slot] |= bit;
        return true;
    }

    /**
     * Entries of the slot have been taken away.
     *
     * @param flushed bits of the vCPUs that have flushed them since
     */
    void shotDown(int slot, long flushed) {
        long before = 0;
        for (long bits = staleCpus[slot] & flushed; bits != 0; bits &= bits - 1) {
            int index = Long.numberOfTrailingZeros(bits);
            if (staleSince[slot] > cpus.all()[index].flushedAt) {
                before |= 1L << index;
            }
        }
        staleCpus[slot] = staleCpus[slot] & ~flushed | seen[slot] & ~flushed | before;
        staleSince[slot] = ++shootdowns;
        seen[slot] &= flushed;
    }

    /** These vCPUs, bits by index, have flushed everything. */
    void flushedAll(long flushed) {
        for (long bits = flushed; bits != 0; bits &= bits - 1) {
            cpus.all()[Long.numberOfTrailingZeros(bits)].flushedAt = shootdowns;
        }
    }

    /** All vCPUs flush everything before they go on, and know no slot. */
    void reset() {
        for (VirtualCpu cpu : cpus.all()) {
            cpu.mailbox().askFlush();
        }
        Arrays.fill(seen, 0);
        Arrays.fill(staleCpus, 0);
    }
}
