package io.stele.guest;

/** Guest physical memory as seen by the ISA's Java code: RAM by host address, the rest by calls. */
public interface GuestBus {
    /** Host address of a guest physical address, or 0 when it is not RAM. Valid to the end of its 4096-byte page at least. */
    long ramAddress(long physical);

    /** The one address by which memory that appears at several addresses is known to the runtime. */
    default long canonical(long physical) {
        return physical;
    }

    /** Device load of {@code size} bytes (1, 2, 4, 8), zero-extended. Throws {@link BusFault} when nothing answers. */
    long readDevice(long physical, int size);

    /** Device store. Throws {@link BusFault} when nothing answers. */
    void writeDevice(long physical, int size, long value);

    /**
     * Whether a load of the 32-bit device register at this physical address does nothing, and its value stays until the runtime is told of a
     * change.
     */
    default boolean isSteady(long physical) {
        return false;
    }

    /**
     * Whether stores to the device register at this physical address may be carried out later, before anything else that reaches a device, until
     * the runtime is told of a change.
     */
    default boolean isPostable(long physical) {
        return false;
    }

    /** Nothing answers at this physical address. */
    final class BusFault extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public BusFault(long physical) {
            super("no device at guest physical address 0x" + Long.toHexString(physical), null, false, false);
        }
    }
}
