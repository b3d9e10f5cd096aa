package io.stele.tools.machine;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.state.CpuState;
import io.stele.codegen.CodeCensus;
import io.stele.codegen.listing.ListingRows;
import io.stele.kvm.libc.LibcException;
import io.stele.memory.RawMemory;
import io.stele.platform.MachineHost;
import io.stele.platform.VirtMachine;
import io.stele.platform.boot.BootException;
import io.stele.platform.boot.BootLoader;
import io.stele.platform.boot.BootState;
import io.stele.platform.boot.KernelImage;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.layout.VirtMemoryMap;
import io.stele.runtime.Hypervisor;
import io.stele.runtime.MachineEvents;
import io.stele.runtime.code.BlockFilter;
import io.stele.runtime.code.CodeStore;
import io.stele.runtime.code.GuestProfile;
import io.stele.runtime.common.GuestError;
import io.stele.tools.profile.FlightEvents;
import io.stele.tools.profile.GuestNames;
import io.stele.tools.report.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;

/** Puts the parts together: the hypervisor, the Arm CPU, the {@code virt} machine and what it boots. */
final class VirtGuestMachine implements GuestMachine, MachineHost, MachineEvents {
    private static final int IRQ = 1;
    private static final int FIQ = 2;
    private static final int NO_INPUT = -1;
    /** The kernel lies at the beginning of RAM, and with its tables of symbols within so many bytes. */
    private static final int KERNEL_ROOM = 64 << 20;

    private final Hypervisor hypervisor;
    private final VirtMachine machine;
    private final Arm64Isa isa;
    private final ConsoleSource input;
    /** Null unless samples are taken. */
    private final GuestProfile profile;
    /** Null unless events are wanted. */
    private final FlightEvents events;
    /** Null unless counters are wanted. */
    private final CodeCensus census;
    /** Null for a machine that loads a kernel. */
    private final Firmware firmware;
    private volatile Outcome outcome;
    /** A byte that the UART had no room for. */
    private int heldInput = NO_INPUT;
    /**
     * When the timers' deadlines are looked at next, which CPUs know (compared unsigned). It becomes later only when it is reached: so a
     * CPU that puts its timer off and back, as Linux does around each wait, need not tell.
     */
    private long timerLook = -1;

    VirtGuestMachine(MachineConfig config) {
        input = config.input();
        CodeStore store = store(config);
        Hypervisor created = null;
        try {
            firmware = config.variables() == null ? null : Firmware.open(config.kernel(), config.variables(), VirtGuestMachine::report);
            long memory = firmware == null ? config.memoryBytes() : Firmware.memory(config.memoryBytes());
            created = new Hypervisor(config.cpus(), VirtMemoryMap.RAM, firmware == null ? memory : memory + firmware.codeBytes());
            hypervisor = created;
            GuestRam ram = new GuestRam(VirtMemoryMap.RAM, memory, hypervisor.ramAddress());
            machine = new VirtMachine(config.cpus(), ram, config.output(), this, config.devices(), VirtGuestMachine::report);
            if (firmware != null) {
                firmware.attach(machine.bus(), ram, config.cpus());
            }
            isa = new Arm64Isa(config.features(), machine.bus(), hypervisor, machine, machine.firmware(), VirtGuestMachine::report);
            hypervisor.attach(isa, machine.bus(), VirtGuestMachine::report);
            profile = config.recording().samples() ? hypervisor.profile() : null;
            events = config.recording().events() ? new FlightEvents() : null;
            if (events != null) {
                hypervisor.listen(events);
            }
            census = config.recording().census() ? hypervisor.services().code().takeCensus() : null;
            if (config.recording().code()) {
                hypervisor.services().code().recordListings(config.recording().passes());
            }
            CompletableFuture<Void> translations = CompletableFuture.runAsync(() -> useTranslations(store));
            BootState boot;
            try {
                boot = firmware == null ? load(config, ram) : firmware.load(ram, VirtBackend.tree(config));
            } finally {
                translations.join();
            }
            for (int cpu = config.cpus() - 1; cpu > 0; cpu--) {
                isa.reset(hypervisor.state(cpu), cpu, 0, 0);
            }
            isa.reset(hypervisor.state(0), 0, boot.entry(), boot.deviceTree());
            input.onAvailable(hypervisor::wake);
        } catch (BootException | GuestError | LibcException e) {
            if (created != null) {
                created.close();
            }
            throw new MachineException(e.getMessage(), e);
        }
    }

