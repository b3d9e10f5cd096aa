package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** What several of the stubs do. */
final class StubCode {
    private StubCode() {}

    /** A field of the CPU area. */
    static long area(int offset) {
        return Mem.at(Reg.RBP, offset - CpuArea.BASE_BIAS);
    }

    /** A register in the trap frame. */
    static long register(int reg) {
        return area(CpuArea.TRAP_FRAME + reg * 8);
    }

    /** The pc of the guest state; its offset is in rcx afterwards. */
    static long pc(Assembler asm) {
        asm.rm(Op.MOV, 64, Reg.RCX, area(CpuArea.PC_OFFSET));
        return Mem.at(Reg.RBP, Reg.RCX, 1, -CpuArea.BASE_BIAS);
    }

    /** EAX = distance of the pc from R14, signed; RAX becomes the pc. */
    static void emitAddPage(Assembler asm) {
        asm.rr(Op.MOVSXD, 64, Reg.RAX, Reg.RAX);
        asm.rr(Op.ADD, 64, Reg.RAX, Reg.R14);
    }

    /** RAX = guest pc, which becomes that of the guest state. */
    static void emitReason(Assembler asm, int reason) {
        asm.mr(Op.MOV, 64, pc(asm), Reg.RAX);
        asm.mi(Op.MOV, 32, area(CpuArea.LEAVE_REASON), reason);
    }

    /** Flushes the TLB if that is asked for; clobbers rbx and rcx. */
    static void emitFlush(Assembler asm) {
        int flushed = asm.newLabel();
        asm.rm(Op.MOV, 32, Reg.RCX, area(Mailbox.FLUSH_ASKED));
        asm.rm(Op.CMP, 32, Reg.RCX, area(Mailbox.FLUSH_DONE));
        asm.jcc(Cond.E, flushed);
        asm.rr(Op.MOV, 64, Reg.RBX, Reg.RAX);
        asm.i(Op.INT, TrapStubs.RELOAD_VECTOR);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.RBX);
        asm.mr(Op.MOV, 32, area(Mailbox.FLUSH_DONE), Reg.RCX);
        asm.bind(flushed);
    }
}
