package io.stele.isac.ssa;

import io.stele.isac.check.Callee;
import io.stele.isac.check.Stmt;
import io.stele.isac.diagnostics.Position;
import io.stele.isac.types.FixedOp;
import java.util.ArrayList;
import java.util.List;

/**
 * One operation. Control flow is structured (a branch or loop is a node with blocks in it), so values need no phis: a branch has results,
 * and each of its blocks yields what they become.
 */
public sealed interface Node {
    /** A field of the instruction word, zero-extended. */
    record Field(Value out, int low, int width) implements Node {}

    /** An operator on fixed values. */
    record Compute(Value out, FixedOp op, List<Value> arguments) implements Node {}

    /** A call; {@code out} is null when there is no result or nobody needs it. */
    record Invoke(Value out, Position position, Callee callee, List<Value> arguments) implements Node {}

    /** Control flow on a fixed condition. */
    record Branch(Value condition, Block yes, Block no, List<Value> outs) implements Node {}

    /** {@code for}: {@code carried} start as {@code initial}, become the body's yields, and are visible behind the loop. */
    record Loop(Value index, Value from, Value to, List<Value> initial, List<Value> carried, Block body) implements Node {}

    /** Disassembly: appends {@code text} or, when that is null, a value. */
    record Append(String text, Value value, boolean hex) implements Node {}

    /** The instruction ends here. */
    record Stop(Stmt.StopKind kind) implements Node {}

    /** True if nothing but its results matters, so that it can be dropped, moved or shared. */
    default boolean isPure() {
        return switch (this) {
            case Field n -> true;
            case Compute n -> true;
            case Invoke n -> n.out() != null && !n.callee().effects().ordered();
            case Branch n -> isPure(n.yes()) && isPure(n.no());
            case Loop n -> isPure(n.body());
            case Append n -> false;
            case Stop n -> false;
        };
    }

    private static boolean isPure(Block block) {
        for (Node node : block.nodes()) {
            if (!node.isPure()) {
                return false;
            }
        }
        return true;
    }

    /** The operands that are evaluated where the node stands. */
    default List<Value> operands() {
        return switch (this) {
            case Field n -> List.of();
            case Compute n -> n.arguments();
            case Invoke n -> n.arguments();
            case Branch n -> List.of(n.condition());
            case Loop n -> {
                List<Value> result = new ArrayList<>(n.initial());
                result.add(n.from());
                result.add(n.to());
                yield result;
            }
            case Append n -> n.value() == null ? List.of() : List.of(n.value());
            case Stop n -> List.of();
        };
    }
}
