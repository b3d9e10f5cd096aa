package io.stele.isac.check;

import io.stele.isac.ast.Decl;
import io.stele.isac.ast.Expr;
import io.stele.isac.ast.TypeName;
import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Diagnostics;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.parse.DescriptionParser;
import io.stele.isac.types.Facts;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Syntax trees of all files to one checked description. */
public final class DescriptionChecker {
    private static final Set<String> ATTRIBUTES = Set.of("faults", "interp", "ends", "ordered", "pure");

    private final Diagnostics diagnostics;
    private final DescriptionParser parser;
    private final Globals globals = new Globals();
    private final ExpressionChecker expressions = new ExpressionChecker(globals);
    private final BodyChecker bodies = new BodyChecker(globals);
    private int stateBytes;

    public DescriptionChecker(Diagnostics diagnostics, DescriptionParser parser) {
        this.diagnostics = diagnostics;
        this.parser = parser;
    }

    /** @param units declarations by class-name base of the file they stand in */
    public Description check(Map<String, List<Decl>> units) {
        List<Decl> all = new ArrayList<>();
        units.values().forEach(all::addAll);
        for (Decl d : all) {
            if (d instanceof Decl.Constant c) {
                diagnostics.guard(() -> constant(c));
            }
        }
        for (Decl d : all) {
            if (d instanceof Decl.State s) {
                diagnostics.guard(() -> state(s));
            }
        }
        Map<Callee.Function, Decl.Function> functions = new LinkedHashMap<>();
        for (Decl d : all) {
            if (d instanceof Decl.External e) {
                diagnostics.guard(() -> external(e));
            } else if (d instanceof Decl.Function f) {
                diagnostics.guard(() -> functions.put(functionHeader(f), f));
            }
        }
        functions.forEach((function, decl) -> diagnostics.guard(() -> functionBody(function, decl)));
        List<Description.Instruction> instructions = new ArrayList<>();
        Map<String, Position> names = new HashMap<>();
        units.forEach((unit, decls) -> {
            for (Decl d : decls) {
                if (d instanceof Decl.Instruction i) {
                    diagnostics.guard(() -> instructions.add(instruction(unit, i, names)));
                }
            }
        });
        return new Description(instructions, List.copyOf(functions.keySet()), List.copyOf(globals.state().values()), stateBytes);
    }

    private ExpressionChecker.Context topLevel() {
        return new ExpressionChecker.Context(new Scope(null), new Facts());
    }

    private long constantValue(Expr expression) {
        Typed value = expressions.checkInt(expression, topLevel());
        if (value.sym() != null && new Facts().normalise(value.sym()) instanceof io.stele.isac.types.Sym.Const c) {
            return c.value();
        }
        throw new CompileError(expression.position(), "this must be a constant");
    }

    private void constant(Decl.Constant c) {
        globals.declare(c.position(), c.name(), new Typed.Const(Type.INT, constantValue(c.value()), null));
    }

    private void state(Decl.State s) {
        int count = 0;
        if (s.count() != null) {
            long value = constantValue(s.count());
            if (value < 1 || value > 4096) {
                throw new CompileError(s.count().position(), "an array of the state has 1 to 4096 elements, not " + value);
            }
            count = (int) value;
        }
        int offset = (stateBytes + s.bytes() - 1) & -s.bytes();
        stateBytes = offset + s.bytes() * Math.max(count, 1);
        globals.declare(s.position(), new Description.StateField(s.name(), s.kind(), offset, s.bytes(), count));
        String label = s.name() + "_OFFSET";
        globals.declare(s.position(), label, new Typed.Const(Type.INT, offset, "GuestState." + label));
    }

    private List<Variable> params(List<Decl.Param> params, Scope scope) {
        List<Variable> result = new ArrayList<>();
        for (Decl.Param p : params) {
            Type type = bodies.type(p.type(), new ExpressionChecker.Context(scope, new Facts()));
            Variable variable = new Variable(p.name(), type, false, null, 64);
            scope.define(p.position(), variable);
            result.add(variable);
        }
        return result;
    }

    private Type result(List<TypeName> names, Scope scope) {
        return names.size() > 1 ? Type.tuple(names.stream().map(name -> result(name, scope)).toList())
            : result(names.isEmpty() ? null : names.getFirst(), scope);
    }

    private Type result(TypeName name, Scope scope) {
        return name == null ? Type.VOID : bodies.type(name, new ExpressionChecker.Context(scope, new Facts()));
    }

