package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.stele.tools.dump.HtmlRows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a dump in a headless Chromium. */
class DumpPageInBrowserTest {
    private static final long PATIENCE_SECONDS = 60;
    private static final int WIDTH = 1600;
    /** More than a picture without text has. */
    private static final int EMPTY_PICTURE_BYTES = 30_000;
    /** An addition, a load and a return. */
    private static final int[] WORDS = {0x91000421, 0xf9400020, 0xd65f03c0};
    /** Puts the pointer on a row of the load, and says on the page what lights up. */
    private static final String PROBE = """
        <script>
        const rows = Array.from(document.querySelectorAll('table')).at(-1).querySelectorAll('tr[data-i="4"]');
        rows[1].dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
        const said = document.createElement('pre');
        const on = document.querySelectorAll('tr.on');
        said.textContent = 'PROBE ' + rows.length + ' ' + on.length + ' ' + Array.from(on).every(r => r.dataset.i === '4')
            + ' ' + new Set(Array.from(document.querySelectorAll('tr')).map(r => getComputedStyle(r).backgroundColor)).size;
        document.body.append(said);
        </script>
        """;

    @TempDir
    Path folder;
    private String browser;
    private Path page;

    @BeforeEach
    void makePage() throws IOException {
        browser = Stream.of("chromium", "chromium-browser", "google-chrome").flatMap(name -> Stream.of(System.getenv("PATH").split(":"))
            .map(path -> Path.of(path, name))).filter(Files::isExecutable).map(Path::toString).findFirst().orElse(null);
        assumeTrue(browser != null, "there is no Chromium on PATH (package chromium): the page of a dump is not tested");
        HtmlRows rows = new HtmlRows();
        new VirtBackend().listCode(new GivenCode(WORDS, 0xffff_8000_0800_0000L, true, false), rows);
        page = Files.writeString(folder.resolve("page.html"), rows.text() + PROBE);
    }

    private String open(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--user-data-dir=" + folder.resolve("profile"), "--window-size=" + WIDTH + ",1000"));
        command.addAll(List.of(arguments));
        command.add(page.toUri().toString());
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try {
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the browser does not end");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return Files.readString(out);
    }

    @Test
    void whatBelongsToOneInstructionLightsUpTogether() throws IOException, InterruptedException {
        String dom = open("--dump-dom");
        int at = dom.indexOf("<pre>PROBE ");
        assertTrue(at > 0, "the script of the page failed");
        String[] words = dom.substring(at + 11, dom.indexOf('<', at + 11)).split(" ");
        assertTrue(Integer.parseInt(words[0]) > 10, "rows of the load, also out of line: " + words[0]);
        assertEquals(words[0], words[1], "all rows of the load are lit");
        assertEquals("true", words[2], "no other row is lit");
        assertTrue(Integer.parseInt(words[3]) >= 3, "each instruction has a colour, and the lit one another: " + words[3]);
    }

    @Test
    void thePageIsDrawn() throws IOException, InterruptedException {
        Path picture = folder.resolve("page.png");
        open("--screenshot=" + picture);
        ByteBuffer png = ByteBuffer.wrap(Files.readAllBytes(picture));
        assertEquals(WIDTH, png.getInt(16));
        assertTrue(png.capacity() > EMPTY_PICTURE_BYTES, "a picture of " + png.capacity() + " bytes");
    }
}
