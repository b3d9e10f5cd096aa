package io.stele.codegen;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;

/**
 * Guest code to the code of a cluster: the blocks that are reached from a head by jumps and calls, with the guest registers that matter in host
 * registers throughout. One instance belongs to one thread and reuses its memory.
 */
public final class ClusterTranslator {
    /** Instructions in one cluster. */
    private static final int MAX_INSTRUCTIONS = 512;
    private static final int MAX_BLOCK_INSTRUCTIONS = 64;
    private static final int PAGE_BYTES = 4096;
    /** Homes that are tried, general and vector: as many as are best for the code within loops, and leave enough registers for the rest. */
    private static final int[] CHOICES = {Homes.MOST_GENERAL, Homes.MOST_VECTORS, 8, 10, 6, 8, 4, 6, 2, 4};

    private final GuestIsa isa;
    private final IrBuilder builder = new IrBuilder();
    private final BlockCompiler compiler;
    private final Cluster cluster = new Cluster();
    /** The operations of all blocks, where a listing is wanted. */
    private final IrBuilder operations = new IrBuilder();
    private boolean listingWanted;
    /** Cases of a switch statement that are looked at. */
    private static final int MAX_TARGETS = 48;
    private final int[] targets = new int[MAX_TARGETS];
    private final int[] before = new int[MAX_TARGETS];
    private ClusterPages pages;
    private int codeMode;

    public ClusterTranslator(GuestIsa isa, HostFeatures host) {
        this.isa = isa;
        host.tell(builder);
        builder.shareBases(true);
        compiler = new BlockCompiler(new GuestLayout(isa.pcOffset(), isa.flagsOffset()), host);
        builder.joins(place -> cluster.find(place) >= 0);
        builder.vectorWidths(cluster.scalars);
    }

    /** The code of the last cluster: the first {@link CompiledBlock#length} bytes. */
    public byte[] code() {
        return compiler.code();
    }

    /** Asks for what a listing shows of clusters. */
    public void listing(boolean wanted) {
        listingWanted = wanted;
        compiler.listing(wanted);
    }

    /** Where the listing was asked for: the operations of the last cluster, block after block. */
    public IrBuilder operations() {
        return operations;
    }

    /** What the last cluster consists of. */
    public ClusterFacts facts() {
        return ClusterFacts.of(cluster);
    }

    /** See {@link IrBuilder#reachFar}. */
    public void reachNear() {
        builder.reachFar(false);
    }

    /** How many pages the last cluster is in. */
    public int pageCount() {
        return cluster.pageCount();
    }

    /** Distance from the head's page of a page of the last cluster. */
    public int pageDistance(int page) {
        return cluster.pageDistance(page);
    }

    /**
     * Makes the cluster around an instruction. The code has at most {@link BlockTranslator#MAX_CODE_BYTES} bytes.
     *
     * @param head page offset
     * @param mode see {@link GuestIsa#translate}
     * @param straight also where there is no loop
     * @param codeAddress VM address where the code will run, unless it is moved
     * @return false if there is nothing to be gained, a limit was exceeded, or the cluster is not wanted any more
     */
    public boolean translate(ClusterPages code, int head, int mode, boolean straight, long codeAddress, Stubs stubs, CompiledBlock out) {
        try {
            return make(code, head, mode, straight, codeAddress, stubs, out);
        } catch (Abandoned e) {
            return false;
        }
    }

