package io.stele.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.arm64.system.FirmwareCalls;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.layout.VirtInterrupts;
import io.stele.platform.layout.VirtMemoryMap;
import io.stele.platform.psci.Psci;
import io.stele.platform.timer.GenericTimer;
import java.util.BitSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole machine with N CPUs, as a guest's kernel uses it: what is private to a CPU reaches that one and no other. */
class SeveralCpusTest {
    private static final int ICC_PMR = 0b11_000_0100_0110_000;
    private static final int ICC_IAR1 = 0b11_000_1100_1100_000;
    private static final int ICC_HPPIR1 = 0b11_000_1100_1100_010;
    private static final int ICC_EOIR1 = 0b11_000_1100_1100_001;
    private static final int ICC_IGRPEN1 = 0b11_000_1100_1100_111;
    private static final int ICC_SGI1R = 0b11_000_1100_1011_101;
    private static final int SPURIOUS = 1023;
    private static final long ENTRY = VirtMemoryMap.RAM + 0x1000;
    private static final int SGI = 5;

    private static final class Host extends TestClock implements MachineHost {
        final BitSet irq = new BitSet();
        String events = "";

        @Override
        public void set(int cpu, boolean asserted) {
            irq.set(cpu, asserted);
        }

        @Override
        public void powerOff() {
            events += "off ";
        }

        @Override
        public void reset() {
            events += "reset ";
        }

        @Override
        public void deviceEvent() {
            events += "event ";
        }

        @Override
        public void registersChanged() {
        }

        @Override
        public void start(int cpu, long entry, long contextId) {
            events += "start " + cpu + " at " + Long.toHexString(entry) + " with " + contextId + " ";
        }
    }

    private final Host host = new Host();
    private final FirmwareCalls.Registers registers = new FirmwareCalls.Registers();

    private VirtMachine machine(int cpus) {
        VirtMachine machine = new VirtMachine(cpus, new GuestRam(VirtMemoryMap.RAM, 1 << 20, 1 << 20), value -> { }, host);
        machine.bus().writeDevice(VirtMemoryMap.GICD, 4, 2);
        machine.bus().writeDevice(VirtMemoryMap.GICD + 0x84, 4, -1);
        machine.bus().writeDevice(VirtMemoryMap.GICD + 0x104, 4, -1);
        for (int cpu = 0; cpu < cpus; cpu++) {
            open(machine, cpu);
        }
        return machine;
    }

    /** What a kernel does on a CPU that comes up. */
    private static void open(VirtMachine machine, int cpu) {
        long frame = VirtMemoryMap.GICR + cpu * VirtMemoryMap.GICR_CPU_BYTES + 0x1_0000;
        machine.bus().writeDevice(frame + 0x80, 4, -1);
        machine.bus().writeDevice(frame + 0x100, 4, -1);
        machine.write(cpu, ICC_PMR, 0xf0);
        machine.write(cpu, ICC_IGRPEN1, 1);
    }

    private int call(VirtMachine machine, int cpu, int function, long... parameters) {
        registers.x0 = function;
        registers.x1 = parameters.length > 0 ? parameters[0] : 0;
        registers.x2 = parameters.length > 1 ? parameters[1] : 0;
        registers.x3 = parameters.length > 2 ? parameters[2] : 0;
        return machine.firmware().call(cpu, false, registers);
    }

    private static BitSet only(int cpu) {
        BitSet set = new BitSet();
        set.set(cpu);
        return set;
    }

