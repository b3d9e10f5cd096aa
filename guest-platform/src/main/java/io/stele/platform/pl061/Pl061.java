package io.stele.platform.pl061;

import io.stele.platform.bus.MmioDevice;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;

/**
 * PrimeCell GPIO PL061 (Arm DDI 0190): eight pins. The host drives inputs, from any thread; {@link #poll}, called by the thread that owns
 * interrupts, makes the change visible.
 *
 * <p>Thread-safe: one monitor.
 */
public final class Pl061 implements MmioDevice, Saveable {
    static final int DIR = 0x400;
    static final int IS = 0x404;
    static final int IBE = 0x408;
    static final int IEV = 0x40c;
    static final int IE = 0x410;
    static final int RIS = 0x414;
    static final int MIS = 0x418;
    static final int IC = 0x41c;
    static final int AFSEL = 0x420;
    private static final int DATA_END = 0x400;
    private static final int PERIPH_ID0 = 0xfe0;
    private static final int PINS = 0xff;
    private static final int[] IDENTIFICATION = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    private static final int TAG = 0x50303631;

    private final InterruptOutput interrupt;
    /** What the host drives, not visible to the guest yet. */
    private volatile int driven;

    private int inputs;
    private int outputs;
    private int direction;
    private int sense;
    private int bothEdges;
    private int event;
    private int mask;
    private int latched;
    private int alternate;

    public Pl061(InterruptOutput interrupt) {
        this.interrupt = interrupt;
    }

    /** Reset; the inputs stay as they are driven. */
    public synchronized void reset() {
        outputs = 0;
        direction = 0;
        sense = 0;
        bothEdges = 0;
        event = 0;
        mask = 0;
        latched = 0;
        alternate = 0;
        updateInterrupt();
    }

    /** Drives an input; {@link #poll} is to be called afterwards. @param pin 0 to 7 */
    public synchronized void drive(int pin, boolean high) {
        driven = high ? driven | 1 << pin : driven & ~(1 << pin);
    }

    /** Whether the guest has a pin's interrupt enabled, that is, whether somebody listens. */
    public synchronized boolean isListening(int pin) {
        return (mask >>> pin & 1) != 0;
    }

    /** Takes over what the host drives. Cheap when nothing has changed. */
    public void poll() {
        if (driven != inputs) {
            takeInputs();
        }
    }

    private synchronized void takeInputs() {
        int changed = (driven ^ inputs) & ~direction;
        inputs = driven;
        int edges = changed & (bothEdges | ~(inputs ^ event));
        latched |= edges & ~sense & PINS;
        updateInterrupt();
    }

    private int raw() {
        int levels = sense & ~(pins() ^ event) & PINS;
        return latched & ~sense | levels;
    }

    private int pins() {
        return inputs & ~direction | outputs & direction;
    }

    private void updateInterrupt() {
        interrupt.set((raw() & mask) != 0);
    }

    @Override
    public synchronized long read(long offset, int size) {
        int register = (int) offset & ~3;
        if (register < DATA_END) {
            return pins() & register >> 2;
        }
        return switch (register) {
            case DIR -> direction;
            case IS -> sense;
            case IBE -> bothEdges;
            case IEV -> event;
            case IE -> mask;
            case RIS -> raw();
            case MIS -> raw() & mask;
            case AFSEL -> alternate;
            default -> register >= PERIPH_ID0 ? IDENTIFICATION[register - PERIPH_ID0 >> 2 & 7] : 0;
        };
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        int register = (int) offset & ~3;
        int pins = (int) value & PINS;
        if (register < DATA_END) {
            int selected = register >> 2 & direction;
            outputs = outputs & ~selected | pins & selected;
        } else {
            switch (register) {
                case DIR -> direction = pins;
                case IS -> sense = pins;
                case IBE -> bothEdges = pins;
                case IEV -> event = pins;
                case IE -> mask = pins;
                case IC -> latched &= ~pins;
                case AFSEL -> alternate = pins;
                default -> { }
            }
        }
        updateInterrupt();
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "PL061 tag");
        inputs = stream.value(inputs);
        outputs = stream.value(outputs);
        direction = stream.value(direction);
        sense = stream.value(sense);
        bothEdges = stream.value(bothEdges);
        event = stream.value(event);
        mask = stream.value(mask);
        latched = stream.value(latched);
        alternate = stream.value(alternate);
        updateInterrupt();
    }
}
