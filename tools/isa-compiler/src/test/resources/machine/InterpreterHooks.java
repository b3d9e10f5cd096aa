package io.stele.arm64.hooks;

import io.stele.ir.Evaluator;

public final class InterpreterHooks {
    private InterpreterHooks() {}

    public static long sysRead(Evaluator b, long enc) {
        return enc * 1000;
    }

    public static void sysWrite(Evaluator b, long enc, long v) {
        b.state.put(-100 - (int) enc, v);
    }

    public static void undefined(Evaluator b) {
        b.ending = "undefined";
    }
}
