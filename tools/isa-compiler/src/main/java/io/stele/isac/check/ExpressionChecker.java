package io.stele.isac.check;

import io.stele.isac.ast.Decl;
import io.stele.isac.ast.Expr;
import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Facts;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Sym;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gives expressions their types and makes conversions explicit. */
final class ExpressionChecker {
    private final Globals globals;

    ExpressionChecker(Globals globals) {
        this.globals = globals;
    }

    /** Where an expression stands. */
    record Context(Scope scope, Facts facts) {}

    Typed check(Expr expression, Context c) {
        return switch (expression) {
            case Expr.Number e -> new Typed.Const(Type.INT, e.value(), null);
            case Expr.Truth e -> new Typed.Const(Type.BOOL, e.value() ? 1 : 0, null);
            case Expr.Name e -> name(e, c);
            case Expr.Index e -> stateRead(e.position(), arrayElement(e.position(), e.name(), e.index(), c));
            case Expr.Call e -> call(e, c);
            case Expr.Unary e -> unary(e, c);
            case Expr.Binary e -> binary(e, c);
            case Expr.Conditional e -> conditional(e, c);
        };
    }

    Typed checkInt(Expr expression, Context c) {
        return convert(expression.position(), check(expression, c), Type.INT, c);
    }

    /** A fixed truth value. */
    Typed checkCondition(Expr expression, Context c, String what) {
        Typed value = check(expression, c);
        if (!value.type().isFixed()) {
            throw new CompileError(expression.position(), what + " must be fixed (known at translation time), but this is " + value.type()
                + (value.type().kind() == Type.Kind.COND ? "; use jumpIf, select or c ? a : b" : ""));
        }
        return truth(value);
    }

    private Typed name(Expr.Name e, Context c) {
        Variable variable = c.scope().find(e.name());
        if (variable != null) {
            return new Typed.Use(variable);
        }
        Typed.Const constant = globals.constant(e.name());
        if (constant != null) {
            return constant;
        }
        Description.StateField field = globals.state(e.name());
        if (field != null) {
            if (field.count() > 0) {
                throw new CompileError(e.position(), "'" + e.name() + "' is an array; write " + e.name() + "[n]");
            }
            return stateRead(e.position(), new StatePlace(field, offset(field)));
        }
        throw new CompileError(e.position(), "unknown name '" + e.name() + "'"
            + (globals.callee(e.name()) != null ? "; to call it write " + e.name() + "(...)" : ""));
    }

    /** A state field or one element of it. */
    record StatePlace(Description.StateField field, Typed offset) {}

    private static Typed offset(Description.StateField field) {
        return new Typed.Const(Type.INT, field.offset(), "GuestState." + field.name() + "_OFFSET");
    }

    StatePlace place(Expr target, Context c) {
        if (target instanceof Expr.Index e) {
            return arrayElement(e.position(), e.name(), e.index(), c);
        }
        if (target instanceof Expr.Name e && globals.state(e.name()) != null) {
            Description.StateField field = globals.state(e.name());
            if (field.count() > 0) {
                throw new CompileError(e.position(), "'" + e.name() + "' is an array; write " + e.name() + "[n]");
            }
            return new StatePlace(field, offset(field));
        }
        return null;
    }

    private StatePlace arrayElement(Position at, String name, Expr index, Context c) {
        Description.StateField field = globals.state(name);
        if (field == null || field.count() == 0) {
            throw new CompileError(at, "'" + name + "' is not an array of the state");
        }
        Typed scaled = new Typed.Fixed(FixedOp.MUL, List.of(new Typed.Const(Type.INT, field.bytes(), null), checkInt(index, c)));
        return new StatePlace(field, new Typed.Fixed(FixedOp.ADD, List.of(offset(field), scaled)));
    }

    private Typed stateRead(Position at, StatePlace place) {
        Typed bytes = new Typed.Const(Type.INT, place.field().bytes(), null);
        return switch (place.field().kind()) {
            case FLAGS -> new Typed.Call(at, globals.builtin(at, "readFlags"), List.of(), Type.FLAGS);
            case FIELD -> new Typed.Call(at, globals.builtin(at, "loadState"), List.of(bytes, place.offset()), Type.BITS64);
            case REGISTER -> place.field().bytes() == 16
                ? new Typed.Call(at, globals.builtin(at, "readVec"), List.of(place.offset()), Type.VEC)
                : new Typed.Call(at, globals.builtin(at, "readReg"), List.of(new Typed.Const(Type.INT, 64, null), place.offset()),
                    Type.BITS64);
        };
    }

