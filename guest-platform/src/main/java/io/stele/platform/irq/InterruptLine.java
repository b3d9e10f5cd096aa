package io.stele.platform.irq;

/**
 * The interrupt inputs of the CPUs, driven by the interrupt controller. Called on changes only, with the controller's lock held: an
 * implementation stores the level, wakes the CPU if need be and returns; it must not call a device.
 */
@FunctionalInterface
public interface InterruptLine {
    /** The IRQ input of {@code cpu} changed. */
    void set(int cpu, boolean irqAsserted);

    /** The FIQ input of {@code cpu} changed (Group 0 interrupts). A CPU that has no use for FIQ leaves it unconnected. */
    default void setFast(int cpu, boolean fiqAsserted) {}
}
