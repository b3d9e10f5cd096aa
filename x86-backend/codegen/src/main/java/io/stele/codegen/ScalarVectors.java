package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.ir.VectorWidths;
import java.util.Arrays;

/**
 * Vector registers that a {@link Cluster} uses for scalars only: all that it writes to them is zero above so many bits, and it looks at no bits above
 * that. If an entry has found the upper bits zero, they always are, so a scalar operand is the register as it is.
 */
final class ScalarVectors implements VectorWidths {
    /** Per slot: bits that are read or written. */
    private final short[] used = new short[Registers.STATE_WORDS];
    private final boolean[] read = new boolean[Registers.STATE_WORDS];
    private final int[] slots = new int[Registers.STATE_WORDS];
    private int count;
    private boolean settled;

    /** Starts anew: nothing is known. */
    void clear() {
        for (int i = 0; i < count; i++) {
            used[slots[i]] = 0;
            read[slots[i]] = false;
        }
        count = 0;
        settled = false;
    }

    /** Takes down what a block does; all of them, before {@link #settle}. */
    void collect(IrBuilder ir) {
        int end = ir.endOperation();
        for (int i = 1; i <= end; i++) {
            switch (ir.op[i]) {
                case SET_VEC -> {
                    use(ir, ir.a[i], FULL);
                    note((int) ir.imm[i] >> 3, ir.zeroFrom(ir.a[i]));
                }
                case VLOW -> use(ir, ir.a[i], ir.w[i]);
                case VEXTRACT -> use(ir, ir.a[i], ir.w[i] * (ir.x[i] + 1));
                case STORE_VEC -> use(ir, ir.c[i], Byte.SIZE * (ir.x[i] & 0xff));
                case SET_REG, SET_FLAGS -> { }
                default -> {
                    use(ir, ir.a[i], FULL);
                    use(ir, ir.b[i], FULL);
                    use(ir, ir.c[i], FULL);
                    use(ir, ir.d[i], FULL);
                }
            }
        }
    }

    private void use(IrBuilder ir, int v, int bits) {
        if (ir.op[v] == READ_VEC) {
            int slot = (int) ir.imm[v] >> 3;
            note(slot, bits);
            read[slot] = true;
        }
    }

    private void note(int slot, int bits) {
        if (used[slot] == 0) {
            slots[count++] = slot;
        }
        used[slot] = (short) Math.max(used[slot], bits);
    }

    /** From now on {@link #of} tells. */
    void settle() {
        settled = true;
    }

    @Override
    public int of(int slot) {
        return !settled || !read[slot] || used[slot] > 64 ? FULL : used[slot] > 32 ? 64 : 32;
    }
}