    private void external(Decl.External e) {
        for (String attribute : e.attributes()) {
            if (!ATTRIBUTES.contains(attribute)) {
                throw new CompileError(e.position(), "unknown attribute '" + attribute
                    + "'; there are faults, interp, ends, ordered and pure");
            }
        }
        Scope scope = new Scope(null);
        List<Variable> params = params(e.params(), scope);
        Type result = e.kind() == Decl.ExternalKind.TEXT ? Type.TEXT : result(e.result(), scope);
        if (result.isBits() && result.width() == null) {
            throw new CompileError(e.result().position(), "the result needs a width: bits(w)");
        }
        globals.declare(new Callee.External(e.position(), e.kind(), e.name(), params, result, new HashSet<>(e.attributes())));
    }

    private Callee.Function functionHeader(Decl.Function f) {
        Scope scope = new Scope(null);
        List<Variable> params = params(f.params(), scope);
        for (Variable p : params) {
            if (p.type().isBits() && p.type().width() == null) {
                throw new CompileError(f.position(), "parameter '" + p.name() + "' needs a width: bits(w)");
            }
        }
        Callee.Function function = new Callee.Function(f.position(), f.name(), f.setter(), params, result(f.results(), scope));
        globals.declare(function);
        return function;
    }

    private void functionBody(Callee.Function function, Decl.Function decl) {
        Scope scope = new Scope(null);
        for (Variable p : function.params()) {
            scope.define(decl.position(), p);
        }
        List<Stmt> body = bodies.check(decl.body().statements(), new Scope(scope), new Facts(), function.result());
        if (function.result() != Type.VOID && BodyChecker.completes(body)) {
            throw new CompileError(decl.position(), "function '" + decl.name() + "' does not return a value on every path");
        }
        function.body().statements().addAll(body);
    }

    /** What decoder and disassembler evaluate must not ask the builder or the evaluator. */
    static void requireWordOnly(Position at, Typed expression) {
        if (Effects.of(expression).usesMachine()) {
            throw new CompileError(at, "this must be known from the instruction word alone, without builtins and hooks");
        }
    }

    private Description.Instruction instruction(String unit, Decl.Instruction i, Map<String, Position> names) {
        Position earlier = names.putIfAbsent(i.name(), i.position());
        if (earlier != null) {
            throw new CompileError(i.position(), "instruction '" + i.name() + "' is already declared at " + earlier);
        }
        PatternReader pattern = new PatternReader(i.patternPosition(), i.pattern());
        Scope scope = new Scope(null);
        for (Description.Field field : pattern.fields()) {
            scope.define(i.patternPosition(), field.variable());
        }
        Facts facts = new Facts();
        List<Stmt> lets = new ArrayList<>();
        for (io.stele.isac.ast.Stmt.Define let : i.lets()) {
            Stmt.Define define = bodies.define(let, scope, facts);
            if (!define.variable().type().isFixed()) {
                throw new CompileError(let.position(), "a let before the behaviour must be fixed; '" + let.name() + "' is "
                    + define.variable().type());
            }
            requireWordOnly(let.value().position(), define.value());
            lets.add(define);
        }
        Typed where = null;
        for (Expr condition : i.wheres()) {
            Typed checked = expressions.checkCondition(condition, new ExpressionChecker.Context(scope, facts), "where");
            requireWordOnly(condition.position(), checked);
            facts.assume(checked.sym(), true);
            where = where == null ? checked : new Typed.Fixed(io.stele.isac.types.FixedOp.BOTH, List.of(where, checked));
        }
        Variable address = new Variable("address", Type.INT, false, null, 64);
        Scope asmScope = new Scope(scope);
        asmScope.define(i.position(), address);
        List<Description.Asm> asms = new ArrayList<>();
        TemplateReader templates = new TemplateReader(diagnostics, parser, expressions, new ExpressionChecker.Context(asmScope,
            facts.copy()));
        for (Decl.Asm asm : i.asms()) {
            Typed when = asm.when() == null ? null
                : expressions.checkCondition(asm.when(), new ExpressionChecker.Context(asmScope, facts.copy()), "when");
            if (when != null) {
                requireWordOnly(asm.when().position(), when);
            }
            asms.add(new Description.Asm(when, templates.read(asm.position(), asm.template())));
        }
        List<Stmt> body = i.body() == null ? null : bodies.check(i.body().statements(), new Scope(scope), facts, null);
        return new Description.Instruction(i.position(), i.name(), unit, i.group(), i.feature(), pattern.mask(), pattern.value(),
            pattern.fields(), lets, where, asms, address, i.interp(), body);
    }
}
