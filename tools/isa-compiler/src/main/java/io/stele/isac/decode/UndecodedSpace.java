package io.stele.isac.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Counts the words that match no pattern; conditions beside the patterns are not looked at. */
public final class UndecodedSpace {
    private static final int PREFIX_BITS = 8;
    private static final int PREFIXES = 1 << PREFIX_BITS;

    private final long[] undecoded = new long[PREFIXES];

    public UndecodedSpace(List<Row> rows) {
        int mask = -1 << 32 - PREFIX_BITS;
        for (int i = 0; i < PREFIXES; i++) {
            int value = i << 32 - PREFIX_BITS;
            undecoded[i] = count(matching(rows, mask, value), mask, value);
        }
    }

    private static List<Row> matching(List<Row> rows, int known, int value) {
        List<Row> result = new ArrayList<>();
        for (Row row : rows) {
            if (((row.value() ^ value) & row.mask() & known) == 0) {
                result.add(row);
            }
        }
        return result;
    }

    /** Words with these known bits that none of the rows matches; all rows match the known bits. */
    private static long count(List<Row> rows, int known, int value) {
        if (rows.isEmpty()) {
            return 1L << 32 - Integer.bitCount(known);
        }
        int[] looked = new int[32];
        for (Row row : rows) {
            int unknown = row.mask() & ~known;
            if (unknown == 0) {
                return 0;
            }
            for (int bits = unknown; bits != 0; bits &= bits - 1) {
                looked[Integer.numberOfTrailingZeros(bits)]++;
            }
        }
        int best = 0;
        for (int i = 1; i < 32; i++) {
            best = looked[i] > looked[best] ? i : best;
        }
        int bit = 1 << best;
        return count(matching(rows, known | bit, value), known | bit, value) + count(matching(rows, known | bit, value | bit), known | bit, value | bit);
    }

    /** Words that match no pattern. */
    public long words() {
        long sum = 0;
        for (long each : undecoded) {
            sum += each;
        }
        return sum;
    }

    /** A section in Markdown: the share of the space, by the upper bits of the words. */
    public String markdown() {
        StringBuilder text = new StringBuilder("\n## Undecoded space\n\n");
        text.append(percent(words(), 1L << 32)).append(" of the words match no pattern.\n\n| upper bits | match none |\n|---|---|\n");
        for (int i = 0; i < PREFIXES;) {
            int end = i + 1;
            while (end < PREFIXES && undecoded[end] == undecoded[i]) {
                end++;
            }
            if (undecoded[i] != 0) {
                text.append(String.format(Locale.ROOT, end == i + 1 ? "| 0x%02x" : "| 0x%02x to 0x%02x", i, end - 1)).append(" | ")
                    .append(percent(undecoded[i], 1L << 32 - PREFIX_BITS)).append(" |\n");
            }
            i = end;
        }
        return text.toString();
    }

    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.2f%%", 100.0 * part / whole);
    }
}
