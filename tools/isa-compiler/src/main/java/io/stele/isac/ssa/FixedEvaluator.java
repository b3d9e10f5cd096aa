package io.stele.isac.ssa;

import io.stele.isac.check.Callee;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Computes fixed behaviours at build time. */
public final class FixedEvaluator {
    private final Lowering lowering = new Lowering(Target.INTERPRETER);
    private final Map<Callee.Function, Method> functions = new IdentityHashMap<>();

    /** The first value that the body yields for an instruction word. */
    public long evaluate(Method method, int word) {
        Map<Value, Long> values = new IdentityHashMap<>();
        run(method.body(), word, values);
        return get(method.body().yields().getFirst(), values);
    }

    private static long get(Value v, Map<Value, Long> values) {
        return v.isConstant() ? v.number() : values.get(v);
    }

    private static long[] get(List<Value> list, Map<Value, Long> values) {
        long[] result = new long[list.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = get(list.get(i), values);
        }
        return result;
    }

    private void run(Block block, int word, Map<Value, Long> values) {
        for (Node node : block.nodes()) {
            switch (node) {
                case Node.Field n -> values.put(n.out(), (word & 0xffff_ffffL) >>> n.low() & (1L << n.width()) - 1);
                case Node.Compute n -> values.put(n.out(), n.op().apply(get(n.arguments(), values)));
                case Node.Invoke n -> values.put(n.out(), call((Callee.Function) n.callee(), get(n.arguments(), values)));
                case Node.Branch n -> {
                    Block chosen = get(n.condition(), values) != 0 ? n.yes() : n.no();
                    run(chosen, word, values);
                    for (int i = 0; i < n.outs().size(); i++) {
                        values.put(n.outs().get(i), get(chosen.yields().get(i), values));
                    }
                }
                case Node.Loop n -> loop(n, word, values);
                case Node.Append n -> throw new IllegalStateException("text is not a fixed value");
                case Node.Stop n -> throw new IllegalStateException("a stop is not a fixed value");
            }
        }
    }

    private void loop(Node.Loop n, int word, Map<Value, Long> values) {
        long[] current = get(n.initial(), values);
        long end = get(n.to(), values);
        for (long i = get(n.from(), values); i < end; i++) {
            values.put(n.index(), i);
            store(n, current, values);
            run(n.body(), word, values);
            current = get(n.body().yields(), values);
        }
        store(n, current, values);
    }

    private static void store(Node.Loop n, long[] current, Map<Value, Long> values) {
        for (int k = 0; k < current.length; k++) {
            values.put(n.carried().get(k), current[k]);
        }
    }

    private long call(Callee.Function function, long[] arguments) {
        Method method = functions.computeIfAbsent(function, lowering::function);
        Map<Value, Long> values = new IdentityHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            values.put(method.params().get(i), arguments[i]);
        }
        run(method.body(), 0, values);
        return get(method.body().yields().getFirst(), values);
    }
}
