package io.stele.platform.virtio;

/** How a device reports. Callable from any thread, with the device's locks held. */
public interface DevicePort {
    /** Chains were handed back and {@link VirtQueue#interruptWanted} said yes. */
    void usedBuffers();

    /** The configuration space has changed. */
    void configurationChanged();

    /** The driver broke the rules: reports it, once, and the driver has to reset the device. The device must not touch its queues again. */
    void broken(VirtioException cause);
}
