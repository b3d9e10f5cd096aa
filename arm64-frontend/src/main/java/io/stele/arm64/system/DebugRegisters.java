package io.stele.arm64.system;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.guest.RuntimeHooks;
import io.stele.guest.Walk;
import java.util.Arrays;

/**
 * Hardware breakpoints and watchpoints (Arm ARM D2.8 to D2.10): which of them are enabled, and what they match.
 *
 * <p>They cost something only where they are set. Code of a page with a breakpoint is translated in a mode of its own, in which each
 * instruction looks at its bit of the state field DEBUG_BREAKS. A page with a watchpoint is device memory to the runtime, so each access is
 * interpreted. The interpreter asks this class, which compares exactly.
 *
 * <p>Address and linked context matches of breakpoints exist; a breakpoint on the context alone never matches.
 */
public final class DebugRegisters {
    public static final int BREAKPOINTS = 6;
    public static final int WATCHPOINTS = 4;
    /** {@link #watchpoint}: none matches. */
    public static final long NO_MATCH = -1;

    private static final long PAGE_BYTES = 4096;
    /** MDSCR_EL1. */
    private static final long MDE = 1 << 15;
    private static final long KDE = 1 << 13;
    /** Control registers of both kinds: enabled; level EL1, level EL0; security state. */
    private static final long ENABLED = 1;
    private static final long AT_EL1 = 1 << 1;
    private static final long AT_EL0 = 1 << 2;
    private static final int SECURE_ONLY = 2;
    /** Breakpoint types: address, address linked to a context; context that others link to. */
    private static final int TYPE_ADDRESS = 0;
    private static final int TYPE_LINKED_ADDRESS = 1;
    private static final int TYPE_LINKED_CONTEXT = 3;

    private final RuntimeHooks hooks;
    /** By CPU: addresses of the enabled breakpoints. */
    private long[][] breaks = new long[0][];
    /** By CPU: start and end of what the enabled watchpoints watch. */
    private long[][] watches = new long[0][];
    /** What the watchpoints of all CPUs watch, for pages are mapped for all of them. */
    private volatile long[] watched = new long[0];

    public DebugRegisters(RuntimeHooks hooks) {
        this.hooks = hooks;
    }

    static int bvr(int n) {
        return GuestState.DBGBVR0_EL1_OFFSET + n * (GuestState.DBGBVR1_EL1_OFFSET - GuestState.DBGBVR0_EL1_OFFSET);
    }

    static int bcr(int n) {
        return GuestState.DBGBCR0_EL1_OFFSET + n * (GuestState.DBGBCR1_EL1_OFFSET - GuestState.DBGBCR0_EL1_OFFSET);
    }

    static int wvr(int n) {
        return GuestState.DBGWVR0_EL1_OFFSET + n * (GuestState.DBGWVR1_EL1_OFFSET - GuestState.DBGWVR0_EL1_OFFSET);
    }

    static int wcr(int n) {
        return GuestState.DBGWCR0_EL1_OFFSET + n * (GuestState.DBGWCR1_EL1_OFFSET - GuestState.DBGWCR0_EL1_OFFSET);
    }

    /** Must be called when a debug register was written: what it newly covers is unmapped, and code found through its page looked up again. */
    public synchronized void update(long state) {
        int cpu = CpuState.cpu(state);
        if (cpu >= breaks.length) {
            breaks = grown(breaks, cpu + 1);
            watches = grown(watches, cpu + 1);
        }
        long[] oldWatches = watches[cpu];
        breaks[cpu] = enabledBreakpoints(state);
        watches[cpu] = enabledWatchpoints(state);
        long bits = 0;
        for (long address : breaks[cpu]) {
            bits |= 1L << (address >>> 2);
            hooks.invalidateTranslations(space -> true, address & -PAGE_BYTES, PAGE_BYTES);
        }
        CpuState.set(state, GuestState.DEBUG_BREAKS_OFFSET, bits);
        if (Arrays.equals(oldWatches, watches[cpu])) {
            return;
        }
        watched = Arrays.stream(watches).flatMapToLong(Arrays::stream).toArray();
        for (int i = 0; i < watches[cpu].length; i += 2) {
            long start = watches[cpu][i] & -PAGE_BYTES;
            long end = watches[cpu][i + 1] + PAGE_BYTES - 1 & -PAGE_BYTES;
            hooks.invalidateTranslations(space -> true, start, end - start);
        }
    }

