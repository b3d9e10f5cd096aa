package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.Arrays;

/**
 * Turns the IR of a block into x86-64 code: a backward pass for liveness, then one forward pass that allocates registers and emits code, then
 * the out-of-line parts. One instance belongs to one thread and reuses its memory.
 */
public final class BlockCompiler {
    private static final int PAGE_BYTES = 4096;
    private static final int ENTRY_ALIGNMENT = 16;
    private static final int LOOP_ALIGNMENT = 32;
    private static final int[] NOTHING = {};

    private static final byte NONE = 0;
    private static final byte INTEGER = 1;
    private static final byte FLAGS = 2;
    private static final byte MEMORY = 3;
    private static final byte ATOMIC = 4;
    private static final byte EXIT = 5;
    private static final byte VECTOR = 6;
    private static final byte FLOAT = 7;
    private static final byte CRYPTO = 8;
    private static final byte STRING = 9;
    private static final byte[] THEME = new byte[COUNT];

    static {
        Arrays.fill(THEME, ADD, ADDS, INTEGER);
        Arrays.fill(THEME, ADDS, UBFX, FLAGS);
        THEME[SELECT] = FLAGS;
        THEME[UBFX] = INTEGER;
        THEME[SBFX] = INTEGER;
        THEME[READ_COUNTER] = INTEGER;
        THEME[ADD_SHIFTED] = INTEGER;
        Arrays.fill(THEME, REGION, ATOMIC_RMW, MEMORY);
        THEME[LOAD_STATE] = MEMORY;
        THEME[STORE_STATE] = MEMORY;
        Arrays.fill(THEME, ATOMIC_RMW, CLEAR_EXCLUSIVE + 1, ATOMIC);
        THEME[COPY_BYTES] = STRING;
        THEME[FILL_BYTES] = STRING;
        THEME[PAIR_LOW] = NONE;
        THEME[PAIR_HIGH] = NONE;
        Arrays.fill(THEME, JUMP, LEAVE + 1, EXIT);
        Arrays.fill(THEME, VCONST, FADD, VECTOR);
        Arrays.fill(THEME, FADD, VAES_ENCRYPT, FLOAT);
        Arrays.fill(THEME, VAES_ENCRYPT, COUNT, CRYPTO);
        THEME[VMUL_ADD_PAIRS] = VECTOR;
        THEME[FLOAT_ENVIRONMENT] = FLOAT;
    }

    private final GuestLayout layout;
    private final Assembler asm = new Assembler();
    private final Liveness live = new Liveness();
    private final Registers regs = new Registers(asm, live);
    private final Eflags eflags = new Eflags(asm, regs, live);
    private final StateRecords records = new StateRecords(regs, live, eflags);
    private final Sites sites = new Sites(asm, records);
    private final OutOfLine outOfLine = new OutOfLine(sites);
    private final ListingRanges listing = new ListingRanges(asm);
    private final ConstantPool constants = new ConstantPool(asm);
    private final JumpTables tables = new JumpTables(asm);
    private final IntegerLowering integer;
    private final FlagsLowering flags = new FlagsLowering(asm, regs, live, eflags);
    private final MemoryLowering memory;
    private final AtomicLowering atomic = new AtomicLowering(asm, regs, live, eflags, sites);
    private final ExitLowering exits;
    private final VectorLowering vector;
    private final FloatLowering floats;
    private final StringLowering strings = new StringLowering(asm, regs, sites);
    private final CryptoLowering crypto = new CryptoLowering(asm, regs);
    private final IndexSums sums = new IndexSums();
    private boolean listingWanted;

    public BlockCompiler(GuestLayout layout, HostFeatures host) {
        this.layout = layout;
        integer = new IntegerLowering(asm, regs, eflags, host);
        memory = new MemoryLowering(asm, regs, eflags, sites, outOfLine, host);
        exits = new ExitLowering(asm, regs, live, eflags, sites, outOfLine, new StateStores(asm, regs, records), listing, tables,
            new ProbeCode(host));
        vector = new VectorLowering(asm, regs, constants, host);
        floats = new FloatLowering(asm, regs, live, eflags, constants, host);
    }

    /** Asks for {@link CompiledBlock#listing} and {@link CompiledBlock#operationStart}. */
    public void listing(boolean wanted) {
        listingWanted = wanted;
    }

