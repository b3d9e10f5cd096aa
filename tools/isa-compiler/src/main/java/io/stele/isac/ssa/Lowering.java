package io.stele.isac.ssa;

import io.stele.isac.check.Callee;
import io.stele.isac.check.Description;
import io.stele.isac.check.Effects;
import io.stele.isac.check.Stmt;
import io.stele.isac.check.Typed;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Sym;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Typed statements to SSA, for one target. */
public final class Lowering {
    private final Target target;

    public Lowering(Target target) {
        this.target = target;
    }

    /** Values of variables at a place. */
    private static final class Env {
        private final Map<Variable, Value> values;

        Env() {
            values = new LinkedHashMap<>();
        }

        private Env(Map<Variable, Value> values) {
            this.values = new LinkedHashMap<>(values);
        }

        Env copy() {
            return new Env(values);
        }

        Value get(Variable v) {
            Value value = values.get(v);
            if (value == null) {
                throw new IllegalStateException("no value for " + v.name());
            }
            return value;
        }
    }

    /** The behaviour of an instruction, field extraction included. */
    public Method instruction(Description.Instruction instruction) {
        Block block = new Block();
        Env env = head(instruction, block);
        if (instruction.todo()) {
            block.add(new Node.Stop(Stmt.StopKind.UNDEFINED));
        } else if (instruction.interp() && target == Target.TRANSLATOR) {
            block.add(new Node.Stop(Stmt.StopKind.INTERPRET));
        } else {
            statements(instruction.body(), 0, block, env, null);
        }
        return new Method(instruction.name(), List.of(), block);
    }

    /** A fixed expression over the fields and lets of an instruction; the body yields it. */
    public Method condition(Description.Instruction instruction, Typed expression) {
        Block block = new Block();
        Env env = head(instruction, block);
        block.yields().add(expression(expression, block, env));
        return new Method(instruction.name(), List.of(), block);
    }

    /** The text of an instruction: a chain of branches that append it. The only parameter is the address. */
    public Method disassembly(Description.Instruction instruction) {
        Block block = new Block();
        Env env = head(instruction, block);
        Value address = Value.result(Type.Kind.INT, "address");
        env.values.put(instruction.address(), address);
        Block current = block;
        for (Description.Asm asm : instruction.asms()) {
            if (asm.when() == null) {
                append(asm.pieces(), current, env);
                return new Method(instruction.name(), List.of(address), block);
            }
            Value condition = expression(asm.when(), current, env);
            Block yes = new Block();
            Block no = new Block();
            append(asm.pieces(), yes, env);
            current.add(new Node.Branch(condition, yes, no, new ArrayList<>()));
            current = no;
        }
        current.add(new Node.Append(instruction.name(), null, false));
        return new Method(instruction.name(), List.of(address), block);
    }

    private void append(List<Description.Piece> pieces, Block block, Env env) {
        for (Description.Piece piece : pieces) {
            block.add(switch (piece) {
                case Description.Piece.Text p -> new Node.Append(p.text(), null, false);
                case Description.Piece.Number p -> new Node.Append(null, expression(p.value(), block, env), p.hex());
                case Description.Piece.Formatted p -> new Node.Append(null, expression(p.call(), block, env), false);
            });
        }
    }

    private Env head(Description.Instruction instruction, Block block) {
        Env env = new Env();
        for (Description.Field field : instruction.fields()) {
            Value value = Value.result(Type.Kind.INT, field.variable().name());
            block.add(new Node.Field(value, field.low(), field.width()));
            env.values.put(field.variable(), value);
        }
        statements(instruction.lets(), 0, block, env, null);
        return env;
    }

    public Method function(Callee.Function function) {
        Block block = new Block();
        Env env = new Env();
        List<Value> params = new ArrayList<>();
        for (Variable p : function.params()) {
            Value value = Value.result(p.type().kind(), p.name());
            params.add(value);
            env.values.put(p, value);
        }
        Returned returned = new Returned(function.result());
        statements(function.body().statements(), 0, block, env, returned);
        if (function.result() != Type.VOID) {
            block.yields().add(returned.value);
        }
        return new Method(function.name(), params, block);
    }

    /** True if calls of the function are replaced by its body, because it decides whether the instruction goes on, or has several results. */
    public boolean isInlined(Callee.Function function) {
        Effects effects = function.effects();
        return effects.stops() || effects.interp() && target == Target.TRANSLATOR || function.result().isTuple();
    }

    /** Receives the value, or the values of a tuple, of the return statement that ends a path. */
    private static final class Returned {
        private final Type type;
        private Value value;
        private final List<Value> values = new ArrayList<>();

