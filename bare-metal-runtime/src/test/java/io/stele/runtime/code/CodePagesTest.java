package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is known about guest code pages. */
class CodePagesTest {
    private static final int MISS = 0x1234;
    private static final long PHYSICAL = 0x4000_0000L;

    private final HostMemory memory = HostMemory.map(VmLayout.BYTES);
    private final HostMemory contents = HostMemory.map(4096);
    private final CodePages pages = new CodePages(memory.address(), MISS, page -> { });

    @AfterEach
    void unmap() {
        pages.close();
        memory.close();
        contents.close();
    }

    private int enter(long physical, int mode) {
        return pages.enter(physical, mode, contents.address());
    }

    private void write(int offset, int word) {
        RawMemory.putInt(contents.address() + offset, word);
    }

    @Test
    void modesOfAPageAreKeptApart() {
        int first = enter(PHYSICAL, 0);
        int second = enter(PHYSICAL, 3);
        assertNotEquals(first, second);
        assertEquals(first, enter(PHYSICAL, 0));
        assertEquals(second, enter(PHYSICAL, 3));
        assertEquals(-1, pages.firstOf(PHYSICAL + 4096));
        assertEquals(second, pages.firstOf(PHYSICAL));
        assertEquals(first, pages.nextOf(second));
        assertEquals(-1, pages.nextOf(first));
    }

    @Test
    void entriesLeadToTheMissStubUntilTheyAreSet() {
        int page = enter(PHYSICAL, 0);
        int other = enter(PHYSICAL + 4096, 0);
        assertEquals(0, pages.entry(page, 0xffc));
        assertEquals(MISS, RawMemory.getInt(memory.address() + pages.table(page) + 0xffc));
        pages.setEntry(page, 0xffc, 0x100_0000);
        assertEquals(0x100_0000, pages.entry(page, 0xffc));
        assertEquals(0, pages.entry(other, 0xffc));
        assertNotEquals(pages.table(page), pages.table(other));
    }

    @Test
    void aSuspectPageIsTrustedAgainOnlyWithItsOldBytes() {
        int page = enter(PHYSICAL, 0);
        pages.setEntry(page, 8, 0x100_0000);
        pages.suspect(page);
        assertEquals(page, enter(PHYSICAL, 0));
        for (int offset = 0; offset < 4096; offset += 256) {
            pages.suspect(enter(PHYSICAL, 0));
            write(offset, 0xd503_201f);
            int changed = enter(PHYSICAL, 0);
            assertNotEquals(page, changed, "change at " + offset);
            assertEquals(0, pages.entry(changed, 8));
            assertEquals(changed, pages.firstOf(PHYSICAL));
            pages.suspect(changed);
            write(offset, 0);
        }
    }

    private int findAhead(long physical) {
        return pages.findAhead(physical, 0, contents.address());
    }

    /** Makes the present bytes those of a page that has others now. */
    private int retire(long physical) {
        int page = enter(physical, 0);
        pages.suspect(page);
        RawMemory.putInt(contents.address() + 0x800, 1);
        enter(physical, 0);
        RawMemory.putInt(contents.address() + 0x800, 0);
        return page;
    }

    @Test
    void aPageIsLookedAtAheadOnceAndFoundWhenItIsEntered() {
        int first = retire(PHYSICAL);
        assertEquals(first, findAhead(PHYSICAL + 4096));
        assertEquals(first, findAhead(PHYSICAL + 4096));
        write(8, 0xd503_201f);
        assertEquals(-1, findAhead(PHYSICAL + 2 * 4096));
        int second = retire(PHYSICAL + 3 * 4096);
        assertEquals(-1, findAhead(PHYSICAL + 2 * 4096));
        assertEquals(second, enter(PHYSICAL + 2 * 4096, 0));
        assertEquals(second, findAhead(PHYSICAL + 2 * 4096));
    }

    @Test
    void whatIsKnownOfAPageIsFoundWithoutMakingOne() {
        assertEquals(-1, pages.find(PHYSICAL, 0, contents.address()));
        assertEquals(0, pages.count());
        int page = enter(PHYSICAL, 0);
        assertEquals(page, pages.find(PHYSICAL, 0, contents.address()));
        assertEquals(-1, pages.find(PHYSICAL, 1, contents.address()));
        pages.suspect(page);
        write(8, 0xd503_201f);
        assertEquals(-1, pages.find(PHYSICAL, 0, contents.address()));
        write(8, 0);
        assertEquals(page, pages.find(PHYSICAL + 4096, 0, contents.address()));
    }

    @Test
    void translationsComeBackWithTheBytesWhereverTheyAre() {
        int page = enter(PHYSICAL, 0);
        pages.setEntry(page, 8, 0x100_0000);
        write(0, 1);
        pages.suspect(page);
        enter(PHYSICAL, 0);
        write(0, 0);
        assertNotEquals(page, enter(PHYSICAL + 4096, 3));
        assertEquals(page, enter(PHYSICAL + 8192, 0));
        assertEquals(PHYSICAL + 8192, pages.physical(page));
        assertEquals(0x100_0000, pages.entry(page, 8));
        assertNotEquals(page, enter(PHYSICAL + 12288, 0));
        assertEquals(1, pages.revived());
    }

    @Test
    void aPageTranslatedFromChangingBytesIsNotTrustedAgain() {
        int page = enter(PHYSICAL, 0);
        pages.setEntry(page, 8, 0x100_0000);
        write(0, 1);
        pages.translating(page, contents.address(), 0);
        pages.setEntry(page, 0, 0x100_0100);
        write(0, 0);
        assertEquals(page, enter(PHYSICAL, 0));
        pages.suspect(page);
        assertEquals(page, enter(PHYSICAL, 0));
        assertEquals(0, pages.entry(page, 0));
        assertEquals(0, pages.entry(page, 8));
    }

    /** As when a kernel patches the page of its patching functions: each state is known by its bytes. */
    @Test
    void aPageThatChangesElsewhereWhileItIsTranslatedIsKnownAgain() {
        int page = enter(PHYSICAL, 0);
        write(2048, 1);
        assertNotEquals(contents.address(), pages.translating(page, contents.address(), 1024));
        assertFalse(pages.isMixed(page));
        assertTrue(pages.isCurrent(page, contents.address(), 2048 - 128));
        assertFalse(pages.isCurrent(page, contents.address(), 2048 - 124));
        pages.setEntry(page, 1024, 0x100_0000);
        pages.suspect(page);
        int next = enter(PHYSICAL, 0);
        assertNotEquals(page, next);
        write(2048, 0);
        pages.suspect(next);
        assertEquals(page, enter(PHYSICAL, 0));
        assertEquals(0x100_0000, pages.entry(page, 1024));
    }

    @Test
    void allTablesCanBeUsedAndAreFreeAfterClearing() {
        for (int i = 0; i < VmLayout.ENTRY_TABLE_COUNT; i++) {
            assertEquals(i, enter(PHYSICAL + i * 4096L, 0));
        }
        assertEquals(-1, enter(PHYSICAL - 4096, 0));
        pages.suspect(0);
        pages.clear();
        assertEquals(-1, pages.firstOf(PHYSICAL));
        assertEquals(0, enter(PHYSICAL + 4096, 0));
    }
}
