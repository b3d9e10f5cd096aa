package io.stele.platform.gicv3;

import io.stele.arm64.system.SystemRegisterDevice;
import io.stele.platform.bus.MmioDevice;
import io.stele.platform.irq.InterruptController;
import io.stele.platform.irq.InterruptLine;
import io.stele.platform.layout.VirtMemoryMap;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * GICv3 interrupt controller (Arm IHI 0069) with one security state (GICD_CTLR.DS = 1), affinity routing always on, system-register CPU
 * interfaces, 5 priority bits, and without LPIs, ITS and 1-of-N routing.
 *
 * <p>This class holds the rules that join the parts: which interrupt a CPU sees, and what acknowledging and ending one does.
 * Registers are in {@link Distributor}, {@link Redistributors} and {@link CpuInterface}.
 *
 * <p>Thread-safe: the monitor of this object guards all parts. It is a leaf lock: with it held, only {@link InterruptLine} is called.
 */
public final class GicV3 implements InterruptController, Saveable {
    static final int NO_PRIORITY = 0x100;

    final GicState state;
    private final InterruptLine lines;
    private final boolean[] irqAsserted;
    private final boolean[] fiqAsserted;
    /** Highest-priority pending interrupt of each CPU, its priority and group. */
    private final int[] best;
    private final int[] bestPriority;
    private final int[] bestGroup;
    private final Loans loans;
    private final Distributor distributor;
    private final Redistributors redistributors;
    private final CpuInterface cpuInterface;

    /**
     * @param intids number of INTIDs, a multiple of 32, at most 1024 - 32
     * @param lines interrupt inputs of the CPUs, initially low
     */
    public GicV3(int cpus, int intids, InterruptLine lines) {
        state = new GicState(cpus, intids);
        this.lines = lines;
        irqAsserted = new boolean[cpus];
        fiqAsserted = new boolean[cpus];
        best = new int[cpus];
        bestPriority = new int[cpus];
        bestGroup = new int[cpus];
        loans = new Loans(state, lines);
        InterruptRegisters registers = new InterruptRegisters(this);
        distributor = new Distributor(this, registers);
        redistributors = new Redistributors(this, registers);
        cpuInterface = new CpuInterface(this);
        updateAll();
    }

    /** The distributor's frame. */
    public MmioDevice distributor() {
        return distributor;
    }

    /** The frames of all redistributors. */
    public MmioDevice redistributors() {
        return redistributors;
    }

    /** The ICC registers. */
    public SystemRegisterDevice cpuInterface() {
        return cpuInterface;
    }

    /** Reset; input levels stay as the devices drive them. */
    public synchronized void reset() {
        state.reset();
        for (int cpu = 0; cpu < state.cpus; cpu++) {
            loans.end(cpu);
        }
        updateAll();
    }

    /** Reset of one CPU: that of its interface. Its redistributor goes on. */
    public synchronized void resetCpu(int cpu) {
        state.resetCpuInterface(cpu);
        loans.end(cpu);
        update(cpu);
    }

    @Override
    public synchronized void setLine(int intid, int cpu, boolean level) {
        if (intid < 16 || intid >= state.intids) {
            throw new IllegalArgumentException("no interrupt input " + intid);
        }
        int bank = state.bank(cpu, intid);
        int bit = 1 << intid;
        int old = state.line[bank];
        int now = level ? old | bit : old & ~bit;
        if (now == old) {
            return;
        }
        state.line[bank] = now;
        if (level) {
            latch(bank, bit & state.edge[bank]);
        }
        updateOwner(intid, cpu);
    }

    /** Makes interrupts of a bank pending. */
    private void latch(int bank, int bits) {
        state.latched[bank] |= bits;
        loans.latched(bank, bits);
    }

    /** Level of a CPU's IRQ input. */
    public synchronized boolean irqAsserted(int cpu) {
        return irqAsserted[cpu];
    }

    /** INTIDs of what is pending for a CPU, its own interrupts and the shared ones that are routed to it, each with what holds it back. */
    public synchronized List<String> pending(int cpu) {
        List<String> found = new ArrayList<>();
        for (int intid = 0; intid < state.intids; intid++) {
            int bank = state.bank(cpu, intid);
            int bit = 1 << intid;
            if ((state.pending(bank) & bit) != 0 && (intid < 32 || state.target[intid - 32] == cpu)) {
                found.add(intid + ((state.enabled[bank] & bit) == 0 ? " (disabled)" : (state.active[bank] & bit) != 0 ? " (active)" : ""));
            }
        }
        return found;
    }

