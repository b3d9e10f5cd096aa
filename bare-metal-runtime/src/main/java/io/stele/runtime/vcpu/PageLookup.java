package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.guest.EntryPattern;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How VM code finds the code of a page that its vCPU has not met in a space, without a request: Java has told it for some tables of the
 * guest where they are, and how an entry looks that maps code ({@link #tell}). It reads the entry, looks the physical page up in {@link
 * VmLayout#KNOWN_PAGES}, enters what it finds in the sets of pages, and writes down that it did.
 *
 * <p>A vCPU that runs may be at work on that, so whoever changes its sets has {@link #lock} meanwhile; VM code asks Java instead of
 * waiting for it. What is not to be found any more is taken out of the guest's table, the known pages or what was told first, and of the
 * sets behind that, with the lock: so VM code has entered it before, or does not find it.
 */
public final class PageLookup {
    private static final int WORDS = CpuArea.MAILBOX + 0x200;
    /** int: FREE, or who changes the sets. */
    private static final int LOCK = WORDS;
    /** int: how many pages VM code has entered since Java asked. */
    private static final int COUNT = WORDS + 4;
    /** int: aborts of fetches that VM code has taken. */
    private static final int ABORTS = WORDS + 8;
    /** Their pairs {page address, VM address of the entry table}. */
    private static final int ENTERED = WORDS + 0x40;
    private static final int MOST_ENTERED = 24;
    /**
     * By low bits of the number of the table, seven longs: addresses of the table | context tag, or -1; its VM address; attributes of an
     * entry; mode of its code; {@link EntryPattern#noted} and {@link EntryPattern#present}; VM address of the code that takes aborts, or 0.
     */
    private static final int TABLES = ENTERED + MOST_ENTERED * 16;
    private static final int TABLE_COUNT = 16;
    private static final int TABLE_LOG = 6;
    /** log2 of the addresses that a table is for. */
    private static final int REACH_LOG = 21;
    private static final long REACH = 1L << REACH_LOG;
    private static final int PAGES_LOG = REACH_LOG - 12;

    /** The level that gets aborts. */
    private static final int ABORT_LEVEL = 1;

    private static final int FREE = 0;
    private static final int VM = 1;
    private static final int JAVA = 2;
    private static final int SPINS = 1000;
    private static final long PAUSE_NANOS = 20_000;

    private final long area;
    private final BooleanSupplier ended;
    /** Where something was told since everything was forgotten. */
    private boolean told;
    private int abortsTaken;

    /** @param ended the vCPU, perhaps at work on this, will not go on: nobody waits for it any more */
    PageLookup(long area, BooleanSupplier ended) {
        this.area = area;
        this.ended = ended;
        told = true;
        forget();
    }

    private long table(long va) {
        return area + TABLES + ((va >>> REACH_LOG & TABLE_COUNT - 1) << TABLE_LOG);
    }

    /**
     * Has VM code look for pages near an address; for a vCPU that stands still.
     *
     * @param entry VM address of the guest's table entry for the page
     * @param attributes what of it is not the physical address
     * @param pattern of entries for ordinary memory
     * @param mode of the page's code
     * @param abort VM address of the code that takes the abort where nothing is mapped; 0: Java does
     */
    public void tell(long va, int tag, long entry, long attributes, EntryPattern pattern, int mode, long abort) {
        long to = table(va);
        RawMemory.putLong(to, va & -REACH | tag);
        RawMemory.putLong(to + 8, entry & -4096L);
        RawMemory.putLong(to + 16, attributes);
        RawMemory.putLong(to + 24, mode);
        RawMemory.putLong(to + 32, pattern.noted);
        RawMemory.putLong(to + 40, pattern.present);
        RawMemory.putLong(to + 48, abort);
        told = true;
    }

    /** Nothing is looked for, but what VM code is at work on: {@link #lock} waits for that. */
    public void forget() {
        if (told) {
            for (int i = 0; i < TABLE_COUNT; i++) {
                RawMemory.putLongVolatile(area + TABLES + ((long) i << TABLE_LOG), -1);
            }
            told = false;
        }
    }

    /** True if pages near an address may be looked for. */
    public boolean covers(long va) {
        long known = RawMemory.getLong(table(va));
        return known != -1 && (known ^ va) >>> REACH_LOG == 0;
    }

    /** Keeps VM code from changing the sets; waits if it does. */
    public void lock() {
        for (int spins = 0; !RawMemory.compareAndSetInt(area + LOCK, FREE, JAVA) && !ended.getAsBoolean(); spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    public void unlock() {
        RawMemory.putIntVolatile(area + LOCK, FREE);
    }

    /** Takes a page that VM code has entered: its address; -1 if there is no more. With the lock, or for a vCPU that stands still. */
    public long takeEntered() {
        int count = RawMemory.getInt(area + COUNT);
        if (count == 0) {
            return -1;
        }
        RawMemory.putInt(area + COUNT, count - 1);
        return RawMemory.getLong(area + ENTERED + (count - 1) * 16L);
    }

    /** VM address of the entry table of the page that was taken last. */
    public long takenTable() {
        return RawMemory.getLong(area + ENTERED + RawMemory.getInt(area + COUNT) * 16L + 8);
    }

    /** Aborts that VM code has taken since the last call. */
    public int takeAborts() {
        int all = RawMemory.getInt(area + ABORTS);
        int fresh = all - abortsTaken;
        abortsTaken = all;
        return fresh;
    }

    private static long word(int offset) {
        return StubCode.area(offset);
    }

    private static long indexed(int reg, int offset) {
        return Mem.at(Reg.RBP, reg, 1, offset - CpuArea.BASE_BIAS);
    }

    /**
     * RAX = guest pc, RSI = its page, RDX = its {@link CpuArea#probeKey}, EBX = low bits of the number of the page, RDI = end of the set.
     * All stay but RDI, which is the first pair of the set at {@code found}. Other registers but r14 are clobbered. Falls through if the
     * page is not found. If the guest maps nothing there, goes to the code that takes the abort.
     */
    static void emit(Assembler asm, int found) {
        int none = asm.newLabel();
        int busy = asm.newLabel();
        int unknown = asm.newLabel();
        int present = asm.newLabel();
        int known = asm.newLabel();
        asm.rr(Op.MOV, 64, Reg.R8, Reg.RSI);
        asm.ri(Op.AND, 64, Reg.R8, (int) -REACH);
        asm.rm(Op.MOV, 32, Reg.R9, word(CpuArea.CONTEXT));
        asm.ri(Op.AND, 32, Reg.R9, CpuArea.TAG_MASK);
        asm.rr(Op.OR, 64, Reg.R8, Reg.R9);
        asm.rr(Op.MOV, 32, Reg.RCX, Reg.RBX);
        asm.ri(Op.SHR, 32, Reg.RCX, PAGES_LOG);
        asm.ri(Op.AND, 32, Reg.RCX, TABLE_COUNT - 1);
        asm.ri(Op.SHL, 32, Reg.RCX, TABLE_LOG);
        asm.rm(Op.CMP, 64, Reg.R8, indexed(Reg.RCX, TABLES));
        asm.jcc(Cond.NE, none);
        asm.rr(Op.MOV, 64, Reg.R9, Reg.RAX);
        asm.rr(Op.XOR, 32, Reg.RAX, Reg.RAX);
        asm.ri(Op.MOV, 32, Reg.R10, VM);
        asm.lock().mr(Op.CMPXCHG, 32, word(LOCK), Reg.R10);
        asm.jcc(Cond.NE, busy);
        asm.rm(Op.CMP, 64, Reg.R8, indexed(Reg.RCX, TABLES));
        asm.jcc(Cond.NE, unknown);
        asm.mi(Op.CMP, 32, word(COUNT), MOST_ENTERED);
        asm.jcc(Cond.E, unknown);

        asm.rr(Op.MOV, 32, Reg.R8, Reg.RBX);
        asm.ri(Op.AND, 32, Reg.R8, (1 << PAGES_LOG) - 1);
        asm.rm(Op.MOV, 64, Reg.R12, indexed(Reg.RCX, TABLES + 8));
        asm.rm(Op.LEA, 64, Reg.R12, Mem.at(Reg.R12, Reg.R8, 8, 0));
        asm.rm(Op.MOV, 64, Reg.RAX, Mem.at(Reg.R12));
        asm.mr(Op.TEST, 64, indexed(Reg.RCX, TABLES + 40), Reg.RAX);
        asm.jcc(Cond.NE, present);
        asm.rm(Op.MOV, 64, Reg.R10, indexed(Reg.RCX, TABLES + 48));
        asm.rr(Op.TEST, 64, Reg.R10, Reg.R10);
        asm.jcc(Cond.E, unknown);
        asm.mi(Op.CMP, 64, word(CpuArea.levelTag(ABORT_LEVEL)), 0);
        asm.jcc(Cond.E, unknown);
        asm.m(Op.INC, 32, word(ABORTS));
        asm.mi(Op.MOV, 32, word(LOCK), FREE);
        asm.r(Op.JMP, Reg.R10);
        asm.bind(present);
        asm.rr(Op.MOV, 64, Reg.R13, Reg.RAX);
        asm.rm(Op.OR, 64, Reg.R13, indexed(Reg.RCX, TABLES + 32));
        asm.rr(Op.MOV, 64, Reg.R8, Reg.R13);
        asm.rm(Op.XOR, 64, Reg.R8, indexed(Reg.RCX, TABLES + 16));
        asm.ri(Op.TEST, 32, Reg.R8, 4095);
        asm.jcc(Cond.NE, unknown);
        asm.rr(Op.MOV, 64, Reg.R11, Reg.R8);
        asm.ri(Op.SHR, 64, Reg.R11, 12);
        asm.ri(Op.AND, 32, Reg.R11, VmLayout.KNOWN_SETS - 1);
        asm.ri(Op.SHL, 32, Reg.R11, Integer.numberOfTrailingZeros(VmLayout.KNOWN_SET_BYTES));
        asm.ri(Op.ADD, 32, Reg.R11, (int) VmLayout.KNOWN_PAGES);
        asm.rm(Op.OR, 64, Reg.R8, indexed(Reg.RCX, TABLES + 24));
        PageStubs.emitSearch(asm, Reg.R8, Reg.R11, VmLayout.KNOWN_WAYS, Reg.RCX, known);
        asm.bind(unknown);
        asm.mi(Op.MOV, 32, word(LOCK), FREE);
        asm.bind(busy);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.R9);
        asm.jmp(none);

        asm.bind(known);
        asm.rm(Op.MOV, 64, Reg.R10, Mem.at(Reg.R11, 8));
        asm.rm(Op.CMP, 64, Reg.R8, Mem.at(Reg.R11));
        asm.jcc(Cond.NE, unknown);
        PreparedFill.emitNote(asm, Reg.R12, Reg.R13, unknown);
        asm.rm(Op.MOV, 32, Reg.RCX, word(COUNT));
        asm.ri(Op.SHL, 32, Reg.RCX, 4);
        asm.mr(Op.MOV, 64, indexed(Reg.RCX, ENTERED), Reg.RSI);
        asm.mr(Op.MOV, 64, indexed(Reg.RCX, ENTERED + 8), Reg.R10);
        asm.m(Op.INC, 32, word(COUNT));
        asm.ri(Op.MOV, 32, Reg.RCX, VmLayout.PAGE_WAYS - 1);
        int shift = asm.here();
        asm.rm(Op.MOV, 64, Reg.R8, Mem.at(Reg.RDI, -32));
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI, -16), Reg.R8);
        asm.rm(Op.MOV, 64, Reg.R8, Mem.at(Reg.RDI, -24));
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI, -8), Reg.R8);
        asm.ri(Op.SUB, 32, Reg.RDI, 16);
        asm.r(Op.DEC, 32, Reg.RCX);
        asm.jcc(Cond.NE, shift);
        asm.ri(Op.SUB, 32, Reg.RDI, 16);
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI), Reg.RDX);
        asm.mr(Op.MOV, 64, Mem.at(Reg.RDI, 8), Reg.R10);
        PreparedFill.emitForbidInvalidation(asm);
        asm.mi(Op.MOV, 32, word(LOCK), FREE);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.R9);
        asm.jmp(found);
        asm.bind(none);
    }
}
