package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
        try (DirectoryStream<Path> all = Files.newDirectoryStream(translations())) {
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
        byte[] otherBuild = whole.clone();
        otherBuild[24]++;
        Files.write(file, otherBuild);
        assertEquals(expected, program.onStele(translations()));
        assertEquals(0, program.counter("blocks of earlier runs"));
    }

    @Test
    void aFolderThatCannotBeMadeIsDoneWithout() throws Exception {
        GuestProgram program = new GuestProgram(folder, "hello");
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(program.onStele(), program.onStele(file.resolve("translations")));
    }
}
