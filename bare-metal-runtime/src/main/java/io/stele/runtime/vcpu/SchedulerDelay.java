package io.stele.runtime.vcpu;

import java.io.IOException;
import java.io.RandomAccessFile;

/** How long a thread has been kept waiting for a core by others, as the kernel counts it ({@code /proc/PID/task/TID/schedstat}, second number). */
public final class SchedulerDelay implements AutoCloseable {
    /** Knows nothing, and says 0. */
    public static final SchedulerDelay NONE = new SchedulerDelay(null);
    private static final String FILE = "/proc/thread-self/schedstat";

    private final RandomAccessFile file;
    private final byte[] text = new byte[64];

    private SchedulerDelay(RandomAccessFile file) {
        this.file = file;
    }

    /** The calling thread's; {@link #NONE} where the kernel does not tell. */
    public static SchedulerDelay ofThisThread() {
        try {
            return new SchedulerDelay(new RandomAccessFile(FILE, "r"));
        } catch (IOException e) {
            return NONE;
        }
    }

    /** Nanoseconds so far; by any thread. Takes microseconds. */
    public synchronized long nanos() {
        if (file == null) {
            return 0;
        }
        try {
            file.seek(0);
            int length = file.read(text);
            int i = 0;
            while (i < length && text[i] != ' ') {
                i++;
            }
            long nanos = 0;
            for (i++; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
                nanos = nanos * 10 + text[i] - '0';
            }
            return nanos;
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public synchronized void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                // Nothing was written.
            }
        }
    }
}