    private boolean make(ClusterPages code, int head, int mode, boolean straight, long codeAddress, Stubs stubs, CompiledBlock out) {
        pages = code;
        codeMode = mode;
        cluster.clear(pages);
        collect(head);
        cluster.sort();
        cluster.clearFacts();
        for (int b = 0; b < cluster.count; b++) {
            build(cluster.start[b]);
            cluster.collect(builder);
        }
        cluster.scalars.settle();
        int instructions = 0;
        for (int b = 0; b < cluster.count; b++) {
            build(cluster.start[b]);
            instructions += builder.instructions();
            cluster.describe(b, builder);
            cluster.firstTier[b] = pages.firstTier(cluster.start[b]);
        }
        cluster.finish(head);
        if (cluster.graph.tooLarge() || !straight && !cluster.graph.loops() || !chooseEntries(head, straight)) {
            return false;
        }
        out.startOffset = head;
        out.instructions = instructions;
        int best = -1;
        long least = Long.MAX_VALUE;
        int last = -1;
        for (int choice = 0; choice < CHOICES.length && last == best; choice += 2) {
            last = choice;
            long cost = compile(choice, codeAddress, stubs, out);
            if (cost < least) {
                best = choice;
                least = cost;
            } else if (best < 0) {
                last = -1;
            }
        }
        if (best >= 0 && best != last) {
            compile(best, codeAddress, stubs, out);
        }
        return best >= 0 && out.length <= BlockTranslator.MAX_CODE_BYTES;
    }

    /**
     * Where there are several pages, an entry has to have code of the first tier to go to. The head is one unless it is in a loop that begins
     * elsewhere: that will be come to. False if the cluster has no entry that it is made for, or is there already but for one that is not needed.
     */
    private boolean chooseEntries(int head, boolean straight) {
        boolean checked = cluster.pageCount() > 1;
        int root = cluster.graph.root();
        int first = cluster.find(head);
        boolean fromRoot = !straight && root != first && canEnter(root, checked) && !pages.isEnteredOften();
        if (fromRoot && pages.isSettled(cluster.start[root])) {
            return false;
        }
        cluster.entry[fromRoot ? root : first] = true;
        for (int b = 0; b < cluster.count; b++) {
            cluster.entry[b] = (cluster.entry[b] || cluster.isLoopHead(b)) && canEnter(b, checked);
        }
        return fromRoot || cluster.entry[first];
    }

    private boolean canEnter(int block, boolean checked) {
        return !checked || cluster.firstTier[block] != 0;
    }

    private void build(int place) {
        build(place, null);
    }

    /** @param before the comparison that the block begins with; null: it begins with the flags in the guest's state */
    private void build(int place, FlagsRecipe before) {
        if (!pages.goOn()) {
            throw Abandoned.INSTANCE;
        }
        int page = place & -PAGE_BYTES;
        builder.flagsBefore(before == null ? null : before::compare);
        isa.translate(pages.bytes(page) - page, place, codeMode, MAX_BLOCK_INSTRUCTIONS, builder);
    }

    /** Finds the blocks, those that are reached by the fewest jumps and calls first. */
    private void collect(int head) {
        cluster.add(head);
        int instructions = 0;
        for (int b = 0; b < cluster.count && instructions < MAX_INSTRUCTIONS; b++) {
            build(cluster.start[b]);
            instructions += builder.instructions();
            int end = builder.endOperation();
            long place = 0;
            for (int i = 1; i < end; i++) {
                if (builder.op[i] == Opcode.BEGIN) {
                    place = builder.place(i);
                } else if (builder.op[i] == Opcode.JUMP_IF) {
                    add(builder.imm[i], false);
                    if (builder.imm[i] <= builder.startOffset()) {
                        // What stands behind a loop does not belong to it.
                        add(place + GuestIsa.INSTRUCTION_ALIGNMENT, false, true);
                    }
                }
            }
            long behind = builder.startOffset() + (long) GuestIsa.INSTRUCTION_ALIGNMENT * builder.instructions();
            if (Cluster.isCall(builder)) {
                add(behind, true);
            }
            if (builder.op[end] == Opcode.JUMP) {
                // A block that is as long as may be goes on for certain, though blocks of the first tier, which are shorter, begin elsewhere.
                add(builder.imm[end], false, builder.imm[end] == behind);
            } else if (Cluster.isStub(builder)) {
                add(Cluster.pointer(builder, pages), false);
            } else if (Cluster.isSwitch(builder)) {
                addCases(cluster.start[b]);
            }
        }
    }

