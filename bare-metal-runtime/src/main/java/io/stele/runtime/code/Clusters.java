package io.stele.runtime.code;

import io.stele.codegen.ClusterTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.HostFeatures;
import io.stele.codegen.RegionGuess;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.util.LongIntMap;
import java.util.Arrays;

/** Decides where the second tier is worth while, by samples, and makes its code: clusters of blocks. See docs/clusters.md. */
final class Clusters {
    /** Samples after which code is hot. */
    private static final int HOT = 3;
    /** Samples after which a cluster is made again if its page has got more blocks meanwhile: ways that had not been taken. */
    private static final int AGAIN = 64;
    /** A check of the first tier that missed more often meets several regions. */
    private static final int SETTLED = 2;
    /** Instead of a slot. */
    private static final short UNKNOWN = -1;
    private static final short SEVERAL = -2;
    /** Instead of a number of samples: what begins there cannot be made into a cluster. */
    private static final int REFUSED = Integer.MAX_VALUE;
    private static final int INSTRUCTIONS = CodePages.PAGE_BYTES / GuestIsa.INSTRUCTION_ALIGNMENT;

    private final long host;
    private final CodePages pages;
    private final CodeBlocks blocks;
    private final Statistics statistics;
    private final ClusterTranslator translator;
    private final LongIntMap heat = new LongIntMap(1 << 10);
    /** Per cluster, by its head: blocks that its page had when it was made. */
    private final LongIntMap blocksAtWork = new LongIntMap(1 << 8);
    /** Per view and instruction of the page at work: K slot that the first tier's check has come to, UNKNOWN or SEVERAL. */
    private final short[][] slots = new short[2][INSTRUCTIONS];
    private final RegionGuess guess = new Learned();

    /** @param host host address of VM address 0 */
    Clusters(long host, GuestIsa isa, HostFeatures features, CodePages pages, CodeBlocks blocks, Statistics statistics) {
        this.statistics = statistics;
        this.host = host;
        this.pages = pages;
        this.blocks = blocks;
        translator = new ClusterTranslator(isa, features);
    }

    private static long key(int page, int offset) {
        return (long) page * INSTRUCTIONS + offset / GuestIsa.INSTRUCTION_ALIGNMENT;
    }

    /** Counts a sample; true when a cluster should be made there. */
    boolean isHot(int page, int offset) {
        int code = blocks.find(pages.entry(page, offset));
        statistics.samplesOfClusters += code >= 0 && blocks.isCluster(code) ? 1 : 0;
        long key = key(page, offset);
        int count = Math.max(0, heat.get(key));
        if (code < 0 || count == REFUSED) {
            return false;
        }
        heat.put(key, count + 1);
        if (!blocks.isCluster(code)) {
            return count + 1 >= HOT;
        }
        return (count + 1) % AGAIN == 0 && blocksOfPage(page) > Math.max(0, blocksAtWork.get(key(page, blocks.offset(code))));
    }

    /** How many blocks of the first tier a page has. */
    private int blocksOfPage(int page) {
        int n = 0;
        for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
            n += blocks.isCluster(block) ? 0 : 1;
        }
        return n;
    }

    /**
     * Makes the cluster that begins at a page offset.
     *
     * @param everything also with blocks that were never reached, and without loops
     * @return false if there is none
     */
    boolean translate(int page, int offset, boolean everything, long address, Stubs stubs, CompiledBlock out) {
        long key = key(page, offset);
        if (heat.get(key) == REFUSED) {
            return false;
        }
        findSlots(page);
        boolean made = !pages.isMixed(page) && translator.translate(pages.copyAddress(page), offset, pages.mode(page),
            at -> everything || pages.entry(page, at) != 0, everything, at -> firstTier(page, at), address, stubs, guess, out);
        heat.put(key, made ? 0 : REFUSED);
        blocksAtWork.put(key, blocksOfPage(page));
        return made;
    }

    /** From now on {@link #record} is used. */
    void listing() {
        translator.listing(true);
    }

    /** Records the last cluster, made for a page at a guest virtual address. */
    void record(CompiledBlock block, long address, long pageAddress, int page, RecordedCode listings) {
        listings.add(translator.operations(), block, translator.facts(), translator.code(), address, pageAddress,
            pages.physical(page) + block.startOffset, pages.mode(page), pages.copyAddress(page));
    }

    byte[] code() {
        return translator.code();
    }

    /** VM address of the first tier's code at a page offset, or 0. */
    private long firstTier(int page, int offset) {
        for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
            if (blocks.offset(block) == offset && !blocks.isCluster(block)) {
                return blocks.start(block);
            }
        }
        return 0;
    }

    /** What the checks of the first tier have learned. */
    private void findSlots(int page) {
        Arrays.fill(slots[0], UNKNOWN);
        Arrays.fill(slots[1], UNKNOWN);
        for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
            if (!blocks.isCluster(block)) {
                CompiledBlock meta = blocks.description(block);
                for (int i = 0; i < meta.regionCount(); i++) {
                    int view = meta.regionView(i);
                    int displacement = RawMemory.getInt(host + blocks.start(block) + meta.regionDisplacementOffset(i)) + CpuArea.BASE_BIAS;
                    int at = meta.regionPageOffset(i) / GuestIsa.INSTRUCTION_ALIGNMENT;
                    short slot = meta.regionMisses(i) > SETTLED ? SEVERAL : slotOf(view, displacement);
                    slots[view][at] = slots[view][at] == UNKNOWN || slots[view][at] == slot ? slot : SEVERAL;
                }
            }
        }
    }

    private static short slotOf(int view, int displacement) {
        for (short slot = 0; slot < CpuArea.REGION_SLOTS; slot++) {
            if (CpuArea.regionK(view, slot) == displacement) {
                return slot;
            }
        }
        return SEVERAL;
    }

    private final class Learned implements RegionGuess {
        @Override
        public int slot(int view, int baseStateOffset, int pageOffset) {
            return Math.max(slots[view][pageOffset / GuestIsa.INSTRUCTION_ALIGNMENT], 0);
        }

        @Override
        public boolean isSettled(int view, int pageOffset) {
            return slots[view][pageOffset / GuestIsa.INSTRUCTION_ALIGNMENT] >= 0;
        }
    }

    /** All code was dropped. */
    void clear() {
        heat.clear();
        blocksAtWork.clear();
    }
}