    private static void report(String line) {
        System.err.println("stele: " + line);
    }

    /** The translations of earlier runs; null if they are not wanted, or not to be had, as in a first run. */
    private static CodeStore store(MachineConfig config) {
        if (config.recording().code() || config.translations() == null) {
            return null;
        }
        try {
            return config.translations().store(config.kernel(), config.features());
        } catch (IOException e) {
            return null;
        }
    }

    private void useTranslations(CodeStore store) {
        if (store != null) {
            hypervisor.useStore(store);
        }
    }

    private static BootState load(MachineConfig config, GuestRam ram) throws BootException {
        try (KernelImage kernel = KernelImage.open(config.kernel())) {
            return BootLoader.load(ram, kernel, config.initrd(), VirtBackend.tree(config));
        }
    }

    @Override
    public Outcome run() {
        if (outcome == null) {
            try {
                hypervisor.run(this);
            } catch (GuestError | LibcException e) {
                throw new MachineException(e.getMessage(), e);
            }
        }
        return outcome;
    }

    @Override
    public void requestStop() {
        end(Outcome.STOPPED);
    }

    @Override
    public boolean powerButton(boolean pressed) {
        boolean heard = machine.powerButton(pressed);
        hypervisor.wake();
        return heard;
    }

    private void end(Outcome how) {
        if (outcome == null) {
            outcome = how;
        }
        hypervisor.stop();
    }

    @Override
    public String whereabouts() {
        GuestNames names = namesIfReadable();
        StringJoiner all = new StringJoiner("; ");
        for (int cpu = 0; cpu < hypervisor.cpus(); cpu++) {
            isa.recall(hypervisor.state(cpu));
            all.add("CPU " + cpu + " " + hypervisor.activity(cpu) + ", " + place(names, CpuState.pc(hypervisor.state(cpu))));
        }
        return all.toString();
    }

    private static String place(GuestNames names, long pc) {
        String function = names == null ? null : names.kernelFunction(pc);
        return function == null ? String.format("at 0x%x", pc) : String.format("in %s (0x%x)", function, pc);
    }

