package io.stele.isac.print;

import io.stele.isac.ast.Decl;
import io.stele.isac.check.Callee;
import io.stele.isac.check.Stmt;
import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Target;
import io.stele.isac.ssa.Value;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Range;
import io.stele.isac.types.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Prints one behaviour as Java. A pure value that is used once and has no name in the description becomes part of the expression that uses
 * it; everything else becomes a local variable or a statement.
 */
final class MethodPrinter {
    private static final int INLINE_LENGTH = 80;
    private static final int YIELD_LENGTH = 110;
    private static final int PRIMARY = 15;
    private static final int CAST = 13;

    private final Target target;
    private final Set<String> hidden;
    private final Uses uses;
    private Names names = new Names();
    private final Map<Value, Text> texts = new IdentityHashMap<>();
    private final Map<Value, Range> ranges = new IdentityHashMap<>();
    private final Map<Value, String> opposites = new IdentityHashMap<>();
    private final Map<Value, String> destinations = new IdentityHashMap<>();
    private final Set<Value> intDestinations = Collections.newSetFromMap(new IdentityHashMap<>());
    private CodeWriter code;

    /** A Java expression. {@code isInt}: a fixed number that Java types as int. */
    private record Text(String text, int precedence, boolean isInt) {}

    /** @param hidden names of methods of the class that is printed into, which hide functions of the same name */
    MethodPrinter(Target target, Method method, Set<String> hidden) {
        this.target = target;
        this.hidden = hidden;
        this.uses = new Uses(method.body());
    }

    /** Parameter list text; call it before the body. */
    String parameters(Method method, String first) {
        StringBuilder result = new StringBuilder(first);
        for (Value p : method.params()) {
            String name = names.fresh(p.name());
            texts.put(p, new Text(name, PRIMARY, false));
            result.append(result.isEmpty() ? "" : ", ").append(javaType(p.kind(), false)).append(' ').append(name);
        }
        return result.toString();
    }

    /** The statements, without those that yield the result. */
    void body(Method method, CodeWriter out) {
        code = out;
        nodes(method.body(), true);
    }

    /** Text of a value that the body yields. */
    String yielded(Method method, int index) {
        return text(method.body().yields().get(index)).text;
    }

    private String javaType(Type.Kind kind, boolean isInt) {
        return switch (kind) {
            case INT, LONG -> isInt ? "int" : "long";
            case BOOL -> "boolean";
            case BITS, COND, FLAGS -> target == Target.TRANSLATOR ? "int" : "long";
            case VEC, PAIR -> target == Target.TRANSLATOR ? "int" : "Vec";
            case VOID -> "void";
            case TEXT -> "String";
            case TUPLE -> throw new IllegalStateException("a tuple is no Java value");
        };
    }

    static String javaType(Target target, Type type) {
        return switch (type.kind()) {
            case VOID -> "void";
            case BOOL -> "boolean";
            case INT, LONG -> "long";
            case TEXT -> "String";
            case VEC, PAIR -> target == Target.TRANSLATOR ? "int" : "Vec";
            case BITS, COND, FLAGS -> target == Target.TRANSLATOR ? "int" : "long";
            case TUPLE -> throw new IllegalStateException("a tuple is no Java value");
        };
    }

    private Text text(Value v) {
        if (!v.isConstant()) {
            Text text = texts.get(v);
            if (text == null) {
                throw new IllegalStateException("value without text: " + v.name());
            }
            return text;
        }
        if (v.label() != null) {
            return new Text(v.label(), PRIMARY, true);
        }
        return switch (v.kind()) {
            case BOOL -> new Text(v.number() != 0 ? "true" : "false", PRIMARY, false);
            case VEC, PAIR -> new Text(target == Target.TRANSLATOR ? "0" : "null", PRIMARY, false);
            case BITS, COND, FLAGS -> new Text("0", PRIMARY, false);
            default -> number(v.number());
        };
    }

    private static Text number(long n) {
        boolean isInt = n == (int) n;
        String digits = n > -1024 && n < 4096 ? Long.toString(n) : "0x" + (isInt ? Integer.toHexString((int) n) : Long.toHexString(n)
            + "L");
        return new Text(digits, n < 0 && n > -1024 ? CAST : PRIMARY, isInt);
    }

    private Range range(Value v) {
        return v.isConstant() ? Range.of(v.number()) : ranges.getOrDefault(v, Range.ANY);
    }

    private static String wrapped(Text text, int precedence) {
        return text.precedence < precedence ? "(" + text.text + ")" : text.text;
    }

