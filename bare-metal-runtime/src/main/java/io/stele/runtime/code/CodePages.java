package io.stele.runtime.code;

import io.stele.codegen.BlockTranslator;
import io.stele.guest.GuestIsa;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.util.LongIntMap;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * The guest code pages that have translations, one number for each (contents, code mode, physical page): their entry tables in VM memory, and
 * whether software has announced that their bytes may have changed.
 *
 * <p>An entry table has an int for each instruction of the page: VM address of the block's first byte; the default is that of
 * the miss stub.
 *
 * <p>Translations depend on the bytes of their page, not on where it is. So a page whose bytes have changed keeps them <em>dormant</em>, under
 * the old contents, and takes up those that are known for the new ones, from this run or from a {@link CodeStore}.
 */
final class CodePages implements AutoCloseable {
    static final int ENTRIES = 4096 / GuestIsa.INSTRUCTION_ALIGNMENT;
    static final int PAGE_BYTES = 4096;
    private static final int NONE = -1;
    /** Instead of a code mode: nobody has the number. */
    private static final int FREE = -2;
    private static final int LOOKED_LOG2 = 13;
    private static final long HASH = 0x9e37_79b9_7f4a_7c15L;
    /** Odd, so no page address. */
    private static final long NO_PROBE = -1;
    private static final long SEVERAL_PROBES = -3;

    private final long host;
    private final int missEntry;
    private final IntConsumer whenForgotten;
    /** What the bytes of each page were when it was translated. */
    private final HostMemory copies = HostMemory.map((VmLayout.ENTRY_TABLE_COUNT + 1) * (long) PAGE_BYTES);
    /** First page number of a physical page; the others (other modes) hang off it. */
    private final LongIntMap live = new LongIntMap(1024);
    /** First number of the dormant pages with a key; the others (same key) hang off it. */
    private final LongIntMap dormant = new LongIntMap(1024);
    private final int[] nextOf = new int[VmLayout.ENTRY_TABLE_COUNT];
    private final long[] physical = new long[VmLayout.ENTRY_TABLE_COUNT];
    private final int[] mode = new int[VmLayout.ENTRY_TABLE_COUNT];
    /** By contents and mode. */
    private final long[] key = new long[VmLayout.ENTRY_TABLE_COUNT];
    private final boolean[] suspect = new boolean[VmLayout.ENTRY_TABLE_COUNT];
    /** Some translations are of other bytes than the copy, because the page's data changed meanwhile. */
    private final boolean[] mixed = new boolean[VmLayout.ENTRY_TABLE_COUNT];
    /** Code of other pages holds only as long as the page's entry table stands for these bytes. */
    private final boolean[] shared = new boolean[VmLayout.ENTRY_TABLE_COUNT];
    /** How often {@link #age} was called since code of the page could be found. */
    private final byte[] age = new byte[VmLayout.ENTRY_TABLE_COUNT];
    private final PageTies ties = new PageTies();
    private final KnownPages known;
    /** The only guest virtual address that the page has been probed at, or one of the two constants. */
    private final long[] probe = new long[VmLayout.ENTRY_TABLE_COUNT];
    /** Pages, with the mode in the lower bits, that {@link #findAhead} has looked at: one for each hash. */
    private final long[] lookedAt = new long[1 << LOOKED_LOG2];
    private int count;
    /** How many numbers below {@link #count} nobody has, and none of them is lower than the other. */
    private int free;
    private int lowestFree;
    private int changed;
    private int revived;
    private int revision;
    /** Per number: changes whenever it comes to stand for other bytes, or for none. */
    private final int[] version = new int[VmLayout.ENTRY_TABLE_COUNT];

    /**
     * @param missEntry what an entry without code holds
     * @param whenForgotten told the number of a page whose translations are not entered any more
     */
    CodePages(long host, int missEntry, IntConsumer whenForgotten) {
        this.host = host;
        this.whenForgotten = whenForgotten;
        this.missEntry = missEntry;
        known = new KnownPages(host);
    }

    /** First of the numbers of a physical page, or -1. */
    int firstOf(long physicalPage) {
        return live.get(physicalPage);
    }

    /** The next number of the same physical page, or -1. */
    int nextOf(int page) {
        return nextOf[page];
    }

