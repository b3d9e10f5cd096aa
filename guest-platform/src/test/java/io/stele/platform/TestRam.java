package io.stele.platform;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.layout.VirtMemoryMap;
import java.lang.foreign.Arena;

/** Guest RAM that lives as long as the test run. */
public final class TestRam {
    private TestRam() {}

    public static GuestRam of(long bytes) {
        return new GuestRam(VirtMemoryMap.RAM, bytes, Arena.global().allocate(bytes, 4096).address());
    }

    public static byte[] read(GuestRam ram, long address, int length) {
        byte[] bytes = new byte[length];
        RawMemory.copy(ram.hostAddress(address, length), bytes, 0, length);
        return bytes;
    }
}
