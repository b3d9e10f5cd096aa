package io.stele.arm64.mmu;

import io.stele.arm64.TestMachine;
import io.stele.memory.RawMemory;

/** Builds translation tables level by level in test RAM, from the definition of the format. */
final class TableBuilder {
    final TestMachine machine;
    final int granuleBits;
    final int inputBits;
    final int startLevel;
    final long root;
    private long next;

    /**
     * @param tables first physical address for tables
     */
    TableBuilder(TestMachine machine, int granuleBits, int inputBits, long tables) {
        this.machine = machine;
        this.granuleBits = granuleBits;
        this.inputBits = inputBits;
        // The level whose entries together cover the input range: from the last level up.
        int level = 3;
        int covered = granuleBits + (granuleBits - 3);
        while (covered < inputBits) {
            level--;
            covered += granuleBits - 3;
        }
        startLevel = level;
        long size = 1L << granuleBits;
        root = tables + size - 1 & -size;
        next = root + size;
    }

    int entryBits(int level) {
        return granuleBits + (granuleBits - 3) * (3 - level);
    }

    /** Physical address of the entry for {@code va} in the table of {@code level}, making tables (with extra bits) on the way. */
    long entry(long va, int level, long tableBits) {
        long table = root;
        for (int l = startLevel; ; l++) {
            long offset = va & (1L << inputBits) - 1;
            long index = l == startLevel ? offset >>> entryBits(l) : offset >>> entryBits(l) & (1L << granuleBits - 3) - 1;
            long entry = table + 8 * index;
            if (l == level) {
                return entry;
            }
            long old = RawMemory.getLong(machine.host(entry));
            if ((old & 1) == 0) {
                old = next | 3;
                next += 1L << granuleBits;
            }
            machine.put(entry, old | tableBits);
            table = old & 0x0000_ffff_ffff_f000L;
        }
    }
}
