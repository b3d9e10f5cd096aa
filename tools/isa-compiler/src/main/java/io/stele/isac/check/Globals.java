package io.stele.isac.check;

import io.stele.isac.ast.Decl;
import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.diagnostics.Position;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** All top-level names. Functions, setters, and names of values (constants and state) are three name spaces. */
final class Globals {
    private final Map<String, Callee> callees = new LinkedHashMap<>();
    private final Map<String, Callee.Function> setters = new LinkedHashMap<>();
    private final Map<String, Typed.Const> constants = new HashMap<>();
    private final Map<String, Description.StateField> state = new LinkedHashMap<>();

    void declare(Callee callee) {
        Map<String, ? extends Callee> space = callee instanceof Callee.Function f && f.setter() ? setters : callees;
        Callee earlier = space.get(callee.name());
        if (earlier != null) {
            throw new CompileError(callee.position(), "'" + callee.name() + "' is already declared at " + earlier.position());
        }
        if (callee instanceof Callee.Function f && f.setter()) {
            setters.put(f.name(), f);
        } else {
            callees.put(callee.name(), callee);
        }
    }

    void declare(Position position, String name, Typed.Const value) {
        if (constants.putIfAbsent(name, value) != null || state.containsKey(name)) {
            throw new CompileError(position, "'" + name + "' is already declared");
        }
    }

    void declare(Position position, Description.StateField field) {
        if (state.putIfAbsent(field.name(), field) != null || constants.containsKey(field.name())) {
            throw new CompileError(position, "'" + field.name() + "' is already declared");
        }
    }

    Callee callee(String name) {
        return callees.get(name);
    }

    Callee.Function setter(String name) {
        return setters.get(name);
    }

    Typed.Const constant(String name) {
        return constants.get(name);
    }

    Description.StateField state(String name) {
        return state.get(name);
    }

    Map<String, Description.StateField> state() {
        return state;
    }

    /** A builtin that the language itself needs, for an operator or a register access. */
    Callee.External builtin(Position position, String name) {
        if (callees.get(name) instanceof Callee.External e && e.kind() == Decl.ExternalKind.BUILTIN) {
            return e;
        }
        throw new CompileError(position, "this needs the builtin '" + name + "', which is not declared");
    }
}
