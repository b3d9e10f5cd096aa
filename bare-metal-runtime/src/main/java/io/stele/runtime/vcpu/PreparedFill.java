package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.codegen.Stubs;
import io.stele.guest.EntryPattern;
import io.stele.guest.PageInvalidation;
import io.stele.memory.RawMemory;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.concurrent.locks.LockSupport;

/**
 * What VM code does when the guest returns from the handler of an abort: it looks at the guest's table entries that Java has named, and makes host
 * entries of those that the handler has made. So the return costs no request, and the access that is repeated no fault.
 *
 * <p>Java prepares it when it takes the abort, and gives generated code {@link #NO_TAG} as the context tag of the level that the guest returns to.
 * No page is known by that tag, so the next jump comes to the stub that looks for pages, where {@link #emit} is. Java may take it back at any time,
 * by {@link #cancel}.
 */
public final class PreparedFill {
    /** The context tag that no page has. */
    public static final int NO_TAG = 0;
    /** Most entries that are looked at together. */
    public static final int ENTRIES = 16;

    private static final int WORDS = CpuArea.MAILBOX + 0x100;
    /** int: one of the states below. */
    private static final int STATE = WORDS;
    /** int: host entries that were made. */
    private static final int MADE = WORDS + 4;
    /** Longs: the pc that the guest is to return to; the word of its level ({@link CpuArea#LEVEL_TAGS}); where generated code finds that. */
    private static final int PC = WORDS + 8;
    private static final int TAG = WORDS + 16;
    private static final int LEVEL = WORDS + 24;
    /** Longs: VM addresses of the first guest entry and of the host entry that belongs to it; how many there are. */
    private static final int GUEST = WORDS + 32;
    private static final int HOST = WORDS + 40;
    private static final int COUNT = WORDS + 48;
    /** Longs: an {@link EntryPattern}; guest physical address of RAM, its size; bits of a host entry that may only be read. */
    private static final int MASK = WORDS + 56;
    private static final int VALUE = WORDS + 64;
    private static final int READ_ONLY = WORDS + 72;
    private static final int ADDRESS = WORDS + 80;
    private static final int RAM = WORDS + 88;
    private static final int RAM_BYTES = WORDS + 96;
    private static final int RIGHTS = WORDS + 104;

    /**
     * Longs: offset in the CPU area of the words of {@link PageInvalidation}, 0 if VM code may carry nothing out; what those are when it may.
     */
    private static final int PENDING = WORDS + 112;
    private static final int FIRST = WORDS + 120;
    private static final int SECOND = WORDS + 128;
    private static final int PENDING_COUNT = WORDS + 136;
    /** Longs: VM addresses of the guest's entry of the page and of its host entry; the page's address in its slot. */
    private static final int OWN_GUEST = WORDS + 144;
    private static final int OWN_HOST = WORDS + 152;
    private static final int OWN_PAGE = WORDS + 160;
    /** ints: invalidations that VM code has carried out, and host entries that it took away for them. */
    private static final int CARRIED_OUT = WORDS + 168;
    private static final int TAKEN_AWAY = WORDS + 172;
    /** Long: of the pattern, as above. */
    private static final int NOTED = WORDS + 176;
    private static final int NONE = 0;
    private static final int READY = 1;
    /** VM code is at work on it, for some dozens of instructions. */
    private static final int BUSY = 2;
    private static final int DONE = 3;

    private static final int SPINS = 1000;
    private static final long PAUSE_NANOS = 20_000;

    private final long area;
    private int view;

    PreparedFill(long area) {
        this.area = area;
    }

    /** Where the RAM is that may be mapped, and what host entries look like but for the address. */
    public void initialise(long physical, long bytes, long rights) {
        RawMemory.putLong(area + RAM, physical);
        RawMemory.putLong(area + RAM_BYTES, bytes);
        RawMemory.putLong(area + RIGHTS, rights);
    }

