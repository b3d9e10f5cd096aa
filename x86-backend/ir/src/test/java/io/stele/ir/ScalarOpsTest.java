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

    private int value() {
        b.reset(0, 0, 0);
        b.beginInstruction(0, 0);
        return b.readReg(64, 0);
    }

    private int loadedByte() {
        return b.load(1, false, 32, value(), IrBuilder.VIEW_CURRENT);
    }

    @Test
    void whatCannotHaveMoreBitsIsNotExtended() {
        int v = loadedByte();
        assertEquals(v, b.zext(8, 32, v));
        assertEquals(v, b.sext(32, 64, v));
        assertEquals(v, b.and(32, v, b.constant(32, 0xff)));
        assertEquals(v, b.trunc(b.ubfx(64, v, 0, 16)));
        assertEquals(Opcode.SEXT, b.op[b.sext(8, 32, v)]);
        int signed = b.load(1, true, 32, b.readReg(64, 0), IrBuilder.VIEW_CURRENT);
        assertEquals(Opcode.ZEXT, b.op[b.zext(8, 32, signed)]);
    }

    @Test
    void aMaskThatClearsNothingIsLeftOut() {
        int v = loadedByte();
        assertEquals(v, b.and(32, v, b.constant(32, 0xffff00ff)));
        int pair = b.bfi(32, v, b.load(1, false, 32, b.constant(64, 0), IrBuilder.VIEW_CURRENT), 8, 8);
        assertEquals(Opcode.OR, b.op[pair]);
        assertEquals(v, b.a[pair]);
        assertEquals(pair, b.zext(16, 32, pair));
        assertEquals(Opcode.ZEXT, b.op[b.and(32, pair, b.constant(32, 0xffff00ff))]);
        assertEquals(0, b.imm[b.and(32, v, b.constant(32, 0x700))]);
    }

    @Test
    void theUppermostFieldIsAShift() {
        int v = b.shl(32, loadedByte(), b.constant(32, 8));
        assertEquals(Opcode.LSHRI, b.op[b.ubfx(64, v, 10, 6)]);
        assertEquals(Opcode.UBFX, b.op[b.ubfx(64, v, 10, 5)]);
        int wide = b.lshr(64, b.readReg(64, 0), b.constant(64, 40));
        assertEquals(wide, b.trunc(wide));
        assertEquals(Opcode.TRUNC, b.op[b.trunc(b.lshr(64, b.readReg(64, 0), b.constant(64, 31)))]);
    }
}