    private static long[][] grown(long[][] lists, int count) {
        long[][] result = Arrays.copyOf(lists, count);
        for (int i = lists.length; i < count; i++) {
            result[i] = new long[0];
        }
        return result;
    }

    private static boolean monitorEnabled(long state) {
        return (CpuState.get(state, GuestState.MDSCR_EL1_OFFSET) & MDE) != 0
                && (CpuState.get(state, GuestState.OSLK_OFFSET) | CpuState.get(state, GuestState.OSDLR_EL1_OFFSET)) == 0;
    }

    private static long[] enabledBreakpoints(long state) {
        long[] list = new long[BREAKPOINTS];
        int count = 0;
        for (int n = 0; n < BREAKPOINTS; n++) {
            if (monitorEnabled(state) && breaksOnAddress(CpuState.get(state, bcr(n)))) {
                list[count++] = address(CpuState.get(state, bvr(n)));
            }
        }
        return Arrays.copyOf(list, count);
    }

    private static long[] enabledWatchpoints(long state) {
        long[] list = new long[2 * WATCHPOINTS];
        int count = 0;
        for (int n = 0; n < WATCHPOINTS; n++) {
            long control = CpuState.get(state, wcr(n));
            long bytes = watchedBytes(state, n);
            if (monitorEnabled(state) && (control & ENABLED) != 0 && bytes != 0) {
                list[count++] = watchedStart(state, n);
                list[count++] = watchedStart(state, n) + bytes;
            }
        }
        return Arrays.copyOf(list, count);
    }

    private static boolean breaksOnAddress(long control) {
        int type = type(control);
        return (control & ENABLED) != 0 && (type == TYPE_ADDRESS || type == TYPE_LINKED_ADDRESS);
    }

    private static int type(long control) {
        return (int) (control >>> 20) & 15;
    }

    /** Bits 48:2, sign-extended. */
    private static long address(long value) {
        return value << 15 >> 15 & ~3L;
    }

    /** An address without tag. */
    private static long untagged(long va) {
        return va << 8 >> 8;
    }

    /** Bytes from the first selected one on: a run in the byte address select field, or a power of two by the mask; 0: reserved. */
    private static long watchedBytes(long state, int n) {
        long control = CpuState.get(state, wcr(n));
        int mask = (int) (control >>> 24) & 31;
        if (mask != 0) {
            return mask < 3 ? 0 : 1L << mask;
        }
        long select = byteSelect(state, n);
        return select == 0 ? 0 : Long.numberOfTrailingZeros(~(select >>> Long.numberOfTrailingZeros(select)));
    }

    private static long watchedStart(long state, int n) {
        long start = address(CpuState.get(state, wvr(n)));
        int mask = (int) (CpuState.get(state, wcr(n)) >>> 24) & 31;
        return mask != 0 ? start & -1L << mask : start + Long.numberOfTrailingZeros(byteSelect(state, n));
    }

    /** A register that is a multiple of four only selects among four bytes. */
    private static long byteSelect(long state, int n) {
        long select = CpuState.get(state, wcr(n)) >>> 5 & 0xff;
        return (CpuState.get(state, wvr(n)) & 4) != 0 ? select & 15 : select;
    }

    /** Whether a breakpoint or watchpoint with this control register takes part at a level, and for the current context if it is linked. */
    private static boolean applies(long state, long control, boolean el1, boolean linked) {
        if ((control & (el1 ? AT_EL1 : AT_EL0)) == 0 || (control >>> 14 & 3) == SECURE_ONLY) {
            return false;
        }
        int link = (int) (control >>> 16) & 15;
        return !linked || link == BREAKPOINTS - 1 && type(CpuState.get(state, bcr(link))) == TYPE_LINKED_CONTEXT
                && (CpuState.get(state, bcr(link)) & ENABLED) != 0
                && (int) CpuState.get(state, bvr(link)) == (int) CpuState.get(state, GuestState.CONTEXTIDR_EL1_OFFSET);
    }

