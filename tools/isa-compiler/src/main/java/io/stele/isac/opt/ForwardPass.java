package io.stele.isac.opt;

import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import io.stele.isac.types.FixedOp;
import io.stele.isac.types.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** One walk in execution order: replaces values by better ones, folds, shares, and simplifies control flow, as far as the level allows. */
final class ForwardPass {
    private final int level;
    private final Map<Value, Value> replaced = new IdentityHashMap<>();
    private final Map<Value, Node> definitions = new HashMap<>();
    private boolean changed;

    ForwardPass(int level) {
        this.level = level;
    }

    /** True if something changed. */
    boolean run(Block body) {
        block(body, new Sharing(null));
        return changed;
    }

    private Value look(Value v) {
        Value result = v;
        for (Value next = replaced.get(result); next != null; next = replaced.get(result)) {
            result = next;
        }
        return result;
    }

    private List<Value> look(List<Value> values) {
        List<Value> result = new ArrayList<>(values.size());
        for (Value v : values) {
            result.add(look(v));
        }
        return result;
    }

    private void replace(Value old, Value by) {
        replaced.put(old, by);
        changed = true;
    }

    private void block(Block block, Sharing sharing) {
        List<Node> source = List.copyOf(block.nodes());
        block.nodes().clear();
        for (Node node : source) {
            node(node, block, sharing);
        }
        List<Value> yields = look(block.yields());
        block.yields().clear();
        block.yields().addAll(yields);
    }

    private void node(Node node, Block to, Sharing sharing) {
        switch (node) {
            case Node.Field n -> keep(n, n.out(), to, sharing);
            case Node.Stop n -> to.add(n);
            case Node.Append n -> to.add(n.value() == null ? n : new Node.Append(null, look(n.value()), n.hex()));
            case Node.Compute n -> compute(new Node.Compute(n.out(), n.op(), look(n.arguments())), to, sharing);
            case Node.Invoke n -> invoke(new Node.Invoke(n.out(), n.position(), n.callee(), look(n.arguments())), to, sharing);
            case Node.Branch n -> branch(n, to, sharing);
            case Node.Loop n -> loop(n, to, sharing);
        }
    }

    private void keep(Node node, Value out, Block to, Sharing sharing) {
        if (level >= 3) {
            Value earlier = sharing.find(node);
            if (earlier != null) {
                replace(out, earlier);
                return;
            }
        }
        if (out != null) {
            definitions.put(out, node);
        }
        to.add(node);
    }

    private void compute(Node.Compute n, Block to, Sharing sharing) {
        Value simpler = level >= 2 ? Folding.fold(n, definitions) : null;
        if (simpler != null) {
            replace(n.out(), simpler);
        } else {
            keep(n, n.out(), to, sharing);
        }
    }

    private void invoke(Node.Invoke n, Block to, Sharing sharing) {
        Value simpler = level >= 2 && n.out() != null ? Folding.fold(n, definitions) : null;
        if (simpler != null) {
            replace(n.out(), simpler);
        } else {
            keep(n, n.out(), to, sharing);
        }
    }

    private void branch(Node.Branch n, Block to, Sharing sharing) {
        Value condition = look(n.condition());
        if (condition.isConstant()) {
            Block chosen = condition.number() != 0 ? n.yes() : n.no();
            splice(chosen, n.outs(), to, sharing);
            return;
        }
        side(n.yes(), condition, true, sharing);
        side(n.no(), condition, false, sharing);
        if (level >= 2) {
            shareOuts(n);
        }
        if (n.yes().stops() && n.no().stops() || !n.yes().stops() && !n.no().stops()) {
            to.add(new Node.Branch(condition, n.yes(), n.no(), n.outs()));
            return;
        }
        Block going = n.yes().stops() ? n.no() : n.yes();
        if (going.nodes().isEmpty() && n.outs().isEmpty()) {
            to.add(new Node.Branch(condition, n.yes(), n.no(), n.outs()));
            return;
        }
        Block rest = new Block();
        rest.nodes().addAll(going.nodes());
        rest.yields().addAll(going.yields());
        Block stopping = n.yes().stops() ? n.yes() : n.no();
        stopping.yields().clear();
        to.add(n.yes().stops() ? new Node.Branch(condition, stopping, new Block(), new ArrayList<>())
            : new Node.Branch(condition, new Block(), stopping, new ArrayList<>()));
        splice(rest, n.outs(), to, sharing);
    }

    /** Puts the nodes of a block that is always executed into the surrounding block. */
    private void splice(Block inner, List<Value> outs, Block to, Sharing sharing) {
        changed = true;
        for (Node node : List.copyOf(inner.nodes())) {
            node(node, to, sharing);
        }
        for (int i = 0; i < outs.size(); i++) {
            replaced.put(outs.get(i), look(inner.yields().get(i)));
        }
    }

    /** One side of a branch; inside it the condition is known. */
    private void side(Block block, Value condition, boolean holds, Sharing sharing) {
        Value subject = condition;
        Value known = Value.constant(Type.Kind.BOOL, holds ? 1 : 0, null);
        if (level < 2) {
            block(block, new Sharing(sharing));
            return;
        }
        replaced.put(subject, known);
        Value equal = null;
        if (definitions.get(condition) instanceof Node.Compute c && c.op() == (holds ? FixedOp.EQ : FixedOp.NE)
            && c.arguments().get(1).isConstant() && !c.arguments().get(0).isConstant()) {
            equal = c.arguments().get(0);
            replaced.put(equal, c.arguments().get(1));
        }
        block(block, new Sharing(sharing));
        replaced.remove(subject);
        if (equal != null) {
            replaced.remove(equal);
        }
    }

    /** Results that are the same on both sides are no results. */
    private void shareOuts(Node.Branch n) {
        for (int i = n.outs().size() - 1; i >= 0; i--) {
            Value a = n.yes().yields().get(i);
            Value b = n.no().yields().get(i);
            if (Sharing.identity(a).equals(Sharing.identity(b))) {
                replace(n.outs().get(i), a);
                n.outs().remove(i);
                n.yes().yields().remove(i);
                n.no().yields().remove(i);
            }
        }
    }

    private void loop(Node.Loop n, Block to, Sharing sharing) {
        Value from = look(n.from());
        Value end = look(n.to());
        List<Value> initial = look(n.initial());
        if (level >= 2 && from.isConstant() && end.isConstant() && from.number() >= end.number()) {
            changed = true;
            for (int i = 0; i < initial.size(); i++) {
                replaced.put(n.carried().get(i), initial.get(i));
            }
            return;
        }
        block(n.body(), new Sharing(sharing));
        to.add(new Node.Loop(n.index(), from, end, initial, n.carried(), n.body()));
    }
}
