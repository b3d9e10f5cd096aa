package io.stele.tools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpioWriterTest {
    @TempDir
    Path folder;

    private static byte[] archive() {
        return new CpioWriter(100)
            .directory("bin", 0755)
            .directory("tmp", 01777)
            .file("bin/tool", 0755, "#!/bin/sh\n")
            .file("empty", 0600, "")
            .symlink("bin/link", "tool")
            .characterDevice("console", 0600, 5, 1)
            .finish();
    }

    @Test
    void headerIsThatOfTheNewFormat() {
        String text = new String(archive(), StandardCharsets.ISO_8859_1);
        assertEquals("070701" + "00000001" + "000041ED" + "00000000" + "00000000" + "00000002" + "00000000" + "00000000"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000" + "bin\0", text.substring(0, 114));
        assertEquals(0, text.length() % 4);
        assertTrue(text.contains("TRAILER!!!\0"));
    }

    @Test
    void cpioReadsIt() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/cpio")) || Files.isExecutable(Path.of("/bin/cpio")), "needs cpio");
        Files.write(folder.resolve("archive"), archive());
        String list = cpio("--list", "--verbose", "--numeric-uid-gid");
        String[] lines = list.split("\n");
        assertEquals(6, lines.length, list);
        assertTrue(lines[0].startsWith("drwxr-xr-x") && lines[0].endsWith(" bin"), lines[0]);
        assertTrue(lines[1].startsWith("drwxrwxrwt"), lines[1]);
        assertTrue(lines[2].startsWith("-rwxr-xr-x") && lines[2].contains(" 10 "), lines[2]);
        assertTrue(lines[4].startsWith("lrwxrwxrwx") && lines[4].endsWith("bin/link -> tool"), lines[4]);
        assertTrue(lines[5].startsWith("crw-------") && lines[5].contains("5,   1"), lines[5]);
        assertEquals("#!/bin/sh\n", cpio("--extract", "--to-stdout", "bin/tool"));
    }

    private String cpio(String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("cpio", "--quiet");
        builder.command().addAll(List.of(arguments));
        Process process = builder.redirectInput(folder.resolve("archive").toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