    /** The code of the last block: the first {@link CompiledBlock#length} bytes. Overwritten by the next compilation. */
    public byte[] code() {
        return asm.code().array();
    }

    /**
     * Compiles one block.
     *
     * @param codeAddress VM address where the code will run
     * @param out filled in; owns its arrays
     */
    public void compile(IrBuilder ir, long codeAddress, Stubs stubs, RegionGuess guess, CompiledBlock out) {
        if (!ir.ended()) {
            throw new IllegalStateException("block at page offset 0x" + Integer.toHexString(ir.startOffset()) + " has no end");
        }
        begin(codeAddress, stubs, null);
        listing.start(listingWanted);
        body(ir, guess, null, true);
        out.startOffset = ir.startOffset();
        out.instructions = ir.instructions();
        finish(null, out);
    }

    /** Does again what {@link #compile} begins with: to measure it. */
    void analyse(IrBuilder ir) {
        live.run(ir, Homes.NONE, null, true);
    }

    // A cluster.

    /** Starts the code of a cluster with its entries; then each of its blocks goes to {@link #add}, in order. */
    void beginCluster(Cluster cluster, ClusterPages pages, long codeAddress, Stubs stubs, CompiledBlock out) {
        begin(codeAddress, stubs, cluster);
        listing.start(listingWanted);
        cluster.startCode(asm);
        int[] entries = new int[2 * cluster.count];
        int n = 0;
        for (int b = 0; b < cluster.count; b++) {
            if (cluster.entry[b]) {
                asm.align(ENTRY_ALIGNMENT);
                listing.outOfLine(cluster.start[b], OutOfLine.ENTRY);
                entries[n++] = cluster.start[b];
                entries[n++] = asm.position();
                int absent = enter(cluster, pages, b);
                loadHomes(cluster, b);
                asm.jmp(cluster.label(b, false));
                for (int i = 0; i < cluster.pageCount() - 1; i++) {
                    exits.findPage(absent + 2 * i, cluster.firstTier[b]);
                }
            }
        }
        out.entries = Arrays.copyOf(entries, n);
        Homes homes = cluster.homes;
        out.keptRegions = new int[CompiledBlock.KEPT_FIELDS * homes.regionCount];
        for (int i = 0; i < homes.regionCount; i++) {
            out.keptRegions[CompiledBlock.KEPT_FIELDS * i] = homes.regionRegister(i);
            out.keptRegions[CompiledBlock.KEPT_FIELDS * i + 1] = homes.regionView(i);
            out.keptRegions[CompiledBlock.KEPT_FIELDS * i + 2] = homes.regionSlot(i);
        }
    }

    /**
     * Looks whether the cluster holds: the other pages are where they were, and bases are in their regions. If not, the first tier's code of the
     * block goes on. Then r14 is the head's page; before it is that of the block.
     *
     * @return the first of two labels for each other page, see {@link ExitLowering#checkPage}
     */
    private int enter(Cluster cluster, ClusterPages pages, int block) {
        int own = cluster.start[block] & -PAGE_BYTES;
        int labels = -1;
        for (int i = 0; i < cluster.pageCount(); i++) {
            if (cluster.pageDistance(i) != own) {
                int absent = asm.newLabel();
                asm.newLabel();
                labels = labels < 0 ? absent : labels;
                exits.checkPage(cluster.pageDistance(i) - own, pages.table(cluster.pageDistance(i)), cluster.firstTier[block], absent);
            }
        }
        checkBases(cluster, block, own);
        checkScalars(cluster, block, own);
        if (own != 0) {
            asm.rm(Op.LEA, 64, Reg.R14, Mem.at(Reg.R14, -own));
        }
        return labels;
    }

    private void loadHomes(Cluster cluster, int block) {
        Homes homes = cluster.homes;
        for (int i = 0; i < homes.regionCount; i++) {
            asm.rm(Op.MOV, 64, homes.regionRegister(i), Registers.area(CpuArea.regionK(homes.regionView(i), homes.regionSlot(i))));
        }
        int n = cluster.loadedAt(block);
        for (int i = 0; i < n; i++) {
            int slot = cluster.listed()[i];
            int r = cluster.homes.register(slot);
            if (r < StateRecords.XMM) {
                asm.rm(Op.MOV, 64, r, Registers.area(slot << 3));
            } else {
                asm.rm(Op.VMOVDQU, r - StateRecords.XMM, Registers.area(slot << 3));
            }
        }
    }