    /**
     * The number under which a page with these bytes is known in a code mode; a new one if there is none.
     *
     * @param contents host address of its 4096 bytes
     * @return -1 if the numbers are used up
     */
    int enter(long physicalPage, int codeMode, long contents) {
        int page = find(physicalPage, codeMode, contents);
        if (page == NONE && hasRoom()) {
            page = number();
            long bytes = copy(VmLayout.ENTRY_TABLE_COUNT);
            assign(page, key(bytes, codeMode), codeMode, bytes);
            revive(page, physicalPage);
        }
        return page;
    }

    /** True if there is a number for another page. */
    private boolean hasRoom() {
        return free > 0 || count < VmLayout.ENTRY_TABLE_COUNT;
    }

    private int number() {
        if (free == 0) {
            return count++;
        }
        while (mode[lowestFree] != FREE) {
            lowestFree++;
        }
        free--;
        return lowestFree;
    }

    /** As {@link #enter}, but -1 if nothing is known of these bytes, of which there is a snapshot then. */
    int find(long physicalPage, int codeMode, long contents) {
        int page = live.get(physicalPage);
        while (page != NONE && mode[page] != codeMode) {
            page = nextOf[page];
        }
        if (page != NONE) {
            age[page] = 0;
            if (!suspect[page]) {
                return page;
            }
            suspect[page] = false;
            if (!mixed[page] && holds(page, contents)) {
                return page;
            }
            changed++;
        }
        long bytes = snapshot(contents);
        long wanted = key(bytes, codeMode);
        if (page != NONE) {
            if (mixed[page] && !shared[page]) {
                revision++;
                assign(page, wanted, codeMode, bytes);
                return page;
            }
            unlink(live, physicalPage, page);
            if (!mixed[page]) {
                link(dormant, key[page], page);
            }
        }
        page = findDormant(wanted, codeMode, bytes);
        if (page != NONE) {
            revived++;
            suspect[page] = false;
            unlink(dormant, wanted, page);
            revive(page, physicalPage);
        }
        return page;
    }

    /**
     * As {@link #find}, of a page that nobody executes yet: the bytes of one of which nothing was known are not looked at again, though they may
     * have become others, of which something is.
     */
    int findAhead(long physicalPage, int codeMode, long contents) {
        if (live.get(physicalPage) == NONE) {
            long looked = physicalPage | codeMode & PAGE_BYTES - 1;
            int i = (int) (looked * HASH >>> Long.SIZE - LOOKED_LOG2);
            if (lookedAt[i] == looked) {
                return NONE;
            }
            lookedAt[i] = looked;
        }
        return find(physicalPage, codeMode, contents);
    }

    private void revive(int page, long physicalPage) {
        physical[page] = physicalPage;
        probe[page] = NO_PROBE;
        age[page] = 0;
        link(live, physicalPage, page);
    }

    private int findDormant(long wanted, int codeMode, long contents) {
        int page = dormant.get(wanted);
        while (page != NONE && !(mode[page] == codeMode && holds(page, contents))) {
            page = nextOf[page];
        }
        return page;
    }

    private void assign(int page, long newKey, int codeMode, long contents) {
        whenForgotten.accept(page);
        version[page]++;
        mode[page] = codeMode;
        key[page] = newKey;
        suspect[page] = false;
        mixed[page] = false;
        shared[page] = false;
        MemorySegment.copy(RawMemory.all(), contents, RawMemory.all(), copy(page), PAGE_BYTES);
        long table = host + table(page);
        for (int i = 0; i < ENTRIES; i++) {
            RawMemory.putInt(table + i * 4L, missEntry);
        }
    }

    /**
     * Code is about to be made from the page's present bytes, which may be changed by other CPUs meanwhile. If they have changed elsewhere since
     * the page was entered, as where a kernel patches the page of its patching functions, the code still is of the bytes that the page is
     * known by.
     *
     * @return host address of a copy, to be copied before the next call of any method
     */
    long translating(int page, long contents, int offset) {
        if (isCurrent(page, contents, offset)) {
            return copy(page);
        }
        mixed[page] = true;
        revision++;
        return snapshot(contents);
    }

    /** Whether a block that starts at a page offset has the bytes that the page is known by. */
    boolean isCurrent(int page, long contents, int offset) {
        return sameBlock(contents, copy(page), offset);
    }

    /** Whether a block that starts at a page offset has the same bytes in two pages, by their host addresses. */
    static boolean sameBlock(long contents, long others, int offset) {
        long end = Math.min(PAGE_BYTES, offset + BlockTranslator.MAX_GUEST_BYTES);
        return RawMemory.equal(contents + offset, others + offset, end - offset);
    }

