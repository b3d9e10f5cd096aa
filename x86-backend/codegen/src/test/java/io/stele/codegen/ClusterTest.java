package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.ir.IrBuilder;
import io.stele.ir.Opcode;
import io.stele.ir.VectorWidths;
import java.lang.reflect.Proxy;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** Which region checks a cluster leaves out, which edges look for interrupts, and what an entry has to load. */
class ClusterTest {
    private static final int X0 = 0;
    private static final int X1 = 8;
    private static final int X2 = 16;
    private static final int SECOND = 0x20;
    private static final int VIEW = 1;
    private static final int REGION = Homes.region(VIEW, 0);
    private static final long FIRST_TIER = 0x1000;
    private static final ClusterPages PAGE = new SinglePage(0, 0, 4096, 0);

    private final IrBuilder b = new IrBuilder();
    private final Cluster cluster = new Cluster();

    /** An instruction that does something else. */
    private void other(int offset) {
        b.beginInstruction(offset, 0);
        b.writeReg(64, X2, b.constant(64, offset));
        b.endInstruction();
    }

    /** Loads from [x0]. */
    private void access(int offset) {
        b.beginInstruction(offset, 0);
        b.writeReg(64, X2, b.load(8, false, 64, b.readReg(64, X0), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
    }

    /** Adds to x0: a constant, or x1. */
    private void move(int offset, long distance) {
        b.beginInstruction(offset, 0);
        b.writeReg(64, X0, b.add(64, b.readReg(64, X0), distance == 0 ? b.readReg(64, X1) : b.constant(64, distance)));
        b.endInstruction();
    }

    private void jumpBack(int offset, int target) {
        b.beginInstruction(offset, 0);
        b.jumpIf(b.isNonZero(64, b.readReg(64, X1)), target);
        b.endInstruction();
    }

    private void describe(int block) {
        cluster.describe(block, b);
    }

    private void finish() {
        cluster.finish(0);
        cluster.chooseHomes(Homes.MOST_GENERAL, Homes.MOST_VECTORS);
    }

    /** The access in the block just built needs no check. */
    private boolean isChecked(int block) {
        cluster.setCurrent(block, false);
        for (int i = 1; i <= b.endOperation(); i++) {
            if (b.op[i] == Opcode.REGION) {
                return cluster.isKnown(b, b.a[i], REGION);
            }
        }
        throw new AssertionError("no access");
    }

    /** A cluster of one block, which is a loop. */
    private void beginLoop(ClusterPages page, long firstTier) {
        cluster.clear(page);
        cluster.add(0);
        cluster.entry[0] = true;
        cluster.firstTier[0] = firstTier;
        b.reset(0, 0, VIEW);
        other(0);
    }

    private void endLoop(int offset) {
        jumpBack(offset, 0);
        b.beginInstruction(offset + 4, 0);
        b.jump(0x100);
        b.endInstruction();
        cluster.collect(b);
        describe(0);
        finish();
    }

    /** A loop that moves x0 behind or before its access. */
    private boolean movingBase(long distance, boolean behind, long firstTier) {
        beginLoop(PAGE, firstTier);
        if (behind) {
            access(4);
            move(8, distance);
        } else {
            move(4, distance);
            access(8);
        }
        endLoop(12);
        return isChecked(0);
    }

    @Test
    void aBaseThatMovesSteadilyIsCheckedWhereTheLoopIsEntered() {
        assertTrue(movingBase(8, true, FIRST_TIER));
        assertTrue(movingBase(-4096, true, FIRST_TIER));
        assertEquals(1, cluster.entryChecks(0));
        assertTrue(movingBase(8, false, FIRST_TIER));
    }

    @Test
    void aBaseThatMayLeaveItsSlotBetweenTwoAccessesIsCheckedEachTime() {
        assertFalse(movingBase(1 << 15, true, FIRST_TIER));
        assertFalse(movingBase(-(1 << 15), true, FIRST_TIER));
        assertFalse(movingBase(0, true, FIRST_TIER));
    }

    /** A block that accesses [x0], one that moves x0 and repeats itself, and may access [x0], and one that accesses [x0]. */
    private boolean movesBetween(boolean accessInLoop) {
        cluster.clear(PAGE);
        for (int place : new int[] {0, SECOND, 2 * SECOND}) {
            cluster.add(place);
        }
        cluster.entry[0] = true;
        for (int round = 0; round < 2; round++) {
            for (int block = 0; block < 3; block++) {
                int start = block * SECOND;
                b.reset(start, 0, VIEW);
                other(start);
                if (block != 1 || accessInLoop) {
                    access(start + 4);
                }
                if (block == 1) {
                    move(start + 8, 8);
                    jumpBack(start + 12, start);
                }
                b.beginInstruction(start + 16, 0);
                b.jump(block < 2 ? start + SECOND : 0x800);
                b.endInstruction();
                if (round == 0) {
                    cluster.collect(b);
                } else {
                    describe(block);
                }
            }
        }
        finish();
        cluster.setCurrent(2, false);
        for (int i = 1; i <= b.endOperation(); i++) {
            if (b.op[i] == Opcode.REGION) {
                return cluster.isKnown(b, b.a[i], REGION);
            }
        }
        throw new AssertionError("no access");
    }

    @Test
    void aBaseThatMovesManyTimesWithoutAnAccessIsCheckedAgain() {
        assertTrue(movesBetween(true));
        assertFalse(movesBetween(false));
    }

    @Test
    void aBaseIsCheckedEachTimeWhereAnEntryCannotCheckIt() {
        assertFalse(movingBase(8, true, 0));
    }

    private void first(boolean accessAtOnce, boolean change) {
        b.reset(0, 0, VIEW);
        if (accessAtOnce) {
            access(0);
            other(4);
        } else {
            other(0);
            access(4);
        }
        b.beginInstruction(8, 0);
        if (change) {
            b.writeReg(64, X0, b.readReg(64, X1));
        }
        b.endInstruction();
        b.beginInstruction(12, 0);
        b.jump(SECOND);
        b.endInstruction();
    }

    private void second() {
        b.reset(SECOND, 0, VIEW);
        other(SECOND);
        access(SECOND + 4);
        jumpBack(SECOND + 8, 0);
        b.beginInstruction(SECOND + 12, 0);
        b.jump(0x100);
        b.endInstruction();
    }

    /** Two blocks, the second of which accesses [x0] again, perhaps after the first has changed x0. */
    private boolean again(boolean accessAtOnce, boolean change) {
        cluster.clear(PAGE);
        cluster.add(0);
        cluster.add(SECOND);
        cluster.entry[0] = true;
        first(accessAtOnce, change);
        cluster.collect(b);
        second();
        cluster.collect(b);
        first(accessAtOnce, change);
        describe(0);
        second();
        describe(1);
        finish();
        return isChecked(1);
    }

    @Test
    void aCheckServesTheBlocksBehindIt() {
        assertTrue(again(false, false));
    }

    @Test
    void aBaseThatAnotherBlockHasChangedIsCheckedAgain() {
        assertFalse(again(false, true));
    }

    @Test
    void anInstructionThatTheClusterIsEnteredAtProvesNothing() {
        assertFalse(again(true, false));
    }

    /** A block that makes x0, and a loop behind it that accesses [x0]. */
    private long checksOfTheJumpIntoALoop(long firstTier) {
        cluster.clear(PAGE);
        cluster.add(0);
        cluster.add(SECOND);
        cluster.entry[0] = true;
        cluster.firstTier[1] = firstTier;
        for (int round = 0; round < 2; round++) {
            for (int block = 0; block < 2; block++) {
                int start = block * SECOND;
                b.reset(start, 0, VIEW);
                b.beginInstruction(start, 0);
                if (block == 0) {
                    b.writeReg(64, X0, b.readReg(64, X1));
                }
                b.endInstruction();
                if (block == 1) {
                    access(start + 4);
                    move(start + 8, 8);
                    jumpBack(start + 12, start);
                }
                b.beginInstruction(start + 16, 0);
                b.jump(block == 0 ? SECOND : 0x800);
                b.endInstruction();
                if (round == 0) {
                    cluster.collect(b);
                } else {
                    describe(block);
                }
            }
        }
        finish();
        assertEquals(firstTier != 0, isChecked(1));
        cluster.setCurrent(0, false);
        return cluster.jumpChecks(1);
    }

    @Test
    void aJumpIntoALoopChecksWhatTheLoopUses() {
        assertEquals(1, checksOfTheJumpIntoALoop(FIRST_TIER));
        assertEquals(0, checksOfTheJumpIntoALoop(0));
    }

    /** A loop of three blocks, the second of which accesses [x0], and is left out at times; and what stands behind the loop. */
    private void sometimes(int block, boolean change) {
        int start = block * SECOND;
        b.reset(start, 0, VIEW);
        other(start);
        if (block == 1) {
            access(start + 4);
            if (change) {
                move(start + 8, 8);
            }
        } else if (block < 3) {
            jumpBack(start + 12, block == 0 ? 2 * SECOND : 0);
        }
        b.beginInstruction(start + 16, 0);
        b.jump(block < 3 ? start + SECOND : 0x800);
        b.endInstruction();
    }

    private boolean isCheckedBeforeTheLoop(ClusterPages page, boolean change) {
        cluster.clear(page);
        for (int block = 0; block < 4; block++) {
            cluster.add(block * SECOND);
        }
        cluster.entry[0] = true;
        cluster.firstTier[0] = FIRST_TIER;
        for (int block = 0; block < 4; block++) {
            sometimes(block, change);
            cluster.collect(b);
        }
        for (int block = 0; block < 4; block++) {
            sometimes(block, change);
            describe(block);
        }
        finish();
        sometimes(1, change);
        boolean known = isChecked(1);
        assertEquals(known ? 1 : 0, cluster.entryChecks(0));
        return known;
    }

    @Test
    void aBaseThatNeverChangesIsCheckedBeforeTheLoopThoughOnlySomeWaysUseIt() {
        assertTrue(isCheckedBeforeTheLoop(PAGE, false));
        assertFalse(isCheckedBeforeTheLoop(PAGE, true));
    }

    @Test
    void itIsNotWhereThatHasKeptControlOut() {
        assertFalse(isCheckedBeforeTheLoop(pages(true, 0), false));
    }

    /** A loop of one block, which is left in its middle, before it accesses [x0] and moves it; and the block behind it. */
    private void leftInItsMiddle(int block) {
        int start = block * SECOND;
        b.reset(start, 0, VIEW);
        other(start);
        if (block == 0) {
            jumpBack(4, SECOND);
            access(8);
            move(12, 8);
        }
        b.beginInstruction(start + 16, 0);
        b.jump(block == 0 ? 0 : 0x800);
        b.endInstruction();
    }

    private boolean isLeftBeforeAnAccess(ClusterPages page) {
        cluster.clear(page);
        cluster.add(0);
        cluster.add(SECOND);
        cluster.entry[0] = true;
        cluster.firstTier[0] = FIRST_TIER;
        for (int block = 0; block < 2; block++) {
            leftInItsMiddle(block);
            cluster.collect(b);
        }
        for (int block = 0; block < 2; block++) {
            leftInItsMiddle(block);
            describe(block);
        }
        finish();
        leftInItsMiddle(0);
        boolean known = isChecked(0);
        assertEquals(known ? 1 : 0, cluster.entryChecks(0));
        return known;
    }

    @Test
    void aBaseThatOnlyTheWayOutDoesWithoutIsCheckedBeforeTheLoop() {
        assertTrue(isLeftBeforeAnAccess(PAGE));
        assertFalse(isLeftBeforeAnAccess(pages(true, 0)));
    }

    /** A loop that compares, accesses [x0], which has moved by a distance, and compares anew. @return the first comparison */
    private int comparesBeforeAnAccess(long distance) {
        beginLoop(PAGE, FIRST_TIER);
        b.beginInstruction(4, 0);
        int first = b.subs(64, b.readReg(64, X1), b.readReg(64, X2));
        b.writeFlags(b.flagsOf(first));
        b.endInstruction();
        access(8);
        b.beginInstruction(12, 0);
        b.writeFlags(b.flagsOf(b.ands(64, b.readReg(64, X1), b.readReg(64, X1))));
        b.endInstruction();
        move(16, distance);
        endLoop(20);
        return first;
    }

    @Test
    void flagsStayWhereTheyAreAtAnAccessWithoutACheck() {
        Liveness live = new Liveness();
        int unchecked = comparesBeforeAnAccess(8);
        cluster.setCurrent(0, false);
        live.run(b, cluster.homes, cluster, true);
        assertTrue(live.direct[unchecked]);
        assertEquals(0, live.recipeLast[unchecked], "operands are kept");
        int checked = comparesBeforeAnAccess(1 << 15);
        cluster.setCurrent(0, false);
        live.run(b, cluster.homes, cluster, true);
        assertTrue(live.recipeLast[checked] > checked);
    }

    /** The page, where bases are in the region of a K slot at present. */
    private static ClusterPages pages(boolean cautious, int present) {
        return (ClusterPages) Proxy.newProxyInstance(ClusterPages.class.getClassLoader(), new Class<?>[] {ClusterPages.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "isCautious" -> cautious;
                case "present" -> present;
                default -> method.invoke(PAGE, arguments);
            });
    }

    /** Number of the region that the check of a loop's access is made for, or -1. */
    private int regionOfTheCheck(ClusterPages page) {
        beginLoop(page, FIRST_TIER);
        access(4);
        endLoop(8);
        int check = 1;
        while (b.op[check] != Opcode.REGION) {
            check++;
        }
        boolean entryChecks = cluster.entryChecks(0) != 0;
        int region = cluster.region(b, b.a[check], VIEW, 4);
        assertEquals(entryChecks, region >= 0);
        return region;
    }

    @Test
    void whereAClusterDidNotServeWhatChecksHaveLearnedCountsOnlyIfTheBaseIsThereAtPresent() {
        assertEquals(REGION, regionOfTheCheck(pages(false, 0)));
        assertEquals(REGION, regionOfTheCheck(pages(false, 1)), "what the first tier has learned");
        assertEquals(REGION, regionOfTheCheck(pages(true, 0)));
        assertEquals(-1, regionOfTheCheck(pages(true, 1)), "it may be in either");
        assertEquals(-1, regionOfTheCheck(pages(true, -1)), "no address at present");
    }

    /** A loop that accesses [x0], or a block behind it that makes x0 anew and jumps back to it. */
    private void nested(int block) {
        int start = block * SECOND;
        b.reset(start, 0, VIEW);
        if (block == 0) {
            other(0);
            access(4);
            move(8, 8);
            jumpBack(12, 0);
        } else {
            b.beginInstruction(start, 0);
            b.writeReg(64, X0, b.readReg(64, X1));
            b.endInstruction();
        }
        b.beginInstruction(start + 16, 0);
        b.jump(block == 0 ? SECOND : 0);
        b.endInstruction();
    }

    @Test
    void aJumpBackFromAnOuterLoopChecksWhatTheInnerOneUses() {
        cluster.clear(PAGE);
        cluster.add(0);
        cluster.add(SECOND);
        cluster.entry[0] = true;
        cluster.firstTier[0] = FIRST_TIER;
        for (int block = 0; block < 2; block++) {
            nested(block);
            cluster.collect(b);
        }
        for (int block = 0; block < 2; block++) {
            nested(block);
            describe(block);
        }
        finish();
        nested(0);
        assertTrue(isChecked(0));
        cluster.setCurrent(1, false);
        assertTrue(cluster.closesCycle(0));
        assertEquals(1, cluster.jumpChecks(0));
    }

    @Test
    void everyCycleHasAnEdgeThatLooksForInterrupts() {
        again(false, false);
        cluster.setCurrent(0, false);
        assertFalse(cluster.closesCycle(1));
        cluster.setCurrent(1, false);
        assertTrue(cluster.closesCycle(0));
    }

    private boolean isLoaded(int register) {
        int n = cluster.loadedAt(0);
        for (int i = 0; i < n; i++) {
            if (cluster.listed()[i] == register >> 3) {
                return true;
            }
        }
        return false;
    }

    @Test
    void anEntryLoadsWhatIsReadOrMayBeStored() {
        again(true, false);
        assertTrue(isLoaded(X0) && isLoaded(X1), "read");
        assertTrue(isLoaded(X2), "stale around the loop, and stored when the first access faults");
        again(false, false);
        assertFalse(isLoaded(X2), "written before anything can fault");
    }

    private static final int V0 = 288;
    private static final int V1 = V0 + 16;

    /** A loop that adds v1 to v0, both as scalars; v1 gets another value behind that. */
    private boolean holdsScalars(int width, IntUnaryOperator otherValue) {
        cluster.clear(PAGE);
        cluster.add(0);
        cluster.entry[0] = true;
        for (int round = 0; round < 2; round++) {
            b.reset(0, 0, VIEW);
            b.vectorWidths(cluster.scalars);
            b.beginInstruction(0, 0);
            int first = b.vinsertLane(width, b.vzero(), 0, b.readVec(V0), 0);
            int second = b.vinsertLane(width, b.vzero(), 0, b.readVec(V1), 0);
            if (round == 1 && cluster.scalars.of(V1 >> 3) < VectorWidths.FULL) {
                assertEquals(Opcode.READ_VEC, b.op[second], "a scalar is the register as it is");
            }
            b.writeVec(V0, b.fadd(width, first, second));
            b.endInstruction();
            b.beginInstruction(4, 0);
            b.writeVec(V1, otherValue.applyAsInt(second));
            b.endInstruction();
            jumpBack(8, 0);
            b.beginInstruction(12, 0);
            b.jump(0x100);
            b.endInstruction();
            if (round == 0) {
                cluster.collect(b);
                cluster.scalars.settle();
            } else {
                describe(0);
            }
        }
        finish();
        int n = cluster.scalarsAt(0);
        boolean first = false;
        boolean second = false;
        for (int i = 0; i < n; i++) {
            first |= cluster.listed()[i] == V0 >> 3;
            second |= cluster.listed()[i] == V1 >> 3;
        }
        assertTrue(first);
        return second;
    }

    @Test
    void anEntryLooksWhetherScalarsHaveNothingAboveThem() {
        assertTrue(holdsScalars(64, v -> b.fneg(64, v)));
        assertTrue(holdsScalars(32, v -> b.fneg(32, v)));
        assertFalse(holdsScalars(64, v -> b.vdup(64, b.readReg(64, X1))), "a whole vector is written");
        assertFalse(holdsScalars(64, v -> b.vadd(64, b.readVec(V1), b.readVec(V1))), "the upper half is read");
        assertEquals(64, cluster.scalars.of(V0 >> 3));
    }

    @Test
    void whatIsZeroAboveAScalarIsNotClearedAgain() {
        b.reset(0, 0, VIEW);
        b.beginInstruction(0, 0);
        int value = b.vlow64(b.readVec(V0));
        assertEquals(value, b.vlow64(value));
        assertEquals(Opcode.VLOW, b.op[b.vinsertLane(32, b.vzero(), 0, value, 0)]);
        int sum = b.fadd(32, b.vscalar(32, b.readReg(64, X0)), b.vscalar(32, b.readReg(64, X1)));
        assertEquals(sum, b.vlow64(sum));
        int constant = b.vconst(0, 1);
        assertFalse(constant == b.vlow64(constant));
    }
}
