package io.stele.platform.bus;

/** A device that answers to physical addresses. It never knows the loop that drives it. Callable from any thread. */
public interface MmioDevice {
    /**
     * Load.
     *
     * @param offset from the start of the device
     * @param size bytes: 1, 2, 4 or 8
     * @return the value, zero-extended
     */
    long read(long offset, int size);

    /** Store; bits of {@code value} above {@code size} bytes are to be ignored. */
    void write(long offset, int size, long value);

    /** Whether a load of the register has no effect, and its value stays until the device says that registers have changed. */
    default boolean isSteady(long offset) {
        return false;
    }

    /** Whether stores to the register may come late, but in order with all else, until the device says that registers have changed. */
    default boolean isPostable(long offset) {
        return false;
    }
}
