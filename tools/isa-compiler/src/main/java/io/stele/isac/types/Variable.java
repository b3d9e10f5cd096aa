package io.stele.isac.types;

/** A name with a value: an encoding field, a parameter, a {@code let}, a {@code var} or a loop index. Compared by identity. */
public final class Variable {
    private final String name;
    private final Type type;
    private final boolean mutable;
    private final Sym definition;
    private final int bits;

    /**
     * @param definition the fixed expression it stands for, or null when it is not known
     * @param bits for an encoding field its width, else 64
     */
    public Variable(String name, Type type, boolean mutable, Sym definition, int bits) {
        this.name = name;
        this.type = type;
        this.mutable = mutable;
        this.definition = definition;
        this.bits = bits;
    }

    public String name() {
        return name;
    }

    public Type type() {
        return type;
    }

    public boolean mutable() {
        return mutable;
    }

    public Sym definition() {
        return definition;
    }

    public int bits() {
        return bits;
    }
}
