package io.stele.platform.psci;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.arm64.system.FirmwareCalls;
import org.junit.jupiter.api.Test;

class PsciTest {
    private String started = "";
    private final Psci one = new Psci(1, (cpu, entry, context) -> started += "cpu" + cpu);
    private final Psci two = new Psci(2, (cpu, entry, context) ->
        started += "cpu" + cpu + " at " + Long.toHexString(entry) + " with " + Long.toHexString(context));

    private static long value(Psci psci, int function, long... arguments) {
        PsciResult result = psci.call(0, function, arguments.length > 0 ? arguments[0] : 0, arguments.length > 1 ? arguments[1] : 0,
            arguments.length > 2 ? arguments[2] : 0);
        assertEquals(PsciOutcome.CONTINUE, result.outcome());
        return result.value();
    }

    @Test
    void versionsAreOnePointOne() {
        assertEquals(0x10001, value(one, Psci.PSCI_VERSION));
        assertEquals(0x10001, value(one, Psci.SMCCC_VERSION));
    }

    @Test
    void featuresAnswerForEachCallAndWidth() {
        assertEquals(Psci.SUCCESS, value(one, Psci.PSCI_FEATURES, Psci.SYSTEM_RESET));
        assertEquals(Psci.SUCCESS, value(one, Psci.PSCI_FEATURES, Psci.SMCCC_VERSION));
        assertEquals(Psci.SUCCESS, value(one, Psci.PSCI_FEATURES, Psci.CPU_ON | Psci.SMC64));
        assertEquals(Psci.NOT_SUPPORTED, value(one, Psci.PSCI_FEATURES, Psci.SYSTEM_OFF | Psci.SMC64));
        assertEquals(Psci.NOT_SUPPORTED, value(one, Psci.PSCI_FEATURES, 0x8400_0012));
        assertEquals(Psci.UNAFFECTED, value(one, Psci.SMCCC_ARCH_FEATURES, Psci.ARCH_WORKAROUND_1));
        assertEquals(Psci.NOT_REQUIRED, value(one, Psci.SMCCC_ARCH_FEATURES, Psci.ARCH_WORKAROUND_2));
        assertEquals(Psci.UNAFFECTED, value(one, Psci.SMCCC_ARCH_FEATURES, Psci.ARCH_WORKAROUND_3));
        assertEquals(Psci.NOT_SUPPORTED, value(one, Psci.SMCCC_ARCH_FEATURES, 0x8000_0002L));
        assertEquals(Psci.NOT_SUPPORTED, value(one, 0x8600_ff01), "hypervisor services");
        assertEquals(2, value(one, Psci.MIGRATE_INFO_TYPE));
    }

    @Test
    void powerAndResetEndTheCall() {
        assertEquals(PsciOutcome.POWER_OFF, one.call(0, Psci.SYSTEM_OFF, 0, 0, 0).outcome());
        assertEquals(PsciOutcome.RESET, one.call(0, Psci.SYSTEM_RESET, 0, 0, 0).outcome());
        assertEquals(PsciOutcome.WAIT, one.call(0, Psci.CPU_SUSPEND | Psci.SMC64, 0, 0, 0).outcome());
        assertEquals(PsciOutcome.POWER_OFF, one.call(0, Psci.CPU_OFF, 0, 0, 0).outcome(), "nothing could turn the only CPU on again");
    }

    @Test
    void theOnlyCpuIsOnAndOthersDoNotExist() {
        assertEquals(Psci.ALREADY_ON, value(one, Psci.CPU_ON | Psci.SMC64, 0, 0x4000_0000L, 0));
        assertEquals(Psci.INVALID_PARAMETERS, value(one, Psci.CPU_ON | Psci.SMC64, 1, 0x4000_0000L, 0));
        assertEquals(0, value(one, Psci.AFFINITY_INFO | Psci.SMC64, 0, 0));
        assertEquals(Psci.INVALID_PARAMETERS, value(one, Psci.AFFINITY_INFO, 0, 1));
        assertEquals("", started);
    }

    @Test
    void aSecondCpuIsStartedOnceAndCanTurnOff() {
        assertEquals(1, value(two, Psci.AFFINITY_INFO, 1, 0));
        assertEquals(Psci.SUCCESS, value(two, Psci.CPU_ON | Psci.SMC64, 1, 0x4020_0000L, 0x1_0000_0002L));
        assertEquals("cpu1 at 40200000 with 100000002", started);
        assertEquals(Psci.ALREADY_ON, value(two, Psci.CPU_ON | Psci.SMC64, 1, 0, 0));
        assertEquals(PsciOutcome.CPU_OFF, two.call(1, Psci.CPU_OFF, 0, 0, 0).outcome());
        assertEquals(1, value(two, Psci.AFFINITY_INFO, 1, 0));
    }

    @Test
    void narrowCallsIgnoreUpperHalves() {
        assertEquals(Psci.SUCCESS, value(two, Psci.CPU_ON, 0xdead_0000_0000_0001L, 0xdead_0000_4020_0000L, 7));
        assertEquals("cpu1 at 40200000 with 7", started);
    }

    @Test
    void conduitReportsPowerEventsAndWritesResults() {
        StringBuilder events = new StringBuilder();
        PowerControl power = new PowerControl() {
            @Override
            public void powerOff() {
                events.append("off ");
            }

            @Override
            public void reset() {
                events.append("reset ");
            }

            @Override
            public void start(int cpu, long entry, long contextId) {
                events.append("start ");
            }
        };
        PsciConduit conduit = new PsciConduit(new Psci(1, power), power);
        FirmwareCalls.Registers registers = new FirmwareCalls.Registers();
        registers.x0 = 0x84000000L;
        assertEquals(FirmwareCalls.CONTINUE, conduit.call(0, false, registers));
        assertEquals(0x10001, registers.x0);
        registers.x0 = 0x84000008L;
        assertEquals(FirmwareCalls.STOP, conduit.call(0, false, registers));
        registers.x0 = 0x84000009L;
        assertEquals(FirmwareCalls.STOP, conduit.call(0, false, registers));
        registers.x0 = 0xc4000001L;
        assertEquals(FirmwareCalls.WAIT, conduit.call(0, false, registers));
        assertEquals("off reset ", events.toString());
    }
}
