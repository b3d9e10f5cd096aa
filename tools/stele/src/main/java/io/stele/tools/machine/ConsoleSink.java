package io.stele.tools.machine;

/** Takes what the guest writes to its serial port. */
@FunctionalInterface
public interface ConsoleSink {
    /** One byte; may block while the host's side is slow. Called by one thread at a time. */
    void write(byte value);
}
