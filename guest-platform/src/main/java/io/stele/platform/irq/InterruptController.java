package io.stele.platform.irq;

/** The device side of an interrupt controller. Callable from any thread. */
public interface InterruptController {
    /**
     * Drives an interrupt input.
     *
     * @param intid number of the interrupt
     * @param cpu owner of a private interrupt (INTID below 32); ignored for shared ones
     * @param level true: asserted
     */
    void setLine(int intid, int cpu, boolean level);
}
