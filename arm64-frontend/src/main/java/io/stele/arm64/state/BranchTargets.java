package io.stele.arm64.state;

import io.stele.arm64.generated.GuestState;

/** FEAT_BTI (Arm ARM D8.4.6 "PE branch target identification"): which values of PSTATE.BTYPE an instruction in a guarded page does not go with. */
public final class BranchTargets {
    /** None of them but 0. */
    public static final int ALL = -1;
    private static final int JUMP = 3;
    private static final int CALL = 2;
    private static final int BTI_C = 0xd503_245f;
    private static final int BTI_J = 0xd503_249f;
    private static final int BTI_JC = 0xd503_24df;
    private static final int PACIASP = 0xd503_233f;
    private static final int PACIBSP = 0xd503_237f;
    private static final int BREAKPOINT_MASK = 0xffe0_001f;
    private static final int BRK = 0xd420_0000;
    private static final int HLT = 0xd440_0000;

    private BranchTargets() {}

    /** The value that is refused; 0 if none is, {@link #ALL} if all but 0 are. */
    public static int refused(int word) {
        return switch (word) {
            case BTI_JC -> 0;
            case BTI_C, PACIASP, PACIBSP -> JUMP;
            case BTI_J -> CALL;
            default -> (word & BREAKPOINT_MASK) == BRK || (word & BREAKPOINT_MASK) == HLT ? 0 : ALL;
        };
    }

    /** Whether SCTLR_EL1.BT0 or BT1 decides: without it these go with every value. */
    public static boolean isSigning(int word) {
        return word == PACIASP || word == PACIBSP;
    }

    /** PSTATE.BTYPE at an address: what a branch to it has set, if it was the last one. May be that of an earlier passage, see {@code TranslatorHooks.landing}. */
    public static int type(long state, long pc) {
        long difference = CpuState.get(state, GuestState.BRANCH_TARGET_OFFSET) ^ pc;
        return Long.compareUnsigned(difference, 4) < 0 ? (int) difference : 0;
    }
}
