package io.stele.runtime.code;

import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;

/** Where execution goes on after a block for certain, as far as it stays in the page: what is worth translating with the block. */
final class Successors {
    private static final int CAPACITY = 64;
    private static final int INSTRUCTION_BYTES = 4;

    private final int[] offsets = new int[CAPACITY];
    private int count;

    void clear() {
        count = 0;
    }

    /** Takes out a page offset; -1 if there is none. */
    int next() {
        return count == 0 ? -1 : offsets[--count];
    }

    private void add(long offset) {
        if (offset >= 0 && offset < CodePages.PAGE_BYTES && count < CAPACITY) {
            offsets[count++] = (int) offset;
        }
    }

    /**
     * Adds the successors of the block that was built last: the target of the jump at its end, and what lies behind a call or an instruction
     * that leaves to Java. Side exits are left out: more than half of them are never taken.
     */
    void of(IrBuilder block) {
        int last = block.count - 1;
        long behind = block.startOffset() + (long) block.instructions() * INSTRUCTION_BYTES;
        boolean returns = block.op[last] == Opcode.LEAVE || block.op[last] == Opcode.INTERPRET;
        for (int i = 1; i <= last; i++) {
            if (block.op[i] == Opcode.PAGE_ADDRESS && block.imm[i] == behind) {
                // A call names the address that it returns to.
                returns = true;
            }
        }
        if (returns) {
            add(behind);
        }
        if (block.op[last] == Opcode.JUMP) {
            add(block.imm[last]);
        }
    }
}
