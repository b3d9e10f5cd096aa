package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * What the exceptions of one vCPU run into: ring-0 stubs of a few instructions, and the handlers at CPL 3 behind them.
 *
 * <p>Ring 0 only hands over: hosts without virtualisation hardware emulate every ring-0 instruction, at about a microsecond each. The handlers
 * at CPL 3 read the interrupted frame from the ring-0 stack and go on by plain jumps.
 */
final class TrapStubs {
    /** Exceptions that reach a CPL 3 handler: #DE, #UD, #GP, #PF, #XM. Others end in the dead stub. */
    static final int[] HANDLED_VECTORS = {0, 6, 13, RuntimeStubs.PAGE_FAULT, 19};
    /** {@code int3}: invlpg of the address in rdx. {@code int 4}: reload cr3, clobbers rax. */
    static final int INVLPG_VECTOR = 3;
    static final int RELOAD_VECTOR = 4;

    private final Assembler asm = new Assembler();
    private final long control;
    private final int[] ring0 = new int[HANDLED_VECTORS.length];
    private final int[] handlers = new int[HANDLED_VECTORS.length];
    private int dead;
    private int invlpg;
    private int reload;

    /** @param host host address of guest physical address 0 */
    TrapStubs(long host, int cpu, RuntimeStubs stubs) {
        control = VmLayout.control(cpu);
        asm.reset(control + VmLayout.TRAP_STUBS);
        emitRing0();
        emitHandlers(stubs);
        asm.checkLabels();
        if (asm.position() > VmLayout.TRAP_STUBS_BYTES) {
            throw new IllegalStateException("trap stubs take " + asm.position() + " bytes");
        }
        RawMemory.copy(asm.code().array(), 0, host + control + VmLayout.TRAP_STUBS, asm.position());
    }

    /** Where a vector of the IDT leads. */
    long vector(int vector) {
        for (int i = 0; i < HANDLED_VECTORS.length; i++) {
            if (HANDLED_VECTORS[i] == vector) {
                return asm.addressOf(ring0[i]);
            }
        }
        return switch (vector) {
            case INVLPG_VECTOR -> asm.addressOf(invlpg);
            case RELOAD_VECTOR -> asm.addressOf(reload);
            default -> asm.addressOf(dead);
        };
    }

    /** CPL 3 handler of {@code HANDLED_VECTORS[i]}. */
    long handler(int i) {
        return asm.addressOf(handlers[i]);
    }

    private long control(int offset) {
        return Mem.absolute((int) (control + offset));
    }

    private void emitRing0() {
        for (int i = 0; i < HANDLED_VECTORS.length; i++) {
            ring0[i] = asm.here();
            asm.mr(Op.MOV, 64, control(VmLayout.SAVED_RAX), Reg.RAX);
            if (HANDLED_VECTORS[i] == RuntimeStubs.PAGE_FAULT) {
                asm.rr(Op.MOV_FROM_CR, Reg.RAX, 2);
                asm.mr(Op.MOV, 64, control(VmLayout.SAVED_CR2), Reg.RAX);
            }
            asm.ri(Op.MOV, 32, Reg.RSP, control + VmLayout.HANDLER_FRAMES + (long) i * VmLayout.HANDLER_FRAME_BYTES);
            asm.op(Op.IRETQ);
        }
        invlpg = asm.here();
        asm.m(Op.INVLPG, Mem.at(Reg.RDX));
        asm.op(Op.IRETQ);
        reload = asm.here();
        asm.rr(Op.MOV_FROM_CR, Reg.RAX, 3);
        asm.rr(Op.MOV_TO_CR, 3, Reg.RAX);
        asm.op(Op.IRETQ);
        dead = asm.here();
        asm.op(Op.HLT);
    }

    private void emitHandlers(RuntimeStubs stubs) {
        for (int i = 0; i < HANDLED_VECTORS.length; i++) {
            handlers[i] = asm.here();
            // The frame below RING0_STACK_TOP: ss, rsp, rflags, cs, rip, error code.
            asm.mr(Op.MOV, 64, RuntimeStubs.register(Reg.RCX), Reg.RCX);
            copy(VmLayout.SAVED_RAX, CpuArea.TRAP_FRAME + Reg.RAX * 8);
            copy(VmLayout.RING0_STACK_TOP - 16, CpuArea.TRAP_FRAME + Reg.RSP * 8);
            copy(VmLayout.RING0_STACK_TOP - 24, RuntimeStubs.FRAME_RFLAGS);
            copy(VmLayout.RING0_STACK_TOP - 40, RuntimeStubs.FRAME_RIP);
            copy(VmLayout.RING0_STACK_TOP - 48, RuntimeStubs.FRAME_ERROR);
            copy(VmLayout.SAVED_CR2, RuntimeStubs.FRAME_CR2);
            asm.mi(Op.MOV, 64, RuntimeStubs.area(RuntimeStubs.FRAME_VECTOR), HANDLED_VECTORS[i]);
            asm.jmpTo(stubs.saveRest());
        }
    }

    private void copy(int from, int to) {
        asm.rm(Op.MOV, 64, Reg.RCX, control(from));
        asm.mr(Op.MOV, 64, RuntimeStubs.area(to), Reg.RCX);
    }
}
