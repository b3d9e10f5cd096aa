package io.stele.isac.opt;

import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Drops what has no effect and whose results nobody uses. */
final class DeadCode {
    private final Set<Value> used = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean changed;

    boolean remove(Block body) {
        used.addAll(body.yields());
        int before;
        do {
            before = used.size();
            mark(body);
        } while (used.size() != before);
        sweep(body);
        return changed;
    }

    /** Marks operands of live nodes; true if a node in the block is live. */
    private boolean mark(Block block) {
        boolean live = false;
        for (int i = block.nodes().size() - 1; i >= 0; i--) {
            Node node = block.nodes().get(i);
            if (markNode(node)) {
                used.addAll(node.operands());
                live = true;
            }
        }
        return live;
    }

    private boolean markNode(Node node) {
        return switch (node) {
            case Node.Field n -> used.contains(n.out());
            case Node.Compute n -> used.contains(n.out());
            case Node.Invoke n -> !n.isPure() || used.contains(n.out());
            case Node.Append n -> true;
            case Node.Stop n -> true;
            case Node.Branch n -> {
                boolean live = false;
                for (int i = 0; i < n.outs().size(); i++) {
                    if (used.contains(n.outs().get(i))) {
                        live = true;
                        used.add(n.yes().yields().get(i));
                        used.add(n.no().yields().get(i));
                    }
                }
                live |= mark(n.yes());
                live |= mark(n.no());
                yield live;
            }
            case Node.Loop n -> {
                boolean live = false;
                for (int i = 0; i < n.carried().size(); i++) {
                    if (used.contains(n.carried().get(i))) {
                        live = true;
                        used.add(n.body().yields().get(i));
                        used.add(n.initial().get(i));
                    }
                }
                live |= mark(n.body());
                if (live) {
                    used.add(n.from());
                    used.add(n.to());
                }
                yield live;
            }
        };
    }

    private void sweep(Block block) {
        List<Node> kept = new ArrayList<>();
        for (Node node : block.nodes()) {
            Node live = sweepNode(node);
            if (live == null) {
                changed = true;
            } else {
                kept.add(live);
            }
        }
        block.setNodes(kept);
    }

    private Node sweepNode(Node node) {
        switch (node) {
            case Node.Field n -> {
                return used.contains(n.out()) ? n : null;
            }
            case Node.Compute n -> {
                return used.contains(n.out()) ? n : null;
            }
            case Node.Invoke n -> {
                if (n.out() == null || used.contains(n.out())) {
                    return n;
                }
                return n.isPure() ? null : new Node.Invoke(null, n.position(), n.callee(), n.arguments());
            }
            case Node.Append n -> {
                return n;
            }
            case Node.Stop n -> {
                return n;
            }
            case Node.Branch n -> {
                for (int i = n.outs().size() - 1; i >= 0; i--) {
                    if (!used.contains(n.outs().get(i))) {
                        n.outs().remove(i);
                        n.yes().yields().remove(i);
                        n.no().yields().remove(i);
                        changed = true;
                    }
                }
                sweep(n.yes());
                sweep(n.no());
                return n.outs().isEmpty() && n.yes().nodes().isEmpty() && n.no().nodes().isEmpty() ? null : n;
            }
            case Node.Loop n -> {
                for (int i = n.carried().size() - 1; i >= 0; i--) {
                    if (!used.contains(n.carried().get(i))) {
                        n.carried().remove(i);
                        n.initial().remove(i);
                        n.body().yields().remove(i);
                        changed = true;
                    }
                }
                sweep(n.body());
                return n.carried().isEmpty() && n.body().nodes().isEmpty() ? null : n;
            }
        }
    }
}
