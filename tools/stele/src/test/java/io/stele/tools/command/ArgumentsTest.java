package io.stele.tools.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private static Arguments boot(String... line) {
        return Arguments.read(new BootCommand(null), line, 0);
    }

    private static Arguments run(String... line) {
        return Arguments.read(new RunCommand(null), line, 0);
    }

    @Test
    void valuesMayBeWrittenBothWays() {
        Arguments arguments = boot("--memory", "2G", "--append=a=b c", "--stats");
        assertEquals("2G", arguments.text("--memory"));
        assertEquals("a=b c", arguments.text("--append"));
        assertTrue(arguments.isSet("--stats"));
        assertNull(arguments.text("--kernel"));
        assertEquals("", boot("--append", "").text("--append"));
    }

    @Test
    void shortNamesAreTheSameOptions() {
        Arguments arguments = run("-e", "A=1", "--env", "B=2", "-w", "/usr", "-u", "5", "-t", "-i", "sh", "-e");
        assertEquals(List.of("A=1", "B=2"), arguments.texts("--env"));
        assertEquals("/usr", arguments.text("--workdir"));
        assertEquals("5", arguments.text("--user"));
        assertTrue(arguments.isSet("--tty") && arguments.isSet("--interactive"));
        assertEquals(List.of("sh", "-e"), arguments.words());
        assertNull(run("-w", "/", "--workdir", "/", "true"));
        // Several in one word are picocli's.
        assertNull(run("-it", "sh"));
    }

    @Test
    void firstWordEndsTheOptions() {
        assertEquals(List.of("ls", "-l", "--stats", "--"), run("ls", "-l", "--stats", "--").words());
        assertEquals(List.of("--odd", "x"), run("--stats", "--", "--odd", "x").words());
        assertEquals(List.of("--"), run("--", "--").words());
    }

    @Test
    void whateverNeedsExplainingIsLeftToPicocli() {
        for (String[] line : new String[][] {{"--help"}, {"-h"}, {"--no-such"}, {"--memory"}, {"--stats=1"}, {"--memory", "1", "--memory", "2"},
            {"word"}, {"-"}, {"--"}}) {
            assertNull(boot(line), line[0]);
        }
        assertNull(run());
        assertNull(run("--"));
        assertNull(run("--stats"));
        assertNull(run("-l"));
        assertNotNull(boot());
    }

    @Test
    void sizesAndTimesHaveUnits() {
        assertEquals(512L << 20, Sizes.memory("512"));
        assertEquals(2L << 30, Sizes.memory("2g"));
        assertEquals(1L << 20, Sizes.memory("1024K"));
        assertEquals(1_500_000_000L, Sizes.duration("1.5"));
        assertEquals(120_000_000_000L, Sizes.duration("2m"));
        for (String text : new String[] {"", "G", "-1", "0", "1.5G", "12X", "99999999999999T"}) {
            assertThrows(IllegalArgumentException.class, () -> Sizes.memory(text), text);
        }
        for (String text : new String[] {"", "s", "-1", "0", "NaN", "1d", "1e99"}) {
            assertThrows(IllegalArgumentException.class, () -> Sizes.duration(text), text);
        }
    }
}
