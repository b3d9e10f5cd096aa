package io.stele.isac.types;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is known about fixed expressions at a place in the description, from the conditions around it; brings symbols into normal form. */
public final class Facts {
    private final Map<Sym, Sym> known;

    public Facts() {
        known = new HashMap<>();
    }

    private Facts(Map<Sym, Sym> known) {
        this.known = new HashMap<>(known);
    }

    public Facts copy() {
        return new Facts(known);
    }

    /** True if both are the same value in every execution that reaches this place. */
    public boolean same(Sym a, Sym b) {
        return normalise(a).equals(normalise(b));
    }

    /** Normal form: definitions expanded, known facts applied, constants folded. */
    public Sym normalise(Sym sym) {
        Sym result = switch (sym) {
            case Sym.Const c -> c;
            case Sym.Var v -> v.variable().definition() != null ? normalise(v.variable().definition()) : v;
            case Sym.Op o -> fold(o.op(), normaliseAll(o.arguments()));
            case Sym.Call c -> new Sym.Call(c.function(), c.name(), normaliseAll(c.arguments()));
        };
        return known.getOrDefault(result, result);
    }

    private List<Sym> normaliseAll(List<Sym> syms) {
        List<Sym> result = new ArrayList<>();
        for (Sym s : syms) {
            result.add(normalise(s));
        }
        return result;
    }

    private Sym fold(FixedOp op, List<Sym> a) {
        switch (op) {
            case NE -> {
                return look(FixedOp.NEGATE, look(FixedOp.EQ, a.get(0), a.get(1)));
            }
            case GT -> {
                return look(FixedOp.LT, a.get(1), a.get(0));
            }
            case GE -> {
                return look(FixedOp.LE, a.get(1), a.get(0));
            }
            default -> {
                return look(op, a.toArray(Sym[]::new));
            }
        }
    }

    private Sym look(FixedOp op, Sym... a) {
        Sym result = simplify(op, a);
        return known.getOrDefault(result, result);
    }

    private static Sym simplify(FixedOp op, Sym[] a) {
        boolean constant = true;
        long[] values = new long[a.length];
        for (int i = 0; i < a.length; i++) {
            if (a[i] instanceof Sym.Const c) {
                values[i] = c.value();
            } else {
                constant = false;
            }
        }
        if (constant && (op.isTotal() || values[1] != 0)) {
            return Sym.of(op.apply(values));
        }
        if (op == FixedOp.SELECT && a[0] instanceof Sym.Const c) {
            return c.value() != 0 ? a[1] : a[2];
        }
        if (op == FixedOp.SELECT && a[1].equals(a[2])) {
            return a[1];
        }
        if (op == FixedOp.EQ && a[0].equals(a[1])) {
            return Sym.of(1);
        }
        if (op == FixedOp.NEGATE && a[0] instanceof Sym.Op o && o.op() == FixedOp.NEGATE) {
            return o.arguments().getFirst();
        }
        if (op.isCommutative() && a[0] instanceof Sym.Const) {
            return simplify(op, new Sym[] {a[1], a[0]});
        }
        if (a.length == 2 && a[1] instanceof Sym.Const c && isIdentity(op, c.value())) {
            return a[0];
        }
        return Sym.op(op, a);
    }

    private static boolean isIdentity(FixedOp op, long right) {
        return switch (op) {
            case ADD, SUB, SHL, SHR, USHR, OR, XOR -> right == 0;
            case MUL, DIV -> right == 1;
            default -> false;
        };
    }

    /** Notes that a condition holds, or does not. */
    public void assume(Sym condition, boolean holds) {
        Sym sym = normalise(condition);
        if (!(sym instanceof Sym.Op o)) {
            if (!(sym instanceof Sym.Const)) {
                known.put(sym, Sym.of(holds ? 1 : 0));
            }
            return;
        }
        known.put(sym, Sym.of(holds ? 1 : 0));
        List<Sym> a = o.arguments();
        switch (o.op()) {
            case NEGATE -> assume(a.getFirst(), !holds);
            case BOTH -> {
                if (holds) {
                    assume(a.get(0), true);
                    assume(a.get(1), true);
                }
            }
            case EITHER -> {
                if (!holds) {
                    assume(a.get(0), false);
                    assume(a.get(1), false);
                }
            }
            case EQ -> assumeEqual(a.get(0), a.get(1), holds);
            default -> { }
        }
    }

    private void assumeEqual(Sym left, Sym right, boolean holds) {
        if (!(right instanceof Sym.Const c)) {
            if (holds) {
                known.put(left, right);
            }
            return;
        }
        if (holds) {
            known.put(left, right);
        } else if (left instanceof Sym.Var v && v.variable().bits() == 1) {
            known.put(left, Sym.of(1 - c.value()));
        } else if (left instanceof Sym.Op o && o.op() == FixedOp.SELECT) {
            if (o.arguments().get(1).equals(right)) {
                assume(o.arguments().get(0), false);
            } else if (o.arguments().get(2).equals(right)) {
                assume(o.arguments().get(0), true);
            }
        }
        if (holds && left instanceof Sym.Op o && o.op() == FixedOp.SELECT && o.arguments().get(1) instanceof Sym.Const x
            && o.arguments().get(2) instanceof Sym.Const y && x.value() != y.value()) {
            assume(o.arguments().get(0), x.value() == c.value());
        }
    }
}
