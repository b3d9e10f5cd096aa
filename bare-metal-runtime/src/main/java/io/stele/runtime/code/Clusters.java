package io.stele.runtime.code;

import io.stele.codegen.ClusterPages;
import io.stele.codegen.ClusterTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.HostFeatures;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.util.LongIntMap;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.LongSupplier;

/** Decides where the second tier is worth while, by samples, and makes its code: clusters of blocks. See docs/clusters.md. */
final class Clusters {
    /** Samples after which code is hot. */
    private static final int HOT = 3;
    /** Samples after which a cluster is made again if its page has got more blocks meanwhile: ways that had not been taken. */
    private static final int AGAIN = 64;
    /** A check of the first tier that missed more often meets several regions. */
    private static final int SETTLED = 2;
    /** Instead of a number of samples: what begins there cannot be made into a cluster. */
    private static final int REFUSED = Integer.MAX_VALUE;
    private static final int INSTRUCTIONS = CodePages.PAGE_BYTES / GuestIsa.INSTRUCTION_ALIGNMENT;

    private final long host;
    private final CodePages pages;
    private final CodeBlocks blocks;
    private final PageProbes probes;
    private final PresentRegions present;
    private final Statistics statistics;
    private final Runnable giveWay;
    private final ClusterTranslator translator;
    private final LongIntMap heat = new LongIntMap(1 << 10);
    /** Per cluster, by its head: blocks that its page had when it was made, or sampled for the first time if it is of an earlier run. */
    private final LongIntMap blocksAtWork = new LongIntMap(1 << 8);
    private final Reached reached = new Reached();

