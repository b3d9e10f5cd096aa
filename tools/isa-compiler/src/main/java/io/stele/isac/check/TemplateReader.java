package io.stele.isac.check;

import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.parse.DescriptionParser;
import io.stele.isac.types.Type;
import java.util.ArrayList;
import java.util.List;

/** Reads assembly templates: text with {@code {expression}}, {@code {expression:x}}; <code>{{</code> and <code>}}</code> are braces. */
final class TemplateReader {
    private final Diagnostics diagnostics;
    private final DescriptionParser parser;
    private final ExpressionChecker expressions;
    private final ExpressionChecker.Context context;

    TemplateReader(Diagnostics diagnostics, DescriptionParser parser, ExpressionChecker expressions, ExpressionChecker.Context context) {
        this.diagnostics = diagnostics;
        this.parser = parser;
        this.expressions = expressions;
        this.context = context;
    }

    /** @param at position of the string's opening quote */
    List<Description.Piece> read(Position at, String template) {
        List<Description.Piece> pieces = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        int i = 0;
        while (i < template.length()) {
            char ch = template.charAt(i);
            if ((ch == '{' || ch == '}') && i + 1 < template.length() && template.charAt(i + 1) == ch) {
                text.append(ch);
                i += 2;
            } else if (ch == '{') {
                int end = template.indexOf('}', i);
                if (end < 0) {
                    throw new CompileError(column(at, i), "this { is not closed; write {{ for a brace");
                }
                flush(text, pieces);
                Description.Piece piece = hole(column(at, i + 1), template.substring(i + 1, end));
                if (piece != null) {
                    pieces.add(piece);
                }
                i = end + 1;
            } else if (ch == '}') {
                throw new CompileError(column(at, i), "this } closes nothing; write }} for a brace");
            } else {
                text.append(ch);
                i++;
            }
        }
        flush(text, pieces);
        return pieces;
    }

    private static Position column(Position at, int index) {
        return new Position(at.file(), at.line(), at.column() + 1 + index);
    }

    private static void flush(StringBuilder text, List<Description.Piece> pieces) {
        if (!text.isEmpty()) {
            pieces.add(new Description.Piece.Text(text.toString()));
            text.setLength(0);
        }
    }

    private Description.Piece hole(Position at, String source) {
        DescriptionParser.Hole hole = parser.parseHole(at, source);
        if (hole == null) {
            return null;
        }
        Typed value;
        try {
            value = expressions.check(hole.expression(), context);
            if (value.type() != Type.TEXT) {
                value = expressions.convert(at, value, Type.INT, context);
            }
            DescriptionChecker.requireWordOnly(at, value);
        } catch (CompileError e) {
            diagnostics.add(e);
            return null;
        }
        if (value.type() == Type.TEXT) {
            if (hole.format() != null) {
                throw new CompileError(at, "text has no format");
            }
            return new Description.Piece.Formatted((Typed.Call) value);
        }
        if (hole.format() != null && !hole.format().equals("x") && !hole.format().equals("d")) {
            throw new CompileError(at, "unknown format '" + hole.format() + "'; there are :x and :d");
        }
        return new Description.Piece.Number(value, "x".equals(hole.format()));
    }
}
