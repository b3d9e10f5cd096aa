package io.stele.codegen;

import io.stele.zydis.Zydis;

/** Text of machine code, when there is a disassembler. */
final class Dumps {
    private Dumps() {}

    static String code(byte[] bytes, int length, long address) {
        if (Zydis.unavailableReason() != null) {
            return Zydis.unavailableReason();
        }
        StringBuilder text = new StringBuilder();
        for (int p = 0; p < length; ) {
            Zydis.Instruction ins = Zydis.disassemble(bytes, p, length - p, address + p);
            if (ins == null) {
                return text.append(Integer.toHexString(p)).append(": ?\n").toString();
            }
            text.append(Integer.toHexString(p)).append(": ").append(ins.text()).append('\n');
            p += ins.length();
        }
        return text.toString();
    }
}
