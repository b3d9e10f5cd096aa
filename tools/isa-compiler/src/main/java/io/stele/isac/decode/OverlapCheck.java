package io.stele.isac.decode;

import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.ssa.FixedEvaluator;
import java.util.List;

/**
 * Finds pairs of instructions that claim the same word although neither is more specific, and instructions that no word is left for. Where the
 * conditions look at many bits only a sample of words is tried.
 */
public final class OverlapCheck {
    private final Diagnostics diagnostics;
    private final FixedEvaluator evaluator;

    public OverlapCheck(Diagnostics diagnostics, FixedEvaluator evaluator) {
        this.diagnostics = diagnostics;
        this.evaluator = evaluator;
    }

    public void check(List<Row> rows) {
        for (int i = 0; i < rows.size(); i++) {
            for (int j = i + 1; j < rows.size(); j++) {
                Row a = rows.get(i);
                Row b = rows.get(j);
                if (a.overlaps(b) && !a.isMoreSpecific(b) && !b.isMoreSpecific(a)) {
                    pair(a, b);
                }
            }
            reached(rows.get(i), rows);
        }
    }

    private void pair(Row a, Row b) {
        int conditions = (a.conditionBits() | b.conditionBits()) & ~(a.mask() | b.mask());
        new Words(a.value() | b.value(), conditions).find(word -> a.matches(word, evaluator) && b.matches(word, evaluator)).ifPresent(
            word -> diagnostics.error(b.instruction().position(), "instruction " + b.instruction().name() + " and " + a.instruction().name() + " ("
                + a.instruction().position() + ") both match 0x" + Integer.toHexString(word) + " and neither is more specific"));
    }

    private void reached(Row row, List<Row> rows) {
        List<Row> before = rows.stream().filter(o -> o != row && o.overlaps(row) && o.isMoreSpecific(row)).toList();
        int looked = row.conditionBits();
        for (Row o : before) {
            looked |= o.mask() | o.conditionBits();
        }
        Words words = new Words(row.value(), looked & ~row.mask());
        boolean reached = words.find(word -> row.matches(word, evaluator) && before.stream().noneMatch(o -> o.matches(word, evaluator))).isPresent();
        if (!reached && words.areAll()) {
            boolean matches = words.find(word -> row.matches(word, evaluator)).isPresent();
            diagnostics.error(row.instruction().position(), "instruction " + row.instruction().name() + " is never reached: "
                + (matches ? "more specific ones match all its words" : "its where is always false"));
        }
    }
}
