package io.stele.isac.opt;

import io.stele.isac.ssa.Method;
import io.stele.isac.ssa.Target;

/**
 * The offline optimisation, by level:
 * <ol>
 * <li>dead code and control-flow simplification;
 * <li>and constant and value propagation, folding;
 * <li>and common subexpressions, merged register loads and stores;
 * <li>and operations whose fixed operand makes them trivial, decided in the translator.
 * </ol>
 */
public final class Optimizer {
    public static final int MAX_LEVEL = 4;
    private static final int MAX_ROUNDS = 8;

    private final int level;

    public Optimizer(int level) {
        this.level = level;
    }

    /** Changes the method in place. */
    public void optimise(Method method, Target target) {
        if (target == Target.TRANSLATOR) {
            InterpretFirst.apply(method.body());
        }
        boolean changed = true;
        for (int round = 0; changed && round < MAX_ROUNDS; round++) {
            changed = new ForwardPass(level).run(method.body());
            if (level >= 3) {
                changed |= DeadWrites.remove(method.body());
            }
            changed |= new DeadCode().remove(method.body());
        }
        if (level >= 4 && target == Target.TRANSLATOR) {
            new TrivialOperands().split(method.body());
            new ForwardPass(level).run(method.body());
            new DeadCode().remove(method.body());
        }
    }
}
