package io.stele.codegen;

import io.stele.x86.Reg;
import java.util.Arrays;

/**
 * The guest registers that live in host registers throughout a {@link Cluster}, and in which. A home holds the committed value of its guest
 * register at every site and at every edge between blocks, so nothing has to be moved where blocks meet. Registers are numbered as in
 * {@link StateRecords}: 0..15 general, 16..31 xmm.
 */
final class Homes {
    /** No guest register has a home. */
    static final Homes NONE = new Homes();
    /** Host registers that may be homes, those first that lowerings do not ask for by name. */
    private static final byte[] GENERAL = {Reg.R8, Reg.R9, Reg.R10, Reg.R11, Reg.R12, Reg.R13, Reg.R15, Reg.RDI, Reg.RSI, Reg.RBX};
    static final int MOST_GENERAL = GENERAL.length;
    static final int MOST_REGIONS = 2;
    /** xmm0 to xmm3 stay scratch. */
    private static final int FIRST_VECTOR = StateRecords.XMM + 4;
    static final int MOST_VECTORS = StateRecords.SPILL - FIRST_VECTOR;

    /** K slots, with their view, whose K lives in a host register throughout: {@link #region} numbers. */
    private final int[] regions = new int[MOST_REGIONS];
    private final byte[] regionRegister = new byte[MOST_REGIONS];
    int regionCount;
    private final byte[] register = new byte[Registers.STATE_WORDS];
    final int[] slots = new int[MOST_GENERAL + MOST_VECTORS];
    int count;
    private int general;
    private int vectors;
    private int mask;

    Homes() {
        Arrays.fill(register, (byte) -1);
    }

    void clear() {
        for (int i = 0; i < count; i++) {
            register[slots[i]] = -1;
        }
        count = 0;
        general = 0;
        vectors = 0;
        mask = 0;
        regionCount = 0;
    }

    /** One number for view and K slot. */
    static int region(int view, int slot) {
        return view * CpuArea.REGION_SLOTS + slot;
    }

    static int view(int region) {
        return region / CpuArea.REGION_SLOTS;
    }

    static int slot(int region) {
        return region % CpuArea.REGION_SLOTS;
    }

    /** Gives a home to the K of a region number. */
    void addRegion(int region) {
        regions[regionCount] = region;
        regionRegister[regionCount++] = GENERAL[general];
        mask |= 1 << GENERAL[general++];
    }

    int regionView(int n) {
        return view(regions[n]);
    }

    int regionSlot(int n) {
        return slot(regions[n]);
    }

    /** Host register of the n-th K. */
    int regionRegister(int n) {
        return regionRegister[n];
    }

    /** Host register that has the K of a region number, or -1. */
    int registerOfRegion(int region) {
        for (int i = 0; i < regionCount; i++) {
            if (regions[i] == region) {
                return regionRegister[i];
            }
        }
        return -1;
    }

    /** The host register has the K of a region throughout. */
    boolean isOfRegion(int r) {
        for (int i = 0; i < regionCount; i++) {
            if (regionRegister[i] == r) {
                return true;
            }
        }
        return false;
    }

    int general() {
        return general;
    }

    int vectors() {
        return vectors;
    }

    /** Gives a guest register a home; there must be one left. */
    void add(int slot, boolean vector) {
        int r = vector ? FIRST_VECTOR + vectors++ : GENERAL[general++];
        register[slot] = (byte) r;
        mask |= 1 << r;
        slots[count++] = slot;
    }

    /** Host register of a guest register slot, or -1. */
    int register(int slot) {
        return register[slot];
    }

    /** A bit for each host register that is a home. */
    int mask() {
        return mask;
    }
}
