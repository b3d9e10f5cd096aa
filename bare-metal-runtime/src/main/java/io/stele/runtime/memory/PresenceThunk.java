package io.stele.runtime.memory;

import io.stele.codegen.AccessSite;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.x86.Assembler;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * The thunk ({@link AccessThunks}) for accesses that often meet pages that are not mapped: the first store to new memory, copies to and from a
 * program that has just begun. Where the host has no virtualisation hardware, a page fault takes some 5 us before its handler even begins, and
 * reading the host's page tables some nanoseconds. So the thunk looks there first ({@link RuntimeStubs#presence}), and traps by a call if the
 * page is not mapped. It remembers the page that it has found mapped last until VM code takes any away. That is no more than a guess: an access
 * to a page that is mapped no longer faults as it would do without a thunk.
 *
 * <p>What generated code keeps in registers and flags stays: only what does not change flags is used on the short way.
 */
final class PresenceThunk {
    /** Offsets in the words of each thunk: int, what {@link RuntimeStubs#presence} has given; int, counts executions. */
    private static final int KNOWN = 0;
    static final int EXECUTIONS = 4;
    /** A look at the tables takes as long as so many executions without. */
    private static final int LOOK = 16;
    private static final int PAGE_SHIFT = 12;

    private final Assembler asm;
    private final RuntimeStubs stubs;

    PresenceThunk(Assembler asm, RuntimeStubs stubs) {
        this.asm = asm;
        this.stubs = stubs;
    }

    /**
     * The code ends with the call that traps, so that its end is the return address.
     *
     * @param access an {@link AccessSite}
     * @param original host address of the access' bytes, which become part of the thunk
     * @param bytes how many these are
     * @param next VM address behind the access
     * @param words VM address of the thunk's words
     * @return offset of the access in the thunk
     */
    int emit(int access, int displacement, long original, int bytes, long next, int words) {
        int known = asm.newLabel();
        int absent = asm.newLabel();
        long address = Mem.at(AccessSite.k(access), AccessSite.base(access), 1 << AccessSite.shift(access), displacement);
        asm.r(Op.PUSH, Reg.RCX);
        asm.r(Op.PUSH, Reg.RDX);
        asm.rm(Op.LEA, 64, Reg.RCX, address);
        asm.rri(Op.RORX, 64, Reg.RCX, Reg.RCX, PAGE_SHIFT);
        asm.rm(Op.MOV, 32, Reg.RDX, Mem.absolute((int) VmLayout.TAKEN_AWAY));
        asm.rm(Op.LEA, 32, Reg.RCX, Mem.at(Reg.RCX, Reg.RDX, 1, 1));
        asm.rm(Op.MOV, 32, Reg.RDX, Mem.absolute(words + KNOWN));
        asm.rm(Op.LEA, 32, Reg.RCX, Mem.at(Reg.RCX, Reg.RDX, 1, 0));
        asm.jrcxz(known);
        asm.rm(Op.MOV, 64, Reg.RCX, Mem.at(Reg.RSP, 8));
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RSP));
        asm.rm(Op.LEA, 64, Reg.RDX, address);
        asm.callTo(stubs.presence(!AccessSite.isLoad(access)));
        asm.jrcxz(absent);
        asm.mr(Op.MOV, 32, Mem.absolute(words + KNOWN), Reg.RCX);
        count(words, LOOK);
        asm.bind(known);
        count(words, 1);
        asm.r(Op.POP, Reg.RDX);
        asm.r(Op.POP, Reg.RCX);
        int offset = asm.position();
        for (int i = 0; i < bytes; i++) {
            asm.code().put8(RawMemory.getByte(original + i));
        }
        asm.jmpTo(next);
        asm.bind(absent);
        asm.r(Op.POP, Reg.RDX);
        asm.r(Op.POP, Reg.RCX);
        asm.callTo(stubs.accessTrap());
        return offset;
    }

    private void count(int words, int executions) {
        asm.rm(Op.MOV, 32, Reg.RCX, Mem.absolute(words + EXECUTIONS));
        asm.rm(Op.LEA, 32, Reg.RCX, Mem.at(Reg.RCX, executions));
        asm.mr(Op.MOV, 32, Mem.absolute(words + EXECUTIONS), Reg.RCX);
    }
}
