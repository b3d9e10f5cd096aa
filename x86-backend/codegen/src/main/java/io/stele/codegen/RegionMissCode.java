package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Fragment;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * What stands out of line behind a region check: the address is looked up in the region table; when it is not there, or the check names a K slot
 * without region, and now and then otherwise, Java gets to know, and the check is made again.
 */
final class RegionMissCode {
    private final Fragment code;
    /** Offsets of 32-bit displacements: of the region in the CPU area; of the call of the lookup; of the jumps and the call behind it. */
    private final int region;
    private final int lookup;
    private final int found;
    private final int tell;
    private final int again;

    /** @param k register that gets K; @param base register with the address */
    RegionMissCode(int k, int base) {
        Assembler asm = new Assembler();
        int told = asm.newLabel();
        asm.mi(Op.CMP, 32, Registers.area(CpuArea.regionId(0, 0)), CpuArea.NO_REGION);
        region = asm.position() - 1 - Integer.BYTES;
        asm.jccShort(Cond.E, told);
        if (k != Reg.RAX) {
            asm.r(Op.PUSH, Reg.RAX);
        }
        if (base != Reg.RAX) {
            asm.rr(Op.MOV, 64, Reg.RAX, base);
        }
        lookup = asm.callTo(0);
        if (k != Reg.RAX) {
            asm.rr(Op.MOV, 64, k, Reg.RAX);
            asm.r(Op.POP, Reg.RAX);
        }
        found = asm.jccTo(Cond.E, 0);
        asm.bind(told);
        tell = asm.callTo(0);
        again = asm.jmpTo(0);
        code = new Fragment(asm);
    }

    /**
     * Appends it.
     *
     * @param regionId VM address of the check's region in the CPU area, relative to rbp
     * @param behind offset of the code behind the check
     * @param check offset of the check
     * @return where Java finds the site: offset behind the call
     */
    int emit(Assembler asm, int regionId, long lookupStub, int behind, long tellStub, int check) {
        int at = asm.append(code);
        long start = asm.code().baseAddress();
        asm.patch32(at + region, regionId);
        asm.retarget(at + lookup, lookupStub);
        asm.retarget(at + found, start + behind);
        asm.retarget(at + tell, tellStub);
        asm.retarget(at + again, start + check);
        return at + tell + Integer.BYTES;
    }
}
