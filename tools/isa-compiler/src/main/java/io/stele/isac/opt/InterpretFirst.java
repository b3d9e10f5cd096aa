package io.stele.isac.opt;

import io.stele.isac.check.Stmt;
import io.stele.isac.ssa.Block;
import io.stele.isac.ssa.Node;
import io.stele.isac.ssa.Value;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides about {@code interpret()} before anything else of the instruction is emitted: the fixed part of the behaviour that leads to the
 * stops is copied to the front, and the paths to them disappear from the rest.
 */
final class InterpretFirst {
    private InterpretFirst() {}

    static void apply(Block body) {
        if (!containsInterpret(body) || !emitsBeforeInterpret(body)) {
            return;
        }
        Block front = new Slice().copy(body);
        removeStops(body);
        List<Node> joined = new ArrayList<>(front.nodes());
        if (!front.stops()) {
            joined.addAll(body.nodes());
        }
        body.setNodes(joined);
    }

    /** True if the call emits nothing: it gives a value that is known at translation time. */
    private static boolean isQuestion(Node.Invoke n) {
        return n.out() != null && n.out().isFixed();
    }

    private static boolean containsInterpret(Block block) {
        for (Node node : block.nodes()) {
            boolean found = switch (node) {
                case Node.Stop n -> n.kind() == Stmt.StopKind.INTERPRET;
                case Node.Branch n -> containsInterpret(n.yes()) || containsInterpret(n.no());
                case Node.Loop n -> containsInterpret(n.body());
                default -> false;
            };
            if (found) {
                return true;
            }
        }
        return false;
    }

    /** State of the walk: has something been emitted on some path so far, and did an interpret follow it. */
    private static final class Order {
        private boolean emitted;
        private boolean late;

        void walk(Block block) {
            for (Node node : block.nodes()) {
                switch (node) {
                    case Node.Invoke n -> emitted |= !isQuestion(n);
                    case Node.Stop n -> late |= emitted && n.kind() == Stmt.StopKind.INTERPRET;
                    case Node.Branch n -> {
                        boolean before = emitted;
                        walk(n.yes());
                        boolean after = emitted;
                        emitted = before;
                        walk(n.no());
                        emitted |= after;
                    }
                    case Node.Loop n -> {
                        walk(n.body());
                        walk(n.body());
                    }
                    case Node.Field n -> { }
                    case Node.Compute n -> { }
                    case Node.Append n -> { }
                }
            }
        }
    }

    private static boolean emitsBeforeInterpret(Block body) {
        Order order = new Order();
        order.walk(body);
        return order.late;
    }

    /** Copies the fixed computations and the stops, with fresh values. */
    private static final class Slice {
        private final Map<Value, Value> fresh = new IdentityHashMap<>();

        private Value define(Value v) {
            Value copy = Value.result(v.kind(), v.name());
            fresh.put(v, copy);
            return copy;
        }

        private Value use(Value v) {
            return fresh.getOrDefault(v, v);
        }

        private List<Value> use(List<Value> values) {
            List<Value> result = new ArrayList<>();
            for (Value v : values) {
                result.add(use(v));
            }
            return result;
        }

        Block copy(Block from) {
            Block to = new Block();
            for (Node node : from.nodes()) {
                switch (node) {
                    case Node.Field n -> to.add(new Node.Field(define(n.out()), n.low(), n.width()));
                    case Node.Compute n -> to.add(new Node.Compute(define(n.out()), n.op(), use(n.arguments())));
                    case Node.Invoke n -> {
                        if (isQuestion(n)) {
                            to.add(new Node.Invoke(define(n.out()), n.position(), n.callee(), use(n.arguments())));
                        }
                    }
                    case Node.Append n -> to.add(n);
                    case Node.Stop n -> to.add(n);
                    case Node.Branch n -> branch(n, to);
                    case Node.Loop n -> loop(n, to);
                }
            }
            return to;
        }

        private void branch(Node.Branch n, Block to) {
            Block yes = copy(n.yes());
            Block no = copy(n.no());
            List<Value> outs = new ArrayList<>();
            for (int i = 0; i < n.outs().size(); i++) {
                if (n.outs().get(i).isFixed()) {
                    yes.yields().add(use(n.yes().yields().get(i)));
                    no.yields().add(use(n.no().yields().get(i)));
                    outs.add(define(n.outs().get(i)));
                }
            }
            to.add(new Node.Branch(use(n.condition()), yes, no, outs));
        }

        private void loop(Node.Loop n, Block to) {
            List<Value> initial = new ArrayList<>();
            List<Value> carried = new ArrayList<>();
            List<Value> yields = new ArrayList<>();
            for (int i = 0; i < n.carried().size(); i++) {
                if (n.carried().get(i).isFixed()) {
                    initial.add(use(n.initial().get(i)));
                    carried.add(define(n.carried().get(i)));
                    yields.add(n.body().yields().get(i));
                }
            }
            Value from = use(n.from());
            Value end = use(n.to());
            Value index = define(n.index());
            Block body = copy(n.body());
            body.yields().addAll(use(yields));
            to.add(new Node.Loop(index, from, end, initial, carried, body));
        }
    }

    /** Takes the paths that stop out of the behaviour: the front has taken them already. */
    private static void removeStops(Block block) {
        List<Node> kept = new ArrayList<>();
        for (Node node : block.nodes()) {
            switch (node) {
                case Node.Stop n -> { }
                case Node.Branch n -> {
                    boolean yesStops = n.yes().stops();
                    boolean noStops = n.no().stops();
                    removeStops(n.yes());
                    removeStops(n.no());
                    if (yesStops && noStops) {
                        break;
                    }
                    if (yesStops || noStops) {
                        kept.add(new Node.Branch(Value.constant(n.condition().kind(), noStops ? 1 : 0, null), n.yes(), n.no(), n.outs()));
                    } else {
                        kept.add(n);
                    }
                }
                case Node.Loop n -> {
                    removeStops(n.body());
                    kept.add(n);
                }
                default -> kept.add(node);
            }
        }
        block.setNodes(kept);
    }
}
