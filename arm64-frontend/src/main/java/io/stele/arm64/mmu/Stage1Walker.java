package io.stele.arm64.mmu;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.guest.EntryPattern;
import io.stele.guest.GuestBus;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;

/**
 * Stage 1 of the EL1&amp;0 translation regime (Arm ARM D8.2 to D8.5, VMSAv8-64): 48-bit addresses, granules of 4, 16 and 64 KiB. Where TCR_EL1
 * asks for it, a walk that succeeds sets the access flag and the dirty state of the entry, atomically (FEAT_HAFDBS). Stateless and
 * allocation-free; one instance serves all CPUs.
 *
 * <p>A failed walk leaves the fault status code (with the level) in {@link Walk#fault}. A successful one leaves the attributes that
 * PAR_EL1 reports there: the MAIR byte in bits 63:56 and SH in bits 8:7.
 */
public final class Stage1Walker {
    /** Implemented physical address bits (ID_AA64MMFR0_EL1.PARange = 2). */
    public static final int PHYSICAL_BITS = 40;
    /** Largest implemented virtual address. */
    private static final int VIRTUAL_BITS = 48;
    private static final int SMALLEST_VIRTUAL_BITS = 25;
    /** Bit of TCR_EL1 for the lower half; that for the upper half is the next. */
    private static final int TBI0 = 37;

    /** Size of the uniform mapping that is reported while the MMU is off. */
    private static final long FLAT_BLOCK = 1L << 30;

    private static final long ADDRESS_MASK = 0x0000_ffff_ffff_f000L;
    private static final long OUTER_SHAREABLE = 2L << 7;
    private static final int NORMAL_NON_CACHEABLE = 0x44;

    /** Bits of TCR_EL1: hardware sets the access flag; and the dirty state. */
    private static final long HA = 1L << 39;
    private static final long HD = 1L << 40;
    private static final long ACCESS_FLAG = 1L << 10;
    /** The entry is of a clean page if this is set, and of one that may be written if DIRTY_MODIFIER is. */
    private static final long READ_ONLY = 1L << 7;
    private static final long DIRTY_MODIFIER = 1L << 51;
    /** GP. */
    private static final int GUARDED_BIT = 50;
    private static final long USER = 1L << 6;
    private static final long CONTIGUOUS = 1L << 52;
    private static final long ATTRIBUTES = 7L << 2;
    /** Valid, and a page. */
    private static final long PAGE = 3;
    private static final long VALID = 1;
    /** APTable of a table entry. */
    private static final long TABLE_ACCESS = 3L << 61;
    /** MAIR byte of memory that is cached as usual. */
    private static final int NORMAL_WRITE_BACK = 0xff;

    private final GuestBus bus;
    private final boolean updates;
    private final boolean guards;

    /**
     * @param updates the CPU has FEAT_HAFDBS
     * @param guards the CPU has FEAT_BTI: {@link Walk#codeAttributes} is 1 for a guarded page
     */
    public Stage1Walker(GuestBus bus, boolean updates, boolean guards) {
        this.bus = bus;
        this.updates = updates;
        this.guards = guards;
    }

    /** What an entry becomes when an access that it allows is made. */
    private long touched(long tcr, long descriptor, int access) {
        if (!updates || (tcr & HA) == 0) {
            return descriptor;
        }
        boolean dirtied = access == Walk.WRITE && (tcr & HD) != 0 && (descriptor & DIRTY_MODIFIER) != 0;
        return (dirtied ? descriptor & ~READ_ONLY : descriptor) | ACCESS_FLAG;
    }

    /** An address without the tag in its upper byte, if TCR_EL1.TBI0 or TBI1 has it ignored; bit 55 takes its place. */
    public static long withoutTag(long tcr, long va) {
        return tagsIgnored(tcr, (va >>> 55 & 1) != 0) ? va << 8 >> 8 : va;
    }

