package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import io.stele.x86.Assembler;
import java.util.Arrays;

/**
 * Turns the IR of a block into x86-64 code: a backward pass for liveness, then one forward pass that allocates registers and emits code, then
 * the out-of-line parts. One instance belongs to one thread and reuses its memory.
 */
public final class BlockCompiler {
    private static final byte NONE = 0;
    private static final byte INTEGER = 1;
    private static final byte FLAGS = 2;
    private static final byte MEMORY = 3;
    private static final byte ATOMIC = 4;
    private static final byte EXIT = 5;
    private static final byte VECTOR = 6;
    private static final byte FLOAT = 7;
    private static final byte CRYPTO = 8;
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
    private final IntegerLowering integer;
    private final FlagsLowering flags = new FlagsLowering(asm, regs, live, eflags);
    private final MemoryLowering memory = new MemoryLowering(asm, regs, eflags, sites, outOfLine);
    private final AtomicLowering atomic = new AtomicLowering(asm, regs, live, eflags, sites);
    private final ExitLowering exits =
        new ExitLowering(asm, regs, eflags, sites, outOfLine, new StateStores(asm, regs, records), listing);
    private final VectorLowering vector;
    private final FloatLowering floats;
    private final CryptoLowering crypto = new CryptoLowering(asm, regs);
    private boolean listingWanted;

    public BlockCompiler(GuestLayout layout, HostFeatures host) {
        this.layout = layout;
        integer = new IntegerLowering(asm, regs, eflags, host);
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
        live.run(ir);
        asm.reset(codeAddress);
        regs.start(ir, layout);
        eflags.start(ir);
        records.start(ir);
        sites.start();
        outOfLine.start();
        constants.start();
        listing.start(listingWanted, ir.endOperation() + 1);
        integer.start(ir);
        flags.start(ir);
        memory.start(ir, guess);
        atomic.start(ir);
        exits.start(ir, stubs, layout);
        vector.start(ir);
        floats.start(ir);
        crypto.start(ir);
        int end = ir.endOperation();
        for (int i = 1; i <= end; i++) {
            lower(ir, i);
        }
        int body = asm.position();
        exits.emitOutOfLine();
        if (!constants.isEmpty()) {
            listing.outOfLine(ir.startOffset(), OutOfLine.CONSTANTS);
            constants.emit();
        }
        asm.checkLabels();
        describe(ir, body, out);
    }

    private void lower(IrBuilder ir, int i) {
        int op = ir.op[i];
        if (OpInfo.isLazy(op)) {
            readHome(ir, i, op);
            return;
        }
        if (!OpInfo.hasEffect(op) && live.last[i] == 0 && live.flagsLast[i] == 0) {
            return;
        }
        regs.begin(i);
        eflags.begin(i);
        listing.operation(i);
        switch (THEME[op]) {
            case INTEGER -> integer.lower(i);
            case FLAGS -> flags.lower(i);
            case MEMORY -> memory.lower(i);
            case ATOMIC -> atomic.lower(i);
            case EXIT -> exits.lower(i);
            case VECTOR -> vector.lower(i);
            case FLOAT -> floats.lower(i);
            case CRYPTO -> crypto.lower(i);
            default -> bookkeeping(ir, i, op);
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
                sites.instruction = (int) ir.imm[i];
                listing.instruction(sites.instruction, i);
            }
            case SET_REG, SET_VEC -> regs.commit((int) ir.imm[i] >> 3, ir.a[i]);
            case SET_FLAGS -> regs.commit(Registers.FLAGS_SLOT, ir.a[i]);
            default -> { }
        }
    }

    private void describe(IrBuilder ir, int body, CompiledBlock out) {
        out.startOffset = ir.startOffset();
        out.instructions = ir.instructions();
        out.length = asm.position();
        out.bodyLength = body;
        out.listing = listing.toArray();
        out.operationStart = listing.operations();
        out.exits = Arrays.copyOf(exits.exits, exits.exitCount * ExitLowering.EXIT_FIELDS);
        out.regions = Arrays.copyOf(sites.regions, sites.regionCount * Sites.REGION_FIELDS);
        out.siteOffset = Arrays.copyOf(sites.codeOffset, sites.count);
        out.siteInfo = Arrays.copyOf(sites.info, sites.count);
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