    /** Copies bytes that other CPUs may change, so that all decisions are made about the same ones. */
    private long snapshot(long contents) {
        long bytes = copy(VmLayout.ENTRY_TABLE_COUNT);
        MemorySegment.copy(RawMemory.all(), contents, RawMemory.all(), bytes, PAGE_BYTES);
        return bytes;
    }

    /** Data of the page changed while code was made from it: no two pieces of code need be of the same bytes. */
    boolean isMixed(int page) {
        return mixed[page];
    }

    /**
     * From now on, code of the first page holds only as long as the entry table of the second one stands for its present bytes, and the
     * second one may be entered at code of the first.
     */
    void share(int page, int other) {
        shared[page] = true;
        shared[other] = true;
        ties.add(page, other);
    }

    /** Code of one of the pages goes on in the other. */
    boolean isTied(int page, int other) {
        return ties.contains(page, other);
    }

    /** Host address of the bytes that the page's code is made from. */
    long copyAddress(int page) {
        return copy(page);
    }

    int mode(int page) {
        return mode[page];
    }

    /** Number of the page with an entry table. */
    static int ofTable(long table) {
        return (int) ((table - VmLayout.ENTRY_TABLES) / VmLayout.ENTRY_TABLE_BYTES);
    }

    private long copy(int page) {
        return copies.address() + (long) page * PAGE_BYTES;
    }

    private boolean holds(int page, long contents) {
        return RawMemory.equal(contents, copy(page), PAGE_BYTES);
    }

    /** Finds candidates; that the bytes are equal is checked. */
    private static long key(long contents, int codeMode) {
        long h = codeMode;
        for (long p = contents; p < contents + PAGE_BYTES; p += 8) {
            h = (Long.rotateLeft(h, 23) ^ RawMemory.getLong(p)) * HASH;
        }
        return h & Long.MAX_VALUE;
    }

    private void link(LongIntMap heads, long of, int page) {
        nextOf[page] = heads.get(of);
        heads.put(of, page);
    }

    private void unlink(LongIntMap heads, long of, int page) {
        int at = heads.get(of);
        if (at == page) {
            heads.put(of, nextOf[page]);
            return;
        }
        while (nextOf[at] != page) {
            at = nextOf[at];
        }
        nextOf[at] = nextOf[page];
    }

    /** How often a page was found changed. */
    int changed() {
        return changed;
    }

    /** How often translations were found that an earlier page with the same bytes, or an earlier run, had left. */
    int revived() {
        return revived;
    }

    /** Changes whenever the bytes that some page stands for become others, or may be mixed with others. */
    int revision() {
        return revision;
    }

    /** Changes whenever the number comes to stand for other bytes, or for none: code that was made for it before is not to be entered. */
    int version(int page) {
        return version[page];
    }

    int missEntry() {
        return missEntry;
    }

    /** VM address of the entry table. */
    long table(int page) {
        return VmLayout.ENTRY_TABLES + page * VmLayout.ENTRY_TABLE_BYTES;
    }

    /** VM address of the code of the instruction at a page offset, or 0. */
    long entry(int page, int offset) {
        int entry = RawMemory.getInt(host + table(page) + offset * GuestIsa.ENTRY_SCALE);
        return entry == missEntry ? 0 : entry;
    }

    void setEntry(int page, int offset, long address) {
        RawMemory.putInt(host + table(page) + offset * GuestIsa.ENTRY_SCALE, (int) address);
    }

    long physical(int page) {
        return physical[page];
    }

    /** The bytes may have changed: they are compared before the page is entered again. */
    void suspect(int page) {
        suspect[page] = true;
        known.remove(physical[page], mode[page]);
    }

    /** The same for all pages. */
    void suspectAll() {
        known.clear();
        Arrays.fill(suspect, 0, count, true);
    }

    /** VM code may find the page at a guest virtual address. */
    void probed(int page, long va) {
        probe[page] = probe[page] == NO_PROBE || probe[page] == va ? va : SEVERAL_PROBES;
    }

    /** VM code may find the page by its physical address from now on, until it becomes suspect. The page has been entered. */
    void makeKnown(int page) {
        known.add(physical[page], mode[page], table(page));
    }

    /** VM code has found the page. */
    void found(int page, long va) {
        age[page] = 0;
        probed(page, va);
    }

