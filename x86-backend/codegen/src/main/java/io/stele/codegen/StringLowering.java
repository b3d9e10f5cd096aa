package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Machine code of copies and fills of bytes: {@code rep movsb} and {@code rep stosb}. */
final class StringLowering {
    private final Assembler asm;
    private final Registers regs;
    private final Sites sites;
    private IrBuilder ir;

    StringLowering(Assembler asm, Registers regs, Sites sites) {
        this.asm = asm;
        this.regs = regs;
        this.sites = sites;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        boolean copies = ir.op[i] == COPY_BYTES;
        int second = copies ? Reg.RSI : Reg.RAX;
        regs.take(Reg.RDI);
        regs.take(Reg.RCX);
        regs.take(second);
        address(Reg.RDI, ir.a[i], ir.b[i], (int) ir.imm[i]);
        if (copies) {
            address(Reg.RSI, ir.a[ir.c[i]], ir.b[ir.c[i]], ir.x[i]);
        } else {
            asm.rr(Op.MOV, 64, Reg.RAX, regs.use(ir.c[i]));
        }
        asm.rr(Op.MOV, 64, Reg.RCX, regs.use(ir.d[i]));
        sites.fault();
        sites.faultHere();
        asm.rep().op(copies ? Op.MOVS : Op.STOS, 8);
    }

    private void address(int to, int base, int k, int displacement) {
        asm.rm(Op.LEA, 64, to, Mem.at(regs.use(base), regs.use(k), 1, displacement));
    }
}
