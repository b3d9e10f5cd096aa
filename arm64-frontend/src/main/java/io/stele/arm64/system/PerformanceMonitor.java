package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;

/**
 * PMUv3 (Arm ARM D13) with its cycle counter alone: the host's time-stamp counter, while it is enabled. There are no event counters; cycles of all
 * levels are counted, whatever PMCCFILTR_EL0 says; the counter has 64 bits and does not overflow, so that there is no interrupt.
 */
final class PerformanceMonitor {
    static final int PMCR_EL0 = user(12, 0);
    static final int PMCNTENSET_EL0 = user(12, 1);
    static final int PMCNTENCLR_EL0 = user(12, 2);
    static final int PMOVSCLR_EL0 = user(12, 3);
    static final int PMSWINC_EL0 = user(12, 4);
    static final int PMSELR_EL0 = user(12, 5);
    static final int PMCEID0_EL0 = user(12, 6);
    static final int PMCEID1_EL0 = user(12, 7);
    static final int PMCCNTR_EL0 = user(13, 0);
    static final int PMXEVTYPER_EL0 = user(13, 1);
    static final int PMXEVCNTR_EL0 = user(13, 2);
    static final int PMUSERENR_EL0 = user(14, 0);
    static final int PMOVSSET_EL0 = user(14, 3);
    static final int PMINTENSET_EL1 = SystemRegister.encode(3, 0, 9, 14, 1);
    static final int PMINTENCLR_EL1 = SystemRegister.encode(3, 0, 9, 14, 2);
    static final int PMCCFILTR_EL0 = SystemRegister.encode(3, 3, 14, 15, 7);

    /** PMCR_EL0: enable, reset of the cycle counter, what is kept of a write, and bits that are always one: the long cycle counter. */
    private static final long CONTROL_E = 1;
    private static final long CONTROL_C = 1 << 2;
    private static final long CONTROL_KEPT = 0x39;
    private static final long CONTROL_LC = 1 << 6;
    /** The cycle counter in the registers that have a bit for each counter. */
    private static final long CYCLE_COUNTER = 1L << 31;
    /** The events that can be counted: CPU_CYCLES (0x11). */
    private static final long EVENTS = 1L << 0x11;
    /** PMSELR_EL0.SEL for the cycle counter, and the mask of the field. */
    private static final long SELECT_CYCLES = 31;
    private static final long FILTER_MASK = 0xfc00_0000L;
    /** PMUSERENR_EL0: EL0 may access all; increment by software; read the cycle counter; read event counters and select them. */
    private static final long USER_EN = 1;
    private static final long USER_SW = 1 << 1;
    private static final long USER_CR = 1 << 2;
    private static final long USER_ER = 1 << 3;

    private PerformanceMonitor() {}

    private static int user(int crm, int op2) {
        return SystemRegister.encode(3, 3, 9, crm, op2);
    }

    /** True if PMUSERENR_EL0 lets EL0 make an access that the register's row allows. */
    static boolean allowsUser(long state, int encoding, boolean write) {
        long sufficient = USER_EN;
        if (encoding == PMCCNTR_EL0 && !write) {
            sufficient |= USER_CR;
        } else if (encoding == PMSWINC_EL0) {
            sufficient |= USER_SW;
        } else if (encoding == PMSELR_EL0 || encoding == PMXEVCNTR_EL0 && !write) {
            sufficient |= USER_ER;
        }
        return encoding == PMUSERENR_EL0 || (CpuState.get(state, GuestState.PMUSERENR_OFFSET) & sufficient) != 0;
    }

