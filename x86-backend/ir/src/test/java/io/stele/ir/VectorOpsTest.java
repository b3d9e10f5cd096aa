package io.stele.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What the builder makes of vector operations. */
class VectorOpsTest {
    private final IrBuilder b = new IrBuilder();

    private int inserted(int e, int left, int right) {
        b.reset(0, 0, 0);
        b.beginInstruction(0, 0);
        int v = b.readVec(0x120);
        return b.op[b.vbsl(b.vconst(Lanes.repeat(e, -1L << left), Lanes.repeat(e, -1L << left)), b.vshl(e, v, left), b.vushr(e, v, right))];
    }

    @Test
    void aShiftThatInsertsWhereNothingIsIsAnOr() {
        assertEquals(Opcode.VOR, inserted(32, 12, 20));
        assertEquals(Opcode.VOR, inserted(8, 3, 5));
        assertEquals(Opcode.VOR, inserted(64, 1, 63));
        assertEquals(Opcode.VOR, inserted(16, 9, 8));
        assertEquals(Opcode.VBSL, inserted(32, 12, 19));
        assertEquals(Opcode.VBSL, inserted(64, 63, 0));
    }
}
