package io.stele.codegen;

import static io.stele.ir.Opcode.*;

import io.stele.ir.IrBuilder;
import io.stele.x86.Assembler;
import io.stele.x86.Op;

/** Machine code of cryptographic operations. The builder makes only those that the host has: {@link IrBuilder#hostCryptography}. */
final class CryptoLowering {
    /** The implicit operand of SHA256RNDS2. */
    private static final int XMM0 = 0;

    private final Assembler asm;
    private final Registers regs;
    private IrBuilder ir;

    CryptoLowering(Assembler asm, Registers regs) {
        this.asm = asm;
        this.regs = regs;
    }

    void start(IrBuilder block) {
        ir = block;
    }

    /** Emits operation {@code i}. */
    void lower(int i) {
        switch (ir.op[i]) {
            case VAES_ENCRYPT -> three(i, Op.VAESENC);
            case VAES_ENCRYPT_LAST -> three(i, Op.VAESENCLAST);
            case VAES_DECRYPT -> three(i, Op.VAESDEC);
            case VAES_DECRYPT_LAST -> three(i, Op.VAESDECLAST);
            case VAES_INVERSE_MIX -> {
                int a = regs.useVector(ir.a[i]);
                asm.rr(Op.VAESIMC, regs.defineVector(i), a);
            }
            case VCLMUL -> immediate(i, Op.VPCLMULQDQ);
            case VSHUFFLE -> immediate(i, Op.VSHUFPS);
            case VSHA1_ROUNDS -> {
                int b = regs.useVector(ir.b[i]);
                asm.rri(Op.SHA1RNDS4, regs.defineVectorFrom(i, ir.a[i]), b, ir.x[i]);
            }
            case VSHA256_ROUNDS -> sha256Rounds(i);
            case VSHA256_MESSAGE_1 -> destructive(i, Op.SHA256MSG1);
            case VSHA256_MESSAGE_2 -> destructive(i, Op.SHA256MSG2);
            default -> throw new IllegalStateException("cryptographic operation " + ir.op[i] + " has no lowering");
        }
    }

    private void three(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        asm.rrr(op, regs.defineVector(i), a, b);
    }

    private void immediate(int i, Op op) {
        int a = regs.useVector(ir.a[i]);
        int b = regs.useVector(ir.b[i]);
        asm.rrri(op, regs.defineVector(i), a, b, ir.x[i]);
    }

    /** SHA instructions have no VEX encoding: the first operand is the result, too. */
    private void destructive(int i, Op op) {
        int b = regs.useVector(ir.b[i]);
        asm.rr(op, regs.defineVectorFrom(i, ir.a[i]), b);
    }

    private void sha256Rounds(int i) {
        regs.takeVector(XMM0);
        int words = regs.useVector(ir.c[i]);
        int abef = regs.useVector(ir.b[i]);
        int d = regs.defineVectorFrom(i, ir.a[i]);
        asm.rr(Op.VMOVDQA, XMM0, words);
        asm.rr(Op.SHA256RNDS2, d, abef);
    }
}
