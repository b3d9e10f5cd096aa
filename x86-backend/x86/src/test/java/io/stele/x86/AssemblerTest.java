package io.stele.x86;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.zydis.Zydis;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Labels, jumps, patching, padding, and what the assembler refuses. */
final class AssemblerTest {
    private static final long BASE = 0x7f00_1000_0000L;
    private final Assembler asm = new Assembler();

    AssemblerTest() {
        asm.reset(BASE);
    }

    private void assertBytes(int... expected) {
        byte[] bytes = new byte[expected.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) expected[i];
        }
        assertArrayEquals(bytes, asm.code().toByteArray());
    }

    private String textAt(int offset) {
        Assumptions.assumeTrue(Zydis.unavailableReason() == null, Zydis.unavailableReason());
        Zydis.Instruction read = Zydis.disassemble(asm.code().array(), offset, asm.position() - offset, BASE + offset);
        assertNotNull(read);
        return read.text();
    }

    @Test
    void backwardJumpIsShortExactlyWhileItReaches() {
        int top = asm.here();
        asm.nops(126);
        asm.jmp(top);
        assertEquals(128, asm.position());
        asm.jmp(top);
        assertEquals(133, asm.position());
        assertEquals("jmp " + IntelText.address(BASE), textAt(126));
        assertEquals("jmp " + IntelText.address(BASE), textAt(128));
    }

    @Test
    void backwardConditionalJumpIsShortExactlyWhileItReaches() {
        int top = asm.here();
        asm.nops(127);
        asm.jcc(Cond.L, top);
        assertEquals(133, asm.position());
        assertEquals("jl " + IntelText.address(BASE), textAt(127));
        asm.reset(BASE);
        top = asm.here();
        asm.nops(126);
        asm.jcc(Cond.L, top);
        assertEquals(128, asm.position());
        assertEquals("jl " + IntelText.address(BASE), textAt(126));
    }

    @Test
    void aFragmentIsTheSameCodeAtOtherPlacesWithOtherTargets() {
        Assembler once = new Assembler();
        int inside = once.newLabel();
        once.jcc(Cond.E, inside);
        int out = once.jccTo(Cond.NE, 0);
        once.patch32(out, 0);
        once.bind(inside);
        int call = once.callTo(0);
        Fragment fragment = new Fragment(once);
        int label = asm.newLabel();
        for (int i = 0; i < 1000; i++) {
            int at = asm.append(fragment);
            asm.refer(label, at + out);
            asm.retarget(at + call, BASE + i);
        }
        asm.bind(label);
        asm.checkLabels();
        int length = fragment.bytes.length;
        assertEquals(1000 * length, asm.position());
        assertEquals("jz " + IntelText.address(BASE + 999 * length + 12), textAt(999 * length));
        assertEquals("jnz " + IntelText.address(BASE + 1000 * length), textAt(999 * length + 6));
        assertEquals("call " + IntelText.address(BASE + 999), textAt(999 * length + 12));
    }

    @Test
    void everyConditionJumpsUnderItsName() {
        for (int cc = 0; cc < 16; cc++) {
            asm.reset(BASE);
            int label = asm.newLabel();
            asm.jcc(cc, label);
            asm.jccShort(cc, label);
            asm.bind(label);
            asm.jccTo(cc, BASE + 0x1000);
            String name = "j" + IntelText.CONDITIONS[cc] + " ";
            assertEquals(name + IntelText.address(BASE + 8), textAt(0));
            assertEquals(name + IntelText.address(BASE + 8), textAt(6));
            assertEquals(name + IntelText.address(BASE + 0x1000), textAt(8));
        }
    }

    @Test
    void forwardReferencesOfAllKindsAreResolvedTogether() {
        int label = asm.newLabel();
        assertFalse(asm.isBound(label));
        int jcc = asm.jcc(Cond.NE, label);
        int jmp = asm.jmp(label);
        int call = asm.call(label);
        asm.jmpShort(label);
        asm.rm(Op.LEA, 64, Reg.R9, Mem.label(label));
        asm.mi(Op.MOV, 32, Mem.label(label, 4), 0x11223344);
        asm.addressOfLabel(label);
        asm.bind(label);
        asm.checkLabels();
        int end = asm.offsetOf(label);
        assertEquals(BASE + end, asm.addressOf(label));
        String target = IntelText.address(BASE + end);
        assertEquals("jnz " + target, textAt(0));
        assertEquals(2, jcc);
        assertEquals("jmp " + target, textAt(6));
        assertEquals(7, jmp);
        assertEquals("call " + target, textAt(11));
        assertEquals(12, call);
        assertEquals("jmp " + target, textAt(16));
        assertEquals("lea r9, [" + target + "]", textAt(18));
        assertEquals("mov dword ptr [" + IntelText.address(BASE + end + 4) + "], 0x11223344", textAt(25));
        assertEquals((int) (BASE + end), asm.code().get32(end - 8));
        assertEquals((int) (BASE + end >> 32), asm.code().get32(end - 4));
    }

    @Test
    void manyLabelsAndReferencesSurviveGrowth() {
        int n = 1000;
        int[] labels = new int[n];
        int[] sites = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = asm.newLabel();
        }
        for (int i = 0; i < n; i++) {
            sites[i] = asm.jmp(labels[n - 1 - i]);
        }
        for (int i = 0; i < n; i++) {
            asm.bind(labels[i]);
            asm.op(Op.NOP);
        }
        asm.checkLabels();
        for (int i = 0; i < n; i++) {
            assertEquals(5 * n + n - 1 - i, sites[i] + 4 + asm.code().get32(sites[i]));
        }
    }

    @Test
    void shortForwardJumpReaches127BytesAndFailsBeyond() {
        int near = asm.newLabel();
        asm.jmpShort(near);
        asm.nops(127);
        asm.bind(near);
        assertEquals("jmp " + IntelText.address(BASE + 129), textAt(0));
        int far = asm.newLabel();
        asm.jccShort(Cond.E, far);
        asm.nops(128);
        assertThrows(IllegalStateException.class, () -> asm.bind(far));
    }

    @Test
    void jumpOnACounterOfZeroIsShort() {
        int label = asm.newLabel();
        asm.jrcxz(label);
        asm.nops(3);
        asm.bind(label);
        assertEquals("jrcxz " + IntelText.address(BASE + 5), textAt(0));
    }

    @Test
    void unboundLabelIsReportedAndDoubleBindingRefused() {
        int label = asm.newLabel();
        asm.checkLabels();
        asm.jmp(label);
        assertTrue(assertThrows(IllegalStateException.class, asm::checkLabels).getMessage().contains("offset 1"));
        assertThrows(IllegalStateException.class, () -> asm.offsetOf(label));
        asm.bind(label);
        assertThrows(IllegalStateException.class, () -> asm.bind(label));
        assertThrows(IllegalArgumentException.class, () -> asm.jmp(label + 1));
    }

    @Test
    void resetForgetsCodeAndLabels() {
        asm.jmp(asm.newLabel());
        asm.reset(BASE + 64);
        asm.checkLabels();
        assertEquals(0, asm.position());
        assertEquals(BASE + 64, asm.address());
        assertThrows(IllegalArgumentException.class, () -> asm.bind(0));
    }

    @Test
    void longJumpStaysPatchable() {
        int top = asm.here();
        asm.alignDisplacement(1);
        int site = asm.jmpLong(top);
        assertEquals(1, site);
        asm.retarget(site, BASE + 0x4000_0000L);
        assertEquals("jmp " + IntelText.address(BASE + 0x4000_0000L), textAt(site - 1));
        asm.patch32(site, 0);
        assertEquals("jmp " + IntelText.address(BASE + site + 4), textAt(site - 1));
    }

    @Test
    void displacementsStayWithinEightBytes() {
        for (int n = 0; n < 16; n++) {
            asm.reset(BASE);
            asm.nops(n);
            asm.alignDisplacement(1);
            int padding = asm.position() - n;
            int first = asm.jmpTo(BASE);
            assertEquals(first / 8, (first + 3) / 8);
            assertEquals((n + 1) % 8 > 4 ? 7 - n % 8 : 0, padding);
        }
    }

    @Test
    void absoluteTargetsBeyond2GiBAreRefused() {
        asm.jmpTo(BASE + 5 + Integer.MAX_VALUE);
        assertEquals("jmp " + IntelText.address(BASE + 5 + Integer.MAX_VALUE), textAt(0));
        int end = asm.position();
        asm.callTo(BASE + end + 5 + Integer.MIN_VALUE);
        assertEquals("call " + IntelText.address(BASE + end + 5 + Integer.MIN_VALUE), textAt(end));
        assertThrows(IllegalArgumentException.class, () -> asm.jmpTo(BASE + 0x1_0000_0000L));
        assertThrows(IllegalArgumentException.class, () -> asm.rm(Op.LEA, 64, 0, Mem.rip(0)));
    }

    @Test
    void alignmentIsOfTheAddressAndPaddingIsNops() {
        for (int n = 1; n <= 64; n *= 2) {
            for (int start = 0; start < 64; start++) {
                asm.reset(BASE + 3);
                asm.nops(start);
                int from = asm.position();
                asm.align(n);
                assertEquals(0, asm.address() % n);
                assertTrue(asm.position() - from < n);
            }
        }
        for (int bytes = 0; bytes < 40; bytes++) {
            asm.reset(BASE);
            asm.nops(bytes);
            assertEquals(bytes, asm.position());
            for (int p = 0; p < bytes; ) {
                assertTrue(textAt(p).startsWith("nop"));
                p += Zydis.disassemble(asm.code().array(), p, bytes - p, BASE).length();
            }
        }
        assertThrows(IllegalArgumentException.class, () -> asm.align(3));
    }

    @Test
    void dataIsLittleEndianAndPatchesStayInside() {
        CodeBuffer code = asm.code();
        code.put8(1);
        code.put16(0x0302);
        code.put32(0x07060504);
        code.put64(0x0f0e0d0c0b0a0908L);
        assertBytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        code.patch8(0, 0x55);
        code.patch32(11, 0x01020304);
        assertEquals(0x01020304, code.get32(11));
        code.patch64(7, -2);
        assertBytes(0x55, 2, 3, 4, 5, 6, 7, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
        assertThrows(IndexOutOfBoundsException.class, () -> code.patch32(12, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> code.get32(-1));
    }

    @Test
    void immediatesThatDoNotFitAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> asm.ri(Op.ADD, 64, Reg.RBX, 0x8000_0000L));
        assertThrows(IllegalArgumentException.class, () -> asm.ri(Op.ADD, 32, Reg.RBX, 0x1_0000_0000L));
        assertThrows(IllegalArgumentException.class, () -> asm.ri(Op.ADD, 16, Reg.RBX, 0x1_0000));
        assertThrows(IllegalArgumentException.class, () -> asm.mi(Op.MOV, 8, Mem.at(Reg.RBX), 256));
        assertThrows(IllegalArgumentException.class, () -> asm.mi(Op.MOV, 64, Mem.at(Reg.RBX), 1L << 40));
        assertThrows(IllegalArgumentException.class, () -> asm.ri(Op.MOV, 32, Reg.RBX, 1L << 32));
        assertThrows(IllegalArgumentException.class, () -> asm.ri(Op.SHL, 32, Reg.RBX, 256));
        assertEquals(0, asm.position());
    }

    @Test
    void zeroExtendedImmediatesMeanTheSameAsSignExtendedOnes() {
        asm.ri(Op.AND, 32, Reg.RBX, 0xffff_fff0L);
        asm.ri(Op.CMP, 16, Reg.RBX, 0xffff);
        asm.ri(Op.OR, 8, Reg.RBX, 0xff);
        assertBytes(0x83, 0xe3, 0xf0, 0x66, 0x83, 0xfb, 0xff, 0x80, 0xcb, 0xff);
    }

    @Test
    void operandsThatAnInstructionDoesNotHaveAreRefusedByName() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.PUSH, 0, 1)).getMessage().contains("PUSH"));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.ADD, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.ADD, 24, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.POPCNT, 8, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.VPAND, 64, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.LEA, 64, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> asm.m(Op.RDFSBASE, 64, Mem.at(0)));
        assertThrows(IllegalArgumentException.class, () -> asm.rrm(Op.SHLX, 64, 0, 1, Mem.at(0)));
        assertThrows(IllegalArgumentException.class, () -> asm.rmr(Op.ANDN, 64, 0, Mem.at(0), 1));
        assertThrows(IllegalArgumentException.class, () -> asm.rm(Op.MOV, 64, 0, 8));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.MOV, 64, 16, 0));
        assertThrows(IllegalArgumentException.class, () -> asm.rr(Op.MOV, 64, 0, -1));
        assertThrows(IllegalArgumentException.class, () -> asm.r(Op.PUSH, 16));
        assertThrows(IllegalArgumentException.class, () -> asm.ri(Op.MOV, 64, 16, 0));
        assertThrows(IllegalArgumentException.class, () -> asm.rrrr(Op.VPBLENDVB, 0, 1, 2, 16));
        assertThrows(IllegalArgumentException.class, () -> asm.setcc(16, 0));
        assertThrows(IllegalArgumentException.class, () -> asm.jcc(-1, asm.here()));
        assertEquals(0, asm.position());
    }

    @Test
    void memoryOperandsThatDoNotExistAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Mem.at(16, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.at(-1, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.at(Reg.RAX, Reg.RSP, 2, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.at(Reg.RSP, Reg.RSP, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.at(Reg.RAX, Reg.RCX, 3, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.index(Reg.RSP, 4, 0));
        assertThrows(IllegalArgumentException.class, () -> Mem.rip(0x8000_0000_0000L));
        assertThrows(IllegalArgumentException.class, () -> Mem.label(-1));
    }

    @Test
    void instructionsSurviveGrowthOfTheBuffer() {
        for (int i = 0; i < 100_000; i++) {
            asm.ri(Op.MOV, 64, Reg.R10, 0x0102_0304_0506_0708L);
        }
        assertEquals(1_000_000, asm.position());
        for (int i = 0; i < 100_000; i++) {
            assertEquals(0x0506_0708, asm.code().get32(i * 10 + 2));
        }
    }

    @Test
    void lengthenedInstructionsDoTheSame() {
        asm.nops(2);
        int start = asm.position();
        asm.rm(Op.MOV, 32, Reg.R8, Mem.at(Reg.RAX, Reg.RCX, 1, 0));
        asm.lengthen(start, 2);
        assertBytes(0x66, 0x90, 0x3e, 0x3e, 0x44, 0x8b, 0x04, 0x08);
        assertTrue(textAt(start).endsWith("mov r8d, [rax+rcx]") || textAt(start).contains("[rax+rcx*1]"), textAt(start));
    }
}
