package io.stele.runtime.code;

import io.stele.codegen.BlockTranslator;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.Stubs;
import io.stele.kvm.libc.HostMemory;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.RuntimeListener;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.x86.Relocations;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The blocks that a vCPU needs of a page: the one it is at, and those that follow it for certain. {@link #run} makes them, without the lock of
 * the machine, of a copy of the page's bytes; before it and afterwards the lock is held. Code is made for address 0, where there is none, and
 * moved to its place by {@link #put}.
 */
final class Translation implements Runnable, AutoCloseable {
    /** Blocks that are made at most together with the one that is asked for. */
    private static final int BLOCKS_AHEAD = 32;
    private static final int INSTRUCTION_BYTES = 4;

    private final BlockTranslator translator;
    private final PresentRegions present;
    private final CodePages pages;
    private final Stubs stubs;
    private final HostMemory copy = HostMemory.map(CodePages.PAGE_BYTES);
    private final Successors successors = new Successors();
    private final BitSet made = new BitSet();
    private final CompiledBlock[] blocks = new CompiledBlock[BLOCKS_AHEAD + 1];
    private final int[] start = new int[BLOCKS_AHEAD + 1];
    private byte[] code = new byte[1 << 16];
    private int count;
    private int page;
    private long pageAddress;
    private int mode;
    private int version;
    /** Where the page is, and what other CPUs may change; 0 if all code is made of the copy. */
    private long original;
    private int most;
    /** Page offset of the next block to be made; -1: none. */
    private int next;
    private int left;
    /** The block that was asked for; null before it was made. */
    private CompiledBlock wanted;
    /** Null unless somebody wants to know. */
    private RuntimeListener listener;
    private long nanos;
    private int shortened;
    private long decodingNanos;
    private long encodingNanos;

    Translation(BlockTranslator translator, PresentRegions present, CodePages pages, Stubs stubs) {
        this.translator = translator;
        this.present = present;
        this.pages = pages;
        this.stubs = stubs;
        translator.builder().joins(this::isKnown);
    }

    /** What translates, with the operations of the last block. */
    BlockTranslator translator() {
        return translator;
    }

    /**
     * Begins with the block at a pc.
     *
     * @param cpu stands still until the translation is over
     * @param number of the page
     * @param contents host address of the page
     * @param atOnce blocks that are made at most by one {@link #run}
     */
    void begin(VirtualCpu cpu, long pc, int number, long contents, int atOnce, RuntimeListener to) {
        next = (int) pc & CodePages.PAGE_BYTES - 1;
        pageAddress = pc & -CodePages.PAGE_BYTES;
        page = number;
        RawMemory.copy(pages.translating(page, contents, next), copy.address(), CodePages.PAGE_BYTES);
        original = pages.isMixed(page) ? 0 : contents;
        mode = pages.mode(page);
        version = pages.version(page);
        most = atOnce;
        listener = to;
        left = BLOCKS_AHEAD + 1;
        wanted = null;
        present.of(cpu, pageAddress);
        successors.clear();
        made.clear();
    }

    private boolean isKnown(int offset) {
        return made.get(offset / INSTRUCTION_BYTES) || pages.entry(page, offset) != 0;
    }

    /** True if there is something left for another {@link #run}. */
    boolean goesOn() {
        return next >= 0 && left > 0;
    }

    /** Makes blocks; without the lock. */
    @Override
    public void run() {
        long started = System.nanoTime();
        shortened = -translator.shortened();
        decodingNanos = -translator.decodingNanos();
        encodingNanos = -translator.encodingNanos();
        count = 0;
        int length = 0;
        while (goesOn() && count < most) {
            if (wanted == null || !isKnown(next) && isCurrent(next)) {
                length = translate(length);
            }
            next = successors.next();
        }
        shortened += translator.shortened();
        decodingNanos += translator.decodingNanos();
        encodingNanos += translator.encodingNanos();
        nanos = System.nanoTime() - started;
    }

    /** Whether the page still has the bytes that a block ahead of need would be made of. */
    private boolean isCurrent(int offset) {
        return original == 0 || CodePages.sameBlock(original, copy.address(), offset);
    }

    private int translate(int at) {
        if (listener != null) {
            listener.translationStarts();
        }
        CompiledBlock block = new CompiledBlock();
        translator.translate(copy.address(), next, mode, 0, stubs, present, block);
        if (code.length - at < block.length) {
            code = Arrays.copyOf(code, code.length + BlockTranslator.MAX_CODE_BYTES);
        }
        System.arraycopy(translator.compiler().code(), 0, code, at, block.length);
        start[count] = at;
        blocks[count++] = block;
        wanted = wanted == null ? block : wanted;
        made.set(next / INSTRUCTION_BYTES);
        left--;
        successors.of(translator.builder());
        if (listener != null) {
            listener.translationEnds(pageAddress + next, block.instructions, block.length, false);
        }
        return at + block.length;
    }

    // What was made.

    /** True if the page's number still stands for the bytes that code is made of. */
    boolean isValid() {
        return pages.version(page) == version;
    }

    int count() {
        return count;
    }

    /** True for a block that nobody has asked for. */
    boolean isAhead(int n) {
        return blocks[n] != wanted;
    }

    CompiledBlock block(int n) {
        return blocks[n];
    }

    /** Writes the code of a block to a host address, to be executed at a VM address. */
    void put(int n, long host, long address) {
        Relocations.apply(code, start[n], blocks[n].relocations, address);
        RawMemory.copy(code, start[n], host, blocks[n].length);
    }

    /** Number of the page. */
    int page() {
        return page;
    }

    long pageAddress() {
        return pageAddress;
    }

    /** The code of the first block, as it was {@link #put}. */
    byte[] code() {
        return code;
    }

    /** Host address of the bytes that the code is made of. */
    long bytes() {
        return copy.address();
    }

    /** Adds what {@link #run} has taken, with the lock. */
    void count(Statistics statistics) {
        statistics.blocksShortened += shortened;
        statistics.decodingNanos += decodingNanos;
        statistics.encodingNanos += encodingNanos;
        statistics.translationNanos += nanos;
    }

    @Override
    public void close() {
        copy.close();
    }
}