    /** Makes a new value known: as text for its only use, or as a local. */
    private void define(Value out, Text text, boolean mayInline) {
        if (mayInline && out.name() == null && uses.once(out) && text.text.length() <= (uses.isYielded(out) ? YIELD_LENGTH
            : INLINE_LENGTH)) {
            texts.put(out, text);
            return;
        }
        String name = destinations.get(out);
        if (name == null) {
            name = names.fresh(out.name());
            code.line(javaType(out.kind(), text.isInt) + " " + name + " = " + text.text + ";");
        } else {
            code.line(name + " = " + text.text + ";");
        }
        texts.put(out, new Text(name, PRIMARY, text.isInt));
    }

    private void nodes(Block block, boolean last) {
        for (Node node : block.nodes()) {
            boolean atEnd = last && node == block.nodes().getLast();
            switch (node) {
                case Node.Field n -> define(n.out(), field(n), true);
                case Node.Compute n -> define(n.out(), compute(n), true);
                case Node.Invoke n -> invoke(n);
                case Node.Branch n -> branch(n, atEnd);
                case Node.Loop n -> loop(n);
                case Node.Append n -> append(n);
                case Node.Stop n -> stop(n, atEnd);
            }
        }
    }

    private void append(Node.Append n) {
        if (n.text() != null) {
            code.line("out.append(\"" + n.text().replace("\\", "\\\\").replace("\"", "\\\"") + "\");");
        } else if (n.hex()) {
            code.line("Disassembler.hex(out, " + text(n.value()).text + ");");
        } else {
            code.line("out.append(" + text(n.value()).text + ");");
        }
    }

    private Text field(Node.Field n) {
        ranges.put(n.out(), Range.unsigned(n.width()));
        if (n.width() == 32) {
            return new Text("insn & 0xffffffffL", FixedOp.AND.precedence(), false);
        }
        if (n.low() + n.width() == 32) {
            return new Text("insn >>> " + n.low(), FixedOp.USHR.precedence(), true);
        }
        String shifted = n.low() == 0 ? "insn" : "insn >>> " + n.low();
        return new Text(shifted + " & " + number((1L << n.width()) - 1).text, FixedOp.AND.precedence(), true);
    }

    private Text compute(Node.Compute n) {
        FixedOp op = n.op();
        List<Value> arguments = n.arguments();
        int level = op.precedence();
        if (op == FixedOp.SELECT) {
            boolean isInt = isInt(arguments.subList(1, 3));
            ranges.put(n.out(), range(arguments.get(1)).or(range(arguments.get(2))));
            return new Text(wrapped(text(arguments.get(0)), level + 1) + " ? " + wrapped(text(arguments.get(1)), level + 1) + " : "
                + wrapped(text(arguments.get(2)), level), level, isInt);
        }
        if (op.isPredicate()) {
            return predicate(n.out(), op, arguments, level);
        }
        boolean isInt = isInt(arguments);
        Range[] operands = new Range[arguments.size()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = range(arguments.get(i));
        }
        Range result = isInt ? Range.apply(op, operands) : Range.ANY;
        boolean intResult = isInt && result.fitsInt();
        ranges.put(n.out(), intResult ? result : Range.ANY);
        boolean shift = op == FixedOp.SHL || op == FixedOp.SHR || op == FixedOp.USHR;
        boolean widen = !intResult && (isInt || shift && text(arguments.getFirst()).isInt);
        String left = widen ? widened(arguments.getFirst(), level) : wrapped(text(arguments.getFirst()), level);
        if (arguments.size() == 1) {
            return new Text(op.symbol() + (left.startsWith(op.symbol()) ? "(" + left + ")" : left), level, intResult);
        }
        return new Text(left + " " + op.symbol() + " " + wrapped(text(arguments.get(1)), level + 1), level, intResult);
    }

    private boolean isInt(List<Value> values) {
        for (Value v : values) {
            if (!text(v).isInt) {
                return false;
            }
        }
        return true;
    }

    private String widened(Value v, int level) {
        if (v.isConstant() && v.label() == null) {
            return text(v).text + "L";
        }
        return "(long) " + wrapped(text(v), CAST);
    }

    /** The opposite of a condition. */
    private String negation(Value condition) {
        String opposite = opposites.get(condition);
        return opposite != null ? opposite : "!" + wrapped(text(condition), CAST);
    }

    private static String opposite(FixedOp op) {
        return switch (op) {
            case EQ -> "!=";
            case NE -> "==";
            case LT -> ">=";
            case LE -> ">";
            case GT -> "<=";
            case GE -> "<";
            default -> null;
        };
    }

