package io.stele.isac.ssa;

import io.stele.isac.types.Type;

/** An SSA value: a constant, or the result of one node, parameter or loop. Compared by identity. */
public final class Value {
    private final Type.Kind kind;
    private final boolean constant;
    private final long number;
    private final String label;
    private final String name;

    private Value(Type.Kind kind, boolean constant, long number, String label, String name) {
        this.kind = kind;
        this.constant = constant;
        this.number = number;
        this.label = label;
        this.name = name;
    }

    /** @param label Java constant that names it, or null */
    public static Value constant(Type.Kind kind, long number, String label) {
        return new Value(kind, true, number, label, null);
    }

    /** @param name how the description calls it, or null */
    public static Value result(Type.Kind kind, String name) {
        return new Value(kind, false, 0, null, name);
    }

    public Type.Kind kind() {
        return kind;
    }

    public boolean isConstant() {
        return constant;
    }

    public boolean isConstant(long n) {
        return constant && number == n;
    }

    public long number() {
        return number;
    }

    public String label() {
        return label;
    }

    public String name() {
        return name;
    }

    public boolean isFixed() {
        return kind == Type.Kind.INT || kind == Type.Kind.BOOL || kind == Type.Kind.LONG;
    }
}
