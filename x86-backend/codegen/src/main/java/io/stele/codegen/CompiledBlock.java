package io.stele.codegen;

import io.stele.ir.HostFlags;
import io.stele.ir.PackedNumbers;
import io.stele.memory.RawMemory;
import io.stele.x86.Relocations;

/**
 * What the runtime knows about a compiled block. Offsets count from the first byte of the block's code, which is also its entry unless it is that
 * of a cluster. The code
 * itself is in {@link BlockCompiler#code} until the next compilation.
 */
public final class CompiledBlock {
    /** Page offset of the block's first guest instruction. */
    public int startOffset;
    /** Guest instructions translated. */
    public int instructions;
    /** Bytes of code. */
    public int length;
    /** Bytes before the out-of-line parts. */
    public int bodyLength;
    /** What {@link Relocations#apply} changes when the code is moved. Not packed. */
    public int[] relocations;
    /**
     * Where the listing was asked for, otherwise null: per range page offset, first IR operation (out of line: -1 - kind), first code byte, 1 if
     * out of line.
     */
    public int[] listing;
    /** Where the listing was asked for, otherwise null: offset of the code of each IR operation, -1 where it has none. */
    public int[] operationStart;

    /** Of a cluster: pairs of place, as distance from the first byte of the head's page, and offset in the code of its entries; else null. Not packed. */
    public int[] entries;

    /** Of a cluster: per K that is in a register throughout the register, the view and the K slot. */
    int[] keptRegions = {};
    static final int KEPT_FIELDS = 3;

    int[] exits;
    int[] regions;
    private byte[] regionMisses;
    int[] siteOffset;
    int[] siteRecord;
    int[] sitePlace;
    int[] siteAccess;
    int[] siteDisplacement;
    int[] siteEnd;
    int[] siteImmediate;
    char[] records;
    long[] constants;
    int flagsOffset;
    int pcOffset;

    public CompiledBlock() {}

    /** The listing is not needed any more. */
    public void dropListing() {
        listing = null;
        operationStart = null;
    }

    // To bytes and back, without the listing.

    /** Appends the block to a row of numbers. */
    public void pack(PackedNumbers to) {
        to.put(startOffset);
        to.put(instructions);
        to.put(length);
        to.put(bodyLength);
        to.put(flagsOffset);
        to.put(pcOffset);
        to.put(keptRegions);
        to.put(exits);
        to.put(regions);
        to.putAscending(siteOffset);
        to.put(siteRecord);
        to.putAscending(sitePlace);
        to.put(siteAccess);
        to.put(siteDisplacement);
        to.put(siteEnd);
        to.put(siteImmediate);
        to.put(records.length);
        for (char word : records) {
            to.put(word);
        }
        to.put(constants.length);
        for (long constant : constants) {
            to.put(constant);
        }
    }

    /** The block that {@link #pack} put next. */
    public static CompiledBlock unpack(PackedNumbers from) {
        CompiledBlock block = new CompiledBlock();
        block.startOffset = from.getInt();
        block.instructions = from.getInt();
        block.length = from.getInt();
        block.bodyLength = from.getInt();
        block.flagsOffset = from.getInt();
        block.pcOffset = from.getInt();
        block.keptRegions = from.getInts();
        block.exits = from.getInts();
        block.regions = from.getInts();
        block.siteOffset = from.getAscending();
        block.siteRecord = from.getInts();
        block.sitePlace = from.getAscending();
        block.siteAccess = from.getInts();
        block.siteDisplacement = from.getInts();
        block.siteEnd = from.getInts();
        block.siteImmediate = from.getInts();
        block.records = new char[from.getInt()];
        for (int i = 0; i < block.records.length; i++) {
            block.records[i] = (char) from.get();
        }
        block.constants = new long[from.getInt()];
        for (int i = 0; i < block.constants.length; i++) {
            block.constants[i] = from.get();
        }
        return block;
    }

    // Direct exits within the page.

    /** Number of direct exits within the page. */
    public int exitCount() {
        return exits.length / ExitLowering.EXIT_FIELDS;
    }

    /** Page offset of the guest instruction that the exit goes to. */
    public int exitTarget(int exit) {
        return exits[exit * ExitLowering.EXIT_FIELDS];
    }

