package io.stele.arm64.mmu;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.SystemControl;
import io.stele.codegen.IdleMaintenance;
import io.stele.guest.GuestIsa;
import io.stele.guest.RuntimeHooks;
import io.stele.guest.Walk;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Names for address spaces: numbers that are equal when translations are equal, so that a process switch changes a few numbers instead of
 * page tables, and the other way round, the names that a TLB invalidation hits.
 *
 * <p>A <em>regime</em> is one combination of the registers that change how tables are read (TCR, MAIR, SCTLR). A <em>space key</em> names
 * a regime, one half of the address space with its table base and ASID, the view and PAN. The half above is shared by all ASIDs as long as
 * its mappings are global.
 */
public final class AddressSpaces {
    private static final long KEY_PRIVILEGED = 1;
    private static final long KEY_PAN = 1 << 1;
    private static final long KEY_HIGH = 1 << 2;
    private static final int KEY_ASID_SHIFT = 4;
    private static final int KEY_BASE_SHIFT = 20;
    private static final int KEY_REGIME_SHIFT = 54;
    /** Bits 39:6 of the table base. */
    private static final long BASE_MASK = (1L << 34) - 1;

    private static final int PAGE_BITS = 12;
    /** No operand of TLBI VALE1 has bits 47:44 set here. */
    public static final long NO_OPERAND = -1;

    private static final int REGIME_MMU_OFF = 0;
    /** Table base beyond the physical address space: every access faults. */
    private static final int REGIME_BAD_BASE = 1;
    private static final int FIRST_REGIME = 2;
    private static final int REGIMES = 1024;
    private static final long REGIME_SCTLR = SystemControl.M | SystemControl.WXN;

    private final RuntimeHooks hooks;

    private final long[] regimeTcr = new long[REGIMES];
    private final long[] regimeMair = new long[REGIMES];
    private final long[] regimeSctlr = new long[REGIMES];
    private final boolean[] regimeUsed = new boolean[REGIMES];
    /** Behind the last regime in use. */
    private int regimes = FIRST_REGIME;
    /** By CPU: its regime. */
    private int[] currentRegime = new int[8];

    /** A mapping that is not global was seen above, so that ASIDs matter there; a global one below, so that they do not. */
    private volatile boolean nonGlobalAbove;
    private volatile boolean globalBelow;
    /** Below by ASID, above for all; and for invalidations that name more than one ASID, all together. */
    private final LargeMappings large = new LargeMappings();
    private final LargeMappings largeOfAll = new LargeMappings();

    public AddressSpaces(RuntimeHooks hooks) {
        this.hooks = hooks;
    }

    /** Must be called when TCR, MAIR or SCTLR were written: recomputes the state field REGIME. */
    public synchronized void updateRegime(long state) {
        int cpu = CpuState.cpu(state);
        if (cpu >= currentRegime.length) {
            currentRegime = Arrays.copyOf(currentRegime, cpu * 2);
        }
        long sctlr = CpuState.get(state, GuestState.SCTLR_EL1_OFFSET);
        currentRegime[cpu] = REGIME_MMU_OFF;
        if ((sctlr & SystemControl.M) != 0) {
            long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
            currentRegime[cpu] = regime(state, tcr, CpuState.get(state, GuestState.MAIR_EL1_OFFSET), sctlr & REGIME_SCTLR);
        }
        CpuState.set(state, GuestState.REGIME_OFFSET, currentRegime[cpu]);
    }

    private int regime(long state, long tcr, long mair, long sctlr) {
        int free = regimes;
        for (int i = FIRST_REGIME; i < regimes; i++) {
            if (!regimeUsed[i]) {
                free = i;
            } else if (regimeTcr[i] == tcr && regimeMair[i] == mair && regimeSctlr[i] == sctlr) {
                return i;
            }
        }
        if (free == REGIMES) {
            forgetRegimes(state);
            return regime(state, tcr, mair, sctlr);
        }
        regimes = Math.max(regimes, free + 1);
        regimeUsed[free] = true;
        regimeTcr[free] = tcr;
        regimeMair[free] = mair;
        regimeSctlr[free] = sctlr;
        return free;
    }

