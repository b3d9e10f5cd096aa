package io.stele.isac.ssa;

import java.util.ArrayList;
import java.util.List;

/** Nodes in order, then the values that the surrounding branch, loop or method gets from it. */
public final class Block {
    private final List<Node> nodes = new ArrayList<>();
    private final List<Value> yields = new ArrayList<>();

    public List<Node> nodes() {
        return nodes;
    }

    public List<Value> yields() {
        return yields;
    }

    /** True if control never reaches its end. */
    public boolean stops() {
        return !nodes.isEmpty() && switch (nodes.getLast()) {
            case Node.Stop s -> true;
            case Node.Branch b -> b.yes().stops() && b.no().stops();
            default -> false;
        };
    }

    /** Appends a node; what comes behind the end of control is dropped. */
    public void add(Node node) {
        if (!stops()) {
            nodes.add(node);
        }
    }

    public void addAll(List<Node> more) {
        for (Node node : more) {
            add(node);
        }
    }

    /** Replaces the nodes. */
    public void setNodes(List<Node> replacement) {
        List<Node> copy = new ArrayList<>(replacement);
        nodes.clear();
        nodes.addAll(copy);
    }
}
