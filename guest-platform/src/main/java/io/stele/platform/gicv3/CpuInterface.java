package io.stele.platform.gicv3;

import io.stele.arm64.system.SystemRegisterDevice;

/** The CPU interfaces' system registers (ICC_*_EL1) for a machine without EL2 and EL3. */
final class CpuInterface implements SystemRegisterDevice {
    /** PRIbits, A3V; 16-bit INTIDs. */
    private static final int CTLR_FIXED = GicState.PRIORITY_BITS - 1 << 8 | 1 << 15;
    private static final int CTLR_WRITABLE = GicRegisters.ICC_CTLR_CBPR | GicRegisters.ICC_CTLR_EOIMODE;
    /** SRE, DFB and DIB: system registers always, no bypass. */
    private static final int SRE = 7;
    private static final int INTID_MASK = 0xff_ffff;

    private final GicV3 gic;
    private final GicState state;

    CpuInterface(GicV3 gic) {
        this.gic = gic;
        state = gic.state;
    }

    @Override
    public boolean handles(int encoding) {
        return switch (encoding) {
            case GicRegisters.ICC_PMR_EL1, GicRegisters.ICC_IAR0_EL1, GicRegisters.ICC_EOIR0_EL1, GicRegisters.ICC_HPPIR0_EL1,
                    GicRegisters.ICC_BPR0_EL1, GicRegisters.ICC_AP0R0_EL1, GicRegisters.ICC_AP1R0_EL1, GicRegisters.ICC_DIR_EL1,
                    GicRegisters.ICC_RPR_EL1, GicRegisters.ICC_SGI1R_EL1, GicRegisters.ICC_ASGI1R_EL1, GicRegisters.ICC_SGI0R_EL1,
                    GicRegisters.ICC_IAR1_EL1, GicRegisters.ICC_EOIR1_EL1, GicRegisters.ICC_HPPIR1_EL1, GicRegisters.ICC_BPR1_EL1,
                    GicRegisters.ICC_CTLR_EL1, GicRegisters.ICC_SRE_EL1, GicRegisters.ICC_IGRPEN0_EL1, GicRegisters.ICC_IGRPEN1_EL1 -> true;
            default -> false;
        };
    }

    @Override
    public long read(int cpu, int encoding) {
        synchronized (gic) {
            return switch (encoding) {
                case GicRegisters.ICC_IAR1_EL1 -> gic.acknowledge(cpu, 1);
                case GicRegisters.ICC_IAR0_EL1 -> gic.acknowledge(cpu, 0);
                case GicRegisters.ICC_HPPIR1_EL1 -> gic.highestPending(cpu, 1);
                case GicRegisters.ICC_HPPIR0_EL1 -> gic.highestPending(cpu, 0);
                case GicRegisters.ICC_PMR_EL1 -> state.priorityMask[cpu];
                case GicRegisters.ICC_BPR0_EL1 -> state.bpr0[cpu];
                case GicRegisters.ICC_BPR1_EL1 -> commonBinaryPoint(cpu) ? Math.min(state.bpr0[cpu] + 1, 7) : state.bpr1[cpu];
                case GicRegisters.ICC_AP0R0_EL1 -> state.active0[cpu] & 0xffff_ffffL;
                case GicRegisters.ICC_AP1R0_EL1 -> state.active1[cpu] & 0xffff_ffffL;
                case GicRegisters.ICC_RPR_EL1 -> gic.runningPriority(cpu);
                case GicRegisters.ICC_CTLR_EL1 -> state.control[cpu] | CTLR_FIXED;
                case GicRegisters.ICC_SRE_EL1 -> SRE;
                case GicRegisters.ICC_IGRPEN0_EL1 -> state.groupEnable[cpu] & 1;
                case GicRegisters.ICC_IGRPEN1_EL1 -> state.groupEnable[cpu] >> 1;
                default -> 0;
            };
        }
    }

    @Override
    public void write(int cpu, int encoding, long value) {
        synchronized (gic) {
            switch (encoding) {
                case GicRegisters.ICC_EOIR1_EL1 -> gic.endOfInterrupt(cpu, 1, (int) value & INTID_MASK);
                case GicRegisters.ICC_EOIR0_EL1 -> gic.endOfInterrupt(cpu, 0, (int) value & INTID_MASK);
                case GicRegisters.ICC_DIR_EL1 -> {
                    if ((state.control[cpu] & GicRegisters.ICC_CTLR_EOIMODE) != 0) {
                        gic.deactivate(cpu, (int) value & INTID_MASK);
                    }
                }
                case GicRegisters.ICC_SGI1R_EL1 -> gic.sendSgi(cpu, 1, value);
                case GicRegisters.ICC_SGI0R_EL1 -> gic.sendSgi(cpu, 0, value);
                default -> writeSetting(cpu, encoding, (int) value);
            }
        }
    }

    @Override
    public long lend(int cpu, boolean masked) {
        synchronized (gic) {
            return gic.lend(cpu, masked);
        }
    }

    @Override
    public void takeBack(int cpu, boolean acknowledged, boolean ended) {
        synchronized (gic) {
            gic.takeBack(cpu, acknowledged, ended);
        }
    }

    private void writeSetting(int cpu, int encoding, int value) {
        switch (encoding) {
            case GicRegisters.ICC_PMR_EL1 -> state.priorityMask[cpu] = value & GicState.PRIORITY_MASK;
            case GicRegisters.ICC_BPR0_EL1 -> state.bpr0[cpu] = Math.max(value & 7, GicState.MIN_BPR0);
            case GicRegisters.ICC_BPR1_EL1 -> {
                if (!commonBinaryPoint(cpu)) {
                    state.bpr1[cpu] = Math.max(value & 7, GicState.MIN_BPR1);
                }
            }
            case GicRegisters.ICC_AP0R0_EL1 -> state.active0[cpu] = value;
            case GicRegisters.ICC_AP1R0_EL1 -> state.active1[cpu] = value;
            case GicRegisters.ICC_CTLR_EL1 -> state.control[cpu] = value & CTLR_WRITABLE;
            case GicRegisters.ICC_IGRPEN0_EL1 -> state.groupEnable[cpu] = state.groupEnable[cpu] & 2 | value & 1;
            case GicRegisters.ICC_IGRPEN1_EL1 -> state.groupEnable[cpu] = state.groupEnable[cpu] & 1 | (value & 1) << 1;
            default -> {
                return;
            }
        }
        gic.update(cpu);
    }

    private boolean commonBinaryPoint(int cpu) {
        return (state.control[cpu] & GicRegisters.ICC_CTLR_CBPR) != 0;
    }
}
