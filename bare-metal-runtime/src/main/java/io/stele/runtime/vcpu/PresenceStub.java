package io.stele.runtime.vcpu;

import io.stele.runtime.common.VmLayout;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Reads the host's page tables, for {@link RuntimeStubs#presence}. */
final class PresenceStub {
    /** Bits of entries of the host's page tables. */
    static final int PRESENT = 1;
    static final int WRITABLE = 1 << 1;
    private static final int LARGE = 1 << 7;

    private final int read;
    private final int write;

    PresenceStub(Assembler asm) {
        read = asm.here();
        emit(asm, PRESENT);
        write = asm.here();
        emit(asm, PRESENT | WRITABLE);
    }

    /** Label of the stub for loads or stores. */
    int label(boolean store) {
        return store ? write : read;
    }

    /** Page table entries are about to be taken away, or were. */
    static void emitTakenAway(Assembler asm) {
        asm.lock().m(Op.INC, 32, Mem.absolute((int) VmLayout.TAKEN_AWAY));
    }

    /** @param rights bits that the entry has to have */
    private static void emit(Assembler asm, int rights) {
        int leaf = asm.newLabel();
        int absent = asm.newLabel();
        int done = asm.newLabel();
        asm.r(Op.PUSH, Reg.RAX);
        asm.setcc(Cond.O, Reg.RAX);
        asm.op(Op.LAHF);
        asm.r(Op.PUSH, Reg.RSI);
        asm.r(Op.PUSH, Reg.RDI);
        asm.ri(Op.SHR, 64, Reg.RDX, 12);
        asm.ri(Op.MOV, 64, Reg.RSI, VmLayout.TABLE_WINDOW);
        asm.rm(Op.LEA, 64, Reg.RCX, Mem.at(Reg.RSI, (int) VmLayout.PAGE_TABLES));
        for (int shift = 27; shift >= 0; shift -= 9) {
            asm.rr(Op.MOV, 64, Reg.RDI, Reg.RDX);
            if (shift > 0) {
                asm.ri(Op.SHR, 64, Reg.RDI, shift);
            }
            asm.ri(Op.AND, 32, Reg.RDI, 511);
            asm.rm(Op.MOV, 64, Reg.RCX, Mem.at(Reg.RCX, Reg.RDI, 8, 0));
            if (shift > 0) {
                asm.ri(Op.TEST, 8, Reg.RCX, PRESENT);
                asm.jcc(Cond.E, absent);
                if (shift == 9) {
                    asm.ri(Op.TEST, 8, Reg.RCX, LARGE);
                    asm.jcc(Cond.NE, leaf);
                }
                asm.ri(Op.AND, 64, Reg.RCX, -4096);
                asm.rr(Op.ADD, 64, Reg.RCX, Reg.RSI);
            }
        }
        asm.bind(leaf);
        asm.ri(Op.AND, 32, Reg.RCX, rights);
        asm.ri(Op.CMP, 32, Reg.RCX, rights);
        asm.jcc(Cond.NE, absent);
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RDX);
        asm.r(Op.NOT, 64, Reg.RCX);
        asm.rm(Op.MOV, 32, Reg.RDX, Mem.absolute((int) VmLayout.TAKEN_AWAY));
        asm.rr(Op.SUB, 64, Reg.RCX, Reg.RDX);
        asm.bind(done);
        asm.r(Op.POP, Reg.RDI);
        asm.r(Op.POP, Reg.RSI);
        asm.ri(Op.ADD, 8, Reg.RAX, Byte.MAX_VALUE);
        asm.op(Op.SAHF);
        asm.r(Op.POP, Reg.RAX);
        asm.op(Op.RET);
        asm.bind(absent);
        asm.rr(Op.XOR, 32, Reg.RCX, Reg.RCX);
        asm.jmp(done);
    }
}