    private GuestNames namesIfReadable() {
        try {
            return names(List.of());
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public String statistics() {
        return hypervisor.statistics().report() + (census == null ? "" : census.report()) + isa.interpretedReport()
            + isa.undefinedReport() + cpuReport();
    }

    /** Where each CPU was at the end, and what it waited for. */
    private String cpuReport() {
        long now = hypervisor.counterNow();
        StringBuilder report = new StringBuilder("CPUs at the end\n");
        GuestNames names = namesIfReadable();
        for (int cpu = 0; cpu < hypervisor.cpus(); cpu++) {
            long state = hypervisor.state(cpu);
            isa.recall(state);
            report.append(String.format("  CPU %d %s, %s; lr 0x%x, PSTATE 0x%x, interrupts pending: %s%n", cpu, hypervisor.activity(cpu),
                place(names, CpuState.pc(state)), CpuState.x(state, 30), CpuState.savedProgramStatus(state), machine.gic().pending(cpu)));
        }
        return report.append(machine.timer().report(now)).toString();
    }

    @Override
    public String statisticsJson() {
        Map<String, Object> groups = new LinkedHashMap<>(hypervisor.statistics().groups());
        if (census != null) {
            groups.put("classes of instructions", census.classes());
            groups.put("phases of translation", census.phases());
        }
        return Json.of(groups) + "\n";
    }

    @Override
    public void dumpCode(ListingRows out) throws IOException {
        hypervisor.services().code().listings().write(out);
    }

    @Override
    public void dumpHot(int count, ListingRows out) throws IOException {
        HotBlocks.list(hypervisor.services().code(), profile, names(List.of()), count, out);
    }

    @Override
    public void dumpPlace(String place, List<Path> symbols, ListingRows out) throws IOException {
        BlockFilter wanted;
        if (place.startsWith("0x")) {
            long at = Long.parseUnsignedLong(place.substring(2), 16);
            wanted = (address, page) -> address == at;
        } else {
            GuestNames names = names(symbols);
            wanted = names.function(place);
            if (wanted == null) {
                throw new MachineException(symbols.isEmpty() && !names.hasKernel()
                    ? "the guest's kernel has no table of symbols that could be found; give an address, or --symbols"
                    : (symbols.isEmpty() ? "the guest's kernel has no function " : "the guest's kernel and the programs of --symbols have no function ") + place);
            }
        }
        if (hypervisor.services().code().listings().write(wanted, out) == 0) {
            throw new MachineException("no code was generated for " + place + ": the guest did not enter it");
        }
    }

    @Override
    public void writeProfile(List<Path> symbols, Appendable out) throws IOException {
        names(symbols).writeStacks(profile, out);
    }

    @Override
    public void writeEvents(Path file) throws IOException {
        events.write(file);
    }

    private GuestNames names(List<Path> symbols) throws IOException {
        byte[] memory = new byte[KERNEL_ROOM];
        RawMemory.copy(hypervisor.ramAddress(), memory, 0, memory.length);
        return new GuestNames(isa, ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN), symbols);
    }

    @Override
    public void close() {
        machine.stop();
        hypervisor.close();
        if (events != null) {
            events.close();
        }
        if (firmware != null) {
            firmware.close();
        }
    }

    // What the devices want.

    @Override
    public long poll() {
        feedInput();
        machine.pollDevices();
        long now = hypervisor.counterNow();
        if (Long.compareUnsigned(now, timerLook) >= 0 || Long.compareUnsigned(now, machine.nextDeadline()) >= 0) {
            lookAtTimers();
            machine.poll();
            if (Long.compareUnsigned(now, timerLook) >= 0) {
                promiseTimerLook(machine.nextDeadline());
                lookAtTimers();
            }
        }
        if (Long.compareUnsigned(machine.nextDeadline(), timerLook) < 0) {
            promiseTimerLook(machine.nextDeadline());
        }
        return timerLook < 0 ? Long.MAX_VALUE : timerLook;
    }

    private void promiseTimerLook(long counter) {
        timerLook = counter;
        for (int cpu = 0; cpu < hypervisor.cpus(); cpu++) {
            isa.promiseTimerLook(hypervisor.state(cpu), counter);
        }
    }

    private void lookAtTimers() {
        for (int cpu = 0; cpu < hypervisor.cpus(); cpu++) {
            isa.lookAtTimer(hypervisor.state(cpu));
        }
    }

    private void feedInput() {
        int value = heldInput >= 0 ? heldInput : input.read();
        while (value >= 0 && machine.uart().offer(value)) {
            value = input.read();
        }
        heldInput = value;
    }

    @Override
    public long counter() {
        return hypervisor.counterNow();
    }

    @Override
    public long epochSeconds() {
        return System.currentTimeMillis() / 1000;
    }

    @Override
    public void deadlineEarlier() {
        hypervisor.pollSoon();
    }

    @Override
    public void timerEvent(int cpu) {
        isa.sendEvent(cpu);
    }

    @Override
    public void deviceEvent() {
        hypervisor.wake();
    }

    @Override
    public void registersChanged() {
        hypervisor.registersChanged();
    }

    @Override
    public void set(int cpu, boolean irqAsserted) {
        hypervisor.setInterruptLine(cpu, IRQ, irqAsserted);
    }

    @Override
    public void setFast(int cpu, boolean fiqAsserted) {
        hypervisor.setInterruptLine(cpu, FIQ, fiqAsserted);
    }

    @Override
    public void setAtEnd(int cpu) {
        hypervisor.raiseInterruptLine(cpu, IRQ);
        if (isa.hasEnded(hypervisor.state(cpu))) {
            hypervisor.setInterruptLine(cpu, IRQ, true);
        }
    }

    @Override
    public boolean acknowledged(int cpu) {
        return isa.hasAcknowledged(hypervisor.state(cpu));
    }

    @Override
    public void recall(int cpu) {
        hypervisor.stopOthers();
        isa.recall(hypervisor.state(cpu));
    }

    @Override
    public void powerOff() {
        end(Outcome.POWER_OFF);
    }

    @Override
    public void reset() {
        end(Outcome.RESET);
    }

    @Override
    public void start(int cpu, long entry, long contextId) {
        isa.reset(hypervisor.state(cpu), cpu, entry, contextId);
        hypervisor.turnOn(cpu);
    }
}
