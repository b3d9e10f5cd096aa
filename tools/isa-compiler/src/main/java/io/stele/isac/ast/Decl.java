package io.stele.isac.ast;

import io.stele.isac.diagnostics.Position;
import java.util.List;

/** Declarations as written. Optional parts are null when absent. */
public sealed interface Decl {
    Position position();

    String name();

    record Param(Position position, String name, TypeName type) {}

    /** One line of an assembly template; {@code when} is null when it always applies. */
    record Asm(Position position, String template, Expr when) {}

    record Instruction(Position position, String name, Position patternPosition, String pattern, Group group, String feature,
            List<Stmt.Define> lets, List<Expr> wheres, List<Asm> asms, boolean todo, boolean interp, Stmt.Block body) implements Decl {}

    /** Where an instruction belongs in the manual. */
    record Group(String name, String section, String feature) {}

    /** A function, or, when {@code setter}, the left side of an assignment. Procedures have no {@code results}. */
    record Function(Position position, String name, boolean setter, List<Param> params, List<TypeName> results, Stmt.Block body)
        implements Decl {}

    /** What a name without behaviour in the description stands for. */
    enum ExternalKind { BUILTIN, HOOK, TEXT }

    record External(Position position, ExternalKind kind, String name, List<Param> params, TypeName result, List<String> attributes)
        implements Decl {}

    record Constant(Position position, String name, Expr value) implements Decl {}

    enum StateKind { REGISTER, FIELD, FLAGS }

    /** A part of the guest state; {@code count} is null for a single element. */
    record State(Position position, String name, StateKind kind, int bytes, Expr count) implements Decl {}
}
