package io.stele.isac.types;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Types of the language.
 *
 * @param width for {@code bits} the width in bits; null means "of any width" (parameters of builtins only)
 * @param parts for {@code tuple} the types of its values
 */
public record Type(Kind kind, Sym width, List<Type> parts) {
    /** INT, LONG (a 64-bit parameter of a builtin) and BOOL are fixed, the others are dynamic. */
    public enum Kind { VOID, INT, LONG, BOOL, BITS, COND, FLAGS, VEC, PAIR, TEXT, TUPLE }

    public static final Type VOID = new Type(Kind.VOID, null);
    public static final Type INT = new Type(Kind.INT, null);
    public static final Type LONG = new Type(Kind.LONG, null);
    public static final Type BOOL = new Type(Kind.BOOL, null);
    public static final Type COND = new Type(Kind.COND, null);
    public static final Type FLAGS = new Type(Kind.FLAGS, null);
    public static final Type VEC = new Type(Kind.VEC, null);
    public static final Type PAIR = new Type(Kind.PAIR, null);
    public static final Type TEXT = new Type(Kind.TEXT, null);
    public static final Type BITS64 = new Type(Kind.BITS, Sym.of(64));

    private Type(Kind kind, Sym width) {
        this(kind, width, List.of());
    }

    public static Type bits(Sym width) {
        return new Type(Kind.BITS, width);
    }

    /** Results of a function that has several. */
    public static Type tuple(List<Type> parts) {
        return new Type(Kind.TUPLE, null, List.copyOf(parts));
    }

    public boolean isTuple() {
        return kind == Kind.TUPLE;
    }

    public boolean isFixed() {
        return kind == Kind.INT || kind == Kind.BOOL || kind == Kind.LONG;
    }

    public boolean isDynamic() {
        return !isFixed() && kind != Kind.VOID && kind != Kind.TEXT && kind != Kind.TUPLE;
    }

    public boolean isBits() {
        return kind == Kind.BITS;
    }

    public Type substitute(Map<Variable, Sym> arguments) {
        if (isTuple()) {
            return tuple(parts.stream().map(part -> part.substitute(arguments)).toList());
        }
        return width == null ? this : new Type(kind, width.substitute(arguments));
    }

    @Override
    public String toString() {
        if (isTuple()) {
            return parts.stream().map(Type::toString).collect(Collectors.joining(", ", "(", ")"));
        }
        String name = kind.name().toLowerCase(java.util.Locale.ROOT);
        return width == null ? name : name + "(" + width + ")";
    }
}