    Typed.Call stateWrite(Position at, StatePlace place, Expr value, Context c) {
        Typed checked = check(value, c);
        Typed bytes = new Typed.Const(Type.INT, place.field().bytes(), null);
        return switch (place.field().kind()) {
            case FLAGS -> new Typed.Call(at, globals.builtin(at, "writeFlags"),
                List.of(convert(value.position(), checked, Type.FLAGS, c)), Type.VOID);
            case FIELD -> new Typed.Call(at, globals.builtin(at, "storeState"),
                List.of(bytes, place.offset(), convert(value.position(), widened(at, checked, c), Type.BITS64, c)), Type.VOID);
            case REGISTER -> place.field().bytes() == 16
                ? new Typed.Call(at, globals.builtin(at, "writeVec"),
                    List.of(place.offset(), convert(value.position(), checked, Type.VEC, c)), Type.VOID)
                : new Typed.Call(at, globals.builtin(at, "writeReg"), List.of(new Typed.Const(Type.INT, 64, null), place.offset(),
                    convert(value.position(), checked, Type.BITS64, c)), Type.VOID);
        };
    }

    /** bits(32) zero-extended; everything else unchanged. */
    private Typed widened(Position at, Typed value, Context c) {
        if (!value.type().isBits() || !c.facts().same(value.type().width(), Sym.of(32))) {
            return value;
        }
        return new Typed.Call(at, globals.builtin(at, "zext"),
            List.of(new Typed.Const(Type.INT, 32, null), new Typed.Const(Type.INT, 64, null), value), Type.BITS64);
    }

    Typed call(Expr.Call e, Context c) {
        Callee callee = globals.callee(e.name());
        if (callee == null) {
            throw new CompileError(e.position(), "unknown function '" + e.name() + "'"
                + (globals.setter(e.name()) != null ? "; it can only be assigned to" : ""));
        }
        return call(e.position(), callee, e.arguments(), c);
    }

