package io.stele.isac.ast;

import io.stele.isac.diagnostics.Position;
import java.util.List;

/** Expressions as written. */
public sealed interface Expr {
    Position position();

    record Number(Position position, long value) implements Expr {}

    record Truth(Position position, boolean value) implements Expr {}

    record Name(Position position, String name) implements Expr {}

    record Call(Position position, String name, List<Expr> arguments) implements Expr {}

    /** An element of a state array. */
    record Index(Position position, String name, Expr index) implements Expr {}

    record Unary(Position position, String operator, Expr operand) implements Expr {}

    record Binary(Position position, String operator, Expr left, Expr right) implements Expr {}

    record Conditional(Position position, Expr condition, Expr whenTrue, Expr whenFalse) implements Expr {}
}
