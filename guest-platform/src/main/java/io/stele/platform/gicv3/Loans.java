package io.stele.platform.gicv3;

import io.stele.arm64.system.SystemRegisterDevice;
import io.stele.platform.irq.InterruptLine;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What CPUs that run may do by themselves: acknowledge one interrupt and end it. The controller does not know whether they have until they
 * give it back. Guarded by the monitor of {@link GicV3}.
 */
final class Loans {
    private static final int NONE = -1;

    private final GicState state;
    private final InterruptLine lines;
    /** By CPU: the interrupt, whether it is to be acknowledged first, and whether it has become pending again behind that. */
    private final int[] intids;
    private final boolean[] acknowledges;
    private final boolean[] again;

    Loans(GicState state, InterruptLine lines) {
        this.state = state;
        this.lines = lines;
        intids = new int[state.cpus];
        Arrays.fill(intids, NONE);
        acknowledges = new boolean[state.cpus];
        again = new boolean[state.cpus];
    }

    boolean isLent(int cpu) {
        return intids[cpu] >= 0;
    }

    /** The interrupt, or -1. */
    int intid(int cpu) {
        return intids[cpu];
    }

    /** Lends the end of the CPU's only active interrupt; 0 if something would have to be done behind it. */
    long lendEnd(int cpu) {
        int intid = state.lastAcknowledged[cpu];
        if (Integer.bitCount(state.active1[cpu]) != 1 || separateDeactivation(cpu)
                || (state.active[state.bank(cpu, intid)] >>> intid & 1) == 0 || isPending(cpu, intid) || hasOthers(cpu, intid)) {
            return 0;
        }
        return lend(cpu, intid, false, true);
    }

    /** Lends an interrupt that the CPU is to acknowledge, and its end if nothing has to be done behind that; 0 if there are others. */
    long lendBoth(int cpu, int intid) {
        if (hasOthers(cpu, intid)) {
            return 0;
        }
        int bank = state.bank(cpu, intid);
        boolean stays = ((state.line[bank] & ~state.edge[bank]) >>> intid & 1) != 0;
        return lend(cpu, intid, true, !stays && !separateDeactivation(cpu));
    }

    private long lend(int cpu, int intid, boolean acknowledges, boolean ends) {
        intids[cpu] = intid;
        this.acknowledges[cpu] = acknowledges;
        return (acknowledges ? intid + 1 : 0) | (ends ? intid + 1L << SystemRegisterDevice.LENT_END_SHIFT : 0);
    }

    private boolean separateDeactivation(int cpu) {
        return (state.control[cpu] & GicRegisters.ICC_CTLR_EOIMODE) != 0;
    }

    /** Nothing is lent any more. True if the interrupt has become pending again after the CPU had acknowledged it. */
    boolean end(int cpu) {
        boolean pending = again[cpu];
        again[cpu] = false;
        intids[cpu] = NONE;
        return pending;
    }

    /**
     * Interrupts of a bank have become pending. One that a CPU was to acknowledge and has not is pending only once; the fences here and
     * behind the acknowledgement see to it that the CPU then sees all that was written before.
     */
    void latched(int bank, int bits) {
        for (int cpu = 0; cpu < state.cpus; cpu++) {
            if (isLent(cpu) && acknowledges[cpu] && bank == state.bank(cpu, intids[cpu]) && (bits >>> intids[cpu] & 1) != 0) {
                VarHandle.fullFence();
                again[cpu] |= lines.acknowledged(cpu);
            }
        }
    }

    /** Priority of the interrupt that is lent. */
    int priority(int cpu) {
        return state.priority(cpu, intids[cpu]);
    }

    /** Highest priority of what the CPU may have to do besides what is lent to it, or {@link GicV3#NO_PRIORITY}. */
    int more(int cpu) {
        int others = others(cpu, intids[cpu]);
        return again[cpu] || !acknowledges[cpu] && isPending(cpu, intids[cpu]) ? Math.min(others, priority(cpu)) : others;
    }

    private boolean isPending(int cpu, int intid) {
        int bank = state.bank(cpu, intid);
        return ((state.pending(bank) & state.enabled[bank]) >>> intid & 1) != 0;
    }

    private boolean hasOthers(int cpu, int intid) {
        return others(cpu, intid) != GicV3.NO_PRIORITY;
    }

    /** Highest priority of other interrupts that are pending and enabled for the CPU. */
    private int others(int cpu, int intid) {
        int highest = GicV3.NO_PRIORITY;
        for (int bank = 0; bank < state.banks; bank++) {
            if (bank < state.cpus && bank != cpu) {
                continue;
            }
            int first = bank == cpu ? 0 : (bank - state.cpus + 1) * 32;
            for (int found = state.pending(bank) & state.enabled[bank] & ~state.active[bank]; found != 0; found &= found - 1) {
                int other = first + Integer.numberOfTrailingZeros(found);
                if (other != intid && (other < 32 || state.target[other - 32] == cpu)) {
                    highest = Math.min(highest, state.priority(cpu, other));
                }
            }
        }
        return highest;
    }
}
