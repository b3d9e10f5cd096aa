package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * What generated code calls where a region check has failed: a stub for each view, register of K, and register with the address. When {@link
 * RegionLookup} finds the address, it returns with K; otherwise Java gets to know, and the check is made again. Behind the call there has to be a
 * jump, with a displacement of 32 bits, to what stands behind the check.
 */
public final class RegionMissStubs {
    private static final int REGISTERS = 16;
    private static final int VIEWS = 2;
    private static final int STUB_BYTES = 32;
    static final int BYTES = VIEWS * REGISTERS * REGISTERS * STUB_BYTES;
    /** What {@link RegionLookup} finds on the stack above its own return address: the rax of generated code, and the return address there. */
    static final int CALLER = 8;

    private RegionMissStubs() {}

    /** VM address of a stub. @param stubs what {@link #emit} returned */
    static long address(long stubs, int view, int k, int base) {
        return stubs + ((view * REGISTERS + k) * REGISTERS + base) * STUB_BYTES;
    }

    /**
     * Emits them, and the lookups.
     *
     * @param tell VM address of what Java gets to know by, with the stack as if generated code had called it
     * @return VM address of the first stub
     */
    public static long emit(Assembler asm, long tell) {
        long[] lookup = new long[VIEWS];
        for (int view = 0; view < VIEWS; view++) {
            lookup[view] = asm.address();
            RegionLookup.emit(asm, view);
        }
        asm.align(STUB_BYTES);
        long start = asm.address();
        for (int view = 0; view < VIEWS; view++) {
            for (int k = 0; k < REGISTERS; k++) {
                for (int base = 0; base < REGISTERS; base++) {
                    if (isUsed(k) && base != k && isUsed(base)) {
                        emit(asm, k, base, lookup[view], tell);
                    } else {
                        asm.op(Op.UD2);
                    }
                    asm.align(STUB_BYTES);
                }
            }
        }
        return start;
    }

    private static boolean isUsed(int register) {
        return register != Reg.RSP && register != Reg.RBP;
    }

    private static void emit(Assembler asm, int k, int base, long lookup, long tell) {
        asm.r(Op.PUSH, Reg.RAX);
        if (base != Reg.RAX) {
            asm.rr(Op.MOV, 64, Reg.RAX, base);
        }
        asm.callTo(lookup);
        if (k == Reg.RAX) {
            asm.rm(Op.LEA, 64, Reg.RSP, Mem.at(Reg.RSP, Long.BYTES));
        } else {
            asm.rr(Op.MOV, 64, k, Reg.RAX);
            asm.r(Op.POP, Reg.RAX);
        }
        asm.jccTo(Cond.NE, tell);
        asm.op(Op.RET);
    }
}
