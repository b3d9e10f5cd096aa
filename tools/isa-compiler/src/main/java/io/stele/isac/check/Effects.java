package io.stele.isac.check;

import java.util.List;

/**
 * What code may do.
 *
 * @param usesMachine calls the builder or the evaluator
 * @param ordered must stay where it is, and must not be dropped or done twice
 * @param writes writes a guest register
 * @param faults may leave the instruction with the state as it was before
 * @param ends may end the block
 * @param interp uses an operation that only the interpreter has
 * @param stops contains {@code undefined()} or {@code interpret()}
 */
public record Effects(boolean usesMachine, boolean ordered, boolean writes, boolean faults, boolean ends, boolean interp, boolean stops) {
    public static final Effects NONE = new Effects(false, false, false, false, false, false, false);
    static final Effects STOP = new Effects(true, true, false, false, true, false, true);

    Effects and(Effects o) {
        return new Effects(usesMachine | o.usesMachine, ordered | o.ordered, writes | o.writes, faults | o.faults, ends | o.ends,
            interp | o.interp, stops | o.stops);
    }

    /** All effects of statements, those of called functions included. */
    public static Effects of(List<Stmt> statements) {
        Effects sum = NONE;
        for (Stmt s : statements) {
            sum = sum.and(of(s));
        }
        return sum;
    }

    private static Effects of(Stmt statement) {
        return switch (statement) {
            case Stmt.Define s -> of(s.value());
            case Stmt.DefineTuple s -> of(s.call());
            case Stmt.Assign s -> of(s.value());
            case Stmt.Do s -> of(s.call());
            case Stmt.Block s -> of(s.statements());
            case Stmt.If s -> of(s.condition()).and(of(s.whenTrue())).and(of(s.whenFalse()));
            case Stmt.For s -> of(s.from()).and(of(s.to())).and(of(s.body()));
            case Stmt.Return s -> ofAll(s.values(), NONE);
            case Stmt.Stop s -> STOP;
        };
    }

    static Effects of(Typed expression) {
        return switch (expression) {
            case Typed.Const e -> NONE;
            case Typed.Use e -> NONE;
            case Typed.Width e -> NONE;
            case Typed.Fixed e -> ofAll(e.arguments(), NONE);
            case Typed.Choice e -> of(e.condition()).and(of(e.whenTrue())).and(of(e.whenFalse()));
            case Typed.Call e -> ofAll(e.arguments(), e.callee().effects());
        };
    }

    private static Effects ofAll(List<Typed> expressions, Effects sum) {
        Effects result = sum;
        for (Typed e : expressions) {
            result = result.and(of(e));
        }
        return result;
    }
}
