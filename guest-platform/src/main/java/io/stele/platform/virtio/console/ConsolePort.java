package io.stele.platform.virtio.console;

import io.stele.platform.pl011.ConsoleSink;
import java.nio.channels.ReadableByteChannel;

/**
 * The host's end of a port of {@link VirtioConsole}.
 *
 * @param name by which the guest finds it, printable ASCII; not for a terminal
 * @param terminal the guest has a terminal there (hvc0 for the first one); otherwise a stream of bytes (/dev/vportNpM)
 * @param input what the guest reads, by a thread that waits in it; when it ends, so does the guest's; closed with the device. Null if
 *     there is none
 * @param output takes what the guest writes, by a thread of the port's own; may block. Null: it is dropped
 */
public record ConsolePort(String name, boolean terminal, ReadableByteChannel input, ConsoleSink output) {
    /** A terminal. */
    public static ConsolePort terminal(ReadableByteChannel input, ConsoleSink output) {
        return new ConsolePort("", true, input, output);
    }

    /** A stream of bytes to the guest. */
    public static ConsolePort toGuest(String name, ReadableByteChannel input) {
        return new ConsolePort(name, false, input, null);
    }

    /** A stream of bytes from the guest. */
    public static ConsolePort fromGuest(String name, ConsoleSink output) {
        return new ConsolePort(name, false, null, output);
    }
}
