package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.Arrays;

/**
 * What exceptions run into, and traps that generated code makes by calls: registers are saved in the trap frame, and Java is asked.
 *
 * <p>Exceptions go to their handlers at CPL 3 directly: an interrupt gate may lead to code of the privilege level that is interrupted (Intel SDM
 * volume 3, 6.12.1), and the frame goes onto the stack that is in use. Ring 0 has only what CPL 3 must not do, because hosts without
 * virtualisation hardware emulate every ring-0 instruction, at about a microsecond each.
 */
final class TrapStubs {
    /** Exceptions that have a handler, in ascending order: #DE, #UD, #GP, #PF, #XM. Others end in the dead stub. */
    private static final int[] HANDLED_VECTORS = {0, 6, 13, TrapFrame.PAGE_FAULT, 19};
    /** Of these, those that have an error code: #GP, #PF. */
    private static final int WITH_ERROR = 1 << 13 | 1 << TrapFrame.PAGE_FAULT;
    /** {@code int3}: invlpg of the address in rdx, and rax = cr2. {@code int 4}: reload cr3, clobbers rax. */
    private static final int INVLPG_VECTOR = 3;
    static final int RELOAD_VECTOR = 4;

    private final Assembler asm;
    private final int saveRest;
    private final int[] handlers = new int[HANDLED_VECTORS.length];
    /** Labels of what generated code calls. */
    int regionMiss;
    int interpretSite;
    int access;
    private int invlpg;
    private int reload;
    private int dead;

    /** @param enter label of the code that asks Java, with the kind of the request in RAX */
    TrapStubs(Assembler asm, int enter) {
        this.asm = asm;
        saveRest = asm.newLabel();
        emitTraps(enter);
        emitRing0();
    }

    /** Where a vector of the IDT leads. */
    long vector(int vector) {
        int handler = handler(vector);
        return asm.addressOf(handler >= 0 ? handlers[handler] : vector == INVLPG_VECTOR ? invlpg : vector == RELOAD_VECTOR ? reload : dead);
    }

    /** True if the vector leads to code at CPL 3. */
    static boolean isHandled(int vector) {
        return handler(vector) >= 0;
    }

    /** Index of the handler of a vector; negative if there is none. */
    private static int handler(int vector) {
        return Arrays.binarySearch(HANDLED_VECTORS, vector);
    }

    /** The frame at RSP: error code of some, rip, cs, rflags, rsp, ss. */
    private void emitHandler(int vector) {
        if ((WITH_ERROR >> vector & 1) != 0) {
            asm.m(Op.POP, StubCode.area(TrapFrame.ERROR));
        }
        asm.m(Op.POP, StubCode.area(TrapFrame.RIP));
        asm.mr(Op.MOV, 64, StubCode.register(Reg.RCX), Reg.RCX);
        asm.r(Op.POP, Reg.RCX);
        asm.m(Op.POP, StubCode.area(TrapFrame.RFLAGS));
        asm.m(Op.POP, StubCode.register(Reg.RSP));
        asm.mr(Op.MOV, 64, StubCode.register(Reg.RAX), Reg.RAX);
        asm.mi(Op.MOV, 64, StubCode.area(TrapFrame.VECTOR), vector);
        asm.jmp(saveRest);
    }

    private void emitTraps(int enter) {
        for (int i = 0; i < handlers.length; i++) {
            handlers[i] = asm.here();
            emitHandler(HANDLED_VECTORS[i]);
        }
        regionMiss = asm.here();
        emitCalledTrap(TrapFrame.REGION_MISS);
        asm.jmp(saveRest);
        interpretSite = asm.here();
        emitCalledTrap(TrapFrame.INTERPRET);
        asm.jmp(saveRest);
        access = asm.here();
        emitCalledTrap(TrapFrame.ACCESS);
        asm.bind(saveRest);
        for (int reg = 2; reg < 16; reg++) {
            if (reg != Reg.RSP) {
                asm.mr(Op.MOV, 64, StubCode.register(reg), reg);
            }
        }
        for (int xmm = 0; xmm < 16; xmm++) {
            asm.mr(Op.VMOVDQU, StubCode.area(CpuArea.TRAP_XMM + xmm * 16), xmm);
        }
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.KIND_TRAP);
        asm.jmp(enter);
    }

    /** A trap that generated code makes by a call; rip of the frame is the return address. */
    private void emitCalledTrap(int vector) {
        asm.mr(Op.MOV, 64, StubCode.register(Reg.RAX), Reg.RAX);
        asm.mr(Op.MOV, 64, StubCode.register(Reg.RCX), Reg.RCX);
        asm.r(Op.POP, Reg.RAX);
        asm.mr(Op.MOV, 64, StubCode.area(TrapFrame.RIP), Reg.RAX);
        asm.mr(Op.MOV, 64, StubCode.register(Reg.RSP), Reg.RSP);
        asm.op(Op.PUSHFQ);
        asm.m(Op.POP, StubCode.area(TrapFrame.RFLAGS));
        asm.mi(Op.MOV, 64, StubCode.area(TrapFrame.VECTOR), vector);
    }

    private void emitRing0() {
        invlpg = asm.here();
        asm.rr(Op.MOV_FROM_CR, Reg.RAX, 2);
        asm.m(Op.INVLPG, Mem.at(Reg.RDX));
        asm.op(Op.IRETQ);
        reload = asm.here();
        asm.rr(Op.MOV_FROM_CR, Reg.RAX, 3);
        asm.rr(Op.MOV_TO_CR, 3, Reg.RAX);
        asm.op(Op.IRETQ);
        dead = asm.here();
        asm.op(Op.HLT);
    }
}