    private void acknowledge(VirtMachine machine, int cpu, int intid) {
        assertEquals(intid, machine.read(cpu, ICC_IAR1));
        machine.write(cpu, ICC_EOIR1, intid);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 18, 64, VirtMemoryMap.MAX_CPUS})
    void eachTimerInterruptsItsOwnCpu(int cpus) {
        VirtMachine machine = machine(cpus);
        for (int cpu = 0; cpu < cpus; cpu++) {
            machine.write(cpu, GenericTimer.CNTV_CVAL_EL0, 1000 + 100 * (cpus - cpu));
            machine.write(cpu, GenericTimer.CNTV_CTL_EL0, 1);
        }
        for (int cpu = cpus - 1; cpu >= 0; cpu--) {
            assertEquals(1000 + 100 * (cpus - cpu), machine.nextDeadline());
            host.ticks = machine.nextDeadline();
            machine.poll();
            assertEquals(only(cpu), host.irq);
            for (int other = 0; other < cpus; other++) {
                assertEquals(other == cpu ? VirtInterrupts.TIMER_VIRTUAL : SPURIOUS, machine.read(other, ICC_HPPIR1));
            }
            machine.write(cpu, GenericTimer.CNTV_CTL_EL0, 0);
            assertEquals(new BitSet(), host.irq);
        }
        assertEquals(GenericTimer.NO_DEADLINE, machine.nextDeadline());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 18, 64, VirtMemoryMap.MAX_CPUS})
    void softwareInterruptsReachEachCpuByItsAffinity(int cpus) {
        VirtMachine machine = machine(cpus);
        for (int cpu = 0; cpu < cpus; cpu++) {
            long affinity = VirtMemoryMap.affinity(cpu);
            machine.write(0, ICC_SGI1R, (affinity >> 8 & 0xff) << 16 | (long) SGI << 24 | 1L << (affinity & 15));
            assertEquals(only(cpu), host.irq);
            acknowledge(machine, cpu, SGI);
            assertEquals(new BitSet(), host.irq);
        }
        machine.write(cpus - 1, ICC_SGI1R, 1L << 40 | (long) SGI << 24);
        BitSet others = new BitSet();
        others.set(0, cpus - 1);
        assertEquals(others, host.irq);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 18, 64})
    void aDeviceInterruptFollowsItsRoute(int cpus) {
        VirtMachine machine = machine(cpus);
        machine.bus().writeDevice(VirtMemoryMap.UART + 0x38, 4, 0x50);
        for (int cpu = cpus - 1; cpu >= 0; cpu--) {
            machine.bus().writeDevice(VirtMemoryMap.GICD + 0x6000 + 8 * VirtInterrupts.UART, 8, VirtMemoryMap.affinity(cpu));
            machine.uart().offer('a');
            assertEquals(only(cpu), host.irq);
            assertEquals(VirtInterrupts.UART, machine.read(cpu, ICC_IAR1));
            machine.bus().readDevice(VirtMemoryMap.UART, 4);
            machine.write(cpu, ICC_EOIR1, VirtInterrupts.UART);
            assertEquals(new BitSet(), host.irq);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 18, 64, VirtMemoryMap.MAX_CPUS})
    void cpusAreTurnedOnAndOffByTheirAffinity(int cpus) {
        VirtMachine machine = machine(cpus);
        for (int cpu = 1; cpu < cpus; cpu++) {
            long affinity = VirtMemoryMap.affinity(cpu);
            assertEquals(FirmwareCalls.CONTINUE, call(machine, 0, Psci.AFFINITY_INFO | Psci.SMC64, affinity, 0));
            assertEquals(1, registers.x0, "off");
            assertEquals(FirmwareCalls.CONTINUE, call(machine, 0, Psci.CPU_ON | Psci.SMC64, affinity, ENTRY, cpu));
            assertEquals(Psci.SUCCESS, registers.x0);
            assertEquals("start " + cpu + " at " + Long.toHexString(ENTRY) + " with " + cpu + " ", host.events);
            host.events = "";
            call(machine, cpu, Psci.AFFINITY_INFO | Psci.SMC64, affinity, 0);
            assertEquals(0, registers.x0, "on");
            call(machine, 0, Psci.CPU_ON | Psci.SMC64, affinity, ENTRY, cpu);
            assertEquals(Psci.ALREADY_ON, registers.x0);
        }
        call(machine, 0, Psci.CPU_ON | Psci.SMC64, VirtMemoryMap.affinity(cpus), ENTRY, 0);
        assertEquals(Psci.INVALID_PARAMETERS, registers.x0);
        for (int cpu = 0; cpu < cpus; cpu++) {
            assertEquals("", host.events);
            assertEquals(FirmwareCalls.STOP, call(machine, cpu, Psci.CPU_OFF));
        }
        assertEquals("off ", host.events, "the last CPU ends the machine");
    }

    /** Hot unplug and plug: nothing of the CPU's earlier life disturbs it, and the others notice nothing. */
    @ParameterizedTest
    @ValueSource(ints = {2, 18})
    void aCpuThatIsTurnedOnAgainIsAsAfterReset(int cpus) {
        VirtMachine machine = machine(cpus);
        int cpu = cpus - 1;
        long affinity = VirtMemoryMap.affinity(cpu);
        call(machine, 0, Psci.CPU_ON | Psci.SMC64, affinity, ENTRY, 0);
        open(machine, cpu);
        machine.write(0, GenericTimer.CNTV_CVAL_EL0, 9000);
        machine.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        machine.write(cpu, GenericTimer.CNTV_CVAL_EL0, 5000);
        machine.write(cpu, GenericTimer.CNTV_CTL_EL0, 1);
        host.ticks = 6000;
        machine.poll();
        assertEquals(VirtInterrupts.TIMER_VIRTUAL, machine.read(cpu, ICC_IAR1), "taken and never ended");
        assertEquals(FirmwareCalls.STOP, call(machine, cpu, Psci.CPU_OFF));
        call(machine, 0, Psci.CPU_ON | Psci.SMC64, affinity, ENTRY, 0);
        assertEquals(0, machine.read(cpu, ICC_IGRPEN1));
        assertEquals(0, machine.read(cpu, GenericTimer.CNTV_CTL_EL0));
        assertEquals(9000, machine.nextDeadline());
        machine.write(0, ICC_SGI1R, (affinity >> 8 & 0xff) << 16 | (long) SGI << 24 | 1L << (affinity & 15));
        assertEquals(new BitSet(), host.irq, "its interface is closed");
        open(machine, cpu);
        assertEquals(only(cpu), host.irq);
        acknowledge(machine, cpu, SGI);
    }
}
