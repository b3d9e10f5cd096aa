package io.stele.platform.psci;

/** Starts a CPU that is off. */
@FunctionalInterface
public interface CpuStarter {
    /**
     * @param entry guest physical address of its first instruction (EL1, MMU off)
     * @param contextId its x0
     */
    void start(int cpu, long entry, long contextId);
}
