package io.stele.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What the builder knows about the widths of values. */
class ScalarOpsTest {
    private final IrBuilder b = new IrBuilder();

    @Test
    void aWideIntegerMadeOfANarrowFloatIsTruncated() {
        b.reset(0, 0, 0);
        b.beginInstruction(0, 0);
        int wide = b.fToInt(32, 64, true, IrBuilder.ROUND_ZERO, 0, b.readVec(0x100));
        int low = b.sub(32, b.trunc(wide), b.constant(32, 0));
        assertEquals(Opcode.TRUNC, b.op[low]);
    }
}
