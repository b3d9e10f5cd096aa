package io.stele.runtime.code;

import io.stele.runtime.memory.HotRegions;
import io.stele.runtime.memory.RegionMap;

/** Translations as they are in the file of earlier runs: hot regions, pages, descriptions of blocks, and the code, range by range. */
final class StoredCode {
    private final long host;
    private final RegionMap regions;
    private final CodePages pages;
    private final CodeBlocks blocks;

    StoredCode(long host, RegionMap regions, CodePages pages, CodeBlocks blocks) {
        this.host = host;
        this.regions = regions;
        this.pages = pages;
        this.blocks = blocks;
    }

    void write(StoreWriter out) {
        for (int view = 0; view < 2; view++) {
            HotRegions hot = regions.hot(view);
            out.putInt(hot.count());
            for (int i = 0; i < hot.count(); i++) {
                out.putInt(hot.toStore(i));
            }
        }
        pages.save(out);
        blocks.save(out);
        each(out::putMemory);
    }

    /** Takes up what {@link #write} wrote, before anything is translated. */
    void read(StoreReader in) {
        for (int view = 0; view < 2; view++) {
            int count = in.getInt();
            for (int i = 0; i < count; i++) {
                regions.hot(view).reserve(i, in.getInt());
            }
        }
        pages.load(in);
        blocks.load(in);
        each(in::getMemory);
    }

    /** Code without gaps. */
    @FunctionalInterface
    private interface Range {
        void visit(long hostAddress, long bytes);
    }

    private void each(Range range) {
        int behind;
        for (int first = 0; first < blocks.count(); first = behind) {
            behind = blocks.gapBehind(first);
            long start = blocks.start(first);
            range.visit(host + start, blocks.end(behind - 1) - start);
        }
    }
}
