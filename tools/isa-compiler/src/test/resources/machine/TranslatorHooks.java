package io.stele.arm64.hooks;

import io.stele.ir.IrBuilder;

public final class TranslatorHooks {
    private TranslatorHooks() {}

    public static int sysRead(IrBuilder b, long enc) {
        return b.value(InterpreterHooks.sysRead(b.evaluator, enc), "sysRead " + enc);
    }

    public static void sysWrite(IrBuilder b, long enc, int v) {
        b.log.add("sysWrite " + enc + " v" + v);
        InterpreterHooks.sysWrite(b.evaluator, enc, b.get(v));
    }

    public static void undefined(IrBuilder b) {
        b.log.add("undefined");
        b.evaluator.ending = "undefined";
    }
}