    /**
     * Prepares; for a vCPU that stands still, and has none prepared. {@link #publish} follows before it goes on.
     *
     * @param pc of the access that the guest is to repeat
     * @param level the data view of the level that it belongs to
     * @param guest VM address of the first of the guest's entries
     * @param host VM address of the first host entry
     */
    public void prepare(long pc, int level, long guest, long host, int count, EntryPattern pattern) {
        view = level;
        RawMemory.putLong(area + PC, pc);
        RawMemory.putLong(area + GUEST, guest);
        RawMemory.putLong(area + HOST, host);
        RawMemory.putLong(area + COUNT, count);
        RawMemory.putLong(area + MASK, pattern.mask);
        RawMemory.putLong(area + VALUE, pattern.value);
        RawMemory.putLong(area + READ_ONLY, pattern.readOnly);
        RawMemory.putLong(area + ADDRESS, pattern.address);
        RawMemory.putLong(area + NOTED, pattern.noted);
        RawMemory.putInt(area + CARRIED_OUT, 0);
        RawMemory.putInt(area + TAKEN_AWAY, 0);
        RawMemory.putIntVolatile(area + STATE, READY);
    }

    /**
     * The guest's handler may invalidate the page that it replaces, and VM code carries that out, as long as nothing else is asked of Java: nobody but
     * the host entry knows the page. Behind {@link #prepare}.
     *
     * @param number of the page among those that were prepared
     * @param page its address in its slot
     */
    public void allowInvalidation(int number, long page, PageInvalidation pending) {
        RawMemory.putLong(area + PENDING, pending.offset);
        RawMemory.putLong(area + FIRST, pending.first);
        RawMemory.putLong(area + SECOND, pending.second);
        RawMemory.putLong(area + PENDING_COUNT, pending.count);
        RawMemory.putLong(area + OWN_GUEST, RawMemory.getLong(area + GUEST) + (long) number * Long.BYTES);
        RawMemory.putLong(area + OWN_HOST, RawMemory.getLong(area + HOST) + (long) number * Long.BYTES);
        RawMemory.putLong(area + OWN_PAGE, page);
    }

    /** Invalidations are Java's business again; for a vCPU that stands still. */
    public void forbidInvalidation() {
        RawMemory.putLong(area + PENDING, 0);
    }

    /** Invalidations that VM code has carried out since {@link #prepare}. */
    public int carriedOut() {
        return RawMemory.getInt(area + CARRIED_OUT);
    }

    /** Host entries that it has taken away for them. */
    public int takenAway() {
        return RawMemory.getInt(area + TAKEN_AWAY);
    }

    /** Has generated code use it when it goes on to a level by this tag. */
    public void publish(int level, int tag) {
        RawMemory.putLong(area + TAG, CpuArea.contextWord(tag));
        RawMemory.putLong(area + LEVEL, CpuArea.levelTag(level));
        RawMemory.putLong(area + CpuArea.levelTag(level), CpuArea.contextWord(NO_TAG));
    }

    /** The data view of the level that the guest is to return to; while something is prepared. */
    public int view() {
        return view;
    }

    public boolean isReady() {
        return RawMemory.getIntVolatile(area + STATE) == READY;
    }

    /** How many entries are looked at, or were. */
    public int count() {
        return (int) RawMemory.getLong(area + COUNT);
    }

    /** Entries that VM code has made since {@link #prepare}, asked for once; -1 if it has not come to that. */
    public int take() {
        if (RawMemory.getIntVolatile(area + STATE) != DONE) {
            return -1;
        }
        RawMemory.putInt(area + STATE, NONE);
        return RawMemory.getInt(area + MADE);
    }

