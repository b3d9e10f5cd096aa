package io.stele.codegen;

import io.stele.x86.Assembler;
import java.util.Arrays;

/** The places in a block that Java has to know about: possible faults and region checks. */
final class Sites {
    /**
     * Ints per region site: view, start, offset of the displacement of the region, offset of the K displacement, return address, register of K,
     * register of the base.
     */
    static final int REGION_FIELDS = 7;

    private final Assembler asm;
    private final StateRecords records;
    /** Page offset of the current guest instruction; in a cluster, distance from the first byte of the head's page. */
    int instruction;
    private int pending;
    int[] codeOffset = new int[64];
    /** Per site: index of its record. */
    int[] record = new int[64];
    /** Per site: where its instruction is, as {@link #instruction}. */
    int[] place = new int[64];
    /** Per site: what {@link AccessSite} packs, and the displacement; 0 = not a plain load or store. */
    int[] access = new int[64];
    int[] displacement = new int[64];
    int[] immediate = new int[64];
    /** Per site: offset of the next instruction. */
    int[] end = new int[64];
    int count;
    int[] regions = new int[8 * REGION_FIELDS];
    int regionCount;

    Sites(Assembler asm, StateRecords records) {
        this.asm = asm;
        this.records = records;
    }

    void start() {
        count = 0;
        regionCount = 0;
        instruction = 0;
    }

    int capture() {
        return records.capture();
    }

    int captureEdge(boolean withFlags) {
        return records.captureEdge(withFlags);
    }

    int captureHomes(FlagsRecipe flags) {
        return records.captureHomes(flags);
    }

    /** Takes down the state for the fault of the instruction to come; registers read by it may be given up afterwards. */
    void fault() {
        pending = records.capture();
    }

    /** The next instruction emitted is the one that may fault. */
    void faultHere() {
        add(asm.position(), pending, instruction);
    }

    void add(int offset, int recordIndex, int instructionPlace) {
        if (count == codeOffset.length) {
            codeOffset = Arrays.copyOf(codeOffset, count * 2);
            record = Arrays.copyOf(record, count * 2);
            place = Arrays.copyOf(place, count * 2);
            access = Arrays.copyOf(access, count * 2);
            displacement = Arrays.copyOf(displacement, count * 2);
            immediate = Arrays.copyOf(immediate, count * 2);
            end = Arrays.copyOf(end, count * 2);
        }
        access[count] = 0;
        end[count] = 0;
        codeOffset[count] = offset;
        record[count] = recordIndex;
        place[count++] = instructionPlace;
    }

    /**
     * The instruction at the last site is a plain load or store of {@code [base + k + disp]} and ends here. It is made long enough for a jump to
     * take its place.
     *
     * @param packed see {@link AccessSite}
     */
    void access(int packed, int disp) {
        int length = asm.position() - codeOffset[count - 1];
        if (length < AccessSite.MIN_BYTES) {
            asm.lengthen(codeOffset[count - 1], AccessSite.MIN_BYTES - length);
        }
        access[count - 1] = packed;
        displacement[count - 1] = disp;
        end[count - 1] = asm.position();
    }

    /** What the access at the last site stores, sign-extended. */
    void immediate(int value) {
        immediate[count - 1] = value;
    }

    /** Adds a region check and returns its number. */
    int region(int view, int start, int identity, int displacement, int k, int base) {
        int p = regionCount * REGION_FIELDS;
        if (p == regions.length) {
            regions = Arrays.copyOf(regions, p * 2);
        }
        regions[p] = view;
        regions[p + 1] = start;
        regions[p + 2] = identity;
        regions[p + 3] = displacement;
        regions[p + 4] = 0;
        regions[p + 5] = k;
        regions[p + 6] = base;
        return regionCount++;
    }

    void regionReturn(int region, int offset) {
        regions[region * REGION_FIELDS + 4] = offset;
    }
}
