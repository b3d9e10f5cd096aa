package io.stele.isac;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Text of instructions. */
class DisassemblerTest {
    private static final String TEXT = """
        instruction MOVE "0001 sf:1 imm:10 sh:1 -:6 Rn:5 Rd:5"
          let offset = imm - 512;
          asm "mov {reg(sf,Rd)}, {reg(sf,Rn)}" when imm == 512 && !sh
          asm "add {{{reg(sf,Rd)}}}, {reg(sf,Rn)}, #{offset:x} [{offset}] \\"{sh ? 1 : 2}" when sh
          asm "add {reg(sf,Rd)} -> {address + offset * 4:x}"
        { X(64, Rd) = X(64, Rn) + imm; }
        instruction NAMELESS "0010 -:28" todo;
        """.replace("\\\"", "'");

    private static Machine machine;

    @BeforeAll
    static void compile() {
        machine = new Machine(4, TEXT);
    }

    @Test
    void firstLineWhoseConditionHoldsIsUsed() {
        assertEquals("mov x1, x2", machine.disassemble(1 << 28 | 1 << 27 | 512 << 17 | 2 << 5 | 1, 0));
        assertEquals("add w1 -> 0x1004", machine.disassemble(1 << 28 | 513 << 17 | 2 << 5 | 1, 0x1000));
    }

    @Test
    void numbersBracesAndText() {
        assertEquals("add {w1}, w2, #-0x10 [-16] '1", machine.disassemble(1 << 28 | 496 << 17 | 1 << 16 | 2 << 5 | 1, 0));
    }

    @Test
    void instructionWithoutTextIsNamedAndUnknownWordsAreShown() {
        assertEquals("NAMELESS", machine.disassemble(2 << 28, 0));
        assertEquals(".inst 0xf0000001", machine.disassemble(0xf0000001, 0));
    }
}
