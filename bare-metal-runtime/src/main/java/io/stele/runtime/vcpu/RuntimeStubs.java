package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.codegen.LinkCode;
import io.stele.codegen.RegionMissStubs;
import io.stele.codegen.Stubs;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * The code inside the VM that is not translated guest code: the mailbox loop, the dispatcher, what generated code calls, what exceptions run into.
 * It is the same for all vCPUs and reaches its vCPU's data through {@code rbp} alone.
 */
public final class RuntimeStubs {
    private final Assembler asm = new Assembler();
    private final PageStubs pages;
    private final TrapStubs traps;
    private final PresenceStub presence;
    private final Stubs forCode;
    private int leave;
    private int link;
    private int interpret;
    private int noCode;
    /** Finds the code of the pc in rax, with nothing pending. */
    private int search;
    private int start;
    private int enter;

    /** @param host host address of guest physical address 0 */
    public RuntimeStubs(long host) {
        asm.reset(VmLayout.STUBS);
        emitMailbox();
        pages = new PageStubs(asm, leave, search);
        traps = new TrapStubs(asm, enter);
        presence = new PresenceStub(asm);
        long regionMiss = RegionMissStubs.emit(asm, asm.addressOf(traps.regionMiss));
        asm.checkLabels();
        if (asm.position() > VmLayout.ISA_STUBS - VmLayout.STUBS) {
            throw new IllegalStateException("stubs take " + asm.position() + " bytes");
        }
        RawMemory.copy(asm.code().array(), 0, host + VmLayout.STUBS, asm.position());
        forCode = new Stubs(leave(), asm.addressOf(link), asm.addressOf(interpret), asm.addressOf(traps.interpretSite),
            asm.addressOf(pages.probeMiss), asm.addressOf(pages.absent), asm.addressOf(pages.interrupt), asm.addressOf(pages.page), regionMiss, 0);
    }

    /** What generated code refers to. */
    public Stubs forCode() {
        return forCode;
    }

    /** Generated code jumps here after it has written everything back and set the leave words. */
    public long leave() {
        return asm.addressOf(leave);
    }

    /** Default entry of entry tables: the pc, r14 | rax, has no code yet. */
    public long noCode() {
        return asm.addressOf(noCode);
    }

    /** Access thunks call this. */
    public long accessTrap() {
        return asm.addressOf(traps.access);
    }

    /**
     * Presence thunks call this with RDX = a VM address, which changes. RCX becomes 0 if nothing is mapped there for the access; else its low
     * half is the complement of the page number minus what {@link VmLayout#TAKEN_AWAY} says.
     */
    public long presence(boolean write) {
        return asm.addressOf(presence.label(write));
    }

    /** Where a vCPU starts: looks at its mailbox, in which Java has put its first request. */
    public long start() {
        return asm.addressOf(start);
    }

    /** Where a vector of the IDT leads. */
    long vector(int vector) {
        return traps.vector(vector);
    }

    private void emitMailbox() {
        int answered = asm.newLabel();
        int served = asm.newLabel();
        int exit = asm.newLabel();
        int list = asm.newLabel();
        int resume = asm.newLabel();

        search = asm.newLabel();
        int toEnter = asm.newLabel();
        int toLeave = asm.newLabel();
        link = asm.here();
        LinkCode.emitStub(asm);
        StubCode.emitReason(asm, Stubs.REASON_LINK);
        asm.jmp(toLeave);
        interpret = asm.here();
        StubCode.emitAddPage(asm);
        StubCode.emitReason(asm, Stubs.REASON_INTERPRET);
        asm.jmp(toLeave);
        noCode = asm.here();
        asm.rr(Op.OR, 64, Reg.RAX, Reg.R14);
        StubCode.emitReason(asm, Stubs.REASON_MISS);
        asm.bind(toLeave);
        leave = toLeave;
        PreparedFill.emitInvalidation(asm, search);
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.KIND_LEAVE);

        asm.bind(toEnter);
        enter = toEnter;
        asm.m(Op.STMXCSR, StubCode.area(CpuArea.MXCSR));
        asm.rm(Op.LEA, 64, Reg.RSP, StubCode.area(CpuArea.STACK_TOP));
        asm.mr(Op.MOV, 32, StubCode.area(Mailbox.KIND), Reg.RAX);
        asm.op(Op.RDTSC);
        asm.mr(Op.MOV, 32, StubCode.area(CpuArea.ENTER_TSC), Reg.RAX);
        asm.mr(Op.MOV, 32, StubCode.area(CpuArea.ENTER_TSC + 4), Reg.RDX);
        asm.rr(Op.MOV, 32, Reg.RSI, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.ASKED);
        asm.mr(Op.XCHG, 32, StubCode.area(Mailbox.STATE), Reg.RAX);

