package io.stele.arm64.oracle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativeProcessTest {
    /** A test that fails in the middle must not take the low addresses from those behind it. */
    @Test
    void closingGivesTheLowAddressesBack() throws IOException {
        long address;
        try (NativeProcess process = new NativeProcess()) {
            address = process.cpu;
            assertTrue(mapped(address));
        }
        assertFalse(mapped(address));
    }

    private static boolean mapped(long address) throws IOException {
        List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
        return maps.stream().map(line -> line.split("[- ]"))
            .anyMatch(range -> Long.parseUnsignedLong(range[0], 16) <= address && address < Long.parseUnsignedLong(range[1], 16));
    }
}
