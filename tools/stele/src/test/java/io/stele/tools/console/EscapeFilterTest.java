package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EscapeFilterTest {
    private final List<EscapeFilter.Command> commands = new ArrayList<>();
    private final EscapeFilter filter = new EscapeFilter(commands::add);

    private String type(String keys) {
        byte[] bytes = keys.getBytes(StandardCharsets.ISO_8859_1);
        int kept = filter.filter(bytes, bytes.length);
        return new String(bytes, 0, kept, StandardCharsets.ISO_8859_1);
    }

    @Test
    void ordinaryKeysPassUnchanged() {
        assertEquals("ls -l\r\3\4\0\377", type("ls -l\r\3\4\0\377"));
        assertEquals(List.of(), commands);
    }

    @Test
    void ctrlAThenXQuitsInEveryWriting() {
        assertEquals("", type("\1x\1X\1\30"));
        assertEquals(List.of(EscapeFilter.Command.QUIT, EscapeFilter.Command.QUIT, EscapeFilter.Command.QUIT), commands);
    }

    @Test
    void ctrlAThenHHelpsAndTheRestGoesOn() {
        assertEquals("ab", type("a\1hb"));
        assertEquals(List.of(EscapeFilter.Command.HELP), commands);
    }

    @Test
    void ctrlATwiceSendsOne() {
        assertEquals("\1x", type("\1\1x"));
        assertEquals(List.of(), commands);
    }

    @Test
    void commandMayBeSplitOverReads() {
        assertEquals("", type("\1"));
        assertEquals("y", type("xy"));
        assertEquals(List.of(EscapeFilter.Command.QUIT), commands);
    }

    @Test
    void unknownCommandIsDropped() {
        assertEquals("b", type("\1zb"));
        assertEquals(List.of(), commands);
    }
}
