package io.stele.runtime;

import io.stele.memory.RawMemory;
import java.util.Arrays;

/**
 * The guest code pages that have translations, one for each (physical page, code mode): their entry tables in VM memory, and whether software
 * has announced that their bytes may have changed.
 *
 * <p>An entry table has 1024 ints, one for each instruction of the page: VM address of the block's first byte; the default is that of
 * the miss stub.
 */
final class CodePages {
    static final int ENTRIES = 1024;

    private final long host;
    private final int missEntry;
    /** First page number of a physical page; the others (other modes) hang off it. */
    private final LongIntMap index = new LongIntMap(1024);
    private final int[] nextOf = new int[VmLayout.ENTRY_TABLE_COUNT];
    private final long[] physical = new long[VmLayout.ENTRY_TABLE_COUNT];
    private final int[] mode = new int[VmLayout.ENTRY_TABLE_COUNT];
    private final long[] hash = new long[VmLayout.ENTRY_TABLE_COUNT];
    private final boolean[] suspect = new boolean[VmLayout.ENTRY_TABLE_COUNT];
    /** Index of the page's probe table entry, or one of the two constants. */
    private final int[] probe = new int[VmLayout.ENTRY_TABLE_COUNT];
    private static final int NO_PROBE = -1;
    private static final int SEVERAL_PROBES = -2;
    private int count;

    /** @param missEntry what an entry without code holds */
    CodePages(long host, int missEntry) {
        this.host = host;
        this.missEntry = missEntry;
    }

    /** First of the numbers of a physical page, or -1. */
    int firstOf(long physicalPage) {
        return index.get(physicalPage);
    }

    /** The next number of the same physical page, or -1. */
    int nextOf(int page) {
        return nextOf[page];
    }

    /** Number of a page, or -1. */
    int find(long physicalPage, int codeMode) {
        int page = index.get(physicalPage);
        while (page >= 0 && mode[page] != codeMode) {
            page = nextOf[page];
        }
        return page;
    }

    int missEntry() {
        return missEntry;
    }

    boolean full() {
        return count == VmLayout.ENTRY_TABLE_COUNT;
    }

    /** Enters a page. */
    int add(long physicalPage, int codeMode, long contents) {
        int page = count++;
        physical[page] = physicalPage;
        mode[page] = codeMode;
        suspect[page] = false;
        probe[page] = NO_PROBE;
        hash[page] = hash(contents);
        reset(page);
        nextOf[page] = index.get(physicalPage);
        index.put(physicalPage, page);
        return page;
    }

    /** Forgets the page's translations and takes its present contents as known. */
    void refresh(int page, long contents) {
        suspect[page] = false;
        hash[page] = hash(contents);
        reset(page);
    }

    private void reset(int page) {
        long table = host + table(page);
        for (int i = 0; i < ENTRIES; i++) {
            RawMemory.putInt(table + i * 4L, missEntry);
        }
    }

    /** VM address of the entry table. */
    long table(int page) {
        return VmLayout.ENTRY_TABLES + page * VmLayout.ENTRY_TABLE_BYTES;
    }

    /** VM address of the code of the instruction at a page offset, or 0. */
    long entry(int page, int offset) {
        int entry = RawMemory.getInt(host + table(page) + offset);
        return entry == missEntry ? 0 : entry;
    }

    void setEntry(int page, int offset, long address) {
        RawMemory.putInt(host + table(page) + offset, (int) address);
    }

    int mode(int page) {
        return mode[page];
    }

    long physical(int page) {
        return physical[page];
    }

    boolean isSuspect(int page) {
        return suspect[page];
    }

    /** The bytes may have changed: they are compared before the page is entered again. */
    void suspect(int page) {
        suspect[page] = true;
    }

    /** The page was entered into the probe table. */
    void probed(int page, int index) {
        probe[page] = probe[page] == NO_PROBE || probe[page] == index ? index : SEVERAL_PROBES;
    }

    /** True if the page may stand in the probe table. */
    boolean isProbed(int page) {
        return probe[page] != NO_PROBE;
    }

    /** Index of the page's only probe table entry, or -1 when there may be several. */
    int onlyProbe(int page) {
        return Math.max(probe[page], -1);
    }

    /** The page does not stand in the probe table any more. */
    void unprobed(int page) {
        probe[page] = NO_PROBE;
    }

    int count() {
        return count;
    }

    /** True if a suspect page has its old contents, and is trusted again. */
    boolean confirm(int page, long contents) {
        if (hash(contents) != hash[page]) {
            return false;
        }
        suspect[page] = false;
        return true;
    }

    /** 64-bit multiplicative hash of 4096 bytes. */
    private static long hash(long contents) {
        long h = 0;
        for (long p = contents; p < contents + 4096; p += 8) {
            h = (Long.rotateLeft(h, 23) ^ RawMemory.getLong(p)) * 0x9e37_79b9_7f4a_7c15L;
        }
        return h;
    }

    void clear() {
        index.clear();
        Arrays.fill(suspect, false);
        count = 0;
    }
}
