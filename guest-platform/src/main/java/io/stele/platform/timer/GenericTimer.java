package io.stele.platform.timer;

import io.stele.arm64.system.SystemRegisterDevice;
import io.stele.platform.clock.MachineClock;
import io.stele.platform.irq.InterruptController;
import io.stele.platform.layout.VirtInterrupts;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * The generic timer of each CPU (Arm ARM DDI 0487, chapter D12): the physical and virtual timers of EL1. There is no EL2, so both count
 * the same counter (CNTVOFF = 0). Whether EL0 may reach a register (CNTKCTL_EL1) is decided by the CPU side before it calls.
 *
 * <p>Nothing here waits: the owner reads {@link #nextDeadline} and calls {@link #poll} when the counter has reached it. Thread-safe: one
 * monitor for the registers, with which the interrupt controller's nests; {@link #nextDeadline} takes no lock.
 */
public final class GenericTimer implements SystemRegisterDevice, Saveable {
    /** Counter frequency in Hz, that of QEMU's {@code virt}. */
    public static final long FREQUENCY = 62_500_000L;
    /** No timer will fire: the largest counter value (deadlines compare unsigned). */
    public static final long NO_DEADLINE = -1L;

    public static final int CNTKCTL_EL1 = 3 << 14 | 14 << 7 | 1 << 3;
    public static final int CNTFRQ_EL0 = 3 << 14 | 3 << 11 | 14 << 7;
    public static final int CNTPCT_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 1;
    public static final int CNTVCT_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 2;
    public static final int CNTP_TVAL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 2 << 3;
    public static final int CNTP_CTL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 2 << 3 | 1;
    public static final int CNTP_CVAL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 2 << 3 | 2;
    public static final int CNTV_TVAL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 3 << 3;
    public static final int CNTV_CTL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 3 << 3 | 1;
    public static final int CNTV_CVAL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 3 << 3 | 2;

    private static final int ENABLE = 1;
    private static final int IMASK = 1 << 1;
    private static final int ISTATUS = 1 << 2;
    private static final int KERNEL_CONTROL_MASK = 0x3ff;
    private static final int TAG = 0x54494d45;

    private final int cpus;
    private final MachineClock clock;
    private final InterruptController interrupts;
    /** Timer {@code 2 * cpu} is the physical one, {@code 2 * cpu + 1} the virtual one. */
    private final int[] control;
    private final long[] compare;
    private final long[] frequency;
    private final long[] kernelControl;
    /** By CPU: when it gets the event that it waits for. */
    private final long[] events;
    private volatile long deadline = NO_DEADLINE;

    /** All timers off. The clock is told when the guest's programming makes {@link #nextDeadline} earlier. */
    public GenericTimer(int cpus, MachineClock clock, InterruptController interrupts) {
        this.cpus = cpus;
        this.clock = clock;
        this.interrupts = interrupts;
        control = new int[2 * cpus];
        compare = new long[2 * cpus];
        frequency = new long[cpus];
        kernelControl = new long[cpus];
        events = new long[cpus];
        reset();
    }

    /** Reset: all timers off. */
    public synchronized void reset() {
        Arrays.fill(control, 0);
        Arrays.fill(compare, 0);
        Arrays.fill(frequency, FREQUENCY);
        Arrays.fill(kernelControl, 0);
        Arrays.fill(events, NO_DEADLINE);
        update(0);
    }

    /** Reset of one CPU: its timers are off. */
    public synchronized void resetCpu(int cpu) {
        Arrays.fill(control, 2 * cpu, 2 * cpu + 2, 0);
        Arrays.fill(compare, 2 * cpu, 2 * cpu + 2, 0);
        frequency[cpu] = FREQUENCY;
        kernelControl[cpu] = 0;
        events[cpu] = NO_DEADLINE;
        update(clock.counter());
    }

    /** Counter value at which {@link #poll} is due; compare unsigned. {@link #NO_DEADLINE} if none. */
    public long nextDeadline() {
        return deadline;
    }

    /** The timers that are on, a line each: when they fire or have fired. */
    public synchronized String report(long now) {
        StringBuilder lines = new StringBuilder();
        for (int timer = 0; timer < control.length; timer++) {
            if ((control[timer] & ENABLE) != 0) {
                lines.append(String.format("  %s timer of CPU %d%s: %+.3f ms%n", (timer & 1) == 0 ? "physical" : "virtual", timer >> 1,
                    (control[timer] & IMASK) != 0 ? " (masked)" : "", (compare[timer] - now) * 1000.0 / FREQUENCY));
            }
        }
        return lines.toString();
    }

    /** Drives the interrupts for counter value {@code now}. */
    public synchronized void poll(long now) {
        update(now);
    }

    private void update(long now) {
        long next = NO_DEADLINE;
        for (int timer = 0; timer < control.length; timer++) {
            boolean fired = false;
            if ((control[timer] & (ENABLE | IMASK)) == ENABLE) {
                fired = reached(timer, now);
                if (!fired && Long.compareUnsigned(compare[timer], next) < 0) {
                    next = compare[timer];
                }
            }
            interrupts.setLine((timer & 1) == 0 ? VirtInterrupts.TIMER_PHYSICAL : VirtInterrupts.TIMER_VIRTUAL, timer >> 1, fired);
        }
        for (int cpu = 0; cpu < cpus; cpu++) {
            if (Long.compareUnsigned(now, events[cpu]) >= 0) {
                events[cpu] = NO_DEADLINE;
                clock.timerEvent(cpu);
            }
            if (Long.compareUnsigned(events[cpu], next) < 0) {
                next = events[cpu];
            }
        }
        boolean earlier = Long.compareUnsigned(next, deadline) < 0;
        deadline = next;
        if (earlier) {
            clock.deadlineEarlier();
        }
    }

    private boolean reached(int timer, long now) {
        return Long.compareUnsigned(now, compare[timer]) >= 0;
    }

    @Override
    public boolean handles(int encoding) {
        return switch (encoding) {
            case CNTKCTL_EL1, CNTFRQ_EL0, CNTPCT_EL0, CNTVCT_EL0, CNTP_TVAL_EL0, CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTV_TVAL_EL0, CNTV_CTL_EL0,
                    CNTV_CVAL_EL0 -> true;
            default -> false;
        };
    }

    @Override
    public synchronized long read(int cpu, int encoding) {
        int timer = timerOf(cpu, encoding);
        return switch (encoding) {
            case CNTPCT_EL0, CNTVCT_EL0 -> clock.counter();
            case CNTKCTL_EL1 -> kernelControl[cpu];
            case CNTFRQ_EL0 -> frequency[cpu];
            case CNTP_CTL_EL0, CNTV_CTL_EL0 -> readControl(timer);
            case CNTP_CVAL_EL0, CNTV_CVAL_EL0 -> compare[timer];
            case CNTP_TVAL_EL0, CNTV_TVAL_EL0 -> compare[timer] - clock.counter() & 0xffff_ffffL;
            default -> 0;
        };
    }

    /** Who sees ISTATUS finds the interrupt pending, though {@link #poll} may be late. */
    private int readControl(int timer) {
        long now = clock.counter();
        if ((control[timer] & ENABLE) == 0 || !reached(timer, now)) {
            return control[timer];
        }
        update(now);
        return control[timer] | ISTATUS;
    }

    @Override
    public synchronized void write(int cpu, int encoding, long value) {
        int timer = timerOf(cpu, encoding);
        long now = clock.counter();
        switch (encoding) {
            case CNTP_CTL_EL0, CNTV_CTL_EL0 -> control[timer] = (int) value & (ENABLE | IMASK);
            case CNTP_CVAL_EL0, CNTV_CVAL_EL0 -> compare[timer] = value;
            case CNTP_TVAL_EL0, CNTV_TVAL_EL0 -> compare[timer] = now + (int) value;
            case CNTKCTL_EL1 -> kernelControl[cpu] = value & KERNEL_CONTROL_MASK;
            case CNTFRQ_EL0 -> frequency[cpu] = value & 0xffff_ffffL;
            default -> { }
        }
        update(now);
    }

    @Override
    public synchronized void setVirtualTimer(int cpu, long controlBits, long compareValue) {
        int timer = 2 * cpu + 1;
        int bits = (int) controlBits & (ENABLE | IMASK);
        if (control[timer] != bits || compare[timer] != compareValue) {
            control[timer] = bits;
            compare[timer] = compareValue;
            update(clock.counter());
        }
    }

    @Override
    public synchronized void waitForEvent(int cpu, long counter) {
        events[cpu] = counter;
        update(clock.counter());
    }

    /** CRm is 2 for the physical and 3 for the virtual timer; meaningless for the other registers. */
    private static int timerOf(int cpu, int encoding) {
        return 2 * cpu + (encoding >> 3 & 1);
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "timer tag");
        stream.expect(cpus, "number of CPUs");
        stream.values(control);
        stream.values(compare);
        stream.values(frequency);
        stream.values(kernelControl);
        stream.values(events);
        update(clock.counter());
    }
}
