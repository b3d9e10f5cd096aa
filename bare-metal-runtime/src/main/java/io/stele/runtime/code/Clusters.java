package io.stele.runtime.code;

import io.stele.codegen.ClusterPages;
import io.stele.codegen.ClusterTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.HostFeatures;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.util.LongIntMap;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.Arrays;
import java.util.BitSet;

/** Decides where the second tier is worth while, by samples, and makes its code: clusters of blocks. See docs/clusters.md. */
final class Clusters implements AutoCloseable {
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
    private final MachineLock lock;
    private final ClusterTranslator translator;
    private final Heat heat = new Heat();
    private final ClusterRounds rounds = new ClusterRounds();
    /** Per place: samples since a cluster was made that is entered there, or since one was not worth while yet; or REFUSED. */
    private final LongIntMap samples = new LongIntMap(1 << 8);
    /** Per cluster, by its head: blocks that its page had when it was made, or sampled for the first time if it is of an earlier run. */
    private final LongIntMap blocksAtWork = new LongIntMap(1 << 8);
    private final Reached reached = new Reached();

    /** @param host host address of VM address 0 */
    Clusters(long host, GuestIsa isa, HostFeatures features, CodePages pages, CodeBlocks blocks, PageProbes probes, PresentRegions present,
            Statistics statistics, MachineLock lock) {
        this.lock = lock;
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

    /** Counts a sample; true when a cluster should be made there. @param from VM address in the code that took it */
    boolean isHot(int page, int offset, long from) {
        int code = blocks.find(pages.entry(page, offset));
        long key = key(page, offset);
        boolean hot = heat.add(key);
        int count = Math.max(0, samples.get(key));
        if (code < 0 || count == REFUSED) {
            return false;
        }
        boolean cluster = blocks.isCluster(code);
        if (!cluster && count == 0) {
            return hot;
        }
        samples.put(key, count + 1);
        boolean again = (count + 1) % AGAIN == 0;
        if (!cluster) {
            return again;
        }
        statistics.samplesOfClusters++;
        int home = blocks.page(code);
        long head = key(home, blocks.offset(code));
        if (blocksAtWork.get(head) < 0) {
            blocksAtWork.put(head, blocksOfPage(home));
        }
        int source = blocks.find(from);
        if (source == code) {
            rounds.stays(head);
        } else if (source >= 0 && !blocks.isCluster(source) && closesLoop(source, page, offset, home) && rounds.leaves(head, key)) {
            return true;
        }
        return again && blocksOfPage(home) > blocksAtWork.get(head);
    }

    /**
     * Whether a block of the first tier that has jumped to an instruction belongs, as it seems, to a loop of the cluster whose head is in page {@code
     * home}.
     */
    private boolean closesLoop(int source, int page, int offset, int home) {
        int from = blocks.page(source);
        return from == page ? blocks.offset(source) >= offset : from == home || pages.isTied(home, from);
    }

    private boolean isCluster(int page, int offset) {
        int code = blocks.find(pages.entry(page, offset));
        return code >= 0 && blocks.isCluster(code);
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
     * @param everything also with blocks that were never reached, without loops, and at once; otherwise others may have the lock meanwhile, and
     *     change everything
     * @param far see {@link CodeCache#reachesFar}
     * @return false if there is none, or it holds no longer
     */
    boolean translate(VirtualCpu cpu, long pc, int tag, int page, boolean everything, boolean far, Stubs stubs, CompiledBlock out) {
        int offset = (int) (pc & CodePages.PAGE_BYTES - 1);
        long key = key(page, offset);
        int count = samples.get(key);
        if (count == REFUSED) {
            return false;
        }
        present.of(cpu, pc & -CodePages.PAGE_BYTES);
        boolean often = count >= AGAIN || isCluster(page, offset);
        reached.start(cpu, pc & -CodePages.PAGE_BYTES, tag, page, everything, often, rounds.caution(key));
        if (!far) {
            translator.reachNear();
        }
        int mode = pages.mode(page);
        Runnable work = () -> reached.made = translator.translate(reached, offset, mode, everything, 0, stubs, out);
        if (pages.isMixed(page)) {
            reached.made = false;
        } else if (everything) {
            work.run();
        } else {
            lock.without(work);
        }
        if (reached.isOutdated()) {
            return false;
        }
        boolean made = reached.made;
        if (made && translator.pageCount() > 1) {
            statistics.clustersOverPages++;
            for (int i = 0; i < translator.pageCount(); i++) {
                pages.share(page, pageOf(translator.pageDistance(i)));
            }
        }
        if (made || !reached.loopHasCluster) {
            samples.put(key, made ? 0 : REFUSED);
        } else if (count <= 0) {
            samples.put(key, 1);
        }
        rounds.startAnew(key);
        blocksAtWork.put(key, blocksOfPage(page));
        return made;
    }

    /** See {@link ClusterRounds#doubted}. */
    long doubted() {
        return rounds.doubted();
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

    byte[] code() {
        return translator.code();
    }

    /**
     * The pages around the one at work, and what the checks of the first tier have learned there. What others may change is copied, or looked at
     * with the lock, and only as long as {@link #isOutdated} is false.
     */
    private final class Reached implements ClusterPages {
        private static final int NONE = -1;
        /** Instead of a K slot: checks of several blocks lead to different ones. */
        private static final short DIFFERENT = -3;
        /** More distances than that are not looked at. */
        private static final int MOST = 16;

        private final int[] distance = new int[MOST];
        private final int[] number = new int[MOST];
        private final HostMemory copies = HostMemory.map((long) MOST * CodePages.PAGE_BYTES);
        /** Per page, view and instruction: K slot that the first tier's check has come to, or as {@link ClusterPages#learned}. */
        private final short[][][] slots = new short[MOST][2][INSTRUCTIONS];
        /** Of one page, per view and instruction: a block has corrected its check. */
        private final boolean[][] corrected = new boolean[2][INSTRUCTIONS];
        /** Of one page, by instruction: a block leads there; page offset of a block that ends there, or -1. */
        private final BitSet ledTo = new BitSet(INSTRUCTIONS);
        private final int[] endsAt = new int[INSTRUCTIONS];
        private int count;
        private VirtualCpu cpu;
        private long address;
        private int tag;
        private boolean everything;
        /** The head is an entry of a cluster already, or is sampled often. */
        private boolean often;
        private int caution;
        /** The loop that the head is in begins with a cluster. */
        private boolean loopHasCluster;
        private int revision;
        private boolean made;

        void start(VirtualCpu asking, long pageAddress, int contextTag, int page, boolean allCode, boolean sampledOften, int cautionLevel) {
            cpu = asking;
            address = pageAddress;
            tag = contextTag;
            everything = allCode;
            often = sampledOften;
            caution = cautionLevel;
            loopHasCluster = false;
            revision = pages.revision();
            count = 0;
            add(0, page);
        }

        private void add(int pageDistance, int page) {
            distance[count] = pageDistance;
            number[count] = page;
            if (page != NONE) {
                RawMemory.copy(pages.copyAddress(page), copy(count), CodePages.PAGE_BYTES);
                findSlots(page, slots[count]);
            }
            count++;
        }

        private long copy(int i) {
            return copies.address() + (long) i * CodePages.PAGE_BYTES;
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
            lock.with(() -> {
                long table = isOutdated() ? 0 : probes.findInSet(cpu, address + page, tag);
                int found = table == 0 ? NONE : CodePages.ofTable(table);
                add(page, found == NONE || pages.isMixed(found) || pages.mode(found) != pages.mode(number[0]) ? NONE : found);
            });
            return count - 1;
        }

        boolean isOutdated() {
            return revision != pages.revision();
        }

        @Override
        public boolean goOn() {
            return !isOutdated();
        }

        int page(int place) {
            int i = index(place);
            return i == NONE ? NONE : number[i];
        }

        @Override
        public long bytes(int pageDistance) {
            int i = index(pageDistance);
            return i == NONE || number[i] == NONE ? 0 : copy(i);
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
        public boolean isSettled(int place) {
            int page = page(place);
            lock.with(() -> loopHasCluster = !isOutdated() && isCluster(page, place & CodePages.PAGE_BYTES - 1));
            return loopHasCluster;
        }

        @Override
        public boolean isEnteredOften() {
            return often;
        }

        @Override
        public boolean isCautious() {
            return caution > 0;
        }

        @Override
        public long firstTier(int place) {
            int page = page(place);
            lock.lock();
            try {
                return isOutdated() ? 0 : firstTier(page, place & CodePages.PAGE_BYTES - 1);
            } finally {
                lock.unlock();
            }
        }

        private long firstTier(int page, int offset) {
            for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
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
            lock.with(() -> findEnds(page));
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

        private void findEnds(int page) {
            for (int block = isOutdated() ? -1 : blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
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
        }

        @Override
        public long pointer(int view, long place) {
            long target = present.memory(view, address + place);
            return target == 0 ? NOWHERE : target - address;
        }

        /**
         * Of blocks that have the same check, those that have corrected it know where it leads; the others may never have come to it. Where that
         * does not decide, what its base is at present will. Where two clusters that were made so did not serve, all regions are possible, as they are
         * for checks that have been corrected in this run.
         */
        private void findSlots(int page, short[][] found) {
            Arrays.fill(found[0], (short) ClusterPages.UNKNOWN);
            Arrays.fill(found[1], (short) ClusterPages.UNKNOWN);
            for (boolean[] ofView : corrected) {
                Arrays.fill(ofView, false);
            }
            for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
                if (!blocks.isCluster(block)) {
                    CompiledBlock meta = blocks.description(block);
                    for (int i = 0; i < meta.regionCount(); i++) {
                        int view = meta.regionView(i);
                        int displacement = RawMemory.getInt(host + blocks.start(block) + meta.regionDisplacementOffset(i)) + CpuArea.BASE_BIAS;
                        int at = meta.regionPageOffset(i) / GuestIsa.INSTRUCTION_ALIGNMENT;
                        int misses = meta.regionMisses(i);
                        if (misses > 0 || !corrected[view][at]) {
                            short slot = misses > SETTLED ? ClusterPages.SEVERAL : (short) CpuArea.regionSlot(view, displacement);
                            boolean better = misses > 0 && !corrected[view][at];
                            found[view][at] = better ? slot : together(found[view][at], slot);
                            corrected[view][at] = misses > 0;
                        }
                    }
                }
            }
            for (int view = 0; view < found.length; view++) {
                for (int i = 0; i < INSTRUCTIONS; i++) {
                    boolean different = found[view][i] == DIFFERENT;
                    if (caution > 1 && (different || corrected[view][i])) {
                        found[view][i] = ClusterPages.SEVERAL;
                    } else if (different) {
                        found[view][i] = ClusterPages.UNKNOWN;
                    }
                }
            }
        }

        private static short together(short known, short slot) {
            return known == ClusterPages.UNKNOWN || known == slot ? slot
                : known == ClusterPages.SEVERAL || slot == ClusterPages.SEVERAL ? ClusterPages.SEVERAL : DIFFERENT;
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

        @Override
        public int nearSlot(int view, long distance, int place) {
            int learned = learned(view, place);
            return learned >= 0 ? learned : present.nearSlot(view, distance, place);
        }
    }

    /** All code was dropped. */
    void clear() {
        heat.clear();
        rounds.clear();
        samples.clear();
        blocksAtWork.clear();
    }

    @Override
    public void close() {
        reached.copies.close();
    }
}
