package io.stele.arm64.system;

/** Answers calls of the guest to its firmware: HVC and SMC with the SMC calling convention (Arm DEN0028), above all PSCI. */
public interface FirmwareCalls {
    /** The CPU goes on; {@link Registers#x0} to {@link Registers#x3} hold the results. */
    int CONTINUE = 0;
    /** The CPU waits for an interrupt, then goes on (CPU_SUSPEND). */
    int WAIT = 1;
    /**
     * The CPU executes nothing more: it, or the whole machine, was switched off or is being reset. The implementation has told the machine
     * what to do before it returns; the front end only makes the CPU wait.
     */
    int STOP = 2;

    /** Arguments and results of one call. */
    final class Registers {
        public long x0;
        public long x1;
        public long x2;
        public long x3;

        /** All zero. */
        public Registers() {}
    }

    /**
     * One call.
     *
     * @param cpu number of the calling CPU
     * @param secure true for SMC, false for HVC
     * @param registers x0 to x3 at the call, replaced by the results
     * @return {@link #CONTINUE}, {@link #WAIT} or {@link #STOP}
     */
    int call(int cpu, boolean secure, Registers registers);
}
