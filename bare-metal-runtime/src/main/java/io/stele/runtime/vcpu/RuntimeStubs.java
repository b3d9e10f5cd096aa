package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.codegen.LinkCode;
import io.stele.codegen.RegionMissStubs;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.Arrays;

/**
 * The code inside the VM that is not translated guest code: the mailbox loop, the dispatcher, what generated code calls, what exceptions run into.
 * It is the same for all vCPUs and reaches its vCPU's data through {@code rbp} alone.
 *
 * <p>Exceptions go to their handlers at CPL 3 directly: an interrupt gate may lead to code of the privilege level that is interrupted (Intel SDM volume
 * 3, 6.12.1), and the frame goes onto the stack that is in use. Ring 0 has only what CPL 3 must not do, because hosts without
 * virtualisation hardware emulate every ring-0 instruction, at about a microsecond each.
 */
public final class RuntimeStubs {
    public static final int PAGE_FAULT = 14;
    /** Exceptions that have a handler, in ascending order: #DE, #UD, #GP, #PF, #XM. Others end in the dead stub. */
    private static final int[] HANDLED_VECTORS = {0, 6, 13, PAGE_FAULT, 19};
    /** Of these, those that have an error code: #GP, #PF. */
    private static final int WITH_ERROR = 1 << 13 | 1 << PAGE_FAULT;
    /** {@code int3}: invlpg of the address in rdx, and rax = cr2. {@code int 4}: reload cr3, clobbers rax. */
    private static final int INVLPG_VECTOR = 3;
    private static final int RELOAD_VECTOR = 4;
    /** Pseudo vector of a region miss. */
    public static final int REGION_MISS = 256;
    /** Pseudo vector of an access thunk that cannot go on. */
    public static final int ACCESS = 257;
    /** Pseudo vector of {@link Stubs#interpretSite}. */
    public static final int INTERPRET = 258;
    public static final int FRAME_RIP = CpuArea.TRAP_FRAME + 16 * 8;
    private static final int FRAME_RFLAGS = FRAME_RIP + 8;
    public static final int FRAME_ERROR = FRAME_RIP + 16;
    /** Bit of the error code. */
    public static final long ERROR_WRITE = 1 << 1;
    /** Only after {@link Mailbox#COMMAND_FAULT_ADDRESS}. */
    static final int FRAME_CR2 = FRAME_RIP + 24;
    public static final int FRAME_VECTOR = FRAME_RIP + 32;

    /** Bits of entries of the host's page tables. */
    static final int HOST_PRESENT = 1;
    static final int HOST_WRITABLE = 1 << 1;
    private static final int HOST_LARGE = 1 << 7;

    private final Assembler asm = new Assembler();
    private int leave;
    private int link;
    private int interpret;
    private int miss;
    private int probeMiss;
    private int absent;
    /** As probeMiss, with the pc in rax, and nothing pending. */
    private int search;
    /** As the interrupt stub, with where the guest comes from in rdi. */
    private int pending;
    private int interrupt;
    private int page;
    private int regionTrap;
    private long regionMiss;
    private int accessTrap;
    private int interpretSite;
    private int readPresence;
    private int writePresence;
    private int start;
    private int enter;
    private int saveRest;
    private final int[] handlers = new int[HANDLED_VECTORS.length];
    private int invlpg;
    private int reload;
    private int dead;

    /** @param host host address of guest physical address 0 */
    public RuntimeStubs(long host) {
        asm.reset(VmLayout.STUBS);
        emitMailbox();
        emitProbeMiss();
        emitPage();
        emitInterrupt();
        emitTraps();
        emitRing0();
        readPresence = asm.here();
        emitPresence(HOST_PRESENT);
        writePresence = asm.here();
        emitPresence(HOST_PRESENT | HOST_WRITABLE);
        regionMiss = RegionMissStubs.emit(asm, asm.addressOf(regionTrap));
        asm.checkLabels();
        if (asm.position() > VmLayout.ISA_STUBS - VmLayout.STUBS) {
            throw new IllegalStateException("stubs take " + asm.position() + " bytes");
        }
        RawMemory.copy(asm.code().array(), 0, host + VmLayout.STUBS, asm.position());
    }