    /** Takes it back, from a vCPU that may run; waits if that is at work on it. True if nothing was done and nothing will be. */
    public boolean cancel() {
        for (int spins = 0;; spins++) {
            int state = RawMemory.getIntVolatile(area + STATE);
            if (state == NONE || state == DONE) {
                return false;
            }
            if (state == READY && RawMemory.compareAndSetInt(area + STATE, READY, NONE)) {
                return true;
            }
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    private static long word(int offset) {
        return StubCode.area(offset);
    }

    /**
     * For code that leaves for Java, with everything written back. If that is to have the invalidation carried out that was allowed, does so, takes
     * the host entry away unless the guest's entry still says the same, or adds the right to write if the guest's does, and goes on at the guest's
     * pc, in RAX, by {@code again}. Falls through otherwise.
     */
    static void emitInvalidation(Assembler asm, int again) {
        int other = asm.newLabel();
        int take = asm.newLabel();
        int done = asm.newLabel();
        asm.mi(Op.CMP, 32, word(CpuArea.LEAVE_REASON), Stubs.REASON_INTERPRET);
        asm.jcc(Cond.NE, other);
        asm.rm(Op.MOV, 64, Reg.RDI, word(PENDING));
        asm.rr(Op.TEST, 64, Reg.RDI, Reg.RDI);
        asm.jcc(Cond.E, other);
        int[] expected = {FIRST, SECOND, PENDING_COUNT};
        for (int i = 0; i < expected.length; i++) {
            asm.rm(Op.MOV, 64, Reg.RAX, word(expected[i]));
            asm.mr(Op.CMP, 64, Mem.at(Reg.RBP, Reg.RDI, 1, i * Long.BYTES - CpuArea.BASE_BIAS), Reg.RAX);
            asm.jcc(Cond.NE, other);
        }
        asm.rm(Op.MOV, 64, Reg.RSI, word(OWN_HOST));
        asm.rm(Op.MOV, 64, Reg.RAX, Mem.at(Reg.RSI));
        asm.ri(Op.TEST, 8, Reg.RAX, PresenceStub.PRESENT);
        asm.jcc(Cond.E, done);
        asm.rm(Op.MOV, 64, Reg.RDX, word(OWN_GUEST));
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RDX));
        emitAddress(asm, take);
        emitRights(asm);
        asm.rr(Op.CMP, 64, Reg.RAX, Reg.RCX);
        asm.jcc(Cond.E, done);
        asm.ri(Op.OR, 64, Reg.RAX, PresenceStub.WRITABLE);
        asm.rr(Op.CMP, 64, Reg.RAX, Reg.RCX);
        asm.jcc(Cond.NE, take);
        asm.mr(Op.MOV, 64, Mem.at(Reg.RSI), Reg.RCX);
        asm.jmp(done);
        asm.bind(take);
        PresenceStub.emitTakenAway(asm);
        asm.mi(Op.MOV, 64, Mem.at(Reg.RSI), 0);
        asm.rm(Op.MOV, 64, Reg.RDX, word(OWN_PAGE));
        asm.op(Op.INT3);
        asm.m(Op.INC, 32, word(TAKEN_AWAY));
        asm.bind(done);
        asm.m(Op.INC, 32, word(CARRIED_OUT));
        asm.mi(Op.MOV, 64, word(PENDING), 0);
        asm.mi(Op.MOV, 64, Mem.at(Reg.RBP, Reg.RDI, 1, 2 * Long.BYTES - CpuArea.BASE_BIAS), 0);
        asm.rm(Op.MOV, 64, Reg.RAX, StubCode.pc(asm));
        asm.jmp(again);
        asm.bind(other);
    }

    /** Something else than the host entry knows a page from now on. */
    static void emitForbidInvalidation(Assembler asm) {
        asm.mi(Op.MOV, 64, word(PENDING), 0);
    }

    /** RDX = an entry of the guest; RCX = the address in it, if it is as the pattern says. */
    private static void emitAddress(Assembler asm, int otherwise) {
        asm.rm(Op.MOV, 64, Reg.RCX, word(MASK));
        asm.rr(Op.AND, 64, Reg.RCX, Reg.RDX);
        asm.rm(Op.CMP, 64, Reg.RCX, word(VALUE));
        asm.jcc(Cond.NE, otherwise);
        asm.rm(Op.MOV, 64, Reg.RCX, word(ADDRESS));
        asm.rr(Op.AND, 64, Reg.RCX, Reg.RDX);
    }

    /** An entry of the guest at the address in a register, which was read as RAX, becomes what another one has, unless it has changed meanwhile. */
    static void emitNote(Assembler asm, int at, int value, int otherwise) {
        int noted = asm.newLabel();
        asm.rr(Op.CMP, 64, Reg.RAX, value);
        asm.jcc(Cond.E, noted);
        asm.lock().mr(Op.CMPXCHG, 64, Mem.at(at), value);
        asm.jcc(Cond.NE, otherwise);
        asm.bind(noted);
    }

