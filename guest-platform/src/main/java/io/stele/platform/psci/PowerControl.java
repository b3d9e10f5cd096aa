package io.stele.platform.psci;

/** Carries out what the guest asks of its firmware about power. */
public interface PowerControl extends CpuStarter {
    /** The machine is off. */
    void powerOff();

    /** The machine starts again from the beginning. Returns before it does. */
    void reset();
}
