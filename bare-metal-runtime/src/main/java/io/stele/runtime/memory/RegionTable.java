package io.stele.runtime.memory;

import io.stele.codegen.CpuArea;
import io.stele.codegen.RegionLookup;
import io.stele.memory.RawMemory;

/** The table of one CPU that {@link RegionLookup} looks into, and which of its entries are in use. */
final class RegionTable {
    private final long table;
    /** Offsets of the entries in use. */
    private final int[] used = new int[RegionLookup.BYTES / RegionLookup.ENTRY_BYTES];
    private int count;
    private int victim;

    /** @param area host address of the CPU area */
    RegionTable(long area) {
        table = area + CpuArea.REGION_TABLE;
        for (int i = 0; i < used.length; i++) {
            RawMemory.putLong(table + (long) i * RegionLookup.ENTRY_BYTES, RegionLookup.EMPTY);
        }
    }

    /** Enters a key; if its set is full, in place of another one. */
    void put(long key, long k) {
        int set = RegionLookup.set(key);
        int free = -1;
        for (int way = 0; way < RegionLookup.WAYS; way++) {
            int entry = set + way * RegionLookup.ENTRY_BYTES;
            long there = RawMemory.getLong(table + entry);
            if (there == key) {
                RawMemory.putLong(table + entry + 8, k);
                return;
            }
            if (there == RegionLookup.EMPTY && free < 0) {
                free = entry;
            }
        }
        if (free >= 0) {
            used[count++] = free;
        } else {
            victim = (victim + 1) % RegionLookup.WAYS;
            free = set + victim * RegionLookup.ENTRY_BYTES;
        }
        RawMemory.putLong(table + free, key);
        RawMemory.putLong(table + free + 8, k);
    }

    /** Removes all entries of a view. */
    void clear(int view) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            long entry = table + used[i];
            if (RegionLookup.view(RawMemory.getLong(entry)) == view) {
                RawMemory.putLong(entry, RegionLookup.EMPTY);
            } else {
                used[kept++] = used[i];
            }
        }
        count = kept;
    }
}
