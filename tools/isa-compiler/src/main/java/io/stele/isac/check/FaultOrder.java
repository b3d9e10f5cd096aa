package io.stele.isac.check;

import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.diagnostics.Position;
import java.util.List;

/**
 * Checks that on every path of an instruction no register write stands before a call that may fault, so that a fault finds the state as it
 * was before the instruction.
 */
public final class FaultOrder {
    private final Diagnostics diagnostics;

    private FaultOrder(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    public static void check(Description description, Diagnostics diagnostics) {
        FaultOrder order = new FaultOrder(diagnostics);
        for (Description.Instruction i : description.instructions()) {
            if (!i.todo()) {
                order.list(i.body(), null);
            }
        }
        for (Callee.Function f : description.functions()) {
            order.list(f.body().statements(), null);
        }
    }

    /** {@code written}: position of an earlier write, or null. Returns the same for the end of the statements; null at a dead end. */
    private Position list(List<Stmt> statements, Position written) {
        Position state = written;
        for (Stmt s : statements) {
            state = statement(s, state);
        }
        return state;
    }

    private Position statement(Stmt statement, Position written) {
        return switch (statement) {
            case Stmt.Define s -> expression(s.value(), written);
            case Stmt.DefineTuple s -> expression(s.call(), written);
            case Stmt.Assign s -> expression(s.value(), written);
            case Stmt.Do s -> expression(s.call(), written);
            case Stmt.Block s -> list(s.statements(), written);
            case Stmt.If s -> {
                Position a = list(s.whenTrue(), written);
                Position b = list(s.whenFalse(), written);
                yield a != null ? a : b;
            }
            case Stmt.For s -> {
                Position first = list(s.body(), written);
                yield first == written ? written : list(s.body(), first);
            }
            case Stmt.Return s -> {
                Position state = written;
                for (Typed value : s.values()) {
                    state = expression(value, state);
                }
                yield null;
            }
            case Stmt.Stop s -> null;
        };
    }

    private Position expression(Typed expression, Position written) {
        switch (expression) {
            case Typed.Call e -> {
                Position state = written;
                for (Typed a : e.arguments()) {
                    state = expression(a, state);
                }
                Effects effects = e.callee().effects();
                if (effects.faults() && state != null) {
                    diagnostics.error(e.position(), "'" + e.callee().name() + "' may fault, but a register has been written before it (at "
                        + state + ")");
                    return null;
                }
                return effects.writes() ? e.position() : state;
            }
            case Typed.Choice e -> {
                Position state = expression(e.condition(), written);
                Position a = expression(e.whenTrue(), state);
                Position b = expression(e.whenFalse(), state);
                return a != null ? a : b;
            }
            default -> {
                return written;
            }
        }
    }
}
