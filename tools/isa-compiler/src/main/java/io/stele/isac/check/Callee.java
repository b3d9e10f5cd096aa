package io.stele.isac.check;

import io.stele.isac.ast.Decl;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Type;
import io.stele.isac.types.Variable;
import java.util.List;
import java.util.Set;

/** What a call can name. */
public abstract sealed class Callee {
    private final Position position;
    private final String name;
    private final List<Variable> params;
    private final Type result;

    Callee(Position position, String name, List<Variable> params, Type result) {
        this.position = position;
        this.name = name;
        this.params = params;
        this.result = result;
    }

    public Position position() {
        return position;
    }

    public String name() {
        return name;
    }

    public List<Variable> params() {
        return params;
    }

    public Type result() {
        return result;
    }

    /** What calling it does. */
    public abstract Effects effects();

    /** An operation whose behaviour is Java: a builtin of the IR, a hook of the front end or an assembly formatter. */
    public static final class External extends Callee {
        private static final Set<String> REGISTER_WRITES = Set.of("writeReg", "writeVec", "writeFlags");
        private final Decl.ExternalKind kind;
        private final Effects effects;

        External(Position position, Decl.ExternalKind kind, String name, List<Variable> params, Type result, Set<String> attributes) {
            super(position, name, params, result);
            this.kind = kind;
            boolean faults = attributes.contains("faults");
            boolean writes = kind == Decl.ExternalKind.BUILTIN && REGISTER_WRITES.contains(name);
            boolean ordered = faults || writes || attributes.contains("ends") || attributes.contains("ordered") || name.equals("loadState")
                || result.kind() == Type.Kind.VOID || kind == Decl.ExternalKind.HOOK && !attributes.contains("pure");
            boolean usesMachine = kind != Decl.ExternalKind.TEXT;
            this.effects = new Effects(usesMachine, ordered, writes, faults, attributes.contains("ends"), attributes.contains("interp"),
                false);
        }

        public Decl.ExternalKind kind() {
            return kind;
        }

        @Override
        public Effects effects() {
            return effects;
        }
    }

    /** A function or setter of the description. */
    public static final class Function extends Callee {
        private final boolean setter;
        private final Stmt.Body body = new Stmt.Body();
        private Effects effects;
        private boolean busy;

        Function(Position position, String name, boolean setter, List<Variable> params, Type result) {
            super(position, name, params, result);
            this.setter = setter;
        }

        public boolean setter() {
            return setter;
        }

        /** Filled when the function has been checked. */
        public Stmt.Body body() {
            return body;
        }

        /** True if it only computes with fixed values, so that it needs neither builder nor evaluator. */
        public boolean isFixed() {
            return !effects().usesMachine() && !result().isDynamic() && params().stream().noneMatch(p -> p.type().isDynamic());
        }

        /** Must not be asked before all functions have been checked. */
        @Override
        public Effects effects() {
            if (effects == null) {
                if (busy) {
                    throw new io.stele.isac.diagnostics.CompileError(position(), "function '" + name() + "' calls itself");
                }
                busy = true;
                Effects sum = Effects.of(body.statements());
                busy = false;
                effects = sum;
            }
            return effects;
        }
    }
}