    /** Offset of the exit's 32-bit displacement, which lies within eight bytes whose VM address is a multiple of 8; it counts from the next byte. */
    public int exitPatchOffset(int exit) {
        return exits[exit * ExitLowering.EXIT_FIELDS + 1];
    }

    /** Offset of the stub that the exit goes to while not linked; -1: it is a jump to the block's own entry. */
    public int exitStubOffset(int exit) {
        return exits[exit * ExitLowering.EXIT_FIELDS + 2];
    }

    // Region checks.

    public int regionCount() {
        return regions.length / Sites.REGION_FIELDS;
    }

    /** Number of the region check that called the miss stub, by its return address as offset in the block; -1 = none. */
    public int findRegion(int returnOffset) {
        for (int i = 0; i < regionCount(); i++) {
            if (regions[i * Sites.REGION_FIELDS + 4] == returnOffset) {
                return i;
            }
        }
        return -1;
    }

    /** How often the runtime was told about the check since the description was unpacked. */
    public int regionMisses(int region) {
        return regionMisses == null ? 0 : regionMisses[region];
    }

    /** Counts how often the runtime was told about the check; returns the new count. */
    public int countRegionMiss(int region) {
        if (regionMisses == null) {
            regionMisses = new byte[regionCount()];
        }
        int misses = regionMisses[region] + 1;
        regionMisses[region] = (byte) Math.min(misses, Byte.MAX_VALUE);
        return misses;
    }

    /** Page offset of the guest instruction of a check. */
    public int regionPageOffset(int region) {
        return sitePageOffset(findSite(regions[region * Sites.REGION_FIELDS + 4]));
    }

    public int regionView(int region) {
        return regions[region * Sites.REGION_FIELDS];
    }

    /** Offset of the first instruction of the check. */
    public int regionStart(int region) {
        return regions[region * Sites.REGION_FIELDS + 1];
    }

    /** Offset of the 32-bit displacement of the region that the code compares with: CpuArea.regionId(view, slot) - CpuArea.BASE_BIAS. */
    public int regionIdentityOffset(int region) {
        return regions[region * Sites.REGION_FIELDS + 2];
    }

    /** Offset of the 32-bit displacement of K: CpuArea.regionK(view, slot) - CpuArea.BASE_BIAS. */
    public int regionDisplacementOffset(int region) {
        return regions[region * Sites.REGION_FIELDS + 3];
    }

    /** Number of the host register with the address that is checked. */
    public int regionBase(int region) {
        return regions[region * Sites.REGION_FIELDS + 6];
    }

    /** Brings the K that the trapped code keeps in registers up to date: they may have changed while Java was at work. */
    public void refreshRegions(long trapFrame, long area) {
        for (int i = 0; i < keptRegions.length; i += KEPT_FIELDS) {
            RawMemory.putLong(trapFrame + 8L * keptRegions[i], RawMemory.getLong(area + CpuArea.regionK(keptRegions[i + 1], keptRegions[i + 2])));
        }
    }

    // Sites.

    public int siteCount() {
        return siteOffset.length;
    }

