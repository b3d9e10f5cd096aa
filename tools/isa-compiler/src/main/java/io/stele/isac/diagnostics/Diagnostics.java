package io.stele.isac.diagnostics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The mistakes found so far. */
public final class Diagnostics {
    private final List<CompileError> errors = new ArrayList<>();

    public void error(Position position, String message) {
        errors.add(new CompileError(position, message));
    }

    public void add(CompileError error) {
        errors.add(error);
    }

    public boolean hasErrors() {
        return !errors.isEmpty();
    }

    /** All mistakes, each once, by place. */
    public List<CompileError> errors() {
        List<CompileError> sorted = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (CompileError error : errors) {
            if (seen.add(error.toString())) {
                sorted.add(error);
            }
        }
        sorted.sort(Comparator.comparing((CompileError e) -> e.position().file())
            .thenComparingInt(e -> e.position().line())
            .thenComparingInt(e -> e.position().column()));
        return sorted;
    }

    /** Runs one step; a mistake in it is noted and the caller goes on with its next declaration. */
    public void guard(Runnable step) {
        try {
            step.run();
        } catch (CompileError e) {
            errors.add(e);
        }
    }
}
