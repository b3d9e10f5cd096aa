package io.stele.platform.bus;

import io.stele.guest.GuestBus;
import java.util.Arrays;

/**
 * Physical address decoding: RAM by host address, devices by call. The map is fixed once the machine runs, so the bus needs no lock;
 * each device guards itself.
 */
public final class SystemBus implements GuestBus {
    private final long ramBase;
    private final long ramBytes;
    private final long ramHost;
    private long shadowBytes;
    private long shadowed;
    private long[] starts = new long[0];
    private long[] ends = new long[0];
    private MmioDevice[] devices = new MmioDevice[0];

    public SystemBus(GuestRam ram) {
        ramBase = ram.physical();
        ramBytes = ram.bytes();
        ramHost = ram.host();
    }

    /**
     * Makes memory right behind the RAM, which has to be mapped on the host, too, appear at another address as well, for instance the code in
     * flash memory. Only before the machine runs.
     *
     * @param physical where it appears
     */
    public void shadow(long physical, long bytes) {
        shadowed = physical;
        shadowBytes = bytes;
    }

    /** Claims {@code [start, start + bytes)} for a device. Only before the machine runs. */
    public void attach(long start, long bytes, MmioDevice device) {
        long end = start + bytes;
        if (bytes <= 0 || start < ramBase + ramBytes && ramBase < end) {
            throw new IllegalArgumentException("device range at 0x" + Long.toHexString(start) + " is empty or overlaps RAM");
        }
        int at = 0;
        while (at < starts.length && starts[at] < start) {
            at++;
        }
        if (at > 0 && ends[at - 1] > start || at < starts.length && starts[at] < end) {
            throw new IllegalArgumentException("device range at 0x" + Long.toHexString(start) + " overlaps another device");
        }
        starts = insert(starts, at, start);
        ends = insert(ends, at, end);
        MmioDevice[] grown = Arrays.copyOf(devices, devices.length + 1);
        System.arraycopy(devices, at, grown, at + 1, devices.length - at);
        grown[at] = device;
        devices = grown;
    }

    private static long[] insert(long[] array, int at, long value) {
        long[] grown = Arrays.copyOf(array, array.length + 1);
        System.arraycopy(array, at, grown, at + 1, array.length - at);
        grown[at] = value;
        return grown;
    }

    @Override
    public long ramAddress(long physical) {
        long offset = canonical(physical) - ramBase;
        return Long.compareUnsigned(offset, ramBytes + shadowBytes) < 0 ? ramHost + offset : 0;
    }

    @Override
    public long canonical(long physical) {
        long offset = physical - shadowed;
        return Long.compareUnsigned(offset, shadowBytes) < 0 ? ramBase + ramBytes + offset : physical;
    }

    @Override
    public long readDevice(long physical, int size) {
        int index = find(physical, size);
        return devices[index].read(physical - starts[index], size);
    }

    @Override
    public void writeDevice(long physical, int size, long value) {
        int index = find(physical, size);
        devices[index].write(physical - starts[index], size, value);
    }

    @Override
    public boolean isSteady(long physical) {
        int index = indexOf(physical, 1);
        return index >= 0 && devices[index].isSteady(physical - starts[index]);
    }

    @Override
    public boolean isPostable(long physical) {
        int index = indexOf(physical, 1);
        return index >= 0 && devices[index].isPostable(physical - starts[index]);
    }

    private int find(long physical, int size) {
        int index = indexOf(physical, size);
        if (index < 0) {
            throw new BusFault(physical);
        }
        return index;
    }

    /** The device that has these bytes, or -1. Machines have a handful of device ranges, so a walk over one small array is the fastest search. */
    private int indexOf(long physical, int size) {
        int index = starts.length - 1;
        while (index >= 0 && physical < starts[index]) {
            index--;
        }
        return index >= 0 && physical <= ends[index] - size ? index : -1;
    }
}