    /** The site of a faulting instruction (by its first byte) or of a region miss (by the return address); -1 = none. */
    public int findSite(int hostOffset) {
        int low = 0;
        int high = siteOffset.length - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int offset = siteOffset[middle];
            if (offset == hostOffset) {
                return middle;
            }
            if (offset < hostOffset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    public int siteOffset(int site) {
        return siteOffset[site];
    }

    /** Page offset of the guest instruction at the site; in a cluster, distance from the first byte of the head's page. */
    public int sitePageOffset(int site) {
        return sitePlace[site];
    }

    /** What the access at the site does, see {@link AccessSite}; 0 if it is not a plain load or store. */
    public int siteAccess(int site) {
        return siteAccess[site];
    }

    /** Displacement of the access at the site. */
    public int siteDisplacement(int site) {
        return siteDisplacement[site];
    }

    /** What the access at the site stores when it is a store of an immediate, sign-extended. */
    public int siteImmediate(int site) {
        return siteImmediate[site];
    }

    /** Offset of the instruction behind the access at the site. */
    public int siteEnd(int site) {
        return siteEnd[site];
    }

    /**
     * Makes the guest state precise: as before the instruction at the site.
     *
     * @param trapFrame address of {@link CpuArea#TRAP_FRAME}; the xmm registers are at their place relative to it
     * @param state address of the state block, which is the start of the CPU area
     * @param pageVa guest virtual address of the code page, of a cluster that of its head
     */
    public void restoreState(int site, long trapFrame, long state, long pageVa) {
        int record = siteRecord[site];
        int p = record + 1;
        int entries = records[record];
        for (int n = entries; n > 0; n--) {
            p += (records[p] & 127) == StateRecords.CONST ? 2 : 1;
        }
        int kind = records[p];
        if (kind != StateRecords.FLAGS_CLEAN) {
            int flags = kind == StateRecords.FLAGS_RECIPE
                ? recomputeFlags(p, trapFrame, state, pageVa) : fromEflags(RawMemory.getLong(trapFrame + RFLAGS), kind == StateRecords.FLAGS_SUB);
            RawMemory.putInt(state + flagsOffset, flags);
        }
        p = record + 1;
        for (int n = entries; n > 0; n--) {
            int word = records[p++];
            int location = word & 127;
            int slot = word >> 7;
            if (isVector(location)) {
                long from = location < StateRecords.SPILL ? trapFrame + CpuArea.TRAP_XMM - CpuArea.TRAP_FRAME + 16L * (location - StateRecords.XMM)
                    : state + CpuArea.vectorSpill(location - StateRecords.VECTOR_SPILL);
                RawMemory.putLong(state + 8L * slot, RawMemory.getLong(from));
                RawMemory.putLong(state + 8L * slot + 8, RawMemory.getLong(from + 8));
                continue;
            }
            int index = location == StateRecords.CONST ? records[p++] : 0;
            long value = value(location, index, trapFrame, state, pageVa);
            if (slot == Registers.FLAGS_SLOT) {
                RawMemory.putInt(state + flagsOffset, (int) value);
            } else {
                RawMemory.putLong(state + 8L * slot, value);
            }
        }
        RawMemory.putLong(state + pcOffset, pageVa + sitePageOffset(site));
    }

    private static boolean isVector(int location) {
        return location >= StateRecords.XMM && location < StateRecords.SPILL
            || location >= StateRecords.VECTOR_SPILL && location < StateRecords.CONST;
    }

    private long value(int location, int index, long trapFrame, long state, long pageVa) {
        if (location == StateRecords.CONST) {
            long value = constants[index & ~StateRecords.RELATIVE];
            return (index & StateRecords.RELATIVE) != 0 ? pageVa + value : value;
        }
        if ((location & StateRecords.HOME) != 0) {
            return RawMemory.getLong(state + 8L * (location & 0x1ff));
        }
        if (location < StateRecords.XMM) {
            return RawMemory.getLong(trapFrame + 8L * location);
        }
        return RawMemory.getLong(state + CpuArea.spill(location - StateRecords.SPILL));
    }

    /** rflags in the trap frame: behind 16 registers and rip. */
    private static final int RFLAGS = 17 * 8;

    private static int fromEflags(long eflags, boolean subtraction) {
        int carry = (int) eflags & 1 ^ (subtraction ? 1 : 0);
        return (int) (eflags >> 7 & 1) * HostFlags.N | (int) (eflags >> 6 & 1) * HostFlags.Z | carry * HostFlags.C
            | (int) (eflags >> 11 & 1) * HostFlags.V;
    }

    private long operand(int p, long trapFrame, long state, long pageVa) {
        int index = records[p + 1];
        long value = value(records[p], index, trapFrame, state, pageVa);
        return index == 0 || records[p] == StateRecords.CONST ? value : value + constants[index - 1];
    }

    private int recomputeFlags(int p, long trapFrame, long state, long pageVa) {
        int kind = records[p + 1];
        int w = (kind & StateRecords.RECIPE_64) != 0 ? 64 : 32;
        long left = operand(p + 2, trapFrame, state, pageVa);
        boolean single = records[p + 4] == StateRecords.NONE;
        long right = single ? 0 : operand(p + 4, trapFrame, state, pageVa);
        boolean result = (kind & StateRecords.RECIPE_RESULT) != 0;
        return switch (kind & StateRecords.RECIPE_OP) {
            case StateRecords.RECIPE_AND -> HostFlags.ofResult(w, single ? left : left & right);
            case StateRecords.RECIPE_SUB -> HostFlags.ofAdd(w, result ? left + right : left, ~right, 1);
            default -> HostFlags.ofAdd(w, result ? left - right : left, right, 0);
        };
    }
}
