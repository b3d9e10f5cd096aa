package io.stele.platform.irq;

/** One wire from a device to an interrupt controller. */
public final class InterruptOutput {
    private final InterruptController controller;
    private final int intid;
    private final int cpu;

    /**
     * @param intid number of the interrupt at the controller
     * @param cpu owner of a private interrupt, 0 for a shared one
     */
    public InterruptOutput(InterruptController controller, int intid, int cpu) {
        this.controller = controller;
        this.intid = intid;
        this.cpu = cpu;
    }

    /** Drives the wire. Repeating a level is harmless. */
    public void set(boolean level) {
        controller.setLine(intid, cpu, level);
    }
}