    private Text predicate(Value out, FixedOp op, List<Value> arguments, int level) {
        if (arguments.size() == 1) {
            return new Text("!" + wrapped(text(arguments.getFirst()), level), level, false);
        }
        String left = wrapped(text(arguments.get(0)), level) + " ";
        String right = " " + wrapped(text(arguments.get(1)), level + 1);
        if (opposite(op) != null && uses.once(out)) {
            opposites.put(out, left + opposite(op) + right);
        }
        return new Text(left + op.symbol() + right, level, false);
    }

    private void invoke(Node.Invoke n) {
        Text call = new Text(call(n.callee(), n.arguments()), PRIMARY, false);
        if (n.out() == null) {
            code.line(call.text + ";");
        } else {
            define(n.out(), call, n.isPure());
        }
    }

    private String call(Callee callee, List<Value> arguments) {
        StringBuilder text = new StringBuilder();
        boolean isBuiltin = false;
        String separator = "";
        switch (callee) {
            case Callee.External e -> {
                isBuiltin = e.kind() == Decl.ExternalKind.BUILTIN;
                switch (e.kind()) {
                    case BUILTIN -> text.append("b.").append(e.name()).append('(');
                    case TEXT -> text.append("AsmText.").append(e.name()).append('(');
                    case HOOK -> {
                        text.append(target == Target.TRANSLATOR ? "TranslatorHooks." : "InterpreterHooks.").append(e.name()).append("(b");
                        separator = ", ";
                    }
                }
            }
            case Callee.Function f -> {
                if (hidden.contains(functionName(f))) {
                    text.append(functionClass(target, f)).append('.');
                }
                text.append(functionName(f)).append('(');
                if (!f.isFixed()) {
                    text.append('b');
                    separator = ", ";
                }
            }
        }
        for (int i = 0; i < arguments.size(); i++) {
            Text argument = text(arguments.get(i));
            boolean cast = isBuiltin && callee.params().get(i).type().kind() == Type.Kind.INT && !argument.isInt;
            text.append(separator).append(cast ? "(int) " + wrapped(argument, CAST) : argument.text);
            separator = ", ";
        }
        return text.append(')').toString();
    }

    static String functionClass(Target target, Callee.Function f) {
        return f.isFixed() ? "FixedFunctions" : target == Target.TRANSLATOR ? "TranslatorFunctions" : "InterpreterFunctions";
    }

    static String functionName(Callee.Function f) {
        return f.setter() ? "set_" + f.name() : f.name();
    }

    private void stop(Node.Stop n, boolean atEnd) {
        if (n.kind() == Stmt.StopKind.INTERPRET) {
            code.line("b.interpret();");
        } else {
            code.line((target == Target.TRANSLATOR ? "TranslatorHooks" : "InterpreterHooks") + ".undefined(b);");
        }
        if (!atEnd) {
            code.line("return;");
        }
    }

    private void branch(Node.Branch n, boolean atEnd) {
        Names before = names.copy();
        CodeWriter yes = side(n.yes(), atEnd);
        CodeWriter no = side(n.no(), atEnd);
        if (yes.isEmpty() && no.isEmpty() && n.outs().size() == 1) {
            conditional(n);
            return;
        }
        if (!n.outs().isEmpty()) {
            names = before;
            List<String> targets = declareOuts(n);
            places(n, n.yes(), targets);
            places(n, n.no(), targets);
            yes = side(n.yes(), atEnd);
            no = side(n.no(), atEnd);
            assignOuts(n.yes(), targets, yes);
            assignOuts(n.no(), targets, no);
        }
        Text condition = text(n.condition());
        if (yes.isEmpty()) {
            code.open("if (" + negation(n.condition()) + ") {").lines(no.toString()).close("}");
            return;
        }
        code.open("if (" + condition.text + ") {").lines(yes.toString());
        String chained = no.asElseIf();
        if (no.isEmpty()) {
            code.close("}");
        } else if (chained != null) {
            code.closeWith("} else ").lines(chained);
        } else {
            code.close("} else {").lines(no.toString()).line("}");
        }
    }

    private CodeWriter side(Block block, boolean atEnd) {
        CodeWriter outer = code;
        CodeWriter result = new CodeWriter(outer.depth() + 1);
        code = result;
        nodes(block, atEnd);
        code = outer;
        return result;
    }

