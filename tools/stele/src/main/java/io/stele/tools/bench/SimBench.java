package io.stele.tools.bench;

import java.util.List;

/** Bare-metal programs of our own with one kind of event each, after the categories of SimBench. */
final class SimBench {
    private static final String SOURCE = "simbench";
    private static final int MEMORY_MIB = 256;

    private SimBench() {
    }

    static Suite suite() {
        return new Suite("simbench", "bare-metal cases: branches, faults, interrupts, devices, registers, memory, TLB", List.of(
            group("control", 1, "blocks, branches, calls, changing code", "small-blocks", "large-blocks", "direct-same-page", "direct-other-page",
                "indirect-same-page", "indirect-other-page", "call-return", "new-code-small", "new-code-large"),
            group("exceptions", 2, "undefined, system call, faults, interrupt", "undefined", "system-call", "data-fault", "instruction-fault",
                "interrupt"),
            group("devices", 3, "device and system registers", "device-read", "device-write", "system-register-read", "system-register-write",
                "counter-read"),
            group("memory", 4, "memory with and without MMU, TLB", "memory-hot-no-mmu", "memory-cold-no-mmu", "memory-hot", "memory-cold",
                "unprivileged", "tlb-evict", "tlb-flush-page", "tlb-flush")));
    }

    private static Workload group(String name, int number, String about, String... figures) {
        return new Workload(name).about(about).bareMetal(SOURCE, "GROUP=" + number, figures).memory(MEMORY_MIB);
    }
}
