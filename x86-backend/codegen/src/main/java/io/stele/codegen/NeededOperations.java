package io.stele.codegen;

import io.stele.ir.IrBuilder;
import io.stele.ir.OpInfo;
import io.stele.ir.Opcode;

/** What {@link Liveness} leaves of a block, for dumps. */
public final class NeededOperations {
    private NeededOperations() {}

    /** For each operation of a block of the first tier whether anything comes of it: code, or a value that code or a site uses. */
    public static boolean[] of(IrBuilder ir) {
        Liveness live = new Liveness();
        live.run(ir, Homes.NONE, null, true);
        int end = ir.endOperation();
        boolean[] needed = new boolean[end + 1];
        for (int i = end; i > 0; i--) {
            int op = ir.op[i];
            boolean sets = op == Opcode.SET_REG || op == Opcode.SET_VEC;
            needed[i] |= sets ? live.last[i] > i : OpInfo.hasEffect(op) || live.last[i] != 0 || live.flagsLast[i] != 0;
            if (needed[i]) {
                needed[ir.a[i]] |= OpInfo.isLazy(ir.op[ir.a[i]]);
                needed[ir.b[i]] |= OpInfo.isLazy(ir.op[ir.b[i]]);
                needed[ir.c[i]] |= OpInfo.isLazy(ir.op[ir.c[i]]);
                needed[ir.d[i]] |= OpInfo.isLazy(ir.op[ir.d[i]]) && !sets;
            }
        }
        return needed;
    }
}
