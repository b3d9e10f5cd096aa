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
        new VirtBackend().listCode(new GivenCode(words, address, false, false), new TextRows(text));
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

    private static String list(boolean passes, boolean cluster, int... words) throws IOException {
        StringBuilder text = new StringBuilder();
        new VirtBackend().listCode(new GivenCode(words, ADDRESS, passes, cluster), new TextRows(text));
        return text.toString();
    }

    @Test
    void showsTheOperationsBeforeAndAfterEachPass() throws IOException {
        String text = list(true, false, 0x91000421, 0x91000421, 0xd2800021, 0xd65f03c0);
        int made = text.indexOf("operations as the translator asks for them");
        int simplified = text.indexOf("operations simplified");
        int needed = text.indexOf("operations after liveness");
        int code = text.indexOf(" out of line at ");
        assertTrue(made > 0 && made < simplified && simplified < needed && needed < code, text);
        assertEquals(2, count(text.substring(made, simplified), "read.reg x1"), "two additions that know nothing of each other");
        assertEquals(1, count(text.substring(simplified, needed), "read.reg x1"), text);
        assertEquals(3, count(text.substring(simplified, needed), "set.reg x1"), text);
        assertEquals(1, count(text.substring(needed, code), "set.reg x1"), "two are overwritten before anybody sees them");
    }

    @Test
    void showsTheClusterOfALoop() throws IOException {
        String text = list(false, true, 0x91000421, 0xf1000442, 0x54ffffc1, 0xd65f03c0);
        assertTrue(text.contains("\ncluster 0xffff800008000000: 2 blocks, 4 instructions"), text);
        assertTrue(text.contains("x1 in r"), text);
        assertTrue(text.contains("block +000: the head; reached from +000; a loop begins; in a loop; an entry"), text);
        assertTrue(text.contains("block +00c: reached from +000; its end leaves"), text);
        assertTrue(list(false, true, 0x91000421, 0xd65f03c0).endsWith("there is no loop in what is reached from it.\n"), text);
    }
}
