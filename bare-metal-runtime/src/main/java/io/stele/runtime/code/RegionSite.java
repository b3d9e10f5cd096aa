package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;

/** One region check in generated code; reused. */
public final class RegionSite {
    private long check;
    private int view;
    private int base;
    private long identity;
    private long displacement;
    private int misses;

    RegionSite() {}

    /** @param baseRegister as of {@link #baseRegister} */
    public void set(long checkAddress, int siteView, int baseRegister, long identityAddress, long displacementAddress, int missCount) {
        check = checkAddress;
        view = siteView;
        base = baseRegister;
        identity = identityAddress;
        displacement = displacementAddress;
        misses = missCount;
    }

    /** VM address of the check. */
    public long check() {
        return check;
    }

    /** How often Java was told about the check, this time included. */
    public int misses() {
        return misses;
    }

    /** The K number that the check names at present. */
    public int slot() {
        return CpuArea.regionSlot(view, RawMemory.getInt(displacement) + CpuArea.BASE_BIAS);
    }

    public int view() {
        return view;
    }

    /** Number of the host register that holds the address checked. */
    public int baseRegister() {
        return base;
    }

    /** From now on the check expects the region of hot slot {@code index}, and K comes from there. */
    public void patch(int index) {
        RawMemory.putInt(displacement, CpuArea.regionK(view, index) - CpuArea.BASE_BIAS);
        RawMemory.putInt(identity, CpuArea.regionId(view, index) - CpuArea.BASE_BIAS);
    }
}