        Returned(Type type) {
            this.type = type;
        }
    }

    /** Lowers the statements from {@code start} on. */
    private void statements(List<Stmt> list, int start, Block block, Env env, Returned returned) {
        for (int i = start; i < list.size() && !block.stops(); i++) {
            Stmt statement = list.get(i);
            if (statement instanceof Stmt.If s && returned != null && mayReturn(s)) {
                returningIf(s, list.subList(i + 1, list.size()), block, env, returned);
                return;
            }
            if (statement instanceof Stmt.Block s && returned != null && mayReturn(s.statements())) {
                List<Stmt> joined = new ArrayList<>(s.statements());
                joined.addAll(list.subList(i + 1, list.size()));
                statements(joined, 0, block, env, returned);
                return;
            }
            if (statement instanceof Stmt.Return s) {
                if (returned.type.isTuple()) {
                    for (Typed value : s.values()) {
                        returned.values.add(expression(value, block, env));
                    }
                } else if (!s.values().isEmpty()) {
                    returned.value = expression(s.values().getFirst(), block, env);
                }
                return;
            }
            statement(statement, block, env);
        }
        if (block.stops() && returned != null && returned.type != Type.VOID && !returned.type.isTuple()) {
            returned.value = undefinedValue(returned.type);
        }
    }

    /** A value for a path that never gets to its use. */
    private static Value undefinedValue(Type type) {
        return Value.constant(type.kind(), 0, null);
    }

    private static boolean mayReturn(List<Stmt> list) {
        for (Stmt s : list) {
            if (mayReturn(s)) {
                return true;
            }
        }
        return false;
    }

    private static boolean mayReturn(Stmt statement) {
        return switch (statement) {
            case Stmt.Return s -> true;
            case Stmt.Block s -> mayReturn(s.statements());
            case Stmt.If s -> mayReturn(s.whenTrue()) || mayReturn(s.whenFalse());
            default -> false;
        };
    }

    /** An if with a return in it: what follows moves into the sides, so that every path has one end. */
    private void returningIf(Stmt.If s, List<Stmt> rest, Block block, Env env, Returned returned) {
        Value condition = expression(s.condition(), block, env);
        Returned left = new Returned(returned.type);
        Returned right = new Returned(returned.type);
        Block yes = side(s.whenTrue(), rest, env, left);
        Block no = side(s.whenFalse(), rest, env, right);
        List<Value> outs = new ArrayList<>();
        if (returned.type != Type.VOID) {
            returned.value = merge(returned.type.kind(), null, yes, left.value, no, right.value, outs);
        }
        block.add(new Node.Branch(condition, yes, no, outs));
    }

    private Block side(List<Stmt> first, List<Stmt> rest, Env env, Returned returned) {
        List<Stmt> joined = new ArrayList<>(first);
        joined.addAll(rest);
        Block block = new Block();
        statements(joined, 0, block, env.copy(), returned);
        return block;
    }

    private static Value merge(Type.Kind kind, String name, Block yes, Value a, Block no, Value b, List<Value> outs) {
        if (yes.stops() && !no.stops()) {
            yes.yields().add(Value.constant(kind, 0, null));
        } else {
            yes.yields().add(a);
        }
        if (no.stops() && !yes.stops()) {
            no.yields().add(Value.constant(kind, 0, null));
        } else {
            no.yields().add(b);
        }
        Value out = Value.result(kind, name);
        outs.add(out);
        return out;
    }

    private void statement(Stmt statement, Block block, Env env) {
        switch (statement) {
            case Stmt.Define s -> env.values.put(s.variable(), named(s.variable(), s.value(), block, env));
            case Stmt.DefineTuple s -> tuple(s, block, env);
            case Stmt.Assign s -> env.values.put(s.variable(), named(s.variable(), s.value(), block, env));
            case Stmt.Do s -> call(s.call(), block, env, null);
            case Stmt.Block s -> statements(s.statements(), 0, block, env, null);
            case Stmt.If s -> branch(s, block, env);
            case Stmt.For s -> loop(s, block, env);
            case Stmt.Stop s -> {
                if (s.kind() == Stmt.StopKind.UNDEFINED || target == Target.TRANSLATOR) {
                    block.add(new Node.Stop(s.kind()));
                }
            }
            case Stmt.Return s -> throw new IllegalStateException("return outside of a function at " + s.position());
        }
    }

