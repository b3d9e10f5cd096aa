package io.stele.platform.gicv3;

import io.stele.platform.irq.InterruptLine;
import io.stele.platform.layout.VirtMemoryMap;

/** What guest software does with the controller, and what it sees at its interrupt inputs. */
final class GicGuest implements InterruptLine {
    final GicV3 gic;
    final boolean[] irq;
    final boolean[] fiq;
    /** The input was asserted for when the CPU has ended what is lent to it. */
    final boolean[] atEnd;
    /** What is lent to the CPU is acknowledged, as a look from outside tells, and as it tells itself when it is recalled. */
    final boolean[] acknowledged;
    final boolean[] done;

    GicGuest(int cpus) {
        irq = new boolean[cpus];
        fiq = new boolean[cpus];
        atEnd = new boolean[cpus];
        acknowledged = new boolean[cpus];
        done = new boolean[cpus];
        gic = new GicV3(cpus, 288, this);
    }

    /** All interrupts enabled in Group 1 at priority 0xa0, priority mask open. */
    static GicGuest ready(int cpus) {
        GicGuest guest = new GicGuest(cpus);
        guest.distributor(GicRegisters.GICD_CTLR, GicRegisters.CTLR_ENABLE_GROUP0 | GicRegisters.CTLR_ENABLE_GROUP1);
        for (int word = 1; word < 9; word++) {
            guest.distributor(GicRegisters.IGROUPR + 4 * word, -1);
            guest.distributor(GicRegisters.ISENABLER + 4 * word, -1);
        }
        for (int i = 32; i < 288; i += 4) {
            guest.distributor(GicRegisters.IPRIORITYR + i, 0xa0a0a0a0);
        }
        for (int cpu = 0; cpu < cpus; cpu++) {
            guest.redistributor(cpu, GicRegisters.IGROUPR, -1);
            guest.redistributor(cpu, GicRegisters.ISENABLER, -1);
            for (int i = 0; i < 32; i += 4) {
                guest.redistributor(cpu, GicRegisters.IPRIORITYR + i, 0xa0a0a0a0);
            }
            guest.write(cpu, GicRegisters.ICC_PMR_EL1, 0xf0);
            guest.write(cpu, GicRegisters.ICC_IGRPEN1_EL1, 1);
        }
        return guest;
    }

    @Override
    public void set(int cpu, boolean asserted) {
        irq[cpu] = asserted;
    }

    @Override
    public void setFast(int cpu, boolean asserted) {
        fiq[cpu] = asserted;
    }

    @Override
    public void setAtEnd(int cpu) {
        atEnd[cpu] = true;
    }

    @Override
    public boolean acknowledged(int cpu) {
        return acknowledged[cpu];
    }

    @Override
    public void recall(int cpu) {
        gic.cpuInterface().takeBack(cpu, done[cpu], false);
    }

    void distributor(int offset, int value) {
        gic.distributor().write(offset, 4, value);
    }

    int distributor(int offset) {
        return (int) gic.distributor().read(offset, 4);
    }

    /** SGI frame. */
    void redistributor(int cpu, int offset, int value) {
        gic.redistributors().write(cpu * VirtMemoryMap.GICR_CPU_BYTES + 0x1_0000 + offset, 4, value);
    }

    int redistributor(int cpu, int offset) {
        return (int) gic.redistributors().read(cpu * VirtMemoryMap.GICR_CPU_BYTES + 0x1_0000 + offset, 4);
    }

    void priority(int intid, int priority) {
        if (intid < 32) {
            gic.redistributors().write(0x1_0000 + GicRegisters.IPRIORITYR + intid, 1, priority);
        } else {
            gic.distributor().write(GicRegisters.IPRIORITYR + intid, 1, priority);
        }
    }

    /** Makes a shared interrupt edge-triggered. */
    void edge(int intid) {
        int offset = GicRegisters.ICFGR + intid / 16 * 4;
        distributor(offset, distributor(offset) | 2 << intid % 16 * 2);
    }

    void write(int cpu, int register, long value) {
        gic.cpuInterface().write(cpu, register, value);
    }

    long read(int cpu, int register) {
        return gic.cpuInterface().read(cpu, register);
    }

    long acknowledge() {
        return read(0, GicRegisters.ICC_IAR1_EL1);
    }

    void end(long intid) {
        write(0, GicRegisters.ICC_EOIR1_EL1, intid);
    }

    void line(int intid, boolean level) {
        gic.setLine(intid, 0, level);
    }
}
