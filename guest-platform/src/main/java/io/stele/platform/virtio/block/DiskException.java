package io.stele.platform.virtio.block;

import java.io.Serial;

/** A disk cannot be used; the message, one line for the user, says why. */
public final class DiskException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public DiskException(String message) {
        super(message);
    }
}