    /** The value of a definition; a new value carries the variable's name. */
    private Value named(Variable variable, Typed value, Block block, Env env) {
        return switch (value) {
            case Typed.Fixed e -> fixed(e, block, env, variable.name());
            case Typed.Choice e -> choice(e, block, env, variable.name());
            case Typed.Call e -> call(e, block, env, variable.name());
            default -> expression(value, block, env);
        };
    }

    private void branch(Stmt.If s, Block block, Env env) {
        Value condition = expression(s.condition(), block, env);
        Block yes = new Block();
        Block no = new Block();
        Env left = env.copy();
        Env right = env.copy();
        statements(s.whenTrue(), 0, yes, left, null);
        statements(s.whenFalse(), 0, no, right, null);
        List<Value> outs = new ArrayList<>();
        for (Variable v : List.copyOf(env.values.keySet())) {
            Value a = left.get(v);
            Value b = right.get(v);
            if (a != b) {
                env.values.put(v, merge(v.type().kind(), v.name(), yes, a, no, b, outs));
            }
        }
        block.add(new Node.Branch(condition, yes, no, outs));
    }

    private void loop(Stmt.For s, Block block, Env env) {
        Value from = expression(s.from(), block, env);
        Value to = expression(s.to(), block, env);
        List<Variable> assigned = new ArrayList<>();
        assignedIn(s.body(), assigned);
        assigned.removeIf(v -> !env.values.containsKey(v));
        Env inner = env.copy();
        List<Value> initial = new ArrayList<>();
        List<Value> carried = new ArrayList<>();
        for (Variable v : assigned) {
            initial.add(env.get(v));
            Value value = Value.result(v.type().kind(), v.name());
            carried.add(value);
            inner.values.put(v, value);
        }
        Value index = Value.result(Type.Kind.INT, s.index().name());
        inner.values.put(s.index(), index);
        Block body = new Block();
        statements(s.body(), 0, body, inner, null);
        for (int i = 0; i < assigned.size(); i++) {
            body.yields().add(inner.get(assigned.get(i)));
            env.values.put(assigned.get(i), carried.get(i));
        }
        block.add(new Node.Loop(index, from, to, initial, carried, body));
    }

    private static void assignedIn(List<Stmt> statements, List<Variable> result) {
        for (Stmt statement : statements) {
            switch (statement) {
                case Stmt.Assign s -> {
                    if (!result.contains(s.variable())) {
                        result.add(s.variable());
                    }
                }
                case Stmt.Block s -> assignedIn(s.statements(), result);
                case Stmt.If s -> {
                    assignedIn(s.whenTrue(), result);
                    assignedIn(s.whenFalse(), result);
                }
                case Stmt.For s -> assignedIn(s.body(), result);
                default -> { }
            }
        }
    }

    private Value expression(Typed expression, Block block, Env env) {
        return switch (expression) {
            case Typed.Const e -> Value.constant(e.type().kind(), e.value(), e.label());
            case Typed.Use e -> env.get(e.variable());
            case Typed.Width e -> width(e.sym(), block, env);
            case Typed.Fixed e -> fixed(e, block, env, null);
            case Typed.Choice e -> choice(e, block, env, null);
            case Typed.Call e -> call(e, block, env, null);
        };
    }

    private Value fixed(Typed.Fixed e, Block block, Env env, String name) {
        List<Value> arguments = new ArrayList<>();
        boolean lazy = e.op() == FixedOp.BOTH || e.op() == FixedOp.EITHER;
        arguments.add(expression(e.arguments().getFirst(), block, env));
        if (lazy) {
            Block second = new Block();
            Value right = expression(e.arguments().get(1), second, env);
            if (!total(second)) {
                Block other = new Block();
                boolean both = e.op() == FixedOp.BOTH;
                second.yields().add(right);
                other.yields().add(Value.constant(Type.Kind.BOOL, both ? 0 : 1, null));
                Value out = Value.result(Type.Kind.BOOL, name);
                block.add(new Node.Branch(arguments.getFirst(), both ? second : other, both ? other : second,
                    new ArrayList<>(List.of(out))));
                return out;
            }
            block.addAll(second.nodes());
            arguments.add(right);
        } else {
            for (Typed a : e.arguments().subList(1, e.arguments().size())) {
                arguments.add(expression(a, block, env));
            }
        }
        Value out = Value.result(e.type().kind(), name);
        block.add(new Node.Compute(out, e.op(), arguments));
        return out;
    }

    private Value choice(Typed.Choice e, Block block, Env env, String name) {
        Value condition = expression(e.condition(), block, env);
        return choose(condition, e.type().kind(), name, block, new Block(), new Block(),
            b -> expression(e.whenTrue(), b, env), b -> expression(e.whenFalse(), b, env));
    }

