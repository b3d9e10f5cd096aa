package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Fragment;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * A region check in line: shrx k, base, rbp; cmp k, [region of the slot]; jne out of line; mov k, [K of the slot]. The displacements have 32
 * bits each, so that the runtime can replace them.
 */
final class RegionCheckCode {
    /** The displacement of the region begins so many bytes before the end of the check. */
    static final int REGION_FROM_END = 17;

    private final Fragment code;
    /** Offsets of 32-bit displacements: of the region in the CPU area, of the jump, of K in the CPU area. */
    private final int region;
    private final int miss;
    private final int k;

    /** @param k register that gets K; @param base register with the address */
    RegionCheckCode(int k, int base, HostFeatures host) {
        Assembler asm = new Assembler();
        region(asm, k, base, host);
        asm.rm(Op.CMP, 32, k, Registers.area(CpuArea.regionId(0, 0)));
        region = asm.position() - Integer.BYTES;
        miss = asm.jccTo(Cond.NE, 0);
        asm.rm(Op.MOV, 64, k, Registers.area(CpuArea.regionK(0, 0)));
        this.k = asm.position() - Integer.BYTES;
        asm.patch32(miss, 0);
        if (asm.position() - region != REGION_FROM_END) {
            throw new IllegalStateException("region check of another length");
        }
        code = new Fragment(asm);
    }

    /** Computes the region of an address. The flags change. */
    static void region(Assembler asm, int d, int address, HostFeatures host) {
        if (host.bmi2()) {
            // Its lowest bits: CpuArea.BASE_BIAS.
            asm.rrr(Op.SHRX, 64, d, address, Reg.RBP);
        } else {
            asm.rr(Op.MOV, 64, d, address);
            asm.ri(Op.SHR, 64, d, RegionLookup.REGION_SHIFT);
        }
    }

    /**
     * Appends it.
     *
     * @param view of the K slot
     * @param otherwise label of what follows when the address is in another region
     * @return offset of the first byte
     */
    int emit(Assembler asm, int view, int slot, int otherwise) {
        int at = asm.append(code);
        asm.patch32(at + region, CpuArea.regionId(view, slot) - CpuArea.BASE_BIAS);
        asm.refer(otherwise, at + miss);
        asm.patch32(at + k, CpuArea.regionK(view, slot) - CpuArea.BASE_BIAS);
        return at;
    }

    /** Where the displacement of the region is in the code, from its first byte. */
    int region() {
        return region;
    }

    /** Where the displacement of K is in the code, from its first byte. */
    int k() {
        return k;
    }
}
