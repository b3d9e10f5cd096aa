package io.stele.tools.command;

import io.stele.kvm.libc.Terminal;
import io.stele.platform.pl011.ConsoleSink;
import io.stele.platform.virtio.console.ConsolePort;
import io.stele.platform.virtio.console.VirtioConsole;
import io.stele.tools.console.EscapeFilter;
import io.stele.tools.console.KeyChannel;
import io.stele.tools.guest.Streams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The console device of {@code stele run}: what is a terminal on the host is the guest's hvc0; each other standard stream has a port. The
 * last port is the one by which the guest's init tells how the command does, and gets the signals that are for it.
 */
final class RunConsole {
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;
    private static final int LONGEST_LINE = 1000;

    private final Session session;
    private final Streams streams;
    private final VirtioConsole device;
    private final Pipe toInit;
    private final StringBuilder line = new StringBuilder();
    private volatile boolean begun;
    private volatile int status = -1;
    private volatile String failure;

    /** @param allTerminal the command gets a terminal in any case */
    RunConsole(Session session, boolean allTerminal) throws IOException {
        this.session = session;
        boolean outputIsTerminal = Terminal.isTerminal(STANDARD_OUTPUT);
        boolean errorIsTerminal = Terminal.isTerminal(STANDARD_ERROR);
        int size = Session.terminalSize();
        streams = new Streams(
            allTerminal || Session.inputIsTerminal() ? Streams.Kind.TERMINAL : isNull("0") ? Streams.Kind.NONE : Streams.Kind.PIPE,
            allTerminal || outputIsTerminal ? Streams.Kind.TERMINAL : Streams.Kind.PIPE,
            allTerminal || errorIsTerminal ? Streams.Kind.TERMINAL : sameFile() ? Streams.Kind.LIKE_OUTPUT : Streams.Kind.PIPE,
            BootCommand.terminalType(), size >>> 16, size & 0xffff);
        List<ConsolePort> ports = new ArrayList<>(Collections.singletonList(null));
        if (streams.hasTerminal()) {
            ports.set(0, ConsolePort.terminal(streams.input() == Streams.Kind.TERMINAL ? keys() : null,
                allTerminal || outputIsTerminal ? session.output() : errorIsTerminal ? session.errors() : null));
        }
        if (streams.input() == Streams.Kind.PIPE) {
            ports.add(ConsolePort.toGuest(Streams.INPUT, session.standardInput()));
        }
        if (streams.output() == Streams.Kind.PIPE) {
            ports.add(ConsolePort.fromGuest(Streams.OUTPUT, session.output()));
        }
        if (streams.errors() == Streams.Kind.PIPE) {
            ports.add(ConsolePort.fromGuest(Streams.ERRORS, session.errors()));
        }
        toInit = Pipe.open();
        ports.add(new ConsolePort(Streams.CONTROL, false, toInit.source(), new ControlLines()));
        device = new VirtioConsole(ports);
        session.onSignal(this::pass);
        if (streams.hasTerminal()) {
            session.followSize(device::resize);
        }
    }

    Streams streams() {
        return streams;
    }

    VirtioConsole device() {
        return device;
    }

    /** The command's exit status; -1 if it has not ended. */
    int status() {
        return status;
    }

    /** Why the command could not be run; null if it could. */
    String failure() {
        return failure;
    }

    /** Waits until what the guest has written so far has left the device. */
    void drain() {
        try {
            device.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ReadableByteChannel keys() {
        if (!Session.inputIsTerminal()) {
            return session.standardInput();
        }
        session.makeTerminalRaw();
        return new KeyChannel(session.standardInput(), new EscapeFilter(session::command));
    }

    private static Path descriptor(String number) {
        return Path.of("/proc/self/fd", number);
    }

    /** Whether a standard stream is /dev/null, or not there at all. */
    private static boolean isNull(String number) {
        try {
            return Files.isSameFile(descriptor(number), Path.of("/dev/null"));
        } catch (IOException e) {
            return true;
        }
    }

    /** Whether standard output and standard error go to the same place, where their order matters. */
    private static boolean sameFile() {
        try {
            return !isNull("1") && Files.isSameFile(descriptor("1"), descriptor("2"));
        } catch (IOException e) {
            return false;
        }
    }

    /** Passes a signal on. @return whether there is a command to take it */
    private boolean pass(String signal) {
        if (!begun || status >= 0) {
            return false;
        }
        try {
            toInit.sink().write(ByteBuffer.wrap((signal + "\n").getBytes(StandardCharsets.US_ASCII)));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void take(String text) {
        if (text.equals("B")) {
            begun = true;
        } else if (text.startsWith("E ")) {
            failure = text.substring(2);
        } else if (text.matches("X [0-9]{1,3}")) {
            status = Integer.parseInt(text.substring(2));
            Thread.ofPlatform().daemon().name("command end").start(() -> {
                drain();
                session.stop(StopReason.COMMAND_ENDED);
            });
        }
    }

    /** What init says, line by line; called by the port's thread alone. */
    private final class ControlLines implements ConsoleSink {
        @Override
        public void put(byte value) {
            if (value == '\n') {
                String text = line.toString();
                line.setLength(0);
                take(text);
            } else if (line.length() < LONGEST_LINE) {
                line.append((char) (value & 0x7f));
            }
        }
    }
}
