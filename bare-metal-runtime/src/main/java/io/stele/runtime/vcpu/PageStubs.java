package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import io.stele.runtime.common.VmLayout;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * Where generated code goes when nothing is found in the page probe table, or something is pending: takes samples, flushes, looks in the sets
 * behind the table, and leaves for Java in the end.
 */
final class PageStubs {
    private final Assembler asm;
    /** Labels of others: leaves for Java; the search for the page of the pc in rax, which is bound here. */
    private final int leave;
    private final int search;
    /** As the interrupt stub, with the pc in rax, and where the guest comes from in rdi. */
    private final int pending;
    /** Labels of what generated code comes to. */
    int probeMiss;
    int absent;
    int page;
    int interrupt;

    PageStubs(Assembler asm, int leave, int search) {
        this.asm = asm;
        this.leave = leave;
        this.search = search;
        pending = asm.newLabel();
        emitProbeMiss();
        emitPage();
        emitInterrupt();
    }

    /** R14 | RAX = guest pc, all guest registers are stored. What is found in the sets, or by {@link PageLookup}, goes to the page probe table. */
    private void emitProbeMiss() {
        int found = asm.newLabel();
        int removed = asm.newLabel();
        int from = asm.newLabel();
        absent = asm.here();
        asm.r(Op.POP, Reg.RDI);
        asm.r(Op.DEC, 64, Reg.RDI);
        asm.jmp(from);
        probeMiss = asm.here();
        asm.rr(Op.XOR, 32, Reg.RDI, Reg.RDI);
        asm.bind(from);
        asm.rr(Op.OR, 64, Reg.RAX, Reg.R14);
        asm.mi(Op.CMP, 32, StubCode.area(CpuArea.INTERRUPT_PENDING), CpuArea.NOTHING_PENDING);
        asm.jcc(Cond.NE, pending);
        asm.bind(search);
        StubCode.emitReason(asm, Stubs.REASON_MISS);
        asm.ri(Op.TEST, 8, Reg.RAX, GuestIsa.INSTRUCTION_ALIGNMENT - 1);
        asm.jccTo(Cond.NE, asm.addressOf(leave));
        PreparedFill.emit(asm);
        asm.rr(Op.MOV, 64, Reg.RDX, Reg.RAX);
        asm.ri(Op.AND, 64, Reg.RDX, -4096);
        asm.rr(Op.MOV, 64, Reg.RSI, Reg.RDX);
        asm.r(Op.NOT, 64, Reg.RDX);
        asm.rm(Op.MOVSXD, 64, Reg.RCX, StubCode.area(CpuArea.CONTEXT));
        asm.rr(Op.AND, 64, Reg.RDX, Reg.RCX);
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RAX);
        asm.ri(Op.SHR, 32, Reg.RCX, 12);
        asm.rr(Op.MOV, 32, Reg.RBX, Reg.RCX);
        emitSearch(Reg.RCX, found);
        PageLookup.emit(asm, found);
        asm.jmp(leave);
        asm.bind(found);
        asm.ri(Op.AND, 32, Reg.RBX, CpuArea.PROBE_ENTRIES - 1);
        asm.ri(Op.SHL, 32, Reg.RBX, 4);
        long direct = Mem.at(Reg.RBP, Reg.RBX, 1, CpuArea.PROBE_TABLE - CpuArea.BASE_BIAS);
        emitToProbeTable(direct, Reg.RCX, Reg.R8, removed);
        asm.rr(Op.MOV, 64, Reg.R14, Reg.RSI);
        asm.ri(Op.AND, 32, Reg.RAX, 4095);
        asm.rm(Op.MOV, 32, Reg.RCX, Mem.at(Reg.RCX, Reg.RAX, GuestIsa.ENTRY_SCALE, 0));
        asm.r(Op.JMP, Reg.RCX);
        asm.bind(removed);
        asm.mi(Op.MOV, 64, direct, CpuArea.NO_PAGE);
        asm.jmp(leave);
    }

    /**
     * RDX = {@link CpuArea#probeKey} of a page, whose number is in {@code number}, which changes: goes to {@code found} with RDI = its pair in
     * the sets. Otherwise RDI = the end of the set.
     */
    private void emitSearch(int number, int found) {
        asm.ri(Op.AND, 32, number, VmLayout.PAGE_SETS - 1);
        asm.ri(Op.SHL, 32, number, Integer.numberOfTrailingZeros(VmLayout.PAGE_SET_BYTES));
        asm.rm(Op.MOV, 64, Reg.RDI, StubCode.area(Mailbox.PAGE_SETS));
        asm.rr(Op.ADD, 64, Reg.RDI, number);
        emitSearch(asm, Reg.RDX, Reg.RDI, VmLayout.PAGE_WAYS, number, found);
    }

    /** Goes to {@code found} when {@code pair} is the address of one of {@code count} pairs from there on that begins with {@code wanted}. */
    static void emitSearch(Assembler asm, int wanted, int pair, int count, int counter, int found) {
        asm.ri(Op.MOV, 32, counter, count);
        int way = asm.here();
        asm.rm(Op.CMP, 64, wanted, Mem.at(pair));
        asm.jcc(Cond.E, found);
        asm.ri(Op.ADD, 32, pair, 16);
        asm.r(Op.DEC, 32, counter);
        asm.jcc(Cond.NE, way);
    }

    /**
     * RDX = {@link CpuArea#probeKey} of a page, RDI = its pair in the sets, which the page probe table gets at {@code direct} if it may have
     * it. Java may remove it meanwhile, from the sets first: so a look at them follows. {@code table} = the entry table, {@code scratch} changes.
     */
    private void emitToProbeTable(long direct, int table, int scratch, int removed) {
        int kept = asm.newLabel();
        asm.rm(Op.MOV, 64, table, Mem.at(Reg.RDI, 8));
        emitIsProbed(scratch);
        asm.jcc(Cond.BE, kept);
        asm.mr(Op.MOV, 64, Mem.plus(direct, 8), table);
        asm.rr(Op.MOV, 64, scratch, Reg.RDX);
        asm.mr(Op.XCHG, 64, direct, scratch);
        asm.bind(kept);
        asm.rm(Op.CMP, 64, Reg.RDX, Mem.at(Reg.RDI));
        asm.jcc(Cond.NE, removed);
    }

    /** Compares as {@link CpuArea#isProbed} does for the key in RDX: not above, if the page probe table may not have it. {@code scratch} changes. */
    private void emitIsProbed(int scratch) {
        asm.rr(Op.MOV, 64, scratch, Reg.RDX);
        asm.ri(Op.SHR, 64, scratch, Integer.SIZE);
        asm.ri(Op.CMP, 32, scratch, CpuArea.INTERRUPT | CpuArea.SAMPLE | CpuArea.VISIT);
    }

    /**
     * RDX = {@link CpuArea#probeKey} of a page, RCX = its offset in the page probe table, which gets what is found in the sets: as {@link
     * #emitProbeMiss} does. The zero flag is set if something is. While something is pending, no page has the key.
     */
    private void emitPage() {
        int found = asm.newLabel();
        int removed = asm.newLabel();
        int none = asm.newLabel();
        page = asm.here();
        emitIsProbed(Reg.RBX);
        asm.jcc(Cond.BE, none);
        asm.rr(Op.MOV, 32, Reg.RBX, Reg.RCX);
        asm.ri(Op.SHR, 32, Reg.RBX, 4);
        emitSearch(Reg.RBX, found);
        asm.jmp(none);
        asm.bind(found);
        long direct = Mem.at(Reg.RBP, Reg.RCX, 1, CpuArea.PROBE_TABLE - CpuArea.BASE_BIAS);
        emitToProbeTable(direct, Reg.RSI, Reg.RBX, removed);
        asm.op(Op.RET);
        asm.bind(removed);
        asm.mi(Op.MOV, 64, direct, CpuArea.NO_PAGE);
        asm.bind(none);
        asm.rr(Op.TEST, 64, Reg.RDX, Reg.RDX);
        asm.op(Op.RET);
    }

    /**
     * EAX = distance of the guest pc from R14, all guest registers are stored. A sample is put into the ring, with where the call came from, if it
     * was one. Unless somebody wants Java, the TLB is flushed if that is asked for, and the guest goes on at the pc by way of the sets of pages:
     * what was removed from there is not executed any more.
     */
    private void emitInterrupt() {
        int other = asm.newLabel();
        int on = asm.newLabel();
        interrupt = asm.here();
        asm.r(Op.POP, Reg.RDI);
        asm.r(Op.DEC, 64, Reg.RDI);
        StubCode.emitAddPage(asm);
        asm.bind(pending);
        StubCode.emitReason(asm, Stubs.REASON_INTERRUPT);
        long bits = StubCode.area(CpuArea.INTERRUPT_PENDING);
        asm.mi(Op.TEST, 32, bits, CpuArea.SAMPLE);
        asm.jcc(Cond.E, other);
        asm.rm(Op.MOV, 32, Reg.RDX, StubCode.area(CpuArea.SAMPLE_COUNT));
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RDX);
        asm.ri(Op.AND, 32, Reg.RCX, CpuArea.SAMPLES - 1);
        asm.ri(Op.SHL, 32, Reg.RCX, Integer.numberOfTrailingZeros(CpuArea.SAMPLE_BYTES));
        long entry = Mem.at(Reg.RBP, Reg.RCX, 1, CpuArea.SAMPLE_RING - CpuArea.BASE_BIAS);
        asm.mr(Op.MOV, 64, entry, Reg.RAX);
        asm.rm(Op.MOV, 32, Reg.RSI, StubCode.area(CpuArea.CONTEXT));
        asm.mr(Op.MOV, 32, Mem.plus(entry, 8), Reg.RSI);
        asm.mr(Op.MOV, 32, Mem.plus(entry, 12), Reg.RDI);
        asm.r(Op.INC, 32, Reg.RDX);
        asm.mr(Op.MOV, 32, StubCode.area(CpuArea.SAMPLE_COUNT), Reg.RDX);
        asm.rr(Op.MOV, 64, Reg.RBX, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.RAX, CpuArea.SAMPLE);
        asm.ri(Op.MOV, 32, Reg.RCX, CpuArea.NOTHING_PENDING);
        asm.lock().mr(Op.CMPXCHG, 32, bits, Reg.RCX);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.RBX);
        asm.jcc(Cond.E, on);
        asm.lock().mi(Op.AND, 32, bits, ~CpuArea.SAMPLE);
        asm.bind(other);
        asm.mi(Op.TEST, 32, bits, CpuArea.INTERRUPT);
        asm.jccTo(Cond.NE, asm.addressOf(leave));
        asm.ri(Op.MOV, 32, Reg.RCX, CpuArea.NOTHING_PENDING);
        asm.mr(Op.XCHG, 32, bits, Reg.RCX);
        asm.ri(Op.TEST, 32, Reg.RCX, CpuArea.INTERRUPT);
        asm.jccTo(Cond.NE, asm.addressOf(leave));
        StubCode.emitFlush(asm);
        asm.bind(on);
        asm.jmp(search);
    }
}
