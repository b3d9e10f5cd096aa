package io.stele.platform.virtio.console;

import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.QueueServer;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;

/**
 * Moves the bytes of one port. The thread for input waits in the host's channel, reads into a buffer of its own, and hands that on when the
 * guest has room; what was read survives a reset of the device. Input begins when the guest has opened the port.
 */
final class PortServer {
    private static final int STAGING_BYTES = 1 << 16;
    private static final int FINISH_MILLIS = 2000;
    /** Most that a driver of a terminal writes at once. */
    private static final int TERMINAL_PIECE = 1 << 14;

    private final int number;
    private final ConsolePort end;
    private final IntConsumer onInputEnd;
    private final QueueServer writer;
    private final Chain chain = new Chain();
    private VirtQueue input;
    private DevicePort device;
    private boolean guestOpen;
    private boolean readerStarted;
    /** There is nothing more to come, and the guest is to see that. */
    private boolean inputEnded;
    private boolean closed;

    /** @param onInputEnd told the number, by the port's thread, when the guest has got all of the input */
    PortServer(int number, ConsolePort end, IntConsumer onInputEnd) {
        this.number = number;
        this.end = end;
        this.onInputEnd = onInputEnd;
        writer = new QueueServer("console port " + number + " out", 1, this::write);
    }

    ConsolePort end() {
        return end;
    }

    void start(VirtQueue newInput, VirtQueue output, DevicePort newDevice, boolean open) {
        synchronized (this) {
            input = newInput;
            device = newDevice;
            guestOpen(open);
        }
        writer.start(output, newDevice);
    }

    /** The guest has opened or closed the port. */
    synchronized void guestOpen(boolean open) {
        guestOpen = open;
        if (open && !readerStarted && end.input() != null) {
            readerStarted = true;
            Thread.ofPlatform().daemon().name("console port " + number + " in").start(this::read);
        }
        notifyAll();
    }

    /** Whether the host's end is open, from the guest's point of view. */
    synchronized boolean hostOpen() {
        return !inputEnded;
    }

    void available(boolean output) {
        if (output) {
            // The driver of a terminal waits for each piece, with interrupts off.
            if (end.terminal() && (end.output() == null || end.output().room() >= TERMINAL_PIECE)) {
                writer.serveHere();
            } else {
                writer.available();
            }
        } else {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** The driver lets go of its queues: what it has written goes out first, if its sink takes it in time. */
    void finish() {
        try {
            writer.awaitIdle(FINISH_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void drain() throws InterruptedException {
        writer.awaitIdle();
    }

    void stop() {
        synchronized (this) {
            input = null;
            guestOpen = false;
        }
        writer.stop();
    }

    void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        closeInput();
        writer.close();
    }

    /** Ends the thread that waits in it. */
    private void closeInput() {
        if (end.input() != null) {
            try {
                end.input().close();
            } catch (IOException e) {
                // Nobody reads it any more.
            }
        }
    }

    private long write(Chain bytes) {
        if (end.output() != null) {
            for (ByteBuffer part : bytes.readableBuffers()) {
                end.output().put(part);
            }
        }
        return 0;
    }

    private void read() {
        MemorySegment staging = Arena.ofAuto().allocate(STAGING_BYTES, 8);
        ByteBuffer buffer = staging.asByteBuffer();
        try {
            while (end.input().read(buffer.clear()) >= 0) {
                deliver(staging.address(), buffer.position());
            }
        } catch (IOException e) {
            // A terminal that has hung up, a broken pipe: the end.
        } catch (InterruptedException e) {
            return;
        }
        synchronized (this) {
            if (closed || end.output() != null) {
                return;
            }
            inputEnded = true;
        }
        onInputEnd.accept(number);
    }

    /** Hands bytes to the guest, waiting for room. */
    private synchronized void deliver(long bytes, int length) throws InterruptedException {
        int done = 0;
        while (done < length && !closed) {
            try {
                if (input == null || !guestOpen) {
                    wait();
                } else if (input.pop(chain)) {
                    done += fill(bytes + done, length - done);
                } else if (!input.enableNotifications()) {
                    interruptIfWanted();
                    wait();
                }
            } catch (VirtioException e) {
                input = null;
                device.broken(e);
            }
        }
        if (input != null) {
            input.disableNotifications();
            interruptIfWanted();
        }
    }

    private int fill(long bytes, int length) {
        if (chain.writableCount() == 0) {
            throw new VirtioException("a buffer for input that cannot be written");
        }
        int part = chain.write(bytes, length);
        input.push(chain.head(), part);
        return part;
    }

    private void interruptIfWanted() {
        if (input != null && input.interruptWanted()) {
            device.usedBuffers();
        }
    }
}
