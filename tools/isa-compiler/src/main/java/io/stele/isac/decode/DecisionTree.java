package io.stele.isac.decode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Decides by a few bits at a time which instruction a word is. */
public sealed interface DecisionTree {
    /** Tests the rows one after the other; {@code known} are bits that have been compared on the way. */
    record Leaf(List<Row> rows, int known) implements DecisionTree {}

    /** Looks at {@code width} bits from {@code low} on; {@code children} by their value. */
    record Choice(int low, int width, List<DecisionTree> children) implements DecisionTree {}

    int LEAF_ROWS = 2;
    int MAX_WIDTH = 6;

    /** The tree of all rows; the more specific of two matching rows is found first. */
    static DecisionTree of(List<Row> rows) {
        List<Row> ordered = new ArrayList<>(rows);
        ordered.sort(Comparator.comparingInt((Row r) -> -Integer.bitCount(r.mask()))
            .thenComparingInt(r -> r.where() == null ? 1 : 0).thenComparingInt(Row::index));
        return build(ordered, 0);
    }

    private static DecisionTree build(List<Row> rows, int known) {
        if (rows.size() <= LEAF_ROWS) {
            return new Leaf(rows, known);
        }
        double best = rows.size();
        int low = -1;
        int width = 0;
        for (int w = 1; w <= MAX_WIDTH; w++) {
            for (int l = 0; l + w <= 32; l++) {
                double cost = cost(rows, l, w, known);
                if (cost < best - 1e-9) {
                    best = cost;
                    low = l;
                    width = w;
                }
            }
        }
        if (low < 0) {
            return new Leaf(rows, known);
        }
        List<DecisionTree> children = new ArrayList<>();
        for (int i = 0; i < 1 << width; i++) {
            children.add(build(matching(rows, low, width, i), known | mask(low, width)));
        }
        return new Choice(low, width, children);
    }

    private static int mask(int low, int width) {
        return (1 << width) - 1 << low;
    }

    /** Average rows left, plus a little for every entry of the switch. */
    private static double cost(List<Row> rows, int low, int width, int known) {
        int window = mask(low, width);
        if ((window & known) != 0) {
            return Double.MAX_VALUE;
        }
        double left = 0;
        for (Row row : rows) {
            left += 1.0 / (1 << Integer.bitCount(row.mask() & window));
        }
        return left + (1 << width) * 0.02;
    }

    private static List<Row> matching(List<Row> rows, int low, int width, int bits) {
        List<Row> result = new ArrayList<>();
        for (Row row : rows) {
            if (((row.value() ^ bits << low) & row.mask() & mask(low, width)) == 0) {
                result.add(row);
            }
        }
        return result;
    }
}