    /** The guest registers are in memory still. */
    private void checkBases(Cluster cluster, int block, int own) {
        BaseExpressions bases = cluster.checks.expressions();
        for (long rest = cluster.entryChecks(block); rest != 0; rest &= rest - 1) {
            int e = Long.numberOfTrailingZeros(rest);
            if (bases.isPage(e)) {
                checkPageBase(bases.lowest() - own, bases.region(e), cluster.firstTier[block]);
                checkPageBase(bases.highest() - own, bases.region(e), cluster.firstTier[block]);
                continue;
            }
            asm.rm(Op.MOV, 64, Reg.RAX, Registers.area(bases.first(e) << 3));
            if (bases.second(e) >= 0) {
                asm.rm(Op.MOV, 64, Reg.RCX, Registers.area(bases.second(e) << 3));
                asm.rm(Op.LEA, 64, Reg.RAX, Mem.at(Reg.RAX, Reg.RCX, 1 << bases.shift(e), 0));
            }
            checkRegion(bases.region(e), cluster.firstTier[block]);
        }
    }

    private void checkPageBase(long distance, int region, long otherwise) {
        Registers.loadPageAddress(asm, Reg.RAX, distance);
        checkRegion(region, otherwise);
    }

    private void checkRegion(int region, long otherwise) {
        exits.compareRegion(region);
        asm.jccTo(Cond.NE, otherwise);
    }

    /** Looks whether registers that are taken for scalars hold scalars; see {@link ScalarVectors}. */
    private void checkScalars(Cluster cluster, int block, int own) {
        int n = cluster.scalarsAt(block);
        if (n == 0) {
            return;
        }
        for (int i = 0; i < n; i++) {
            int slot = cluster.listed()[i];
            asm.rm(i == 0 ? Op.MOV : Op.OR, 64, Reg.RAX, Registers.area((slot << 3) + Long.BYTES));
            if (cluster.scalars.of(slot) < Long.SIZE) {
                asm.rm(Op.OR, 64, Reg.RAX, Registers.area((slot << 3) + Integer.BYTES));
            }
        }
        asm.rr(Op.TEST, 64, Reg.RAX, Reg.RAX);
        if (cluster.firstTier[block] != 0) {
            asm.jccTo(Cond.NE, cluster.firstTier[block]);
        } else {
            exits.interpretIf(Cond.NE, cluster.start[block] - own);
        }
    }

    /**
     * Adds code of a block of the cluster: first that of each block in order with the flags that it mostly begins with, then what is missing.
     * Returns its bytes.
     *
     * @param byChoice see {@link Cluster#setCurrent}
     */
    int add(Cluster cluster, int block, boolean byChoice, IrBuilder ir, ClusterPages code) {
        if (cluster.isLoopHead(block)) {
            asm.align(LOOP_ALIGNMENT);
        }
        int start = asm.position();
        cluster.setCurrent(block, byChoice);
        asm.bind(cluster.currentLabel());
        int end = ir.endOperation();
        int next = ir.op[end] == JUMP ? cluster.find(ir.imm[end]) : -1;
        body(ir, code, cluster, next < 0 || cluster.closesCycle(next) || cluster.needsFlags(next) || cluster.jumpChecks(next) != 0);
        return asm.position() - start;
    }

    private void begin(long codeAddress, Stubs stubs, Cluster cluster) {
        asm.reset(codeAddress);
        records.start();
        sites.start();
        outOfLine.start();
        constants.start();
        tables.start();
        exits.start(stubs, layout, cluster);
    }

