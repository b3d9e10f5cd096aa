package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.ir.IrBuilder;
import io.stele.zydis.Zydis;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The code of key shapes, instruction by instruction, up to the exit of the block. */
class ShapeTest {
    private static final long CODE = 0x200000;
    private static final Stubs STUBS = new Stubs(0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x2000, 0x100000);
    private static final int X0 = 40;
    private static final int X1 = 48;
    private static final int X2 = 56;
    private static final int GREATER_THAN = 12;

    private final BlockCompiler compiler = new BlockCompiler(NativeCode.LAYOUT,
        new HostFeatures(true, true, true, true, true, true, true, true, false, false, false, false));
    private final IrBuilder b = new IrBuilder();
    private final CompiledBlock block = new CompiledBlock();
    private int offset;

    @BeforeEach
    void start() {
        Assumptions.assumeTrue(Zydis.unavailableReason() == null, Zydis.unavailableReason());
        b.reset(0, 0, 1);
        offset = 0;
    }

    private void begin() {
        b.beginInstruction(offset, 0);
        offset += 4;
    }

    /** Body of the block, addresses left out, behind it a jump to page offset 0x100. */
    private String body() {
        return bodyTo(0x100);
    }

    private String bodyTo(long target) {
        b.beginInstruction(offset, 0);
        b.jump(target);
        compiler.compile(b, CODE, STUBS, NativeCode.IDENTITY, block);
        StringBuilder text = new StringBuilder();
        for (int p = 0; p < block.bodyLength; ) {
            Zydis.Instruction ins = Zydis.disassemble(compiler.code(), p, block.bodyLength - p, CODE + p);
            if (ins.text().startsWith("nop")) {
                p += ins.length();
                continue;
            }
            boolean branch = ins.mnemonic().startsWith("j");
            text.append(branch ? ins.mnemonic() : ins.text()).append('\n');
            p += ins.length();
        }
        return text.toString();
    }

    private int x(int offset) {
        return b.readReg(64, offset);
    }

    @Test
    void registerIsLoadedOnceAndStoredOnceHoweverOftenItIsWritten() {
        for (int i = 0; i < 3; i++) {
            begin();
            b.writeReg(64, X0, b.xor(64, x(X0), x(X1)));
            b.endInstruction();
        }
        assertEquals("""
            mov rcx, [rbp-0x78]
            mov rdx, [rbp-0x80]
            xor rdx, rcx
            xor rdx, rcx
            xor rdx, rcx
            mov [rbp-0x80], rdx
            jmp
            """, body());
    }

    @Test
    void additionsOfConstantsFold() {
        for (int i = 0; i < 3; i++) {
            begin();
            b.writeReg(64, X0, b.add(64, x(X0), b.constant(64, 8)));
            b.endInstruction();
        }
        assertEquals("""
            mov rcx, [rbp-0x80]
            add rcx, 0x18
            mov [rbp-0x80], rcx
            jmp
            """, body());
    }

    @Test
    void compareAndBranchFuseAndFlagsOverwrittenBeforeAnyExitVanish() {
        begin();
        int dead = b.adds(64, x(X0), x(X1));
        b.writeFlags(b.flagsOf(dead));
        b.endInstruction();
        begin();
        int r = b.subs(64, x(X0), x(X1));
        b.writeFlags(b.flagsOf(r));
        b.endInstruction();
        begin();
        b.jumpIf(b.test(11, b.readFlags()), 0x80);
        b.endInstruction();
        assertEquals("""
            mov rcx, [rbp-0x80]
            cmp rcx, [rbp-0x78]
            jl
            cmc
            lahf
            seto al
            mov [rbp+0x60], eax
            jmp
            """, body());
    }

    @Test
    void conditionalSelectUsesTheFlagsInPlace() {
        begin();
        int r = b.subs(64, x(X0), b.constant(64, 10));
        b.writeFlags(b.flagsOf(r));
        b.endInstruction();
        begin();
        b.writeReg(64, X2, b.select(64, b.test(8, b.readFlags()), x(X0), x(X1)));
        b.endInstruction();
        begin();
        b.writeFlags(b.constantFlags(0));
        b.endInstruction();
        assertEquals("""
            mov rcx, [rbp-0x80]
            cmp rcx, 0x0A
            mov rdx, [rbp-0x78]
            cmovnbe rdx, rcx
            mov [rbp-0x70], rdx
            mov dword ptr [rbp+0x60], 0x00
            jmp
            """, body());
    }

    @Test
    void conditionalCompareBranchesOnlyOverItsComparison() {
        begin();
        int r = b.subs(64, x(X0), b.constant(64, 1));
        b.writeFlags(b.flagsOf(r));
        b.endInstruction();
        begin();
        int s = b.subs(64, x(X1), b.constant(64, 2));
        b.writeFlags(b.selectFlags(b.test(1, b.readFlags()), b.flagsOf(s), b.constantFlags(4)));
        b.endInstruction();
        assertEquals("""
            mov rcx, [rbp-0x78]
            mov rdx, [rbp-0x80]
            cmp rdx, 0x01
            mov eax, 0x4000
            jz
            cmp rcx, 0x02
            cmc
            lahf
            seto al
            mov [rbp+0x60], eax
            jmp
            """, body());
    }

