package io.stele.isac.parse;

import io.stele.isac.ast.Decl;
import io.stele.isac.ast.Expr;
import io.stele.isac.ast.Stmt;
import io.stele.isac.ast.TypeName;
import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.diagnostics.Position;
import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/** Makes the syntax tree out of ANTLR's parse tree. */
final class SyntaxBuilder {
    private static final Decl.Group NO_GROUP = new Decl.Group("", "", null);

    private final String file;
    private final int firstLine;
    private final int firstColumn;
    private final Diagnostics diagnostics;

    SyntaxBuilder(String file, int firstLine, int firstColumn, Diagnostics diagnostics) {
        this.file = file;
        this.firstLine = firstLine;
        this.firstColumn = firstColumn;
        this.diagnostics = diagnostics;
    }

    List<Decl> file(IsaParser.FileContext tree) {
        List<Decl> result = new ArrayList<>();
        items(tree.item(), NO_GROUP, result);
        return result;
    }

    private void items(List<IsaParser.ItemContext> items, Decl.Group group, List<Decl> result) {
        for (IsaParser.ItemContext item : items) {
            diagnostics.guard(() -> item(item, group, result));
        }
    }

    private void item(IsaParser.ItemContext item, Decl.Group group, List<Decl> result) {
        if (item.group() != null) {
            IsaParser.GroupContext g = item.group();
            String section = g.STRING().size() > 1 ? unquote(g.STRING(1).getText()) : group.section();
            String feature = g.name() == null ? group.feature() : g.name().getText();
            items(g.item(), new Decl.Group(unquote(g.STRING(0).getText()), section, feature), result);
        } else if (item.instruction() != null) {
            result.add(instruction(item.instruction(), group));
        } else if (item.function() != null) {
            result.add(function(item.function()));
        } else if (item.setter() != null) {
            IsaParser.SetterContext s = item.setter();
            result.add(new Decl.Function(at(s), s.name().getText(), true, params(s.params()), List.of(), block(s.block())));
        } else if (item.stateBlock() != null) {
            for (IsaParser.StateEntryContext entry : item.stateBlock().stateEntry()) {
                result.add(stateEntry(entry));
            }
        } else if (item.fieldDecl() != null) {
            result.add(field(item.fieldDecl()));
        } else if (item.builtin() != null) {
            IsaParser.BuiltinContext b = item.builtin();
            result.add(external(b, Decl.ExternalKind.BUILTIN, b.name(), b.params(), b.type()));
        } else if (item.hook() != null) {
            IsaParser.HookContext h = item.hook();
            result.add(external(h, Decl.ExternalKind.HOOK, h.name(), h.params(), h.type()));
        } else if (item.textDecl() != null) {
            IsaParser.TextDeclContext t = item.textDecl();
            result.add(external(t, Decl.ExternalKind.TEXT, List.of(t.name()), t.params(), null));
        } else {
            IsaParser.ConstDeclContext c = item.constDecl();
            result.add(new Decl.Constant(at(c), c.name().getText(), expression(c.expr())));
        }
    }

    private Decl external(ParserRuleContext tree, Decl.ExternalKind kind, List<IsaParser.NameContext> names, IsaParser.ParamsContext params,
            IsaParser.TypeContext type) {
        List<String> attributes = new ArrayList<>();
        for (IsaParser.NameContext name : names.subList(1, names.size())) {
            attributes.add(name.getText());
        }
        return new Decl.External(at(tree), kind, names.getFirst().getText(), params(params), type(type), attributes);
    }