        // ESI = low word of the counter at the request; 0 where a vCPU starts, which may exit too soon then.
        int look = asm.here();
        start = look;
        asm.rm(Op.MOV, 32, Reg.RDI, StubCode.area(Mailbox.STATE));
        asm.rr(Op.TEST, 32, Reg.RDI, Reg.RDI);
        asm.jcc(Cond.E, answered);
        asm.op(Op.PAUSE);
        asm.op(Op.RDTSC);
        asm.rr(Op.SUB, 32, Reg.RAX, Reg.RSI);
        asm.ri(Op.CMP, 32, Reg.RDI, Mailbox.ASKED);
        asm.jcc(Cond.NE, served);
        asm.rm(Op.CMP, 32, Reg.RAX, StubCode.area(Mailbox.PATIENCE));
        asm.jcc(Cond.B, look);
        asm.bind(exit);
        asm.i(Op.OUT, 8, Mailbox.EXIT_PORT);
        asm.jmp(look);
        asm.bind(served);
        asm.ri(Op.CMP, 32, Reg.RDI, Mailbox.WAITING);
        asm.jcc(Cond.E, exit);
        asm.rm(Op.CMP, 32, Reg.RAX, StubCode.area(Mailbox.SERVED_PATIENCE));
        asm.jcc(Cond.B, look);
        asm.jmp(exit);

        asm.bind(answered);
        StubCode.emitFlush(asm);
        asm.rm(Op.MOV, 32, Reg.RAX, StubCode.area(Mailbox.COMMAND));
        asm.ri(Op.CMP, 32, Reg.RAX, Mailbox.COMMAND_RESUME);
        asm.jcc(Cond.E, resume);
        asm.jcc(Cond.A, list);
        asm.m(Op.LDMXCSR, StubCode.area(CpuArea.MXCSR));
        asm.rm(Op.MOV, 64, Reg.R14, StubCode.area(CpuArea.PAGE_ADDRESS));
        asm.m(Op.JMP, StubCode.area(CpuArea.RESUME));

        asm.bind(resume);
        asm.m(Op.LDMXCSR, StubCode.area(CpuArea.MXCSR));
        asm.m(Op.PUSH, StubCode.area(TrapFrame.RFLAGS));
        asm.op(Op.POPFQ);
        for (int reg = 0; reg < 16; reg++) {
            asm.rm(Op.MOV, 64, reg, StubCode.register(reg));
        }
        asm.m(Op.JMP, StubCode.area(TrapFrame.RIP));

        asm.bind(list);
        int done = asm.newLabel();
        int address = asm.newLabel();
        asm.ri(Op.CMP, 32, Reg.RAX, Mailbox.COMMAND_LIST);
        asm.jcc(Cond.NE, address);
        emitList();
        asm.jmp(done);
        asm.bind(address);
        asm.rr(Op.XOR, 32, Reg.RDX, Reg.RDX);
        asm.op(Op.INT3);
        asm.mr(Op.MOV, 64, StubCode.area(TrapFrame.CR2), Reg.RAX);
        asm.bind(done);
        asm.op(Op.RDTSC);
        asm.rr(Op.MOV, 32, Reg.RSI, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.DONE);
        asm.mr(Op.XCHG, 32, StubCode.area(Mailbox.STATE), Reg.RAX);
        asm.mi(Op.CMP, 32, StubCode.area(Mailbox.LIST_EXIT), 0);
        asm.jcc(Cond.E, look);
        asm.jmp(exit);
    }

    /** Executes LIST_COUNT entries {entry address, new value, virtual address} and flushes. */
    private void emitList() {
        PresenceStub.emitTakenAway(asm);
        asm.rm(Op.LEA, 64, Reg.RSI, StubCode.area(Mailbox.LIST));
        asm.rm(Op.MOV, 32, Reg.RCX, StubCode.area(Mailbox.LIST_COUNT));
        int store = asm.here();
        asm.rm(Op.MOV, 64, Reg.RDI, Mem.at(Reg.RSI));
        asm.rm(Op.MOV, 64, Reg.RAX, Mem.at(Reg.RSI, 8));
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI), Reg.RAX);
        asm.ri(Op.ADD, 32, Reg.RSI, Mailbox.LIST_ENTRY_BYTES);
        asm.r(Op.DEC, 32, Reg.RCX);
        asm.jcc(Cond.NE, store);
        int whole = asm.newLabel();
        int done = asm.newLabel();
        asm.mi(Op.CMP, 32, StubCode.area(Mailbox.LIST_RELOAD), 0);
        asm.jcc(Cond.NE, whole);
        asm.rm(Op.LEA, 64, Reg.RSI, StubCode.area(Mailbox.LIST));
        asm.rm(Op.MOV, 32, Reg.RCX, StubCode.area(Mailbox.LIST_COUNT));
        int single = asm.here();
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RSI, 16));
        asm.op(Op.INT3);
        asm.ri(Op.ADD, 32, Reg.RSI, Mailbox.LIST_ENTRY_BYTES);
        asm.r(Op.DEC, 32, Reg.RCX);
        asm.jcc(Cond.NE, single);
        asm.jmp(done);
        asm.bind(whole);
        asm.i(Op.INT, TrapStubs.RELOAD_VECTOR);
        asm.bind(done);
    }
}
