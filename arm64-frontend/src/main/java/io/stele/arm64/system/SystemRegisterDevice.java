package io.stele.arm64.system;

/**
 * System registers that belong to devices of the machine: the GICv3 CPU interface ({@code ICC_*}) and the generic timer ({@code CNT*}).
 *
 * <p>Encodings are {@code op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2}, the bits 20:5 of MRS and MSR (Arm ARM C5.1.2). Access
 * rights have been checked by the caller, as far as they do not depend on the device.
 */
public interface SystemRegisterDevice {
    /** True if this device owns the register. The answer must never change. */
    boolean handles(int encoding);

    /** MRS. */
    long read(int cpu, int encoding);

    /** MSR. */
    void write(int cpu, int encoding, long value);

    /** The CPU waits for an event that its timer makes at a value of the counter; one at a time. */
    default void waitForEvent(int cpu, long counter) {}
}
