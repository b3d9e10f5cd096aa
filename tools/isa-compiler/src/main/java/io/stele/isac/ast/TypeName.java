package io.stele.isac.ast;

import io.stele.isac.diagnostics.Position;

/** A type as written; {@code width} is null when there are no parentheses. */
public record TypeName(Position position, String name, Expr width) {}
