package io.stele.isac.ast;

import io.stele.isac.diagnostics.Position;
import java.util.List;

/** Statements as written. Optional parts are null when absent. */
public sealed interface Stmt {
    Position position();

    record Block(Position position, List<Stmt> statements) implements Stmt {}

    record Define(Position position, boolean mutable, String name, TypeName type, Expr value) implements Stmt {}

    /** Names for the results of a function that has several. */
    record DefineTuple(Position position, List<String> names, Expr value) implements Stmt {}

    record If(Position position, Expr condition, Stmt whenTrue, Stmt whenFalse) implements Stmt {}

    record For(Position position, String name, Expr from, Expr to, Stmt body) implements Stmt {}

    /** @param values none in procedures, several in functions with as many results */
    record Return(Position position, List<Expr> values) implements Stmt {}

    record Assign(Position position, Expr target, Expr value) implements Stmt {}

    record CallStatement(Position position, Expr call) implements Stmt {}
}
