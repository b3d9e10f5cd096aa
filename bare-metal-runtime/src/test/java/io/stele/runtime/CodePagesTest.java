package io.stele.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is known about guest code pages. */
class CodePagesTest {
    private static final int MISS = 0x1234;
    private static final long PHYSICAL = 0x4000_0000L;

    private final HostMemory memory = HostMemory.map(VmLayout.BYTES);
    private final HostMemory contents = HostMemory.map(4096);
    private final CodePages pages = new CodePages(memory.address(), MISS);

    @AfterEach
    void unmap() {
        memory.close();
        contents.close();
    }

    @Test
    void modesOfAPageAreKeptApart() {
        int first = pages.add(PHYSICAL, 0, contents.address());
        int second = pages.add(PHYSICAL, 3, contents.address());
        assertEquals(first, pages.find(PHYSICAL, 0));
        assertEquals(second, pages.find(PHYSICAL, 3));
        assertEquals(-1, pages.find(PHYSICAL, 1));
        assertEquals(-1, pages.find(PHYSICAL + 4096, 0));
        assertEquals(second, pages.firstOf(PHYSICAL));
        assertEquals(first, pages.nextOf(second));
        assertEquals(-1, pages.nextOf(first));
    }

    @Test
    void entriesLeadToTheMissStubUntilTheyAreSet() {
        int page = pages.add(PHYSICAL, 0, contents.address());
        int other = pages.add(PHYSICAL + 4096, 0, contents.address());
        assertEquals(0, pages.entry(page, 0xffc));
        assertEquals(MISS, RawMemory.getInt(memory.address() + pages.table(page) + 0xffc));
        pages.setEntry(page, 0xffc, 0x100_0000);
        assertEquals(0x100_0000, pages.entry(page, 0xffc));
        assertEquals(0, pages.entry(other, 0xffc));
        assertNotEquals(pages.table(page), pages.table(other));
    }

    @Test
    void aSuspectPageIsTrustedAgainOnlyWithItsOldBytes() {
        int page = pages.add(PHYSICAL, 0, contents.address());
        pages.suspect(page);
        assertTrue(pages.isSuspect(page));
        assertTrue(pages.confirm(page, contents.address()));
        assertFalse(pages.isSuspect(page));
        for (int offset = 0; offset < 4096; offset += 4) {
            pages.suspect(page);
            RawMemory.putInt(contents.address() + offset, 0xd503_201f);
            assertFalse(pages.confirm(page, contents.address()), "change at " + offset);
            assertTrue(pages.isSuspect(page));
            RawMemory.putInt(contents.address() + offset, 0);
        }
    }

    @Test
    void refreshingForgetsTheCodeAndTrustsTheNewBytes() {
        int page = pages.add(PHYSICAL, 0, contents.address());
        pages.setEntry(page, 8, 0x100_0000);
        RawMemory.putInt(contents.address(), 1);
        pages.suspect(page);
        pages.refresh(page, contents.address());
        assertEquals(0, pages.entry(page, 8));
        assertFalse(pages.isSuspect(page));
        pages.suspect(page);
        assertTrue(pages.confirm(page, contents.address()));
    }

    @Test
    void allTablesCanBeUsedAndAreFreeAfterClearing() {
        for (int i = 0; i < VmLayout.ENTRY_TABLE_COUNT; i++) {
            assertFalse(pages.full());
            pages.add(PHYSICAL + i * 4096L, 0, contents.address());
        }
        assertTrue(pages.full());
        pages.suspect(0);
        pages.clear();
        assertFalse(pages.full());
        assertEquals(-1, pages.find(PHYSICAL, 0));
        assertFalse(pages.isSuspect(pages.add(PHYSICAL + 4096, 0, contents.address())));
    }
}
