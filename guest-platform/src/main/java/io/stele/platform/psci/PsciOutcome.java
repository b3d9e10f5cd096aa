package io.stele.platform.psci;

/** What the caller of a firmware call has to do next. */
public enum PsciOutcome {
    /** Put {@link PsciResult#value} into x0 and go on. */
    CONTINUE,
    /** Put {@link PsciResult#value} into x0, then behave as after WFI. */
    WAIT,
    /** This CPU stops until another CPU turns it on. */
    CPU_OFF,
    /** The machine is off. */
    POWER_OFF,
    /** The machine starts again from the beginning. */
    RESET
}
