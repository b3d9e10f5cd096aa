package io.stele.isac.check;

import io.stele.isac.ast.Decl;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.Variable;
import java.util.List;

/** A checked description. */
public record Description(List<Instruction> instructions, List<Callee.Function> functions, List<StateField> state, int stateBytes) {
    /**
     * One field of a pattern.
     *
     * @param variable its value
     * @param low bit number of its lowest bit
     */
    public record Field(Variable variable, int low, int width) {}

    /** @param count 0 for a single element, else the number of elements */
    public record StateField(String name, Decl.StateKind kind, int offset, int bytes, int count) {}

    /** A part of an assembly template. */
    public sealed interface Piece {
        record Text(String text) implements Piece {}

        record Number(Typed value, boolean hex) implements Piece {}

        record Formatted(Typed.Call call) implements Piece {}
    }

    /** @param when null when it always applies */
    public record Asm(Typed when, List<Piece> pieces) {}

    /**
     * One instruction. {@code lets} are fixed definitions for {@code where}, asm and body; {@code where} is null when there is none;
     * {@code body} is null for rows that are still to do.
     *
     * @param unit the source file it stands in, as the base of class names
     * @param mask bits of the word that are fixed
     * @param value their values
     * @param interp always executed by the interpreter
     */
    public record Instruction(Position position, String name, String unit, Decl.Group group, String feature, int mask, int value,
            List<Field> fields, List<Stmt> lets, Typed where, List<Asm> asms, Variable address, boolean interp, List<Stmt> body) {
        public boolean todo() {
            return body == null;
        }
    }
}