    private Decl instruction(IsaParser.InstructionContext tree, Decl.Group group) {
        String feature = group.feature();
        List<Stmt.Define> lets = new ArrayList<>();
        List<Expr> wheres = new ArrayList<>();
        List<Decl.Asm> asms = new ArrayList<>();
        boolean todo = false;
        boolean interp = false;
        for (IsaParser.PropertyContext property : tree.property()) {
            switch (property) {
                case IsaParser.FeaturePropertyContext p -> feature = p.name().getText();
                case IsaParser.AsmPropertyContext p -> asms.add(new Decl.Asm(at(p.STRING().getSymbol()), unquote(p.STRING().getText()),
                    p.expr() == null ? null : expression(p.expr())));
                case IsaParser.WherePropertyContext p -> wheres.add(expression(p.expr()));
                case IsaParser.LetPropertyContext p ->
                    lets.add(new Stmt.Define(at(p), false, p.name().getText(), type(p.type()), expression(p.expr())));
                case IsaParser.TodoPropertyContext p -> todo = true;
                case IsaParser.InterpPropertyContext p -> interp = true;
                default -> throw new IllegalStateException("property " + property.getText());
            }
        }
        Stmt.Block body = tree.block() == null ? null : block(tree.block());
        if (body == null && !todo) {
            throw new CompileError(at(tree), "instruction " + tree.name().getText() + " has neither behaviour nor 'todo'");
        }
        if (body != null && todo) {
            throw new CompileError(at(tree), "instruction " + tree.name().getText() + " has behaviour and 'todo'");
        }
        return new Decl.Instruction(at(tree.name()), tree.name().getText(), at(tree.STRING().getSymbol()), unquote(tree.STRING().getText()),
            group, feature == null ? "base" : feature, lets, wheres, asms, todo, interp, body);
    }

    private Decl function(IsaParser.FunctionContext f) {
        Stmt.Block body;
        if (f.block() != null) {
            body = block(f.block());
        } else {
            Position at = at(f.expr() != null ? f.expr() : f.tuple());
            body = new Stmt.Block(at, List.of(new Stmt.Return(at, values(f.expr(), f.tuple()))));
        }
        List<TypeName> results = f.type().stream().map(this::type).toList();
        return new Decl.Function(at(f.name()), f.name().getText(), false, params(f.params()), results, body);
    }

    /** One expression, a tuple of several, or none. */
    private List<Expr> values(IsaParser.ExprContext single, IsaParser.TupleContext tuple) {
        if (tuple != null) {
            return tuple.expr().stream().map(this::expression).toList();
        }
        return single == null ? List.of() : List.of(expression(single));
    }

    private Decl stateEntry(IsaParser.StateEntryContext entry) {
        switch (entry) {
            case IsaParser.FlagsEntryContext e -> {
                if (!e.type().getText().equals("flags") || e.expr() != null) {
                    throw new CompileError(at(e.type()), "a state entry is a number of bytes or 'flags', not '" + e.type().getText() + "'");
                }
                return new Decl.State(at(e.name()), e.name().getText(), Decl.StateKind.FLAGS, 4, null);
            }
            case IsaParser.RegisterEntryContext e -> {
                int bytes = stateBytes(e.INT().getSymbol());
                if (bytes < 8) {
                    throw new CompileError(at(e.INT().getSymbol()), "a register has 8 or 16 bytes; smaller ones are declared with 'field'");
                }
                return new Decl.State(at(e.name()), e.name().getText(), Decl.StateKind.REGISTER, bytes,
                    e.expr() == null ? null : expression(e.expr()));
            }
            case IsaParser.FieldEntryContext e -> {
                return field(e.fieldDecl());
            }
            default -> throw new IllegalStateException("state entry " + entry.getText());
        }
    }

    private Decl field(IsaParser.FieldDeclContext f) {
        int bytes = stateBytes(f.INT().getSymbol());
        if (bytes == 16) {
            throw new CompileError(at(f.INT().getSymbol()), "a field has 1, 2, 4 or 8 bytes");
        }
        return new Decl.State(at(f.name()), f.name().getText(), Decl.StateKind.FIELD, bytes, f.expr() == null ? null
            : expression(f.expr()));
    }