    /**
     * Translates one address.
     *
     * @param privileged rights of EL1, else of EL0
     * @param pan privileged data accesses to what EL0 may access are refused
     * @param access one of {@link Walk#READ}, {@link Walk#WRITE}, {@link Walk#EXECUTE}
     */
    public void walk(long state, boolean privileged, boolean pan, long va, int access, Walk result) {
        result.lastEntry = 0;
        long sctlr = CpuState.get(state, GuestState.SCTLR_EL1_OFFSET);
        if ((sctlr & SystemControl.M) == 0) {
            flat(state, va, access, result);
            return;
        }
        long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
        boolean high = (va >>> 55 & 1) != 0;
        int inputBits = inputBits(tcr, high);
        long tagless = withoutTag(tcr, va);
        boolean disabled = (tcr >>> (high ? 23 : 7) & 1) != 0 || !privileged && (tcr >>> (high ? 56 : 55) & 1) != 0;
        if (disabled || tagless >> inputBits != (high ? -1 : 0)) {
            fail(result, Syndrome.FSC_TRANSLATION);
            return;
        }
        int pageBits = high ? highGranule(tcr) : lowGranule(tcr);
        int stride = pageBits - 3;
        int level = 4 - (inputBits - pageBits + stride - 1) / stride;
        int outputBits = outputBits(tcr);

        long ttbr = CpuState.get(state, high ? GuestState.TTBR1_EL1_OFFSET : GuestState.TTBR0_EL1_OFFSET);
        int shift = (3 - level) * stride + pageBits;
        long table = ttbr & 0x0000_ffff_ffff_fffeL & -1L << inputBits - shift + 3;
        if (table >>> outputBits != 0) {
            fail(result, Syndrome.FSC_ADDRESS_SIZE);
            return;
        }
        boolean hierarchical = (tcr >>> (high ? 42 : 41) & 1) == 0;
        int indexBits = inputBits - shift;
        long tableAttributes = 0;
        while (true) {
            long entry = table + ((va >>> shift & (1L << indexBits) - 1) << 3);
            long host = bus.ramAddress(entry);
            if (host == 0) {
                fail(result, Syndrome.FSC_EXTERNAL_ON_WALK + level);
                return;
            }
            long descriptor = RawMemory.getLong(host);
            result.lastEntry = level == 3 && pageBits == 12 && (tableAttributes & TABLE_ACCESS) == 0 ? bus.canonical(entry) : 0;
            if ((descriptor & 1) == 0) {
                fail(result, Syndrome.FSC_TRANSLATION + level);
                return;
            }
            boolean pageOrTable = (descriptor & 2) != 0;
            if (level < 3 && pageOrTable) {
                table = descriptor & ADDRESS_MASK & -1L << pageBits;
                if (table >>> outputBits != 0) {
                    fail(result, Syndrome.FSC_ADDRESS_SIZE + level);
                    return;
                }
                if (hierarchical) {
                    tableAttributes |= descriptor;
                }
                level++;
                shift -= stride;
                indexBits = stride;
                continue;
            }
            if (level == 3 ? !pageOrTable : level < 2 && (level == 0 || pageBits != 12)) {
                fail(result, Syndrome.FSC_TRANSLATION + level);
                return;
            }
            boolean page = level == 3 && pageBits == 12;
            result.entry = page ? bus.canonical(entry) : 0;
            long touched = touched(tcr, descriptor, access);
            result.entryAttributes = page ? touched & ~ADDRESS_MASK : 0;
            leaf(state, privileged, pan, va, access, result, touched, tableAttributes, level, shift, pageBits, outputBits, sctlr);
            if (!result.ok || touched == descriptor || RawMemory.compareAndSetLong(host, descriptor, touched)) {
                return;
            }
            // Somebody else has written the entry: its table is looked at again.
        }
    }

    private void leaf(long state, boolean privileged, boolean pan, long va, int access, Walk result, long descriptor, long tableAttributes,
            int level, int shift, int pageBits, int outputBits, long sctlr) {
        long base = descriptor & ADDRESS_MASK & -1L << shift;
        if (base >>> outputBits != 0) {
            fail(result, Syndrome.FSC_ADDRESS_SIZE + level);
            return;
        }
        if ((descriptor & ACCESS_FLAG) == 0) {
            fail(result, Syndrome.FSC_ACCESS_FLAG + level);
            return;
        }
        boolean userAccess = (descriptor >>> 6 & 1) != 0 && (tableAttributes >>> 61 & 1) == 0;
        boolean writable = (descriptor & READ_ONLY) == 0 && (tableAttributes >>> 62 & 1) == 0;
        boolean wxn = (sctlr & SystemControl.WXN) != 0;
        boolean read;
        boolean write;
        boolean execute;
        if (privileged) {
            execute = ((descriptor >>> 53 | tableAttributes >>> 59) & 1) == 0 && !(userAccess && writable) && !(wxn && writable);
            read = !(pan && userAccess);
            write = writable && read;
        } else {
            read = userAccess;
            write = userAccess && writable;
            execute = ((descriptor >>> 54 | tableAttributes >>> 60) & 1) == 0 && !(wxn && write);
        }
        if (!(access == Walk.READ ? read : access == Walk.WRITE ? write : execute)) {
            fail(result, Syndrome.FSC_PERMISSION + level);
            return;
        }
        long mair = CpuState.get(state, GuestState.MAIR_EL1_OFFSET);
        int attributes = (int) (mair >>> (descriptor << 1 & 0x38)) & 0xff;
        boolean device = (attributes & 0xf0) == 0;
        result.ok = true;
        result.physical = bus.canonical(base | va & (1L << shift) - 1);
        result.blockBytes = 1L << shift + contiguousBits(descriptor, va, level, shift, pageBits);
        result.writable = write;
        result.executable = execute;
        result.device = device;
        result.codeAttributes = guards ? (int) (descriptor >>> GUARDED_BIT) & 1 : 0;
        result.global = (descriptor >>> 11 & 1) == 0;
        long shareability = device || attributes == NORMAL_NON_CACHEABLE ? OUTER_SHAREABLE : descriptor >>> 8 - 7 & 3L << 7;
        result.fault = (long) attributes << 56 | shareability;
    }

