package io.stele.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.codegen.CpuArea;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which index a region gets, in a run with stored code and without. */
class HotRegionsTest {
    private static final int REGION = 0x12;

    private final List<Integer> published = new ArrayList<>();
    private final HotRegions regions = new HotRegions(published::add, index -> index == 5);

    @Test
    void regionsGetIndicesInTurnAndThenThoseThatNoCurrentSpaceHas() {
        for (int i = 0; i < CpuArea.REGION_SLOTS; i++) {
            assertEquals(i, regions.indexOrAdd(REGION + i));
            assertEquals(i, regions.indexOrAdd(REGION + i));
            assertEquals(i, published.getLast());
        }
        assertEquals(CpuArea.REGION_SLOTS, published.size());
        assertEquals(5, regions.indexOrAdd(REGION + 1000));
        assertEquals(-1, regions.index(REGION + 5));
    }

    /** Checks that name such an index tell Java; it must not go on for ever when the region has no slot of its own. */
    @Test
    void anIndexOfStoredCodeIsThatOfTheRegionThatItsCheckMeets() {
        for (int i = 0; i < 3; i++) {
            regions.reserve(i, REGION + 100 + i);
        }
        assertEquals(CpuArea.NO_REGION, regions.region(2));
        regions.met(2, REGION);
        assertEquals(REGION, regions.region(2));
        assertEquals(2, regions.indexOrAdd(REGION));
        regions.met(2, REGION + 1);
        assertEquals(-1, regions.index(REGION + 1), "the index has a region");
    }

    @Test
    void aRegionThatIsWhereItWasHasTheIndexThatStoredCodeHasForIt() {
        for (int i = 0; i < 3; i++) {
            regions.reserve(i, REGION + i);
        }
        assertEquals(1, regions.indexOrAdd(REGION + 1));
        regions.met(0, REGION + 2);
        assertEquals(2, regions.index(REGION + 2), "a check with a wrong guess");
        assertEquals(-1, regions.index(REGION));
        assertEquals(REGION, regions.toStore(0));
        assertEquals(0, regions.indexOrAdd(REGION));
        assertEquals(3, regions.indexOrAdd(REGION + 3));
    }

    @Test
    void aRegionGetsNoIndexOfItsOwnAsLongAsOneOfStoredCodeMayBeForIt() {
        regions.reserve(0, REGION + 100);
        for (int i = 0; i < HotRegions.MOST_PUT_OFF; i++) {
            assertEquals(-1, regions.indexOrAdd(REGION));
        }
        assertEquals(1, regions.indexOrAdd(REGION), "not for ever");
        regions.met(0, REGION + 1);
        assertEquals(0, regions.index(REGION + 1));
        assertEquals(2, regions.indexOrAdd(REGION + 2));
    }

    @Test
    void aRegionWithAnIndexGetsThatOfStoredCodeTooWhenManyChecksMeetItUntilTheRightOneIsMet() {
        for (int i = 0; i < 3; i++) {
            regions.reserve(i, REGION + 100 + i);
        }
        assertEquals(-1, regions.met(0, REGION));
        assertEquals(0, regions.index(REGION));
        for (int i = 1; i < HotRegions.ENOUGH_MET; i++) {
            assertEquals(-1, regions.met(1, REGION));
        }
        assertEquals(CpuArea.NO_REGION, regions.region(1));
        assertEquals(-1, regions.met(1, REGION + 1));
        assertEquals(1, regions.index(REGION + 1), "a region without an index is given it at once");

        for (int i = 0; i < HotRegions.ENOUGH_MET; i++) {
            assertEquals(CpuArea.NO_REGION, regions.region(2));
            assertEquals(-1, regions.met(2, REGION));
        }
        assertEquals(REGION, regions.region(2), "lent");
        assertEquals(-1, regions.indexOrAdd(REGION + 102));
        assertEquals(2, regions.met(0, REGION + 102), "whatever the check names");
        regions.give(2, REGION + 102);
        assertEquals(2, regions.index(REGION + 102));
        assertEquals(0, regions.index(REGION));
        assertEquals(-1, regions.met(0, REGION + 102));
    }

    /** A linear map that is met late, when its index was lent to the image's region. */
    @Test
    void anIndexThatWasLentGoesToAMovedRegionThatManyChecksMeet() {
        regions.reserve(0, REGION + 100);
        regions.reserve(1, REGION + 101);
        regions.met(0, REGION);
        for (int i = 0; i < HotRegions.ENOUGH_MET; i++) {
            regions.met(1, REGION);
        }
        for (int i = 1; i < HotRegions.ENOUGH_MET; i++) {
            assertEquals(-1, regions.met(1, REGION + 1));
            assertEquals(-1, regions.met(0, REGION + 1), "not lent");
        }
        assertEquals(1, regions.met(1, REGION + 1));
        regions.give(1, REGION + 1);
        assertEquals(1, regions.index(REGION + 1));
        assertEquals(-1, regions.met(1, REGION));
        assertEquals(1, regions.index(REGION + 1), "no longer lent");
    }

    /** Otherwise it would come to Java for ever. */
    @Test
    void aCheckThatIsNotCorrectedNamesAnIndexWithARegion() {
        regions.reserve(0, REGION + 100);
        regions.reserve(1, REGION + 101);
        regions.met(0, REGION);
        regions.met(1, REGION);
        assertEquals(CpuArea.NO_REGION, regions.region(1));
        regions.settle(1, REGION);
        assertEquals(REGION, regions.region(1));
    }
}
