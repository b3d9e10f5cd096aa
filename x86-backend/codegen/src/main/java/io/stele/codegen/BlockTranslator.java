package io.stele.codegen;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.memory.RawMemory;
import java.util.function.Consumer;

/**
 * Guest code to x86-64 code, one block at a time. A block that exceeds a limit of the translator, or meets a fault of it, gets shorter, at last
 * a single instruction that the interpreter executes: no guest code can make a translation fail. One instance belongs to one thread and reuses
 * its memory.
 */
public final class BlockTranslator {
    /** Instructions in one block. */
    public static final int MAX_INSTRUCTIONS = 32;
    /** Bytes of a guest page that no block exceeds. */
    public static final int MAX_GUEST_BYTES = 4 * MAX_INSTRUCTIONS;
    /** Bytes of code that no block exceeds. */
    public static final int MAX_CODE_BYTES = 64 << 10;

    private final GuestIsa isa;
    private final Consumer<String> log;
    private final IrBuilder builder = new IrBuilder();
    private final BlockCompiler compiler;
    private boolean reported;
    /** Null unless asked for. */
    private CodeCensus census;
    private boolean listingWanted;
    private int shortened;
    private long decodingNanos;
    private long encodingNanos;

    /** @param log receives one line when a block had to be shortened for the first time */
    public BlockTranslator(GuestIsa isa, HostFeatures host, Consumer<String> log) {
        this.isa = isa;
        this.log = log;
        host.tell(builder);
        compiler = new BlockCompiler(new GuestLayout(isa.pcOffset(), isa.flagsOffset()), host);
    }

    /** The operations of the last block. */
    public IrBuilder builder() {
        return builder;
    }

    /** What compiles the blocks, with the code of the last one. */
    public BlockCompiler compiler() {
        return compiler;
    }

    /** Asks for {@link CompiledBlock#listing}. */
    public void listing(boolean wanted) {
        listingWanted = wanted;
    }

    /** From now on, has a census count what becomes of guest instructions. @param to null: none */
    public void countFor(CodeCensus to) {
        census = to;
    }

    /** How many blocks were shortened so far. */
    public int shortened() {
        return shortened;
    }

    /** How long guest code was decoded and made into IR, whose passes run while it is made. */
    public long decodingNanos() {
        return decodingNanos;
    }

    /** How long IR was made into x86 code: liveness, registers, encoding. */
    public long encodingNanos() {
        return encodingNanos;
    }

    /**
     * Translates the block at a page offset; other parameters as of {@link GuestIsa#translate} and {@link BlockCompiler#compile}. The code has at
     * most {@link #MAX_CODE_BYTES} bytes, and may be moved.
     */
    public void translate(long codePage, int offset, int codeMode, long codeAddress, Stubs stubs, RegionGuess guess, CompiledBlock out) {
        int limit = MAX_INSTRUCTIONS;
        while (!fits(codePage, offset, codeMode, limit, codeAddress, stubs, guess, out)) {
            limit = Math.min(limit, builder.instructions()) / 2;
        }
        if (limit < MAX_INSTRUCTIONS) {
            shortened++;
        }
    }

    private boolean fits(long codePage, int offset, int codeMode, int limit, long codeAddress, Stubs stubs, RegionGuess guess, CompiledBlock out) {
        if (limit == 0) {
            builder.reset(offset, codeMode, isa.dataView(codeMode));
            builder.beginInstruction(offset, 0);
            builder.interpret();
            builder.endInstruction();
            compiler.compile(builder, codeAddress, stubs, guess, out);
            return true;
        }
        String reason;
        try {
            boolean counted = census != null && census.isDue();
            compiler.listing(counted || listingWanted);
            long started = System.nanoTime();
            isa.translate(codePage, offset, codeMode, limit, builder);
            long decoded = System.nanoTime();
            compiler.compile(builder, codeAddress, stubs, guess, out);
            long encoded = System.nanoTime();
            decodingNanos += decoded - started;
            encodingNanos += encoded - decoded;
            if (counted) {
                count(codePage, decoded - started, encoded - decoded, out);
            }
            if (out.length <= MAX_CODE_BYTES) {
                return true;
            }
            reason = out.length + " bytes of code";
        } catch (RuntimeException e) {
            reason = e.getMessage() == null ? e.toString() : e.getMessage();
        }
        if (!reported) {
            reported = true;
            log.accept("a block of " + builder.instructions() + " instructions is translated in parts: " + reason);
        }
        return false;
    }

    private void count(long codePage, long translationNanos, long compilationNanos, CompiledBlock out) {
        long started = System.nanoTime();
        for (int i = 0; i < builder.instructions(); i++) {
            isa.isInstruction(RawMemory.getInt(codePage + builder.startOffset() + 4L * i));
        }
        long decoded = System.nanoTime();
        compiler.analyse(builder);
        census.take(builder, out, compiler.code(), decoded - started, translationNanos, System.nanoTime() - decoded, compilationNanos);
        if (!listingWanted) {
            out.dropListing();
        }
    }
}
