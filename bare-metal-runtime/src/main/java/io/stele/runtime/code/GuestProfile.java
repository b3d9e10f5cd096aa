package io.stele.runtime.code;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.SampleListener;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** Counts samples by the place of the code. By the thread that samples, with the lock of the machine; read when the machine has ended. */
public final class GuestProfile implements SampleListener {
    /** Code that no page is known of, or a context whose number has been given to another one meanwhile. */
    public static final int UNKNOWN = -1;
    private static final int PAGE_BYTES = 4096;
    private static final long PRIME = 0x9e37_79b9_7f4a_7c15L;

    private final CodeCache code;
    private final VirtualCpu[] cpus;
    private final LongUnaryOperator ram;
    private final Map<Place, Integer> counts = new HashMap<>();

    /**
     * A place in the guest's code.
     *
     * @param space what translates its addresses, see {@link io.stele.guest.GuestIsa#spaceKey}
     * @param mode code mode, or {@link #UNKNOWN}
     * @param physical guest physical address, or {@link #UNKNOWN}
     * @param cluster whether the second tier made the code
     * @param page {@link #hash} of what its page had in it; 0 if the physical address is not known or none of RAM
     */
    public record Place(long space, int mode, long pc, long physical, boolean cluster, long page) {
    }

    /** @param ram host address for a guest physical one; 0 if it is none of RAM */
    public GuestProfile(CodeCache code, VirtualCpu[] cpus, LongUnaryOperator ram) {
        this.code = code;
        this.cpus = cpus;
        this.ram = ram;
    }

    @Override
    public void sample(int cpu, long pc, int tag, long from) {
        int mode = code.contexts().mode(tag);
        long physical = mode == UNKNOWN ? UNKNOWN : code.finder().physical(cpus[cpu], pc, tag);
        long contents = physical == UNKNOWN ? 0 : ram.applyAsLong(physical & -PAGE_BYTES);
        counts.merge(new Place(mode == UNKNOWN ? 0 : code.contexts().space(tag), mode, pc, physical,
                code.sites().isCluster(code.finder().probe(cpus[cpu], pc, tag)), contents == 0 ? 0 : hash(contents)), 1, Integer::sum);
    }

    /** Stands for what a page has in it. @param contents host address of the page */
    static long hash(long contents) {
        long hash = 0;
        for (int at = 0; at < PAGE_BYTES; at += Long.BYTES) {
            hash = hash(hash, RawMemory.getLong(contents + at));
        }
        return hash;
    }

    /** The hash of a page is 0, taken on by all its longs in order. */
    public static long hash(long before, long value) {
        return Long.rotateLeft((before ^ value) * PRIME, 29);
    }

    /** How many samples were taken at each place. */
    public Map<Place, Integer> counts() {
        return counts;
    }
}
