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

    /**
     * The IRQ input of {@code cpu} is asserted, but matters only when the CPU has ended the interrupt that was lent to it: it looks then,
     * and needs not be told before.
     */
    default void setAtEnd(int cpu) {
        set(cpu, true);
    }

    /**
     * Whether {@code cpu}, to which the controller has lent an interrupt, has acknowledged it; any later look at memory by it comes later.
     */
    default boolean acknowledged(int cpu) {
        return false;
    }

    /** Has {@code cpu}, to which the controller has lent something, give that back before this returns. Another CPU has a request. */
    default void recall(int cpu) {}
}
