package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.SystemControl;
import io.stele.guest.RuntimeHooks;
import java.util.Arrays;

/**
 * The event registers of all CPUs (Arm ARM D1.6.1, "Wait for Event"), which stand in their state blocks, and WFE when it has to wait. Set by SEV,
 * SEVL, an exception return, and the event stream of the timer; cleared by WFE. For the thread that has the runtime's lock.
 */
public final class EventRegister {
    /** Values of the field. */
    public static final int CLEAR = 0;
    public static final int SET = 1;

    private final RuntimeHooks hooks;
    private final SystemRegisterDevice timer;
    /** State blocks by CPU number; 0: not known yet. */
    private long[] states = new long[1];
    private int known;

    /** @param timer takes what the event stream makes next */
    public EventRegister(RuntimeHooks hooks, SystemRegisterDevice timer) {
        this.hooks = hooks;
        this.timer = timer;
    }

    /** Reset of a CPU, which may be new. */
    public void reset(long state) {
        int cpu = CpuState.cpu(state);
        if (cpu >= states.length) {
            states = Arrays.copyOf(states, cpu + 1);
        }
        known += states[cpu] == 0 ? 1 : 0;
        states[cpu] = state;
        CpuState.set(state, GuestState.EVENT_OFFSET, CLEAR);
        CpuState.set(state, GuestState.EVENT_WAIT_OFFSET, 0);
        for (long each : states) {
            if (each != 0) {
                CpuState.set(each, GuestState.EVENT_OTHERS_OFFSET, known - 1);
            }
        }
    }

    /** A CPU asks for something, so it does not wait. */
    public static void resumed(long state) {
        CpuState.set(state, GuestState.EVENT_WAIT_OFFSET, 0);
    }

    /** An event for one CPU. A WFE that waits takes it. */
    public void send(long state) {
        boolean waits = CpuState.get(state, GuestState.EVENT_WAIT_OFFSET) != 0;
        CpuState.set(state, GuestState.EVENT_WAIT_OFFSET, 0);
        if (!waits || !hooks.endWait(state)) {
            CpuState.set(state, GuestState.EVENT_OFFSET, SET);
        }
    }

    /** An event for the CPU of this number. */
    public void sendTo(int cpu) {
        send(states[cpu]);
    }

    /** SEV. */
    public void sendToAll() {
        for (long state : states) {
            if (state != 0) {
                send(state);
            }
        }
    }

    /**
     * WFE. A CPU with a monitor may wait for a plain store to the monitored address, which nobody announces, so it does not wait here.
     *
     * @return true if the CPU is to wait until an event is sent or an interrupt comes
     */
    public boolean waits(long state) {
        if (take(state) || CpuState.monitors(state) || Exceptions.interruptDue(state)) {
            return false;
        }
        long control = CpuState.get(state, GuestState.CNTKCTL_EL1_OFFSET);
        if ((control & SystemControl.EVNTEN) != 0) {
            timer.waitForEvent(CpuState.cpu(state), nextInStream(control, hooks.counter(state)));
            if (take(state)) {
                return false;
            }
        }
        CpuState.set(state, GuestState.EVENT_WAIT_OFFSET, 1);
        return true;
    }

    /** Clears the register. True if it was set. */
    private static boolean take(long state) {
        boolean set = CpuState.get(state, GuestState.EVENT_OFFSET) != CLEAR;
        CpuState.set(state, GuestState.EVENT_OFFSET, CLEAR);
        return set;
    }

    /**
     * The event stream (Arm ARM D12.2.3): the next value of the counter behind {@code now} at which the chosen bit has just become 1, or 0 with EVNTDIR.
     */
    static long nextInStream(long control, long now) {
        long bit = 1L << (control >>> SystemControl.EVNTI_SHIFT & 15);
        long phase = (control & SystemControl.EVNTDIR) != 0 ? 0 : bit;
        return (now - phase & -2 * bit) + 2 * bit + phase;
    }
}
