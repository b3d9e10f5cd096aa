package io.stele.isac.opt;

import io.stele.isac.check.Callee;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rules by which one operation is as good as a value that exists already. */
final class Folding {
    /** Builtins (w, a, b) that give a when b is zero. */
    private static final Set<String> ZERO_IS_IDENTITY = Set.of("add", "sub", "or", "xor", "shl", "lshr", "ashr", "ror", "andn");

    private Folding() {}

    /** The value of a fixed operation, or null when it has to be computed. */
    static Value fold(Node.Compute n, Map<Value, Node> definitions) {
        List<Value> a = n.arguments();
        FixedOp op = n.op();
        if (allConstant(a) && (op.isTotal() || !a.get(1).isConstant(0))) {
            long[] values = new long[a.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = a.get(i).number();
            }
            return Value.constant(n.out().kind(), op.apply(values), null);
        }
        return switch (op) {
            case ADD, OR, XOR -> a.get(1).isConstant(0) ? a.get(0) : a.get(0).isConstant(0) ? a.get(1) : null;
            case SUB, SHL, SHR, USHR -> a.get(1).isConstant(0) ? a.get(0) : null;
            case MUL -> a.get(1).isConstant(1) ? a.get(0) : a.get(0).isConstant(1) ? a.get(1) : zero(a);
            case AND -> a.get(1).isConstant(-1) ? a.get(0) : a.get(0).isConstant(-1) ? a.get(1) : zero(a);
            case DIV -> a.get(1).isConstant(1) ? a.get(0) : null;
            case BOTH -> both(a.get(0), a.get(1), n.out().kind());
            case EITHER -> either(a.get(0), a.get(1), n.out().kind());
            case NEGATE -> definitions.get(a.get(0)) instanceof Node.Compute c && c.op() == FixedOp.NEGATE ? c.arguments().get(0) : null;
            case NE -> a.get(1).isConstant(0) ? wasTruth(a.get(0), definitions) : null;
            case SELECT -> select(n, a);
            default -> null;
        };
    }

    private static boolean allConstant(List<Value> values) {
        for (Value v : values) {
            if (!v.isConstant()) {
                return false;
            }
        }
        return true;
    }

    private static Value zero(List<Value> a) {
        return a.get(0).isConstant(0) ? a.get(0) : a.get(1).isConstant(0) ? a.get(1) : null;
    }

    private static Value both(Value a, Value b, Type.Kind kind) {
        if (a.isConstant(0) || b.isConstant(0)) {
            return Value.constant(kind, 0, null);
        }
        return a.isConstant() ? b : b.isConstant() ? a : null;
    }

    private static Value either(Value a, Value b, Type.Kind kind) {
        if (a.isConstant() && a.number() != 0 || b.isConstant() && b.number() != 0) {
            return Value.constant(kind, 1, null);
        }
        return a.isConstant() ? b : b.isConstant() ? a : null;
    }

    /** {@code (c ? 1 : 0) != 0} is c. */
    private static Value wasTruth(Value v, Map<Value, Node> definitions) {
        return definitions.get(v) instanceof Node.Compute c && c.op() == FixedOp.SELECT && c.arguments().get(1).isConstant(1)
            && c.arguments().get(2).isConstant(0) ? c.arguments().get(0) : null;
    }

    private static Value select(Node.Compute n, List<Value> a) {
        if (a.get(0).isConstant()) {
            return a.get(0).number() != 0 ? a.get(1) : a.get(2);
        }
        if (Sharing.identity(a.get(1)).equals(Sharing.identity(a.get(2)))) {
            return a.get(1);
        }
        return n.out().kind() == Type.Kind.BOOL && a.get(1).isConstant(1) && a.get(2).isConstant(0) ? a.get(0) : null;
    }

    /** The value of a call, or null when it has to be made. */
    static Value fold(Node.Invoke n, Map<Value, Node> definitions) {
        if (n.callee() instanceof Callee.External e && ZERO_IS_IDENTITY.contains(e.name()) && n.arguments().size() == 3) {
            Value amount = constantOf(n.arguments().get(2), definitions);
            if (amount != null && amount.isConstant(0)) {
                return n.arguments().get(1);
            }
        }
        return null;
    }

    /** True if the call gives its second operand when the fixed number behind its third operand is zero. */
    static boolean hasIdentityZero(Callee callee) {
        return callee instanceof Callee.External e && ZERO_IS_IDENTITY.contains(e.name()) && e.params().size() == 3;
    }

    /** The fixed number behind a dynamic constant, or null. */
    static Value constantOf(Value v, Map<Value, Node> definitions) {
        return definitions.get(v) instanceof Node.Invoke i && i.callee() instanceof Callee.External e && e.name().equals("constant")
            ? i.arguments().get(1) : null;
    }
}
