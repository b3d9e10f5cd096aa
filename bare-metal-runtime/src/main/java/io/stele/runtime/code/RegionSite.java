package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;

/** One region check in generated code; reused. */
public final class RegionSite {
    private static final int REX_R = 4;
    private static final int REX_B = 1;
    private static final int MOV_LOAD_FORM = 0x8b;

    private int view;
    private int slot;
    private long start;
    private long identity;
    private long displacement;
    private int misses;

    RegionSite() {}

    /** @param start host address of the first instruction, {@code mov k, base} */
    public void set(int siteView, int siteSlot, long siteStart, long identityAddress, long displacementAddress, int missCount) {
        view = siteView;
        slot = siteSlot;
        start = siteStart;
        identity = identityAddress;
        displacement = displacementAddress;
        misses = missCount;
    }

    /** How often Java was told about the check, this time included. */
    public int misses() {
        return misses;
    }

    /** The K slot that the check was compiled for. */
    public int slot() {
        return slot;
    }

    public int view() {
        return view;
    }

    /** Number of the host register that holds the address checked. */
    public int baseRegister() {
        int rex = RawMemory.getByte(start);
        boolean load = (RawMemory.getByte(start + 1) & 0xff) == MOV_LOAD_FORM;
        int modrm = RawMemory.getByte(start + 2);
        return load ? (modrm & 7) | ((rex & REX_B) != 0 ? 8 : 0) : (modrm >> 3 & 7) | ((rex & REX_R) != 0 ? 8 : 0);
    }

    /** From now on the check expects the region of hot slot {@code index}, and K comes from there. */
    public void patch(int index) {
        RawMemory.putInt(displacement, CpuArea.regionK(view, index) - CpuArea.BASE_BIAS);
        RawMemory.putInt(identity, CpuArea.regionId(view, index) - CpuArea.BASE_BIAS);
    }
}
