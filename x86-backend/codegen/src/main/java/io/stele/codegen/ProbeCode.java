package io.stele.codegen;

import io.stele.guest.GuestIsa;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Fragment;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * The search for the page of a guest address in the page probe table. Where the table does not have the page, or something is pending ({@link
 * CpuArea#INTERRUPT_PENDING}), and where the entry table has no code, a stub goes on; for all the pc is what r14 and rax give together ({@link
 * Stubs#miss}).
 */
final class ProbeCode {
    /** Of the code of {@link #comparePending}. */
    static final int COMPARE_PENDING_BYTES = 7;
    private static final int PAGE_BYTES = 4096;
    /** The page keeps the bits that make an address unaligned, which its key lacks then: so no entry is found. */
    private static final int UNALIGNED = GuestIsa.INSTRUCTION_ALIGNMENT - 1;
    /** log2 of the bytes of an entry: all entries have 64 KiB together. */
    private static final int ENTRY_LOG = Short.SIZE - Integer.numberOfTrailingZeros(CpuArea.PROBE_ENTRIES);

    private final HostFeatures host;
    private final Fragment indirect;
    /** The same with {@link CpuArea#NEXT_CONTEXT}. */
    private final Fragment toContext;
    /** Offset of the displacement of the jump that is taken when the table does not have the page, in either. */
    private int unknown;

    ProbeCode(HostFeatures host) {
        this.host = host;
        indirect = indirect(CpuArea.CONTEXT);
        toContext = indirect(CpuArea.NEXT_CONTEXT);
    }

    private Fragment indirect(int context) {
        Assembler asm = new Assembler();
        asm.rr(Op.MOV, 64, Reg.R14, Reg.RAX);
        asm.ri(Op.AND, 32, Reg.RAX, PAGE_BYTES - 1);
        asm.ri(Op.AND, 64, Reg.R14, -PAGE_BYTES | UNALIGNED);
        long entry = compare(asm, Reg.R14, Reg.RDX, context);
        unknown = asm.jccTo(Cond.NE, 0);
        asm.rm(Op.MOV, 32, Reg.RCX, Mem.plus(entry, 8));
        asm.patch32(unknown, 0);
        return new Fragment(asm);
    }

    /**
     * Appends the search for the address in rax; goes on with the page in r14 and the rest in rax.
     *
     * @return the entry of the page's entry table, as an operand
     */
    long emit(Assembler asm, Stubs stubs) {
        return append(asm, indirect, stubs);
    }

    private long append(Assembler asm, Fragment fragment, Stubs stubs) {
        int at = asm.append(fragment);
        asm.retarget(at + unknown, stubs.miss());
        return Mem.at(Reg.RCX, Reg.RAX, GuestIsa.ENTRY_SCALE, 0);
    }

    /** The same for a jump to code of another context. Half of CONTEXT was just stored, so all of it could not be loaded for some cycles. */
    long emitToContext(Assembler asm, Stubs stubs) {
        long entry = append(asm, toContext, stubs);
        comparePending(asm);
        asm.jccTo(Cond.NE, stubs.miss());
        return entry;
    }

    /** Not equal, if something is pending. */
    static void comparePending(Assembler asm) {
        asm.mi(Op.CMP, 32, Registers.area(CpuArea.INTERRUPT_PENDING), CpuArea.NOTHING_PENDING);
    }

    /** The same for an address whose distance from r14 is known, which is in another page. @param absent label to go to where nothing is found */
    long emit(Assembler asm, long distance, int absent) {
        int offset = (int) distance & PAGE_BYTES - 1;
        Registers.loadPageAddress(asm, Reg.R14, distance - offset);
        asm.ri(Op.MOV, 32, Reg.RAX, offset);
        long entry = compare(asm, Reg.R14, Reg.RDX);
        asm.jcc(Cond.NE, absent);
        asm.rm(Op.MOV, 32, Reg.RCX, Mem.plus(entry, 8));
        return Mem.at(Reg.RCX, offset * GuestIsa.ENTRY_SCALE);
    }

    /**
     * Compares the probe entry of a page, whose address is in a register, with what it should have.
     *
     * @param key register that gets what it should have ({@link CpuArea#probeKey}); may be that of the page
     * @return the entry, as an operand; uses rcx
     */
    long compare(Assembler asm, int page, int key) {
        return compare(asm, page, key, CpuArea.CONTEXT);
    }

    private long compare(Assembler asm, int page, int key, int context) {
        int shift = Integer.numberOfTrailingZeros(PAGE_BYTES) - ENTRY_LOG;
        if (host.bmi2()) {
            asm.rri(Op.RORX, 32, Reg.RCX, page, shift);
        } else {
            asm.rr(Op.MOV, 32, Reg.RCX, page);
            asm.ri(Op.SHR, 32, Reg.RCX, shift);
        }
        // The index is what 16 bits hold.
        asm.rr(Op.MOVZX_16, 32, Reg.RCX, Reg.RCX);
        if (host.bmi1()) {
            asm.rrm(Op.ANDN, 64, key, page, Registers.area(context));
        } else {
            if (key != page) {
                asm.rr(Op.MOV, 64, key, page);
            }
            asm.r(Op.NOT, 64, key);
            asm.rm(Op.AND, 64, key, Registers.area(context));
        }
        long entry = Mem.at(Reg.RBP, Reg.RCX, 1, CpuArea.PROBE_TABLE - CpuArea.BASE_BIAS);
        asm.rm(Op.CMP, 64, key, entry);
        return entry;
    }
}
