package io.stele.runtime;

import io.stele.guest.GuestBus;

/** RAM without devices. */
public class RamBus implements GuestBus {
    private final long start;
    private final long bytes;
    private final long host;

    /**
     * @param start guest physical address
     * @param host address of its memory
     */
    public RamBus(long start, long bytes, long host) {
        this.start = start;
        this.bytes = bytes;
        this.host = host;
    }

    @Override
    public long ramAddress(long physical) {
        return physical >= start && physical < start + bytes ? host + physical - start : 0;
    }

    @Override
    public long readDevice(long physical, int size) {
        throw new BusFault(physical);
    }

    @Override
    public void writeDevice(long physical, int size, long value) {
        throw new BusFault(physical);
    }
}
