package io.stele.platform.virtio.console;

import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.QueueServer;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.IntSupplier;

/**
 * The control messages of {@link VirtioConsole} (virtio 1.2, section 5.3.6.2): which ports there are, who has opened them, how large the
 * terminals are.
 */
final class ControlServer {
    private static final int MESSAGE_BYTES = 8;
    private static final int EVENT_AT = 4;
    private static final int VALUE_AT = 6;
    private static final int DEVICE_READY = 0;
    private static final int PORT_ADD = 1;
    private static final int PORT_READY = 3;
    private static final int CONSOLE_PORT = 4;
    private static final int RESIZE = 5;
    private static final int PORT_OPEN = 6;
    private static final int PORT_NAME = 7;
    /** A driver has room for the answers to what it asks; one that has not is not to fill the host's memory. */
    private static final int MOST_WAITING = 1024;

    private final PortServer[] ports;
    private final IntSupplier terminalSize;
    private final QueueServer reader = new QueueServer("console control", 1, this::handle);
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private final boolean[] ready;
    private final Chain chain = new Chain();
    private VirtQueue toGuest;
    private DevicePort device;

    /** @param terminalSize rows in the upper, columns in the lower 16 bits; 0: not known */
    ControlServer(PortServer[] ports, IntSupplier terminalSize) {
        this.ports = ports;
        this.terminalSize = terminalSize;
        ready = new boolean[ports.length];
    }

    void start(VirtQueue newToGuest, VirtQueue fromGuest, DevicePort newDevice) {
        synchronized (this) {
            toGuest = newToGuest;
            device = newDevice;
        }
        reader.start(fromGuest, newDevice);
    }

    void available(boolean fromGuest) {
        if (fromGuest) {
            reader.available();
        } else {
            send();
        }
    }

    void stop() {
        synchronized (this) {
            toGuest = null;
            waiting.clear();
            Arrays.fill(ready, false);
        }
        reader.stop();
    }

    void close() {
        reader.close();
    }

    /** The terminals have another size. */
    synchronized void resized() {
        for (int i = 0; i < ports.length; i++) {
            if (ready[i] && ports[i].end().terminal()) {
                sendSize(i);
            }
        }
        send();
    }

    /** The host has closed its end of a port. */
    synchronized void hostClosed(int port) {
        if (ready[port]) {
            message(port, PORT_OPEN, 0);
            send();
        }
    }

    private long handle(Chain request) {
        long copy = request.scratch();
        if (request.read(copy, MESSAGE_BYTES) != MESSAGE_BYTES) {
            throw new VirtioException("a control message of less than " + MESSAGE_BYTES + " bytes");
        }
        int port = RawMemory.getInt(copy);
        int event = RawMemory.getShort(copy + EVENT_AT) & 0xffff;
        boolean value = RawMemory.getShort(copy + VALUE_AT) != 0;
        checkRoom();
        if (event == DEVICE_READY) {
            addPorts(value);
        } else if (Integer.compareUnsigned(port, ports.length) < 0 && ports[port] != null) {
            switch (event) {
                case PORT_READY -> portReady(port, value);
                case PORT_OPEN -> ports[port].guestOpen(value);
                default -> { }
            }
        }
        return 0;
    }

    private synchronized void checkRoom() {
        if (waiting.size() > MOST_WAITING) {
            throw new VirtioException("the driver asks, but does not take the answers");
        }
    }

    private synchronized void addPorts(boolean wanted) {
        for (int i = 0; wanted && i < ports.length; i++) {
            if (ports[i] != null) {
                message(i, PORT_ADD, 1);
            }
        }
        send();
    }

    private synchronized void portReady(int port, boolean usable) {
        ready[port] = usable;
        if (usable) {
            ConsolePort end = ports[port].end();
            if (end.terminal()) {
                message(port, CONSOLE_PORT, 1);
                sendSize(port);
            } else {
                byte[] name = end.name().getBytes(StandardCharsets.US_ASCII);
                enqueue(newMessage(port, PORT_NAME, 1, name.length + 1).put(name).put((byte) 0));
            }
            if (ports[port].hostOpen()) {
                message(port, PORT_OPEN, 1);
            }
        }
        send();
    }

    /** Columns first, as the specification has it. Older kernels than those of 2025 take them for rows. */
    private void sendSize(int port) {
        int size = terminalSize.getAsInt();
        if (size != 0) {
            enqueue(newMessage(port, RESIZE, 0, 4).putShort((short) size).putShort((short) (size >>> 16)));
        }
    }

    private void message(int port, int event, int value) {
        enqueue(newMessage(port, event, value, 0));
    }

    private static ByteBuffer newMessage(int port, int event, int value, int more) {
        return ByteBuffer.allocate(MESSAGE_BYTES + more).order(ByteOrder.LITTLE_ENDIAN).putInt(port).putShort((short) event)
            .putShort((short) value);
    }

    private void enqueue(ByteBuffer message) {
        waiting.add(message.array());
    }

    /** Hands on what waits, as far as the guest has room for it. */
    private synchronized void send() {
        try {
            while (toGuest != null && !waiting.isEmpty()) {
                if (!toGuest.pop(chain)) {
                    if (!toGuest.enableNotifications()) {
                        break;
                    }
                    continue;
                }
                byte[] message = waiting.peek();
                if (chain.writableBytes() < message.length) {
                    throw new VirtioException("a buffer too small for a control message");
                }
                RawMemory.copy(message, 0, chain.scratch(), message.length);
                chain.write(chain.scratch(), message.length);
                toGuest.push(chain.head(), message.length);
                waiting.remove();
            }
            if (toGuest != null && toGuest.interruptWanted()) {
                device.usedBuffers();
            }
        } catch (VirtioException e) {
            toGuest = null;
            device.broken(e);
        }
    }
}