    /** True if debug exceptions are enabled in {@code pstate}, or would be but for PSTATE.D. */
    static boolean possible(long state, long pstate) {
        return (CpuState.get(state, GuestState.OSLK_OFFSET) | CpuState.get(state, GuestState.OSDLR_EL1_OFFSET)) == 0
                && ((pstate & Pstate.EL_MASK) == 0 || (CpuState.get(state, GuestState.MDSCR_EL1_OFFSET) & KDE) != 0);
    }

    /** True if debug exceptions from the level of {@code pstate} are taken. */
    static boolean enabled(long state, long pstate) {
        return possible(state, pstate) && ((pstate & Pstate.EL_MASK) == 0 || (pstate & Pstate.D) == 0);
    }

    /** True if the page of {@code pc} has a breakpoint for the level of {@code pstate}, masked or not. */
    public boolean breaksInPage(long state, long pstate, long pc) {
        if (CpuState.get(state, GuestState.DEBUG_BREAKS_OFFSET) == 0 || !possible(state, pstate)) {
            return false;
        }
        long level = (pstate & Pstate.EL_MASK) != 0 ? AT_EL1 : AT_EL0;
        for (int n = 0; n < BREAKPOINTS; n++) {
            long control = CpuState.get(state, bcr(n));
            if (breaksOnAddress(control) && (control & level) != 0
                    && (address(CpuState.get(state, bvr(n))) ^ untagged(pc)) >>> 12 == 0) {
                return true;
            }
        }
        return false;
    }

    /** True if the instruction at {@code pc} raises a Breakpoint exception before it is executed. */
    public boolean breakpoint(long state, long pstate, long pc) {
        if (CpuState.get(state, GuestState.DEBUG_BREAKS_OFFSET) == 0 || !enabled(state, pstate)) {
            return false;
        }
        boolean el1 = (pstate & Pstate.EL_MASK) != 0;
        for (int n = 0; n < BREAKPOINTS; n++) {
            long control = CpuState.get(state, bcr(n));
            if (breaksOnAddress(control) && address(CpuState.get(state, bvr(n))) == untagged(pc)
                    && applies(state, control, el1, type(control) == TYPE_LINKED_ADDRESS)) {
                return true;
            }
        }
        return false;
    }

    /** True if any CPU watches anything. */
    public boolean watching() {
        return watched.length != 0;
    }

    /** Keeps the runtime from mapping what is watched: the page is a device, a block around it becomes smaller. */
    public void hideWatched(long va, Walk walk) {
        long[] ranges = watched;
        long address = untagged(va);
        for (int i = 0; i < ranges.length; i += 2) {
            while (overlaps(address & -walk.blockBytes, walk.blockBytes, ranges[i], ranges[i + 1])) {
                if (walk.blockBytes == PAGE_BYTES) {
                    walk.device = true;
                    return;
                }
                walk.blockBytes >>>= 1;
            }
        }
    }

    private static boolean overlaps(long first, long bytes, long start, long end) {
        return first < end && start < first + bytes;
    }

    /**
     * Whether an access raises a Watchpoint exception.
     *
     * @param el0 the access is made with the rights of EL0
     * @return the address to report, the lowest that is accessed and watched; {@link #NO_MATCH} if there is none
     */
    public long watchpoint(long state, long va, long bytes, boolean write, boolean el0) {
        if (!monitorEnabled(state) || !enabled(state, CpuState.pstate(state))) {
            return NO_MATCH;
        }
        long address = untagged(va);
        long access = write ? 1 << 4 : 1 << 3;
        for (int n = 0; n < WATCHPOINTS; n++) {
            long control = CpuState.get(state, wcr(n));
            long length = watchedBytes(state, n);
            if ((control & ENABLED) == 0 || length == 0 || (control & access) == 0) {
                continue;
            }
            long start = watchedStart(state, n);
            if (overlaps(address, bytes, start, start + length) && applies(state, control, !el0, (control >>> 20 & 1) != 0)) {
                return va + Math.max(0, start - address);
            }
        }
        return NO_MATCH;
    }
}
