package io.stele.isac;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which instruction a word is. */
class DecoderTest {
    private static final String TEXT = """
        instruction GENERAL "0001 a:4 b:8 c:16" todo;
        instruction SPECIAL "0001 0011 b:8 c:16" todo;
        instruction MOST_SPECIAL "0001 0011 11111111 c:16" where c != 5 todo;
        instruction LEFT "0010 a:4 b:8 c:16" where a < 4 todo;
        instruction RIGHT "0010 a:4 b:8 c:16" where a >= 4 && (b & 1) == 0 todo;
        instruction PREFERRED "0011 a:4 b:8 c:16" where bad(a) todo;
        instruction FALLBACK "0011 a:4 b:8 c:16" todo;
        instruction CROSS_A "0100 1 a:3 b:8 c:16" where b == 1 todo;
        instruction CROSS_B "0100 a:4 b:8 c:12 1111" where b == 2 todo;
        instruction WHOLE "11111111000000001111111100000000" todo;
        fn bad(n: int): bool { var found = false; for (i in 0..n) { if (i == 7) { found = true; } } return found; }
        """;

    private static Machine machine;

    @BeforeAll
    static void compile() {
        machine = new Machine(4, TEXT);
    }

    /** The row that the rules of the language name, found without a decision tree. */
    private static String expected(int word) {
        int a = word >>> 24 & 15;
        int b = word >>> 16 & 255;
        int c = word & 0xffff;
        return switch (word >>> 28) {
            case 1 -> a != 3 ? "GENERAL" : b == 255 && c != 5 ? "MOST_SPECIAL" : "SPECIAL";
            case 2 -> a < 4 ? "LEFT" : (b & 1) == 0 ? "RIGHT" : null;
            case 3 -> a > 7 ? "PREFERRED" : "FALLBACK";
            case 4 -> a >= 8 && b == 1 ? "CROSS_A" : (c & 15) == 15 && b == 2 ? "CROSS_B" : null;
            default -> word == 0xff00ff00 ? "WHOLE" : null;
        };
    }

    private static void check(int word) {
        String expected = expected(word);
        assertEquals(expected == null ? -1 : machine.index(expected), machine.decode(word), Integer.toHexString(word));
    }

    /** LEFT and RIGHT, PREFERRED and FALLBACK have the same patterns; of what begins with 0100, half is CROSS_A and a 16th of the rest CROSS_B. */
    @Test
    void whatNoPatternMatchesIsReported() {
        String coverage = Descriptions.compile(4, TEXT).coverage();
        assertTrue(coverage.contains("| 0x00 to 0x0f | 100.00% |"), coverage);
        assertTrue(coverage.contains("| 0x40 to 0x47 | 93.75% |\n| 0x50"), coverage);
        assertTrue(coverage.contains("77.93% of the words match no pattern."), coverage);
    }

    @Test
    void everyWordIsDecodedByTheRules() {
        int[] seconds = {0, 1, 2, 3, 128, 254, 255};
        int[] lows = {0, 5, 15, 0xff00, 0xffff};
        for (int top = 0; top < 256; top++) {
            for (int second : seconds) {
                for (int low : lows) {
                    check(top << 24 | second << 16 | low);
                }
            }
        }
        check(0xff00ff00);
    }
}