    private void body(IrBuilder ir, RegionGuess guess, Cluster cluster, boolean flagsEnd) {
        Homes homes = cluster == null ? Homes.NONE : cluster.homes;
        if (cluster != null) {
            sums.share(ir, cluster);
        }
        live.run(ir, homes, cluster, flagsEnd);
        regs.start(ir, layout, homes, cluster == null ? NOTHING : cluster.listed(), cluster == null ? 0 : cluster.dirtyAtCurrent());
        eflags.start(ir);
        records.startBlock(ir, cluster == null ? null : cluster.flagsBefore());
        integer.start(ir);
        flags.start(ir);
        memory.start(ir, guess, cluster);
        atomic.start(ir);
        exits.startBlock(ir);
        vector.start(ir);
        floats.start(ir);
        crypto.start(ir);
        strings.start(ir);
        int end = ir.endOperation();
        listing.block(ir.lastOperation());
        short[] ops = ir.op;
        for (int i = 1; i <= end; i++) {
            int op = ops[i];
            int kind = OpInfo.kind(op);
            if ((kind & OpInfo.VIRTUAL) != 0) {
                readHome(ir, i, op);
            } else if ((kind & OpInfo.STAYING) != 0 || live.last[i] != 0 || live.flagsLast[i] != 0) {
                lower(ir, i, op);
            }
        }
        for (int sum = end + 1; sum <= ir.lastOperation(); sum++) {
            listing.operation(sum);
        }
    }

    /** What comes behind all blocks, and the description. @param cluster null if there is one block */
    void finish(Cluster cluster, CompiledBlock out) {
        int body = asm.position();
        exits.emitOutOfLine();
        if (!constants.isEmpty()) {
            listing.outOfLine(out.startOffset, OutOfLine.CONSTANTS);
            constants.emit();
        }
        if (!tables.isEmpty()) {
            listing.outOfLine(out.startOffset, OutOfLine.CONSTANTS);
            tables.emit(cluster);
        }
        asm.checkLabels();
        describe(body, out);
    }

    private void lower(IrBuilder ir, int i, int op) {
        regs.begin(i);
        eflags.begin(i);
        listing.operation(i);
        switch (THEME[op]) {
            case NONE -> bookkeeping(ir, i, op);
            case INTEGER -> integer.lower(i);
            case FLAGS -> flags.lower(i);
            case MEMORY -> memory.lower(i);
            case ATOMIC -> atomic.lower(i);
            case EXIT -> exits.lower(i);
            case VECTOR -> vector.lower(i);
            case FLOAT -> floats.lower(i);
            case CRYPTO -> crypto.lower(i);
            default -> strings.lower(i);
        }
    }

    private void readHome(IrBuilder ir, int i, int op) {
        if (op == READ_REG || op == READ_VEC) {
            regs.readHome(i, (int) ir.imm[i] >> 3);
        } else if (op == READ_FLAGS) {
            regs.readHome(i, Registers.FLAGS_SLOT);
        }
    }

    private void bookkeeping(IrBuilder ir, int i, int op) {
        switch (op) {
            case BEGIN -> {
                sites.instruction = ir.place(i);
                listing.instruction(sites.instruction, i);
            }
            case SET_REG, SET_VEC -> regs.commit((int) ir.imm[i] >> 3, ir.a[i]);
            case SET_FLAGS -> regs.commit(Registers.FLAGS_SLOT, ir.a[i]);
            default -> { }
        }
    }

    private void describe(int body, CompiledBlock out) {
        out.length = asm.position();
        out.bodyLength = body;
        out.relocations = asm.relocations();
        out.listing = listing.toArray();
        out.operationStart = listing.operations();
        out.exits = Arrays.copyOf(exits.exits, exits.exitCount * ExitLowering.EXIT_FIELDS);
        out.regions = Arrays.copyOf(sites.regions, sites.regionCount * Sites.REGION_FIELDS);
        out.siteOffset = Arrays.copyOf(sites.codeOffset, sites.count);
        out.siteRecord = Arrays.copyOf(sites.record, sites.count);
        out.sitePlace = Arrays.copyOf(sites.place, sites.count);
        out.siteAccess = Arrays.copyOf(sites.access, sites.count);
        out.siteDisplacement = Arrays.copyOf(sites.displacement, sites.count);
        out.siteImmediate = Arrays.copyOf(sites.immediate, sites.count);
        out.siteEnd = Arrays.copyOf(sites.end, sites.count);
        out.records = Arrays.copyOf(records.words, records.count);
        out.constants = Arrays.copyOf(records.constants, records.constantCount);
        out.flagsOffset = layout.flagsOffset();
        out.pcOffset = layout.pcOffset();
    }
}
