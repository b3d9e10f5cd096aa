package io.stele.isac.check;

import io.stele.isac.ast.Expr;
import io.stele.isac.ast.TypeName;
import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Facts;
import io.stele.isac.types.Sym;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.List;

/** Checks statements: those of instructions and of functions. */
final class BodyChecker {
    private final Globals globals;
    private final ExpressionChecker expressions;

    BodyChecker(Globals globals) {
        this.globals = globals;
        this.expressions = new ExpressionChecker(globals);
    }

    /** Where a statement stands; {@code result} is null in an instruction. */
    private record Place(Scope scope, Facts facts, Type result, boolean nested, boolean inLoop) {
        ExpressionChecker.Context context() {
            return new ExpressionChecker.Context(scope, facts);
        }

        Place inner() {
            return new Place(new Scope(scope), facts.copy(), result, true, inLoop);
        }
    }

    /** @param result type of a function, or null in an instruction */
    List<Stmt> check(List<io.stele.isac.ast.Stmt> statements, Scope scope, Facts facts, Type result) {
        return list(statements, new Place(scope, facts, result, false, false));
    }

    private List<Stmt> list(List<io.stele.isac.ast.Stmt> statements, Place place) {
        List<Stmt> result = new ArrayList<>();
        for (io.stele.isac.ast.Stmt s : statements) {
            if (!result.isEmpty() && !completes(result.getLast())) {
                throw new CompileError(s.position(), "this statement is never reached");
            }
            result.add(statement(s, place));
        }
        return result;
    }

    private Stmt statement(io.stele.isac.ast.Stmt statement, Place place) {
        return switch (statement) {
            case io.stele.isac.ast.Stmt.Block s -> new Stmt.Block(list(s.statements(), place.inner()));
            case io.stele.isac.ast.Stmt.Define s -> define(s, place.scope(), place.facts());
            case io.stele.isac.ast.Stmt.DefineTuple s -> defineTuple(s, place);
            case io.stele.isac.ast.Stmt.If s -> branch(s, place);
            case io.stele.isac.ast.Stmt.For s -> loop(s, place);
            case io.stele.isac.ast.Stmt.Return s -> returned(s, place);
            case io.stele.isac.ast.Stmt.Assign s -> assign(s, place);
            case io.stele.isac.ast.Stmt.CallStatement s -> callStatement(s, place);
        };
    }

    /** A {@code let} or {@code var}; its name is visible in {@code scope} from here on. */
    Stmt.Define define(io.stele.isac.ast.Stmt.Define s, Scope scope, Facts facts) {
        ExpressionChecker.Context context = new ExpressionChecker.Context(scope, facts);
        Typed value = expressions.check(s.value(), context);
        Type type = value.type();
        if (s.type() != null) {
            type = type(s.type(), context);
            value = expressions.convert(s.value().position(), value, type, context);
            if (type.isBits() && type.width() == null) {
                type = value.type();
            }
        }
        if (type.isTuple()) {
            throw new CompileError(s.value().position(), "this call has " + type.parts().size() + " results; name them: let (a, b) = ...");
        }
        if (type == Type.VOID || type == Type.TEXT) {
            throw new CompileError(s.value().position(), "this call has no value that '" + s.name() + "' could stand for");
        }
        Variable variable = new Variable(s.name(), type, s.mutable(), s.mutable() || !type.isFixed() ? null : value.sym(), 64);
        scope.define(s.position(), variable);
        return new Stmt.Define(variable, value);
    }

    private Stmt defineTuple(io.stele.isac.ast.Stmt.DefineTuple s, Place place) {
        if (!(s.value() instanceof Expr.Call call)) {
            throw new CompileError(s.value().position(), "only a call has several results");
        }
        Typed.Call typed = (Typed.Call) expressions.call(call, place.context());
        if (!typed.type().isTuple() || typed.type().parts().size() != s.names().size()) {
            throw new CompileError(s.position(), "'" + call.name() + "' has " + (typed.type().isTuple() ? typed.type().parts().size() : 1)
                + " results, not " + s.names().size());
        }
        List<Variable> variables = new ArrayList<>();
        for (int i = 0; i < s.names().size(); i++) {
            Variable variable = new Variable(s.names().get(i), typed.type().parts().get(i), false, null, 64);
            place.scope().define(s.position(), variable);
            variables.add(variable);
        }
        return new Stmt.DefineTuple(variables, typed);
    }

    private Stmt branch(io.stele.isac.ast.Stmt.If s, Place place) {
        Typed condition = expressions.checkCondition(s.condition(), place.context(), "the condition of if");
        Sym sym = condition.sym();
        Place yes = place.inner();
        Place no = place.inner();
        if (sym != null) {
            yes.facts().assume(sym, true);
            no.facts().assume(sym, false);
        }
        List<Stmt> whenTrue = list(List.of(s.whenTrue()), yes);
        List<Stmt> whenFalse = s.whenFalse() == null ? List.of() : list(List.of(s.whenFalse()), no);
        if (sym != null && !completes(whenTrue)) {
            place.facts().assume(sym, false);
        } else if (sym != null && !completes(whenFalse)) {
            place.facts().assume(sym, true);
        }
        return new Stmt.If(s.position(), condition, whenTrue, whenFalse);
    }

