package io.stele.tools.machine;

/** How {@link GuestMachine#run} ended. */
public enum Outcome {
    /** The guest turned the machine off. */
    POWER_OFF,
    /** The guest asked for a reset. */
    RESET,
    /** {@link GuestMachine#requestStop} was called. */
    STOPPED
}
