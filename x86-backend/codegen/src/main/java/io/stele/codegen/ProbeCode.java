package io.stele.codegen;

import io.stele.guest.GuestIsa;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Fragment;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** The search for a guest address in the page probe table. */
final class ProbeCode {
    private static final int PAGE_BYTES = 4096;

    private final Fragment code;
    /** Offsets of the displacements of jumps that are taken when the table does not have the page. */
    private final int unaligned;
    private final int unknown;

    ProbeCode() {
        Assembler asm = new Assembler();
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RAX);
        asm.rr(Op.MOV, 64, Reg.RDX, Reg.RAX);
        asm.ri(Op.SHR, 32, Reg.RCX, 12 - 4);
        asm.ri(Op.AND, 64, Reg.RDX, -PAGE_BYTES);
        asm.ri(Op.AND, 32, Reg.RCX, CpuArea.PROBE_ENTRIES - 1 << 4);
        asm.ri(Op.TEST, 8, Reg.RAX, GuestIsa.INSTRUCTION_ALIGNMENT - 1);
        unaligned = asm.jccTo(Cond.NE, 0);
        asm.rr(Op.MOV, 64, Reg.RSI, Reg.RDX);
        asm.rm(Op.OR, 64, Reg.RDX, Registers.area(CpuArea.CONTEXT_TAG));
        long entry = Mem.at(Reg.RBP, Reg.RCX, 1, CpuArea.PROBE_TABLE - CpuArea.BASE_BIAS);
        asm.rm(Op.CMP, 64, Reg.RDX, entry);
        unknown = asm.jccTo(Cond.NE, 0);
        asm.rm(Op.MOV, 64, Reg.RCX, Mem.plus(entry, 8));
        asm.ri(Op.AND, 32, Reg.RAX, PAGE_BYTES - 1);
        asm.rr(Op.MOV, 64, Reg.R14, Reg.RSI);
        asm.patch32(unaligned, 0);
        asm.patch32(unknown, 0);
        code = new Fragment(asm);
    }

    /**
     * Appends it, for the address in rax; goes on with the page in r14.
     *
     * @param miss label of what is done when the table does not have the page
     * @return the entry of the page's entry table, as an operand
     */
    long emit(Assembler asm, int miss) {
        int at = asm.append(code);
        asm.refer(miss, at + unaligned);
        asm.refer(miss, at + unknown);
        return Mem.at(Reg.RCX, Reg.RAX, GuestIsa.ENTRY_SCALE, 0);
    }
}
