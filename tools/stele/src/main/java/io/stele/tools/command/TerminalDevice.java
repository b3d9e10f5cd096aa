package io.stele.tools.command;

import io.stele.platform.pl011.ConsoleSink;
import io.stele.platform.virtio.console.ConsolePort;
import io.stele.platform.virtio.console.VirtioConsole;
import io.stele.tools.console.EscapeFilter;
import io.stele.tools.console.KeyChannel;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.List;

/** The console device of {@code stele boot --console hvc}: one terminal, this program's. */
final class TerminalDevice {
    private final ConsoleSink output;
    private final VirtioConsole device;
    private volatile boolean used;

    TerminalDevice(Session session) {
        output = session.output();
        ReadableByteChannel input = session.standardInput();
        if (Session.inputIsTerminal()) {
            session.makeTerminalRaw();
            input = new KeyChannel(input, new EscapeFilter(session::command));
        }
        device = new VirtioConsole(List.of(ConsolePort.terminal(input, new Sink())));
        session.followSize(device::resize);
    }

    VirtioConsole device() {
        return device;
    }

    /** Takes what the guest writes to the serial port: shown until it writes to this terminal, so that there is one login prompt. */
    ConsoleSink serial() {
        return value -> {
            if (!used) {
                output.put(value);
            }
        };
    }

    private final class Sink implements ConsoleSink {
        @Override
        public void put(byte value) {
            used = true;
            output.put(value);
        }

        @Override
        public int room() {
            return output.room();
        }

        @Override
        public void put(ByteBuffer bytes) {
            used = true;
            output.put(bytes);
        }
    }
}
