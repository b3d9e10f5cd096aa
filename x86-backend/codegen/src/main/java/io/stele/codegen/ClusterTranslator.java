package io.stele.codegen;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;

/**
 * Guest code to the code of a cluster: the blocks of a page that are reached from a head by jumps, with the guest registers that matter in host
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
    private long codePage;
    private int codeMode;

    public ClusterTranslator(GuestIsa isa, HostFeatures host) {
        this.isa = isa;
        host.tell(builder);
        compiler = new BlockCompiler(new GuestLayout(isa.pcOffset(), isa.flagsOffset()), host);
        builder.joins(offset -> cluster.find(offset) >= 0);
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

    /**
     * Makes the cluster around a page offset; parameters as of {@link BlockTranslator#translate}. The code has at most {@link
     * BlockTranslator#MAX_CODE_BYTES} bytes.
     *
     * @param wanted tells which page offsets are worth being in the cluster
     * @param straight also where there is no loop
     * @param firstTier VM address of the first tier's code at a page offset, or 0 if there is none
     * @return false if there is nothing to be gained, or a limit was exceeded
     */
    public boolean translate(long page, int head, int mode, IntPredicate wanted, boolean straight, IntToLongFunction firstTier,
            long codeAddress, Stubs stubs, RegionGuess guess, CompiledBlock out) {
        codePage = page;
        codeMode = mode;
        cluster.clear();
        collect(head, wanted);
        cluster.sort();
        cluster.clearFacts();
        for (int b = 0; b < cluster.count; b++) {
            build(cluster.start[b]);
            cluster.collectBases(builder);
        }
        int instructions = 0;
        for (int b = 0; b < cluster.count; b++) {
            build(cluster.start[b]);
            instructions += builder.instructions();
            cluster.describe(b, builder, guess);
            cluster.firstTier[b] = firstTier.applyAsLong(cluster.start[b]);
        }
        cluster.findLoops();
        cluster.findCycles(cluster.find(head));
        if (cluster.tooLarge() || !straight && !cluster.loops()) {
            return false;
        }
        for (int b = 0; b < cluster.count; b++) {
            cluster.entry[b] |= cluster.isLoopHead(b);
        }
        out.startOffset = head;
        out.instructions = instructions;
        int best = -1;
        long least = Long.MAX_VALUE;
        int last = -1;
        for (int choice = 0; choice < CHOICES.length && last == best; choice += 2) {
            last = choice;
            long cost = compile(choice, codeAddress, stubs, guess, out);
            if (cost < least) {
                best = choice;
                least = cost;
            } else if (best < 0) {
                last = -1;
            }
        }
        if (best >= 0 && best != last) {
            compile(best, codeAddress, stubs, guess, out);
        }
        return best >= 0 && out.length <= BlockTranslator.MAX_CODE_BYTES;
    }

    private void build(int offset) {
        isa.translate(codePage, offset, codeMode, MAX_BLOCK_INSTRUCTIONS, builder);
    }

    /** Finds the blocks. */
    private void collect(int head, IntPredicate wanted) {
        cluster.add(head);
        cluster.entry[0] = true;
        int instructions = 0;
        for (int b = 0; b < cluster.count && instructions < MAX_INSTRUCTIONS; b++) {
            build(cluster.start[b]);
            instructions += builder.instructions();
            int end = builder.endOperation();
            int behind = builder.startOffset() + 4 * builder.instructions();
            boolean call = builder.op[end] == Opcode.JUMP_INDIRECT && builder.x[end] == IrBuilder.HINT_CALL;
            for (int i = 1; i < end; i++) {
                if (builder.op[i] == Opcode.JUMP_IF) {
                    add(builder.imm[i], false, wanted);
                }
                call |= builder.op[i] == Opcode.PAGE_ADDRESS && builder.op[end] == Opcode.JUMP && builder.imm[i] == behind;
            }
            if (call) {
                add(behind, true, wanted);
            } else if (builder.op[end] == Opcode.JUMP) {
                add(builder.imm[end], false, wanted);
            }
        }
    }

    private void add(long target, boolean entry, IntPredicate wanted) {
        if (target < 0 || target >= PAGE_BYTES) {
            return;
        }
        int offset = (int) target;
        int known = cluster.find(offset);
        if (known < 0) {
            if (cluster.full() || !wanted.test(offset)) {
                return;
            }
            known = cluster.count;
            cluster.add(offset);
        }
        cluster.entry[known] |= entry;
    }

    /** Returns the bytes of code, those in loops weighted; a large number if there are too few registers. */
    private long compile(int choice, long codeAddress, Stubs stubs, RegionGuess guess, CompiledBlock out) {
        cluster.chooseHomes(CHOICES[choice], CHOICES[choice + 1]);
        long cost = 0;
        if (listingWanted) {
            operations.reset(cluster.start[0], codeMode, isa.dataView(codeMode));
        }
        try {
            compiler.beginCluster(cluster, codeAddress, stubs, out);
            for (int b = 0; b < cluster.count; b++) {
                build(cluster.start[b]);
                cost += cluster.weight(b, compiler.add(cluster, b, builder, guess));
                if (listingWanted) {
                    operations.append(builder, builder.endOperation());
                }
            }
            compiler.finish(out);
            return cost;
        } catch (IllegalStateException e) {
            return Long.MAX_VALUE;
        }
    }
}