    /** Where a vector of the IDT leads. */
    long vector(int vector) {
        int handler = handler(vector);
        return asm.addressOf(handler >= 0 ? handlers[handler] : vector == INVLPG_VECTOR ? invlpg : vector == RELOAD_VECTOR ? reload : dead);
    }

    /** True if the vector leads to code at CPL 3. */
    static boolean isHandled(int vector) {
        return handler(vector) >= 0;
    }

    /** Index of the handler of a vector; negative if there is none. */
    private static int handler(int vector) {
        return Arrays.binarySearch(HANDLED_VECTORS, vector);
    }

    /** Generated code jumps here after it has written everything back and set the leave words. */
    public long leave() {
        return asm.addressOf(leave);
    }

    /** See {@link Stubs#link}. */
    public long link() {
        return asm.addressOf(link);
    }

    /** See {@link Stubs#interpret}. */
    public long interpret() {
        return asm.addressOf(interpret);
    }

    /** See {@link Stubs#interpretSite}. */
    public long interpretSite() {
        return asm.addressOf(interpretSite);
    }

    /** See {@link Stubs#regionMiss}. */
    public long regionMiss() {
        return regionMiss;
    }

    /** Access thunks call this. */
    public long accessTrap() {
        return asm.addressOf(accessTrap);
    }

    /**
     * Presence thunks call this with RDX = a VM address, which changes. RCX becomes 0 if nothing is mapped there for the access; else its low
     * half is the complement of the page number minus what {@link VmLayout#TAKEN_AWAY} says.
     */
    public long presence(boolean write) {
        return asm.addressOf(write ? writePresence : readPresence);
    }

    /** Default entry of entry tables: the pc, r14 | rax, has no code yet. */
    public long miss() {
        return asm.addressOf(miss);
    }

    /**
     * Generated code jumps here when nothing is found in the page probe table for the page of the pc, r14 | rax: does what is pending, and
     * looks in the sets behind the table.
     */
    public long probeMiss() {
        return asm.addressOf(probeMiss);
    }

    /** The same for a call. */
    public long absent() {
        return asm.addressOf(absent);
    }

    /** See {@link Stubs#interrupt}. */
    public long interrupt() {
        return asm.addressOf(interrupt);
    }

    /** See {@link Stubs#page}. */
    public long page() {
        return asm.addressOf(page);
    }

    /** Where a vCPU starts: looks at its mailbox, in which Java has put its first request. */
    public long start() {
        return asm.addressOf(start);
    }

    /** A field of the CPU area. */
    static long area(int offset) {
        return Mem.at(Reg.RBP, offset - CpuArea.BASE_BIAS);
    }

    /** A register in the trap frame. */
    static long register(int reg) {
        return area(CpuArea.TRAP_FRAME + reg * 8);
    }

