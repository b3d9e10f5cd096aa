package io.stele.platform.sp805;

import io.stele.platform.bus.MmioDevice;
import io.stele.platform.clock.MachineClock;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;

/**
 * Watchdog SP805 (Arm DDI 0270): counts down; at zero it interrupts and starts again, and at the next zero without the interrupt having been
 * cleared it resets the machine.
 *
 * <p>Thread-safe: one monitor. The reset is requested with the monitor held.
 */
public final class Sp805 implements MmioDevice, Saveable {
    /** Of the counter, in Hz: the machine's peripheral clock. */
    public static final int CLOCK_HZ = 24_000_000;

    static final int LOAD = 0x00;
    static final int VALUE = 0x04;
    static final int CONTROL = 0x08;
    static final int INTCLR = 0x0c;
    static final int RIS = 0x10;
    static final int MIS = 0x14;
    static final int LOCK = 0xc00;
    static final int UNLOCK_WORD = 0x1acce551;
    static final int INTEN = 1;
    static final int RESEN = 2;
    private static final int PERIPH_ID0 = 0xfe0;
    private static final int[] IDENTIFICATION = {0x05, 0x18, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    private static final long NEVER = -1;
    private static final int TAG = 0x53383035;

    private final MachineClock clock;
    private final long ticksPerSecond;
    private final InterruptOutput interrupt;
    private final Runnable reset;

    private int load;
    private int control;
    private int raw;
    private boolean locked;
    /** What the counter shows while it stands. */
    private int standing;
    /** Guest counter at which it reaches zero; {@link #NEVER} while it stands. */
    private volatile long deadline;

    /** @param ticksPerSecond of the guest counter; @param reset resets the machine */
    public Sp805(MachineClock clock, long ticksPerSecond, InterruptOutput interrupt, Runnable reset) {
        this.clock = clock;
        this.ticksPerSecond = ticksPerSecond;
        this.interrupt = interrupt;
        this.reset = reset;
        reset();
    }

    /** Reset: the counter stands. */
    public synchronized void reset() {
        load = -1;
        control = 0;
        raw = 0;
        locked = false;
        standing = -1;
        deadline = NEVER;
        updateInterrupt();
    }

    /** Guest counter (compare unsigned) at which {@link #poll} is due. Takes no lock. */
    public long nextDeadline() {
        return deadline;
    }

    /** Acts if the counter has reached zero. @param now the guest counter */
    public synchronized void poll(long now) {
        if (deadline == NEVER || Long.compareUnsigned(now, deadline) < 0) {
            return;
        }
        if (raw != 0 && (control & RESEN) != 0) {
            deadline = NEVER;
            reset.run();
            return;
        }
        raw = 1;
        restart(now, load);
        updateInterrupt();
    }

    private void restart(long now, int value) {
        deadline = now + Integer.toUnsignedLong(value) * ticksPerSecond / CLOCK_HZ + 1;
        clock.deadlineEarlier();
    }

    private int value() {
        if (deadline == NEVER) {
            return standing;
        }
        long left = deadline - clock.counter();
        return left <= 0 ? 0 : (int) (left * CLOCK_HZ / ticksPerSecond);
    }

    private void updateInterrupt() {
        interrupt.set((raw & control & INTEN) != 0);
    }

    @Override
    public synchronized long read(long offset, int size) {
        int register = (int) offset & ~3;
        int value = switch (register) {
            case LOAD -> load;
            case VALUE -> value();
            case CONTROL -> control;
            case RIS -> raw;
            case MIS -> raw & control & INTEN;
            case LOCK -> locked ? 1 : 0;
            default -> register >= PERIPH_ID0 ? IDENTIFICATION[register - PERIPH_ID0 >> 2 & 7] : 0;
        };
        return value & 0xffff_ffffL;
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        int register = (int) offset & ~3;
        if (register == LOCK) {
            locked = (int) value != UNLOCK_WORD;
        } else if (!locked) {
            writeRegister(register, (int) value);
        }
    }

    private void writeRegister(int register, int value) {
        switch (register) {
            case LOAD -> {
                load = value;
                standing = value;
                if ((control & INTEN) != 0) {
                    restart(clock.counter(), load);
                }
            }
            case CONTROL -> writeControl(value & (INTEN | RESEN));
            case INTCLR -> {
                raw = 0;
                standing = load;
                if ((control & INTEN) != 0) {
                    restart(clock.counter(), load);
                }
            }
            default -> { }
        }
        updateInterrupt();
    }

    /** Enabling the interrupt starts the counter from the load register, disabling it stops the counter. */
    private void writeControl(int value) {
        boolean started = (value & INTEN) != 0 && (control & INTEN) == 0;
        if ((value & INTEN) == 0 && deadline != NEVER) {
            standing = value();
            deadline = NEVER;
        }
        control = value;
        if (started) {
            restart(clock.counter(), load);
        }
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "SP805 tag");
        load = stream.value(load);
        control = stream.value(control);
        raw = stream.value(raw);
        locked = stream.value(locked);
        standing = stream.value(standing);
        deadline = stream.value(deadline);
        updateInterrupt();
    }
}
