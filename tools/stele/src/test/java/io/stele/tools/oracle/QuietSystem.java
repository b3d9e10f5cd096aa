package io.stele.tools.oracle;

import io.stele.arm64.system.FirmwareCalls;
import io.stele.arm64.system.SystemRegisterDevice;

/** Interrupt controller, timer and firmware for cases: what they answer depends on the question only. */
final class QuietSystem implements SystemRegisterDevice, FirmwareCalls {
    /** x0 of the calls with which the monitor ends. */
    static final long DONE = 0x5354_454c_4501L;
    static final long LOST = 0x5354_454c_4502L;

    private final Runnable stop;
    /** True after the monitor has come to an exception that it does not expect. */
    boolean lost;

    /** @param stop called when the monitor ends */
    QuietSystem(Runnable stop) {
        this.stop = stop;
    }

    @Override
    public boolean handles(int encoding) {
        return (encoding & 1) == 0;
    }

    @Override
    public long read(int cpu, int encoding) {
        return encoding * 0x0001_0001_0001L;
    }

    @Override
    public void write(int cpu, int encoding, long value) {
        // Forgotten.
    }

    @Override
    public int call(int cpu, boolean secure, Registers registers) {
        if (registers.x0 == DONE || registers.x0 == LOST) {
            lost = registers.x0 == LOST;
            stop.run();
            return STOP;
        }
        registers.x3 = registers.x2;
        registers.x2 = registers.x1;
        registers.x1 = registers.x0;
        registers.x0 = secure ? -1 : 1;
        return CONTINUE;
    }
}
