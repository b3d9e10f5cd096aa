package io.stele.platform.psci;

import io.stele.platform.layout.VirtMemoryMap;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;

/**
 * The firmware: Power State Coordination Interface 1.1 (Arm DEN 0022) and the discovery calls of the SMC Calling Convention 1.1
 * (DEN 0028), reached by HVC. Thread-safe: one monitor, taken by every public method; {@link CpuStarter} is called with it held.
 */
public final class Psci implements Saveable {
    /** Function identifiers of 32-bit calls; the 64-bit form of a call has bit 30 set as well. */
    public static final int PSCI_VERSION = 0x8400_0000;
    public static final int CPU_SUSPEND = 0x8400_0001;
    public static final int CPU_OFF = 0x8400_0002;
    public static final int CPU_ON = 0x8400_0003;
    public static final int AFFINITY_INFO = 0x8400_0004;
    public static final int MIGRATE = 0x8400_0005;
    public static final int MIGRATE_INFO_TYPE = 0x8400_0006;
    public static final int SYSTEM_OFF = 0x8400_0008;
    public static final int SYSTEM_RESET = 0x8400_0009;
    public static final int PSCI_FEATURES = 0x8400_000a;
    public static final int SMCCC_VERSION = 0x8000_0000;
    public static final int SMCCC_ARCH_FEATURES = 0x8000_0001;
    /** Firmware's part in mitigations: of Spectre v2, of Spectre v4, of branch history injection. */
    public static final int ARCH_WORKAROUND_1 = 0x8000_8000;
    public static final int ARCH_WORKAROUND_2 = 0x8000_7fff;
    public static final int ARCH_WORKAROUND_3 = 0x8000_3fff;
    /** Set in the identifier of a call with 64-bit parameters. */
    public static final int SMC64 = 0x4000_0000;

    public static final long SUCCESS = 0;
    public static final long NOT_SUPPORTED = -1;
    public static final long INVALID_PARAMETERS = -2;
    public static final long ALREADY_ON = -4;
    /** Answers to SMCCC_ARCH_FEATURES. */
    public static final long UNAFFECTED = 1;
    public static final long NOT_REQUIRED = -2;

    private static final int AFFINITY_ON = 0;
    private static final int AFFINITY_OFF = 1;
    private static final int MIGRATION_NOT_REQUIRED = 2;
    private static final int VERSION_1_1 = 0x0001_0001;
    private static final int TAG = 0x50534349;

    private static final PsciResult WAITED = new PsciResult(PsciOutcome.WAIT, SUCCESS);
    private static final PsciResult STOPPED = new PsciResult(PsciOutcome.CPU_OFF, 0);
    private static final PsciResult OFF = new PsciResult(PsciOutcome.POWER_OFF, 0);
    private static final PsciResult RESET = new PsciResult(PsciOutcome.RESET, 0);

    private final boolean[] on;
    private final CpuStarter starter;

    /** A machine of {@code cpus} CPUs of which the first is on. */
    public Psci(int cpus, CpuStarter starter) {
        on = new boolean[cpus];
        on[0] = true;
        this.starter = starter;
    }

    /** Back to the state after power-on. */
    public synchronized void reset() {
        for (int i = 0; i < on.length; i++) {
            on[i] = i == 0;
        }
    }

    /**
     * A firmware call.
     *
     * @param cpu who calls
     * @param function w0
     * @param x1 first parameter; x2 and x3 follow
     */
    public synchronized PsciResult call(int cpu, int function, long x1, long x2, long x3) {
        boolean wide = (function & 0xff00_0000) == (PSCI_VERSION | SMC64);
        if (wide) {
            return hasWideForm(function & ~SMC64) ? dispatch(cpu, function & ~SMC64, x1, x2, x3) : PsciResult.value(NOT_SUPPORTED);
        }
        return dispatch(cpu, function, x1 & 0xffff_ffffL, x2 & 0xffff_ffffL, x3 & 0xffff_ffffL);
    }

    private PsciResult dispatch(int cpu, int function, long x1, long x2, long x3) {
        return switch (function) {
            case PSCI_VERSION, SMCCC_VERSION -> PsciResult.value(VERSION_1_1);
            case CPU_SUSPEND -> WAITED;
            case CPU_OFF -> powerDown(cpu);
            case CPU_ON -> PsciResult.value(powerUp(x1, x2, x3));
            case AFFINITY_INFO -> PsciResult.value(affinityInfo(x1, x2));
            case MIGRATE_INFO_TYPE -> PsciResult.value(MIGRATION_NOT_REQUIRED);
            case SYSTEM_OFF -> OFF;
            case SYSTEM_RESET -> RESET;
            case PSCI_FEATURES -> PsciResult.value(features((int) x1));
            case SMCCC_ARCH_FEATURES -> PsciResult.value(architectureFeatures((int) x1));
            default -> PsciResult.value(NOT_SUPPORTED);
        };
    }

    /** No CPU of this machine is affected by what the workarounds are for. */
    private static long architectureFeatures(int function) {
        return switch (function) {
            case SMCCC_VERSION, SMCCC_ARCH_FEATURES -> SUCCESS;
            case ARCH_WORKAROUND_1, ARCH_WORKAROUND_3 -> UNAFFECTED;
            case ARCH_WORKAROUND_2 -> NOT_REQUIRED;
            default -> NOT_SUPPORTED;
        };
    }

    private static boolean hasWideForm(int function) {
        return function == CPU_SUSPEND || function == CPU_ON || function == AFFINITY_INFO;
    }

    private static long features(int function) {
        if ((function & 0xff00_0000) == (PSCI_VERSION | SMC64)) {
            return hasWideForm(function & ~SMC64) ? SUCCESS : NOT_SUPPORTED;
        }
        return switch (function) {
            case PSCI_VERSION, CPU_SUSPEND, CPU_OFF, CPU_ON, AFFINITY_INFO, MIGRATE_INFO_TYPE, SYSTEM_OFF, SYSTEM_RESET, PSCI_FEATURES,
                    SMCCC_VERSION -> SUCCESS;
            default -> NOT_SUPPORTED;
        };
    }

    /** The last CPU that turns itself off ends the machine: nothing could turn one on again. */
    private PsciResult powerDown(int cpu) {
        on[cpu] = false;
        for (boolean other : on) {
            if (other) {
                return STOPPED;
            }
        }
        return OFF;
    }

    private long powerUp(long target, long entry, long contextId) {
        int cpu = find(target);
        if (cpu < 0) {
            return INVALID_PARAMETERS;
        }
        if (on[cpu]) {
            return ALREADY_ON;
        }
        on[cpu] = true;
        starter.start(cpu, entry, contextId);
        return SUCCESS;
    }

    private long affinityInfo(long target, long lowestLevel) {
        int cpu = find(target);
        if (cpu < 0 || lowestLevel != 0) {
            return INVALID_PARAMETERS;
        }
        return on[cpu] ? AFFINITY_ON : AFFINITY_OFF;
    }

    private int find(long affinity) {
        for (int cpu = 0; cpu < on.length; cpu++) {
            if (VirtMemoryMap.affinity(cpu) == affinity) {
                return cpu;
            }
        }
        return -1;
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "PSCI tag");
        stream.expect(on.length, "number of CPUs");
        stream.values(on);
    }
}
