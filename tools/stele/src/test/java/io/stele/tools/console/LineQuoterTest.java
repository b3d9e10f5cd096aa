package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineQuoterTest {
    private static final int TERMINAL_LINE = 4096;

    /** What a terminal in canonical mode gives its reader; fails where it would lose bytes or say end-of-file. */
    private static byte[] terminal(byte[] typed) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int line = 0;
        for (int i = 0; i < typed.length; i++) {
            switch (typed[i]) {
                case 4 -> {
                    assertTrue(line > 0, "end of file inside of the data");
                    line = 0;
                }
                case 0x16 -> {
                    out.write(typed[++i]);
                    line++;
                }
                case '\n' -> {
                    out.write('\n');
                    line = 0;
                }
                default -> {
                    out.write(typed[i]);
                    line++;
                }
            }
            assertTrue(line < TERMINAL_LINE, "line too long");
        }
        assertEquals(0, line, "a part is held back");
        return out.toByteArray();
    }

    private static byte[] quote(byte[] bytes) {
        byte[] out = new byte[bytes.length * LineQuoter.MAX_EXPANSION];
        return Arrays.copyOf(out, LineQuoter.quote(bytes, bytes.length, out));
    }

    @Test
    void anyBytesSurvive() {
        Random random = new Random(1);
        for (int length = 0; length < 6000; length += 1 + length / 3) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertArrayEquals(bytes, terminal(quote(bytes)));
        }
    }

    @Test
    void longLinesAndSpecialBytesSurvive() {
        for (int value : new int[] {0, 4, '\n', '\r', 0x16, 'a', 0xff}) {
            byte[] bytes = new byte[5000];
            Arrays.fill(bytes, (byte) value);
            assertArrayEquals(bytes, terminal(quote(bytes)));
        }
    }

    @Test
    void nothingStaysNothing() {
        assertEquals(0, quote(new byte[0]).length);
    }
}
