package io.stele.isac.opt;

import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import io.stele.isac.types.FixedOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pure operations that have been computed on the way to here, for common subexpressions. */
final class Sharing {
    private final Sharing outer;
    private final Map<List<Object>, Value> known = new HashMap<>();

    Sharing(Sharing outer) {
        this.outer = outer;
    }

    /** An earlier value equal to what the node computes, or null; then the node's value is remembered. */
    Value find(Node node) {
        List<Object> key = new ArrayList<>();
        Value out;
        switch (node) {
            case Node.Field n -> {
                key.add(n.low());
                key.add(n.width());
                out = n.out();
            }
            case Node.Compute n -> {
                key.add(n.op());
                operands(n.op(), n.arguments(), key);
                out = n.out();
            }
            case Node.Invoke n when n.isPure() -> {
                key.add(n.callee());
                for (Value v : n.arguments()) {
                    key.add(identity(v));
                }
                out = n.out();
            }
            default -> {
                return null;
            }
        }
        for (Sharing s = this; s != null; s = s.outer) {
            Value earlier = s.known.get(key);
            if (earlier != null) {
                return earlier;
            }
        }
        known.put(key, out);
        return null;
    }

    private static void operands(FixedOp op, List<Value> arguments, List<Object> key) {
        List<Value> ordered = arguments;
        if (op.isCommutative() && arguments.get(0).isConstant() && !arguments.get(1).isConstant()) {
            ordered = List.of(arguments.get(1), arguments.get(0));
        }
        for (Value v : ordered) {
            key.add(identity(v));
        }
    }

    /** Equal for values that are certainly equal. */
    static Object identity(Value v) {
        return v.isConstant() ? List.of(v.kind(), v.number()) : v;
    }
}
