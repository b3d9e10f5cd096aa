package io.stele.platform.boot;

/** The machine cannot be loaded as asked. The message is one line for the user: which file, what is wrong, what is needed instead. */
public final class BootException extends Exception {
    private static final long serialVersionUID = 1L;

    public BootException(String message) {
        super(message);
    }

    public BootException(String message, Throwable cause) {
        super(message, cause);
    }
}
