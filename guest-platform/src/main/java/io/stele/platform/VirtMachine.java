package io.stele.platform;

import io.stele.arm64.system.FirmwareCalls;
import io.stele.arm64.system.SystemRegisterDevice;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.bus.SystemBus;
import io.stele.platform.gicv3.GicV3;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.layout.VirtInterrupts;
import io.stele.platform.layout.VirtMemoryMap;
import io.stele.platform.pl011.ConsoleSink;
import io.stele.platform.pl011.Pl011;
import io.stele.platform.pl031.Pl031;
import io.stele.platform.pl061.Pl061;
import io.stele.platform.psci.Psci;
import io.stele.platform.psci.PsciConduit;
import io.stele.platform.sp805.Sp805;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import io.stele.platform.timer.GenericTimer;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.VirtioMmio;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * The machine: all devices, wired up. It has no loop of its own. Whoever runs the CPUs passes accesses to {@link #bus},
 * to the system registers here and to {@link #firmware}, and calls {@link #poll} when the counter reaches {@link #nextDeadline}.
 *
 * <p>Threads: every device has its own lock and may be called from any thread. Locks nest in one order only: device, then interrupt
 * controller; the controller calls {@link MachineHost} alone.
 */
public final class VirtMachine implements SystemRegisterDevice, Saveable {
    /** Distance of two looks at the clock while the real-time clock's alarm is set, in counter ticks: a second. */
    private static final long ALARM_PERIOD = GenericTimer.FREQUENCY;

    private final MachineHost host;
    private final GuestRam ram;
    private final SystemBus bus;
    private final GicV3 gic;
    private final SystemRegisterDevice cpuInterface;
    private final GenericTimer timer;
    private final Pl011 uart;
    private final Pl031 rtc;
    private final Pl061 gpio;
    private final Sp805 watchdog;
    private final Psci psci;
    private final PsciConduit firmware;
    private final VirtioMmio[] virtio;
    private volatile long nextAlarmCheck;

    /** A machine without virtio devices. */
    public VirtMachine(int cpus, GuestRam ram, ConsoleSink console, MachineHost host) {
        this(cpus, ram, console, host, List.of(), line -> { });
    }

    /**
     * A machine of {@code cpus} CPUs, as after power-on.
     *
     * @param devices behind the virtio transports, from the first one on; at most 32
     * @param log takes lines for the user, by any thread
     */
    public VirtMachine(int cpus, GuestRam ram, ConsoleSink console, MachineHost host, List<VirtioDevice> devices, Consumer<String> log) {
        if (cpus < 1 || cpus > VirtMemoryMap.MAX_CPUS) {
            throw new IllegalArgumentException("number of CPUs must be 1 to " + VirtMemoryMap.MAX_CPUS);
        }
        this.host = host;
        this.ram = ram;
        gic = new GicV3(cpus, VirtInterrupts.INTIDS, host);
        cpuInterface = gic.cpuInterface();
        timer = new GenericTimer(cpus, host, gic);
        uart = new Pl011(console, new InterruptOutput(gic, VirtInterrupts.UART, 0), host::registersChanged);
        rtc = new Pl031(host, new InterruptOutput(gic, VirtInterrupts.RTC, 0));
        gpio = new Pl061(new InterruptOutput(gic, VirtInterrupts.GPIO, 0));
        watchdog = new Sp805(host, GenericTimer.FREQUENCY, new InterruptOutput(gic, VirtInterrupts.WATCHDOG, 0), host::reset);
        psci = new Psci(cpus, this::start);
        firmware = new PsciConduit(psci, host);
        bus = new SystemBus(ram);
        bus.attach(VirtMemoryMap.GICD, VirtMemoryMap.GICD_BYTES, gic.distributor());
        bus.attach(VirtMemoryMap.GICR, cpus * VirtMemoryMap.GICR_CPU_BYTES, gic.redistributors());
        bus.attach(VirtMemoryMap.UART, VirtMemoryMap.UART_BYTES, uart);
        bus.attach(VirtMemoryMap.RTC, VirtMemoryMap.RTC_BYTES, rtc);
        bus.attach(VirtMemoryMap.GPIO, VirtMemoryMap.GPIO_BYTES, gpio);
        bus.attach(VirtMemoryMap.WATCHDOG, VirtMemoryMap.WATCHDOG_BYTES, watchdog);
        virtio = new VirtioMmio[devices.size()];
        for (int i = 0; i < virtio.length; i++) {
            virtio[i] = new VirtioMmio(devices.get(i), ram, new InterruptOutput(gic, VirtInterrupts.VIRTIO + i, 0), host::deviceEvent, log);
            bus.attach(VirtMemoryMap.virtio(i), VirtMemoryMap.VIRTIO_STRIDE, virtio[i]);
        }
    }

    /** CPU_ON: what belongs to the CPU is as after its reset, then the owner starts it. */
    private void start(int cpu, long entry, long contextId) {
        timer.resetCpu(cpu);
        gic.resetCpu(cpu);
        host.start(cpu, entry, contextId);
    }

    public GuestRam ram() {
        return ram;
    }

    public SystemBus bus() {
        return bus;
    }

    public GicV3 gic() {
        return gic;
    }

    public GenericTimer timer() {
        return timer;
    }

    public Pl011 uart() {
        return uart;
    }

    /**
     * Presses or releases the power button; {@link #pollDevices} is to be called afterwards. By any thread.
     *
     * @return whether the guest listens to it
     */
    public boolean powerButton(boolean pressed) {
        gpio.drive(VirtMemoryMap.POWER_BUTTON_PIN, pressed);
        return gpio.isListening(VirtMemoryMap.POWER_BUTTON_PIN);
    }

    /** What HVC reaches. */
    public FirmwareCalls firmware() {
        return firmware;
    }

    /** Counter value (compare unsigned) at which {@link #poll} is due. Takes no lock, so it may be asked in a busy loop. */
    public long nextDeadline() {
        long deadline = timer.nextDeadline();
        if (Long.compareUnsigned(watchdog.nextDeadline(), deadline) < 0) {
            deadline = watchdog.nextDeadline();
        }
        return rtc.alarmArmed() && Long.compareUnsigned(nextAlarmCheck, deadline) < 0 ? nextAlarmCheck : deadline;
    }

    /** Lets the devices that wait for time act. */
    public void poll() {
        long now = host.counter();
        timer.poll(now);
        watchdog.poll(now);
        if (rtc.alarmArmed()) {
            rtc.poll();
            nextAlarmCheck = now + ALARM_PERIOD;
        }
    }

    /** Passes on what the devices' own threads have reported ({@link MachineHost#deviceEvent}). */
    public void pollDevices() {
        gpio.poll();
        for (VirtioMmio transport : virtio) {
            transport.poll();
        }
    }

    /** Makes the devices let go of RAM, which may go away afterwards. They may be used in another machine then. */
    public void stop() {
        for (VirtioMmio transport : virtio) {
            transport.stop();
        }
    }

    /** Resets all devices, as a reboot does. RAM keeps its content. */
    public void reset() {
        gic.reset();
        timer.reset();
        uart.reset();
        rtc.reset();
        gpio.reset();
        watchdog.reset();
        psci.reset();
        for (VirtioMmio transport : virtio) {
            transport.reset();
        }
    }

    @Override
    public boolean handles(int encoding) {
        return timer.handles(encoding) || cpuInterface.handles(encoding);
    }

    @Override
    public long read(int cpu, int encoding) {
        return owner(encoding).read(cpu, encoding);
    }

    @Override
    public void write(int cpu, int encoding, long value) {
        owner(encoding).write(cpu, encoding, value);
    }

    @Override
    public void setVirtualTimer(int cpu, long control, long compare) {
        timer.setVirtualTimer(cpu, control, compare);
    }

    @Override
    public long lend(int cpu, boolean masked) {
        return cpuInterface.lend(cpu, masked);
    }

    @Override
    public void takeBack(int cpu, boolean acknowledged, boolean ended) {
        cpuInterface.takeBack(cpu, acknowledged, ended);
    }

    @Override
    public void waitForEvent(int cpu, long counter) {
        timer.waitForEvent(cpu, counter);
    }

    private SystemRegisterDevice owner(int encoding) {
        return timer.handles(encoding) ? timer : cpuInterface;
    }

    /** The devices' state; RAM and CPUs belong to others. The CPUs must be stopped. */
    @Override
    public void state(StateStream stream) throws IOException {
        gic.state(stream);
        timer.state(stream);
        uart.state(stream);
        rtc.state(stream);
        gpio.state(stream);
        watchdog.state(stream);
        psci.state(stream);
        for (VirtioMmio transport : virtio) {
            transport.state(stream);
        }
    }
}
