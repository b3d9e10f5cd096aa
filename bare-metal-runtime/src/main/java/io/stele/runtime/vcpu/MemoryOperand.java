package io.stele.runtime.vcpu;

import io.stele.memory.RawMemory;
import io.stele.x86.Reg;

/**
 * The address that an x86-64 instruction accesses, computed from its bytes and the registers as a processor does (Intel SDM volume 2, 2.1 to 2.3): for
 * those that the encoder makes, but for addresses relative to rip.
 */
final class MemoryOperand {
    static final long UNKNOWN = -1;

    private static final int OPERAND_SIZE = 0x66;
    private static final int DATA_SEGMENT = 0x3e;
    private static final int LOCK = 0xf0;
    private static final int REPNE = 0xf2;
    private static final int REP = 0xf3;
    private static final int REX = 0x40;
    private static final int REX_B = 1;
    private static final int REX_X = 2;
    private static final int ESCAPE = 0x0f;
    /** What an access becomes that goes to a thunk: another CPU may have met it meanwhile. */
    private static final int JUMP = 0xe9;
    private static final int VEX2 = 0xc5;
    private static final int VEX3 = 0xc4;
    /** Opcodes without their lowest bit. */
    private static final int MOVS = 0xa4;
    private static final int STOS = 0xaa;

    private MemoryOperand() {}

    private static int at(long address) {
        return RawMemory.getByte(address) & 0xff;
    }

    /**
     * The address, or {@link #UNKNOWN}.
     *
     * @param code host address of the instruction
     * @param registers host address of the sixteen registers
     * @param write which of two operands is meant, where there are two
     */
    static long address(long code, long registers, boolean write) {
        long p = code;
        int b = at(p++);
        while (b == OPERAND_SIZE || b == DATA_SEGMENT || b == LOCK || b == REP || b == REPNE) {
            b = at(p++);
        }
        int rex = 0;
        if (b == JUMP) {
            return UNKNOWN;
        }
        if (b == VEX2) {
            p += 2;
        } else if (b == VEX3) {
            rex = ~at(p) >> 5;
            p += 3;
        } else {
            if ((b & 0xf0) == REX) {
                rex = b;
                b = at(p++);
            }
            if ((b & ~1) == MOVS || (b & ~1) == STOS) {
                return register(registers, write ? Reg.RDI : Reg.RSI);
            }
            if (b == ESCAPE) {
                b = at(p++);
                if (b == 0x38 || b == 0x3a) {
                    p++;
                }
            }
        }
        return operand(p, rex, registers);
    }

    /** @param p host address of ModRM */
    private static long operand(long p, int rex, long registers) {
        int modrm = at(p);
        int mod = modrm >> 6;
        int rm = modrm & 7;
        long next = p + 1;
        long address = 0;
        boolean based = true;
        if (mod == 3) {
            return UNKNOWN;
        }
        if (rm == 4) {
            int sib = at(next++);
            int index = sib >> 3 & 7 | (rex & REX_X) << 2;
            based = mod != 0 || (sib & 7) != 5;
            if (based) {
                address = register(registers, sib & 7 | (rex & REX_B) << 3);
            }
            if (index != 4) {
                address += register(registers, index) << (sib >> 6);
            }
        } else if (mod == 0 && rm == 5) {
            return UNKNOWN;
        } else {
            address = register(registers, rm | (rex & REX_B) << 3);
        }
        if (mod == 1) {
            address += RawMemory.getByte(next);
        } else if (mod == 2 || !based) {
            address += RawMemory.getInt(next);
        }
        return address;
    }

    private static long register(long registers, int register) {
        return RawMemory.getLong(registers + register * 8L);
    }
}
