package io.stele.runtime.code;

import io.stele.codegen.CompiledBlock;
import io.stele.ir.PackedNumbers;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The blocks of the code cache, numbered in address order, so that a host address is found by binary search. */
final class CodeBlocks {
    private int count;
    private long[] start = new long[4096];
    private int[] page = new int[4096];
    private int[] offset = new int[4096];
    /** Null for a loaded block that nobody has asked for. */
    private CompiledBlock[] description = new CompiledBlock[4096];
    /** The descriptions of the blocks that were loaded, and where each of them begins and ends. */
    private ByteBuffer loaded;
    private int[] loadedAt;
    private final PackedNumbers numbers = new PackedNumbers();

    int count() {
        return count;
    }

    /** How many of them were loaded. */
    int loadedCount() {
        return loadedAt == null ? 0 : loadedAt.length - 1;
    }

    /** Adds the block at the highest address so far. */
    void add(CompiledBlock block, long address, int codePage, int pageOffset) {
        if (count == start.length) {
            int size = count * 2;
            start = Arrays.copyOf(start, size);
            page = Arrays.copyOf(page, size);
            offset = Arrays.copyOf(offset, size);
            description = Arrays.copyOf(description, size);
        }
        start[count] = address;
        page[count] = codePage;
        offset[count] = pageOffset;
        description[count++] = block;
    }

    /** Number of the block at an address, or of the last one before it; -1 if there is none. */
    int find(long address) {
        int i = Arrays.binarySearch(start, 0, count, address);
        return i >= 0 ? i : -i - 2;
    }

    /** VM address of the code. */
    long start(int block) {
        return start[block];
    }

    /** Number of the code page. */
    int page(int block) {
        return page[block];
    }

    /** Page offset of the first instruction. */
    int offset(int block) {
        return offset[block];
    }

    CompiledBlock description(int block) {
        CompiledBlock known = description[block];
        if (known == null) {
            ByteBuffer packed = packed(block);
            numbers.fill(packed.remaining());
            packed.get(numbers.bytes(), 0, packed.remaining());
            known = CompiledBlock.unpack(numbers);
            description[block] = known;
        }
        return known;
    }

    private ByteBuffer packed(int block) {
        int from = loadedAt[block];
        return loaded.slice(from, loadedAt[block + 1] - from).order(loaded.order());
    }

    void clear() {
        Arrays.fill(description, 0, count, null);
        count = 0;
        loaded = null;
        loadedAt = null;
    }

    /** Writes all blocks; for {@link #load}. */
    void save(StoreWriter out) {
        int before = loadedCount();
        int[] at = new int[count + 1];
        PackedNumbers fresh = new PackedNumbers();
        for (int i = 0; i < count; i++) {
            int length = fresh.length();
            if (i >= before) {
                description[i].pack(fresh);
            }
            at[i + 1] = at[i] + (i < before ? loadedAt[i + 1] - loadedAt[i] : fresh.length() - length);
        }
        out.putInt(count);
        for (int i = 0; i < count; i++) {
            out.putInt((int) start[i]);
            out.putInt(page[i]);
            out.putInt(offset[i]);
            out.putInt(at[i + 1]);
        }
        for (int i = 0; i < before; i++) {
            out.putBytes(packed(i));
        }
        out.putBytes(ByteBuffer.wrap(fresh.bytes(), 0, fresh.length()));
    }

    /** Takes up saved blocks; while there are no others. */
    void load(StoreReader in) {
        count = in.getInt();
        int size = Math.max(count, 4096);
        start = new long[size];
        page = new int[size];
        offset = new int[size];
        description = new CompiledBlock[size];
        loadedAt = new int[count + 1];
        for (int i = 0; i < count; i++) {
            start[i] = in.getInt();
            page[i] = in.getInt();
            offset[i] = in.getInt();
            loadedAt[i + 1] = in.getInt();
        }
        loaded = in.getBuffer(loadedAt[count]);
    }
}
