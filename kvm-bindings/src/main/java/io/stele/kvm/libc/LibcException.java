package io.stele.kvm.libc;

import java.io.Serial;

/** A libc call failed. The message names the call and the error, for example {@code mmap 4096 bytes: Cannot allocate memory (ENOMEM)}. */
public class LibcException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** @param call what was tried; @param errno why it failed */
    public LibcException(String call, int errno) {
        super(call + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")");
        this.errno = errno;
    }

    /** For a failure that no error number describes; {@link #errno()} is 0. */
    protected LibcException(String message) {
        super(message);
        this.errno = 0;
    }

    /** The error number, one of {@link Errno}. */
    public int errno() {
        return errno;
    }
}
