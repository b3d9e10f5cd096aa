package io.stele.platform;

import io.stele.platform.clock.MachineClock;
import io.stele.platform.irq.InterruptLine;
import io.stele.platform.psci.PowerControl;

/**
 * What the machine needs from whoever runs its CPUs: time, interrupt inputs, power. Every method may be called on any thread that calls a
 * device, with a device's lock held, and must return soon without calling a device.
 */
public interface MachineHost extends MachineClock, InterruptLine, PowerControl {
    /** A device's own thread has something for {@link VirtMachine#pollDevices}, which is to be called soon. By any thread. */
    void deviceEvent();

    /**
     * A device that has said of registers that they are steady or may be posted to ({@link io.stele.platform.bus.MmioDevice}) takes that back.
     * By the thread that serves.
     */
    void registersChanged();
}
