package io.stele.tools.command;

/** Why the host ends a guest. */
enum StopReason {
    /** Ctrl-A X. */
    QUIT,
    /** {@code --timeout}. */
    TIMEOUT,
    /** The guest's kernel panicked and loops. */
    PANIC,
    /** Nobody reads standard output any more. */
    OUTPUT_CLOSED,
    /** {@code run}: the command has ended. */
    COMMAND_ENDED,
    /** SIGHUP, SIGINT or SIGTERM. */
    SIGNAL
}
