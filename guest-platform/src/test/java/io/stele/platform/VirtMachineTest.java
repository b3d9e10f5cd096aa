package io.stele.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.guest.GuestBus;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.layout.VirtInterrupts;
import io.stele.platform.layout.VirtMemoryMap;
import io.stele.platform.timer.GenericTimer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class VirtMachineTest {
    private static final int ICC_PMR = 0b11_000_0100_0110_000;
    private static final int ICC_IAR1 = 0b11_000_1100_1100_000;
    private static final int ICC_IGRPEN1 = 0b11_000_1100_1100_111;

    private static final class Host extends TestClock implements MachineHost {
        boolean irq;
        String events = "";

        @Override
        public void set(int cpu, boolean asserted) {
            irq = asserted;
        }

        @Override
        public void powerOff() {
            events += "off";
        }

        @Override
        public void reset() {
            events += "reset";
        }

        @Override
        public void deviceEvent() {
            events += "event";
        }

        @Override
        public void registersChanged() {
        }

        @Override
        public void start(int cpu, long entry, long contextId) {
            events += "start";
        }
    }

    private final Host host = new Host();
    private final StringBuilder output = new StringBuilder();
    private final VirtMachine machine =
        new VirtMachine(1, new GuestRam(VirtMemoryMap.RAM, 1 << 20, 1 << 20), value -> output.append((char) value), host);

    private void openGic() {
        machine.bus().writeDevice(VirtMemoryMap.GICD, 4, 2);
        machine.bus().writeDevice(VirtMemoryMap.GICD + 0x84, 4, -1);
        machine.bus().writeDevice(VirtMemoryMap.GICD + 0x104, 4, -1);
        machine.bus().writeDevice(VirtMemoryMap.GICR + 0x1_0080, 4, -1);
        machine.bus().writeDevice(VirtMemoryMap.GICR + 0x1_0100, 4, -1);
        machine.write(0, ICC_PMR, 0xf0);
        machine.write(0, ICC_IGRPEN1, 1);
    }

    @Test
    void aTimerReachesTheCpu() {
        openGic();
        host.ticks = 1000;
        machine.write(0, GenericTimer.CNTV_TVAL_EL0, 500);
        machine.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        assertEquals(1500, machine.nextDeadline());
        assertEquals(1, host.earlierDeadlines);
        host.ticks = 1500;
        machine.poll();
        assertTrue(host.irq);
        assertEquals(VirtInterrupts.TIMER_VIRTUAL, machine.read(0, ICC_IAR1));
        assertFalse(host.irq);
    }

    @Test
    void aKeyReachesTheCpu() {
        openGic();
        machine.bus().writeDevice(VirtMemoryMap.UART + 0x38, 4, 0x50);
        machine.uart().offer('a');
        assertTrue(host.irq);
        assertEquals(VirtInterrupts.UART, machine.read(0, ICC_IAR1));
        assertEquals('a', machine.bus().readDevice(VirtMemoryMap.UART, 4));
        machine.bus().writeDevice(VirtMemoryMap.UART, 1, 'b');
        assertEquals("b", output.toString());
    }

    @Test
    void anAlarmReachesTheCpuAndIsLookedAtOnceASecond() {
        openGic();
        host.ticks = 5_000;
        host.seconds = 100;
        machine.bus().writeDevice(VirtMemoryMap.RTC + 0x10, 4, 1);
        machine.bus().writeDevice(VirtMemoryMap.RTC + 4, 4, 102);
        machine.poll();
        assertEquals(5_000 + GenericTimer.FREQUENCY, machine.nextDeadline());
        host.seconds = 102;
        machine.poll();
        assertTrue(host.irq);
        assertEquals(GenericTimer.NO_DEADLINE, machine.nextDeadline());
    }

    @Test
    void deadlineOfARunningMachineDoesNotComeFromAnOldAlarm() {
        host.seconds = 100;
        host.ticks = 1;
        machine.bus().writeDevice(VirtMemoryMap.RTC + 4, 4, 101);
        machine.poll();
        host.seconds = 101;
        machine.poll();
        host.ticks = 10 * GenericTimer.FREQUENCY;
        machine.bus().writeDevice(VirtMemoryMap.RTC + 4, 4, 110);
        assertTrue(Long.compareUnsigned(machine.nextDeadline(), host.ticks) <= 0, "a new alarm is looked at");
        machine.poll();
        assertEquals(11 * GenericTimer.FREQUENCY, machine.nextDeadline());
    }

    @Test
    void placesBetweenDevicesFault() {
        assertThrows(GuestBus.BusFault.class, () -> machine.bus().readDevice(VirtMemoryMap.GICR + VirtMemoryMap.GICR_CPU_BYTES, 4));
        assertThrows(GuestBus.BusFault.class, () -> machine.bus().readDevice(VirtMemoryMap.VIRTIO, 4));
    }

    @Test
    void resetQuietsEverything() {
        openGic();
        machine.write(0, GenericTimer.CNTV_CTL_EL0, 1);
        assertTrue(host.irq);
        machine.reset();
        assertFalse(host.irq);
        openGic();
        assertFalse(host.irq);
    }

    @Test
    void wholeStateSurvivesSavingAndRestoring() throws IOException {
        openGic();
        machine.write(0, GenericTimer.CNTP_CVAL_EL0, 700);
        machine.write(0, GenericTimer.CNTP_CTL_EL0, 1);
        machine.bus().writeDevice(VirtMemoryMap.UART + 0x38, 4, 0x50);
        machine.uart().offer('q');
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        machine.save(new DataOutputStream(saved));
        machine.reset();
        machine.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        assertTrue(host.irq);
        assertEquals(VirtInterrupts.UART, machine.read(0, ICC_IAR1));
        assertEquals(700, machine.nextDeadline());
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        machine.reset();
        machine.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        machine.save(new DataOutputStream(again));
        assertEquals(saved.size(), again.size());
        assertTrue(java.util.Arrays.equals(saved.toByteArray(), again.toByteArray()));
    }
}
