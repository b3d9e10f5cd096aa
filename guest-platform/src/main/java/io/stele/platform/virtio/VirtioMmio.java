package io.stele.platform.virtio;

import io.stele.platform.bus.GuestRam;
import io.stele.platform.bus.MmioDevice;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The MMIO transport (virtio 1.2, section 4.2), register layout version 2, no legacy interface.
 *
 * <p>Threads: the registers have one monitor. A device's own threads set bits of the interrupt status without it and ask for {@link #poll},
 * which drives the wire.
 */
public final class VirtioMmio implements MmioDevice, DevicePort, Saveable {
    static final int MAGIC_VALUE = 0x00;
    static final int VERSION = 0x04;
    static final int DEVICE_ID = 0x08;
    static final int VENDOR_ID = 0x0c;
    static final int DEVICE_FEATURES = 0x10;
    static final int DEVICE_FEATURES_SEL = 0x14;
    static final int DRIVER_FEATURES = 0x20;
    static final int DRIVER_FEATURES_SEL = 0x24;
    static final int QUEUE_SEL = 0x30;
    static final int QUEUE_NUM_MAX = 0x34;
    static final int QUEUE_NUM = 0x38;
    static final int QUEUE_READY = 0x44;
    static final int QUEUE_NOTIFY = 0x50;
    static final int INTERRUPT_STATUS = 0x60;
    static final int INTERRUPT_ACK = 0x64;
    static final int STATUS = 0x70;
    static final int QUEUE_DESC_LOW = 0x80;
    static final int QUEUE_DESC_HIGH = 0x84;
    static final int QUEUE_DRIVER_LOW = 0x90;
    static final int QUEUE_DRIVER_HIGH = 0x94;
    static final int QUEUE_DEVICE_LOW = 0xa0;
    static final int QUEUE_DEVICE_HIGH = 0xa4;
    static final int SHM_LEN_LOW = 0xb0;
    static final int SHM_BASE_HIGH = 0xbc;
    static final int CONFIG_GENERATION = 0xfc;
    static final int CONFIG = 0x100;

    static final int STATUS_DRIVER_OK = 4;
    static final int STATUS_FEATURES_OK = 8;
    static final int STATUS_NEEDS_RESET = 64;
    static final int INTERRUPT_USED = 1;
    static final int INTERRUPT_CONFIG = 2;

    static final long FEATURE_INDIRECT = 1L << 28;
    static final long FEATURE_EVENT_INDEX = 1L << 29;
    static final long FEATURE_VERSION_1 = 1L << 32;
    private static final long TRANSPORT_FEATURES = FEATURE_INDIRECT | FEATURE_EVENT_INDEX | FEATURE_VERSION_1;

    private static final int MAGIC = 0x74726976;
    /** "STEL" */
    private static final int VENDOR = 0x4c455453;
    private static final int TAG = 0x564d4d32;

    private final VirtioDevice device;
    private final InterruptOutput interrupt;
    private final Runnable pollSoon;
    private final Consumer<String> log;
    private final VirtQueue[] queues;
    private final AtomicInteger interruptStatus = new AtomicInteger();
    private volatile boolean broken;
    private volatile int generation;

    private int status;
    private int deviceFeaturesSelect;
    private int driverFeaturesSelect;
    private long driverFeatures;
    private int queueSelect;
    private boolean running;

    /**
     * @param pollSoon has {@link #poll} called soon by the thread that owns interrupts; called by any thread
     * @param log takes one line for the user
     */
    public VirtioMmio(VirtioDevice device, GuestRam ram, InterruptOutput interrupt, Runnable pollSoon, Consumer<String> log) {
        this.device = device;
        this.interrupt = interrupt;
        this.pollSoon = pollSoon;
        this.log = log;
        int[] sizes = device.queueSizes();
        queues = new VirtQueue[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            queues[i] = new VirtQueue(ram, sizes[i]);
        }
    }

    /** Drives the interrupt wire as the status register demands. */
    public void poll() {
        interrupt.set(interruptStatus.get() != 0);
    }

    @Override
    public void usedBuffers() {
        raise(INTERRUPT_USED);
    }

    @Override
    public void configurationChanged() {
        generation++;
        raise(INTERRUPT_CONFIG);
    }

    private void raise(int bit) {
        if (interruptStatus.getAndUpdate(old -> old | bit) == 0) {
            pollSoon.run();
        }
    }

    @Override
    public void broken(VirtioException cause) {
        if (!broken) {
            broken = true;
            log.accept(device.name() + ": stopped, as the guest's driver broke the rules: " + cause.getMessage());
            raise(INTERRUPT_CONFIG);
        }
    }

    private VirtQueue selected() {
        return Integer.compareUnsigned(queueSelect, queues.length) < 0 ? queues[queueSelect] : null;
    }

    @Override
    public synchronized long read(long address, int size) {
        int offset = (int) address;
        if (offset >= CONFIG) {
            return readConfig(offset - CONFIG, size);
        }
        if (size != 4) {
            return 0;
        }
        VirtQueue queue = selected();
        int value = switch (offset) {
            case MAGIC_VALUE -> MAGIC;
            case VERSION -> 2;
            case DEVICE_ID -> device.id();
            case VENDOR_ID -> VENDOR;
            case DEVICE_FEATURES -> word(offered(), deviceFeaturesSelect);
            case QUEUE_NUM_MAX -> queue == null ? 0 : queue.maximum();
            case QUEUE_READY -> queue != null && queue.ready() ? 1 : 0;
            case INTERRUPT_STATUS -> interruptStatus.get();
            case STATUS -> status | (broken ? STATUS_NEEDS_RESET : 0);
            case CONFIG_GENERATION -> generation;
            default -> offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH ? -1 : 0;
        };
        return value & 0xffff_ffffL;
    }

