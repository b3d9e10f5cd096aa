package io.stele.platform.gicv3;

import static io.stele.platform.gicv3.GicRegisters.ICACTIVER;
import static io.stele.platform.gicv3.GicRegisters.ICENABLER;
import static io.stele.platform.gicv3.GicRegisters.ICFGR;
import static io.stele.platform.gicv3.GicRegisters.ICFGR_END;
import static io.stele.platform.gicv3.GicRegisters.ICPENDR;
import static io.stele.platform.gicv3.GicRegisters.IGROUPR;
import static io.stele.platform.gicv3.GicRegisters.IPRIORITYR;
import static io.stele.platform.gicv3.GicRegisters.IPRIORITYR_END;
import static io.stele.platform.gicv3.GicRegisters.ISACTIVER;
import static io.stele.platform.gicv3.GicRegisters.ISENABLER;
import static io.stele.platform.gicv3.GicRegisters.ISPENDR;

/**
 * The registers that the distributor (for shared interrupts) and the SGI frame of a redistributor (for private ones) have in common. The
 * callers pick the bank of 32 interrupts and hold the controller's monitor.
 */
final class InterruptRegisters {
    private static final int SGIS = 0xffff;

    private final GicState state;

    InterruptRegisters(GicV3 gic) {
        state = gic.state;
    }

    /** Number of the bank of 32 interrupts that the register at {@code offset} belongs to; -1 if it is none of these registers. */
    static int bankNumber(int offset) {
        if (offset >= IGROUPR && offset < IPRIORITYR) {
            return (offset & 0x7f) >> 2;
        }
        if (offset >= IPRIORITYR && offset < IPRIORITYR_END) {
            return offset - IPRIORITYR >> 5;
        }
        return offset >= ICFGR && offset < ICFGR_END ? offset - ICFGR >> 3 : -1;
    }

    /** Reads a word of bank {@code bank}. */
    int read(int bank, int offset) {
        if (offset >= ICFGR) {
            int edges = state.edge[bank] >>> ((offset & 4) << 2) & 0xffff;
            int value = 0;
            for (int i = 0; i < 16; i++) {
                value |= (edges >>> i & 1) << (2 * i + 1);
            }
            return value;
        }
        if (offset >= IPRIORITYR) {
            int value = 0;
            for (int i = 0; i < 4; i++) {
                value |= readPriority(bank, (offset & ~3) + i) << (8 * i);
            }
            return value;
        }
        return switch (offset & ~0x7f) {
            case IGROUPR -> state.group[bank];
            case ISENABLER, ICENABLER -> state.enabled[bank];
            case ISPENDR, ICPENDR -> state.pending(bank);
            case ISACTIVER, ICACTIVER -> state.active[bank];
            default -> 0;
        };
    }

    /** Writes a word of bank {@code bank}. The caller updates the CPUs. */
    void write(int bank, int offset, int value) {
        if (offset >= ICFGR) {
            writeConfiguration(bank, (offset & 4) << 2, value);
            return;
        }
        if (offset >= IPRIORITYR) {
            for (int i = 0; i < 4; i++) {
                writePriority(bank, (offset & ~3) + i, value >>> (8 * i));
            }
            return;
        }
        switch (offset & ~0x7f) {
            case IGROUPR -> state.group[bank] = value;
            case ISENABLER -> state.enabled[bank] |= value;
            case ICENABLER -> state.enabled[bank] &= ~value;
            case ISPENDR -> state.latched[bank] |= value;
            case ICPENDR -> state.latched[bank] &= ~value;
            case ISACTIVER -> state.active[bank] |= value;
            case ICACTIVER -> state.active[bank] &= ~value;
            default -> { }
        }
    }

    int readPriority(int bank, int offset) {
        return state.priority[bank * 32 + (offset & 31)] & 0xff;
    }

    void writePriority(int bank, int offset, int value) {
        state.priority[bank * 32 + (offset & 31)] = (byte) (value & GicState.PRIORITY_MASK);
    }

    private void writeConfiguration(int bank, int firstBit, int value) {
        int edges = 0;
        for (int i = 0; i < 16; i++) {
            edges |= (value >>> (2 * i + 1) & 1) << i;
        }
        int mask = 0xffff << firstBit;
        int now = state.edge[bank] & ~mask | edges << firstBit;
        state.edge[bank] = bank < state.cpus ? now | SGIS : now;
    }
}
