package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program does the same with the translations of its earlier run, and translates little anew. */
@Timeout(300)
class TranslationsTest {
    @TempDir
    Path folder;

    private Path translations() {
        return folder.resolve("translations");
    }

    private List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(translations(), "*.code")) {
            all.forEach(files::add);
        }
        return files;
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmu", "selfmodify", "faults", "atomics", "timer"})
    void aSecondRunDoesTheSameWithTheTranslationsOfTheFirst(String name) throws Exception {
        GuestProgram program = name.equals("mmu") ? new GuestProgram(folder, name, "GRANULE=12") : new GuestProgram(folder, name);
        String first = program.onStele(translations());
        assertEquals(0, program.counter("blocks of earlier runs"));
        long blocks = program.counter("blocks translated");
        assertEquals(1, files().size());
        assertEquals(first, program.onStele(translations()));
        assertTrue(program.counter("blocks of earlier runs") > 0);
        long anew = program.counter("blocks translated");
        assertTrue(anew < blocks / 2, anew + " of " + blocks + " blocks were translated again");
    }

    /** Each medium has a file of its own, which begins with what the first run has used of another one's. */
    @Test
    void anotherMediumBeginsWithTheTranslationsOfTheFirst() throws Exception {
        GuestProgram first = new GuestProgram(folder, "mmu", "GRANULE=12");
        first.onStele(translations(), folder.resolve("one"));
        GuestProgram second = new GuestProgram(folder, "mmu", "GRANULE=16");
        String expected = second.onStele();
        assertEquals(expected, second.onStele(translations(), folder.resolve("two")));
        assertTrue(second.counter("blocks of earlier runs") > 0);
        assertEquals(2, files().size());
        assertEquals(expected, second.onStele(translations(), folder.resolve("two")));
        long kept = second.counter("blocks of earlier runs");
        assertTrue(second.counter("blocks translated") < kept / 2, second.statistics());
    }

    /** Also what it has used long before its end. */
    @Test
    void aLongRunKeepsAllThatItHasUsedOfAnotherMediums() throws Exception {
        new GuestProgram(folder, "pressure", "PAGES=3000").onStele(translations(), folder.resolve("one"));
        GuestProgram second = new GuestProgram(folder, "pressure", "PAGES=6000");
        String expected = second.onStele(translations(), folder.resolve("two"));
        long anew = second.counter("blocks translated");
        assertTrue(anew > 3000 && anew < 4000, second.statistics());
        assertEquals(expected, second.onStele(translations(), folder.resolve("two")));
        assertTrue(second.counter("blocks translated") < 100, second.statistics());
    }

    /** As under kernel address space randomisation: checks of stored code are corrected region by region, not one by one. */
    @Test
    void aKernelThatIsElsewhereInEachRunNeedsFewCorrections() throws Exception {
        String sum = new GuestProgram(folder, "moved", "AT=0x20").onStele(translations());
        assertTrue(sum.startsWith("sum "), sum);
        for (int at = 0x31; at < 0x34; at++) {
            GuestProgram program = new GuestProgram(folder, "moved", "AT=" + at);
            assertEquals(sum, program.onStele(translations()));
            assertTrue(program.counter("blocks translated") < 20, program.statistics());
            assertTrue(program.counter("region sites patched") < 60, program.statistics());
        }
    }

    @Test
    void aBrokenFileIsDoneWithout() throws Exception {
        GuestProgram program = new GuestProgram(folder, "atomics");
        String expected = program.onStele(translations());
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 7, 40, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertEquals(expected, program.onStele(translations()));
            assertEquals(0, program.counter("blocks of earlier runs"), "with " + length + " bytes");
        }
        SplittableRandom random = new SplittableRandom(1);
        // One flipped bit in each part: header, tables, copies of the pages, entry tables, descriptions, code.
        for (int part = 0; part < 16; part++) {
            byte[] flipped = whole.clone();
            flipped[(int) ((part + random.nextDouble()) / 16 * whole.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, flipped);
            assertEquals(expected, program.onStele(translations()));
            assertEquals(0, program.counter("blocks of earlier runs"));
            assertFalse(Arrays.equals(flipped, Files.readAllBytes(file)), "the damaged file was not replaced");
        }
        assertEquals(expected, program.onStele(translations()));
        assertTrue(program.counter("blocks of earlier runs") > 0);
    }

    @Test
    void aFolderThatCannotBeMadeIsDoneWithout() throws Exception {
        GuestProgram program = new GuestProgram(folder, "hello");
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(program.onStele(), program.onStele(file.resolve("translations")));
    }
}
