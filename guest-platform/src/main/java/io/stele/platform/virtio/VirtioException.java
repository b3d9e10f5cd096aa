package io.stele.platform.virtio;

import java.io.Serial;

/** The driver broke the rules of the specification; the message, one line, says how. The device stops until it is reset. */
public final class VirtioException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public VirtioException(String message) {
        super(message, null, false, false);
    }
}
