package io.stele.runtime.memory;

import io.stele.guest.GuestIsa;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.Arrays;

/** Of which spaces the vCPUs know the slots. */
final class KnownSpaces {
    /** Equal to no key of a space. */
    private static final long NO_KEY = -1;

    private final GuestIsa isa;
    private final RegionMap regions;
    private final VirtualCpus cpus;
    /** By CPU and view: the spaces of the lower and the upper half that it was told about. */
    private final long[] lowHighKeys;

    KnownSpaces(GuestIsa isa, RegionMap regions, VirtualCpus cpus) {
        this.isa = isa;
        this.regions = regions;
        this.cpus = cpus;
        lowHighKeys = new long[cpus.all().length * 4];
    }

    /** Brings the K values of a vCPU, which does not run, up to date where its space is another one now; or all of them. */
    void update(VirtualCpu cpu, boolean all) {
        long state = cpu.area();
        regions.publishTags(state);
        for (int view = 0; view < 2; view++) {
            long low = isa.spaceKey(state, view, 0);
            long high = isa.spaceKey(state, view, -1);
            int known = (cpu.index() * 2 + view) * 2;
            if (all || low != lowHighKeys[known] || high != lowHighKeys[known + 1]) {
                lowHighKeys[known] = low;
                lowHighKeys[known + 1] = high;
                regions.reload(cpu, view);
            }
        }
    }

    /** The slots of the spaces that a vCPU was told about are others now: {@link #update} tells it before it goes on. */
    void forget(VirtualCpu cpu) {
        Arrays.fill(lowHighKeys, cpu.index() * 4, cpu.index() * 4 + 4, NO_KEY);
        cpu.contextDirty = true;
    }

    void updateAll() {
        for (VirtualCpu cpu : cpus.all()) {
            update(cpu, true);
        }
    }
}
