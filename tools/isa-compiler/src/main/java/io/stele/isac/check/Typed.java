package io.stele.isac.check;

import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Sym;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.List;

/** Expressions with types; all conversions are explicit. */
public sealed interface Typed {
    Type type();

    /** The symbol of a fixed expression, or null when it depends on a re-assignable variable or is dynamic. */
    Sym sym();

    /** @param label Java constant that names the value, or null */
    record Const(Type type, long value, String label) implements Typed {
        @Override
        public Sym sym() {
            return Sym.of(value);
        }
    }

    record Use(Variable variable) implements Typed {
        @Override
        public Type type() {
            return variable.type();
        }

        @Override
        public Sym sym() {
            return variable.mutable() || !type().isFixed() ? null : new Sym.Var(variable);
        }
    }

    /** The value of a width. */
    record Width(Sym sym) implements Typed {
        @Override
        public Type type() {
            return Type.INT;
        }
    }

    /** An operator on fixed values. */
    record Fixed(FixedOp op, List<Typed> arguments) implements Typed {
        @Override
        public Type type() {
            return op.isPredicate() ? Type.BOOL : op == FixedOp.SELECT ? arguments.get(1).type() : Type.INT;
        }

        @Override
        public Sym sym() {
            List<Sym> syms = syms(arguments);
            return syms == null ? null : new Sym.Op(op, syms);
        }
    }

    /** {@code ?:} with a fixed condition; only the chosen side is evaluated. */
    record Choice(Typed condition, Typed whenTrue, Typed whenFalse, Type type) implements Typed {
        @Override
        public Sym sym() {
            List<Sym> syms = type.isFixed() ? syms(List.of(condition, whenTrue, whenFalse)) : null;
            return syms == null ? null : new Sym.Op(FixedOp.SELECT, syms);
        }
    }

    record Call(Position position, Callee callee, List<Typed> arguments, Type type) implements Typed {
        @Override
        public Sym sym() {
            List<Sym> syms = type.isFixed() && callee instanceof Callee.Function ? syms(arguments) : null;
            return syms == null ? null : new Sym.Call(callee, callee.name(), syms);
        }
    }

    private static List<Sym> syms(List<Typed> expressions) {
        List<Sym> result = new ArrayList<>();
        for (Typed e : expressions) {
            Sym sym = e.sym();
            if (sym == null) {
                return null;
            }
            result.add(sym);
        }
        return result;
    }
}
