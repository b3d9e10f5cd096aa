package io.stele.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The text of IR operations names values, registers, sizes and targets. */
final class IrTextTest {
    private final IrBuilder b = new IrBuilder();

    private String text() {
        return new IrText(offset -> "r" + offset / 8).block(b);
    }

    @Test
    void memoryOperationsShowBaseKAndDisplacement() {
        b.reset(0x40, 0, 1);
        b.beginInstruction(0x40, 0xf9400820);
        int base = b.readReg(64, 8);
        b.writeReg(64, 0, b.load(2, true, 64, b.add(64, base, b.constant(64, 16)), IrBuilder.VIEW_CURRENT));
        b.store(4, b.add(64, base, b.constant(64, -8)), b.constant(32, 100), 0);
        b.endInstruction();
        b.jump(0x44);
        assertEquals("""
            -- page+0x40: 0xf9400820
            %2 = read.reg r1
            %4 = add.64 %2, 0x10
            %5 = region.privileged %2
            %6 = load.64 s16 [%2 + %5 + 0x10]
            %8 = add.64 %2, -8
            %10 = region.unprivileged %2
            store.32 [%2 + %10 - 8], 0x64
            set.reg r0, %6
            jump page+0x44
            """, text());
    }

    /** Two accesses with indices off one base, one with an index that says itself where it leads. */
    @Test
    void accessesWithSmallIndicesShareTheSumOfBaseAndK() {
        b.shareBases(true);
        b.reset(0, 0, 1);
        b.beginInstruction(0, 1);
        int base = b.readReg(64, 8);
        int index = b.zext(8, 32, b.readReg(64, 16));
        int first = b.load(4, false, 32, b.add(64, base, b.shl(64, index, b.constant(64, 2))), IrBuilder.VIEW_CURRENT);
        b.writeReg(32, 0, first);
        b.store(1, b.add(64, base, index), first, IrBuilder.VIEW_CURRENT);
        b.store(1, b.add(64, base, b.readReg(64, 24)), first, IrBuilder.VIEW_CURRENT);
        b.endInstruction();
        b.jump(4);
        assertEquals("""
            -- page+0: 1
            %2 = read.reg r1
            %3 = read.reg r2
            %4 = zext.32 %3 from 8
            %6 = shli.64 %4, 2
            %7 = add.shifted.64 %2, %4, 2
            %8 = region.privileged %2
            %9 = add.64 %2, %8
            %10 = load.32 u32 [%4 << 2 + %9]
            %11 = add.64 %2, %4
            store.8 [%4 + %9], %10
            %13 = read.reg r3
            %14 = add.64 %2, %13
            %15 = region.privileged %14
            store.8 [%14 + %15], %10
            set.reg r0, %10
            jump page+4
            """, text());
    }

    @Test
    void flagsConditionsAndExitsAreNamed() {
        b.reset(0, 0, 1);
        b.beginInstruction(0, 1);
        int difference = b.subs(64, b.readReg(64, 0), b.readReg(64, 8));
        b.writeFlags(b.flagsOf(difference));
        b.endInstruction();
        b.beginInstruction(4, 2);
        b.jumpIf(b.test(11, b.readFlags()), 0);
        b.jumpIf(b.bitSet(64, b.readReg(64, 0), 5), 0x80);
        b.endInstruction();
        b.beginInstruction(8, 3);
        b.leave(7, 0x1234);
        b.endInstruction();
        assertEquals("""
            -- page+0: 1
            %2 = read.reg r0
            %3 = read.reg r1
            %4 = subs.64 %2, %3
            %5 = flags.of %4
            set.flags %5
            -- page+4: 2
            %8 = cond.flags.lt %5
            jump.if %8, page+0 checked
            %10 = cond.bit.64 %2 set 5
            jump.if %10, page+0x80
            -- page+8: 3
            leave reason 7, 0x1234
            """, text());
    }

    @Test
    void everyOperationHasAName() throws ReflectiveOperationException {
        for (var field : Opcode.class.getFields()) {
            int op = field.getInt(null);
            if (op < Opcode.COUNT) {
                assertEquals(field.getName().toLowerCase(java.util.Locale.ROOT).replace('_', '.'), OpInfo.name(op));
            }
        }
    }
}
