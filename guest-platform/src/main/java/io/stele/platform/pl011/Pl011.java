package io.stele.platform.pl011;

import io.stele.platform.bus.MmioDevice;
import io.stele.platform.irq.InterruptOutput;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;

/**
 * PrimeCell UART PL011 (Arm DDI 0183), revision r1p4 with 16-byte FIFOs, without DMA requests.
 *
 * <p>The line is infinitely fast: a byte written to the data register has left at once, and input waits in a queue in front of the
 * receive FIFO, whose gaps it fills at once. The receive time-out therefore is due as soon as the FIFO holds data and the queue is empty.
 * Like QEMU's model, transmission and reception work before software has set UARTEN, because early consoles without firmware rely on it.
 *
 * <p>Thread-safe: one monitor; the sink is called without it, so a slow reader never holds up input.
 */
public final class Pl011 implements MmioDevice, Saveable {
    static final int DR = 0x00;
    static final int RSR = 0x04;
    static final int FR = 0x18;
    static final int ILPR = 0x20;
    static final int IBRD = 0x24;
    static final int FBRD = 0x28;
    static final int LCR_H = 0x2c;
    static final int CR = 0x30;
    static final int IFLS = 0x34;
    static final int IMSC = 0x38;
    static final int RIS = 0x3c;
    static final int MIS = 0x40;
    static final int ICR = 0x44;
    static final int DMACR = 0x48;
    private static final int PERIPH_ID0 = 0xfe0;

    static final int FR_CTS = 1;
    static final int FR_DSR = 1 << 1;
    static final int FR_DCD = 1 << 2;
    static final int FR_RXFE = 1 << 4;
    static final int FR_RXFF = 1 << 6;
    static final int FR_TXFE = 1 << 7;
    static final int FR_RI = 1 << 8;

    static final int CR_LBE = 1 << 7;
    private static final int CR_DTR = 1 << 10;
    private static final int CR_RTS = 1 << 11;
    private static final int CR_OUT1 = 1 << 12;
    private static final int CR_OUT2 = 1 << 13;
    static final int LCR_H_FEN = 1 << 4;

    static final int INT_RX = 1 << 4;
    static final int INT_TX = 1 << 5;
    static final int INT_RT = 1 << 6;
    static final int INT_FE = 1 << 7;
    static final int INT_BE = 1 << 9;
    private static final int INT_ALL = 0x7ff;

    /** Error bits of a received character in DR; RSR has them at bits 3..0. */
    static final int DR_FE = 1 << 8;
    static final int DR_BE = 1 << 10;

    private static final int FIFO_SIZE = 16;
    private static final int QUEUE_SIZE = 4096;
    private static final int CR_RESET = 0x300;
    private static final int IFLS_RESET = 0x12;
    private static final int TAG = 0x50303131;
    /** PeriphID0..3 (part 011, designer Arm, revision 1) and CellID0..3. */
    private static final int[] IDENTIFICATION = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    private final ConsoleSink sink;
    private final InterruptOutput interrupt;
    private final Runnable registersChanged;

    /** Receive FIFO: characters with their error bits, as DR shows them. */
    private final int[] fifo = new int[FIFO_SIZE];
    private int fifoHead;
    private int fifoCount;
    /** What has arrived and found no room yet. Not guest state. */
    private final short[] queue = new short[QUEUE_SIZE];
    private int queueHead;
    private int queueCount;

    /** FR, and whether DR may be posted to, as others may have been told. */
    private int promisedFlags = FR_TXFE | FR_RXFE;
    private boolean promisedPostable = true;

    private int receiveStatus;
    private int lowPower;
    private int integerDivisor;
    private int fractionDivisor;
    private int lineControl;
    private int control;
    private int fifoLevels;
    private int mask;
    private int raw;
    private int dmaControl;

    /** @param registersChanged told when the flags, or what a transmission does, may have changed */
    public Pl011(ConsoleSink sink, InterruptOutput interrupt, Runnable registersChanged) {
        this.sink = sink;
        this.interrupt = interrupt;
        this.registersChanged = registersChanged;
        reset();
    }

