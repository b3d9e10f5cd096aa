package io.stele.codegen.listing;

import io.stele.codegen.CompiledBlock;
import io.stele.ir.IrBlock;
import io.stele.ir.IrBuilder;
import io.stele.ir.PackedNumbers;
import java.io.IOException;

/**
 * What {@link ListingWriter} needs of a compiled block, as numbers: made and kept for a small part of what its text would cost. One instance
 * is reused for many blocks.
 */
public final class ListedBlock {
    private final IrBuilder ir = new IrBuilder();

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

    /** Writes the block that {@link #pack} put next. @param origin as of {@link ListingWriter#block} */
    public void write(PackedNumbers from, ListingWriter writer, String origin, Appendable out) throws IOException {
        ir.unpack(from);
        CompiledBlock block = CompiledBlock.unpack(from);
        block.listing = from.getInts();
        block.operationStart = from.getAscending();
        byte[] code = from.getBytes();
        writer.block(ir, block, code, from.get(), from.get(), origin, out);
    }
}
