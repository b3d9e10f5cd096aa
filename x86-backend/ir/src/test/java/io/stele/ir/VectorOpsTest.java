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

    private int guards() {
        int n = 0;
        for (int i = 1; i < b.count; i++) {
            n += b.op[i] == Opcode.INTERPRET_IF ? 1 : 0;
        }
        return n;
    }

    @Test
    void arithmeticOnHalvesHasOneGuard() {
        b.reset(0, 0, 0);
        b.floatControl(FloatControlOps.FLOAT_DEFAULT);
        b.beginInstruction(0, 0);
        b.hadd(8, b.readVec(0x120), b.readVec(0x130));
        assertEquals(1, guards());
        b.hcmpgt(8, b.readVec(0x120), b.readVec(0x130));
        assertEquals(1, guards());
    }
}
