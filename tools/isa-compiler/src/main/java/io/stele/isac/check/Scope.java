package io.stele.isac.check;

import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Variable;
import java.util.HashMap;
import java.util.Map;

/** Local names. */
final class Scope {
    private final Scope outer;
    private final Map<String, Variable> names = new HashMap<>();

    Scope(Scope outer) {
        this.outer = outer;
    }

    void define(Position position, Variable variable) {
        if (names.putIfAbsent(variable.name(), variable) != null) {
            throw new CompileError(position, "'" + variable.name() + "' is already defined here");
        }
    }

    /** The variable of that name, or null. */
    Variable find(String name) {
        for (Scope s = this; s != null; s = s.outer) {
            Variable v = s.names.get(name);
            if (v != null) {
                return v;
            }
        }
        return null;
    }
}
