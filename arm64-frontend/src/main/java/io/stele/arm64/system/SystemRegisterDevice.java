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

    /** Writes CNTV_CTL_EL0 and CNTV_CVAL_EL0 together. */
    default void setVirtualTimer(int cpu, long control, long compare) {
        write(cpu, RegisterTable.CNTV_CTL_EL0, control);
        write(cpu, RegisterTable.CNTV_CVAL_EL0, compare);
    }

    /** Parts of {@link #lend}'s result: INTID + 1 that ICC_IAR1_EL1 may read, and INTID + 1 that may be written to ICC_EOIR1_EL1. */
    int LENT_END_SHIFT = 32;
    long LENT_ACKNOWLEDGE_MASK = 0xffff;

    /**
     * The CPU is about to go on: what it may acknowledge, and end, without asking; 0: nothing. Until {@link #takeBack} the IRQ input says
     * what else there is.
     *
     * @param masked the CPU does not take IRQs now
     */
    default long lend(int cpu, boolean masked) {
        return 0;
    }

    /** The CPU stands still again, and has acknowledged and ended what was lent to it, or not. After each {@link #lend} that was not 0. */
    default void takeBack(int cpu, boolean acknowledged, boolean ended) {}

    /** The CPU waits for an event that its timer makes at a value of the counter; one at a time. */
    default void waitForEvent(int cpu, long counter) {}
}
