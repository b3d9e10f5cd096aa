package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.memory.RawMemory;

/**
 * A copy of the virtual timer's control and compare value in the state block, for generated code. It reads them there, and writes them
 * there as long as the timer raises no interrupt before it looks at them by itself; the timer itself hears of that before anything else
 * that the CPU asks of Java. Writes by which an interrupt may come earlier go to the timer at once.
 *
 * <p>When the timer looks is told to generated code before ({@link #promise}). After it has told of a later time it has to {@link #look}
 * once more: who writes looks at the time afterwards, so one of the two sees the other. When it is late, generated code leaves reading the
 * control register to it: who sees ISTATUS finds the interrupt pending.
 */
public final class VirtualTimer {
    /** CNTV_CTL_EL0 (Arm ARM D24.10). */
    public static final int ENABLE = 1;
    public static final int IMASK = 1 << 1;
    public static final int ISTATUS_BIT = 2;
    private static final long NEVER = -1;

    private VirtualTimer() {}

    static boolean isRegister(int encoding) {
        return encoding == RegisterTable.CNTV_CTL_EL0 || encoding == RegisterTable.CNTV_CVAL_EL0 || encoding == RegisterTable.CNTV_TVAL_EL0;
    }

    /** The timer is off. */
    static void reset(long state) {
        CpuState.set(state, GuestState.VTIMER_CONTROL_OFFSET, 0);
        CpuState.set(state, GuestState.VTIMER_COMPARE_OFFSET, 0);
        CpuState.set(state, GuestState.VTIMER_WRITTEN_OFFSET, 0);
        promise(state, NEVER);
    }

    /** The timer looks at the copy when the counter has this value, or earlier; compared unsigned. By the thread that serves. */
    public static void promise(long state, long counter) {
        RawMemory.putLongVolatile(state + GuestState.VTIMER_LOOK_OFFSET, counter);
    }

    /** Tells the timer what the copy of a CPU says that may run; by the thread that serves. */
    static void look(long state, SystemRegisterDevice timer) {
        long control;
        long compare;
        do {
            control = RawMemory.getLongVolatile(state + GuestState.VTIMER_CONTROL_OFFSET);
            compare = RawMemory.getLongVolatile(state + GuestState.VTIMER_COMPARE_OFFSET);
        } while (RawMemory.getLongVolatile(state + GuestState.VTIMER_CONTROL_OFFSET) != control);
        timer.setVirtualTimer(CpuState.cpu(state), control, compare);
    }

    /** Tells the timer what generated code has written. */
    static void synchronise(long state, SystemRegisterDevice timer) {
        if (CpuState.get(state, GuestState.VTIMER_WRITTEN_OFFSET) != 0) {
            CpuState.set(state, GuestState.VTIMER_WRITTEN_OFFSET, 0);
            timer.setVirtualTimer(CpuState.cpu(state), CpuState.get(state, GuestState.VTIMER_CONTROL_OFFSET),
                CpuState.get(state, GuestState.VTIMER_COMPARE_OFFSET));
        }
    }

    /** Copies what the timer has, after a write to it. */
    static void copy(long state, SystemRegisterDevice timer) {
        int cpu = CpuState.cpu(state);
        CpuState.set(state, GuestState.VTIMER_CONTROL_OFFSET, timer.read(cpu, RegisterTable.CNTV_CTL_EL0) & (ENABLE | IMASK));
        CpuState.set(state, GuestState.VTIMER_COMPARE_OFFSET, timer.read(cpu, RegisterTable.CNTV_CVAL_EL0));
    }
}
