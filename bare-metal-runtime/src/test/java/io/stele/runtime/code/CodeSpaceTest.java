package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.CompiledBlock;
import io.stele.ir.PackedNumbers;
import io.stele.runtime.common.VmLayout;
import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where code goes, what is found there, and what is free when some of it was dropped. */
class CodeSpaceTest {
    private static final int BYTES = 16 << 10;

    private final CodeSpace space = new CodeSpace();
    private final CodeBlocks blocks = new CodeBlocks();

    @AfterEach
    void close() {
        blocks.close();
    }

    /** @return where it is */
    private long add(int page, int bytes) {
        PackedNumbers numbers = new PackedNumbers();
        for (int number : new int[] {0, page, bytes, bytes}) {
            numbers.put(number);
        }
        // Nothing else.
        for (int i = 0; i < 100; i++) {
            numbers.put(0);
        }
        CompiledBlock block = read(numbers);
        long address = space.next();
        blocks.add(block, address, page, 4 * page);
        space.take(bytes);
        return address;
    }

    private static CompiledBlock read(PackedNumbers numbers) {
        byte[] bytes = Arrays.copyOf(numbers.bytes(), numbers.length());
        numbers.fill(bytes.length);
        System.arraycopy(bytes, 0, numbers.bytes(), 0, bytes.length);
        return CompiledBlock.unpack(numbers);
    }

    private void retain(int... pages) {
        BitSet kept = new BitSet();
        for (int page : pages) {
            kept.set(page);
        }
        blocks.retain(kept);
        space.leaveTo(blocks);
    }

    private void assertFound(int page, long address) {
        int block = blocks.find(address + 5);
        assertEquals(address, blocks.start(block));
        assertEquals(page, blocks.page(block));
        assertEquals(4 * page, blocks.offset(block));
        assertEquals(page, blocks.description(block).instructions);
        assertEquals(block, blocks.lastOf(page));
    }

    @Test
    void codeGoesWhereOtherCodeWasDropped() {
        long[] at = new long[6];
        for (int page = 0; page < 6; page++) {
            at[page] = add(page, BYTES);
        }
        assertEquals(6 * BYTES, space.used());
        retain(0, 3, 5);
        assertEquals(3 * BYTES, space.used());
        assertEquals(at[1], add(10, BYTES));
        assertEquals(at[2], add(11, 100));
        assertEquals(at[2] + 112, add(12, 100));
        assertTrue(space.fits(8 << 10));
        assertFalse(space.fits(BYTES));
        assertTrue(space.has(BYTES));
        space.moveTo(BYTES);
        assertEquals(at[4], add(13, BYTES));
        assertEquals(at[5] + BYTES, add(14, BYTES));
        for (int page : new int[] {0, 3, 5}) {
            assertFound(page, at[page]);
        }
        assertFound(10, at[1]);
        assertFound(11, at[2]);
        assertFound(12, at[2] + 112);
        assertFound(13, at[4]);
        assertFound(14, at[5] + BYTES);
        retain(3, 12, 13);
        assertFound(3, at[3]);
        assertFound(12, at[2] + 112);
        assertFound(13, at[4]);
        assertEquals(-1, blocks.lastOf(10));
        assertEquals(VmLayout.CODE, add(20, 100));
        assertFound(20, VmLayout.CODE);
        assertEquals(-1, blocks.find(VmLayout.CODE - 1));
    }

    @Test
    void codeMayBeginAtACacheLine() {
        long first = add(0, 100);
        space.align(CodeSpace.LINE);
        assertEquals(128, space.used());
        assertEquals(first + 128, add(1, 64));
        space.align(CodeSpace.LINE);
        assertEquals(first + 192, add(2, 100));
        space.align(CodeSpace.ALIGNMENT);
        assertEquals(first + 304, add(3, 100));
        assertFound(1, first + 128);
    }

    @Test
    void whatIsFullHasNoRoom() {
        while (space.has(1 << 20)) {
            space.moveTo(1 << 20);
            add(1, 1 << 20);
        }
        assertEquals(VmLayout.CODE_BYTES, space.used());
        assertFalse(space.has(1));
        retain(1);
        assertFalse(space.has(1));
        retain();
        assertEquals(0, space.used());
        assertEquals(VmLayout.CODE, space.next());
        assertTrue(space.has((int) VmLayout.CODE_BYTES));
    }

    @Test
    void theYoungestPagesAreKept() {
        for (int page = 0; page < 5; page++) {
            add(page, BYTES);
        }
        PageAges ages = new PageAges(new int[] {3, 0, 127, -1, 1}, blocks);
        assertEquals("{0, 1, 2, 4}", ages.all().toString());
        assertEquals("{1, 4}", ages.below(2).toString());
        assertEquals("{0, 1, 4}", ages.newest(3 * BYTES, 10).toString());
        assertEquals("{1, 4}", ages.newest(3 * BYTES - 1, 10).toString());
        assertEquals("{1, 4}", ages.newest(100 * BYTES, 2).toString());
        assertEquals("{1}", ages.newest(0, 0).toString());
        assertEquals("{0, 1, 2, 4}", ages.newest(100 * BYTES, 100).toString());
    }

    @Test
    void pagesWhoseCodeNamesEachOtherAreOfOneAge() {
        PageTies ties = new PageTies();
        ties.add(4, 3);
        ties.add(2, 3);
        ties.add(1, 2);
        int[] ages = {7, 6, 5, 4, 3};
        ties.spread(ages);
        assertEquals("[7, 3, 3, 3, 3]", Arrays.toString(ages));
        ties.retain(new BitSet());
        int[] others = {7, 6, 5, 4, 3};
        ties.spread(others);
        assertEquals("[7, 6, 5, 4, 3]", Arrays.toString(others));
    }
}
