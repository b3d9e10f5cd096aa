package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A counter in the kernel (eventfd(2)) that one side adds to and the other waits for. {@link #await} is for one thread, {@link #signal} for any. */
public final class EventFd implements AutoCloseable {
    private final int fd;
    private final MemorySegment received = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment one = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1);
    private boolean closed;

    /** A counter at 0. */
    public EventFd() {
        fd = (int) Libc.check("eventfd", Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
    }

    /** The file descriptor, for {@code VirtualMachine.addIoEventFd}. */
    public int fd() {
        return fd;
    }

    /** Adds one. */
    public synchronized void signal() {
        if (!closed) {
            long result = Libc.write(fd, one.address(), Long.BYTES);
            if (result != -Errno.EAGAIN) {
                Libc.check("write to an eventfd", result);
            }
        }
    }

    /** Takes the count without waiting. @return 0 if there was no signal since the last time */
    public long take() {
        long result = Libc.read(fd, received.address(), Long.BYTES);
        if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
            return 0;
        }
        Libc.check("read from an eventfd", result);
        return received.get(ValueLayout.JAVA_LONG, 0);
    }

    /**
     * Waits for a signal and takes the count.
     *
     * @param timeoutNanos how long at most; negative: for ever
     * @return the number of signals since the last time; 0 after the timeout, or when a signal interrupted the wait
     */
    public long await(long timeoutNanos) {
        int ready = Libc.pollReadable(fd, timeoutNanos);
        if (ready == -Errno.EINTR) {
            return 0;
        }
        return Libc.check("ppoll", ready) == 0 ? 0 : take();
    }

    /** To be called when no thread waits any more. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.close(fd);
        }
    }
}
