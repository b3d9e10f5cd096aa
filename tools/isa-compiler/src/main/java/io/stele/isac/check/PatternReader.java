package io.stele.isac.check;

import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.List;

/** Reads a pattern: 32 bits of {@code 0}, {@code 1}, {@code name:width} and {@code -:width}, from bit 31 down. */
final class PatternReader {
    private final List<Description.Field> fields = new ArrayList<>();
    private int mask;
    private int value;
    private int used;

    PatternReader(Position at, String pattern) {
        int i = 0;
        while (i < pattern.length()) {
            char ch = pattern.charAt(i);
            Position here = new Position(at.file(), at.line(), at.column() + 1 + i);
            if (ch == ' ') {
                i++;
            } else if (ch == '0' || ch == '1') {
                take(here, 1);
                mask |= 1 << (32 - used);
                value |= (ch - '0') << (32 - used);
                i++;
            } else {
                i = field(here, pattern, i);
            }
        }
        if (used != 32) {
            throw new CompileError(at, "a pattern has 32 bits, this one has " + used);
        }
    }

    private int field(Position here, String pattern, int start) {
        int colon = start;
        while (colon < pattern.length() && (Character.isLetterOrDigit(pattern.charAt(colon)) || pattern.charAt(colon) == '_')) {
            colon++;
        }
        boolean ignored = pattern.charAt(start) == '-';
        if (ignored) {
            colon++;
        }
        int end = colon + 1;
        while (end < pattern.length() && Character.isDigit(pattern.charAt(end))) {
            end++;
        }
        if (colon == start || colon >= pattern.length() || pattern.charAt(colon) != ':' || end == colon + 1) {
            throw new CompileError(here, "a pattern consists of 0, 1, name:width and -:width");
        }
        int width = end - colon - 1 > 2 ? 99 : Integer.parseInt(pattern.substring(colon + 1, end));
        if (width < 1) {
            throw new CompileError(here, "a field has at least one bit");
        }
        take(here, width);
        if (!ignored) {
            String name = pattern.substring(start, colon);
            Variable variable = new Variable(name, Type.INT, false, null, width);
            fields.add(new Description.Field(variable, 32 - used, width));
        }
        return end;
    }

    private void take(Position here, int bits) {
        used += bits;
        if (used > 32) {
            throw new CompileError(here, "a pattern has 32 bits, this one has more");
        }
    }

    List<Description.Field> fields() {
        return fields;
    }

    int mask() {
        return mask;
    }

    int value() {
        return value;
    }
}
