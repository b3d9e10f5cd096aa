package io.stele.codegen;

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
    private final CompiledBlock block = new CompiledBlock();

    /** Empty. */
    public ListedBlock() {}

    /** Appends a block to a row of numbers; parameters as of {@link ListingWriter#block}. */
    public static void pack(IrBlock operations, CompiledBlock compiled, byte[] code, long codeAddress, long pageAddress, PackedNumbers to) {
        operations.pack(compiled.operationStart.length - 1, to);
        to.put(compiled.startOffset);
        to.put(compiled.instructions);
        to.put(compiled.length);
        to.put(compiled.bodyLength);
        to.put(compiled.listing);
        packPositions(compiled.operationStart, to);
        to.put(compiled.exits);
        to.put(compiled.regions);
        packPositions(compiled.siteOffset, to);
        to.put(code, compiled.length);
        to.put(codeAddress);
        to.put(pageAddress);
    }

    /** Writes the block that {@link #pack} put next. @param origin as of {@link ListingWriter#block} */
    public void write(PackedNumbers from, ListingWriter writer, String origin, Appendable out) throws IOException {
        ir.unpack(from);
        block.startOffset = from.getInt();
        block.instructions = from.getInt();
        block.length = from.getInt();
        block.bodyLength = from.getInt();
        block.listing = from.getInts();
        block.operationStart = positions(from);
        block.exits = from.getInts();
        block.regions = from.getInts();
        block.siteOffset = positions(from);
        byte[] code = from.getBytes();
        writer.block(ir, block, code, from.get(), from.get(), origin, out);
    }

    /** Positions mostly follow each other closely. */
    private static void packPositions(int[] positions, PackedNumbers to) {
        to.put(positions.length);
        int previous = 0;
        for (int position : positions) {
            to.put(position - previous);
            previous = position;
        }
    }

    private static int[] positions(PackedNumbers from) {
        int[] positions = new int[from.getInt()];
        int previous = 0;
        for (int i = 0; i < positions.length; i++) {
            previous += from.getInt();
            positions[i] = previous;
        }
        return positions;
    }
}
