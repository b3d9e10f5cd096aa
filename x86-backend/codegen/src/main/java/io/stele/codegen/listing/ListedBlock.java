package io.stele.codegen.listing;

import io.stele.codegen.ClusterFacts;
import io.stele.codegen.CompiledBlock;
import io.stele.ir.IrBlock;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import io.stele.ir.PackedNumbers;
import java.io.IOException;

/**
 * What {@link ListingWriter} needs of a compiled block, as numbers: made and kept for a small part of what its text would cost. One instance
 * may be reused for many blocks.
 */
public final class ListedBlock {
    private final IrBuilder ir = new IrBuilder();
    private CompiledBlock block;
    /** Null for a block of the first tier. */
    private ClusterFacts facts;
    private byte[] code;
    private long codeAddress;
    private long pageAddress;

    /** Empty. */
    public ListedBlock() {}

    /** Appends a block to a row of numbers; parameters as of {@link ListingWriter#block}. */
    public static void pack(IrBlock operations, CompiledBlock compiled, ClusterFacts facts, byte[] code, long codeAddress, long pageAddress,
            PackedNumbers to) {
        operations.pack(compiled.operationStart.length - 1, to);
        compiled.pack(to);
        to.put(compiled.listing);
        to.putAscending(compiled.operationStart);
        to.put(code, compiled.length);
        to.put(codeAddress);
        to.put(pageAddress);
        to.put(facts == null ? 0 : 1);
        if (facts != null) {
            facts.pack(to);
        }
    }

    /** Takes over the block that {@link #pack} put next. */
    public void read(PackedNumbers from) {
        ir.unpack(from);
        block = CompiledBlock.unpack(from);
        block.listing = from.getInts();
        block.operationStart = from.getAscending();
        code = from.getBytes();
        codeAddress = from.get();
        pageAddress = from.get();
        facts = from.get() == 0 ? null : ClusterFacts.unpack(from);
    }

    /** Guest virtual address of what was asked for. */
    public long start() {
        return pageAddress + block.startOffset;
    }

    /** How many blocks begin in the block that was read: one, unless it is a cluster. */
    public int starts() {
        return facts == null ? 1 : facts.blocks();
    }

    /** Guest virtual address of one of them. */
    public long start(int n) {
        return pageAddress + (facts == null ? block.startOffset : facts.start(n));
    }

    /** Control comes to it from outside. */
    public boolean isEntry(int n) {
        return facts == null || facts.isEntry(n);
    }

    /** Lists the operations of what was read before and after each pass, block by block. @param mode what it was translated for */
    public void writePasses(PassListing passes, int mode, ListingRows out) throws IOException {
        int begin = 0;
        int instructions = 0;
        for (int i = 1; i < block.operationStart.length; i++) {
            if (ir.op[i] != Opcode.BEGIN) {
                continue;
            }
            if (begin != 0 && facts != null && facts.find(ir.place(i)) >= 0) {
                passes.block(ir, begin, instructions, mode, pageAddress, out);
                begin = 0;
                instructions = 0;
            }
            begin = begin == 0 ? i : begin;
            instructions++;
        }
        passes.block(ir, begin, instructions, mode, pageAddress, out);
    }

    /** Writes the block that was read. @param origin as of {@link ListingWriter#block} */
    public void write(ListingWriter writer, String origin, ListingRows out) throws IOException {
        writer.block(ir, block, facts, code, codeAddress, pageAddress, origin, out);
    }
}
