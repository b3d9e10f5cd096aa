package io.stele.isac.check;

import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.List;

/** Statements with types. */
public sealed interface Stmt {
    record Define(Variable variable, Typed value) implements Stmt {}

    /** @param call of a function with as many results */
    record DefineTuple(List<Variable> variables, Typed.Call call) implements Stmt {}

    record Assign(Variable variable, Typed value) implements Stmt {}

    record Do(Typed.Call call) implements Stmt {}

    record Block(List<Stmt> statements) implements Stmt {}

    record If(Position position, Typed condition, List<Stmt> whenTrue, List<Stmt> whenFalse) implements Stmt {}

    record For(Position position, Variable index, Typed from, Typed to, List<Stmt> body) implements Stmt {}

    /** @param values none in procedures */
    record Return(Position position, List<Typed> values) implements Stmt {}

    /** Ways in which an instruction gives up. */
    enum StopKind { UNDEFINED, INTERPRET }

    record Stop(Position position, StopKind kind) implements Stmt {}

    /** A statement list that is filled after the thing that owns it was made. */
    final class Body {
        private final List<Stmt> statements = new ArrayList<>();

        public List<Stmt> statements() {
            return statements;
        }
    }
}
