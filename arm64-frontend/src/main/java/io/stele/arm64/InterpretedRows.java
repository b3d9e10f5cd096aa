package io.stele.arm64;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Disassembler;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;

/**
 * Counts the instructions that one CPU's interpreter executes, by row of the description. Counted by one thread; others may see old numbers.
 */
final class InterpretedRows {
    private static final int LEADERS = 12;

    private final long[] counts = new long[Decoder.COUNT];
    private final int[] lastWord = new int[Decoder.COUNT];

    void count(int index, int word) {
        counts[index]++;
        lastWord[index] = word;
    }

    void addTo(InterpretedRows sum) {
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] != 0) {
                sum.counts[i] += counts[i];
                sum.lastWord[i] = lastWord[i];
            }
        }
    }

    /** The number of instructions, then a line for each of the rows that lead: name, number, and its last instruction in assembly. */
    String report() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(Locale.ROOT, "%-28s%d%n", "instructions interpreted", Arrays.stream(counts).sum()));
        Integer[] rows = new Integer[counts.length];
        Arrays.setAll(rows, i -> i);
        Arrays.sort(rows, Comparator.comparingLong((Integer i) -> -counts[i]));
        for (int i = 0; i < LEADERS && counts[rows[i]] != 0; i++) {
            int row = rows[i];
            String last = Disassembler.disassemble(lastWord[row], 0);
            out.append(String.format(Locale.ROOT, "  %-26s%-12d%s%n", Coverage.NAMES[row], counts[row], last));
        }
        return out.toString();
    }
}
