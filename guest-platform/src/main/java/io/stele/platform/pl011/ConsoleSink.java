package io.stele.platform.pl011;

/** Where a UART's output goes. Thread-safe. May block for a while when the reader is slow, which slows the guest down. */
@FunctionalInterface
public interface ConsoleSink {
    void put(byte value);
}
