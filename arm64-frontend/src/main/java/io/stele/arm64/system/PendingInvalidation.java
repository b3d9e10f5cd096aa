package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.AddressSpaces;
import io.stele.arm64.state.CpuState;
import io.stele.guest.PageInvalidation;

/**
 * TLB invalidations by address that generated code has only counted: a run of pages that follow each other, by one kind of TLBI. They are complete
 * when a later DSB of the same CPU is (Arm ARM D8.13.5), so Java carries them out together, before anything else that the CPU asks of it; DSB asks
 * if there are any.
 */
public final class PendingInvalidation {
    /** Bits of {@link #kind}. */
    private static final int BY_ADDRESS = 1;
    private static final int ALL_ASIDS = 1 << 1;
    private static final int LAST_LEVEL = 1 << 2;

    private static final int KINDS = 7;
    private static final int TLBI = SystemRegister.encode(1, 0, 8, 0, 0);
    private static final int CRM = 15 << 3;

    private PendingInvalidation() {}

    /** TLBI VAE1, VAAE1, VALE1 and VAALE1, local or inner shareable. */
    public static boolean isByAddress(int encoding) {
        int shareability = (encoding & CRM) >>> 3;
        return (encoding & ~(CRM | KINDS)) == TLBI && (encoding & BY_ADDRESS) != 0
                && (shareability == SystemOperations.INNER_SHAREABLE || shareability == SystemOperations.LOCAL);
    }

    public static boolean isLastLevel(int encoding) {
        return (encoding & LAST_LEVEL) != 0;
    }

    /** What distinguishes invalidations by address. */
    public static int kind(int encoding) {
        return encoding & KINDS;
    }

    /** What is pending behind one TLBI VALE1 with this operand. */
    public static void describe(long operand, PageInvalidation result) {
        result.offset = GuestState.TLBI_KIND_OFFSET;
        result.first = BY_ADDRESS | LAST_LEVEL;
        result.second = operand;
        result.count = 1;
    }

    /** Carries out what is pending for a CPU. */
    static void synchronise(long state, AddressSpaces spaces) {
        long count = CpuState.get(state, GuestState.TLBI_COUNT_OFFSET);
        if (count != 0) {
            CpuState.set(state, GuestState.TLBI_COUNT_OFFSET, 0);
            long kind = CpuState.get(state, GuestState.TLBI_KIND_OFFSET);
            spaces.invalidatePages(state, CpuState.get(state, GuestState.TLBI_FIRST_OFFSET), count, (kind & ALL_ASIDS) != 0, (kind & LAST_LEVEL) != 0);
        }
    }
}