    private long readConfig(int offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) device.configByte(offset + i) << 8 * i;
        }
        return value;
    }

    private long offered() {
        return device.features() | TRANSPORT_FEATURES;
    }

    private static int word(long bits, int select) {
        return select == 0 ? (int) bits : select == 1 ? (int) (bits >>> 32) : 0;
    }

    @Override
    public void write(long address, int size, long value) {
        if (address == QUEUE_NOTIFY) {
            notifyDevice((int) value);
        } else {
            writeRegister((int) address, size, value);
        }
    }

    private void notifyDevice(int queue) {
        if (Integer.compareUnsigned(queue, queues.length) < 0 && !broken) {
            synchronized (this) {
                if (running) {
                    device.available(queue);
                }
            }
        }
    }

    private synchronized void writeRegister(int offset, int size, long value) {
        if (offset >= CONFIG) {
            device.writeConfig(offset - CONFIG, size, value);
            return;
        }
        int word = (int) value;
        switch (offset) {
            case DEVICE_FEATURES_SEL -> deviceFeaturesSelect = word;
            case DRIVER_FEATURES -> acceptFeatures(word);
            case DRIVER_FEATURES_SEL -> driverFeaturesSelect = word;
            case QUEUE_SEL -> queueSelect = word;
            case INTERRUPT_ACK -> {
                interruptStatus.getAndUpdate(old -> old & ~word);
                poll();
            }
            case STATUS -> writeStatus(word & 0xff);
            default -> {
                VirtQueue queue = selected();
                if (queue != null && !running) {
                    configure(queue, offset, word);
                }
            }
        }
    }

    private void acceptFeatures(int word) {
        if ((status & STATUS_FEATURES_OK) == 0) {
            if (driverFeaturesSelect == 0) {
                driverFeatures = driverFeatures & -1L << 32 | word & 0xffff_ffffL;
            } else if (driverFeaturesSelect == 1) {
                driverFeatures = driverFeatures & 0xffff_ffffL | (long) word << 32;
            }
        }
    }

    private static void configure(VirtQueue queue, int offset, int word) {
        switch (offset) {
            case QUEUE_NUM -> queue.size(word);
            case QUEUE_READY -> queue.ready((word & 1) != 0);
            case QUEUE_DESC_LOW -> queue.descriptors(low(queue.descriptors(), word));
            case QUEUE_DESC_HIGH -> queue.descriptors(high(queue.descriptors(), word));
            case QUEUE_DRIVER_LOW -> queue.available(low(queue.available(), word));
            case QUEUE_DRIVER_HIGH -> queue.available(high(queue.available(), word));
            case QUEUE_DEVICE_LOW -> queue.used(low(queue.used(), word));
            case QUEUE_DEVICE_HIGH -> queue.used(high(queue.used(), word));
            default -> { }
        }
    }

    private static long low(long old, int word) {
        return old & -1L << 32 | word & 0xffff_ffffL;
    }

    private static long high(long old, int word) {
        return old & 0xffff_ffffL | (long) word << 32;
    }

    private void writeStatus(int value) {
        if (value == 0) {
            reset();
            return;
        }
        int wanted = value & ~STATUS_NEEDS_RESET;
        boolean acceptable = (driverFeatures & ~offered()) == 0 && (driverFeatures & FEATURE_VERSION_1) != 0;
        if ((wanted & STATUS_FEATURES_OK) != 0 && (status & STATUS_FEATURES_OK) == 0 && !acceptable) {
            wanted &= ~STATUS_FEATURES_OK;
        }
        status = wanted;
        if ((status & STATUS_DRIVER_OK) != 0 && (status & STATUS_FEATURES_OK) != 0 && !running && !broken) {
            start();
        }
    }

    private void start() {
        try {
            for (VirtQueue queue : queues) {
                if (queue.ready()) {
                    queue.start((driverFeatures & FEATURE_EVENT_INDEX) != 0);
                }
            }
        } catch (VirtioException e) {
            broken(e);
            return;
        }
        running = true;
        device.start(driverFeatures, queues, this);
    }

    /** As the driver does it, or a power cycle. Returns when the device has let go of guest memory. */
    public synchronized void reset() {
        device.finish();
        device.stop();
        running = false;
        broken = false;
        status = 0;
        deviceFeaturesSelect = 0;
        driverFeaturesSelect = 0;
        driverFeatures = 0;
        queueSelect = 0;
        for (VirtQueue queue : queues) {
            queue.reset();
        }
        interruptStatus.set(0);
        poll();
    }

    /** Makes the device let go of guest memory, which may go away afterwards. */
    public synchronized void stop() {
        device.stop();
        running = false;
    }

    /** Saves registers and ring positions. The device must be stopped: no chain is under way. */
    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "virtio-mmio tag");
        stream.expect(device.id(), "virtio device ID");
        if (stream.isRestoring()) {
            reset();
        }
        status = stream.value(status);
        deviceFeaturesSelect = stream.value(deviceFeaturesSelect);
        driverFeaturesSelect = stream.value(driverFeaturesSelect);
        queueSelect = stream.value(queueSelect);
        interruptStatus.set(stream.value(interruptStatus.get()));
        broken = stream.value(broken);
        generation = stream.value(generation);
        driverFeatures = stream.value(driverFeatures);
        for (VirtQueue queue : queues) {
            queue.state(stream);
        }
        if (stream.isRestoring() && (status & STATUS_DRIVER_OK) != 0 && !broken) {
            start();
        }
        poll();
    }
}
