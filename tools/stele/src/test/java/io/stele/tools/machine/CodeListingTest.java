package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.listing.TextRows;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Given instruction words are translated as they would be in a kernel, all of them and nothing else. */
final class CodeListingTest {
    private static final long ADDRESS = 0xffff_8000_0800_0000L;

    private static String list(long address, int... words) throws IOException {
        StringBuilder text = new StringBuilder();
        new VirtBackend().listCode(words, address, new TextRows(text));
        return text.toString();
    }

    private static int count(String text, String part) {
        return (text.length() - text.replace(part, "").length()) / part.length();
    }

    @Test
    void showsAssemblyRegisterNamesAndRegionChecks() throws IOException {
        String text = list(ADDRESS, 0x91000421, 0xf9400020, 0xd65f03c0);
        assertTrue(text.contains("\n+000 91000421 add x1, x1, #0x1 "), text);
        assertTrue(text.contains(" %2 = read.reg x1\n"), text);
        assertTrue(text.contains("\n+004 f9400020 ldr x0, [x1] "), text);
        assertTrue(text.contains("region.privileged"), text);
        assertTrue(text.contains("\n+008 d65f03c0 ret "), text);
        assertTrue(text.contains("jump.indirect"), text);
        assertEquals(1, count(text, "\nblock "));
        assertFalse(text.contains("udf"), text);
    }

    @Test
    void goesOnBehindTheEndOfABlock() throws IOException {
        String text = list(ADDRESS, 0x14000010, 0xd503201f, 0xd65f03c0);
        assertEquals(2, count(text, "\nblock "));
        assertTrue(text.contains("\nblock 0xffff800008000004: 2 instructions"), text);
    }

    @Test
    void saysWhereCodeWithoutABranchEnds() throws IOException {
        String text = list(ADDRESS, 0x91000421);
        assertTrue(text.endsWith("# The given code ends before 0xffff800008000004; the udf there stands in for what follows.\n"), text);
    }

    @Test
    void codeMayCrossPages() throws IOException {
        String text = list(ADDRESS + 0xffc, 0x91000421, 0x91000842, 0xd65f03c0);
        assertTrue(text.contains("\nblock 0xffff800008000ffc: 1 instruction,"), text);
        assertTrue(text.contains("\n+ffc 91000421 add x1"), text);
        assertTrue(text.contains("\nblock 0xffff800008001000: 2 instructions,"), text);
        assertTrue(text.contains("\n+000 91000842 add x2"), text);
        assertFalse(text.contains("udf"), text);
    }

    @Test
    void undefinedWordsAreListedToo() throws IOException {
        String text = list(ADDRESS, 0x00000001, 0xffffffff, 0xd65f03c0);
        assertEquals(3, count(text, "\nblock "));
        assertTrue(text.contains("\n+004 ffffffff "), text);
    }
}
