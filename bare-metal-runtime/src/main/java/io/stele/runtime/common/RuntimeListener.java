package io.stele.runtime.common;

/**
 * Is told what the runtime does, as it does it, by several threads at a time. A request or a translation begins and ends on the same thread; a
 * translation lies within a request, or within none if a sample has asked for it.
 */
public interface RuntimeListener {
    /** Java begins to serve a request. */
    void requestStarts();

    /**
     * It has been served.
     *
     * @param cpu number of the vCPU
     * @param kind what was asked for
     * @param address guest pc; host address of the access for page faults
     */
    void requestEnds(int cpu, String kind, long address);

    /** A translation begins. */
    void translationStarts();

    /**
     * It has ended.
     *
     * @param address guest virtual address of the first instruction
     * @param instructions how many were translated; 0 if nothing was made
     * @param cluster by the second tier
     */
    void translationEnds(long address, int instructions, int bytes, boolean cluster);

    /** KVM_RUN has returned to the thread of a vCPU, which calls. */
    void exited(int cpu);
}
