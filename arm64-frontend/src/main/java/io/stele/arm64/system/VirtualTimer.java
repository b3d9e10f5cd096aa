package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;

/**
 * A copy of the virtual timer's control and compare value in the state block, for generated code. It reads them there, and writes them there as
 * long as the timer can raise no interrupt afterwards; the timer itself hears of that before anything else that the CPU asks of Java. Writes
 * that let an interrupt through go to the timer at once.
 */
public final class VirtualTimer {
    /** CNTV_CTL_EL0 (Arm ARM D24.10). */
    public static final int ENABLE = 1;
    public static final int IMASK = 1 << 1;
    public static final int ISTATUS_BIT = 2;

    private VirtualTimer() {}

    static boolean isRegister(int encoding) {
        return encoding == RegisterTable.CNTV_CTL_EL0 || encoding == RegisterTable.CNTV_CVAL_EL0 || encoding == RegisterTable.CNTV_TVAL_EL0;
    }

    /** The timer is off. */
    static void reset(long state) {
        CpuState.set(state, GuestState.VTIMER_CONTROL_OFFSET, 0);
        CpuState.set(state, GuestState.VTIMER_COMPARE_OFFSET, 0);
        CpuState.set(state, GuestState.VTIMER_WRITTEN_OFFSET, 0);
    }

    /** Tells the timer what generated code has written. */
    static void synchronise(long state, SystemRegisterDevice timer) {
        if (CpuState.get(state, GuestState.VTIMER_WRITTEN_OFFSET) != 0) {
            CpuState.set(state, GuestState.VTIMER_WRITTEN_OFFSET, 0);
            int cpu = CpuState.cpu(state);
            timer.write(cpu, RegisterTable.CNTV_CTL_EL0, CpuState.get(state, GuestState.VTIMER_CONTROL_OFFSET));
            timer.write(cpu, RegisterTable.CNTV_CVAL_EL0, CpuState.get(state, GuestState.VTIMER_COMPARE_OFFSET));
        }
    }

    /** Copies what the timer has, after a write to it. */
    static void copy(long state, SystemRegisterDevice timer) {
        int cpu = CpuState.cpu(state);
        CpuState.set(state, GuestState.VTIMER_CONTROL_OFFSET, timer.read(cpu, RegisterTable.CNTV_CTL_EL0) & (ENABLE | IMASK));
        CpuState.set(state, GuestState.VTIMER_COMPARE_OFFSET, timer.read(cpu, RegisterTable.CNTV_CVAL_EL0));
    }
}
