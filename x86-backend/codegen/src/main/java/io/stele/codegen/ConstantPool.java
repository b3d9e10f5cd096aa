package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import java.util.Arrays;

/** Vector constants of a block. Those that are not made by one instruction stand behind its code, 16 bytes each, addressed from rip. */
final class ConstantPool {
    private static final int BYTES = 16;

    private final Assembler asm;
    private int count;
    private int[] labels = new int[16];
    private long[] halves = new long[32];

    ConstantPool(Assembler asm) {
        this.asm = asm;
    }

    void start() {
        count = 0;
    }

    /** Loads a constant into an xmm register. Never changes EFLAGS. */
    void load(int x, long lo, long hi) {
        if ((lo | hi) == 0) {
            asm.rrr(Op.VPXOR, x, x, x);
        } else if ((lo & hi) == -1) {
            asm.rrr(Op.VPCMPEQD, x, x, x);
        } else {
            asm.rm(Op.VMOVDQU, x, operand(lo, hi));
        }
    }

    /** A constant as an operand in memory. */
    long operand(long lo, long hi) {
        return Mem.label(label(lo, hi));
    }

    private int label(long lo, long hi) {
        for (int i = 0; i < count; i++) {
            if (halves[2 * i] == lo && halves[2 * i + 1] == hi) {
                return labels[i];
            }
        }
        if (count == labels.length) {
            labels = Arrays.copyOf(labels, 2 * count);
            halves = Arrays.copyOf(halves, 4 * count);
        }
        halves[2 * count] = lo;
        halves[2 * count + 1] = hi;
        labels[count] = asm.newLabel();
        return labels[count++];
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Emits the constants. */
    void emit() {
        asm.align(BYTES);
        for (int i = 0; i < count; i++) {
            asm.bind(labels[i]);
            asm.code().put64(halves[2 * i]);
            asm.code().put64(halves[2 * i + 1]);
        }
    }
}