    Typed.Call call(Position at, Callee callee, List<Expr> arguments, Context c) {
        if (arguments.size() != callee.params().size()) {
            throw new CompileError(at, callee.name() + " takes " + callee.params().size() + " arguments " + signature(callee) + ", not "
                + arguments.size());
        }
        Map<Variable, Sym> binding = new HashMap<>();
        List<Typed> checked = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            Typed argument = check(arguments.get(i), c);
            Variable param = callee.params().get(i);
            if (param.type().isFixed()) {
                argument = convert(arguments.get(i).position(), argument, param.type(), c);
                if (argument.sym() != null) {
                    binding.put(param, argument.sym());
                }
            }
            checked.add(argument);
        }
        for (int i = 0; i < arguments.size(); i++) {
            Variable param = callee.params().get(i);
            if (!param.type().isFixed()) {
                Type expected = param.type().substitute(binding);
                checkBound(arguments.get(i).position(), callee, expected);
                checked.set(i, convert(arguments.get(i).position(), checked.get(i), expected, c));
            }
        }
        Type result = callee.result().substitute(binding);
        checkBound(at, callee, result);
        for (Type part : result.parts()) {
            checkBound(at, callee, part);
        }
        return new Typed.Call(at, callee, checked, result);
    }

    private static void checkBound(Position at, Callee callee, Type type) {
        if (type.width() != null && mentions(type.width(), callee)) {
            throw new CompileError(at, "the width " + type.width() + " in " + callee.name() + signature(callee)
                + " depends on a 'var'; use a 'let'");
        }
    }

    private static boolean mentions(Sym sym, Callee callee) {
        return switch (sym) {
            case Sym.Const s -> false;
            case Sym.Var s -> callee.params().contains(s.variable());
            case Sym.Op s -> anyMentions(s.arguments(), callee);
            case Sym.Call s -> anyMentions(s.arguments(), callee);
        };
    }

    private static boolean anyMentions(List<Sym> syms, Callee callee) {
        for (Sym s : syms) {
            if (mentions(s, callee)) {
                return true;
            }
        }
        return false;
    }

    private static String signature(Callee callee) {
        StringBuilder text = new StringBuilder("(");
        for (Variable p : callee.params()) {
            text.append(text.length() > 1 ? ", " : "").append(p.name()).append(": ").append(p.type());
        }
        return text.append(")").toString();
    }

    private Typed unary(Expr.Unary e, Context c) {
        Typed operand = check(e.operand(), c);
        Type type = operand.type();
        if (e.operator().equals("!")) {
            if (type.kind() == Type.Kind.COND) {
                return new Typed.Call(e.position(), globals.builtin(e.position(), "condNot"), List.of(operand), Type.COND);
            }
            if (type.isFixed()) {
                return new Typed.Fixed(FixedOp.NEGATE, List.of(truth(operand)));
            }
        } else if (type.isFixed()) {
            if (operand instanceof Typed.Const k && k.label() == null && e.operator().equals("-")) {
                return new Typed.Const(Type.INT, -k.value(), null);
            }
            return new Typed.Fixed(e.operator().equals("-") ? FixedOp.NEG : FixedOp.NOT, List.of(number(operand)));
        } else if (type.isBits()) {
            String builtin = e.operator().equals("-") ? "neg" : "not";
            return new Typed.Call(e.position(), globals.builtin(e.position(), builtin), List.of(new Typed.Width(type.width()), operand),
                type);
        }
        throw new CompileError(e.position(), "operator " + e.operator() + " does not exist on " + type);
    }

    private Typed binary(Expr.Binary e, Context c) {
        Typed left = check(e.left(), c);
        FixedOp op = FixedOp.binary(e.operator());
        Context rightContext = c;
        if ((op == FixedOp.BOTH || op == FixedOp.EITHER) && left.type().isFixed()) {
            rightContext = new Context(c.scope(), c.facts().copy());
            Sym sym = truth(left).sym();
            if (sym != null) {
                rightContext.facts().assume(sym, op == FixedOp.BOTH);
            }
        }
        Typed right = check(e.right(), rightContext);
        if (left.type().isFixed() && right.type().isFixed()) {
            return fixedBinary(op, left, right);
        }
        if (left.type().isBits() || right.type().isBits()) {
            return dynamicBinary(e, left, right, c);
        }
        throw new CompileError(e.position(), "operator " + e.operator() + " does not exist on " + left.type() + " and " + right.type());
    }

    private static Typed fixedBinary(FixedOp op, Typed left, Typed right) {
        boolean bothBool = left.type() == Type.BOOL && right.type() == Type.BOOL;
        switch (op) {
            case BOTH, EITHER -> {
                return new Typed.Fixed(op, List.of(truth(left), truth(right)));
            }
            case AND, OR, XOR, EQ, NE -> {
                if (bothBool) {
                    FixedOp logical = switch (op) {
                        case AND -> FixedOp.BOTH;
                        case OR -> FixedOp.EITHER;
                        case XOR -> FixedOp.NE;
                        default -> op;
                    };
                    return new Typed.Fixed(logical, List.of(left, right));
                }
                return new Typed.Fixed(op, List.of(number(left), number(right)));
            }
            default -> {
                return new Typed.Fixed(op, List.of(number(left), number(right)));
            }
        }
    }

    private Typed dynamicBinary(Expr.Binary e, Typed left, Typed right, Context c) {
        String builtin = switch (e.operator()) {
            case "+" -> "add";
            case "-" -> "sub";
            case "*" -> "mul";
            case "&" -> "and";
            case "|" -> "or";
            case "^" -> "xor";
            case "<<" -> "shl";
            case ">>" -> "ashr";
            case ">>>" -> "lshr";
            case "==", "!=" -> throw new CompileError(e.position(), "operator " + e.operator()
                + " does not exist on dynamic values; use equal(w, a, b), isZero(w, a) or isNonZero(w, a)");
            case "<", "<=", ">", ">=" -> throw new CompileError(e.position(), "operator " + e.operator()
                + " does not exist on dynamic values; use less(w, a, b) or lessUnsigned(w, a, b)");
            default -> throw new CompileError(e.position(), "operator " + e.operator() + " does not exist on dynamic values");
        };
        Type type = left.type().isBits() ? left.type() : right.type();
        return new Typed.Call(e.position(), globals.builtin(e.position(), builtin), List.of(new Typed.Width(type.width()),
            convert(e.left().position(), left, type, c), convert(e.right().position(), right, type, c)), type);
    }

    private Typed conditional(Expr.Conditional e, Context c) {
        Typed condition = check(e.condition(), c);
        boolean fixed = condition.type().isFixed();
        if (!fixed && condition.type().kind() != Type.Kind.COND) {
            throw new CompileError(e.condition().position(), "the condition of ?: must be fixed or a cond, but this is "
                + condition.type());
        }
        Context yes = c;
        Context no = c;
        if (fixed) {
            condition = truth(condition);
            yes = new Context(c.scope(), c.facts().copy());
            no = new Context(c.scope(), c.facts().copy());
            if (condition.sym() != null) {
                yes.facts().assume(condition.sym(), true);
                no.facts().assume(condition.sym(), false);
            }
        }
        Typed a = check(e.whenTrue(), yes);
        Typed b = check(e.whenFalse(), no);
        if (fixed && a.type().isFixed() && b.type().isFixed()) {
            Type type = a.type() == Type.BOOL && b.type() == Type.BOOL ? Type.BOOL : Type.INT;
            return new Typed.Choice(condition, convert(e.position(), a, type, yes), convert(e.position(), b, type, no), type);
        }
        if (!fixed && a.type().isFixed() && b.type().isFixed()) {
            throw new CompileError(e.position(), "both sides are fixed under a dynamic condition, so their width is not known;"
                + " write constant(w, n) or use condToBits(w, c)");
        }
        Type type = chooseType(e, condition, a, b, yes, no, fixed, c);
        Typed x = convert(e.whenTrue().position(), a, type, yes);
        Typed y = convert(e.whenFalse().position(), b, type, no);
        if (fixed) {
            return new Typed.Choice(condition, x, y, type);
        }
        return switch (type.kind()) {
            case BITS -> new Typed.Call(e.position(), globals.builtin(e.position(), "select"),
                List.of(new Typed.Width(type.width()), condition, x, y), type);
            case FLAGS -> new Typed.Call(e.position(), globals.builtin(e.position(), "selectFlags"), List.of(condition, x, y), type);
            default -> throw new CompileError(e.position(), "?: with a dynamic condition does not exist on " + type);
        };
    }

    /** The common type of the two sides; a width known on one side only through the condition is named by the side's own symbol. */
    private Type chooseType(Expr.Conditional e, Typed condition, Typed a, Typed b, Context yes, Context no, boolean fixed, Context c) {
        if (!a.type().isBits() || !b.type().isBits() || c.facts().same(a.type().width(), b.type().width())) {
            return a.type().isFixed() ? b.type() : a.type();
        }
        if (fixed && no.facts().same(a.type().width(), b.type().width())) {
            return a.type();
        }
        if (fixed && yes.facts().same(a.type().width(), b.type().width())) {
            return b.type();
        }
        if (fixed && condition.sym() != null) {
            return Type.bits(Sym.op(FixedOp.SELECT, condition.sym(), a.type().width(), b.type().width()));
        }
        throw new CompileError(e.position(), "the sides of ?: have different types, " + a.type() + " and " + b.type());
    }

    /** A fixed value as truth value: numbers are true when not 0. */
    static Typed truth(Typed value) {
        if (value.type() == Type.BOOL) {
            return value;
        }
        return new Typed.Fixed(FixedOp.NE, List.of(value, new Typed.Const(Type.INT, 0, null)));
    }

    private static Typed number(Typed value) {
        if (value.type() != Type.BOOL) {
            return value;
        }
        if (value instanceof Typed.Const k) {
            return new Typed.Const(Type.INT, k.value(), null);
        }
        return new Typed.Choice(value, new Typed.Const(Type.INT, 1, null), new Typed.Const(Type.INT, 0, null), Type.INT);
    }

    /** The value as {@code expected}, converted if the language converts by itself. */
    Typed convert(Position at, Typed value, Type expected, Context c) {
        Type actual = value.type();
        if (actual.isFixed()) {
            switch (expected.kind()) {
                case INT, LONG -> {
                    return number(value);
                }
                case BOOL -> {
                    return truth(value);
                }
                case BITS -> {
                    if (expected.width() == null) {
                        throw new CompileError(at, "this constant needs a width: write constant(w, n)");
                    }
                    return new Typed.Call(at, globals.builtin(at, "constant"), List.of(new Typed.Width(expected.width()), number(value)),
                        expected);
                }
                default -> throw mismatch(at, actual, expected);
            }
        }
        if (actual.kind() != expected.kind()) {
            throw mismatch(at, actual, expected);
        }
        if (actual.isBits() && expected.width() != null && !c.facts().same(actual.width(), expected.width())) {
            throw new CompileError(at, "expected " + expected + ", found " + actual + ": the widths are not provably equal"
                + " (zext, sext and trunc change the width)");
        }
        return value;
    }

    private static CompileError mismatch(Position at, Type actual, Type expected) {
        if (expected.isFixed() && actual.isDynamic()) {
            return new CompileError(at, "expected a fixed " + expected + " (known at translation time), found dynamic " + actual);
        }
        return new CompileError(at, "expected " + expected + ", found " + actual);
    }
}