    /** Reset; input that has not reached the FIFO stays queued. */
    public synchronized void reset() {
        fifoHead = 0;
        fifoCount = 0;
        receiveStatus = 0;
        lowPower = 0;
        integerDivisor = 0;
        fractionDivisor = 0;
        lineControl = 0;
        control = CR_RESET;
        fifoLevels = IFLS_RESET;
        mask = 0;
        raw = 0;
        dmaControl = 0;
        pump();
        updateInterrupt();
    }

    /** Input for the guest. Blocks while the queue is full. */
    public synchronized void receive(byte[] bytes, int offset, int length) throws InterruptedException {
        int done = 0;
        while (done < length) {
            while (queueCount == QUEUE_SIZE) {
                wait();
            }
            while (done < length && queueCount < QUEUE_SIZE) {
                enqueue(bytes[offset + done++] & 0xff);
            }
            pump();
            updateInterrupt();
        }
    }

    /** One byte of input; false, and the byte is dropped, when the queue is full. Never blocks. */
    public synchronized boolean offer(int value) {
        return offerCharacter(value & 0xff);
    }

    /** A break condition on the line (which a Linux console takes as the SysRq key); false when the queue is full. */
    public synchronized boolean offerBreak() {
        return offerCharacter(DR_BE | DR_FE);
    }

    private boolean offerCharacter(int character) {
        if (queueCount == QUEUE_SIZE) {
            return false;
        }
        enqueue(character);
        pump();
        updateInterrupt();
        return true;
    }

    private void enqueue(int character) {
        queue[(queueHead + queueCount++) & QUEUE_SIZE - 1] = (short) character;
    }

    private int fifoCapacity() {
        return (lineControl & LCR_H_FEN) != 0 ? FIFO_SIZE : 1;
    }

    /** Fill level at which the receive interrupt is due: 1/8, 1/4, 1/2, 3/4 or 7/8 of the FIFO. */
    private int receiveTrigger() {
        if ((lineControl & LCR_H_FEN) == 0) {
            return 1;
        }
        return switch (fifoLevels >> 3 & 7) {
            case 0 -> FIFO_SIZE / 8;
            case 1 -> FIFO_SIZE / 4;
            case 2 -> FIFO_SIZE / 2;
            case 3 -> FIFO_SIZE * 3 / 4;
            default -> FIFO_SIZE * 7 / 8;
        };
    }

    /** Moves characters from the queue into the FIFO while it has room. */
    private void pump() {
        if (queueCount == 0 || fifoCount >= fifoCapacity()) {
            return;
        }
        while (queueCount > 0 && fifoCount < fifoCapacity()) {
            arrive(queue[queueHead] & 0xffff);
            queueHead = queueHead + 1 & QUEUE_SIZE - 1;
            queueCount--;
        }
        if (queueCount == 0) {
            raw |= INT_RT;
        }
        notifyAll();
    }

    private void arrive(int character) {
        fifo[(fifoHead + fifoCount++) & FIFO_SIZE - 1] = character;
        if ((character & DR_BE) != 0) {
            raw |= INT_BE;
        }
        if ((character & DR_FE) != 0) {
            raw |= INT_FE;
        }
        if (fifoCount >= receiveTrigger()) {
            raw |= INT_RX;
        }
    }

    private void updateInterrupt() {
        interrupt.set((raw & mask) != 0);
        int flags = flags();
        boolean postable = isPostable(DR);
        if (flags != promisedFlags || postable != promisedPostable) {
            promisedFlags = flags;
            promisedPostable = postable;
            registersChanged.run();
        }
    }

    @Override
    public boolean isSteady(long offset) {
        return offset == FR;
    }

    /** A driver that waits for the transmit interrupt is not kept waiting. */
    @Override
    public synchronized boolean isPostable(long offset) {
        return offset == DR && (mask & INT_TX) == 0 && (control & CR_LBE) == 0;
    }