    /** Makes the numbers of all regimes free that no other CPU is in. Nothing that was named with one survives. */
    private void forgetRegimes(long state) {
        Arrays.fill(regimeUsed, false);
        regimes = FIRST_REGIME;
        for (int regime : currentRegime) {
            regimeUsed[regime] = true;
            regimes = Math.max(regimes, regime + 1);
        }
        CpuState.set(state, GuestState.REGIME_OFFSET, REGIME_MMU_OFF);
        hooks.invalidateTranslations(space -> true, 0, -1);
    }

    /** {@link GuestIsa#spaceKey}. PAN takes part in the half below only: above, the kernel keeps nothing that EL0 may access. */
    public long spaceKey(long state, int view, long va) {
        long key = view == GuestIsa.PRIVILEGED ? KEY_PRIVILEGED : 0;
        long regime = CpuState.get(state, GuestState.REGIME_OFFSET);
        if (regime == REGIME_MMU_OFF) {
            return key;
        }
        if ((va >>> 55 & 1) != 0) {
            key |= KEY_HIGH | base(CpuState.get(state, GuestState.TTBR1_EL1_OFFSET), regime);
            return nonGlobalAbove ? key | asid(state) << KEY_ASID_SHIFT : key;
        }
        if (key != 0 && Stage1Walker.panActive(state)) {
            key |= KEY_PAN;
        }
        return key | base(CpuState.get(state, GuestState.TTBR0_EL1_OFFSET), regime) | asid(state) << KEY_ASID_SHIFT;
    }

    private static long base(long ttbr, long regime) {
        long base = ttbr & 0x0000_ffff_ffff_fffeL;
        if (base >>> Stage1Walker.PHYSICAL_BITS != 0) {
            return (long) REGIME_BAD_BASE << KEY_REGIME_SHIFT;
        }
        return (base >>> 6 & BASE_MASK) << KEY_BASE_SHIFT | regime << KEY_REGIME_SHIFT;
    }

    /** The current ASID: TCR.A1 selects the register, TCR.AS its width. */
    static long asid(long state) {
        long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
        long ttbr = CpuState.get(state, (tcr >>> 22 & 1) != 0 ? GuestState.TTBR1_EL1_OFFSET : GuestState.TTBR0_EL1_OFFSET);
        return ttbr >>> 48 & asidMask(tcr);
    }

    private static long asidMask(long tcr) {
        return (tcr >>> 36 & 1) != 0 ? 0xffff : 0xff;
    }

    /** {@link GuestIsa#fetchSpaceKey}: the level, the half and its space; PAN does not matter to fetches. */
    public long fetchKey(long state, int view, long va) {
        return spaceKey(state, view, va) & ~KEY_PAN;
    }

    /** Remembers what a successful walk found, as far as invalidations depend on it. */
    public void note(long state, long va, Walk walk) {
        long regime = CpuState.get(state, GuestState.REGIME_OFFSET);
        if (regime == REGIME_MMU_OFF) {
            return;
        }
        boolean high = (va >>> 55 & 1) != 0;
        if (high) {
            if (!walk.global && !nonGlobalAbove) {
                nonGlobalAbove = true;
            }
        } else if (walk.global && !globalBelow) {
            globalBelow = true;
        }
        long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
        if (walk.blockBytes >>> Stage1Walker.granuleBits(tcr, high) > 1) {
            int log = Long.numberOfTrailingZeros(walk.blockBytes);
            large.add(va, log, high ? 0 : asid(state));
            largeOfAll.add(va, log, 0);
        }
    }

    /** Mappings that are remembered one by one. */
    int remembered() {
        return largeOfAll.size();
    }

    /** TLBI VMALLE1. */
    public void invalidateAll() {
        nonGlobalAbove = false;
        globalBelow = false;
        large.clear();
        largeOfAll.clear();
        hooks.invalidateTranslations(space -> true, 0, -1);
    }

