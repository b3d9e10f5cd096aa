package io.stele.tools.report;

import java.io.Serial;

/** Ends the command with one line on standard error and an exit code. */
public final class UserException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /** With the exit code that the command has for failures. */
    public UserException(String message) {
        this(ExitCode.ERROR, message);
    }

    public UserException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
