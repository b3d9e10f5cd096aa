package io.stele.runtime.code;

import io.stele.codegen.CompiledBlock;
import io.stele.ir.PackedNumbers;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The blocks of the code cache. Those that were there at the last {@link #load} or {@link #retain} are numbered in address order, and so are
 * those that were added since, so a host address is found by two binary searches. Their descriptions, which few blocks ever need, are packed
 * outside of the Java heap.
 */
final class CodeBlocks implements AutoCloseable {
    /** Twice what the code of the whole cache needs; touched as it is used. */
    private static final int PACKED_BYTES = 192 << 20;
    /** More than the description of a block of the largest size. */
    private static final int MAX_DESCRIPTION_BYTES = 1 << 20;
    /** Descriptions in the heap. */
    private static final int MAX_UNPACKED = 1 << 15;
    /** Less is not a gap between blocks. */
    private static final int CLOSE = 64;
    /** Set in the page offset of a cluster. */
    private static final int CLUSTER = 1 << 12;

    private final HostMemory memory = HostMemory.map(PACKED_BYTES);
    private final PackedNumbers numbers = new PackedNumbers();
    private int count;
    private int loadedCount;
    /** How many were added in this run. */
    private int made;
    /** The blocks with lower numbers are in address order, and so are the others. */
    private int sorted;
    private int[] start = new int[4096];
    private int[] length = new int[4096];
    private int[] page = new int[4096];
    private int[] offset = new int[4096];
    /** Where each packed description ends; it begins where the one before ends. */
    private int[] end = new int[4096];
    /** Those that were asked for, otherwise null. */
    private CompiledBlock[] description = new CompiledBlock[4096];
    private int unpacked;
    /** Per code page the last of its blocks, and per block the one of the same page before it; -1: none. */
    private final int[] lastOfPage = new int[VmLayout.ENTRY_TABLE_COUNT];
    private int[] previous = new int[4096];

    CodeBlocks() {
        Arrays.fill(lastOfPage, -1);
    }

    int count() {
        return count;
    }

    /** How many of them were loaded. */
    int loadedCount() {
        return loadedCount;
    }

    /** How many were added in this run. */
    int made() {
        return made;
    }

    /** True if there may be no room for another one. */
    boolean full() {
        return used() > PACKED_BYTES - MAX_DESCRIPTION_BYTES;
    }

    /** True if three quarters of the room are taken. */
    boolean crowded() {
        return used() >= PACKED_BYTES / 4 * 3;
    }

    private int used() {
        return count == 0 ? 0 : end[count - 1];
    }

    /** Adds the block at the highest address since the last {@link #load} or {@link #retain}. */
    void add(CompiledBlock block, long address, int codePage, int pageOffset) {
        if (count == start.length) {
            resize(count * 2);
        }
        int at = used();
        numbers.clear();
        block.pack(numbers);
        MemorySegment.copy(numbers.bytes(), 0, RawMemory.all(), ValueLayout.JAVA_BYTE, memory.address() + at, numbers.length());
        start[count] = (int) address;
        length[count] = block.length;
        page[count] = codePage;
        offset[count] = block.entries == null ? pageOffset : pageOffset | CLUSTER;
        link(count, codePage);
        end[count++] = at + numbers.length();
        made++;
    }

    private void link(int block, int codePage) {
        previous[block] = lastOfPage[codePage];
        lastOfPage[codePage] = block;
    }

    /** The last block of a code page; -1 if there is none. */
    int lastOf(int codePage) {
        return lastOfPage[codePage];
    }

    /** The block of the same page that was made before; -1 if there is none. */
    int before(int block) {
        return previous[block];
    }

    /** The blocks of a page are not entered any more. */
    void forget(int codePage) {
        lastOfPage[codePage] = -1;
    }

    /** True for a cluster. */
    boolean isCluster(int block) {
        return (offset[block] & CLUSTER) != 0;
    }

    private void resize(int size) {
        start = Arrays.copyOf(start, size);
        length = Arrays.copyOf(length, size);
        page = Arrays.copyOf(page, size);
        offset = Arrays.copyOf(offset, size);
        end = Arrays.copyOf(end, size);
        previous = Arrays.copyOf(previous, size);
        description = Arrays.copyOf(description, size);
    }

    /** Number of the block at an address, or of the last one before it; -1 if there is none. */
    int find(long address) {
        int older = find(0, sorted, address);
        int newer = find(sorted, count, address);
        return older < 0 || newer >= 0 && start[newer] > start[older] ? newer : older;
    }

    private int find(int from, int to, long address) {
        int i = Arrays.binarySearch(start, from, to, (int) address);
        return i >= 0 ? i : -i - 2 < from ? -1 : -i - 2;
    }

    /** VM address of the code. */
    long start(int block) {
        return start[block];
    }

    /** VM address behind the code. */
    long end(int block) {
        return start[block] + length[block];
    }

    /** The first of the blocks behind a block, which are in address order, that does not follow the one before it closely. */
    int gapBehind(int block) {
        int next = block + 1;
        while (next < count && start[next] - end(next - 1) < CLOSE) {
            next++;
        }
        return next;
    }

    /** Number of the code page. */
    int page(int block) {
        return page[block];
    }

    /** Page offset of the first instruction. */
    int offset(int block) {
        return offset[block] & ~CLUSTER;
    }

    CompiledBlock description(int block) {
        CompiledBlock known = description[block];
        if (known == null) {
            if (unpacked == MAX_UNPACKED) {
                forgetUnpacked();
            }
            int at = block == 0 ? 0 : end[block - 1];
            numbers.fill(end[block] - at);
            MemorySegment.copy(RawMemory.all(), ValueLayout.JAVA_BYTE, memory.address() + at, numbers.bytes(), 0, numbers.length());
            known = CompiledBlock.unpack(numbers);
            description[block] = known;
            unpacked++;
        }
        return known;
    }

    private void forgetUnpacked() {
        Arrays.fill(description, 0, count, null);
        unpacked = 0;
    }

    void clear() {
        forgetUnpacked();
        Arrays.fill(lastOfPage, -1);
        count = 0;
        sorted = 0;
        loadedCount = 0;
    }

    /** Bytes of the code that a code page is entered at. */
    long bytesOf(int codePage) {
        long bytes = 0;
        for (int block = lastOf(codePage); block >= 0; block = previous[block]) {
            bytes += length[block];
        }
        return bytes;
    }

    /** Forgets the blocks that no page of a set is entered at; all numbers change, to the order of addresses. */
    void retain(BitSet codePages) {
        forgetUnpacked();
        BitSet kept = new BitSet(count);
        for (int codePage = codePages.nextSetBit(0); codePage >= 0; codePage = codePages.nextSetBit(codePage + 1)) {
            for (int block = lastOf(codePage); block >= 0; block = previous[block]) {
                kept.set(block);
            }
        }
        int[] order = new int[kept.cardinality()];
        int older = kept.nextSetBit(0);
        int newer = kept.nextSetBit(sorted);
        for (int i = 0; i < order.length; i++) {
            boolean takeOlder = older >= 0 && older < sorted && (newer < 0 || start[older] < start[newer]);
            order[i] = takeOlder ? older : newer;
            if (takeOlder) {
                older = kept.nextSetBit(older + 1);
            } else {
                newer = kept.nextSetBit(newer + 1);
            }
        }
        int[] ends = packInOrder(order);
        start = inOrder(start, order);
        length = inOrder(length, order);
        page = inOrder(page, order);
        offset = inOrder(offset, order);
        end = ends;
        previous = new int[ends.length];
        description = new CompiledBlock[ends.length];
        count = order.length;
        sorted = count;
        Arrays.fill(lastOfPage, -1);
        for (int i = 0; i < count; i++) {
            link(i, page[i]);
        }
    }

    private static int[] inOrder(int[] values, int[] order) {
        int[] result = new int[Math.max(order.length, 1)];
        for (int i = 0; i < order.length; i++) {
            result[i] = values[order[i]];
        }
        return result;
    }

    /** Packs the descriptions anew. @return where each ends */
    private int[] packInOrder(int[] order) {
        int[] ends = new int[Math.max(order.length, 1)];
        int to = 0;
        try (HostMemory packed = HostMemory.map(Math.max(used(), 1))) {
            for (int i = 0; i < order.length; i++) {
                int at = order[i] == 0 ? 0 : end[order[i] - 1];
                int bytes = end[order[i]] - at;
                RawMemory.copy(memory.address() + at, packed.address() + to, bytes);
                to += bytes;
                ends[i] = to;
            }
            RawMemory.copy(packed.address(), memory.address(), to);
        }
        return ends;
    }

    /** Writes all blocks, which are in address order; for {@link #load}. */
    void save(StoreWriter out) {
        out.putInt(count);
        out.putInts(start, count);
        out.putInts(length, count);
        out.putInts(page, count);
        out.putInts(offset, count);
        out.putInts(end, count);
        out.putMemory(memory.address(), used());
    }

    /** Takes up saved blocks; while there are no others. */
    void load(StoreReader in) {
        count = in.getInt();
        loadedCount = count;
        sorted = count;
        resize(Math.max(count, start.length));
        in.getInts(start, count);
        in.getInts(length, count);
        in.getInts(page, count);
        in.getInts(offset, count);
        in.getInts(end, count);
        for (int i = 0; i < count; i++) {
            link(i, page[i]);
        }
        in.getMemory(memory.address(), used());
    }

    @Override
    public void close() {
        memory.close();
    }
}
