package io.stele.isac.parse;

import io.stele.isac.ast.Decl;
import io.stele.isac.ast.Expr;
import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.diagnostics.Position;
import java.util.List;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;

/** Text to syntax tree. */
public final class DescriptionParser {
    private final Diagnostics diagnostics;

    public DescriptionParser(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    /** The declarations of one file; syntax errors are noted. */
    public List<Decl> parse(SourceFile source) {
        int before = diagnostics.errors().size();
        IsaParser parser = parser(source.name(), 1, 0, source.text());
        IsaParser.FileContext tree = parser.file();
        SyntaxBuilder builder = new SyntaxBuilder(source.name(), 1, 0, diagnostics);
        return diagnostics.errors().size() > before ? List.of() : builder.file(tree);
    }

    /** What stands in one {@code {...}} of an assembly template. */
    public record Hole(Expr expression, String format) {}

    /** Parses the inside of a template hole that starts at {@code start}; null after a syntax error. */
    public Hole parseHole(Position start, String text) {
        int before = diagnostics.errors().size();
        IsaParser parser = parser(start.file(), start.line(), start.column() - 1, text);
        IsaParser.HoleContext tree = parser.hole();
        if (diagnostics.errors().size() > before) {
            return null;
        }
        SyntaxBuilder builder = new SyntaxBuilder(start.file(), start.line(), start.column() - 1, diagnostics);
        return new Hole(builder.expression(tree.expr()), tree.name() == null ? null : tree.name().getText());
    }

    private IsaParser parser(String file, int firstLine, int firstColumn, String text) {
        BaseErrorListener listener = new BaseErrorListener() {
            @Override
            public void syntaxError(Recognizer<?, ?> recognizer, Object symbol, int line, int column, String message,
                    RecognitionException cause) {
                int offset = line == 1 ? firstColumn : 0;
                diagnostics.error(new Position(file, firstLine + line - 1, offset + column + 1), "syntax: " + message);
            }
        };
        IsaLexer lexer = new IsaLexer(CharStreams.fromString(text, file));
        lexer.removeErrorListeners();
        lexer.addErrorListener(listener);
        IsaParser parser = new IsaParser(new CommonTokenStream(lexer));
        parser.removeErrorListeners();
        parser.addErrorListener(listener);
        return parser;
    }
}
