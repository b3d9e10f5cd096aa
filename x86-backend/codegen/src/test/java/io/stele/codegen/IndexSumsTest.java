package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Loops over arrays at x3, x4, ... with the index x1, which moves by 8. */
class IndexSumsTest {
    private static final int VIEW = 1;
    private static final int INDEX = 8;
    private static final int RESULT = 16;
    private static final int BASES = 24;

    private final IrBuilder b = new IrBuilder();
    private final Cluster cluster = new Cluster();
    private int offset;

    private void begin() {
        cluster.clear(new SinglePage(0, 0, 4096, 0));
        cluster.add(0);
        cluster.entry[0] = true;
        cluster.firstTier[0] = 0x1000;
        b.reset(0, 0, VIEW);
        offset = 0;
        instruction(() -> b.writeReg(64, RESULT, b.constant(64, 7)));
    }

    private void instruction(Runnable operations) {
        b.beginInstruction(offset, 0);
        operations.run();
        b.endInstruction();
        offset += 4;
    }

    private int address(int array, int shift) {
        int base = b.readReg(64, BASES + 8 * array);
        int index = b.readReg(64, INDEX);
        return b.add(64, base, shift == 0 ? index : b.shl(64, index, b.constant(64, shift)));
    }

    private void access(int array, int shift) {
        instruction(() -> b.writeReg(64, RESULT, b.load(8, false, 64, address(array, shift), IrBuilder.VIEW_CURRENT)));
    }

    /** Ends the loop and makes sums; returns the bases of the accesses that use one. */
    private List<Integer> end() {
        instruction(() -> b.writeReg(64, INDEX, b.add(64, b.readReg(64, INDEX), b.constant(64, 8))));
        instruction(() -> b.jumpIf(b.isNonZero(64, b.readReg(64, INDEX)), 0));
        instruction(() -> b.jump(0x100));
        cluster.collect(b);
        cluster.describe(0, b);
        cluster.finish(0);
        cluster.chooseHomes(Homes.MOST_GENERAL, Homes.MOST_VECTORS);
        cluster.setCurrent(0, false);
        new IndexSums().share(b, cluster);
        List<Integer> bases = new ArrayList<>();
        for (int i = 1; i < b.endOperation(); i++) {
            if (b.op[i] == Opcode.LOAD && (b.x[i] & Opcode.INDEXED) != 0) {
                assertTrue(b.b[i] > b.endOperation());
                assertEquals(Opcode.REGION, b.op[b.kOf(b.b[i])]);
                assertEquals(Opcode.READ_REG, b.op[b.a[i]]);
                bases.add((int) (b.imm[b.a[i]] - BASES) / 8);
            }
        }
        return bases;
    }

    private int sums() {
        return b.lastOperation() - b.endOperation();
    }

    @Test
    void basesOfOneIndexShareItsSum() {
        begin();
        access(0, 0);
        access(1, 0);
        access(0, 0);
        access(2, 0);
        assertEquals(List.of(0, 1, 0, 2), end());
        assertEquals(1, sums());
        assertEquals(Opcode.ADD, b.op[b.lastOperation()]);
    }

    @Test
    void eachShiftOfTheIndexHasASum() {
        begin();
        access(0, 3);
        access(1, 0);
        access(2, 3);
        access(3, 0);
        assertEquals(List.of(0, 1, 2, 3), end());
        assertEquals(2, sums());
    }

    @Test
    void oneBaseNeedsNone() {
        begin();
        access(0, 0);
        access(0, 0);
        access(1, 3);
        assertEquals(List.of(), end());
        assertEquals(0, sums());
    }

    @Test
    void aBaseThatIsNeededForSomethingElseIsComputedAnyway() {
        begin();
        access(0, 0);
        access(1, 0);
        access(2, 0);
        instruction(() -> b.writeReg(64, RESULT, address(1, 0)));
        assertEquals(List.of(0, 2), end());
    }
}
