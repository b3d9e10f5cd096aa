package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * What a direct exit within the page does while it is not linked: it calls a stub, which gets to know the target and the displacement to patch from
 * edx and the return address.
 */
public final class LinkCode {
    private static final int BYTES = 10;
    /** A page offset has fewer bits; above it is the distance from the return address back to the displacement. */
    private static final int DISTANCE_SHIFT = 12;

    private LinkCode() {}

    /** Emits the exit. @param patch offset of the displacement @param target page offset @param stub VM address */
    static void emit(Assembler asm, int patch, long target, long stub) {
        int distance = asm.position() + BYTES - patch;
        asm.ri(Op.MOV, 64, Reg.RDX, (long) distance << DISTANCE_SHIFT | target);
        asm.callTo(stub);
    }

    /** Begins the stub: rax becomes the pc of the target, and LEAVE_ARGUMENT the VM address of the displacement. The return address is gone. */
    public static void emitStub(Assembler asm) {
        asm.r(Op.POP, Reg.RCX);
        asm.rr(Op.MOV, 32, Reg.RAX, Reg.RDX);
        asm.ri(Op.SHR, 32, Reg.RAX, DISTANCE_SHIFT);
        asm.rr(Op.SUB, 64, Reg.RCX, Reg.RAX);
        asm.mr(Op.MOV, 64, Registers.area(CpuArea.LEAVE_ARGUMENT), Reg.RCX);
        asm.ri(Op.AND, 32, Reg.RDX, (1 << DISTANCE_SHIFT) - 1);
        asm.rm(Op.LEA, 64, Reg.RAX, Mem.at(Reg.R14, Reg.RDX, 1, 0));
    }
}