    /**
     * What an indirect jump may lead to, but for what stands behind calls: in its page, and in the next ones what stands behind a jump to somewhere in the
     * cluster, as the cases of a switch statement do. There control may also come from outside, so that nobody makes clusters of them.
     */
    private void addCases(int jump) {
        int from = jump + GuestIsa.INSTRUCTION_ALIGNMENT;
        for (int page = 0; page < JumpTables.MAX_PAGES && pages.bytes(from & -PAGE_BYTES) != 0; page++) {
            int count = pages.indirectTargets(from, targets, before);
            for (int i = 0; i < count; i++) {
                if (page == 0 ? before[i] == targets[i] || !endsWithCall(before[i]) : isBehindJump(targets[i])) {
                    add(targets[i], page > 0);
                    int block = cluster.find(targets[i]);
                    if (block >= 0) {
                        cluster.indirect[block] = true;
                    }
                }
            }
            from = (from & -PAGE_BYTES) + PAGE_BYTES;
        }
    }

    private boolean endsWithCall(int block) {
        build(block);
        return Cluster.isCall(builder);
    }

    private boolean isBehindJump(int place) {
        if ((place & PAGE_BYTES - 1) == 0) {
            return false;
        }
        build(place - GuestIsa.INSTRUCTION_ALIGNMENT);
        int end = builder.endOperation();
        return builder.instructions() == 1 && builder.op[end] == Opcode.JUMP && !Cluster.isCall(builder) && cluster.find(builder.imm[end]) >= 0;
    }

    private void add(long target, boolean entry) {
        add(target, entry, false);
    }

    private void add(long target, boolean entry, boolean certain) {
        int place = (int) target;
        if (place != target || pages.bytes(place & -PAGE_BYTES) == 0) {
            return;
        }
        int known = cluster.find(place);
        if (known < 0) {
            if (cluster.full(place) || !certain && !pages.isWanted(place)) {
                return;
            }
            known = cluster.count;
            cluster.add(place);
        }
        cluster.entry[known] |= entry;
    }

    /** Returns the bytes of code, those in loops weighted; a large number if there are too few registers. */
    private long compile(int choice, long codeAddress, Stubs stubs, CompiledBlock out) {
        cluster.chooseHomes(CHOICES[choice], CHOICES[choice + 1]);
        long cost = 0;
        if (listingWanted) {
            operations.reset(cluster.start[0], codeMode, isa.dataView(codeMode));
        }
        try {
            compiler.beginCluster(cluster, pages, codeAddress, stubs, out);
            for (int b = 0; b < cluster.count; b++) {
                cost += cluster.weight(b, emit(b, cluster.flags.isMostlyChosen(b)));
            }
            emitMissing();
            compiler.finish(cluster, out);
            return cost;
        } catch (IllegalStateException e) {
            return Long.MAX_VALUE;
        }
    }

    private int emit(int block, boolean byChoice) {
        build(cluster.start[block], byChoice ? cluster.flags.compared(block) : null);
        int bytes = compiler.add(cluster, block, byChoice, builder, pages);
        if (listingWanted) {
            operations.append(builder, builder.lastOperation());
        }
        return bytes;
    }

    private void emitMissing() {
        for (boolean more = true; more;) {
            more = false;
            for (int b = 0; b < cluster.count; b++) {
                boolean byChoice = !cluster.flags.isMostlyChosen(b);
                if (cluster.isMissing(b, byChoice)) {
                    emit(b, byChoice);
                    more = true;
                }
            }
        }
    }

    /** The cluster is not wanted any more. */
    private static final class Abandoned extends RuntimeException {
        static final Abandoned INSTANCE = new Abandoned();
        private static final long serialVersionUID = 1;

        private Abandoned() {
            super(null, null, false, false);
        }
    }
}
