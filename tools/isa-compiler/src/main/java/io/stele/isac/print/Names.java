package io.stele.isac.print;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Gives out Java names for locals of one method. */
final class Names {
    private static final Set<String> RESERVED = Set.of("abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class",
        "const", "continue", "default", "do", "double", "else", "enum", "extends", "final", "finally", "float", "for", "goto", "if",
        "implements", "import", "instanceof", "int", "interface", "long", "native", "new", "package", "private", "protected", "public",
        "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this", "throw", "throws", "transient", "try", "void",
        "volatile", "while", "true", "false", "null", "_", "b", "insn", "out");

    private final Map<String, Integer> taken;

    Names() {
        taken = new HashMap<>();
    }

    private Names(Map<String, Integer> taken) {
        this.taken = new HashMap<>(taken);
    }

    Names copy() {
        return new Names(taken);
    }

    /** @param hint preferred name, or null */
    String fresh(String hint) {
        String base = hint == null ? "t" : RESERVED.contains(hint) ? hint + "_" : hint;
        int n = taken.merge(base, 1, Integer::sum);
        if (n == 1 && hint != null) {
            return base;
        }
        String name = base + n;
        return taken.putIfAbsent(name, 1) == null ? name : fresh(hint);
    }
}
