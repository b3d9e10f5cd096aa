package io.stele.platform.psci;

import io.stele.arm64.system.FirmwareCalls;

/**
 * Connects the CPUs' HVC and SMC instructions with the firmware. The device tree names HVC; a CPU without EL3 has no SMC, and where one
 * arrives all the same, it gets the same answers.
 */
public final class PsciConduit implements FirmwareCalls {
    private final Psci psci;
    private final PowerControl power;

    public PsciConduit(Psci psci, PowerControl power) {
        this.psci = psci;
        this.power = power;
    }

    @Override
    public int call(int cpu, boolean secure, Registers registers) {
        PsciResult result = psci.call(cpu, (int) registers.x0, registers.x1, registers.x2, registers.x3);
        return switch (result.outcome()) {
            case CONTINUE -> {
                registers.x0 = result.value();
                yield CONTINUE;
            }
            case WAIT -> {
                registers.x0 = result.value();
                yield WAIT;
            }
            case CPU_OFF -> STOP;
            case POWER_OFF -> {
                power.powerOff();
                yield STOP;
            }
            case RESET -> {
                power.reset();
                yield STOP;
            }
        };
    }
}
