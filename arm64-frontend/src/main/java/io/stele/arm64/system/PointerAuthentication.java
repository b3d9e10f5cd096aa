package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.CpuState;

/** What the description's pointer authentication needs of TCR_EL1: which bits hold codes (Arm ARM D8.9). There is no TCR_EL1.TBIDn. */
final class PointerAuthentication {
    private static final long TOP_BYTE = 0xffL << 56;
    /** Bit 55 tells the halves apart and holds no code. */
    private static final int HALF_BIT = 55;
    private static final int TBI0 = 37;

    private PointerAuthentication() {}

    /** To be called after TCR_EL1 has changed. */
    static void update(long state) {
        long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
        CpuState.set(state, GuestState.PAC_MASK_0_OFFSET, mask(tcr, false));
        CpuState.set(state, GuestState.PAC_MASK_1_OFFSET, mask(tcr, true));
        CpuState.set(state, GuestState.PAC_SELECT_OFFSET, (tcr >>> TBI0 & 3) != 0 ? Long.SIZE - 1 - HALF_BIT : 0);
    }

    private static long mask(long tcr, boolean high) {
        boolean topByteIgnored = (tcr >>> (high ? TBI0 + 1 : TBI0) & 1) != 0;
        long codes = (1L << HALF_BIT) - (1L << Stage1Walker.inputBits(tcr, high));
        return topByteIgnored ? codes : codes | TOP_BYTE;
    }
}