    /** See {@link #presence}: reads the host's page tables. @param rights bits that the entry has to have */
    private void emitPresence(int rights) {
        int leaf = asm.newLabel();
        int absent = asm.newLabel();
        int done = asm.newLabel();
        asm.r(Op.PUSH, Reg.RAX);
        asm.setcc(Cond.O, Reg.RAX);
        asm.op(Op.LAHF);
        asm.r(Op.PUSH, Reg.RSI);
        asm.r(Op.PUSH, Reg.RDI);
        asm.ri(Op.SHR, 64, Reg.RDX, 12);
        asm.ri(Op.MOV, 64, Reg.RSI, VmLayout.TABLE_WINDOW);
        asm.rm(Op.LEA, 64, Reg.RCX, Mem.at(Reg.RSI, (int) VmLayout.PAGE_TABLES));
        for (int shift = 27; shift >= 0; shift -= 9) {
            asm.rr(Op.MOV, 64, Reg.RDI, Reg.RDX);
            if (shift > 0) {
                asm.ri(Op.SHR, 64, Reg.RDI, shift);
            }
            asm.ri(Op.AND, 32, Reg.RDI, 511);
            asm.rm(Op.MOV, 64, Reg.RCX, Mem.at(Reg.RCX, Reg.RDI, 8, 0));
            if (shift > 0) {
                asm.ri(Op.TEST, 8, Reg.RCX, HOST_PRESENT);
                asm.jcc(Cond.E, absent);
                if (shift == 9) {
                    asm.ri(Op.TEST, 8, Reg.RCX, HOST_LARGE);
                    asm.jcc(Cond.NE, leaf);
                }
                asm.ri(Op.AND, 64, Reg.RCX, -4096);
                asm.rr(Op.ADD, 64, Reg.RCX, Reg.RSI);
            }
        }
        asm.bind(leaf);
        asm.ri(Op.AND, 32, Reg.RCX, rights);
        asm.ri(Op.CMP, 32, Reg.RCX, rights);
        asm.jcc(Cond.NE, absent);
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RDX);
        asm.r(Op.NOT, 64, Reg.RCX);
        asm.rm(Op.MOV, 32, Reg.RDX, Mem.absolute((int) VmLayout.TAKEN_AWAY));
        asm.rr(Op.SUB, 64, Reg.RCX, Reg.RDX);
        asm.bind(done);
        asm.r(Op.POP, Reg.RDI);
        asm.r(Op.POP, Reg.RSI);
        asm.ri(Op.ADD, 8, Reg.RAX, Byte.MAX_VALUE);
        asm.op(Op.SAHF);
        asm.r(Op.POP, Reg.RAX);
        asm.op(Op.RET);
        asm.bind(absent);
        asm.rr(Op.XOR, 32, Reg.RCX, Reg.RCX);
        asm.jmp(done);
    }

    /** Page table entries are about to be taken away, or were. */
    static void emitTakenAway(Assembler asm) {
        asm.lock().m(Op.INC, 32, Mem.absolute((int) VmLayout.TAKEN_AWAY));
    }

    private void emitRing0() {
        invlpg = asm.here();
        asm.rr(Op.MOV_FROM_CR, Reg.RAX, 2);
        asm.m(Op.INVLPG, Mem.at(Reg.RDX));
        asm.op(Op.IRETQ);
        reload = asm.here();
        asm.rr(Op.MOV_FROM_CR, Reg.RAX, 3);
        asm.rr(Op.MOV_TO_CR, 3, Reg.RAX);
        asm.op(Op.IRETQ);
        dead = asm.here();
        asm.op(Op.HLT);
    }

    /** The frame at RSP: error code of some, rip, cs, rflags, rsp, ss. */
    private void emitHandler(int vector) {
        if ((WITH_ERROR >> vector & 1) != 0) {
            asm.m(Op.POP, area(FRAME_ERROR));
        }
        asm.m(Op.POP, area(FRAME_RIP));
        asm.mr(Op.MOV, 64, register(Reg.RCX), Reg.RCX);
        asm.r(Op.POP, Reg.RCX);
        asm.m(Op.POP, area(FRAME_RFLAGS));
        asm.m(Op.POP, register(Reg.RSP));
        asm.mr(Op.MOV, 64, register(Reg.RAX), Reg.RAX);
        asm.mi(Op.MOV, 64, area(FRAME_VECTOR), vector);
        asm.jmp(saveRest);
    }

    private void emitTraps() {
        saveRest = asm.newLabel();
        for (int i = 0; i < handlers.length; i++) {
            handlers[i] = asm.here();
            emitHandler(HANDLED_VECTORS[i]);
        }
        regionTrap = asm.here();
        emitCalledTrap(REGION_MISS);
        asm.jmp(saveRest);
        interpretSite = asm.here();
        emitCalledTrap(INTERPRET);
        asm.jmp(saveRest);
        accessTrap = asm.here();
        emitCalledTrap(ACCESS);
        asm.bind(saveRest);
        for (int reg = 2; reg < 16; reg++) {
            if (reg != Reg.RSP) {
                asm.mr(Op.MOV, 64, register(reg), reg);
            }
        }
        for (int xmm = 0; xmm < 16; xmm++) {
            asm.mr(Op.VMOVDQU, area(CpuArea.TRAP_XMM + xmm * 16), xmm);
        }
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.KIND_TRAP);
        asm.jmp(enter);
    }

    /** A trap that generated code makes by a call; rip of the frame is the return address. */
    private void emitCalledTrap(int vector) {
        asm.mr(Op.MOV, 64, register(Reg.RAX), Reg.RAX);
        asm.mr(Op.MOV, 64, register(Reg.RCX), Reg.RCX);
        asm.r(Op.POP, Reg.RAX);
        asm.mr(Op.MOV, 64, area(FRAME_RIP), Reg.RAX);
        asm.mr(Op.MOV, 64, register(Reg.RSP), Reg.RSP);
        asm.op(Op.PUSHFQ);
        asm.m(Op.POP, area(FRAME_RFLAGS));
        asm.mi(Op.MOV, 64, area(FRAME_VECTOR), vector);
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
        emitReason(Stubs.REASON_LINK);
        asm.jmp(toLeave);
        interpret = asm.here();
        emitAddPage();
        emitReason(Stubs.REASON_INTERPRET);
        asm.jmp(toLeave);
        miss = asm.here();
        asm.rr(Op.OR, 64, Reg.RAX, Reg.R14);
        emitReason(Stubs.REASON_MISS);
        asm.bind(toLeave);
        leave = toLeave;
        PreparedFill.emitInvalidation(asm, search);
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.KIND_LEAVE);

        asm.bind(toEnter);
        enter = toEnter;
        asm.m(Op.STMXCSR, area(CpuArea.MXCSR));
        asm.rm(Op.LEA, 64, Reg.RSP, area(CpuArea.STACK_TOP));
        asm.mr(Op.MOV, 32, area(Mailbox.KIND), Reg.RAX);
        asm.op(Op.RDTSC);
        asm.mr(Op.MOV, 32, area(CpuArea.ENTER_TSC), Reg.RAX);
        asm.mr(Op.MOV, 32, area(CpuArea.ENTER_TSC + 4), Reg.RDX);
        asm.rr(Op.MOV, 32, Reg.RSI, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.ASKED);
        asm.mr(Op.XCHG, 32, area(Mailbox.STATE), Reg.RAX);

        // ESI = low word of the counter at the request; 0 where a vCPU starts, which may exit too soon then.
        int look = asm.here();
        start = look;
        asm.rm(Op.MOV, 32, Reg.RDI, area(Mailbox.STATE));
        asm.rr(Op.TEST, 32, Reg.RDI, Reg.RDI);
        asm.jcc(Cond.E, answered);
        asm.op(Op.PAUSE);
        asm.op(Op.RDTSC);
        asm.rr(Op.SUB, 32, Reg.RAX, Reg.RSI);
        asm.ri(Op.CMP, 32, Reg.RDI, Mailbox.ASKED);
        asm.jcc(Cond.NE, served);
        asm.rm(Op.CMP, 32, Reg.RAX, area(Mailbox.PATIENCE));
        asm.jcc(Cond.B, look);
        asm.bind(exit);
        asm.i(Op.OUT, 8, Mailbox.EXIT_PORT);
        asm.jmp(look);
        asm.bind(served);
        asm.ri(Op.CMP, 32, Reg.RDI, Mailbox.WAITING);
        asm.jcc(Cond.E, exit);
        asm.rm(Op.CMP, 32, Reg.RAX, area(Mailbox.SERVED_PATIENCE));
        asm.jcc(Cond.B, look);
        asm.jmp(exit);

        asm.bind(answered);
        emitFlush();
        asm.rm(Op.MOV, 32, Reg.RAX, area(Mailbox.COMMAND));
        asm.ri(Op.CMP, 32, Reg.RAX, Mailbox.COMMAND_RESUME);
        asm.jcc(Cond.E, resume);
        asm.jcc(Cond.A, list);
        asm.m(Op.LDMXCSR, area(CpuArea.MXCSR));
        asm.rm(Op.MOV, 64, Reg.R14, area(CpuArea.PAGE_ADDRESS));
        asm.m(Op.JMP, area(CpuArea.RESUME));

        asm.bind(resume);
        asm.m(Op.LDMXCSR, area(CpuArea.MXCSR));
        asm.m(Op.PUSH, area(FRAME_RFLAGS));
        asm.op(Op.POPFQ);
        for (int reg = 0; reg < 16; reg++) {
            asm.rm(Op.MOV, 64, reg, register(reg));
        }
        asm.m(Op.JMP, area(FRAME_RIP));

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
        asm.mr(Op.MOV, 64, area(FRAME_CR2), Reg.RAX);
        asm.bind(done);
        asm.op(Op.RDTSC);
        asm.rr(Op.MOV, 32, Reg.RSI, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.RAX, Mailbox.DONE);
        asm.mr(Op.XCHG, 32, area(Mailbox.STATE), Reg.RAX);
        asm.mi(Op.CMP, 32, area(Mailbox.LIST_EXIT), 0);
        asm.jcc(Cond.E, look);
        asm.jmp(exit);
    }

    /** Flushes the TLB if that is asked for; clobbers rbx and rcx. */
    private void emitFlush() {
        int flushed = asm.newLabel();
        asm.rm(Op.MOV, 32, Reg.RCX, area(Mailbox.FLUSH_ASKED));
        asm.rm(Op.CMP, 32, Reg.RCX, area(Mailbox.FLUSH_DONE));
        asm.jcc(Cond.E, flushed);
        asm.rr(Op.MOV, 64, Reg.RBX, Reg.RAX);
        asm.i(Op.INT, RELOAD_VECTOR);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.RBX);
        asm.mr(Op.MOV, 32, area(Mailbox.FLUSH_DONE), Reg.RCX);
        asm.bind(flushed);
    }

    /** The pc of the guest state; its offset is in rcx afterwards. */
    static long pc(Assembler asm) {
        asm.rm(Op.MOV, 64, Reg.RCX, area(CpuArea.PC_OFFSET));
        return Mem.at(Reg.RBP, Reg.RCX, 1, -CpuArea.BASE_BIAS);
    }

    /** EAX = distance of the pc from R14, signed; RAX becomes the pc. */
    private void emitAddPage() {
        asm.rr(Op.MOVSXD, 64, Reg.RAX, Reg.RAX);
        asm.rr(Op.ADD, 64, Reg.RAX, Reg.R14);
    }

    /** RAX = guest pc, which becomes that of the guest state. */
    private void emitReason(int reason) {
        asm.mr(Op.MOV, 64, pc(asm), Reg.RAX);
        asm.mi(Op.MOV, 32, area(CpuArea.LEAVE_REASON), reason);
    }

    /** R14 | RAX = guest pc, all guest registers are stored. What is found in the sets, or by {@link PageLookup}, goes to the page probe table. */
    private void emitProbeMiss() {
        int found = asm.newLabel();
        int removed = asm.newLabel();
        int from = asm.newLabel();
        pending = asm.newLabel();
        absent = asm.here();
        asm.r(Op.POP, Reg.RDI);
        asm.r(Op.DEC, 64, Reg.RDI);
        asm.jmp(from);
        probeMiss = asm.here();
        asm.rr(Op.XOR, 32, Reg.RDI, Reg.RDI);
        asm.bind(from);
        asm.rr(Op.OR, 64, Reg.RAX, Reg.R14);
        asm.mi(Op.CMP, 32, area(CpuArea.INTERRUPT_PENDING), CpuArea.NOTHING_PENDING);
        asm.jcc(Cond.NE, pending);
        asm.bind(search);
        emitReason(Stubs.REASON_MISS);
        asm.ri(Op.TEST, 8, Reg.RAX, GuestIsa.INSTRUCTION_ALIGNMENT - 1);
        asm.jccTo(Cond.NE, asm.addressOf(leave));
        PreparedFill.emit(asm);
        asm.rr(Op.MOV, 64, Reg.RDX, Reg.RAX);
        asm.ri(Op.AND, 64, Reg.RDX, -4096);
        asm.rr(Op.MOV, 64, Reg.RSI, Reg.RDX);
        asm.r(Op.NOT, 64, Reg.RDX);
        asm.rm(Op.MOVSXD, 64, Reg.RCX, area(CpuArea.CONTEXT));
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
        asm.rm(Op.MOV, 64, Reg.RDI, area(Mailbox.PAGE_SETS));
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
        emitAddPage();
        asm.bind(pending);
        emitReason(Stubs.REASON_INTERRUPT);
        long bits = area(CpuArea.INTERRUPT_PENDING);
        asm.mi(Op.TEST, 32, bits, CpuArea.SAMPLE);
        asm.jcc(Cond.E, other);
        asm.rm(Op.MOV, 32, Reg.RDX, area(CpuArea.SAMPLE_COUNT));
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RDX);
        asm.ri(Op.AND, 32, Reg.RCX, CpuArea.SAMPLES - 1);
        asm.ri(Op.SHL, 32, Reg.RCX, Integer.numberOfTrailingZeros(CpuArea.SAMPLE_BYTES));
        long entry = Mem.at(Reg.RBP, Reg.RCX, 1, CpuArea.SAMPLE_RING - CpuArea.BASE_BIAS);
        asm.mr(Op.MOV, 64, entry, Reg.RAX);
        asm.rm(Op.MOV, 32, Reg.RSI, area(CpuArea.CONTEXT));
        asm.mr(Op.MOV, 32, Mem.plus(entry, 8), Reg.RSI);
        asm.mr(Op.MOV, 32, Mem.plus(entry, 12), Reg.RDI);
        asm.r(Op.INC, 32, Reg.RDX);
        asm.mr(Op.MOV, 32, area(CpuArea.SAMPLE_COUNT), Reg.RDX);
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
        emitFlush();
        asm.bind(on);
        asm.jmp(search);
    }

    /** Executes LIST_COUNT entries {entry address, new value, virtual address} and flushes. */
    private void emitList() {
        emitTakenAway(asm);
        asm.rm(Op.LEA, 64, Reg.RSI, area(Mailbox.LIST));
        asm.rm(Op.MOV, 32, Reg.RCX, area(Mailbox.LIST_COUNT));
        int store = asm.here();
        asm.rm(Op.MOV, 64, Reg.RDI, Mem.at(Reg.RSI));
        asm.rm(Op.MOV, 64, Reg.RAX, Mem.at(Reg.RSI, 8));
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI), Reg.RAX);
        asm.ri(Op.ADD, 32, Reg.RSI, Mailbox.LIST_ENTRY_BYTES);
        asm.r(Op.DEC, 32, Reg.RCX);
        asm.jcc(Cond.NE, store);
        int whole = asm.newLabel();
        int done = asm.newLabel();
        asm.mi(Op.CMP, 32, area(Mailbox.LIST_RELOAD), 0);
        asm.jcc(Cond.NE, whole);
        asm.rm(Op.LEA, 64, Reg.RSI, area(Mailbox.LIST));
        asm.rm(Op.MOV, 32, Reg.RCX, area(Mailbox.LIST_COUNT));
        int single = asm.here();
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RSI, 16));
        asm.op(Op.INT3);
        asm.ri(Op.ADD, 32, Reg.RSI, Mailbox.LIST_ENTRY_BYTES);
        asm.r(Op.DEC, 32, Reg.RCX);
        asm.jcc(Cond.NE, single);
        asm.jmp(done);
        asm.bind(whole);
        asm.i(Op.INT, RELOAD_VECTOR);
        asm.bind(done);
    }
}
