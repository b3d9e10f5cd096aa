package io.stele.isac.opt;

import io.stele.isac.check.Callee;
import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Drops register writes that a later write in the same straight line replaces. Reads in between do not matter: within an instruction they
 * see the state before it.
 */
final class DeadWrites {
    private DeadWrites() {}

    static boolean remove(Block block) {
        boolean changed = false;
        Set<Object> overwritten = new HashSet<>();
        List<Node> kept = new ArrayList<>();
        for (int i = block.nodes().size() - 1; i >= 0; i--) {
            Node node = block.nodes().get(i);
            boolean dead = false;
            switch (node) {
                case Node.Branch n -> changed |= remove(n.yes()) | remove(n.no());
                case Node.Loop n -> changed |= remove(n.body());
                case Node.Invoke n when n.callee() instanceof Callee.External e && e.effects().writes() ->
                    dead = !overwritten.add(target(e, n.arguments()));
                case Node.Invoke n when n.callee().effects().ends() -> overwritten.clear();
                default -> { }
            }
            if (dead) {
                changed = true;
            } else {
                kept.addFirst(node);
            }
        }
        block.setNodes(kept);
        return changed;
    }

    /** The register: all operands but the value; writes of 32 and 64 bits both fill the whole register. */
    private static List<Object> target(Callee.External callee, List<Value> arguments) {
        List<Object> key = new ArrayList<>();
        key.add(callee.name());
        int first = callee.name().equals("writeReg") ? 1 : 0;
        for (Value v : arguments.subList(first, arguments.size() - 1)) {
            key.add(Sharing.identity(v));
        }
        return key;
    }
}
