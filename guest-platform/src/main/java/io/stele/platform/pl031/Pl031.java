package io.stele.platform.pl031;

import io.stele.platform.bus.MmioDevice;
import io.stele.platform.clock.MachineClock;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;

/**
 * PrimeCell real-time clock PL031 (Arm DDI 0224): seconds since 1970 in 32 bits, with one alarm.
 *
 * <p>Thread-safe: one monitor. The alarm needs {@link #poll} about once a second while {@link #alarmArmed}.
 */
public final class Pl031 implements MmioDevice, Saveable {
    static final int DR = 0x00;
    static final int MR = 0x04;
    static final int LR = 0x08;
    static final int CR = 0x0c;
    static final int IMSC = 0x10;
    static final int RIS = 0x14;
    static final int MIS = 0x18;
    static final int ICR = 0x1c;
    private static final int PERIPH_ID0 = 0xfe0;
    /** PeriphID0 to 3 and PCellID0 to 3: part 0x031 of Arm, revision 1, as QEMU has it. */
    private static final int[] IDENTIFICATION = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    private static final int TAG = 0x50303331;

    private final MachineClock clock;
    private final InterruptOutput interrupt;
    /** What the guest has added to the host's clock by setting the time. */
    private int offset;
    private int match;
    private int load;
    private int mask;
    private int raw;
    private volatile boolean armed;
    /** Clock seconds at which the alarm is due, while armed. */
    private long alarm;

    /** The clock is told when the guest sets an alarm. */
    public Pl031(MachineClock clock, InterruptOutput interrupt) {
        this.clock = clock;
        this.interrupt = interrupt;
    }

    /** Reset: the host's time, no alarm. */
    public synchronized void reset() {
        offset = 0;
        match = 0;
        load = 0;
        mask = 0;
        raw = 0;
        armed = false;
        updateInterrupt();
    }

    /** True while an alarm that would raise an interrupt lies ahead. Takes no lock. */
    public boolean alarmArmed() {
        return armed;
    }

    /** Raises the alarm's interrupt if its second has come. */
    public synchronized void poll() {
        if (armed && clock.epochSeconds() >= alarm) {
            armed = false;
            raw = 1;
            updateInterrupt();
        }
    }

    private int seconds() {
        return (int) clock.epochSeconds() + offset;
    }

    /** The next second whose number equals the match register; the counter wraps after 2^32 seconds. */
    private void setAlarm() {
        alarm = clock.epochSeconds() + Integer.toUnsignedLong(match - seconds());
        armed = true;
        poll();
        if (armed) {
            clock.deadlineEarlier();
        }
    }

    private void updateInterrupt() {
        interrupt.set((raw & mask) != 0);
    }

    @Override
    public synchronized long read(long address, int size) {
        int register = (int) address & ~3;
        int value = switch (register) {
            case DR -> seconds();
            case MR -> match;
            case LR -> load;
            case CR -> 1;
            case IMSC -> mask;
            case RIS -> raw;
            case MIS -> raw & mask;
            default -> register >= PERIPH_ID0 ? IDENTIFICATION[register - PERIPH_ID0 >> 2 & 7] : 0;
        };
        return value & 0xffff_ffffL;
    }

    @Override
    public synchronized void write(long address, int size, long value) {
        switch ((int) address & ~3) {
            case LR -> {
                load = (int) value;
                offset = load - (int) clock.epochSeconds();
                if (armed) {
                    setAlarm();
                }
            }
            case MR -> {
                match = (int) value;
                setAlarm();
            }
            case IMSC -> {
                mask = (int) value & 1;
                updateInterrupt();
            }
            case ICR -> {
                raw &= ~(int) value;
                updateInterrupt();
            }
            default -> { }
        }
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "PL031 tag");
        offset = stream.value(offset);
        match = stream.value(match);
        load = stream.value(load);
        mask = stream.value(mask);
        raw = stream.value(raw);
        armed = stream.value(armed);
        alarm = stream.value(alarm);
        poll();
        updateInterrupt();
    }
}
