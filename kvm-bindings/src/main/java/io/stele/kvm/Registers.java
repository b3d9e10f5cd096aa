package io.stele.kvm;

import io.stele.kvm.linux.Kvm;
import io.stele.kvm.linux.kvm_regs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A copy of a vCPU's general registers, filled by {@link Vcpu#getRegs}. Numbers are those of x86 machine code: rax 0, rcx 1 ... r15 15. */
public final class Registers {
    /** Where in {@code kvm_regs} each register is, by its machine-code number. */
    private static final byte[] INDEX = {0, 2, 3, 1, 6, 7, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
    private static final String[] NAMES = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

    final MemorySegment segment = kvm_regs.allocate(Arena.ofAuto());

    /** All zero. */
    public Registers() {
    }

    /** @param number a machine-code register number, 0..15 */
    public long get(int number) {
        return segment.getAtIndex(Kvm.C_LONG_LONG, INDEX[number]);
    }

    /** @param number a machine-code register number, 0..15 */
    public void set(int number, long value) {
        segment.setAtIndex(Kvm.C_LONG_LONG, INDEX[number], value);
    }

    public long rip() {
        return kvm_regs.rip(segment);
    }

    public void rip(long value) {
        kvm_regs.rip(segment, value);
    }

    /** PVM reports IOPL as 0 after a run, though port access goes on to work. */
    public long rflags() {
        return kvm_regs.rflags(segment);
    }

    public void rflags(long value) {
        kvm_regs.rflags(segment, value);
    }

    /** All registers in hexadecimal, for messages about a vCPU that went wrong. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("rip=").append(Long.toHexString(rip())).append(" rflags=").append(Long.toHexString(rflags()));
        for (int i = 0; i < NAMES.length; i++) {
            text.append(' ').append(NAMES[i]).append('=').append(Long.toHexString(get(i)));
        }
        return text.toString();
    }
}