    private void updateOwner(int intid, int cpu) {
        if (intid < 32) {
            update(cpu);
        } else if (state.target[intid - 32] >= 0) {
            update(state.target[intid - 32]);
        }
    }

    void updateAll() {
        for (int cpu = 0; cpu < state.cpus; cpu++) {
            update(cpu);
        }
    }

    /**
     * Finds the highest-priority pending interrupt of a CPU and drives its inputs. While the CPU may do something by itself, the IRQ input
     * is asserted if it might have to be: the CPU gives back what was lent to it before it looks.
     */
    void update(int cpu) {
        if (loans.isLent(cpu)) {
            int more = loans.more(cpu);
            if (more < NO_PRIORITY && !irqAsserted[cpu]) {
                boolean preempts = more < loans.priority(cpu);
                irqAsserted[cpu] = preempts;
                if (preempts) {
                    lines.set(cpu, true);
                } else {
                    lines.setAtEnd(cpu);
                }
            }
            return;
        }
        best[cpu] = GicRegisters.SPURIOUS;
        bestPriority[cpu] = NO_PRIORITY;
        scan(cpu, cpu, 0);
        for (int bank = state.cpus; bank < state.banks; bank++) {
            scan(cpu, bank, (bank - state.cpus + 1) * 32);
        }
        boolean signal = canPreempt(cpu);
        boolean irq = signal && bestGroup[cpu] == 1;
        boolean fiq = signal && bestGroup[cpu] == 0;
        if (irq != irqAsserted[cpu]) {
            irqAsserted[cpu] = irq;
            lines.set(cpu, irq);
        }
        if (fiq != fiqAsserted[cpu]) {
            fiqAsserted[cpu] = fiq;
            lines.setFast(cpu, fiq);
        }
    }

    private void scan(int cpu, int bank, int firstIntid) {
        int groups = state.distributorControl & state.groupEnable[cpu];
        int grouped = state.group[bank];
        int candidates = state.pending(bank) & state.enabled[bank] & ~state.active[bank]
                & (((groups & 1) != 0 ? ~grouped : 0) | ((groups & 2) != 0 ? grouped : 0));
        while (candidates != 0) {
            int bit = Integer.numberOfTrailingZeros(candidates);
            candidates &= candidates - 1;
            int intid = firstIntid + bit;
            int priority = state.priority[bank * 32 + bit] & 0xff;
            if (priority < bestPriority[cpu] && (intid < 32 || state.target[intid - 32] == cpu)) {
                best[cpu] = intid;
                bestPriority[cpu] = priority;
                bestGroup[cpu] = grouped >>> bit & 1;
            }
        }
    }

    private boolean canPreempt(int cpu) {
        if (bestPriority[cpu] >= state.priorityMask[cpu]) {
            return false;
        }
        int mask = groupPriorityMask(cpu, bestGroup[cpu]);
        return (bestPriority[cpu] & mask) < (runningPriority(cpu) & mask) || runningPriority(cpu) == 0xff;
    }

    /** The bits of a priority that decide about preemption. */
    private int groupPriorityMask(int cpu, int group) {
        boolean common = group == 0 || (state.control[cpu] & GicRegisters.ICC_CTLR_CBPR) != 0;
        int binaryPoint = common ? state.bpr0[cpu] : state.bpr1[cpu] - 1;
        return 0xff << (binaryPoint + 1) & 0xff;
    }

    /** Highest active priority; 0xff when idle. */
    int runningPriority(int cpu) {
        int levels = state.active0[cpu] | state.active1[cpu];
        return levels == 0 ? 0xff : Integer.numberOfTrailingZeros(levels) << (8 - GicState.PRIORITY_BITS);
    }

    /** Highest-priority pending interrupt of a group, whether or not it can preempt. */
    int highestPending(int cpu, int group) {
        return best[cpu] != GicRegisters.SPURIOUS && bestGroup[cpu] == group ? best[cpu] : GicRegisters.SPURIOUS;
    }

    /** ICC_IAR0/1: the interrupt goes from pending to active. */
    int acknowledge(int cpu, int group) {
        int intid = highestPending(cpu, group);
        if (intid == GicRegisters.SPURIOUS || !canPreempt(cpu)) {
            return GicRegisters.SPURIOUS;
        }
        int level = 1 << ((bestPriority[cpu] & groupPriorityMask(cpu, group)) >> (8 - GicState.PRIORITY_BITS));
        if (group == 0) {
            state.active0[cpu] |= level;
        } else {
            state.active1[cpu] |= level;
        }
        activate(cpu, intid);
        update(cpu);
        return intid;
    }

