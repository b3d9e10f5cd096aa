package io.stele.toy.hooks;

import io.stele.ir.Evaluator;

/** The same for its interpreter. */
public final class InterpreterHooks {
    private InterpreterHooks() {}

    public static void halt(Evaluator b, long code) {
        b.leave(TranslatorHooks.HALT, code);
    }

    public static void undefined(Evaluator b) {
        b.leave(TranslatorHooks.UNDEFINED, b.word());
    }
}
