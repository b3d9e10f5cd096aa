package io.stele.isac.print;

import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** How often values are used; a use inside a loop that does not contain the definition counts as many. */
final class Uses {
    private final Map<Value, Integer> counts = new IdentityHashMap<>();
    private final Map<Value, Integer> depths = new IdentityHashMap<>();

    private final Set<Value> yielded = Collections.newSetFromMap(new IdentityHashMap<>());

    Uses(Block body) {
        block(body, 0);
    }

    boolean once(Value v) {
        return counts.getOrDefault(v, 0) == 1;
    }

    /** True if the value leaves a block, so that it is assigned to something rather than part of a larger expression. */
    boolean isYielded(Value v) {
        return yielded.contains(v);
    }

    private void use(Value v, int depth) {
        counts.merge(v, depth > depths.getOrDefault(v, 0) ? 2 : 1, Integer::sum);
    }

    private void block(Block block, int depth) {
        for (Node node : block.nodes()) {
            for (Value v : node.operands()) {
                use(v, depth);
            }
            switch (node) {
                case Node.Field n -> depths.put(n.out(), depth);
                case Node.Compute n -> depths.put(n.out(), depth);
                case Node.Invoke n -> depths.put(n.out(), depth);
                case Node.Branch n -> {
                    block(n.yes(), depth);
                    block(n.no(), depth);
                    n.outs().forEach(v -> depths.put(v, depth));
                }
                case Node.Loop n -> {
                    n.carried().forEach(v -> depths.put(v, depth));
                    depths.put(n.index(), depth + 1);
                    block(n.body(), depth + 1);
                }
                case Node.Append n -> { }
                case Node.Stop n -> { }
            }
        }
        for (Value v : block.yields()) {
            use(v, depth);
            yielded.add(v);
        }
    }
}
