package io.stele.codegen.listing;

import io.stele.codegen.CompiledBlock;
import io.stele.ir.IrBlock;
import io.stele.ir.IrBuilder;
import io.stele.ir.PackedNumbers;
import java.io.IOException;

/**
 * What {@link ListingWriter} needs of a compiled block, as numbers: made and kept for a small part of what its text would cost. One instance
 * may be reused for many blocks.
 */
public final class ListedBlock {
    private final IrBuilder ir = new IrBuilder();
    private CompiledBlock block;
    private byte[] code;
    private long codeAddress;
    private long pageAddress;

    /** Empty. */
    public ListedBlock() {}

    /** Appends a block to a row of numbers; parameters as of {@link ListingWriter#block}. */
    public static void pack(IrBlock operations, CompiledBlock compiled, byte[] code, long codeAddress, long pageAddress, PackedNumbers to) {
        operations.pack(compiled.operationStart.length - 1, to);
        compiled.pack(to);
        to.put(compiled.listing);
        to.putAscending(compiled.operationStart);
        to.put(code, compiled.length);
        to.put(codeAddress);
        to.put(pageAddress);
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
    }

    /** Guest virtual address of the block that was read. */
    public long address() {
        return pageAddress + block.startOffset;
    }

    /** Writes the block that was read. @param origin as of {@link ListingWriter#block} */
    public void write(ListingWriter writer, String origin, ListingRows out) throws IOException {
        writer.block(ir, block, code, codeAddress, pageAddress, origin, out);
    }
}