    @Test
    void loadsOffOneBaseAreOneCheckAndPlainMoves() {
        begin();
        b.writeReg(64, X1, b.load(8, false, 64, x(X0), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        begin();
        b.writeReg(64, X2, b.load(1, true, 32, b.add(64, x(X0), b.constant(64, -5)), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        assertEquals("""
            mov rcx, [rbp-0x80]
            shrx rdx, rcx, rbp
            cmp edx, [rbp+0x24348]
            jnz
            mov rdx, [rbp+0x24328]
            mov rbx, [rcx+rdx*1]
            movsx ecx, byte ptr [rcx+rdx*1-0x05]
            mov [rbp-0x78], rbx
            mov [rbp-0x70], rcx
            jmp
            """, body());
    }

    @Test
    void testBitAndBranchIsTestAndBranch() {
        begin();
        b.jumpIf(b.bitSet(64, x(X0), 5), 0x80);
        b.endInstruction();
        assertEquals("""
            test byte ptr [rbp-0x80], 0x20
            jnz
            jmp
            """, body());
    }

    @Test
    void scaledAdditionIsOneInstruction() {
        begin();
        b.writeReg(64, X2, b.add(64, x(X0), b.shl(64, x(X1), b.constant(64, 3))));
        b.endInstruction();
        assertEquals("""
            mov rcx, [rbp-0x80]
            mov rdx, [rbp-0x78]
            lea rcx, [rcx+rdx*8]
            mov [rbp-0x70], rcx
            jmp
            """, body());
    }

    @Test
    void floatComparisonIsMadeOnceForItsFlagsAndTheBranchBehind() {
        begin();
        b.writeFlags(b.fcompare(64, b.readVec(64), b.readVec(80), true));
        b.endInstruction();
        begin();
        b.jumpIf(b.test(GREATER_THAN, b.readFlags()), 0x80);
        assertEquals("""
            vmovdqu xmm0, [rbp-0x68]
            vmovdqu xmm1, [rbp-0x58]
            vcomisd xmm0, xmm1
            mov eax, 0x00
            lahf
            rorx eax, eax, 0x08
            movzx ecx, word ptr [rbp+rax*2+0x3558]
            jnbe
            mov [rbp+0x60], ecx
            jmp
            """, body());
    }

    @Test
    void whatARegisterKeepsIsStoredBeforeAConditionalJumpThatNeedsItThen() {
        begin();
        b.writeReg(64, X0, b.add(64, x(X1), x(X1)));
        b.writeReg(64, X2, b.xor(64, x(X1), x(X2)));
        b.endInstruction();
        begin();
        int difference = b.subs(64, x(X0), x(X2));
        b.writeFlags(b.flagsOf(difference));
        b.endInstruction();
        begin();
        b.jumpIf(b.test(GREATER_THAN, b.readFlags()), 0x80);
        b.endInstruction();
        begin();
        b.writeReg(64, X2, b.constant(64, 7));
        b.endInstruction();
        assertEquals("""
            mov rcx, [rbp-0x78]
            lea rdx, [rcx+rcx*1]
            xor rcx, [rbp-0x70]
            mov [rbp-0x80], rdx
            cmp rdx, rcx
            jnle
            cmc
            lahf
            seto al
            mov [rbp+0x60], eax
            mov qword ptr [rbp-0x70], 0x07
            jmp
            """, body());
    }

    @Test
    void misalignmentIsATestOfAByteAndACall() {
        begin();
        b.requireAlignedRegister(X0, 16);
        b.endInstruction();
        assertEquals("""
            test byte ptr [rbp-0x80], 0x0F
            jnz
            jmp
            """, body());
        Zydis.Instruction first = Zydis.disassemble(compiler.code(), block.bodyLength, block.length - block.bodyLength, CODE + block.bodyLength);
        assertEquals("call", first.mnemonic());
        assertEquals(block.bodyLength + first.length(), block.siteOffset(0));
    }

    @Test
    void aJumpToAnotherPageComparesOnce() {
        assertEquals("""
            lea r14, [r14+0x2000]
            mov eax, 0x10
            rorx ecx, r14d, 0x08
            movzx ecx, cx
            andn rdx, r14, [rbp+0x12D0]
            cmp rdx, [rbp+rcx*1+0xFF58]
            jnz
            mov ecx, [rbp+rcx*1+0xFF60]
            mov ecx, [rcx+0x10]
            add rcx, 0x100000
            jmp
            """, bodyTo(0x2010));
    }

    @Test
    void aJumpBackGoesThereUnlessSomethingIsPending() {
        begin();
        b.writeReg(64, X0, b.add(64, x(X0), b.constant(64, 1)));
        b.endInstruction();
        String[] lines = bodyTo(0).split("\n");
        assertEquals("cmp dword ptr [rbp+0x12D4], 0xFFFFFFFF", lines[lines.length - 4]);
        assertEquals("jz", lines[lines.length - 3]);
        assertEquals("mov eax, 0x00", lines[lines.length - 2]);
        assertEquals(0, (block.exitPatchOffset(0) + CODE) / 8 - (block.exitPatchOffset(0) + CODE + 3) / 8);
    }
}
