package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.util.LongIntMap;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.function.LongPredicate;

/** The numbers of 12 bits by which the page probe tables tell translation contexts and code modes apart. */
public final class ContextTags {
    private static final int TAGS = 4096;
    private static final int UNKNOWN = -1;

    private final GuestIsa isa;
    private final VirtualCpu[] cpus;
    private final Runnable whenForgotten;
    private final LongIntMap tagOf = new LongIntMap(256);
    /** Per tag: the key in tagOf, and the translation space it was made for. */
    private final long[] key = new long[TAGS];
    private final long[] space = new long[TAGS];
    private int count;

    /** @param whenForgotten called when all tags get another meaning, so that no probe table may keep one */
    ContextTags(GuestIsa isa, VirtualCpu[] cpus, Runnable whenForgotten) {
        this.isa = isa;
        this.cpus = cpus;
        this.whenForgotten = whenForgotten;
    }

    /** The tag of the context and code mode in which code at {@code va} is executed. */
    public int of(long area, long va, int mode) {
        int view = isa.dataView(mode);
        long wanted = isa.fetchSpaceKey(area, view, va) << 8 | mode;
        int tag = tagOf.get(wanted);
        if (tag == UNKNOWN) {
            if (count == TAGS) {
                forgetAll();
            }
            tag = count++;
            tagOf.put(wanted, tag);
            key[tag] = wanted;
            space[tag] = isa.spaceKey(area, view, va);
        }
        return tag;
    }

    private void forgetAll() {
        tagOf.clear();
        count = 0;
        whenForgotten.run();
        for (VirtualCpu cpu : cpus) {
            for (int level = 0; level < GuestIsa.LEVELS; level++) {
                RawMemory.putLong(cpu.area() + CpuArea.levelTag(level), UNKNOWN);
            }
        }
    }

    /**
     * Tells generated code the tags of the levels that it may switch to.
     *
     * @param allowed false: switches have to leave
     */
    public void publishLevels(long area, boolean allowed) {
        for (int level = 0; level < GuestIsa.LEVELS; level++) {
            int mode = isa.levelMode(area, level);
            int tag = mode < 0 || !allowed ? UNKNOWN : of(area, isa.levelAddress(area, level), mode);
            RawMemory.putLong(area + CpuArea.levelTag(level), tag);
        }
    }

    /** Forgets whole translation spaces: their tags are not used again, so what the probe tables say of them is never found. */
    public void retire(LongPredicate spaces) {
        for (int tag = 0; tag < count; tag++) {
            if (tagOf.get(key[tag]) == tag && spaces.test(space[tag])) {
                tagOf.put(key[tag], UNKNOWN);
            }
        }
    }
}
