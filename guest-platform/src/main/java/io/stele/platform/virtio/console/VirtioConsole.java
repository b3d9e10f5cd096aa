package io.stele.platform.virtio.console;

import io.stele.platform.virtio.DevicePort;
import io.stele.platform.virtio.VirtQueue;
import io.stele.platform.virtio.VirtioDevice;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Console device (virtio 1.2, section 5.3) with several ports. Queues 0 and 1 belong to port 0, 2 and 3 to the control messages, then two
 * to each port. A driver that does not know of several ports gets the first one.
 */
public final class VirtioConsole implements VirtioDevice {
    private static final int ID = 3;
    private static final int QUEUE_SIZE = 64;
    private static final long FEATURE_SIZE = 1;
    private static final long FEATURE_MULTIPORT = 1 << 1;
    private static final int CONTROL_IN = 2;
    private static final int CONTROL_OUT = 3;
    private static final int CONFIG_ROWS = 2;
    private static final int CONFIG_PORTS = 4;

    private final List<ConsolePort> ends;
    private final PortServer[] ports;
    private final ControlServer control;
    private volatile int rows;
    private volatile int columns;

    /** @param ports in the order of their numbers; the first one may be null, as nothing but a terminal belongs there */
    public VirtioConsole(List<ConsolePort> ports) {
        ends = Collections.unmodifiableList(ports);
        this.ports = new PortServer[ports.size()];
        for (int i = 0; i < this.ports.length; i++) {
            ConsolePort end = ports.get(i);
            this.ports[i] = end == null ? null : new PortServer(i, end, this::inputEnded);
        }
        control = new ControlServer(this.ports, this::terminalSize);
    }

    /** The host's ends, in the order of the ports' numbers. */
    public List<ConsolePort> ends() {
        return ends;
    }

    /** Tells the guest how large its terminals are; 0: not known. By any thread. */
    public void resize(int newRows, int newColumns) {
        rows = newRows;
        columns = newColumns;
        control.resized();
    }

    private int terminalSize() {
        return rows << 16 | columns;
    }

    private void inputEnded(int port) {
        control.hostClosed(port);
    }

    /** Waits until everything that the guest has written so far is with the sinks. */
    public void drain() throws InterruptedException {
        for (PortServer port : ports) {
            if (port != null) {
                port.drain();
            }
        }
    }

    @Override
    public void finish() {
        for (PortServer port : ports) {
            if (port != null) {
                port.finish();
            }
        }
    }

    @Override
    public String name() {
        return "console";
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public long features() {
        return FEATURE_SIZE | FEATURE_MULTIPORT;
    }

    @Override
    public int[] queueSizes() {
        int[] sizes = new int[2 * (ports.length + 1)];
        Arrays.fill(sizes, QUEUE_SIZE);
        return sizes;
    }

    @Override
    public int configByte(int at) {
        int word = at < CONFIG_ROWS ? columns : at < CONFIG_PORTS ? rows : at < CONFIG_PORTS + 2 ? ports.length : 0;
        return word >>> 8 * (at & 1) & 0xff;
    }

    private static int inputQueue(int port) {
        return port == 0 ? 0 : 2 * port + 2;
    }

    @Override
    public void start(long accepted, VirtQueue[] queues, DevicePort device) {
        boolean multiport = (accepted & FEATURE_MULTIPORT) != 0;
        for (int i = 0; i < (multiport ? ports.length : 1); i++) {
            if (ports[i] != null) {
                ports[i].start(queues[inputQueue(i)], queues[inputQueue(i) + 1], device, !multiport);
            }
        }
        if (multiport) {
            control.start(queues[CONTROL_IN], queues[CONTROL_OUT], device);
        }
    }

    @Override
    public void available(int queue) {
        if (queue == CONTROL_IN || queue == CONTROL_OUT) {
            control.available(queue == CONTROL_OUT);
            return;
        }
        PortServer port = ports[queue < CONTROL_IN ? 0 : queue / 2 - 1];
        if (port != null) {
            port.available((queue & 1) != 0);
        }
    }

    @Override
    public void stop() {
        control.stop();
        for (PortServer port : ports) {
            if (port != null) {
                port.stop();
            }
        }
    }

    @Override
    public void close() {
        control.close();
        for (PortServer port : ports) {
            if (port != null) {
                port.close();
            }
        }
    }
}
