package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * The table that says where guest addresses are whose region check failed, and the code that looks into it.
 *
 * <p>It has sets of four pairs {long key, long K}, a cache line each. The key names the view and either a region of 1 TiB or a granule of 1
 * GiB; the set is a hash of the key. The top byte of an address is taken off first, unless {@link CpuArea#TAGS_SIGNIFICANT} forbids it, and
 * K corrected by it.
 */
public final class RegionLookup {
    private RegionLookup() {}

    public static final int REGION_SHIFT = 40;
    public static final int GRANULE_SHIFT = 30;
    /** The address without the tag has these bits; the rest repeats the highest. */
    private static final int TAG_BITS = 8;

    public static final int WAYS = 4;
    private static final int SETS_LOG2 = 10;
    public static final int ENTRY_BYTES = 16;
    private static final int SET_SHIFT = 6;
    public static final int BYTES = 1 << SETS_LOG2 + SET_SHIFT;
    /** Equal to no key. */
    public static final long EMPTY = Long.MAX_VALUE;
    /** Of the jump behind the call of the stub. */
    private static final int JUMP_BYTES = 5;
    private static final long HASH = 0x9e37_79b9_7f4a_7c15L;

    /** Key of the region of an address without tag. */
    public static long regionKey(int view, long va) {
        return (va >>> REGION_SHIFT) * 2 + view;
    }

    /** Key of the granule of an address without tag. */
    public static long granuleKey(int view, long va) {
        return ~((va >>> GRANULE_SHIFT) * 2 + view);
    }

    /** The view that a key is for. */
    public static int view(long key) {
        return (int) (key < 0 ? ~key : key) & 1;
    }

    /** Offset in the table of the set of a key. */
    public static int set(long key) {
        return (int) (key * HASH >>> 64 - SETS_LOG2) << SET_SHIFT;
    }

    /**
     * Emits a routine that {@link RegionMissStubs} call: rax is a guest address; if the table has it, rax becomes K and ZF is set, else ZF is clear
     * and rax undefined. The table is not asked where the check names a K slot without region, nor once in {@link CpuArea#REGION_PATIENCE} times.
     * Other registers are kept; rbp is the CPU area.
     */
    static void emit(Assembler asm, int view) {
        int patient = asm.newLabel();
        int untagged = asm.newLabel();
        int miss = asm.newLabel();
        int out = asm.newLabel();
        int[] hit = new int[WAYS];
        for (int way = 0; way < WAYS; way++) {
            hit[way] = asm.newLabel();
        }
        asm.mi(Op.SUB, 32, Registers.area(CpuArea.REGION_PATIENCE), 1);
        asm.jcc(Cond.NE, patient);
        asm.rr(Op.TEST, 64, Reg.RSP, Reg.RSP);
        asm.op(Op.RET);
        asm.bind(patient);
        asm.r(Op.PUSH, Reg.RCX);
        asm.r(Op.PUSH, Reg.RDX);
        asm.r(Op.PUSH, Reg.RSI);
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RSP, 4 * Long.BYTES + RegionMissStubs.CALLER));
        asm.rm(Op.MOVSXD, 64, Reg.RCX, Mem.at(Reg.RDX, 1));
        asm.rm(Op.MOVSXD, 64, Reg.RCX, Mem.at(Reg.RDX, Reg.RCX, 1, JUMP_BYTES - RegionCheckCode.REGION_FROM_END));
        asm.mi(Op.CMP, 32, Mem.at(Reg.RBP, Reg.RCX, 1, 0), CpuArea.NO_REGION);
        asm.jcc(Cond.E, miss);
        asm.rr(Op.MOV, 64, Reg.RCX, Reg.RAX);
        asm.ri(Op.SHL, 64, Reg.RCX, TAG_BITS);
        asm.ri(Op.SAR, 64, Reg.RCX, TAG_BITS);
        asm.rr(Op.SUB, 64, Reg.RAX, Reg.RCX);
        asm.jcc(Cond.E, untagged);
        asm.rr(Op.MOV, 64, Reg.RDX, Reg.RCX);
        asm.ri(Op.SHR, 64, Reg.RDX, 63);
        asm.mi(Op.CMP, 32, Mem.at(Reg.RBP, Reg.RDX, 4, CpuArea.TAGS_SIGNIFICANT - CpuArea.BASE_BIAS), 0);
        asm.jcc(Cond.NE, miss);
        asm.bind(untagged);
        asm.rr(Op.MOV, 64, Reg.RSI, Reg.RCX);
        asm.ri(Op.SHR, 64, Reg.RSI, REGION_SHIFT);
        asm.rm(Op.LEA, 64, Reg.RSI, Mem.at(Reg.RSI, Reg.RSI, 1, view));
        look(asm, hit);
        asm.ri(Op.SHR, 64, Reg.RCX, GRANULE_SHIFT);
        asm.rm(Op.LEA, 64, Reg.RSI, Mem.at(Reg.RCX, Reg.RCX, 1, view));
        asm.r(Op.NOT, 64, Reg.RSI);
        look(asm, hit);
        asm.bind(miss);
        asm.rr(Op.TEST, 64, Reg.RSP, Reg.RSP);
        asm.jmp(out);
        for (int way = WAYS - 1; way > 0; way--) {
            asm.bind(hit[way]);
            asm.ri(Op.ADD, 64, Reg.RDX, ENTRY_BYTES);
        }
        asm.bind(hit[0]);
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RDX, 8));
        asm.rr(Op.SUB, 64, Reg.RDX, Reg.RAX);
        asm.rr(Op.MOV, 64, Reg.RAX, Reg.RDX);
        asm.rr(Op.CMP, 64, Reg.RAX, Reg.RAX);
        asm.bind(out);
        asm.r(Op.POP, Reg.RSI);
        asm.r(Op.POP, Reg.RDX);
        asm.r(Op.POP, Reg.RCX);
        asm.op(Op.RET);
    }

    /** Compares the key in rsi with those of its set; rdx becomes the address of the set. */
    private static void look(Assembler asm, int[] hit) {
        asm.ri(Op.MOV, 64, Reg.RDX, HASH);
        asm.rr(Op.IMUL, 64, Reg.RDX, Reg.RSI);
        asm.ri(Op.SHR, 64, Reg.RDX, 64 - SETS_LOG2);
        asm.ri(Op.SHL, 32, Reg.RDX, SET_SHIFT);
        asm.rm(Op.LEA, 64, Reg.RDX, Mem.at(Reg.RBP, Reg.RDX, 1, CpuArea.REGION_TABLE - CpuArea.BASE_BIAS));
        for (int way = 0; way < WAYS; way++) {
            asm.rm(Op.CMP, 64, Reg.RSI, Mem.at(Reg.RDX, way * ENTRY_BYTES));
            asm.jcc(Cond.E, hit[way]);
        }
    }
}