    /** RDX = an entry of the guest, RCX = the address in it, which becomes a host entry with the rights of the guest's. */
    private static void emitRights(Assembler asm) {
        int readOnly = asm.newLabel();
        asm.rm(Op.OR, 64, Reg.RCX, word(RIGHTS));
        asm.mr(Op.TEST, 64, word(READ_ONLY), Reg.RDX);
        asm.jcc(Cond.NE, readOnly);
        asm.ri(Op.OR, 64, Reg.RCX, PresenceStub.WRITABLE);
        asm.bind(readOnly);
    }

    /** RAX = guest pc, which stays; all other registers but r14 are clobbered. Falls through. */
    static void emit(Assembler asm) {
        int none = asm.newLabel();
        int restore = asm.newLabel();
        int done = asm.newLabel();
        int made = asm.newLabel();
        int next = asm.newLabel();
        asm.mi(Op.CMP, 32, word(CpuArea.CONTEXT), CpuArea.contextWord(NO_TAG));
        asm.jcc(Cond.NE, none);
        asm.rm(Op.MOV, 64, Reg.RDX, word(TAG));
        asm.mr(Op.MOV, 32, word(CpuArea.CONTEXT), Reg.RDX);
        asm.rm(Op.MOV, 64, Reg.RCX, word(LEVEL));
        asm.mr(Op.MOV, 64, Mem.at(Reg.RBP, Reg.RCX, 1, -CpuArea.BASE_BIAS), Reg.RDX);
        asm.rr(Op.MOV, 64, Reg.RBX, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.RAX, READY);
        asm.ri(Op.MOV, 32, Reg.RCX, BUSY);
        asm.lock().mr(Op.CMPXCHG, 32, word(STATE), Reg.RCX);
        asm.jcc(Cond.NE, restore);
        asm.rr(Op.XOR, 32, Reg.R9, Reg.R9);
        asm.rm(Op.CMP, 64, Reg.RBX, word(PC));
        asm.jcc(Cond.NE, done);
        asm.rm(Op.MOV, 64, Reg.RSI, word(GUEST));
        asm.rm(Op.MOV, 64, Reg.RDI, word(HOST));
        asm.rm(Op.MOV, 64, Reg.R8, word(COUNT));
        int entry = asm.here();
        asm.rm(Op.MOV, 64, Reg.RAX, Mem.at(Reg.RSI));
        asm.rr(Op.MOV, 64, Reg.RDX, Reg.RAX);
        asm.rm(Op.OR, 64, Reg.RDX, word(NOTED));
        emitAddress(asm, next);
        asm.rr(Op.MOV, 64, Reg.R10, Reg.RCX);
        asm.rm(Op.SUB, 64, Reg.R10, word(RAM));
        asm.rm(Op.CMP, 64, Reg.R10, word(RAM_BYTES));
        asm.jcc(Cond.AE, next);
        emitNote(asm, Reg.RSI, Reg.RDX, next);
        emitRights(asm);
        asm.rr(Op.XOR, 32, Reg.RAX, Reg.RAX);
        asm.lock().mr(Op.CMPXCHG, 64, Mem.at(Reg.RDI), Reg.RCX);
        asm.jcc(Cond.E, made);
        // An entry that is there may only get the right to write.
        asm.rr(Op.MOV, 64, Reg.R10, Reg.RAX);
        asm.ri(Op.OR, 64, Reg.R10, PresenceStub.WRITABLE);
        asm.rr(Op.CMP, 64, Reg.R10, Reg.RCX);
        asm.jcc(Cond.NE, next);
        asm.lock().mr(Op.CMPXCHG, 64, Mem.at(Reg.RDI), Reg.RCX);
        asm.jmp(next);
        asm.bind(made);
        asm.r(Op.INC, 32, Reg.R9);
        asm.bind(next);
        asm.ri(Op.ADD, 64, Reg.RSI, Long.BYTES);
        asm.ri(Op.ADD, 64, Reg.RDI, Long.BYTES);
        asm.r(Op.DEC, 32, Reg.R8);
        asm.jcc(Cond.NE, entry);
        asm.bind(done);
        asm.mr(Op.MOV, 32, word(MADE), Reg.R9);
        asm.ri(Op.MOV, 32, Reg.RCX, DONE);
        asm.mr(Op.XCHG, 32, word(STATE), Reg.RCX);
        asm.bind(restore);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.RBX);
        asm.bind(none);
    }
}