    /** True if VM code may find the page. */
    boolean isProbed(int page) {
        return probe[page] != NO_PROBE;
    }

    /** True if VM code may find the page at more than one guest virtual address. */
    boolean isProbedOften(int page) {
        return probe[page] == SEVERAL_PROBES;
    }

    /** The only guest virtual address that VM code may find the page at. */
    long onlyProbe(int page) {
        return probe[page];
    }

    /** VM code does not find the page any more. */
    void unprobed(int page) {
        probe[page] = NO_PROBE;
    }

    int count() {
        return count;
    }

    /** How many numbers are in use. */
    int used() {
        return count - free;
    }

    /**
     * How many times {@link #age} was called, at most 127, since code of each page, or of one that it shares code with, could be found; -1 for
     * a number that nobody has.
     */
    int[] ages() {
        int[] ages = new int[count];
        for (int page = 0; page < count; page++) {
            ages[page] = mode[page] == FREE ? NONE : age[page];
        }
        ties.spread(ages);
        return ages;
    }

    /** All pages are one older, until code of theirs can be found again. VM code finds none. */
    void age() {
        known.clear();
        for (int page = 0; page < count; page++) {
            age[page] = (byte) Math.min(age[page] + 1, Byte.MAX_VALUE);
            probe[page] = NO_PROBE;
        }
    }

    /** Only these pages have their numbers still; VM code finds none of the others. */
    void retain(BitSet kept) {
        known.clear();
        revision++;
        for (int page = 0; page < count; page++) {
            if (!kept.get(page) && mode[page] != FREE) {
                unlinkAnywhere(page);
                whenForgotten.accept(page);
                version[page]++;
                mode[page] = FREE;
                free++;
            }
        }
        lowestFree = 0;
        ties.retain(kept);
    }

    private void unlinkAnywhere(int page) {
        if (contains(live, physical[page], page)) {
            unlink(live, physical[page], page);
        } else if (contains(dormant, key[page], page)) {
            unlink(dormant, key[page], page);
        }
    }

    private boolean contains(LongIntMap heads, long of, int page) {
        int at = heads.get(of);
        while (at != NONE && at != page) {
            at = nextOf[at];
        }
        return at == page;
    }

    /** Writes the pages, their contents and entry tables; for {@link #load}. */
    void save(StoreWriter out) {
        out.putInt(count);
        for (int page = 0; page < count; page++) {
            out.putInt(mixed[page] && mode[page] != FREE ? NONE : mode[page]);
            if (mode[page] != FREE) {
                out.putInt(age[page]);
                out.putLong(key[page]);
            }
        }
        int end;
        for (int first = next(0, true); first < count; first = next(end, true)) {
            end = next(first, false);
            out.putMemory(copy(first), (long) (end - first) * PAGE_BYTES);
            out.putMemory(host + table(first), (end - first) * VmLayout.ENTRY_TABLE_BYTES);
        }
        ties.save(out);
    }

    /** The first number from {@code page} on that somebody has, or that nobody has; at most the count. */
    private int next(int page, boolean owned) {
        int at = page;
        while (at < count && mode[at] != FREE != owned) {
            at++;
        }
        return at;
    }

    /** Takes up saved pages, all dormant; while there are no others. */
    void load(StoreReader in) {
        count = in.getInt();
        free = 0;
        lowestFree = 0;
        for (int page = 0; page < count; page++) {
            mode[page] = in.getInt();
            suspect[page] = false;
            mixed[page] = false;
            shared[page] = true;
            if (mode[page] == FREE) {
                free++;
            } else {
                age[page] = (byte) in.getInt();
                key[page] = in.getLong();
            }
            if (mode[page] >= 0) {
                link(dormant, key[page], page);
            }
        }
        int end;
        for (int first = next(0, true); first < count; first = next(end, true)) {
            end = next(first, false);
            in.getMemory(copy(first), (long) (end - first) * PAGE_BYTES);
            in.getMemory(host + table(first), (end - first) * VmLayout.ENTRY_TABLE_BYTES);
        }
        ties.load(in);
    }

    void clear() {
        known.clear();
        live.clear();
        dormant.clear();
        revision++;
        ties.clear();
        for (int page = 0; page < count; page++) {
            version[page]++;
        }
        count = 0;
        free = 0;
        lowestFree = 0;
    }

    @Override
    public void close() {
        copies.close();
    }
}
