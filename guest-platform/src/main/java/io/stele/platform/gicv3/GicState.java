package io.stele.platform.gicv3;

import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * All state of the interrupt controller, in arrays. Interrupts come in banks of 32: banks {@code 0..cpus-1} are the private ones
 * (INTID 0..31) of each CPU, bank {@code cpus + n - 1} holds the shared ones from INTID {@code 32 * n}. Guarded by the monitor of
 * {@link GicV3}.
 */
final class GicState {
    private static final int TAG = 0x47494333;
    /** Implemented priority bits; lower ones read as zero. 5 bits are 32 preemption levels: one active-priorities register. */
    static final int PRIORITY_BITS = 5;
    static final int PRIORITY_MASK = 0xff << (8 - PRIORITY_BITS) & 0xff;
    /** Smallest binary points that still compare all implemented bits (Group 1's is one more: Arm IHI 0069, 4.8.2). */
    static final int MIN_BPR0 = 7 - PRIORITY_BITS;
    static final int MIN_BPR1 = MIN_BPR0 + 1;

    final int cpus;
    final int intids;
    final int banks;

    /** GICD_CTLR.EnableGrp0, EnableGrp1 and E1NWF. */
    int distributorControl;
    /** One bit for an interrupt in each of these. */
    final int[] group;
    final int[] enabled;
    /** Pending by an edge, an SGI or a write of ISPENDR; the level of a level-sensitive input is not included. */
    final int[] latched;
    final int[] active;
    /** Level of the input. */
    final int[] line;
    /** Edge-triggered. */
    final int[] edge;
    final byte[] priority;
    /** GICD_IROUTER and the CPU that it names (-1: none), by INTID - 32. */
    final long[] router;
    final int[] target;

    /** INTID by CPU; nothing a guest could see. */
    final int[] lastAcknowledged;

    /** GICR_WAKER by CPU. */
    final int[] waker;
    /** ICC registers by CPU. */
    final int[] priorityMask;
    final int[] bpr0;
    final int[] bpr1;
    /** ICC_CTLR_EL1.CBPR and EOImode. */
    final int[] control;
    /** Bit 0: ICC_IGRPEN0_EL1, bit 1: ICC_IGRPEN1_EL1. */
    final int[] groupEnable;
    final int[] active0;
    final int[] active1;

    GicState(int cpus, int intids) {
        this.cpus = cpus;
        this.intids = intids;
        banks = cpus + intids / 32 - 1;
        group = new int[banks];
        enabled = new int[banks];
        latched = new int[banks];
        active = new int[banks];
        line = new int[banks];
        edge = new int[banks];
        priority = new byte[banks * 32];
        router = new long[intids - 32];
        target = new int[intids - 32];
        lastAcknowledged = new int[cpus];
        waker = new int[cpus];
        priorityMask = new int[cpus];
        bpr0 = new int[cpus];
        bpr1 = new int[cpus];
        control = new int[cpus];
        groupEnable = new int[cpus];
        active0 = new int[cpus];
        active1 = new int[cpus];
        reset();
    }

    /** Reset values; input levels belong to the devices and stay. */
    void reset() {
        distributorControl = 0;
        Arrays.fill(group, 0);
        Arrays.fill(enabled, 0);
        Arrays.fill(latched, 0);
        Arrays.fill(active, 0);
        Arrays.fill(edge, 0);
        Arrays.fill(edge, 0, cpus, 0xffff);
        Arrays.fill(priority, (byte) 0);
        Arrays.fill(router, 0);
        Arrays.fill(target, 0);
        Arrays.fill(waker, GicRegisters.WAKER_PROCESSOR_SLEEP | GicRegisters.WAKER_CHILDREN_ASLEEP);
        for (int cpu = 0; cpu < cpus; cpu++) {
            resetCpuInterface(cpu);
        }
    }

    /** Reset values of a CPU's ICC registers. */
    void resetCpuInterface(int cpu) {
        priorityMask[cpu] = 0;
        bpr0[cpu] = MIN_BPR0;
        bpr1[cpu] = MIN_BPR1;
        control[cpu] = 0;
        groupEnable[cpu] = 0;
        active0[cpu] = 0;
        active1[cpu] = 0;
    }

    int bank(int cpu, int intid) {
        return intid < 32 ? cpu : cpus + (intid >> 5) - 1;
    }

    /** Of an interrupt, a private one of this CPU or a shared one. */
    int priority(int cpu, int intid) {
        return priority[bank(cpu, intid) * 32 + (intid & 31)] & 0xff;
    }

    int pending(int bank) {
        return latched[bank] | line[bank] & ~edge[bank];
    }

    /** Passes all state through a stream. */
    void pass(StateStream stream) throws IOException {
        stream.expect(TAG, "GICv3 tag");
        stream.expect(cpus, "number of CPUs");
        stream.expect(intids, "number of interrupts");
        distributorControl = stream.value(distributorControl);
        int[][] words = {
            group, enabled, latched, active, line, edge, target, waker, priorityMask, bpr0, bpr1, control, groupEnable, active0, active1
        };
        for (int[] array : words) {
            stream.values(array);
        }
        stream.values(router);
        stream.bytes(priority);
    }
}