    /** TLBI ASIDE1: everything of the ASID that is not global. */
    public void invalidateAsid(long state, long argument) {
        long asid = argumentAsid(state, argument);
        boolean above = nonGlobalAbove;
        // What is dropped or looked up again is noted again if it is still there.
        large.removeAll(asid);
        // Keys of the half above have no ASID: they are not those of ASID 0, by which Linux invalidates what never ran.
        hooks.invalidateTranslations(space -> (space & KEY_HIGH) != 0 ? above : asidOf(space) == asid, 0, -1);
    }

    /** TLBI VAE1, VAAE1: as {@link #invalidatePages}, of one page. */
    public void invalidateAddress(long state, long argument, boolean allAsids) {
        invalidatePages(state, argument, 1, allAsids, false);
    }

    /**
     * TLBI by address of pages of 4096 bytes that follow each other: their mappings, whatever size these have.
     *
     * @param argument of the first: ASID in bits 63:48, VA[55:12] in bits 43:0
     * @param allAsids the ASID is ignored
     * @param lastLevel TLBI VALE1, VAALE1: of the last level of the tables only
     */
    public void invalidatePages(long state, long argument, long count, boolean allAsids, boolean lastLevel) {
        boolean high = address(argument) < 0;
        boolean every = allAsids || high || globalBelow;
        long asid = every ? 0 : argumentAsid(state, argument);
        boolean manyAsids = every && !high;
        int granuleBits = Stage1Walker.granuleBits(CpuState.get(state, GuestState.TCR_EL1_OFFSET), high);
        long start = Long.MAX_VALUE;
        long end = Long.MIN_VALUE;
        for (long n = 0; n < count; n++) {
            long va = address(argument + n);
            int log = (manyAsids ? largeOfAll : large).largest(va, asid, granuleBits);
            long mapping = 1L << log;
            start = Math.min(start, va & -mapping);
            end = Math.max(end, (va & -mapping) + mapping);
            if (!manyAsids && log > granuleBits) {
                // As in invalidateAsid.
                large.remove(va, asid);
            }
        }
        LongPredicate named = spaces(high, every, asid);
        if (!lastLevel) {
            hooks.invalidateTranslations(named, start, end - start);
        } else if (hooks.invalidateLastLevel(named, start, end - start) && count == 1 && !hooks.isIdleElsewhere(state, address(argument))) {
            IdleMaintenance.addTranslation(state, argument);
        }
    }

    /**
     * Operand of the TLBI VALE1 for the page of an address in the lower half of the current space; {@link #NO_OPERAND} if that TLBI reaches further
     * than the page or the ASID.
     */
    public long pageOperand(long state, long va) {
        long asid = asid(state);
        boolean wide = address(va >>> PAGE_BITS) < 0 || globalBelow
                || Stage1Walker.granuleBits(CpuState.get(state, GuestState.TCR_EL1_OFFSET), false) != PAGE_BITS
                || large.largest(va, asid, PAGE_BITS) != PAGE_BITS;
        return wide ? NO_OPERAND : asid << 48 | va >>> PAGE_BITS & (1L << 44) - 1;
    }

    /** True if the TLBI of {@link #pageOperand} concerns both spaces. */
    public static boolean invalidatedTogether(long key, long other) {
        return ((key | other) & KEY_HIGH) == 0 && asidOf(key) == asidOf(other);
    }

    private static long address(long argument) {
        return argument << 20 >> 8;
    }

    private static long argumentAsid(long state, long argument) {
        return argument >>> 48 & asidMask(CpuState.get(state, GuestState.TCR_EL1_OFFSET));
    }

    private static LongPredicate spaces(boolean high, boolean every, long asid) {
        long half = high ? KEY_HIGH : 0;
        return every
                ? space -> (space & KEY_HIGH) == half
                : space -> (space & KEY_HIGH) == 0 && asidOf(space) == asid;
    }

    private static long asidOf(long space) {
        return space >>> KEY_ASID_SHIFT & 0xffff;
    }
}
