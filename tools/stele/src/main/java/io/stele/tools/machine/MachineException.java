package io.stele.tools.machine;

import java.io.Serial;

/** The machine cannot be made or cannot go on; the message is one line for the user. */
public final class MachineException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public MachineException(String message) {
        super(message);
    }

    public MachineException(String message, Throwable cause) {
        super(message, cause);
    }
}
