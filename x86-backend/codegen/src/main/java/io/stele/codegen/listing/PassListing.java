package io.stele.codegen.listing;

import io.stele.codegen.HostFeatures;
import io.stele.codegen.NeededOperations;
import io.stele.guest.GuestIsa;
import io.stele.ir.IrBlock;
import io.stele.ir.IrBuilder;
import io.stele.ir.IrText;
import io.stele.ir.Opcode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Lists the operations of a block before and after the passes that its translation has, without code: it is translated again for that, twice.
 * One instance belongs to one thread.
 */
public final class PassListing {
    private static final int PAGE_BYTES = 4096;

    private final GuestIsa isa;
    private final IrText irText;
    /** Operations as the guest's translator asks for them. */
    private final IrBuilder made = IrBuilder.plain();
    private final IrBuilder simplified = new IrBuilder();
    private final ListingRow row = new ListingRow();
    private final MemorySegment page = Arena.ofAuto().allocate(PAGE_BYTES, 4);

    /** @param isa translates and disassembles; @param host what the code was made for */
    public PassListing(GuestIsa isa, HostFeatures host) {
        this.isa = isa;
        irText = new IrText(isa::stateName);
        host.tell(made);
        host.tell(simplified);
    }

    /**
     * Lists a block of the first tier, or one of a cluster.
     *
     * @param operations have its instructions
     * @param begin index of the operation that begins its first instruction
     * @param instructions how many it has
     * @param mode what it was translated for
     * @param pageAddress guest virtual address of the code page
     */
    public void block(IrBlock operations, int begin, int instructions, int mode, long pageAddress, ListingRows out) throws IOException {
        int start = operations.place(begin);
        int found = 0;
        for (int i = begin; found < instructions; i++) {
            if (operations.op[i] == Opcode.BEGIN) {
                page.set(ValueLayout.JAVA_INT, (start & PAGE_BYTES - 1) + 4L * found, operations.word(i));
                found++;
            }
        }
        long from = pageAddress + (start & -PAGE_BYTES);
        isa.translate(page.address(), start & PAGE_BYTES - 1, mode, instructions, made);
        isa.translate(page.address(), start & PAGE_BYTES - 1, mode, instructions, simplified);
        out.block("block 0x" + Long.toHexString(pageAddress + start) + ", passes");
        pass("as the translator asks for them", made, null, from, out);
        pass("simplified while they are made: constants folded, equal values and region checks shared, registers read once", simplified, null, from, out);
        pass("after liveness: what code or a fault needs", simplified, NeededOperations.of(simplified), from, out);
    }

    private void pass(String what, IrBuilder operations, boolean[] needed, long pageAddress, ListingRows out) throws IOException {
        int count = 0;
        for (int i = 1; i <= operations.endOperation(); i++) {
            count += isListed(operations, i, needed) && operations.op[i] != Opcode.BEGIN ? 1 : 0;
        }
        out.part(count + " operations " + what);
        for (int i = 1; i <= operations.endOperation(); i++) {
            if (operations.op[i] == Opcode.BEGIN) {
                row.pageOffset = operations.place(i);
                row.instruction = true;
                row.word = operations.word(i);
                row.guest = isa.disassemble(row.word, pageAddress + row.pageOffset);
            } else if (isListed(operations, i, needed)) {
                irText.line(operations, i, row.ir);
                out.row(row);
                row.clear();
            }
        }
        row.clear();
    }

    private static boolean isListed(IrBuilder operations, int i, boolean[] needed) {
        return !IrText.isConstant(operations, i) && (needed == null || needed[i]);
    }
}