    @Override
    public synchronized long read(long offset, int size) {
        int register = (int) offset & ~3;
        return switch (register) {
            case DR -> readData();
            case RSR -> receiveStatus;
            case FR -> flags();
            case ILPR -> lowPower;
            case IBRD -> integerDivisor;
            case FBRD -> fractionDivisor;
            case LCR_H -> lineControl;
            case CR -> control;
            case IFLS -> fifoLevels;
            case IMSC -> mask;
            case RIS -> raw;
            case MIS -> raw & mask;
            case DMACR -> dmaControl;
            default -> register >= PERIPH_ID0 ? IDENTIFICATION[register - PERIPH_ID0 >> 2 & 7] : 0;
        };
    }

    private int readData() {
        if (fifoCount == 0) {
            return 0;
        }
        int character = fifo[fifoHead];
        fifoHead = fifoHead + 1 & FIFO_SIZE - 1;
        fifoCount--;
        receiveStatus = character >> 8;
        if (fifoCount < receiveTrigger()) {
            raw &= ~INT_RX;
        }
        if (fifoCount == 0) {
            raw &= ~INT_RT;
        }
        pump();
        updateInterrupt();
        return character;
    }

    private int flags() {
        int value = FR_TXFE;
        if (fifoCount == 0) {
            value |= FR_RXFE;
        }
        if (fifoCount >= fifoCapacity()) {
            value |= FR_RXFF;
        }
        if ((control & CR_LBE) != 0) {
            value |= ((control & CR_RTS) != 0 ? FR_CTS : 0) | ((control & CR_DTR) != 0 ? FR_DSR : 0)
                    | ((control & CR_OUT1) != 0 ? FR_DCD : 0) | ((control & CR_OUT2) != 0 ? FR_RI : 0);
        }
        return value;
    }

    @Override
    public void write(long offset, int size, long value) {
        boolean transmit;
        synchronized (this) {
            transmit = writeRegister((int) offset & ~3, (int) value & 0xffff);
            updateInterrupt();
        }
        if (transmit) {
            sink.put((byte) value);
        }
    }

    /** True if the value goes out on the line. */
    private boolean writeRegister(int register, int value) {
        switch (register) {
            case DR -> {
                raw |= INT_TX;
                if ((control & CR_LBE) != 0) {
                    loopBack(value & 0xff);
                    return false;
                }
                return true;
            }
            case RSR -> receiveStatus = 0;
            case ILPR -> lowPower = value & 0xff;
            case IBRD -> integerDivisor = value;
            case FBRD -> fractionDivisor = value & 0x3f;
            case LCR_H -> writeLineControl(value & 0xff);
            case CR -> control = value & ~0x78;
            case IFLS -> fifoLevels = value & 0x3f;
            case IMSC -> mask = value & INT_ALL;
            case ICR -> raw &= ~value;
            case DMACR -> dmaControl = value & 7;
            default -> { }
        }
        return false;
    }

    private void loopBack(int character) {
        if (fifoCount < fifoCapacity()) {
            arrive(character);
            raw |= INT_RT;
        }
    }

    /** Turning the FIFOs on or off empties them. */
    private void writeLineControl(int value) {
        boolean toggled = ((lineControl ^ value) & LCR_H_FEN) != 0;
        lineControl = value;
        if (toggled) {
            fifoCount = 0;
            raw &= ~(INT_RX | INT_RT);
            pump();
        }
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "PL011 tag");
        fifoHead = stream.value(fifoHead) & FIFO_SIZE - 1;
        fifoCount = Math.clamp(stream.value(fifoCount), 0, FIFO_SIZE);
        stream.values(fifo);
        receiveStatus = stream.value(receiveStatus);
        lowPower = stream.value(lowPower);
        integerDivisor = stream.value(integerDivisor);
        fractionDivisor = stream.value(fractionDivisor);
        lineControl = stream.value(lineControl);
        control = stream.value(control);
        fifoLevels = stream.value(fifoLevels);
        mask = stream.value(mask);
        raw = stream.value(raw);
        dmaControl = stream.value(dmaControl);
        pump();
        updateInterrupt();
    }
}
