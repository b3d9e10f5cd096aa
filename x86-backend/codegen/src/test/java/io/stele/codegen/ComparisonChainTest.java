package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.ir.Condition;
import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which conditional jumps are chains of comparisons. */
class ComparisonChainTest {
    private static final int X0 = 0;
    private static final int X1 = 8;
    private static final int ZERO = 4;

    private final IrBuilder b = new IrBuilder();

    @BeforeEach
    void start() {
        b.reset(0, 0, 0);
        b.beginInstruction(0, 0);
    }

    /** The flags of a comparison of two registers, which become the guest's. */
    private int compare() {
        return guest(b.flagsOf(b.subs(64, b.readReg(64, X0), b.readReg(64, X1))));
    }

    private int guest(int flags) {
        b.writeFlags(flags);
        b.endInstruction();
        b.beginInstruction(4, 0);
        return flags;
    }

    /** Those of one with a constant if a condition holds on others, or else constants. */
    private int compareIf(int condition, int before, int constant, int nzcv) {
        int flags = b.flagsOf(b.subs(32, b.readReg(32, X0), b.constant(32, constant)));
        return guest(b.selectFlags(b.test(condition, before), flags, b.flagsFromNzcv(b.constant(32, nzcv))));
    }

    /** Ends the block with a jump, and the number of that. */
    private int jumpIf(int condition, int flags) {
        b.jumpIf(b.test(condition, flags), 0x100);
        b.endInstruction();
        b.beginInstruction(8, 0);
        b.jump(0x200);
        b.endInstruction();
        int i = b.endOperation();
        while (b.op[i] != Opcode.JUMP_IF) {
            i--;
        }
        return i;
    }

    @Test
    void oneComparisonIsNoChain() {
        assertEquals(0, ComparisonChain.length(b, jumpIf(Condition.EQUAL, compare())));
    }

    @Test
    void eachConditionalComparisonIsALink() {
        int jump = jumpIf(Condition.NOT_EQUAL, compareIf(Condition.CARRY, compareIf(Condition.EQUAL, compare(), 7, ZERO), 9, 0));
        assertEquals(2, ComparisonChain.length(b, jump));
        int last = b.a[jump];
        assertTrue(ComparisonChain.otherwise(b, last));
        assertTrue(ComparisonChain.comparesIfTrue(b, last));
        int first = ComparisonChain.before(b, last);
        assertFalse(ComparisonChain.otherwise(b, first));
        assertEquals(Opcode.COND_FLAGS, b.op[ComparisonChain.before(b, first)]);
    }

    @Test
    void longerChainsBeginInTheMiddle() {
        int flags = compare();
        for (int i = 0; i < 2 * ComparisonChain.MOST; i++) {
            flags = compareIf(Condition.EQUAL, flags, i, ZERO);
        }
        assertEquals(ComparisonChain.MOST, ComparisonChain.length(b, jumpIf(Condition.EQUAL, flags)));
    }

    @Test
    void flagsThatAnAccessMayShowAreMade() {
        int flags = compareIf(Condition.EQUAL, compare(), 7, ZERO);
        b.writeReg(64, X1, b.load(8, false, 64, b.readReg(64, X1), IrBuilder.VIEW_CURRENT));
        assertEquals(0, ComparisonChain.length(b, jumpIf(Condition.EQUAL, flags)));
    }

    @Test
    void flagsThatSomebodyElseReadsAreMade() {
        int flags = compareIf(Condition.EQUAL, compare(), 7, ZERO);
        b.writeReg(64, X1, b.select(64, b.test(Condition.LESS, flags), b.readReg(64, X0), b.readReg(64, X1)));
        assertEquals(0, ComparisonChain.length(b, jumpIf(Condition.EQUAL, flags)));
    }
}
