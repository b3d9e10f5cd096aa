package io.stele.runtime.common;

/** The machine cannot go on; the message is one line for the user. */
public final class GuestError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GuestError(String message) {
        super(message);
    }
}