    private int stateBytes(Token token) {
        long bytes = number(token);
        if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8 && bytes != 16) {
            throw new CompileError(at(token), "a state entry has 1, 2, 4, 8 or 16 bytes, not " + bytes);
        }
        return (int) bytes;
    }

    private List<Decl.Param> params(IsaParser.ParamsContext tree) {
        List<Decl.Param> result = new ArrayList<>();
        if (tree != null) {
            for (IsaParser.ParamContext p : tree.param()) {
                result.add(new Decl.Param(at(p), p.name().getText(), type(p.type())));
            }
        }
        return result;
    }

    private TypeName type(IsaParser.TypeContext tree) {
        return tree == null ? null
            : new TypeName(at(tree), tree.name().getText(), tree.expr() == null ? null : expression(tree.expr()));
    }

    private Stmt.Block block(IsaParser.BlockContext tree) {
        List<Stmt> result = new ArrayList<>();
        for (IsaParser.StatementContext s : tree.statement()) {
            result.add(statement(s));
        }
        return new Stmt.Block(at(tree), result);
    }

    private Stmt statement(IsaParser.StatementContext tree) {
        Position at = at(tree);
        return switch (tree) {
            case IsaParser.BlockStatementContext s -> block(s.block());
            case IsaParser.LetStatementContext s -> new Stmt.Define(at, false, s.name().getText(), type(s.type()), expression(s.expr()));
            case IsaParser.LetTupleStatementContext s ->
                new Stmt.DefineTuple(at, s.name().stream().map(IsaParser.NameContext::getText).toList(), expression(s.expr()));
            case IsaParser.VarStatementContext s -> new Stmt.Define(at, true, s.name().getText(), type(s.type()), expression(s.expr()));
            case IsaParser.IfStatementContext s -> new Stmt.If(at, expression(s.expr()), statement(s.statement(0)),
                s.statement().size() > 1 ? statement(s.statement(1)) : null);
            case IsaParser.ForStatementContext s ->
                new Stmt.For(at, s.name().getText(), expression(s.expr(0)), expression(s.expr(1)), statement(s.statement()));
            case IsaParser.ReturnStatementContext s -> new Stmt.Return(at, values(s.expr(), s.tuple()));
            case IsaParser.AssignStatementContext s -> new Stmt.Assign(at, expression(s.expr(0)), expression(s.expr(1)));
            case IsaParser.CallStatementContext s -> new Stmt.CallStatement(at, expression(s.expr()));
            default -> throw new IllegalStateException("statement " + tree.getText());
        };
    }

    Expr expression(IsaParser.ExprContext tree) {
        Position at = at(tree);
        return switch (tree) {
            case IsaParser.ParenExprContext e -> expression(e.expr());
            case IsaParser.IntExprContext e -> new Expr.Number(at, number(e.INT().getSymbol()));
            case IsaParser.TrueExprContext e -> new Expr.Truth(at, true);
            case IsaParser.FalseExprContext e -> new Expr.Truth(at, false);
            case IsaParser.NameExprContext e -> new Expr.Name(at, e.name().getText());
            case IsaParser.IndexExprContext e -> new Expr.Index(at, e.name().getText(), expression(e.expr()));
            case IsaParser.CallExprContext e -> {
                List<Expr> arguments = new ArrayList<>();
                for (IsaParser.ExprContext a : e.expr()) {
                    arguments.add(expression(a));
                }
                yield new Expr.Call(at, e.name().getText(), arguments);
            }
            case IsaParser.UnaryExprContext e -> new Expr.Unary(at, e.op.getText(), expression(e.expr()));
            case IsaParser.BinaryExprContext e -> new Expr.Binary(at(e.op), e.op.getText(), expression(e.expr(0)), expression(e.expr(1)));
            case IsaParser.ConditionalExprContext e ->
                new Expr.Conditional(at, expression(e.expr(0)), expression(e.expr(1)), expression(e.expr(2)));
            default -> throw new IllegalStateException("expression " + tree.getText());
        };
    }

    private long number(Token token) {
        String text = token.getText().replace("_", "");
        try {
            if (text.startsWith("0x")) {
                return Long.parseUnsignedLong(text.substring(2), 16);
            }
            return text.startsWith("0b") ? Long.parseUnsignedLong(text.substring(2), 2) : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new CompileError(at(token), "number '" + token.getText() + "' does not fit into 64 bits");
        }
    }

    private Position at(ParserRuleContext tree) {
        return at(tree.getStart());
    }

    private Position at(Token token) {
        int offset = token.getLine() == 1 ? firstColumn : 0;
        return new Position(file, firstLine + token.getLine() - 1, offset + token.getCharPositionInLine() + 1);
    }

    private static String unquote(String literal) {
        return literal.substring(1, literal.length() - 1);
    }
}
