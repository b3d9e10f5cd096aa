package io.stele.tools.machine;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.system.CpuFeatures;
import io.stele.codegen.BlockCompiler;
import io.stele.codegen.BlockTranslator;
import io.stele.codegen.ClusterTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.SinglePage;
import io.stele.codegen.Stubs;
import io.stele.codegen.listing.ListingRows;
import io.stele.codegen.listing.ListingWriter;
import io.stele.codegen.listing.PassListing;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.code.CodeCache;
import java.io.IOException;
import java.lang.foreign.Arena;

/** Translates given A64 instructions as code of a kernel (EL1, FP enabled, FPCR 0), without a VM, and lists them. */
final class CodeListing {
    private static final int PAGE_BYTES = 4096;
    /** Permanently undefined: UDF #0. */
    private static final int UDF = 0;
    /** CPACR_EL1.FPEN: no FP instruction is trapped. */
    private static final long FP_ENABLED = 3L << 20;
    /** Stand-ins for where the stubs and the code cache are in a VM. */
    private static final Stubs STUBS = new Stubs(0x10_0000, 0x10_0010, 0x10_0020, 0x10_0030, 0x10_0100, 0x10_0110, 0x10_0200, 0x10_0300, 0);
    private static final long CODE = 0x100_0000;
    private static final int CODE_ALIGNMENT = 16;

    private final GuestIsa isa = new Arm64Isa(CpuFeatures.DESCRIBED, null, null, null, null, line -> { });
    private final BlockTranslator translator = new BlockTranslator(isa, CodeCache.hostFeatures(), line -> System.err.println("stele: " + line));
    private final ListingWriter writer = new ListingWriter(isa, STUBS);
    private final CompiledBlock block = new CompiledBlock();
    private final ListingRows out;
    /** Null unless passes are listed, too. */
    private final PassListing passes;
    private long next = CODE;

    private CodeListing(boolean passes, ListingRows out) {
        this.out = out;
        this.passes = passes ? new PassListing(isa, CodeCache.hostFeatures()) : null;
        translator.listing(true);
    }

    /** Writes the listing of a piece of code, block after block in the order of addresses. */
    static void list(GivenCode code, ListingRows out) throws IOException {
        int[] words = code.words();
        CodeListing listing = new CodeListing(code.passes(), out);
        listing.writer.head(out);
        try (Arena arena = Arena.ofConfined()) {
            int mode = kernelMode(listing.isa, arena.allocate(PAGE_BYTES, 8).address());
            long page = arena.allocate(PAGE_BYTES, PAGE_BYTES).address();
            int done = 0;
            while (done < words.length) {
                long start = code.address() + 4L * done;
                int offset = (int) start & PAGE_BYTES - 1;
                int count = Math.min(words.length - done, (PAGE_BYTES - offset) / 4);
                for (int at = 0; at < PAGE_BYTES; at += 4) {
                    int index = (at - offset) / 4;
                    RawMemory.putInt(page + at, at >= offset && index < count ? words[done + index] : UDF);
                }
                listing.page(page, start & -PAGE_BYTES, offset, offset + 4 * count, mode);
                if (code.cluster() && done == 0) {
                    listing.cluster(page, start & -PAGE_BYTES, offset, offset + 4 * count, mode);
                }
                done += count;
            }
        }
    }

    /** @param state zeroed state block */
    private static int kernelMode(GuestIsa isa, long state) {
        RawMemory.putLong(state + GuestState.PSTATE_OFFSET, Pstate.EL1H);
        RawMemory.putLong(state + GuestState.CPACR_EL1_OFFSET, FP_ENABLED);
        return isa.codeMode(state);
    }

    /** Lists the blocks of the code from {@code start} up to {@code end} in a page. */
    private void page(long contents, long pageAddress, int start, int end, int mode) throws IOException {
        int at = start;
        while (at < end) {
            translator.translate(contents, at, mode, next, STUBS, (view, base, addend) -> 0, block);
            if (passes != null) {
                passes.block(translator.builder(), 1, block.instructions, mode, pageAddress, out);
            }
            writer.block(translator.builder(), block, null, translator.compiler().code(), next, pageAddress, "", out);
            next = next + block.length + CODE_ALIGNMENT - 1 & -CODE_ALIGNMENT;
            at += 4 * block.instructions;
        }
        if (at > end) {
            out.comment("The given code ends before 0x" + Long.toHexString(pageAddress + end) + "; the udf there stands in for what follows.");
        }
    }

    /** Lists the cluster that begins at {@code start}, of blocks up to {@code end}. */
    private void cluster(long contents, long pageAddress, int start, int end, int mode) throws IOException {
        ClusterTranslator clusters = new ClusterTranslator(isa, CodeCache.hostFeatures());
        clusters.listing(true);
        if (clusters.translate(new SinglePage(contents, start, end, CODE), start, mode, false, next, STUBS, block)) {
            writer.block(clusters.operations(), block, clusters.facts(), clusters.code(), next, pageAddress, "", out);
        } else {
            out.comment("No cluster begins at 0x" + Long.toHexString(pageAddress + start) + ": there is no loop in what is reached from it.");
        }
    }
}
