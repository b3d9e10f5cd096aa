package io.stele.toy.hooks;

import io.stele.ir.IrBuilder;

/** The second instruction set's hooks for its translator. */
public final class TranslatorHooks {
    /** Leave reasons. */
    public static final int HALT = 1;
    public static final int UNDEFINED = 2;

    private TranslatorHooks() {}

    public static void halt(IrBuilder b, long code) {
        b.leave(HALT, code);
    }

    public static void undefined(IrBuilder b) {
        b.leave(UNDEFINED, b.word());
    }
}