    /** Declares variables for the results, unless the surrounding branch has said where they go. */
    private List<String> declareOuts(Node.Branch n) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < n.outs().size(); i++) {
            Value out = n.outs().get(i);
            String name = destinations.get(out);
            boolean isInt;
            if (name == null) {
                isInt = out.isFixed() && out.kind() != Type.Kind.BOOL && (n.yes().stops() || text(n.yes().yields().get(i)).isInt)
                    && (n.no().stops() || text(n.no().yields().get(i)).isInt);
                name = names.fresh(out.name());
                code.line(javaType(out.kind(), isInt) + " " + name + ";");
            } else {
                isInt = intDestinations.contains(out);
            }
            if (isInt) {
                ranges.put(out, new Range(Integer.MIN_VALUE, Integer.MAX_VALUE));
                intDestinations.add(out);
            }
            texts.put(out, new Text(name, PRIMARY, isInt));
            targets.add(name);
        }
        return targets;
    }

    /** Lets what a side yields be assigned straight to the result, where the side itself makes it and needs it for nothing else. */
    private void places(Node.Branch n, Block block, List<String> targets) {
        Set<Value> made = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : block.nodes()) {
            switch (node) {
                case Node.Compute m -> made.add(m.out());
                case Node.Invoke m -> made.add(m.out());
                case Node.Branch m -> made.addAll(m.outs());
                default -> { }
            }
        }
        for (int i = 0; i < targets.size(); i++) {
            Value yield = block.yields().get(i);
            if (made.contains(yield) && uses.once(yield)) {
                destinations.put(yield, targets.get(i));
                if (intDestinations.contains(n.outs().get(i))) {
                    intDestinations.add(yield);
                }
            }
        }
    }

    private void conditional(Node.Branch n) {
        Value a = n.yes().yields().getFirst();
        Value b = n.no().yields().getFirst();
        Value out = n.outs().getFirst();
        int level = FixedOp.SELECT.precedence();
        boolean isInt = out.isFixed() && text(a).isInt && text(b).isInt;
        if (isInt) {
            ranges.put(out, range(a).or(range(b)));
        }
        String text = wrapped(text(n.condition()), level + 1) + " ? " + wrapped(text(a), level + 1) + " : " + wrapped(text(b), level);
        define(out, new Text(text, level, isInt), true);
    }

    private void assignOuts(Block block, List<String> targets, CodeWriter writer) {
        if (block.stops()) {
            return;
        }
        for (int i = 0; i < targets.size(); i++) {
            String text = text(block.yields().get(i)).text;
            if (!text.equals(targets.get(i))) {
                writer.line(targets.get(i) + " = " + text + ";");
            }
        }
    }

    private void loop(Node.Loop n) {
        List<String> carried = new ArrayList<>();
        for (int i = 0; i < n.carried().size(); i++) {
            Value value = n.carried().get(i);
            String name = names.fresh(value.name());
            code.line(javaType(value.kind(), false) + " " + name + " = " + text(n.initial().get(i)).text + ";");
            texts.put(value, new Text(name, PRIMARY, false));
            carried.add(name);
        }
        boolean isInt = isInt(List.of(n.from(), n.to()));
        String index = names.fresh(n.index().name());
        texts.put(n.index(), new Text(index, PRIMARY, isInt));
        if (isInt) {
            ranges.put(n.index(), new Range(range(n.from()).low(), Math.max(range(n.from()).low(), range(n.to()).high())));
        }
        code.open("for (" + (isInt ? "int " : "long ") + index + " = " + text(n.from()).text + "; " + index + " < "
            + wrapped(text(n.to()), FixedOp.LT.precedence() + 1) + "; " + index + "++) {");
        nodes(n.body(), false);
        if (!n.body().stops()) {
            assignCarried(n, carried);
        }
        code.close("}");
    }

    /** All next values are computed before the first is assigned. */
    private void assignCarried(Node.Loop n, List<String> carried) {
        List<String> next = new ArrayList<>();
        boolean single = carried.size() == 1;
        for (int i = 0; i < carried.size(); i++) {
            Value yield = n.body().yields().get(i);
            String text = text(yield).text;
            if (!single && !text.equals(carried.get(i))) {
                String name = names.fresh("next");
                code.line(javaType(n.carried().get(i).kind(), false) + " " + name + " = " + text + ";");
                text = name;
            }
            next.add(text);
        }
        for (int i = 0; i < carried.size(); i++) {
            if (!next.get(i).equals(carried.get(i))) {
                code.line(carried.get(i) + " = " + next.get(i) + ";");
            }
        }
    }
}
