package io.stele.runtime.memory;

import io.stele.codegen.AccessSite;
import io.stele.codegen.CpuArea;
import io.stele.codegen.IdleMaintenance;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * The thunk ({@link AccessThunks}) for accesses to device memory, and to pages that the guest maps and unmaps all the time (Linux's fixmap). A page
 * fault costs tens of microseconds, taking a mapping away again as much.
 *
 * <p>It looks its page up in a table (separate for loads and stores) that Java can change at
 * no cost, and goes to the RAM behind it by way of a window onto all of guest RAM; other pages trap to Java. The table does not say where the
 * page is, but which entry of the guest's own tables does: the thunk reads that, so the guest may map another page there at any time. As long as
 * the entry has the attributes that Java has seen, and names RAM, the access is allowed.
 */
public final class WindowThunk {
    /**
     * Per direction TABLE_ENTRIES times four longs: page address in the slot; VM address of the guest's table entry, or of the fourth long; what
     * of the entry is not the address; an entry for mappings that hang on none of the guest's. Index = address bits 15:12.
     */
    public static final int TABLE = CpuArea.MAILBOX + 0x1000;
    private static final int TABLE_ENTRIES = 16;
    private static final int ENTRY_LOG = 5;
    private static final int ENTRY_BYTES = 1 << ENTRY_LOG;
    private static final int STORE_TABLE = TABLE + TABLE_ENTRIES * ENTRY_BYTES;
    private static final int VALUE = STORE_TABLE + TABLE_ENTRIES * ENTRY_BYTES;
    /** Longs: guest physical address of RAM, its size, and where the window shows guest physical address 0. */
    private static final int RAM = VALUE + 8;
    private static final int RAM_BYTES = VALUE + 16;
    private static final int WINDOW = VALUE + 24;
    /** Long: VM address of the CPU area, for Java. */
    private static final int SELF = VALUE + 32;
    /** Behind all of this. */
    static final int END = VALUE + 40;

    private final Assembler asm;
    private final long trap;

    /** @param trap what a thunk calls that cannot go on */
    WindowThunk(Assembler asm, long trap) {
        this.asm = asm;
        this.trap = trap;
    }

    private static long area(int offset) {
        return Mem.at(Reg.RBP, offset - CpuArea.BASE_BIAS);
    }

    /** The code ends with the call, so that its end is the return address. @param access an {@link AccessSite} */
    void emit(int access, int displacement, int immediate, long next) {
        boolean load = AccessSite.isLoad(access);
        int size = AccessSite.size(access);
        int table = load ? TABLE : STORE_TABLE;
        int miss = asm.newLabel();
        boolean vector = AccessSite.isVector(access);
        boolean constant = AccessSite.isImmediate(access);
        if (!load && !vector && !constant) {
            asm.mr(Op.MOV, 64, area(VALUE), AccessSite.register(access));
        }
        asm.op(Op.PUSHFQ);
        asm.r(Op.PUSH, Reg.RCX);
        asm.r(Op.PUSH, Reg.RDX);
        asm.r(Op.PUSH, Reg.RSI);
        asm.rm(Op.LEA, 64, Reg.RDX, Mem.at(AccessSite.k(access), AccessSite.base(access), 1 << AccessSite.shift(access), displacement));
        int register = asm.newLabel();
        if (CoalescedMmio.takes(access)) {
            CoalescedMmio.emitCheck(asm, load, register);
        }
        asm.rr(Op.MOV, 64, Reg.RCX, Reg.RDX);
        asm.rr(Op.MOV, 64, Reg.RSI, Reg.RDX);
        asm.ri(Op.SHR, 32, Reg.RCX, 12 - ENTRY_LOG);
        asm.ri(Op.AND, 32, Reg.RCX, TABLE_ENTRIES - 1 << ENTRY_LOG);
        asm.ri(Op.AND, 64, Reg.RSI, -4096);
        asm.rm(Op.CMP, 64, Reg.RSI, Mem.at(Reg.RBP, Reg.RCX, 1, table - CpuArea.BASE_BIAS));
        asm.jcc(Cond.NE, miss);
        asm.ri(Op.AND, 32, Reg.RDX, 4095);
        asm.ri(Op.CMP, 32, Reg.RDX, 4096 - size);
        asm.jcc(Cond.A, miss);
        asm.rm(Op.MOV, 64, Reg.RSI, Mem.at(Reg.RBP, Reg.RCX, 1, table + 8 - CpuArea.BASE_BIAS));
        asm.rm(Op.MOV, 64, Reg.RSI, Mem.at(Reg.RSI));
        asm.rm(Op.XOR, 64, Reg.RSI, Mem.at(Reg.RBP, Reg.RCX, 1, table + 16 - CpuArea.BASE_BIAS));
        asm.ri(Op.TEST, 32, Reg.RSI, 4095);
        asm.jcc(Cond.NE, miss);
        asm.rr(Op.MOV, 64, Reg.RCX, Reg.RSI);
        asm.rm(Op.SUB, 64, Reg.RCX, area(RAM));
        asm.rm(Op.CMP, 64, Reg.RCX, area(RAM_BYTES));
        asm.jcc(Cond.AE, miss);
        asm.rr(Op.ADD, 64, Reg.RDX, Reg.RSI);
        asm.rm(Op.ADD, 64, Reg.RDX, area(WINDOW));
        if (vector) {
            vector(load, AccessSite.register(access), size);
        } else if (constant) {
            asm.mi(Op.MOV, size * 8, Mem.at(Reg.RDX), size == 1 ? (byte) immediate : size == 2 ? (short) immediate : immediate);
        } else if (load) {
            load(access, Mem.at(Reg.RDX));
        } else {
            asm.rm(Op.MOV, 64, Reg.RCX, area(VALUE));
            asm.mr(Op.MOV, size * 8, Mem.at(Reg.RDX), Reg.RCX);
        }
        end(access, next);
        if (CoalescedMmio.takes(access)) {
            asm.bind(register);
            if (load) {
                load(access, CoalescedMmio.steadyValue());
            } else {
                if (constant) {
                    asm.ri(Op.MOV, 32, Reg.RCX, immediate & (int) (0xffff_ffffL >>> 32 - 8 * size));
                } else {
                    zeroExtend(size, area(VALUE));
                }
                CoalescedMmio.emitPost(asm, size, miss);
            }
            end(access, next);
        }
        asm.bind(miss);
        restoreRegisters();
        asm.callTo(trap);
    }

    /** The access is done; {@link #load} has left what it loaded in VALUE. */
    private void end(int access, long next) {
        restoreRegisters();
        if (AccessSite.isLoad(access) && !AccessSite.isVector(access)) {
            asm.rm(Op.MOV, 64, AccessSite.register(access), area(VALUE));
        }
        asm.jmpTo(next);
    }

    private void load(int access, long mem) {
        if (AccessSite.isSigned(access)) {
            int width = AccessSite.width(access);
            switch (AccessSite.size(access)) {
                case 1 -> asm.rm(Op.MOVSX_8, width, Reg.RCX, mem);
                case 2 -> asm.rm(Op.MOVSX_16, width, Reg.RCX, mem);
                default -> asm.rm(Op.MOVSXD, 64, Reg.RCX, mem);
            }
        } else {
            zeroExtend(AccessSite.size(access), mem);
        }
        asm.mr(Op.MOV, 64, area(VALUE), Reg.RCX);
    }

    private void zeroExtend(int size, long mem) {
        switch (size) {
            case 1 -> asm.rm(Op.MOVZX_8, 32, Reg.RCX, mem);
            case 2 -> asm.rm(Op.MOVZX_16, 32, Reg.RCX, mem);
            case 4 -> asm.rm(Op.MOV, 32, Reg.RCX, mem);
            default -> asm.rm(Op.MOV, 64, Reg.RCX, mem);
        }
    }

    private void vector(boolean load, int xmm, int size) {
        Op op = size == 8 ? Op.VMOVQ : Op.VMOVDQU;
        if (size == 4) {
            op = load ? Op.VMOVD_XR : Op.VMOVD_RX;
        }
        if (load) {
            asm.rm(op, xmm, Mem.at(Reg.RDX));
        } else {
            asm.mr(op, Mem.at(Reg.RDX), xmm);
        }
    }

    private void restoreRegisters() {
        asm.r(Op.POP, Reg.RSI);
        asm.r(Op.POP, Reg.RDX);
        asm.r(Op.POP, Reg.RCX);
        asm.op(Op.POPFQ);
    }

    /**
     * Tells thunks where RAM is.
     *
     * @param vmArea VM address of the CPU area
     * @param window VM address that shows guest physical address 0
     */
    public static void initialise(long area, long vmArea, long physical, long bytes, long window) {
        RawMemory.putLong(area + RAM, physical);
        RawMemory.putLong(area + RAM_BYTES, bytes);
        RawMemory.putLong(area + WINDOW, window);
        RawMemory.putLong(area + SELF, vmArea);
        IdleMaintenance.clear(area);
        clearTables(area, false);
    }

    /**
     * Lets thunks reach a page of RAM.
     *
     * @param hostPage its address in a slot
     * @param walk the translation of that page
     */
    public static void admit(long area, boolean store, long hostPage, Walk walk) {
        int offset = (store ? STORE_TABLE : TABLE) + (int) (hostPage >>> 12 & TABLE_ENTRIES - 1) * ENTRY_BYTES;
        long entry = area + offset;
        RawMemory.putLong(entry, hostPage);
        if (walk.entry != 0) {
            RawMemory.putLong(entry + 8, RawMemory.getLong(area + WINDOW) + walk.entry);
            RawMemory.putLong(entry + 16, walk.entryAttributes);
        } else {
            IdleMaintenance.clear(area);
            RawMemory.putLong(entry + 8, ownEntry(area, offset));
            RawMemory.putLong(entry + 16, 0);
            RawMemory.putLong(entry + 24, walk.physical & -4096L);
        }
    }

    private static long ownEntry(long area, int offset) {
        return RawMemory.getLong(area + SELF) + offset + 24;
    }

    /**
     * Makes all thunks trap at their next access.
     *
     * @param lastLevel only the last level of the guest's tables has changed, which thunks read themselves if they can
     * @return true if there was anything that thunks could find
     */
    public static boolean clearTables(long area, boolean lastLevel) {
        boolean found = CoalescedMmio.forget(area);
        for (int i = 0; i < 2 * TABLE_ENTRIES; i++) {
            int offset = TABLE + i * ENTRY_BYTES;
            if (!lastLevel || RawMemory.getLong(area + offset + 8) == ownEntry(area, offset)) {
                found |= RawMemory.getLong(area + offset) != -1;
                RawMemory.putLong(area + offset, -1);
            }
        }
        return found;
    }
}
