package io.stele.platform.bus;

import io.stele.memory.RawMemory;

/**
 * Guest RAM: one contiguous host mapping.
 *
 * @param physical guest physical address of its first byte
 * @param bytes size
 * @param host host address of its first byte
 */
public record GuestRam(long physical, long bytes, long host) {
    /** First address behind the RAM. */
    public long end() {
        return physical + bytes;
    }

    /** True if the whole range lies in RAM. */
    public boolean contains(long address, long length) {
        long offset = address - physical;
        return Long.compareUnsigned(offset, bytes) <= 0 && Long.compareUnsigned(length, bytes - offset) <= 0;
    }

    /** Host address of a range, which must lie in RAM. */
    public long hostAddress(long address, long length) {
        if (!contains(address, length)) {
            throw new IndexOutOfBoundsException("0x" + Long.toHexString(address) + "+0x" + Long.toHexString(length) + " is not in RAM");
        }
        return host + (address - physical);
    }

    /** Copies bytes into RAM. */
    public void write(long address, byte[] data) {
        RawMemory.copy(data, 0, hostAddress(address, data.length), data.length);
    }
}
