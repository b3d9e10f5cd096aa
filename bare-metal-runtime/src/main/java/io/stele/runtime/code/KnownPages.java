package io.stele.runtime.code;

import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;

/**
 * Where VM code finds the entry table of a physical page that may be entered as it is ({@link io.stele.runtime.vcpu.PageLookup}): sets of
 * {@link VmLayout#KNOWN_WAYS} pairs {physical page | code mode, VM address of the entry table}. Who is not in there is known to Java alone.
 * vCPUs may be reading: they look at the first half of a pair again behind the second.
 */
final class KnownPages {
    private static final long NONE = -1;

    private final long table;
    /** There is something in it. */
    private boolean filled = true;

    /** @param host host address of VM address 0 */
    KnownPages(long host) {
        table = host + VmLayout.KNOWN_PAGES;
        clear();
    }

    private long set(long physicalPage) {
        return table + (physicalPage >>> 12 & VmLayout.KNOWN_SETS - 1) * VmLayout.KNOWN_SET_BYTES;
    }

    private static long find(long set, long page) {
        for (long pair = set; pair < set + VmLayout.KNOWN_SET_BYTES; pair += 16) {
            if (RawMemory.getLong(pair) == page) {
                return pair;
            }
        }
        return 0;
    }

    void add(long physicalPage, int mode, long entryTable) {
        long page = physicalPage | mode;
        long set = set(physicalPage);
        if (find(set, page) == 0) {
            long pair = find(set, NONE);
            if (pair == 0) {
                pair = set + (entryTable / VmLayout.ENTRY_TABLE_BYTES & VmLayout.KNOWN_WAYS - 1) * 16;
                RawMemory.putLongVolatile(pair, NONE);
            }
            RawMemory.putLong(pair + 8, entryTable);
            RawMemory.putLongRelease(pair, page);
            filled = true;
        }
    }

    void remove(long physicalPage, int mode) {
        long pair = find(set(physicalPage), physicalPage | mode);
        if (pair != 0) {
            RawMemory.putLongVolatile(pair, NONE);
        }
    }

    void clear() {
        if (filled) {
            for (long pair = table; pair < table + VmLayout.KNOWN_SETS * VmLayout.KNOWN_SET_BYTES; pair += 16) {
                RawMemory.putLong(pair, NONE);
            }
            filled = false;
        }
    }
}
