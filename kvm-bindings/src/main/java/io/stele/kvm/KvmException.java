package io.stele.kvm;

import io.stele.kvm.libc.LibcException;
import java.io.Serial;

/** A KVM request failed. The message names the ioctl and the error, for example {@code KVM_CREATE_VM: Permission denied (EACCES)}. */
public final class KvmException extends LibcException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param request the ioctl's C name; @param errno why it failed */
    public KvmException(String request, int errno) {
        super(request, errno);
    }

    /** For a failure that no error number describes. */
    public KvmException(String message) {
        super(message);
    }

    /** Returns {@code result} if it is not negative; else throws, naming {@code request}. */
    static int check(String request, int result) {
        if (result < 0) {
            throw new KvmException(request, -result);
        }
        return result;
    }
}
