package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RunFilterTest implements RunFilter.Listener {
    private final StringBuilder output = new StringBuilder();
    private final StringBuilder error = new StringBuilder();
    private int begun;
    private int status = -1;
    private final RunFilter filter = new RunFilter("word", this);

    @Override
    public void begun() {
        begun++;
    }

    @Override
    public void output(byte value) {
        output.append((char) (value & 0xff));
    }

    @Override
    public void error(byte value) {
        error.append((char) (value & 0xff));
    }

    @Override
    public void ended(int newStatus) {
        status = newStatus;
    }

    private void print(String text) {
        for (byte value : text.getBytes(StandardCharsets.ISO_8859_1)) {
            filter.put(value);
        }
    }

    @Test
    void partsAreTakenApart() {
        print("boot noise\r\n\36wordBone\n\36wordEwarning\ntwo\36wordEoops\n three\n\36wordX42\n[ 3.5] reboot: Power down\r\n");
        assertEquals(1, begun);
        assertEquals("one\ntwo three\n", output.toString());
        assertEquals("warning\noops\n", error.toString());
        assertEquals(42, status);
    }

    @Test
    void bytesThatLookLikeAMarkPass() {
        print("\36wordB\36\36wor\36word?\36wordEe\36\n");
        assertEquals("\36\36wor\36word?", output.toString());
        assertEquals("e\36\n", error.toString());
        assertEquals(-1, status);
    }

    @Test
    void standardErrorWithoutANewlineEndsWithTheCommand() {
        print("\36wordB\36wordEprompt: \36wordX0\n");
        assertEquals("prompt: ", error.toString());
        assertEquals("", output.toString());
        assertEquals(0, status);
    }
}
