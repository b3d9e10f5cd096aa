package io.stele.x86;

import java.util.Arrays;

/** What has to change in a piece of code that is to be executed elsewhere than it was made for: see {@link Assembler#relocations}. */
public final class Relocations {
    /** Code that is moved has fewer bytes: an address so close behind its beginning is in it. */
    private static final long MOST_BYTES = 1 << 20;

    /** Offsets of 32-bit displacements to what is outside of the code. */
    private int[] places = new int[64];
    private int count;

    Relocations() {}

    void reset() {
        count = 0;
    }

    /** A displacement at an offset leads to a VM address. */
    void displacement(int offset, long address, long base) {
        if (Long.compareUnsigned(address - base, MOST_BYTES) >= 0) {
            if (count == places.length) {
                places = Arrays.copyOf(places, 2 * count);
            }
            places[count++] = offset;
        }
    }

    int[] toArray() {
        return Arrays.copyOf(places, count);
    }

    /**
     * Changes code so that it does at another address what it did at the one it was made for.
     *
     * @param start where it begins in the array
     * @param places as {@link Assembler#relocations} gave them
     * @param distance the new address less the old one, a multiple of the alignments in the code
     */
    public static void apply(byte[] code, int start, int[] places, long distance) {
        for (int place : places) {
            CodeBuffer.write32(code, start + place, CodeBuffer.read32(code, start + place) - (int) distance);
        }
    }
}