    private Stmt loop(io.stele.isac.ast.Stmt.For s, Place place) {
        Typed from = expressions.checkInt(s.from(), place.context());
        Typed to = expressions.checkInt(s.to(), place.context());
        Variable index = new Variable(s.name(), Type.INT, false, null, 64);
        Place inner = new Place(new Scope(place.scope()), place.facts().copy(), place.result(), true, true);
        inner.scope().define(s.position(), index);
        return new Stmt.For(s.position(), index, from, to, list(List.of(s.body()), inner));
    }

    private Stmt returned(io.stele.isac.ast.Stmt.Return s, Place place) {
        if (place.result() == null) {
            throw new CompileError(s.position(), "return is only allowed in functions");
        }
        if (place.inLoop()) {
            throw new CompileError(s.position(), "return is not allowed inside for");
        }
        if (place.result() == Type.VOID) {
            if (!s.values().isEmpty()) {
                throw new CompileError(s.position(), "a procedure returns no value");
            }
            return new Stmt.Return(s.position(), List.of());
        }
        List<Type> types = place.result().isTuple() ? place.result().parts() : List.of(place.result());
        if (s.values().size() != types.size()) {
            throw new CompileError(s.position(), "return needs a value of type " + place.result());
        }
        if (types.size() > 1 && place.nested()) {
            throw new CompileError(s.position(), "a function with several results has one return, at its end");
        }
        List<Typed> values = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            Expr value = s.values().get(i);
            values.add(expressions.convert(value.position(), expressions.check(value, place.context()), types.get(i), place.context()));
        }
        return new Stmt.Return(s.position(), values);
    }

    private Stmt assign(io.stele.isac.ast.Stmt.Assign s, Place place) {
        ExpressionChecker.Context context = place.context();
        if (s.target() instanceof Expr.Call call) {
            Callee.Function setter = globals.setter(call.name());
            if (setter == null) {
                throw new CompileError(call.position(), "'" + call.name() + "' cannot be assigned: there is no 'set " + call.name() + "'");
            }
            List<Expr> arguments = new ArrayList<>(call.arguments());
            arguments.add(s.value());
            return new Stmt.Do(expressions.call(call.position(), setter, arguments, context));
        }
        if (s.target() instanceof Expr.Name name) {
            Variable variable = place.scope().find(name.name());
            if (variable != null) {
                if (!variable.mutable()) {
                    throw new CompileError(name.position(), "'" + name.name() + "' cannot be assigned: it is not a 'var'");
                }
                Typed value = expressions.check(s.value(), context);
                return new Stmt.Assign(variable, expressions.convert(s.value().position(), value, variable.type(), context));
            }
        }
        ExpressionChecker.StatePlace target = expressions.place(s.target(), context);
        if (target == null) {
            throw new CompileError(s.target().position(), "this cannot be assigned");
        }
        return new Stmt.Do(expressions.stateWrite(s.position(), target, s.value(), context));
    }

    private Stmt callStatement(io.stele.isac.ast.Stmt.CallStatement s, Place place) {
        if (!(s.call() instanceof Expr.Call call)) {
            throw new CompileError(s.position(), "this is not a statement");
        }
        if (call.arguments().isEmpty() && (call.name().equals("undefined") || call.name().equals("interpret"))) {
            return new Stmt.Stop(s.position(), call.name().equals("undefined") ? Stmt.StopKind.UNDEFINED : Stmt.StopKind.INTERPRET);
        }
        Typed.Call typed = (Typed.Call) expressions.call(call, place.context());
        if (typed.callee() instanceof Callee.External e && e.kind() == io.stele.isac.ast.Decl.ExternalKind.TEXT) {
            throw new CompileError(s.position(), "'" + call.name() + "' formats assembly text; it has no meaning here");
        }
        if (typed.type().isTuple()) {
            throw new CompileError(s.position(), "the results of '" + call.name() + "' are not used");
        }
        return new Stmt.Do(typed);
    }

    /** False if control never passes the end of the statements. */
    static boolean completes(List<Stmt> statements) {
        return statements.isEmpty() || completes(statements.getLast());
    }

    private static boolean completes(Stmt statement) {
        return switch (statement) {
            case Stmt.Return s -> false;
            case Stmt.Stop s -> s.kind() == Stmt.StopKind.INTERPRET;
            case Stmt.Block s -> completes(s.statements());
            case Stmt.If s -> completes(s.whenTrue()) || completes(s.whenFalse());
            default -> true;
        };
    }

    /** A type as written. */
    Type type(TypeName name, ExpressionChecker.Context context) {
        if (name.width() != null && !name.name().equals("bits")) {
            throw new CompileError(name.position(), "only bits has a width");
        }
        return switch (name.name()) {
            case "int" -> Type.INT;
            case "long" -> Type.LONG;
            case "bool", "boolean" -> Type.BOOL;
            case "cond" -> Type.COND;
            case "flags" -> Type.FLAGS;
            case "vec" -> Type.VEC;
            case "pair" -> Type.PAIR;
            case "bits" -> name.width() == null ? Type.bits(null) : Type.bits(width(name.position(), name.width(), context));
            default -> throw new CompileError(name.position(), "unknown type '" + name.name() + "'");
        };
    }

    private Sym width(Position at, Expr expression, ExpressionChecker.Context context) {
        Sym sym = expressions.checkInt(expression, context).sym();
        if (sym == null) {
            throw new CompileError(at, "a width must not depend on a 'var'");
        }
        return sym;
    }
}
