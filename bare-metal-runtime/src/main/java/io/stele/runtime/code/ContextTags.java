package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.util.LongIntMap;
import io.stele.runtime.vcpu.PreparedFill;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import java.util.function.LongPredicate;

/**
 * The numbers of 12 bits by which the page probe tables tell translation contexts and code modes apart. They are multiples of an instruction's
 * size: what generated code searches for a target that is not aligned has other bits, and is never found.
 */
public final class ContextTags {
    /** No context has the last one: see {@link CpuArea#NO_PAGE}. */
    static final int TAGS = CpuArea.TAG_MASK;
    private static final int UNKNOWN = -1;
    /** The one before is never found. */
    static final int FIRST = PreparedFill.NO_TAG + GuestIsa.INSTRUCTION_ALIGNMENT;

    private final GuestIsa isa;
    private final VirtualCpus cpus;
    private final Runnable whenForgotten;
    /** First tag of the fetch space; those of other code modes hang off it. */
    private final LongIntMap first = new LongIntMap(256);
    private final int[] next = new int[TAGS];
    private final long[] fetchSpace = new long[TAGS];
    /** UNKNOWN: the tag is not used again. */
    private final int[] mode = new int[TAGS];
    /** The translation space that it was made for. */
    private final long[] space = new long[TAGS];
    private int count = FIRST;
    /** The tags in use, in no order: few of all numbers that were ever given. */
    private final int[] used = new int[TAGS / GuestIsa.INSTRUCTION_ALIGNMENT];
    private int usedCount;

    /** @param whenForgotten called when all tags get another meaning, so that no probe table may keep one */
    ContextTags(GuestIsa isa, VirtualCpus cpus, Runnable whenForgotten) {
        this.isa = isa;
        this.cpus = cpus;
        this.whenForgotten = whenForgotten;
    }

    /** The tag of the context and code mode in which code at {@code va} is executed. */
    public int of(long area, long va, int codeMode) {
        int view = isa.dataView(codeMode);
        long wanted = isa.fetchSpaceKey(area, view, va);
        int tag = first.get(wanted);
        while (tag != UNKNOWN && mode[tag] != codeMode) {
            tag = next[tag];
        }
        if (tag == UNKNOWN) {
            if (count == TAGS) {
                forgetAll();
            }
            tag = count;
            count += GuestIsa.INSTRUCTION_ALIGNMENT;
            next[tag] = first.get(wanted);
            first.put(wanted, tag);
            fetchSpace[tag] = wanted;
            mode[tag] = codeMode;
            space[tag] = isa.spaceKey(area, view, va);
            used[usedCount++] = tag;
        }
        return tag;
    }

    /** The code mode that a tag stands for; -1 if it stands for nothing any more. */
    int mode(int tag) {
        return tag >= FIRST && tag < count ? mode[tag] : UNKNOWN;
    }

    /** The translation space that a tag stands for. */
    long space(int tag) {
        return space[tag];
    }

    private void forgetAll() {
        first.clear();
        count = FIRST;
        usedCount = 0;
        whenForgotten.run();
        for (VirtualCpu cpu : cpus.all()) {
            for (int level = 0; level < GuestIsa.LEVELS; level++) {
                RawMemory.putLong(cpu.area() + CpuArea.levelTag(level), 0);
            }
        }
    }

    /**
     * Tells generated code the tags of the levels that it may switch to. On the way back to the one of an abort it does what is prepared
     * ({@link PreparedFill}).
     *
     * @param allowed false: switches have to leave
     */
    public void publishLevels(VirtualCpu cpu, boolean allowed) {
        long area = cpu.area();
        for (int level = 0; level < GuestIsa.LEVELS; level++) {
            int mode = isa.levelMode(area, level);
            int tag = mode < 0 || !allowed ? UNKNOWN : of(area, isa.levelAddress(area, level), mode);
            if (tag != UNKNOWN && cpu.fill().isReady() && isa.dataView(mode) == cpu.fill().view()) {
                cpu.fill().publish(level, tag);
            } else {
                RawMemory.putLong(area + CpuArea.levelTag(level), tag == UNKNOWN ? 0 : CpuArea.contextWord(tag));
            }
        }
    }

    /** Forgets whole translation spaces: their tags are not used again, so what the probe tables say of them is never found. */
    public void retire(LongPredicate spaces) {
        int kept = 0;
        for (int i = 0; i < usedCount; i++) {
            int tag = used[i];
            if (spaces.test(space[tag])) {
                unlink(tag);
            } else {
                used[kept++] = tag;
            }
        }
        usedCount = kept;
    }

    private void unlink(int tag) {
        int at = first.get(fetchSpace[tag]);
        if (at == tag) {
            first.put(fetchSpace[tag], next[tag]);
        } else {
            while (next[at] != tag) {
                at = next[at];
            }
            next[at] = next[tag];
        }
        mode[tag] = UNKNOWN;
    }
}
