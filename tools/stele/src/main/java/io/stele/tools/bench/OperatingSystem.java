package io.stele.tools.bench;

import java.util.List;

/** What a kernel does for its programs, each case many times in a program of our own. */
final class OperatingSystem {
    private OperatingSystem() {
    }

    static Suite suite() {
        Workload os = new Workload("os").about("system calls, processes, faults, signals, pipes; time for one").source("os");
        figure(os, "syscall", 2_000_000);
        figure(os, "fork", 1000);
        figure(os, "fork-exec", 500);
        figure(os, "page-fault", 50_000);
        figure(os, "mprotect-fault", 10_000);
        figure(os, "signal", 100_000);
        figure(os, "pipe", 300_000);
        figure(os, "context-switch", 30_000);
        figure(os, "file", 30_000);
        figure(os, "mmap", 10_000);
        return new Suite("os", "system call, fork, exec, page fault, signal, pipe, context switch, ...", List.of(os));
    }

    private static void figure(Workload os, String name, long count) {
        os.figure(name, count, "./os " + name + " " + count, "cat");
    }
}
