package io.stele.tools.machine;

/** Gives what the guest reads from its serial port. Bytes wait here until the port has room for them, so none is lost. */
public interface ConsoleSource {
    /** The next byte (0..255), or -1 if there is none for the moment. Never blocks. */
    int read();

    /** Names who is told (by any thread) whenever bytes have arrived after {@link #read} had returned -1. One listener at most. */
    void onAvailable(Runnable listener);
}
