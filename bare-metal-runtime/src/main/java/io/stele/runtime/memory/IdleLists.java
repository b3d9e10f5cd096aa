package io.stele.runtime.memory;

import io.stele.codegen.IdleMaintenance;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.lang.invoke.VarHandle;

/** What generated code of the vCPUs takes for maintenance that would do nothing ({@link IdleMaintenance}), and forgets when that may be wrong. */
final class IdleLists {
    private final VirtualCpus cpus;

    IdleLists(VirtualCpus cpus) {
        this.cpus = cpus;
    }

    /**
     * Invalidations that would have done nothing may concern what becomes known. Whoever stores to a table, and then finds such a one in its
     * list, stored before what the caller reads from now on.
     */
    void forget() {
        for (VirtualCpu cpu : cpus.all()) {
            IdleMaintenance.clear(cpu.area());
        }
        VarHandle.fullFence();
    }

    /** The same for lists of vCPUs that are not served. */
    void forgetOfOthers() {
        if (cpus.alone()) {
            return;
        }
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served()) {
                IdleMaintenance.clear(cpu.area());
            }
        }
        VarHandle.fullFence();
    }
}
