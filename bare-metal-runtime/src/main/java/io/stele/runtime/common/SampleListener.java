package io.stele.runtime.common;

/**
 * Gets to know where vCPUs spend their time. A sample is the guest pc that code was about to be entered at (the target of a backward jump, an
 * indirect one, or one to another page), about a thousand times in a second in which the vCPU executes translated code. Registers and call chain are
 * gone when it arrives, some milliseconds later.
 */
public interface SampleListener {
    /**
     * Called by the thread that samples, with the lock of the machine.
     *
     * @param cpu number of the vCPU
     * @param tag number of address space and code mode at the time, see {@code ContextTags}
     * @param code VM address of the jump, in the code that was executed; 0 if it is an indirect one
     */
    void sample(int cpu, long pc, int tag, long code);
}
