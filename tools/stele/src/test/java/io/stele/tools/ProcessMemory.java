package io.stele.tools;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has of the machine's memory. */
public final class ProcessMemory {
    private static final int PAGE_BYTES = 4096;

    private ProcessMemory() {}

    /** Bytes of the Java heap in use, garbage apart. */
    public static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** Bytes in RAM, of every kind. */
    public static long resident() {
        try {
            return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * PAGE_BYTES;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