    /** One side of a choice, lowered into the block that is given. */
    private interface Side {
        Value lower(Block block);
    }

    private Value choose(Value condition, Type.Kind kind, String name, Block block, Block yes, Block no, Side whenTrue, Side whenFalse) {
        Value a = whenTrue.lower(yes);
        Value b = whenFalse.lower(no);
        boolean isFixed = kind == Type.Kind.INT || kind == Type.Kind.BOOL;
        if (isFixed && total(yes) && total(no)) {
            block.addAll(yes.nodes());
            block.addAll(no.nodes());
            Value out = Value.result(kind, name);
            block.add(new Node.Compute(out, FixedOp.SELECT, List.of(condition, a, b)));
            return out;
        }
        List<Value> outs = new ArrayList<>();
        Value out = merge(kind, name, yes, a, no, b, outs);
        block.add(new Node.Branch(condition, yes, no, outs));
        return out;
    }

    /** True if the nodes can be executed even when nobody asked for it. */
    private static boolean total(Block block) {
        for (Node node : block.nodes()) {
            boolean harmless = switch (node) {
                case Node.Field n -> true;
                case Node.Compute n -> n.op().isTotal() || n.arguments().get(1).isConstant() && !n.arguments().get(1).isConstant(0);
                case Node.Invoke n -> false;
                case Node.Branch n -> false;
                case Node.Loop n -> false;
                case Node.Append n -> false;
                case Node.Stop n -> false;
            };
            if (!harmless) {
                return false;
            }
        }
        return true;
    }

    private Value width(Sym sym, Block block, Env env) {
        return switch (sym) {
            case Sym.Const s -> Value.constant(Type.Kind.INT, s.value(), null);
            case Sym.Var s -> env.get(s.variable());
            case Sym.Op s -> {
                if (s.op() == FixedOp.SELECT) {
                    yield choose(width(s.arguments().get(0), block, env), Type.Kind.INT, null, block, new Block(), new Block(),
                        b -> width(s.arguments().get(1), b, env), b -> width(s.arguments().get(2), b, env));
                }
                List<Value> arguments = widths(s.arguments(), block, env);
                Value out = Value.result(s.op().isPredicate() ? Type.Kind.BOOL : Type.Kind.INT, null);
                block.add(new Node.Compute(out, s.op(), arguments));
                yield out;
            }
            case Sym.Call s -> {
                Callee.Function function = (Callee.Function) s.function();
                Value out = Value.result(function.result().kind(), null);
                block.add(new Node.Invoke(out, function.position(), function, widths(s.arguments(), block, env)));
                yield out;
            }
        };
    }

    private List<Value> widths(List<Sym> syms, Block block, Env env) {
        List<Value> result = new ArrayList<>();
        for (Sym s : syms) {
            result.add(width(s, block, env));
        }
        return result;
    }

    private Value call(Typed.Call e, Block block, Env env, String name) {
        List<Value> arguments = new ArrayList<>();
        for (Typed a : e.arguments()) {
            arguments.add(expression(a, block, env));
        }
        if (block.stops()) {
            return undefinedValue(e.type());
        }
        if (e.callee() instanceof Callee.Function function && isInlined(function)) {
            return inline(function, arguments, block).value;
        }
        if (target == Target.TRANSLATOR && e.callee().effects().interp()) {
            block.add(new Node.Stop(Stmt.StopKind.INTERPRET));
            return undefinedValue(e.type());
        }
        if (target == Target.INTERPRETER && e.callee().name().equals("interpretIf")) {
            return null;
        }
        Value out = e.type() == Type.VOID ? null : Value.result(e.type().kind(), name);
        block.add(new Node.Invoke(out, e.position(), e.callee(), arguments));
        return out;
    }

    private void tuple(Stmt.DefineTuple s, Block block, Env env) {
        List<Value> arguments = new ArrayList<>();
        for (Typed a : s.call().arguments()) {
            arguments.add(expression(a, block, env));
        }
        List<Value> values = inline((Callee.Function) s.call().callee(), arguments, block).values;
        for (int i = 0; i < s.variables().size(); i++) {
            Variable variable = s.variables().get(i);
            env.values.put(variable, i < values.size() ? values.get(i) : undefinedValue(variable.type()));
        }
    }

    private Returned inline(Callee.Function function, List<Value> arguments, Block block) {
        Env env = new Env();
        for (int i = 0; i < arguments.size(); i++) {
            env.values.put(function.params().get(i), arguments.get(i));
        }
        Returned returned = new Returned(function.result());
        statements(function.body().statements(), 0, block, env, returned);
        return returned;
    }
}