    private void activate(int cpu, int intid) {
        int bank = state.bank(cpu, intid);
        state.active[bank] |= 1 << intid;
        state.latched[bank] &= ~(1 << intid);
        state.lastAcknowledged[cpu] = intid;
    }

    /**
     * Before a CPU goes on: lends it what it may acknowledge and end by itself, where nothing else is to be done for it then
     * ({@link SystemRegisterDevice#lend}).
     */
    long lend(int cpu, boolean masked) {
        if (fiqAsserted[cpu] || state.active0[cpu] != 0) {
            return 0;
        }
        if (!irqAsserted[cpu]) {
            return state.active1[cpu] == 0 ? 0 : loans.lendEnd(cpu);
        }
        if (!masked || state.active1[cpu] != 0) {
            return 0;
        }
        long lent = loans.lendBoth(cpu, best[cpu]);
        if (lent != 0) {
            irqAsserted[cpu] = false;
            lines.set(cpu, false);
        }
        return lent;
    }

    /** The CPU stands still, and has done this with what was lent to it. */
    void takeBack(int cpu, boolean acknowledged, boolean ended) {
        int intid = loans.intid(cpu);
        boolean again = loans.end(cpu);
        if (intid < 0) {
            return;
        }
        if (!irqAsserted[cpu]) {
            // Perhaps asserted until the end, without being told.
            lines.set(cpu, false);
        }
        if (acknowledged) {
            int priority = state.priority(cpu, intid) & groupPriorityMask(cpu, 1);
            state.active1[cpu] |= 1 << (priority >> (8 - GicState.PRIORITY_BITS));
            activate(cpu, intid);
            if (again) {
                state.latched[state.bank(cpu, intid)] |= 1 << intid;
            }
        }
        if (ended) {
            endOfInterrupt(cpu, 1, intid);
        }
        update(cpu);
    }

    /** Before registers of the distributor and redistributors are accessed: what was lent to CPUs that run is given back. */
    void recallAll() {
        for (int cpu = 0; cpu < state.cpus; cpu++) {
            if (loans.isLent(cpu)) {
                lines.recall(cpu);
            }
        }
    }

    /** ICC_EOIR0/1: priority drop, and deactivation unless EOImode separates the two. */
    void endOfInterrupt(int cpu, int group, int intid) {
        if (intid >= GicRegisters.SPECIAL && intid <= GicRegisters.SPURIOUS) {
            return;
        }
        int levels = state.active0[cpu] | state.active1[cpu];
        int highest = Integer.lowestOneBit(levels);
        int[] own = group == 0 ? state.active0 : state.active1;
        if ((own[cpu] & highest) == 0) {
            return;
        }
        own[cpu] &= ~highest;
        if ((state.control[cpu] & GicRegisters.ICC_CTLR_EOIMODE) == 0) {
            deactivate(cpu, intid);
        }
        update(cpu);
    }

    /** Ends the active state. */
    void deactivate(int cpu, int intid) {
        if (intid < state.intids) {
            state.active[state.bank(cpu, intid)] &= ~(1 << intid);
            updateOwner(intid, cpu);
        }
    }

    /** ICC_SGI0R/SGI1R: makes an SGI pending at the CPUs that the value names, where it belongs to {@code group}. */
    void sendSgi(int sender, int group, long value) {
        int intid = (int) (value >> 24) & 15;
        boolean others = (value >> 40 & 1) != 0;
        long cluster = (value >> 48 & 0xff) << 32 | (value >> 32 & 0xff) << 16 | (value >> 16 & 0xff) << 8;
        int firstAff0 = (int) (value >> 44 & 15) * 16;
        for (int cpu = 0; cpu < state.cpus; cpu++) {
            long affinity = VirtMemoryMap.affinity(cpu);
            int inList = (int) (affinity & 0xff) - firstAff0;
            boolean hit = others ? cpu != sender
                    : (affinity & ~0xffL) == cluster && inList >= 0 && inList < 16 && (value >> inList & 1) != 0;
            if (hit && (state.group[cpu] >>> intid & 1) == group) {
                latch(cpu, 1 << intid);
                update(cpu);
            }
        }
    }

    /** Routes a shared interrupt. */
    void route(int intid, long router) {
        state.router[intid - 32] = router;
        int target = -1;
        for (int cpu = 0; cpu < state.cpus && target < 0; cpu++) {
            if (VirtMemoryMap.affinity(cpu) == router) {
                target = cpu;
            }
        }
        state.target[intid - 32] = target;
        updateAll();
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        state.pass(stream);
        updateAll();
    }
}