    /** The value of a register; 0 for those without a function. */
    static long read(long state, int encoding) {
        if (encoding == PMCR_EL0) {
            return CpuState.get(state, GuestState.PMU_CONTROL_OFFSET) | CONTROL_LC;
        }
        if (encoding == PMCNTENSET_EL0 || encoding == PMCNTENCLR_EL0) {
            return CpuState.get(state, GuestState.PMU_ENABLED_OFFSET);
        }
        if (encoding == PMINTENSET_EL1 || encoding == PMINTENCLR_EL1) {
            return CpuState.get(state, GuestState.PMU_INTERRUPTS_OFFSET);
        }
        if (encoding == PMSELR_EL0) {
            return CpuState.get(state, GuestState.PMU_SELECT_OFFSET);
        }
        if (encoding == PMUSERENR_EL0) {
            return CpuState.get(state, GuestState.PMUSERENR_OFFSET);
        }
        if (encoding == PMCEID0_EL0) {
            return EVENTS;
        }
        if (encoding == PMCCNTR_EL0) {
            return cycles(state);
        }
        return isFilter(state, encoding) ? CpuState.get(state, GuestState.PMU_FILTER_OFFSET) : 0;
    }

    private static boolean isFilter(long state, int encoding) {
        return encoding == PMCCFILTR_EL0
            || encoding == PMXEVTYPER_EL0 && CpuState.get(state, GuestState.PMU_SELECT_OFFSET) == SELECT_CYCLES;
    }

    static void write(long state, int encoding, long value) {
        long counters = value & CYCLE_COUNTER;
        long enabled = CpuState.get(state, GuestState.PMU_ENABLED_OFFSET);
        long interrupts = CpuState.get(state, GuestState.PMU_INTERRUPTS_OFFSET);
        if (encoding == PMCR_EL0) {
            long cycles = (value & CONTROL_C) != 0 ? 0 : cycles(state);
            CpuState.set(state, GuestState.PMU_CONTROL_OFFSET, value & CONTROL_KEPT);
            setCycles(state, cycles);
        } else if (encoding == PMCNTENSET_EL0 || encoding == PMCNTENCLR_EL0) {
            long cycles = cycles(state);
            CpuState.set(state, GuestState.PMU_ENABLED_OFFSET, encoding == PMCNTENSET_EL0 ? enabled | counters : enabled & ~counters);
            setCycles(state, cycles);
        } else if (encoding == PMINTENSET_EL1 || encoding == PMINTENCLR_EL1) {
            CpuState.set(state, GuestState.PMU_INTERRUPTS_OFFSET, encoding == PMINTENSET_EL1 ? interrupts | counters : interrupts & ~counters);
        } else if (encoding == PMSELR_EL0) {
            CpuState.set(state, GuestState.PMU_SELECT_OFFSET, value & SELECT_CYCLES);
        } else if (encoding == PMUSERENR_EL0) {
            CpuState.set(state, GuestState.PMUSERENR_OFFSET, value & (USER_EN | USER_SW | USER_CR | USER_ER));
        } else if (encoding == PMCCNTR_EL0) {
            setCycles(state, value);
        } else if (isFilter(state, encoding)) {
            CpuState.set(state, GuestState.PMU_FILTER_OFFSET, value & FILTER_MASK);
        }
    }

    static void reset(long state) {
        CpuState.set(state, GuestState.PMU_CONTROL_OFFSET, 0);
        CpuState.set(state, GuestState.PMU_ENABLED_OFFSET, 0);
        CpuState.set(state, GuestState.PMU_INTERRUPTS_OFFSET, 0);
        CpuState.set(state, GuestState.PMU_SELECT_OFFSET, 0);
        CpuState.set(state, GuestState.PMU_FILTER_OFFSET, 0);
        CpuState.set(state, GuestState.PMU_CYCLES_OFFSET, 0);
        CpuState.set(state, GuestState.PMUSERENR_OFFSET, 0);
    }

    /** The field has what is to be added to the time-stamp counter, or the count itself while nothing is counted. */
    private static long cycles(long state) {
        return CpuState.get(state, GuestState.PMU_CYCLES_OFFSET) + time(state);
    }

    private static void setCycles(long state, long value) {
        CpuState.set(state, GuestState.PMU_CYCLES_OFFSET, value - time(state));
    }

    private static long time(long state) {
        boolean counts = (CpuState.get(state, GuestState.PMU_CONTROL_OFFSET) & CONTROL_E) != 0
            && (CpuState.get(state, GuestState.PMU_ENABLED_OFFSET) & CYCLE_COUNTER) != 0;
        return counts ? RawMemory.getLong(state + CpuArea.ENTER_TSC) : 0;
    }
}
