package io.stele.zydis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The binding itself; what Zydis says of instructions is tested with the encoder. */
final class ZydisTest {
    private static void needsZydis() {
        Assumptions.assumeTrue(Zydis.unavailableReason() == null, Zydis.unavailableReason());
    }

    @Test
    void textLengthAndMnemonicAreThoseOfTheInstructionAtTheOffset() {
        needsZydis();
        byte[] code = {0x00, (byte) 0xf0, 0x48, 0x0f, (byte) 0xb1, 0x4d, 0x08, (byte) 0xe9, 0x00, 0x01, 0x00, 0x00};
        Zydis.Instruction first = Zydis.disassemble(code, 1, code.length - 1, 0x1000);
        assertEquals(new Zydis.Instruction("lock cmpxchg [rbp+0x08], rcx", 6, "cmpxchg"), first);
        Zydis.Instruction jump = Zydis.disassemble(code, 7, 5, 0x7f00_0000_0000L);
        assertEquals(new Zydis.Instruction("jmp 0x00007F0000000105", 5, "jmp"), jump);
    }

    @Test
    void truncatedAndInvalidBytesGiveNull() {
        needsZydis();
        assertNull(Zydis.disassemble(new byte[] {(byte) 0xe9, 0, 0, 0, 0}, 0, 4, 0));
        assertNull(Zydis.disassemble(new byte[] {0x06}, 0, 1, 0));
        assertNull(Zydis.disassemble(new byte[1], 0, 0, 0));
    }

    @Test
    void bytesOutsideTheArrayAreRefused() {
        needsZydis();
        assertThrows(IndexOutOfBoundsException.class, () -> Zydis.disassemble(new byte[4], 2, 4, 0));
    }

    @Test
    void absenceOfTheLibraryIsReportedWithThePackageToInstall() {
        String reason = Zydis.unavailableReason();
        Assumptions.assumeTrue(reason != null, Zydis.LIBRARY + " is installed");
        assertTrue(reason.contains(Zydis.DEBIAN_PACKAGE));
        assertThrows(Zydis.UnavailableException.class, () -> Zydis.disassemble(new byte[1], 0, 1, 0));
    }
}
