package io.stele.runtime.vcpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is computed for random operands of instructions of each encoding. */
class MemoryOperandTest {
    private static final int ROUNDS = 20_000;
    private static final int[] DISPLACEMENTS = {0, 1, -1, 127, -128, 128, -129, 0x1234_5678, Integer.MIN_VALUE};

    private final HostMemory memory = HostMemory.map(1 << 20);
    private final long code = memory.address() + 4096;
    private final long registers = memory.address();
    private final SplittableRandom random = new SplittableRandom(1);
    private final Assembler asm = new Assembler();

    @AfterEach
    void unmap() {
        memory.close();
    }

    private long register(int number) {
        return RawMemory.getLong(registers + number * 8L);
    }

    private void emit(int kind, int reg, int other, long mem) {
        int w = 8 << random.nextInt(4);
        int wide = 16 << random.nextInt(3);
        switch (kind) {
            case 0 -> asm.rm(Op.MOV, w, reg, mem);
            case 1 -> asm.mr(Op.MOV, w, mem, reg);
            case 2 -> asm.mi(Op.MOV, w, mem, random.nextInt(100));
            case 3 -> asm.rm(Op.MOVZX_8, wide, reg, mem);
            case 4 -> asm.rm(Op.MOVSXD, 64, reg, mem);
            case 5 -> asm.rm(Op.MOVBE, wide, reg, mem);
            case 6 -> asm.lock().mr(Op.XADD, w, mem, reg);
            case 7 -> asm.lock().m(Op.CMPXCHG16B, mem);
            case 8 -> asm.mr(Op.XCHG, w, mem, reg);
            case 9 -> asm.rm(Op.VMOVDQU, reg, mem);
            case 10 -> asm.mr(Op.VMOVDQU, mem, reg);
            case 11 -> asm.rrmi(Op.VPINSRB, reg, other, mem, 3);
            default -> asm.mri(Op.VPEXTRB, mem, reg, 5);
        }
    }

    @Test
    void theOperandsOfAllEncodingsAreComputed() {
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < 16; i++) {
                RawMemory.putLong(registers + i * 8L, random.nextLong());
            }
            int displacement = random.nextBoolean() ? DISPLACEMENTS[random.nextInt(DISPLACEMENTS.length)] : random.nextInt();
            int base = random.nextInt(16);
            int index = random.nextInt(16);
            int scale = 1 << random.nextInt(4);
            long mem = Mem.at(base, displacement);
            long expected = register(base) + displacement;
            if (random.nextBoolean() && index != Reg.RSP) {
                mem = Mem.at(base, index, scale, displacement);
                expected += register(index) * scale;
            } else if (random.nextInt(8) == 0) {
                mem = Mem.absolute(displacement);
                expected = displacement;
            }
            asm.reset(0);
            int kind = random.nextInt(13);
            emit(kind, random.nextInt(16), random.nextInt(16), mem);
            asm.lengthen(0, random.nextInt(3));
            RawMemory.copy(asm.code().array(), 0, code, asm.position());
            assertEquals(expected, MemoryOperand.address(code, registers, random.nextBoolean()), () -> "kind " + kind);
        }
    }

    @Test
    void copiesReadAtOneRegisterAndWriteAtAnother() {
        RawMemory.putLong(registers + Reg.RSI * 8L, 0x1000);
        RawMemory.putLong(registers + Reg.RDI * 8L, 0x2000);
        asm.reset(0);
        asm.rep().op(Op.MOVS, 8);
        RawMemory.copy(asm.code().array(), 0, code, asm.position());
        assertEquals(0x1000, MemoryOperand.address(code, registers, false));
        assertEquals(0x2000, MemoryOperand.address(code, registers, true));
    }

    @Test
    void whatHasNoMemoryOperandIsUnknown() {
        asm.reset(0);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.RBX);
        RawMemory.copy(asm.code().array(), 0, code, asm.position());
        assertEquals(MemoryOperand.UNKNOWN, MemoryOperand.address(code, registers, false));
    }

    @Test
    void anAccessThatHasBecomeAJumpTellsNothing() {
        asm.reset(0);
        asm.jmpLong(asm.here());
        RawMemory.copy(asm.code().array(), 0, code, asm.position());
        assertEquals(MemoryOperand.UNKNOWN, MemoryOperand.address(code, registers, false));
    }
}