    /** @param host host address of VM address 0 */
    Clusters(long host, GuestIsa isa, HostFeatures features, CodePages pages, CodeBlocks blocks, PageProbes probes, PresentRegions present,
            Statistics statistics, Runnable giveWay) {
        this.giveWay = giveWay;
        this.present = present;
        this.probes = probes;
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
        int home = blocks.page(code);
        long head = key(home, blocks.offset(code));
        if (blocksAtWork.get(head) < 0) {
            blocksAtWork.put(head, blocksOfPage(home));
        }
        return (count + 1) % AGAIN == 0 && blocksOfPage(home) > blocksAtWork.get(head);
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
     * Makes the cluster that begins at a pc. It may be in all pages around that the vCPU knows there.
     *
     * @param page number of the pc's page
     * @param everything also with blocks that were never reached, without loops, and at once; otherwise others who wait for the lock have it
     *     in between
     * @param address where the code goes, which may change as long as others have the lock
     * @return false if there is none
     */
    boolean translate(VirtualCpu cpu, long pc, int tag, int page, boolean everything, LongSupplier address, Stubs stubs, CompiledBlock out) {
        int offset = (int) (pc & CodePages.PAGE_BYTES - 1);
        long key = key(page, offset);
        if (heat.get(key) == REFUSED) {
            return false;
        }
        present.of(cpu);
        reached.start(cpu, pc & -CodePages.PAGE_BYTES, tag, page, everything);
        boolean made = !pages.isMixed(page) && translator.translate(reached, offset, pages.mode(page), everything, address, stubs, out);
        if (made && translator.pageCount() > 1) {
            statistics.clustersOverPages++;
            for (int i = 0; i < translator.pageCount(); i++) {
                pages.share(page, pageOf(translator.pageDistance(i)));
            }
        }
        if (reached.isOutdated()) {
            return false;
        }
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

    /** Number of the page of a place in the last cluster, by its distance from the head's page. */
    int pageOf(int distance) {
        return reached.page(distance);
    }

    void reachNear() {
        translator.reachNear();
    }

    byte[] code() {
        return translator.code();
    }

    private static short slotOf(int view, int displacement) {
        for (short slot = 0; slot < CpuArea.REGION_SLOTS; slot++) {
            if (CpuArea.regionK(view, slot) == displacement) {
                return slot;
            }
        }
        return ClusterPages.SEVERAL;
    }

    /** The pages around the one at work, and what the checks of the first tier have learned there. */
    private final class Reached implements ClusterPages {
        private static final int NONE = -1;
        /** More distances than that are not looked at. */
        private static final int MOST = 16;

        private final int[] distance = new int[MOST];
        private final int[] number = new int[MOST];
        /** Per page, view and instruction: K slot that the first tier's check has come to, or as {@link ClusterPages#learned}. */
        private final short[][][] slots = new short[MOST][2][INSTRUCTIONS];
        /** Of one page, by instruction: a block leads there; page offset of a block that ends there, or -1. */
        private final BitSet ledTo = new BitSet(INSTRUCTIONS);
        private final int[] endsAt = new int[INSTRUCTIONS];
        private int count;
        private VirtualCpu cpu;
        private long address;
        private int tag;
        private boolean everything;
        private int revision;

        void start(VirtualCpu asking, long pageAddress, int contextTag, int page, boolean allCode) {
            cpu = asking;
            address = pageAddress;
            tag = contextTag;
            everything = allCode;
            revision = pages.revision();
            count = 0;
            add(0, page);
        }

        private void add(int pageDistance, int page) {
            distance[count] = pageDistance;
            number[count] = page;
            if (page != NONE) {
                findSlots(page, slots[count]);
            }
            count++;
        }

        private int index(int place) {
            int page = place & -CodePages.PAGE_BYTES;
            for (int i = 0; i < count; i++) {
                if (distance[i] == page) {
                    return i;
                }
            }
            if (count == MOST) {
                return NONE;
            }
            long table = probes.findInSet(cpu, address + page, tag);
            int found = table == 0 ? NONE : CodePages.ofTable(table);
            add(page, found == NONE || pages.isMixed(found) || pages.mode(found) != pages.mode(number[0]) ? NONE : found);
            return count - 1;
        }

        boolean isOutdated() {
            return revision != pages.revision();
        }

        @Override
        public boolean goOn() {
            if (!everything) {
                giveWay.run();
                present.of(cpu);
            }
            return !isOutdated();
        }

        int page(int place) {
            int i = index(place);
            return i == NONE ? NONE : number[i];
        }

        @Override
        public long bytes(int pageDistance) {
            int page = page(pageDistance);
            return page == NONE ? 0 : pages.copyAddress(page);
        }

        @Override
        public long table(int pageDistance) {
            return pages.table(page(pageDistance));
        }

        @Override
        public boolean isWanted(int place) {
            return everything || pages.entry(page(place), place & CodePages.PAGE_BYTES - 1) != 0;
        }

        @Override
        public long firstTier(int place) {
            int offset = place & CodePages.PAGE_BYTES - 1;
            for (int block = blocks.lastOf(page(place)); block >= 0; block = blocks.before(block)) {
                if (blocks.offset(block) == offset && !blocks.isCluster(block)) {
                    return blocks.start(block);
                }
            }
            return 0;
        }

        @Override
        public int indirectTargets(int from, int[] targets, int[] before) {
            int page = page(from);
            int base = from & -CodePages.PAGE_BYTES;
            ledTo.clear();
            Arrays.fill(endsAt, -1);
            for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
                if (!blocks.isCluster(block)) {
                    CompiledBlock meta = blocks.description(block);
                    for (int i = 0; i < meta.exitCount(); i++) {
                        ledTo.set(meta.exitTarget(i) / GuestIsa.INSTRUCTION_ALIGNMENT);
                    }
                    int end = blocks.offset(block) / GuestIsa.INSTRUCTION_ALIGNMENT + meta.instructions;
                    if (end < INSTRUCTIONS) {
                        endsAt[end] = blocks.offset(block);
                    }
                }
            }
            int found = 0;
            for (int i = (from - base) / GuestIsa.INSTRUCTION_ALIGNMENT; i < INSTRUCTIONS && found < targets.length; i++) {
                int target = base + i * GuestIsa.INSTRUCTION_ALIGNMENT;
                if (!ledTo.get(i) && pages.entry(page, target - base) != 0) {
                    targets[found] = target;
                    before[found++] = endsAt[i] < 0 ? target : base + endsAt[i];
                }
            }
            return found;
        }

        @Override
        public long pointer(int view, long place) {
            long target = present.memory(view, address + place);
            return target == 0 ? NOWHERE : target - address;
        }

        private void findSlots(int page, short[][] found) {
            Arrays.fill(found[0], (short) ClusterPages.UNKNOWN);
            Arrays.fill(found[1], (short) ClusterPages.UNKNOWN);
            for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
                if (!blocks.isCluster(block)) {
                    CompiledBlock meta = blocks.description(block);
                    for (int i = 0; i < meta.regionCount(); i++) {
                        int view = meta.regionView(i);
                        int displacement = RawMemory.getInt(host + blocks.start(block) + meta.regionDisplacementOffset(i)) + CpuArea.BASE_BIAS;
                        int at = meta.regionPageOffset(i) / GuestIsa.INSTRUCTION_ALIGNMENT;
                        short slot = meta.regionMisses(i) > SETTLED ? ClusterPages.SEVERAL : slotOf(view, displacement);
                        found[view][at] = found[view][at] == ClusterPages.UNKNOWN || found[view][at] == slot ? slot : ClusterPages.SEVERAL;
                    }
                }
            }
        }

        @Override
        public int learned(int view, int place) {
            return slots[index(place)][view][(place & CodePages.PAGE_BYTES - 1) / GuestIsa.INSTRUCTION_ALIGNMENT];
        }

        @Override
        public int present(int view, int first, int second, int shift) {
            long address = present.register(first << 3) + (second < 0 ? 0 : present.register(second << 3) << shift);
            return present.slot(view, address);
        }

        @Override
        public int slot(int view, int baseStateOffset, int place) {
            int learned = learned(view, place);
            return learned >= 0 ? learned : present.slot(view, baseStateOffset, place);
        }
    }

    /** All code was dropped. */
    void clear() {
        heat.clear();
        blocksAtWork.clear();
    }
}
