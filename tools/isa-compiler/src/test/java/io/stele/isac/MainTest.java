package io.stele.isac;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line. */
class MainTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @BeforeEach
    void writeDescription() throws IOException {
        Files.createDirectories(directory.resolve("isa/part"));
        Files.writeString(directory.resolve("isa/base.isa"), Descriptions.resource("base.isa"));
        Files.writeString(directory.resolve("isa/part/some-moves.isa"), "instruction MOVE \"0 a:31\" { SP = constant(64, a); }\n");
    }

    private int run(String... args) throws IOException {
        return Main.run(args, new PrintStream(output, true, StandardCharsets.UTF_8), new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    private Path generated(String name) {
        return directory.resolve("out/io/stele/arm64/generated/" + name + ".java");
    }

    private int compile() throws IOException {
        return run("--package", "io.stele.arm64", "--out", directory.resolve("out").toString(), "--coverage",
            directory.resolve("coverage.md").toString(),
            directory.resolve("isa").toString());
    }

    @Test
    void writesClassesNamedAfterTheFiles() throws IOException {
        assertEquals(0, compile());
        assertTrue(Files.exists(generated("TranslatorPartSomeMoves")));
        assertTrue(Files.exists(generated("Decoder")));
        assertTrue(Files.readString(directory.resolve("coverage.md")).contains("| MOVE | base | jit |"));
    }

    @Test
    void unchangedDescriptionIsNotGeneratedAgain() throws IOException {
        compile();
        Files.delete(generated("Decoder"));
        assertEquals(0, compile());
        assertFalse(Files.exists(generated("Decoder")));
    }

    @Test
    void changedDescriptionReplacesOnlyWhatDiffers() throws IOException {
        compile();
        FileTime old = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(generated("GuestState"), old);
        Files.setLastModifiedTime(generated("TranslatorPartSomeMoves"), old);
        Files.writeString(directory.resolve("isa/part/some-moves.isa"), "instruction MOVE \"1 a:31\" { SP = constant(64, a + 1); }\n");
        assertEquals(0, compile());
        assertEquals(old, Files.getLastModifiedTime(generated("GuestState")));
        assertNotEquals(old, Files.getLastModifiedTime(generated("TranslatorPartSomeMoves")));
    }

    @Test
    void classesOfRemovedFilesAreDeleted() throws IOException {
        compile();
        Files.move(directory.resolve("isa/part/some-moves.isa"), directory.resolve("isa/part/others.isa"));
        assertEquals(0, compile());
        assertFalse(Files.exists(generated("TranslatorPartSomeMoves")));
        assertTrue(Files.exists(generated("TranslatorPartOthers")));
    }

    @Test
    void errorsAreListedAndNothingIsWritten() throws IOException {
        Files.writeString(directory.resolve("isa/part/some-moves.isa"), "instruction MOVE \"0 a:31\" { SP = q; }\n");
        assertEquals(1, compile());
        assertTrue(errors.toString(StandardCharsets.UTF_8).contains("some-moves.isa:1:34: unknown name 'q'\n1 error\n"));
        assertFalse(Files.exists(generated("Decoder")));
    }

    @Test
    void withoutOutputTheDescriptionIsOnlyChecked() throws IOException {
        assertEquals(0, run(directory.resolve("isa").toString()));
        assertEquals("1 instruction, no errors\n", output.toString(StandardCharsets.UTF_8));
    }

    @Test
    void wrongCommandLineIsExplained() throws IOException {
        assertEquals(2, run("-O9", "isa"));
        assertEquals(2, run("--out"));
        assertEquals(2, run(directory.resolve("absent").toString()));
        assertTrue(errors.toString(StandardCharsets.UTF_8).contains("usage: isac"));
        assertTrue(errors.toString(StandardCharsets.UTF_8).contains("absent is not a directory"));
    }
}