    /** See {@link io.stele.guest.GuestIsa#entryPattern}: pages of write-back memory, not joined to larger ones. */
    public boolean pattern(long state, EntryPattern pattern) {
        long mair = CpuState.get(state, GuestState.MAIR_EL1_OFFSET);
        long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
        if (outputBits(tcr) < PHYSICAL_BITS) {
            return false;
        }
        for (int index = 0; index < 8; index++) {
            if ((mair >>> 8 * index & 0xff) == NORMAL_WRITE_BACK) {
                pattern.mask = PAGE | ATTRIBUTES | USER | ACCESS_FLAG | CONTIGUOUS;
                pattern.value = PAGE | index << 2 | USER | ACCESS_FLAG;
                pattern.readOnly = READ_ONLY;
                pattern.present = VALID;
                pattern.address = ADDRESS_MASK;
                pattern.noted = touched(tcr, 0, Walk.READ);
                return true;
            }
        }
        return false;
    }

    /** log2 of the number of entries that the contiguous bit joins; 0 if it is clear or the entry contradicts it. */
    private static int contiguousBits(long descriptor, long va, int level, int shift, int pageBits) {
        if ((descriptor >>> 52 & 1) == 0) {
            return 0;
        }
        int bits = switch (pageBits) {
            case 12 -> 4;
            case 14 -> level == 3 ? 7 : 5;
            default -> 5;
        };
        return ((descriptor & ADDRESS_MASK ^ va) >>> shift & (1L << bits) - 1) == 0 ? bits : 0;
    }

    private void flat(long state, long va, int access, Walk result) {
        long tcr = CpuState.get(state, GuestState.TCR_EL1_OFFSET);
        long address = tagsIgnored(tcr, (va >>> 55 & 1) != 0) ? va & (1L << 56) - 1 : va;
        if (address >>> PHYSICAL_BITS != 0) {
            fail(result, Syndrome.FSC_ADDRESS_SIZE);
            return;
        }
        result.ok = true;
        result.codeAttributes = 0;
        result.entry = 0;
        result.physical = bus.canonical(address);
        result.blockBytes = FLAT_BLOCK;
        result.writable = true;
        result.executable = true;
        // Data accesses are Device-nGnRnE then; RAM is not reported as such, because only a misaligned access could tell.
        result.device = access != Walk.EXECUTE && bus.ramAddress(address & -4096) == 0;
        result.global = true;
        result.fault = OUTER_SHAREABLE;
    }

    /** Top byte ignore for data accesses (TCR_EL1.TBI0, TBI1). */
    public static boolean tagsIgnored(long tcr, boolean high) {
        return (tcr >>> (high ? TBI0 + 1 : TBI0) & 1) != 0;
    }

    private static void fail(Walk result, int status) {
        result.ok = false;
        result.fault = status;
    }

    /** Virtual address bits of a half; TxSZ beyond what is implemented behaves as the nearest implemented value. */
    public static int inputBits(long tcr, boolean high) {
        int bits = 64 - ((int) (tcr >>> (high ? 16 : 0)) & 63);
        return Math.min(VIRTUAL_BITS, Math.max(SMALLEST_VIRTUAL_BITS, bits));
    }

    /** log2 of the granule of a half. */
    static int granuleBits(long tcr, boolean high) {
        return high ? highGranule(tcr) : lowGranule(tcr);
    }

    private static int lowGranule(long tcr) {
        return switch ((int) (tcr >>> 14) & 3) {
            case 1 -> 16;
            case 2 -> 14;
            default -> 12;
        };
    }

    private static int highGranule(long tcr) {
        return switch ((int) (tcr >>> 30) & 3) {
            case 1 -> 14;
            case 3 -> 16;
            default -> 12;
        };
    }

    private static int outputBits(long tcr) {
        return switch ((int) (tcr >>> 32) & 7) {
            case 0 -> 32;
            case 1 -> 36;
            default -> PHYSICAL_BITS;
        };
    }

    /**
     * True if privileged data accesses are subject to PAN. At EL0, where there are none, this is what the next exception will make of it,
     * so
     * that a system call does not change the privileged view.
     */
    public static boolean panActive(long state) {
        long pstate = CpuState.pstate(state);
        return (pstate & Pstate.PAN) != 0
                || (pstate & Pstate.EL_MASK) == 0 && (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.SPAN) == 0;
    }
}
