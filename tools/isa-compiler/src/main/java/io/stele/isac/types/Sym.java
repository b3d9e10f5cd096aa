package io.stele.isac.types;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A fixed expression as a symbol: what widths of types are made of, and what is compared when types are compared. */
public sealed interface Sym {
    record Const(long value) implements Sym {
        @Override
        public String toString() {
            return Long.toString(value);
        }
    }

    /** An immutable variable. */
    record Var(Variable variable) implements Sym {
        @Override
        public String toString() {
            return variable.name();
        }
    }

    record Op(FixedOp op, List<Sym> arguments) implements Sym {
        @Override
        public String toString() {
            return switch (arguments.size()) {
                case 1 -> op.symbol() + arguments.getFirst();
                case 2 -> "(" + arguments.get(0) + " " + op.symbol() + " " + arguments.get(1) + ")";
                default -> "(" + arguments.get(0) + " ? " + arguments.get(1) + " : " + arguments.get(2) + ")";
            };
        }
    }

    /** A call of a fixed function. */
    record Call(Object function, String name, List<Sym> arguments) implements Sym {
        @Override
        public String toString() {
            return name + arguments;
        }
    }

    static Sym of(long value) {
        return new Const(value);
    }

    static Sym op(FixedOp op, Sym... arguments) {
        return new Op(op, List.of(arguments));
    }

    /** Replaces parameters by arguments. */
    default Sym substitute(Map<Variable, Sym> arguments) {
        return switch (this) {
            case Const c -> c;
            case Var v -> arguments.getOrDefault(v.variable(), v);
            case Op o -> new Op(o.op(), substituteAll(o.arguments(), arguments));
            case Call c -> new Call(c.function(), c.name(), substituteAll(c.arguments(), arguments));
        };
    }

    private static List<Sym> substituteAll(List<Sym> syms, Map<Variable, Sym> arguments) {
        List<Sym> result = new ArrayList<>();
        for (Sym s : syms) {
            result.add(s.substitute(arguments));
        }
        return result;
    }
}
