package io.stele.isac.opt;

import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Range;
import io.stele.isac.types.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The finest split into fixed and dynamic: a dynamic operation that a fixed operand may make trivial (add of 0, shift by 0) is put under a
 * fixed condition, so that the translator emits it only when it does something.
 */
final class TrivialOperands {
    private final Map<Value, Node> definitions = new HashMap<>();

    private final Map<Value, Range> ranges = new HashMap<>();

    private Range range(Value v) {
        return v.isConstant() ? Range.of(v.number()) : ranges.getOrDefault(v, Range.ANY);
    }

    private Range range(Node.Compute n) {
        int first = n.op() == FixedOp.SELECT ? 1 : 0;
        Range[] operands = new Range[n.arguments().size() - first];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = range(n.arguments().get(i + first));
            if (!operands[i].fitsInt()) {
                return Range.ANY;
            }
        }
        return Range.apply(n.op(), operands);
    }

    void split(Block block) {
        List<Node> result = new ArrayList<>();
        for (Node node : block.nodes()) {
            switch (node) {
                case Node.Branch n -> {
                    split(n.yes());
                    split(n.no());
                    result.add(n);
                }
                case Node.Loop n -> {
                    split(n.body());
                    result.add(n);
                }
                case Node.Invoke n -> {
                    Value amount = Folding.hasIdentityZero(n.callee()) ? Folding.constantOf(n.arguments().get(2), definitions) : null;
                    if (amount != null && !amount.isConstant() && range(amount).contains(0)) {
                        guard(n, amount, result);
                    } else {
                        if (n.out() != null) {
                            definitions.put(n.out(), n);
                        }
                        result.add(n);
                    }
                }
                case Node.Field n -> {
                    ranges.put(n.out(), Range.unsigned(n.width()));
                    result.add(n);
                }
                case Node.Compute n -> {
                    ranges.put(n.out(), range(n));
                    result.add(n);
                }
                default -> result.add(node);
            }
        }
        block.setNodes(result);
    }

    private void guard(Node.Invoke n, Value amount, List<Node> result) {
        Value isZero = Value.result(Type.Kind.BOOL, null);
        result.add(new Node.Compute(isZero, FixedOp.EQ, List.of(amount, Value.constant(Type.Kind.INT, 0, null))));
        Node.Invoke constant = (Node.Invoke) definitions.get(n.arguments().get(2));
        Value copy = Value.result(constant.out().kind(), null);
        Value inner = Value.result(n.out().kind(), null);
        Block yes = new Block();
        yes.yields().add(n.arguments().get(1));
        Block no = new Block();
        no.add(new Node.Invoke(copy, constant.position(), constant.callee(), constant.arguments()));
        no.add(new Node.Invoke(inner, n.position(), n.callee(), List.of(n.arguments().get(0), n.arguments().get(1), copy)));
        no.yields().add(inner);
        result.add(new Node.Branch(isZero, yes, no, new ArrayList<>(List.of(n.out()))));
    }
}
