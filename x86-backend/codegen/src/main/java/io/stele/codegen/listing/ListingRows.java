package io.stele.codegen.listing;

import java.io.IOException;

/** Takes a listing, row by row, and makes something to look at of it. */
public interface ListingRows {
    /** What to know about the listing; before its first block, or behind a block. */
    void comment(String text) throws IOException;

    /** A block begins. @param head where it is and how large */
    void block(String head) throws IOException;

    /** A part of the block begins, or a fact about it. */
    void part(String text) throws IOException;

    /** The next row of the block. */
    void row(ListingRow row) throws IOException;
}
